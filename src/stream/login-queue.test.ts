import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Clock } from '../base/clock.ts'
import { Metrics } from '../base/metrics.ts'
import { LoginQueue, type Applicant } from './login-queue.ts'

/** A clock whose timers fire as late as the test likes. */
class LateClock implements Clock {
  time = 0
  due: (() => void) | null = null

  now(): number {
    return this.time
  }
  elapsed(): number {
    return this.time
  }
  after(_: number, fire: () => void): { cancel(): void } {
    this.due = fire
    return { cancel: () => void (this.due = null) }
  }
  /** The timer that runs fires now. */
  async fire(): Promise<void> {
    const fire = this.due
    this.due = null
    fire?.()
    await new Promise((next) => void setImmediate(next))
  }
}
const applicant = (): { isClosing: boolean } => ({ isClosing: false })

test('an event loop that is behind does not catch up by admitting all at once', async () => {
  const clock = new LateClock()
  const queue = new LoginQueue({ perSecond: 1000, waitingMax: 1000 }, clock, new Metrics())
  let admitted = 0
  for (let i = 0; i < 100; i++) void (queue.turn(applicant()) ?? Promise.resolve()).then(() => (admitted += 1))
  await clock.fire()
  assert.equal(admitted, 10)
  clock.time += 5000
  await clock.fire()
  assert.equal(admitted, 20)
})

test('without a limit nobody waits', () => {
  const queue = new LoginQueue({ perSecond: 0, waitingMax: 0 }, new LateClock(), new Metrics())
  for (let i = 0; i < 1000; i++) assert.equal(queue.turn(applicant()), null)
})

test('property: in order, all who stay, and no more than the pace allows', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 500 }),
      fc.array(fc.oneof(fc.constant('come' as const), fc.constant('leave' as const), fc.nat(100)), { maxLength: 60 }),
      async (perSecond, steps) => {
        const clock = new LateClock()
        const queue = new LoginQueue({ perSecond, waitingMax: 1000 }, clock, new Metrics())
        const all: { who: Applicant & { isClosing: boolean }; turn: number | null }[] = []
        let turns = 0
        let admitted = 0
        for (const step of steps) {
          if (step === 'come') {
            const one = { who: applicant(), turn: null as number | null }
            all.push(one)
            const come = (): void => {
              if (!one.who.isClosing) admitted += 1
              one.turn = turns++
            }
            const turn = queue.turn(one.who)
            if (turn === null) come()
            else void turn.then(come)
          } else if (step === 'leave') {
            const leaving = all.findLast(({ turn }) => turn === null)
            if (leaving !== undefined) leaving.who.isClosing = true
          } else {
            clock.time += step
            await clock.fire()
          }
          assert.ok(admitted <= Math.ceil(perSecond / 100) + (clock.time * perSecond) / 1000 + 1e-6)
        }
        while (clock.due !== null) {
          clock.time += 1000
          await clock.fire()
        }
        assert.deepEqual(
          all.map(({ turn }) => turn),
          all.map((_, i) => i),
        )
      },
    ),
    { numRuns: 50 },
  ))
