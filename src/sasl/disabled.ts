/** An account that an operator has disabled. */
import type { Millis } from '../base/clock.ts'

/** That an account may not be used. */
export interface Disabled {
  /** Since when. */
  readonly at: Millis
  /** For the user of the account; '' for none. */
  readonly reason: string
}

/** What the user of a disabled account is told. */
export const disabledWords = ({ reason }: Disabled): string =>
  reason === '' ? 'The account is disabled' : `The account is disabled: ${reason}`
