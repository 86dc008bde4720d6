/**
 * Periodic work for the database: the server records that it is alive, so that after a crash it knows until when it ran, and
 * it deletes records that are no longer needed.
 */
import { every, type Clock, type Millis, type Timer } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Stores } from '../server/feature.ts'

const HEARTBEAT_MS: Millis = 60_000
const PURGE_MS: Millis = 86_400_000

export interface HousekeepingParts {
  readonly stores: Pick<Stores, 'lastPresence' | 'rosters'>
  readonly clock: Clock
  readonly log: Log
}

/** Does the work now, and repeats it until the timer is cancelled. */
export function keepHouse({ stores: { lastPresence, rosters }, clock, log }: HousekeepingParts): Timer {
  const purge = (): void => {
    rosters.purge(clock.now()).then(
      (removals) => {
        if (removals > 0)
          log.info({ removals }, 'Old roster removals forgotten; clients that were offline for longer get the whole roster')
      },
      (error: unknown) => log.error({ err: error }, 'Old roster removals could not be deleted'),
    )
  }
  const beat = (): void => lastPresence.heartbeat(clock.now())
  beat()
  purge()
  const timers = [every(clock, HEARTBEAT_MS, beat), every(clock, PURGE_MS, purge)]
  return {
    cancel() {
      for (const timer of timers) timer.cancel()
    },
  }
}
