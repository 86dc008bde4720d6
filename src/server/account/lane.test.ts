/** RFC 6120 10.1: what one session sends is done in its order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled } from '../../../test/support/memory-server.ts'
import { Lane } from './lane.ts'

/** An item that waits until it is let go, ends at once, or fails. */
interface Item {
  readonly name: string
  readonly waits?: Promise<void>
  readonly fails?: boolean
}
class Scene {
  readonly trail: string[] = []
  caughtUp = 0
  readonly lane = new Lane<Item>(
    (item) => this.#work(item),
    (error, { name }) => void this.trail.push(`${name} failed: ${(error as Error).message}`),
    () => void (this.caughtUp += 1),
  )

  #work({ name, waits, fails }: Item): void | Promise<void> {
    this.trail.push(name)
    if (fails === true) throw new Error('at once')
    return waits
  }
}
const waiting = (name: string): { readonly item: Item; readonly done: () => void; readonly fail: (error: Error) => void } => {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  return { item: { name, waits: promise }, done: resolve, fail: reject }
}

test('where nothing waits an item is done before push returns', () => {
  const { lane, trail } = new Scene()
  lane.push({ name: 'a' })
  lane.push({ name: 'b' })
  assert.deepEqual(trail, ['a', 'b'])
  assert.deepEqual([lane.busy, lane.depth, lane.whenIdle()], [false, 0, null])
})

test('an item that waits holds those behind it, and they follow in their order', async () => {
  const scene = new Scene()
  const { lane, trail } = scene
  const slow = waiting('slow')
  lane.push(slow.item)
  for (const name of ['b', 'c']) lane.push({ name })
  assert.deepEqual(trail, ['slow'])
  assert.deepEqual([lane.busy, lane.depth], [true, 2])
  const before = scene.caughtUp
  slow.done()
  await lane.whenIdle()
  assert.deepEqual(trail, ['slow', 'b', 'c'])
  assert.deepEqual([lane.busy, lane.depth], [false, 0])
  assert.equal(scene.caughtUp, before + 1, 'more may be read now')
})

test('what an item pushes itself comes behind it', () => {
  const trail: string[] = []
  const lane: Lane<string> = new Lane<string>(
    (item) => {
      trail.push(item)
      if (item === 'a') lane.push('c')
      trail.push(`${item} done`)
    },
    () => assert.fail(),
    () => {},
  )
  lane.push('a')
  assert.deepEqual(trail, ['a', 'a done', 'c', 'c done'])
})

test('an item that fails, at once or later, does not stop the others', async () => {
  const { lane, trail } = new Scene()
  lane.push({ name: 'a', fails: true })
  const slow = waiting('b')
  lane.push(slow.item)
  lane.push({ name: 'c' })
  slow.fail(new Error('later'))
  await settled()
  assert.deepEqual(trail, ['a', 'a failed: at once', 'b', 'b failed: later', 'c'])
})

test('a lane that is cleared forgets what waits; what is under way ends by itself', async () => {
  const { lane, trail } = new Scene()
  const slow = waiting('slow')
  lane.push(slow.item)
  lane.push({ name: 'b' })
  const idle = lane.whenIdle()
  lane.clear()
  assert.equal(lane.depth, 0)
  slow.done()
  await idle
  assert.deepEqual(trail, ['slow'])
  lane.push({ name: 'c' })
  assert.deepEqual(trail, ['slow', 'c'])
})
