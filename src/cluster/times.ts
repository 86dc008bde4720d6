/** The times of membership, which all servers on one database have to share (CL-21, CL-25). */
import type { Millis } from '../base/clock.ts'

export interface Times {
  /** How long a server counts as alive after its last renewal. */
  readonly lease: Millis
  /** How long a server without a renewal goes on serving. */
  readonly own: Millis
}

export const RENEW_MS: Millis = 1_000
export const TIMES: Times = { lease: 10_000, own: 6_000 }
