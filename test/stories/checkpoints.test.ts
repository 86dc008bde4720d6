/** What is written down of sessions while the server runs: what is new, and no more at a time than may be. */
import assert from 'node:assert/strict'
import type { Metrics } from '../../src/base/metrics.ts'
import type { Host } from '../../src/server/feature.ts'
import { bareOf, Cast, storyOn } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { a, chat, comeBack, enable, sync, UNASKED } from '../support/stream-management.ts'

const story = storyOn('memory')
const BOB = bareOf('bob')
const DEVICES = 9
const WAITING = 20
const LARGE = 'x'.repeat(50_000)

const octetsWritten = ({ server }: Cast): number =>
  (server.host.metrics as Metrics).counters.find(({ name }) => name === 'porchlight_sessions_written_octets_total')!.value

/** What the next checkpoint writes. */
async function checkpoint(cast: Cast): Promise<number> {
  cast.pass(2000)
  const before = octetsWritten(cast)
  await cast.server.server.checkpoints.write()
  return octetsWritten(cast) - before
}

interface Paused {
  readonly alice: StoryClient
  readonly bobs: readonly StoryClient[]
  readonly ids: readonly string[]
}

/** Bob has sessions that wait, and for each of them waits what Alice has written. */
async function paused(cast: Cast, devices: number, body: string): Promise<Paused> {
  const alice = await cast.client('alice', '1')
  const bobs: StoryClient[] = []
  const ids: string[] = []
  for (let i = 0; i < devices; i++) {
    const bob = await cast.client('bob', `${i}`)
    ids.push(await enable(bob))
    bobs.push(bob)
  }
  for (const bob of bobs) bob.drop()
  await sync(alice)
  for (let i = 0; i < WAITING; i++) alice.send(chat(BOB, body, `m${i}`))
  await sync(alice)
  alice.take()
  return { alice, bobs, ids }
}

story('nine sessions that wait with much, and one small message a second: little is written', UNASKED, async (cast) => {
  const { alice } = await paused(cast, DEVICES, LARGE)
  let total = 0
  for (let written = Infinity; written > 0; total += written) {
    written = await checkpoint(cast)
    assert.ok(written <= 4 * 1024 * 1024 + 2 * LARGE.length, `${written} octets at once`)
  }
  assert.ok(total >= DEVICES * WAITING * LARGE.length)
  for (let i = 0; i < 5; i++) {
    alice.send(chat(BOB, `tiny ${i}`))
    await sync(alice)
    const written = await checkpoint(cast)
    assert.ok(written > 0 && written < DEVICES * 2000, `${written} octets`)
  }
})

const NARROW = { ...UNASKED, limits: { 'session-checkpoint-rate': 1000 } }
story('sessions in which more comes than may be written do not put off those of others', NARROW, async (cast) => {
  const { alice, bobs } = await paused(cast, DEVICES, 'y'.repeat(1000))
  const carol = await cast.client('carol', '1')
  const id = await enable(carol)
  carol.drop()
  alice.send(chat(bareOf('carol'), 'hello'))
  await sync(alice)
  for (let i = 0; i <= bobs.length; i++) {
    alice.send(chat(BOB, 'y'.repeat(1000), `more${i}`))
    await sync(alice)
    await checkpoint(cast)
  }
  const next = new Cast(await cast.server.crash(NARROW))
  cast.cut()
  cast.atEnd(() => next.end())
  const back = await comeBack(next, carol, id, 0, 0)
  await next.settle()
  assert.deepEqual(
    back.take().map((e) => e.attr('id')),
    ['hello'],
  )
})

story('all counts as stored only when nothing is left over', NARROW, async (cast) => {
  await paused(cast, 3, 'y'.repeat(1000))
  const toldAt: number[] = []
  let written = 0
  ;(cast.server.host as Host).on('sessions-stored', () => void toldAt.push(written))
  for (let octets = Infinity; octets > 0; written += octets) octets = await checkpoint(cast)
  assert.ok(written >= 3 * WAITING * 1000 && toldAt.length > 0)
  assert.ok(Math.min(...toldAt) >= written - 3000, `${toldAt.join(' ')} of ${written}`)
})

story('what was written one by one is there after a crash, without what was acknowledged before', UNASKED, async (cast) => {
  const { alice, bobs, ids } = await paused(cast, 1, 'small')
  const [bob] = bobs
  const [id] = ids
  await checkpoint(cast)
  alice.send(chat(BOB, 'late'))
  await sync(alice)
  await checkpoint(cast)
  const again = await comeBack(cast, bob!, id!, 0, 0)
  again.send(a(5))
  await again.fence()
  assert.equal(again.take().filter((e) => e.name === 'message').length, WAITING + 1)
  again.drop()
  alice.send(chat(BOB, 'last'))
  await sync(alice)
  await checkpoint(cast)
  const [kept] = await cast.server.stores.keptSessions.all()
  assert.equal(kept!.pieces[0]!.n, 6)
  const next = new Cast(await cast.server.crash(UNASKED))
  cast.cut()
  cast.atEnd(() => next.end())
  const back = await comeBack(next, bob!, id!, 5, 1)
  await next.settle()
  const got = back.take().filter((e) => e.name === 'message')
  const names = Array.from({ length: WAITING }, (_, i) => `m${i}`)
  assert.deepEqual(
    got.map((e) => e.attr('id')),
    [...names.slice(5), 'late', 'last'],
  )
})
