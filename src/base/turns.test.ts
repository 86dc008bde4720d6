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

test('what the work itself brings about for its name has its turn afterwards, however long the chain is', async () => {
  const log: string[] = []
  const under: (void | Promise<void>)[] = []
  const turns = new Turns<number>((n) => {
    log.push(`${n} begins`)
    if (n < 3) under.push(turns.take('a', n + 1), turns.take('b', 10 * n))
    if (n < 10) log.push(`${n} ends`)
    return n === 2 ? Promise.resolve().then(() => void log.push('2 has waited')) : undefined
  })
  turns.take('a', 1)
  assert.deepEqual(log.splice(0), ['1 begins', '10 begins', '1 ends'])
  under.push(turns.take('a', 4))
  await Promise.all(under)
  await Promise.all(under)
  assert.deepEqual(log, ['2 begins', '20 begins', '2 ends', '2 has waited', '4 begins', '4 ends', '3 begins', '3 ends'])
  await new Promise<void>((next) => void setImmediate(next))
  assert.equal(turns.size, 0)

  const long = new Turns<number>((n) => (n < 20_000 ? void long.take('a', n + 1)?.catch(assert.fail) : undefined))
  long.take('a', 0)
  while (long.size > 0) await new Promise<void>((next) => void setImmediate(next))
})
