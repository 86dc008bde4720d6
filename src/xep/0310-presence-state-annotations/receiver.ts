/** The state of one session as a receiver of annotations (XEP-0310 3). */
import type { Millis } from '../../base/clock.ts'
import type { Form } from '../../xmpp/state-annotation.ts'
import type { PresenceLedger } from './ledger.ts'

export interface Receiver {
  /** Null if not known yet. */
  asks: boolean | null
  /** The form in which it asks. */
  form: Form
  /** The turn of `HeardContacts` since which it is shown presence; Infinity if it is not shown any. */
  since: number
  /** When it last did something after which it is told again what it knows. */
  askedAt: Millis
  /** False if it was shown more than could be recorded. */
  isComplete: boolean
  /** Null if it was shown nothing, or does not ask. */
  ledger: PresenceLedger | null
}

export const newReceiver = (): Receiver => ({
  asks: null,
  form: 'first',
  since: Infinity,
  askedAt: 0,
  isComplete: true,
  ledger: null,
})
