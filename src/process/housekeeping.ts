/**
 * What the server does for its database again and again while it runs: it notes that it is alive, for the day on which
 * it dies without a word, and it forgets what nobody will ask for any more.
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

/** Does it now and from now on, until the timer is cancelled. */
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
