/**
 * Slows down attackers who guess passwords (RFC 6120 13.11), by address and by account, and never locks out users who know
 * their password:
 *
 * - Failed logins of one address, and of one account, have a rate. Beyond it the next attempt waits, and one that would wait
 *   too long is refused.
 * - An address from which the account's owner has logged in before is counted separately: the attempts of others, at the
 *   account or from the same address, do not affect the owner.
 * - An address that has not failed at this account yet waits only for a moment, however many others guess.
 */
import { BoundedMap } from '../base/bounded-map.ts'
import { Bucket } from '../base/bucket.ts'
import type { Clock, Millis } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Counter, Metrics } from '../base/metrics.ts'
import { networkOf } from '../base/network.ts'

export interface GuessLimits {
  /** Failed logins per minute; 0 for no limit. */
  readonly perAddress: number
  readonly perAccount: number
}

/** How long an attempt may wait. One that would have to wait longer is refused. */
export const WAIT_MAX: Millis = 10_000
/** The same for an address that has not failed at the account. */
const FIRST_WAIT_MAX: Millis = 2000
/** How long after the last failure everything is as before, however many attempts failed. */
const DEBT_MAX: Millis = 180_000
/** The most entries of each kind; beyond it those unused for longest are forgotten. */
const KNOWN_MAX = 10_000
/** How often the log says that the same address or account is slowed down. */
const SAY_AGAIN: Millis = 600_000

/** The failed logins of an address, at an account, or of an address at an account. */
interface Failures {
  readonly bucket: Bucket
  saidAt: Millis
}
interface Pair extends Failures {
  /** The owner of the account has logged in from this address. */
  isKnown: boolean
}

export class Guesses {
  readonly #limits: GuessLimits
  readonly #clock: Clock
  readonly #log: Log
  readonly #addresses = new BoundedMap<string, Failures>(KNOWN_MAX)
  readonly #accounts = new BoundedMap<string, Failures>(KNOWN_MAX)
  readonly #pairs = new BoundedMap<string, Pair>(KNOWN_MAX)
  readonly #slowed: Counter
  readonly #refused: Counter

  constructor(limits: GuessLimits, clock: Clock, log: Log, metrics: Metrics) {
    this.#limits = limits
    this.#clock = clock
    this.#log = log
    this.#slowed = metrics.counter(
      'porchlight_logins_slowed_total',
      'Attempts to log in that had to wait because others had failed',
    )
    this.#refused = metrics.counter('porchlight_logins_refused_total', 'Attempts to log in that were refused unheard likewise')
  }
  /** How long an attempt to log in to this account has to wait; null if it would be too long: the attempt is refused. */
  wait(account: string, address: string): Millis | null {
    const network = networkOf(address)
    const pair = this.#pairs.get(keyOf(account, network))
    const own = this.#debt(pair)
    const wait = pair?.isKnown === true ? own : Math.max(own, this.#ofOthers(account, network, pair === undefined))
    if (wait > 0) (wait > WAIT_MAX ? this.#refused : this.#slowed).value += 1
    return wait > WAIT_MAX ? null : wait
  }
  /**
   * An attempt has failed. @param account null if it named none
   * @returns whether this address has failed so rarely that the log can have a line for each failure
   */
  failed(account: string | null, address: string): boolean {
    const network = networkOf(address)
    const { perAddress, perAccount } = this.#limits
    const isRare = this.#note(this.#addresses, network, perAddress, { address: network })
    if (account === null) return isRare
    this.#note(this.#accounts, account, perAccount, { account })
    this.#note(this.#pairs, keyOf(account, network), perAddress, null)
    return isRare
  }
  /** The owner of the account has logged in. */
  succeeded(account: string, address: string): void {
    const key = keyOf(account, networkOf(address))
    const pair = this.#pairs.get(key) ?? this.#fresh(this.#limits.perAddress)
    this.#pairs.set(key, { ...pair, isKnown: true })
  }

  #ofOthers(account: string, network: string, isFirst: boolean): Millis {
    const atAccount = this.#debt(this.#accounts.get(account))
    return Math.max(this.#debt(this.#addresses.get(network)), isFirst ? Math.min(atAccount, FIRST_WAIT_MAX) : atAccount)
  }
  #debt(failures: Failures | undefined): Millis {
    return failures?.bucket.tryTake(0, this.#clock.now()) ?? 0
  }
  /** @param about for the log; null to log nothing @returns whether it is within the rate */
  #note<T extends Failures>(map: Map<string, T>, key: string, perMinute: number, about: object | null): boolean {
    if (perMinute === 0) return true
    const now = this.#clock.now()
    const failures = map.get(key) ?? (this.#fresh(perMinute) as Failures as T)
    map.set(key, failures)
    const debt = this.#debt(failures)
    if (debt < DEBT_MAX) failures.bucket.take(1, now)
    if (this.#debt(failures) === 0) return true
    if (about !== null && now - failures.saidAt >= SAY_AGAIN) {
      failures.saidAt = now
      this.#log.warn({ ...about }, 'Many failed logins: further attempts are slowed down')
    }
    return debt === 0
  }
  #fresh(perMinute: number): Pair {
    const bucket = new Bucket(perMinute, perMinute / 60, this.#clock.now())
    return { bucket, saidAt: -SAY_AGAIN, isKnown: false }
  }
}

const keyOf = (account: string, network: string): string => `${network} ${account}`
