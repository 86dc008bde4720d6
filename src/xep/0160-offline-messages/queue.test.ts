import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Turnstile } from './queue.ts'

/** Something to wait for that a test ends. */
function gate(): { readonly wait: Promise<void>; readonly open: () => void; readonly fail: (error: Error) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  return { wait: promise, open: resolve, fail: reject }
}
const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('Turnstile: who comes during a round goes on after it', async () => {
  const turnstile = new Turnstile()
  const round = gate()
  const closed = turnstile.close(() => round.wait)
  assert.equal(turnstile.isClosed, true)
  let hasGone = false
  const going = turnstile.turn('next').then((v) => (hasGone = v === 'next'))
  await turnOfTheLoop()
  assert.equal(hasGone, false)
  round.open()
  await Promise.all([closed, going])
  assert.equal(hasGone, true)
  assert.equal(turnstile.isClosed, false)
})

test('Turnstile: a round that fails keeps nobody waiting, and is reported', async () => {
  const turnstile = new Turnstile()
  const closed = turnstile.close(() => Promise.reject(new Error('no disk')))
  const going = turnstile.turn('next')
  await assert.rejects(closed, /no disk/)
  assert.equal(await going, 'next')
  assert.equal(turnstile.isClosed, false)
})

test('Turnstile: a round that is asked for during a round follows it', async () => {
  const turnstile = new Turnstile()
  const first = gate()
  let rounds = 0
  const closed = turnstile.close(() => ((rounds += 1) === 1 ? first.wait : Promise.resolve()))
  await turnstile.close(() => assert.fail('rounds are the same for everybody'))
  first.open()
  await closed
  assert.equal(rounds, 2)
})

test('Turnstile: nobody overtakes, however arrivals and the end of the round fall together', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 12 }), { maxLength: 20 }), fc.nat({ max: 12 }), async (moments, end) => {
      const turnstile = new Turnstile()
      const round = gate()
      const arrived: number[] = []
      const gone: number[] = []
      const arrive = (i: number): void => {
        arrived.push(i)
        if (turnstile.isClosed) void turnstile.turn(i).then((v) => gone.push(v))
        else gone.push(i)
      }
      const closed = turnstile.close(() => round.wait)
      for (let now = 0; now <= 12; now++) {
        if (now === end) round.open()
        moments.forEach((moment, i) => moment === now && arrive(i))
        await undefined // one microtask further
      }
      await closed
      await turnOfTheLoop()
      assert.deepEqual(gone, arrived)
    }),
  ))
