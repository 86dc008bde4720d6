import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turns } from './turns.ts'

interface Piece {
  readonly what: string
  /** Null if it does not wait. */
  readonly until: Promise<void> | null
}

function scene() {
  const log: string[] = []
  const turns = new Turns<Piece>(({ what, until }) => {
    log.push(what)
    return until?.then(() => void log.push(`${what} done`))
  })
  return { log, turns }
}

test('what does not wait is done at once, and nothing is kept', () => {
  const { log, turns } = scene()
  assert.equal(turns.take('a', { what: 'one', until: null }), undefined)
  assert.deepEqual([log, turns.size], [['one'], 0])
})

test('what is for one name is done in its order, and other names do not wait for it', async () => {
  const { log, turns } = scene()
  const disk = Promise.withResolvers<void>()
  const all = [
    turns.take('a', { what: 'one', until: disk.promise }),
    turns.take('a', { what: 'two', until: null }),
    turns.take('b', { what: 'other', until: null }),
    turns.take('a', { what: 'three', until: null }),
  ]
  assert.deepEqual(log, ['one', 'other'])
  assert.equal(turns.size, 1)
  disk.resolve()
  await Promise.all(all)
  assert.deepEqual(log, ['one', 'other', 'one done', 'two', 'three'])
  await new Promise<void>((next) => void setImmediate(next))
  assert.equal(turns.size, 0)
})

test('what fails is told to the one that asked for it, and the next has its turn', async () => {
  const { log, turns } = scene()
  const disk = Promise.withResolvers<void>()
  const first = turns.take('a', { what: 'one', until: disk.promise })
  const second = turns.take('a', { what: 'two', until: null })
  disk.reject(new Error('full'))
  await assert.rejects(Promise.resolve(first), /full/)
  await second
  assert.deepEqual(log, ['one', 'two'])
})
