/**
 * What a session costs that waits for its client: octets of memory, with and without messages that wait for it, and the
 * time and space of writing it down and of reading it again over a restart. `node bench/micro/hibernation.ts`
 */
import { performance } from 'node:perf_hooks'
import v8 from 'node:v8'
import { runInNewContext } from 'node:vm'
import { memoryServer } from '../../test/support/memory-server.ts'
import { features } from '../../src/xep/catalogue.ts'
import { inOrderOfNeed } from '../../src/process/assembly.ts'
import { CONNECTION_LOST } from '../../src/server/account/endings.ts'
import type { Session } from '../../src/server/account/session.ts'
import type { Connection } from '../../src/server/account/connection.ts'
import { el } from '../../src/xml/element.ts'
import { wire } from '../../src/xml/wire.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { Packet, Payload } from '../../src/xmpp/packet.ts'

const SESSIONS = 2000
const MESSAGES = 10
const CHECKPOINTS = 5

class Client implements Connection {
  readonly info = { transport: 'memory', encryption: null, remote: '', mechanism: '' }
  readonly heardAt = 0
  readonly isSilent = false

  send(): void {}
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

v8.setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const turn = (): Promise<void> => new Promise((next) => void setImmediate(next))
async function heap(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await turn()
    collect()
  }
  return process.memoryUsage().heapUsed
}
const perSession = (octets: number): string => `${(octets / SESSIONS / 1024).toFixed(2)} KiB a session`

const server = await memoryServer({ features: inOrderOfNeed(features) })
const { host } = server
const accounts = []
for (let i = 0; i < SESSIONS; i++) {
  await server.account(`user${i}@example.net`)
  accounts.push((await host.accounts.load(`user${i}@example.net`))!)
}
const before = await heap()
const presence = wire(
  `<show>away</show><status>in a meeting</status><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://client.example' ver='q07IKJEyjvHSyhy//CH0CxmKi8w='/>`,
)
const sessions: Session[] = accounts.map((account) => {
  const session = host.sessions.bind(account, { resource: 'phone', lang: null, connection: new Client(), device: null })
  server.server.receive(session, el('enable', 'urn:xmpp:sm:3', { resume: 'true' }))
  const payload = Payload.ofText(wire(Buffer.from(presence, 'latin1').toString('latin1')))
  server.server.receive(session, Packet.of({ kind: 'presence', from: session.jid, payload }))
  return session
})
const connected = await heap()
console.log(`connected, without what its connection takes   ${perSession(connected - before)}`)
for (const session of sessions) server.server.receive(session, CONNECTION_LOST)
const waiting = await heap()
console.log(`waiting for its client                         ${perSession(waiting - before)}`)

const sender = jid('juliet@example.net/balcony')
for (const session of sessions) {
  for (let i = 0; i < MESSAGES; i++) {
    const payload = Payload.ofText(wire(`<body>Message ${i} for ${session.jid.full}, of a usual length for a chat</body>`))
    session.take(Packet.of({ kind: 'message', type: 'chat', from: sender, to: session.jid, payload }))
  }
}
const full = await heap()
console.log(`each message that waits                        ${((full - waiting) / SESSIONS / MESSAGES).toFixed(0)} octets`)

server.clock.advance(2000) // what waits is no longer of this moment
const { checkpoints } = server.server
await checkpoints.write()
const from = performance.now()
for (let i = 0; i < CHECKPOINTS; i++) await checkpoints.write()
const once = (performance.now() - from) / CHECKPOINTS
console.log(`a checkpoint of 200 sessions of which all has changed   ${once.toFixed(1)} ms, statements included`)
while ((await server.stores.keptSessions.all()).length < SESSIONS) await checkpoints.write()
await checkpoints.write()
const rest = performance.now()
await checkpoints.write()
console.log(`one of ${SESSIONS} sessions of which nothing has changed     ${(performance.now() - rest).toFixed(2)} ms`)

const begun = performance.now()
await server.server.keptSessions.keepAll()
const kept = performance.now()
const rows = await server.stores.keptSessions.all()
const octets = rows.reduce((sum, { state }) => sum + state.length, 0)
console.log(`written down, with ${MESSAGES} messages                 ${(octets / rows.length).toFixed(0)} octets of text`)
console.log(`to write down                                  ${(((kept - begun) * 1000) / rows.length).toFixed(0)} us a session`)
const again = performance.now()
const restored = await server.server.keptSessions.restoreAll()
console.log(
  `to read again                                  ${(((performance.now() - again) * 1000) / restored).toFixed(0)} us a session`,
)
process.exit(restored === SESSIONS ? 0 : 1)
