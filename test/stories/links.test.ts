/**
 * Links between two servers (PSA-20), each transition of their state: what breaks, what is tried, what is
 * said of it, and what becomes of stanzas and presence meanwhile.
 */
import assert from 'node:assert/strict'
import { A, B, federation, type Realm } from '../support/two-servers.ts'
import { here } from '../support/stanzas.ts'
import type { StoryClient } from '../support/story-client.ts'
import { refusal } from '../support/xml-pattern.ts'

const AWAY = '<show>away</show>'
const DND = '<show>dnd</show>'

/** Presence to all, which its sender sees himself. */
async function changes(who: StoryClient, content: string): Promise<void> {
  who.send(`<presence>${content}</presence>`)
  await who.expect(here(who.jid, content, who.bare))
}
/** Nothing gets through any more, and what there was breaks. */
async function cut(realm: Realm): Promise<void> {
  realm.isTogether = false
  realm.zone.isDown = true
  for (const stream of realm.a.streams()) stream.destroy()
  await realm.until('b.example has noticed', () => realm.b.streams().length === 0)
}
function back(realm: Realm): void {
  realm.zone.isDown = false
}
/** Whoever is waited for comes while time passes. Until then nothing needs to get through: it may wait for the next attempt. */
async function passUntil(realm: Realm, what: string, isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 120 && !isSo(); i++) await realm.pass(1000)
  assert(isSo(), `it did not come to be: ${what}`)
  realm.isTogether = !realm.zone.isDown
}

federation(
  'PSA-20: idle, then up with the first stanza, and idle again when nobody has used it for ten minutes',
  async (realm) => {
    const [alice] = await realm.clients('alice@a.example/1')
    assert.deepEqual([realm.a.stateOf(B), realm.b.stateOf(A)], ['up', 'up'])
    realm.isTogether = false
    await realm.pass(720_000, 30_000)
    await realm.until('both are idle', () => realm.a.stateOf(B) === 'idle' && realm.b.stateOf(A) === 'idle')
    await realm.pass(3_600_000, 60_000)
    assert.deepEqual([realm.a.news, realm.b.news], [[], []])
    realm.isTogether = true
    await alice.ask(`<iq type='get' id='1' to='b.example'><ping xmlns='urn:xmpp:ping'/></iq>`, `<iq type='result'/>`)
    assert.deepEqual([realm.a.stateOf(B), realm.b.stateOf(A)], ['up', 'up'])
  },
)

federation(
  'PSA-20: broken, and back within the grace: nobody is told, and what was missed both ways is made up for',
  async (realm) => {
    const [alice, dave] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
    await cut(realm)
    assert.equal(realm.a.stateOf(B), 'suspect')
    await changes(dave, AWAY)
    await realm.pass(4000)
    back(realm)
    await passUntil(realm, 'mended', () => realm.a.news.length > 0 && realm.b.news.length > 0)
    assert.deepEqual([realm.a.news, realm.b.news], [[`link-mended ${B}`], [`link-mended ${A}`]])
    await realm.settle()
    assert(alice.take().some((xml) => xml.child('show')?.text === 'away'))
    assert(dave.take().every((xml) => xml.attr('from') === alice.jid && xml.attr('type') === undefined))
  },
)

federation('PSA-20: broken, and tried in vain for longer than the grace: down; up again when it is back', async (realm) => {
  const [alice, dave] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
  await cut(realm)
  await realm.pass(29_000)
  assert.equal(realm.a.stateOf(B), 'suspect')
  await realm.pass(16_000)
  assert.equal(realm.a.stateOf(B), 'down')
  assert.deepEqual(realm.a.news, [`link-down ${B}`])
  await changes(alice, DND)
  await changes(dave, AWAY)
  back(realm)
  await passUntil(realm, 'mended', () => realm.a.news.includes(`link-mended ${B}`))
  assert.deepEqual(realm.a.news, [`link-down ${B}`, `link-up ${B}`, `link-mended ${B}`])
  await passUntil(realm, 'mended there', () => realm.b.news.includes(`link-mended ${A}`))
  await realm.settle()
  assert(alice.take().some((xml) => xml.child('show')?.text === 'away'))
  assert(dave.take().some((xml) => xml.child('show')?.text === 'dnd'))
})

federation('PSA-20: one who logs in while the link is down learns of his contacts when it is back', async (realm) => {
  await realm.rosters(['alice@a.example', 'dave@b.example', 'both'], ['dave@b.example', 'alice@a.example', 'both'])
  const [dave] = await realm.clients('dave@b.example/1')
  await cut(realm)
  const [alice] = await realm.clients('alice@a.example/1')
  await realm.pass(90_000)
  assert.deepEqual([realm.a.stateOf(B), realm.a.news], ['down', [`link-down ${B}`]])
  back(realm)
  await passUntil(realm, 'mended', () => realm.a.news.includes(`link-mended ${B}`))
  await realm.settle()
  assert(alice.take().some((xml) => xml.attr('from') === dave.jid))
  assert(dave.take().some((xml) => xml.attr('from') === alice.jid))
})

federation('T-F10: a thousand stanzas while the link is broken: all get there, in their order', async (realm) => {
  const [alice, dave] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
  await cut(realm)
  for (let i = 0; i < 1000; i++) alice.send(`<message to='${dave.jid}' type='chat' id='${i}'><body>${i}</body></message>`)
  await realm.pass(1000)
  back(realm)
  await passUntil(realm, 'up', () => realm.a.stateOf(B) === 'up')
  await realm.settle()
  assert.deepEqual(
    dave.take().map((xml) => xml.attr('id')),
    Array.from({ length: 1000 }, (_, i) => String(i)),
  )
})

federation('what one user writes to a server that is away leaves room there for everybody else', async (realm) => {
  const [alice, carol] = await realm.clients('alice@a.example/1', 'carol@a.example/1')
  await cut(realm)
  const large = 'x'.repeat(200_000)
  for (let i = 0; i < 20; i++) alice.send(`<message to='dave@b.example' type='chat' id='l${i}'><body>${large}</body></message>`)
  for (let i = 0; i < 1500; i++) alice.send(`<message to='dave@b.example' type='chat' id='s${i}'><body>${i}</body></message>`)
  await alice.fence('nobody-at-all@a.example')
  const refused = alice.take().map((xml) => xml.attr('id'))
  assert(refused.includes('l10') && refused.includes('s1000'), 'more than half of the octets, and of the stanzas')
  carol.send(`<message to='dave@b.example' type='chat' id='c'><body>${large}</body></message>`)
  await carol.fence('nobody-at-all@a.example')
  assert.deepEqual(carol.take(), [])
  back(realm)
  await passUntil(realm, 'up', () => realm.a.stateOf(B) === 'up')
})

federation(
  'T-F10: more than may wait are refused at once; those that wait in vain after 30 seconds, none without a word',
  async (realm) => {
    const [alice] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
    await cut(realm)
    for (let i = 0; i < 1001; i++) alice.send(`<message to='dave@b.example' type='chat' id='${i}'><body>${i}</body></message>`)
    await alice.expect(refusal('message', `id='1000'`, 'wait', 'resource-constraint'))
    await realm.pass(29_000)
    await alice.fence('nobody-at-all@a.example')
    assert.deepEqual(alice.take(), [])
    await realm.pass(1000)
    const refused = alice.take()
    assert.deepEqual(
      refused.map((xml) => xml.attr('id')),
      Array.from({ length: 1000 }, (_, i) => String(i)),
    )
    assert(refused.every((xml) => xml.child('error')!.child('remote-server-timeout') !== undefined))
  },
)

federation('T-P22: copies of a broadcast (RFC 6121 4.4.2) that do not get through are nobody’s error', async (realm) => {
  const [alice] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
  await cut(realm)
  await realm.pass(60_000)
  await changes(alice, AWAY)
  alice.send(`<presence to='eve@b.example'/>`)
  await alice.expect(refusal('presence', `from='eve@b.example'`, 'wait', 'remote-server-timeout'))
})

federation('PSA-20: a peer that has stopped answering is given up: what was sent to it is followed by a ping', async (realm) => {
  const [alice, dave] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
  realm.isTogether = false
  for (const { carrier } of realm.b.streams()) carrier.hold()
  const deaf = realm.a.streams()
  alice.send(`<message to='${dave.jid}' type='chat'><body>are you there?</body></message>`)
  await realm.pass(75_000, 5000)
  assert.equal(realm.a.stateOf(B), 'up')
  await realm.pass(30_000, 5000)
  await realm.until('it is given up', () => deaf.every((stream) => stream.isOver))
  await passUntil(realm, 'there is another stream', () => realm.a.stateOf(B) === 'up')
  realm.isTogether = true
  await passUntil(realm, 'mended', () => realm.a.news.includes(`link-mended ${B}`))
  await realm.settle()
  for (const who of [alice, dave]) who.take()
})

federation('PSA-20: a link that somebody watches does not fall silent: it is asked from time to time', async (realm) => {
  await realm.friends('alice@a.example/1', 'dave@b.example/1')
  realm.isTogether = false
  const heard = realm.a.streams()[0]!.heardAt
  await realm.pass(700_000, 10_000)
  assert(realm.a.streams()[0]!.heardAt > heard + 590_000)
  assert.deepEqual([realm.a.stateOf(B), realm.a.news], ['up', []])
})

federation(
  'PSA-20: what comes in keeps the link up, though nothing can go out',
  { a: { federation: { bidirectional: false } } },
  async (realm) => {
    const [alice, dave] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
    realm.isTogether = false
    const { port } = realm.b
    realm.zone.services.get(B)!.port = 1
    for (const stream of realm.a.streams()) if (stream.side === 'initiating') stream.destroy()
    alice.send(`<message to='dave@b.example' type='chat' id='1'><body>hello</body></message>`)
    await alice.expect(refusal('message', `id='1'`, 'wait', 'remote-server-timeout'))
    dave.send(`<message to='${alice.jid}' type='chat'><body>hello</body></message>`)
    await alice.expect(`<message from='${dave.jid}' type='chat'><body>hello</body></message>`)
    assert.equal(realm.a.stateOf(B), 'up')
    realm.zone.services.get(B)!.port = port
  },
)

federation('PSA-20: by order of the operator: nothing in, nothing out, until it is released', async (realm) => {
  const [alice, dave] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
  realm.isTogether = false
  const link = realm.a.host.links.get(A, B)!
  realm.a.peers.federation.force(link)
  await realm.until('b.example has noticed', () => realm.b.streams().length === 0)
  assert.deepEqual([realm.a.stateOf(B), realm.a.news], ['down', [`link-down ${B}`]])
  alice.send(`<message to='${dave.jid}' type='chat' id='1'><body>hello</body></message>`)
  await alice.expect(refusal('message', `id='1'`, 'wait', 'remote-server-timeout'))
  dave.send(`<message to='${alice.jid}' type='chat' id='2'><body>hello</body></message>`)
  await dave.expect(refusal('message', `id='2'`, 'wait', 'remote-server-timeout'))
  link.release()
  await passUntil(realm, 'up', () => realm.a.stateOf(B) === 'up')
  realm.isTogether = true
  await passUntil(realm, 'mended', () => realm.a.news.includes(`link-mended ${B}`))
  assert.deepEqual(realm.a.news, [`link-down ${B}`, `link-up ${B}`, `link-mended ${B}`])
  await realm.settle()
  for (const who of [alice, dave]) who.take()
})

federation('RFC 6120 4.9.3.20: a server that stops says so, and its peers know that it is gone', async (realm) => {
  await realm.friends('alice@a.example/1', 'dave@b.example/1')
  realm.isTogether = false
  realm.b.peers.federation.stop()
  await realm.until('a.example has noticed', () => realm.a.stateOf(B) === 'suspect')
  await realm.b.hangUp()
  await realm.pass(60_000)
  assert.deepEqual(realm.a.news, [`link-down ${B}`])
})

federation(
  'T-X08: a certificate that expires while the stream is open ends it',
  { b: { shows: 'one that expires soon' } },
  async (realm) => {
    await realm.clients('alice@a.example/1')
    realm.isTogether = false
    const streams = realm.a.streams()
    await realm.pass(60_000, 5000)
    await realm.until('the streams are over', () => streams.every((stream) => stream.isOver))
    assert.equal(realm.a.stateOf(B), 'suspect')
  },
)
