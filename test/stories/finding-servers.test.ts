/**
 * RFC 6120 3.2, 3.3, RFC 2782, RFC 8305: which of a domain's servers are tried, in which order, and when it is given up. The
 * caller is a.example, whose alice pings b.example.
 */
import assert from 'node:assert/strict'
import { B, federation, type Realm } from '../support/two-servers.ts'
import type { Pattern } from '../support/xml-pattern.ts'
import { refusal } from '../support/xml-pattern.ts'

const PING = `<iq type='get' id='ping' to='${B}'><ping xmlns='urn:xmpp:ping'/></iq>`
const PONG = `<iq type='result' id='ping' from='${B}'/>`
const refused = (type: string, condition: string): Pattern => refusal('iq', `id='ping' from='${B}'`, type, condition)
const [DEAD, SILENT, ALIVE] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const

interface Record {
  readonly host: string
  readonly port?: number
  readonly priority?: number
}
/** What DNS says of b.example: these SRV records and hosts. What was tried is forgotten. */
function says(realm: Realm, records: readonly Record[], hosts: Readonly<{ [host: string]: readonly string[] }>): void {
  const { zone, b } = realm
  const full = records.map(({ host, port = b.port, priority = 0 }) => ({ name: host, port, priority, weight: 0 }))
  if (full.length > 0) zone.records.set(B, full)
  for (const [host, addresses] of Object.entries(hosts)) zone.hosts.set(host, addresses)
  zone.silent.add(SILENT)
  zone.tried.length = 0
}
/** Alice pings, and this comes back, at once or after the span. @returns what was tried meanwhile */
async function pings(realm: Realm, answer: Pattern, span = 0): Promise<readonly string[]> {
  realm.isTogether = false
  const alice = await realm.client('alice@a.example/1')
  realm.zone.tried.length = 0
  alice.send(PING)
  if (span > 0) {
    await alice.fence('nobody-at-all@a.example')
    for (let turn = 0; turn < 20; turn++) await new Promise<void>((next) => void setImmediate(next))
    realm.clock.advance(span)
  }
  await alice.expect(answer)
  return [...realm.zone.tried]
}

federation('CORE-33: a server that is dead, then the next one by priority', async (realm) => {
  says(
    realm,
    [
      { host: 'second', priority: 10 },
      { host: 'first', port: 1, priority: 5 },
    ],
    { first: [DEAD], second: [ALIVE] },
  )
  assert.deepEqual(await pings(realm, PONG), [`${DEAD}:1`, `${ALIVE}:${realm.b.port}`])
})
federation('CORE-33: a server without an address, then the next one', async (realm) => {
  says(realm, [{ host: 'nowhere' }, { host: 'second', priority: 1 }], { nowhere: [], second: [ALIVE] })
  assert.deepEqual(await pings(realm, PONG), [`${ALIVE}:${realm.b.port}`])
})
federation('CORE-33: a server that is somebody else’s, then the next one', async (realm) => {
  says(
    realm,
    [
      { host: 'first', port: realm.a.port },
      { host: 'second', priority: 1 },
    ],
    { first: [DEAD], second: [ALIVE] },
  )
  assert.deepEqual(await pings(realm, PONG), [`${DEAD}:${realm.a.port}`, `${ALIVE}:${realm.b.port}`])
})
federation('RFC 6120 3.2.1 rule 9: where there are SRV records, the address of the domain itself is not tried', async (realm) => {
  realm.zone.doors.set(5269, (socket) => realm.b.peers.accept(socket, false))
  says(realm, [{ host: 'first', port: 1 }], { first: [DEAD], [B]: [ALIVE] })
  assert.deepEqual(await pings(realm, refused('wait', 'remote-server-timeout')), [`${DEAD}:1`])
})
federation('RFC 6120 3.2.2: where there are none, it is, at port 5269', async (realm) => {
  realm.zone.doors.set(5269, (socket) => realm.b.peers.accept(socket, false))
  realm.zone.services.delete(B)
  says(realm, [], { [B]: [ALIVE] })
  assert.deepEqual(await pings(realm, PONG), [`${ALIVE}:5269`])
})
federation('RFC 6120 3.2.1 rule 3: a domain that says that it has no such server', async (realm) => {
  says(realm, [{ host: '.', port: 0 }], { [B]: [ALIVE] })
  assert.deepEqual(await pings(realm, refused('cancel', 'remote-server-not-found')), [])
})
federation(
  'RFC 8305 5: an address that does not answer is not waited for: a quarter of a second, then the next',
  async (realm) => {
    says(realm, [{ host: 'first' }], { first: [SILENT, ALIVE] })
    assert.deepEqual(await pings(realm, PONG, 250), [`${SILENT}:${realm.b.port}`, `${ALIVE}:${realm.b.port}`])
  },
)
federation('RFC 8305 5: one that refuses is not waited for at all', async (realm) => {
  says(realm, [{ host: 'first', port: 1 }], { first: ['2001:db8::1', DEAD, '2001:db8::2'] })
  assert.deepEqual(await pings(realm, refused('wait', 'remote-server-timeout')), ['2001:db8::1:1', `${DEAD}:1`, '2001:db8::2:1'])
})
federation('a server of which nothing is heard is given up after the connect time-out, for the next one', async (realm) => {
  says(realm, [{ host: 'first' }, { host: 'second', priority: 1 }], { first: [SILENT], second: [ALIVE] })
  assert.deepEqual(await pings(realm, PONG, 10_000), [`${SILENT}:${realm.b.port}`, `${ALIVE}:${realm.b.port}`])
})

federation('a link that is refused for want of TLS: the user is told so', async (realm) => {
  const header = `<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' from='${B}' id='1' version='1.0'>`
  realm.zone.doors.set(realm.b.port, (socket) => {
    socket.once('data', () => socket.write(`${header}<stream:features/>`))
  })
  const why = 'The other server offers no encryption (TLS), and this one sends nothing without'
  const condition = `<remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`
  const text = `<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>${why}</text>`
  await pings(realm, `<iq type='error' id='ping' from='${B}'><error type='wait'>${condition}${text}</error></iq>`)
})
