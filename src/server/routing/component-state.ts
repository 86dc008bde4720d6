/** A domain that another program serves (XEP-0114), as the operator sees it. */
import type { Millis } from '../../base/clock.ts'

export interface ComponentState {
  readonly domain: string
  readonly connected: boolean
  /** When it connected or was lost; null if it was not connected since the server started. */
  readonly since: Millis | null
  /** The address and port of the program; null if it is not connected. */
  readonly remote: string | null
  /** The name of the ending of its last connection (endings.ts); null if none has ended. */
  readonly ending: string | null
}
