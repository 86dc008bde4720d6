/** The lease of a server that has others stand by: what it does while PostgreSQL is away, and when its own time jumps. */
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Between } from '../../test/support/postgres-between.ts'
import { sharedCluster, withoutPostgres } from '../../test/support/postgres.ts'
import type { Millis, Timer } from '../base/clock.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { RENEW_MS } from '../cluster/times.ts'
import { openPostgres } from './postgres.ts'

/** A clock that can be set, and knows how often somebody has begun to wait for the next renewal. */
class LeaseClock extends ManualClock {
  waits = 0
  #jumped: Millis = 0

  override elapsed(): Millis {
    return super.elapsed() + this.#jumped
  }
  /** Time has passed, and no timer has fired. */
  jump(span: Millis): void {
    this.#jumped += span
  }
  override after(delay: Millis, fire: () => void): Timer {
    if (delay === RENEW_MS) this.waits += 1
    return super.after(delay, fire)
  }
}

async function serving(t: TestContext) {
  const between = await Between.start(t, await (await sharedCluster()).schema())
  const clock = new LeaseClock()
  const member = { identity: 'one', place: 'here', role: 'stand-by' } as const
  const database = await openPostgres({ url: between.url, password: '', clock, run: 'a', member })
  t.after(() => database.close())
  const ends: Error[] = []
  void database.taken.then((error) => ends.push(error))
  /** A second passes, and the server has tried to renew its lease, or has to end. */
  const second = async (): Promise<void> => {
    const { waits } = clock
    clock.advance(RENEW_MS)
    while (clock.waits === waits && ends.length === 0) await setImmediate()
  }
  return { between, clock, second, isOpen: () => database.gate!.isOpen(), ended: () => ends[0] ?? null }
}

describe('the lease of a server on PostgreSQL', { skip: withoutPostgres }, () => {
  test('T-N07: PostgreSQL is away for 9 seconds: the server serves again at its next renewal, and does not end', async (t) => {
    const { between, second, isOpen, ended } = await serving(t)
    await second()
    between.sever()
    for (let i = 0; i < 9; i++) await second()
    assert.equal(isOpen(), false, 'others may soon count its lease as over')
    between.isAway = false
    await second()
    assert.equal(ended(), null)
    assert.equal(isOpen(), true)
  })

  test('PostgreSQL stays away: the server ends when its lease is over', async (t) => {
    const { between, clock, second, ended } = await serving(t)
    between.sever()
    const since = clock.now()
    while (ended() === null) await second()
    assert.match(String(ended()), /could not be reached for 10 s, so another server may have taken over/)
    assert.equal(clock.now() - since, 10_000)
  })

  for (const isSevered of [false, true])
    test(`CL-21a: time jumps${isSevered ? ', and the connections are lost' : ''}: nothing is served before a renewal has come back, and then all goes on`, async (t) => {
      const { between, clock, second, isOpen, ended } = await serving(t)
      clock.jump(60_000)
      if (isSevered) {
        between.sever()
        between.isAway = false
      }
      assert.equal(isOpen(), false)
      await second()
      assert.equal(ended(), null)
      assert.equal(isOpen(), true)
    })
})
