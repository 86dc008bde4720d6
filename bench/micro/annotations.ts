/**
 * What XEP-0310 costs when a link is lost: the CPU of each annotation beside that of an ordinary presence to the same
 * clients, from the other server or from this one, and how long messages take meanwhile. 20 000 watched resources: 200 clients, each of
 * which sees 100 contacts elsewhere. `node bench/micro/annotations.ts`
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { ASKING } from '../../test/support/annotations.ts'
import { DOMAIN, storyServer } from '../../test/support/story-server.ts'
import type { Session } from '../../src/server/account/session.ts'
import type { Connection } from '../../src/server/account/connection.ts'
import { parseElement } from '../../src/xml/parse.ts'
import { encode, wire, type Wire } from '../../src/xml/wire.ts'
import { CLIENT } from '../../src/xmpp/ns.ts'
import { jid, type Jid } from '../../src/xmpp/jid.ts'
import { Packet, Payload, type Kind } from '../../src/xmpp/packet.ts'

const WATCHERS = 200
const CONTACTS = 100
const WATCHED = WATCHERS * CONTACTS
const REMOTE = 'b.example'
const ROUNDS = 7
const MESSAGE_EVERY_MS = 1
/** Longer than all that a lost link brings about takes. */
const ROUND_MS = 2000

/** A client that counts what it is sent. */
class Client implements Connection {
  readonly info = { transport: 'memory', encryption: null, remote: '', mechanism: '' }
  readonly heardAt = 0
  readonly isSilent = false
  presences = 0
  questions: Wire[] = []
  onMessage: () => void = () => {}

  send(text: Wire): void {
    if (text.startsWith('<presence')) this.presences += 1
    else if (text.startsWith('<message')) this.onMessage()
    else this.questions.push(text)
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

const story = await storyServer('tcp', { settings: { 'presence-annotations': { audit: '0 s' } } })
const { host, server } = story
const clients: Client[] = []
const sessions: Session[] = []

function say(session: Session, xml: string): void {
  const element = parseElement(encode(xml), CLIENT)
  const { type = '', to, id } = element.attrs
  const address = to === undefined ? null : jid(to)
  const payload = Payload.of(...element.elements)
  server.receive(
    session,
    Packet.of({
      kind: element.name as Kind,
      type,
      from: session.jid,
      to: address,
      id: id === undefined ? null : wire(id),
      payload,
    }),
  )
}
async function come(bare: string): Promise<void> {
  const client = new Client()
  const session = host.sessions.bind((await host.accounts.load(bare))!, {
    resource: '1',
    lang: null,
    connection: client,
    device: null,
  })
  clients.push(client)
  sessions.push(session)
  say(session, `<presence>${ASKING.c}</presence>`)
  for (const text of client.questions.splice(0)) {
    const { id, from } = parseElement(text, CLIENT).attrs
    say(session, `<iq type='result' id='${id}' to='${from}'>${ASKING.query}</iq>`)
  }
}

const contacts: readonly Jid[] = Array.from({ length: CONTACTS }, (_, i) => jid(`contact${i}@${REMOTE}/${randomUUID()}`))
const names = Array.from({ length: WATCHERS }, (_, i) => `watcher${i}@${DOMAIN}`)
for (const name of names) for (const contact of contacts) await story.contact(name, contact.bare, 'to')
await story.contact('sender', 'nobody', 'none')
const link = host.links.of(DOMAIN, REMOTE, { connect: () => {}, isWanted: () => false, heardAt: () => null })
link.opened()
host.router.claimRest({ deliver: () => {} })
for (const name of names) await come(name)
await come(`sender@${DOMAIN}`)
await pause(100)
const watchers = clients.slice(0, WATCHERS)
const [sender, receiver] = [sessions.at(-1)!, sessions[0]!]

let changes = 0
/** Presence of each of them to each watcher, as the router takes it over: text that nobody has sent before. */
function ordinary(senders: readonly Jid[]): void {
  for (const from of senders) {
    changes += 1
    const text = `<show>away</show><status>gone for lunch ${changes}</status><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://client.example' ver='q07IKJEyjvHSyhy//CH0CxmKi8w='/>`
    const packet = Packet.of({ kind: 'presence', from, payload: Payload.ofText(wire(text)) })
    host.router.routeAll(packet, bares)
  }
}
const bares = sessions.slice(0, WATCHERS).map(({ account }) => account.bare)
const locals: readonly Jid[] = contacts.map((_, i) => jid(`local${i}@${DOMAIN}/${randomUUID()}`))
const presences = (): number => watchers.reduce((sum, { presences: n }) => sum + n, 0)
/** CPU of this process, in microseconds for each presence that `work` has brought about. */
async function costOf(work: () => void | Promise<void>): Promise<number> {
  const before = presences()
  const cpu = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  const sent = presences() - before
  if (sent !== WATCHED) throw new Error(`${sent} presences instead of ${WATCHED}`)
  return (user + system) / sent
}
async function until(count: number): Promise<void> {
  while (presences() < count) await pause(50) // to look costs as well
}
const annotate = async (change: () => void): Promise<void> => {
  const wanted = presences() + WATCHED
  change()
  await until(wanted)
}
/** How long messages take that are sent one after the other, in milliseconds: the 99th percentile. */
async function p99(meanwhile: () => void): Promise<number> {
  const took: number[] = []
  const begin = performance.now()
  meanwhile()
  for (let n = 0; performance.now() - begin < ROUND_MS; n++) {
    const due = begin + n * MESSAGE_EVERY_MS
    while (performance.now() < due) await pause(0)
    const arrives = new Promise<void>((resolve) => (watchers[0]!.onMessage = resolve))
    say(sender, `<message type='chat' to='${receiver.jid.full}'><body>hello</body></message>`)
    await arrives
    took.push(performance.now() - due)
    n = Math.max(n, Math.floor((performance.now() - begin) / MESSAGE_EVERY_MS))
  }
  took.sort((a, b) => a - b)
  return took[Math.floor(took.length * 0.99)]!
}
const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1]!

const ordinaries: number[] = []
const broadcasts: number[] = []
const annotations: number[] = []
const waits: { idle: number[]; busy: number[] } = { idle: [], busy: [] }
for (let round = 0; round <= ROUNDS; round++) {
  const [usual, broadcast] = [await costOf(() => ordinary(contacts)), await costOf(() => ordinary(locals))]
  const lost = await costOf(() => annotate(() => link.force()))
  const found = await costOf(() => annotate(() => link.release()))
  if (round === 0) continue
  ordinaries.push(usual)
  broadcasts.push(broadcast)
  annotations.push(lost, found)
}
for (let round = 0; round < 3; round++) {
  waits.idle.push(await p99(() => {}))
  waits.busy.push(await p99(() => link.force()))
  link.release()
  await pause(ROUND_MS)
}
const [usual, broadcast, annotated] = [ordinaries, broadcasts, annotations].map(median) as [number, number, number]
const beside = (other: number): string => `${(annotated / other).toFixed(2)} of it`
console.log(`presence from elsewhere    ${usual.toFixed(2)} us`)
console.log(`broadcast on this server   ${broadcast.toFixed(2)} us`)
console.log(`annotation                 ${annotated.toFixed(2)} us: ${beside(usual)} and ${beside(broadcast)}`)
console.log(`p99 of messages            ${median(waits.idle).toFixed(1)} ms idle, ${median(waits.busy).toFixed(1)} ms meanwhile`)
process.exit(0)
