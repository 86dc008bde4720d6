/**
 * A server that is there for the network and does nothing any more: it takes what is written to it and new connections, and
 * answers neither. From the first question without an answer until those who ask are told it is the grace, and a second.
 */
import assert from 'node:assert/strict'
import type { SiteOptions } from '../support/site.ts'
import { B, federation, type Realm } from '../support/two-servers.ts'

const SECOND = 1000
/** With the times that are the default. */
const [GRACE, ASK_AFTER, IDLE, LOOK] = [30 * SECOND, 10 * SECOND, 60 * SECOND, 2.5 * SECOND]
const [STEP, SLACK] = [500, 1000]
const acknowledged: SiteOptions = { federation: { 'stream-management': true } }
const both = { a: acknowledged, b: acknowledged }

/** It hears nothing more, and whoever connects to it waits. */
function freeze(realm: Realm): void {
  realm.isTogether = false
  realm.zone.silent.add('127.0.0.1')
  for (const { carrier } of realm.b.streams()) carrier.hold()
}
function thaw(realm: Realm): void {
  realm.zone.silent.clear()
  for (const { carrier } of realm.b.streams()) carrier.resume()
}
/** How long it takes until it is so, up to `longest`. */
async function timeUntil(realm: Realm, longest: number, isSo: () => boolean): Promise<number> {
  let passed = 0
  for (; passed < longest && !isSo(); passed += STEP) await realm.pass(STEP, STEP)
  assert(isSo(), `not within ${longest} ms`)
  return passed
}
const isDown = (realm: Realm) => (): boolean => realm.a.news.includes(`link-down ${B}`)
async function ended(realm: Realm): Promise<void> {
  for (const client of ['alice@a.example/1', 'dave@b.example/1']) realm.known(client).take()
  for (const stream of [...realm.a.streams(), ...realm.b.streams()]) stream.destroy()
  await realm.settle()
}

federation('A frozen peer is marked late: what is not acknowledged is the first sign', both, async (realm) => {
  const [alice, dave] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
  await realm.pass(10 * SECOND)
  freeze(realm)
  alice.send(`<message to='${dave.jid}' type='chat'><body>are you there?</body></message>`)
  const span = await timeUntil(realm, 120 * SECOND, isDown(realm))
  assert(span >= GRACE - STEP && span <= GRACE + SECOND + SLACK, `${span} ms`)
  await ended(realm)
})

federation('A frozen peer is marked late: without acknowledgements, the ping that follows what was sent', async (realm) => {
  const [alice, dave] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
  await realm.pass(20 * SECOND)
  freeze(realm)
  alice.send(`<message to='${dave.jid}' type='headline'><body>are you there?</body></message>`)
  const span = await timeUntil(realm, 120 * SECOND, isDown(realm))
  assert(span <= ASK_AFTER + LOOK + GRACE + SLACK, `${span} ms`)
  await ended(realm)
})

for (const [how, setting] of [
  ['acknowledged', both],
  ['not acknowledged', {}],
] as const)
  federation(`A frozen peer to which nothing is sent is found, where stanzas are ${how}`, setting, async (realm) => {
    await realm.friends('alice@a.example/1', 'dave@b.example/1')
    await realm.pass(20 * SECOND)
    freeze(realm)
    const span = await timeUntil(realm, 120 * SECOND, isDown(realm))
    assert(span <= IDLE + LOOK + GRACE + SLACK, `${span} ms`)
    await ended(realm)
  })

federation(
  'A frozen peer that goes on within the grace was never away, and goes on with the same stream',
  both,
  async (realm) => {
    const [alice, dave] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
    await realm.pass(10 * SECOND)
    const streams = realm.a.streams()
    freeze(realm)
    alice.send(`<message to='${dave.jid}' type='chat'><body>are you there?</body></message>`)
    await realm.pass(15 * SECOND)
    assert.equal(realm.a.stateOf(B), 'suspect')
    thaw(realm)
    await realm.pass(5 * SECOND)
    realm.isTogether = true
    await dave.expect(`<message from='${alice.jid}' type='chat'><body>are you there?</body></message>`)
    assert.equal(realm.a.stateOf(B), 'up')
    assert.deepEqual(realm.a.streams(), streams)
    assert.deepEqual([realm.a.news, realm.b.news], [[], []])
  },
)

federation('Half a connection gives way to a whole one within the grace', both, async (realm) => {
  const [alice, dave] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
  await realm.pass(10 * SECOND)
  realm.isTogether = false
  for (const { carrier } of realm.b.streams()) carrier.hold()
  alice.send(`<message to='${dave.jid}' type='chat'><body>are you there?</body></message>`)
  await timeUntil(realm, GRACE, () => realm.a.news.includes(`link-mended ${B}`))
  assert(!isDown(realm)())
  await realm.pass(10 * SECOND)
  realm.isTogether = true
  await dave.expect(`<message from='${alice.jid}' type='chat'><body>are you there?</body></message>`)
})

const slow: SiteOptions = { federation: { 'stream-management': true, 'stanzas-per-second': 10 } }
for (const [how, b] of [
  ['acknowledged', slow],
  ['not acknowledged', { federation: { 'stanzas-per-second': 10 } }],
] as const)
  federation(
    `A peer that takes its time is there: its streams are not given up, where stanzas are ${how}`,
    { a: acknowledged, b },
    async (realm) => {
      const [alice, dave] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
      await realm.pass(10 * SECOND)
      realm.isTogether = false
      const streams = realm.a.streams()
      const count = 900
      for (let i = 0; i < count; i++) alice.send(`<message to='${dave.jid}' type='chat' id='${i}'><body>${i}</body></message>`)
      await realm.pass(100 * SECOND)
      realm.isTogether = true
      assert.deepEqual(realm.a.streams(), streams)
      assert.equal(realm.a.stateOf(B), 'up')
      assert.deepEqual([realm.a.news, realm.b.news], [[], []])
      assert.equal(dave.take().length, count)
    },
  )
