/** An account that an operator has disabled. */
import type { Millis } from '../base/clock.ts'

/** The fact that an account may not be used. */
export interface Disabled {
  /** Since when. */
  readonly at: Millis
  /** Text for the user of the account; '' for none. */
  readonly reason: string
}

/** Text shown to the user of a disabled account. */
export const disabledWords = ({ reason }: Disabled): string =>
  reason === '' ? 'The account is disabled' : `The account is disabled: ${reason}`
