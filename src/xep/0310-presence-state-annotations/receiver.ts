/** What is known of one session as a receiver of annotations (XEP-0310 3). */
import type { Millis } from '../../base/clock.ts'
import type { PresenceLedger } from './ledger.ts'

export interface Receiver {
  /** Null: not known yet. */
  asks: boolean | null
  /** Since which turn of `HeardContacts` it is shown presence; Infinity: it is not. */
  since: number
  /** When it last did something for which it is told again what it knows. */
  askedAt: Millis
  /** False: it has been shown more than could be noted. */
  isComplete: boolean
  /** Null: it has been shown nothing, or does not ask. */
  ledger: PresenceLedger | null
}

export const newReceiver = (): Receiver => ({
  asks: null,
  since: Infinity,
  askedAt: 0,
  isComplete: true,
  ledger: null,
})
