/**
 * What XEP-0198 costs: nanoseconds of one core for each stanza that the server delivers to a session, without stream
 * management, with it, and while the session waits for its client. `node bench/micro/stream-management.ts`
 */
import { memoryServer } from '../../test/support/memory-server.ts'
import { streamManagement } from '../../src/xep/0198-stream-management/index.ts'
import { CONNECTION_LOST, LOGOUT } from '../../src/server/account/endings.ts'
import type { Session } from '../../src/server/account/session.ts'
import type { Connection } from '../../src/server/account/connection.ts'
import { el, type Element } from '../../src/xml/element.ts'
import type { Wire } from '../../src/xml/wire.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { Packet, Payload } from '../../src/xmpp/packet.ts'

const SM = 'urn:xmpp:sm:3'
const SESSIONS = 500
/** Stanzas that one session gets in one turn of the event loop. */
const BURST = 4
const ROUNDS = 7
const ROUND_MS = 400

type State = 'without' | 'acknowledging' | 'waiting'

/** A client that counts, and answers when it is asked. */
class Client implements Connection {
  readonly info = { transport: 'memory', encryption: null, remote: '', mechanism: '' }
  readonly heardAt = 0
  readonly isSilent = false
  octets = 0
  stanzas = 0
  isAsked = false

  send(text: Wire): void {
    this.octets += text.length
    if (text.startsWith('<r')) this.isAsked = true
    else this.stanzas += 1
  }
  readonly hasRoom = true
  isBeyond(): boolean {
    return false
  }
  whenTaken(): Promise<boolean> {
    return Promise.resolve(true)
  }
  close(): void {}
  hold(): void {}
  resume(): void {}
}

const ENABLE = el('enable', SM, { resume: 'true' })
const answer = (h: number): Element => el('a', SM, { h: String(h) })

const server = await memoryServer({
  features: [streamManagement],
  settings: { 'stream-management': { 'queue-stanzas': 1_000_000, 'queue-size': '4 GiB' } },
  limits: { resources: SESSIONS },
})
await server.account('romeo@example.net')
const account = (await server.host.accounts.load('romeo@example.net'))!

function sessionsThat(state: State): readonly (readonly [Session, Client])[] {
  return Array.from({ length: SESSIONS }, (_, i) => {
    const client = new Client()
    const session = server.host.sessions.bind(account, { resource: `${i}`, lang: null, connection: client, device: null })
    if (state !== 'without') server.server.receive(session, ENABLE)
    client.stanzas = 0
    if (state === 'waiting') server.server.receive(session, CONNECTION_LOST)
    return [session, client] as const
  })
}

let sent = 0
/** Presence as a client sends it: of one of so many contacts that hardly any takes the place of another. */
function presence(): Packet {
  sent += 1
  const status = el('status', 'jabber:client', {}, `gone for lunch ${sent}`)
  const from = jid(`contact${sent % 10_000}@example.org/phone`)
  return Packet.of({
    kind: 'presence',
    from,
    to: account.bare,
    payload: Payload.of(el('show', 'jabber:client', {}, 'away'), status),
  })
}

/** The median of several rounds, in nanoseconds for each stanza and session. */
async function measure(state: State): Promise<number> {
  const rounds: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const all = sessionsThat(state)
    let delivered = 0
    const start = process.hrtime.bigint()
    const end = start + BigInt(ROUND_MS * 1e6)
    let now = start
    do {
      for (let i = 0; i < BURST; i++) {
        const packet = presence()
        for (const [session] of all) session.take(packet)
      }
      delivered += BURST * SESSIONS
      await undefined // who is to be asked is asked
      for (const [session, client] of all) {
        if (!client.isAsked) continue
        client.isAsked = false
        server.server.receive(session, answer(client.stanzas))
      }
      now = process.hrtime.bigint()
    } while (now < end)
    if (round > 0) rounds.push(Number(now - start) / delivered)
    for (const [session] of all) server.host.sessions.end(session, LOGOUT)
  }
  return rounds.sort((a, b) => a - b)[ROUNDS >> 1]!
}

for (const state of ['without', 'acknowledging', 'waiting'] as const) {
  console.log(state.padEnd(14), `${(await measure(state)).toFixed(0).padStart(6)} ns`)
}
