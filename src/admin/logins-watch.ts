/**
 * Watches logins: a line in the log for each login, resumption, failure and end, counters, and the last failures for the
 * operator's view.
 */
import { BoundedMap } from '../base/bounded-map.ts'
import type { Millis } from '../base/clock.ts'
import type { Facts } from '../server/account/facts.ts'
import type { Host } from '../server/feature.ts'

/** Equal failures, counted together. */
export interface LoginFailures {
  /** Null if the client named no account. */
  readonly account: string | null
  readonly address: string
  /** The mechanism of the last failure, as the client named it; null if it named none. */
  readonly mechanism: string | null
  readonly reason: string
  readonly count: number
  readonly lastAt: Millis
}

/** The most different failures that are remembered. Beyond it the one that was not repeated for longest is forgotten. */
const FAILURES_MAX = 100
/** The most characters kept of a text from a client. */
const NAME_MAX = 64

type Failure = Facts['login-failed']

export class LoginsWatch {
  readonly #host: Pick<Host, 'clock' | 'log'>
  readonly #failures = new BoundedMap<string, LoginFailures>(FAILURES_MAX)

  constructor(host: Pick<Host, 'clock' | 'log' | 'metrics' | 'on'>) {
    const { log, metrics } = host
    this.#host = host
    const logins = metrics.counter('porchlight_logins_total', 'Clients that have logged in')
    const failures = metrics.counter('porchlight_login_failures_total', 'Attempts to log in that have failed')
    const ends = metrics.counter('porchlight_sessions_ended_total', 'Sessions that have ended')
    host.on('session-bound', ({ session: { jid, connection } }) => {
      if (connection === null) return // a session from before a restart
      logins.value += 1
      log.info({ jid: jid.full, ...connection.info }, 'Client logged in')
    })
    host.on('session-resumed', ({ session: { jid, connection }, after }) => {
      if (after === 'stream-lost') log.info({ jid: jid.full, ...connection?.info }, 'Session resumed')
    })
    host.on('session-ended', ({ session: { jid }, ending }) => {
      ends.value += 1
      log.info({ jid: jid.full, reason: ending.name }, 'Session ended')
    })
    host.on('login-failed', (failure) => {
      failures.value += 1
      this.#failed(failure)
    })
  }
  /** The failures, the newest first. */
  report(): readonly LoginFailures[] {
    return [...this.#failures.values()].toReversed()
  }

  #failed({ account, address, mechanism: name, condition: reason, isRare }: Failure): void {
    const { clock, log } = this.#host
    const mechanism = name === null ? null : name.slice(0, NAME_MAX)
    if (isRare) log.info({ account, address, mechanism, reason }, 'Login failed')
    const key = JSON.stringify([account, address, reason])
    const count = (this.#failures.get(key)?.count ?? 0) + 1
    this.#failures.set(key, { account, address, mechanism, reason, count, lastAt: clock.now() })
  }
}
