/** A domain that a program of its own serves (XEP-0114), as the operator sees it. */
import type { Millis } from '../../base/clock.ts'

export interface ComponentState {
  readonly domain: string
  readonly connected: boolean
  /** When it came, or was lost; null: it was not there since the server started. */
  readonly since: Millis | null
  /** Address and port of the program; null: it is not connected. */
  readonly remote: string | null
  /** The name of how its last connection ended (endings.ts); null: none has. */
  readonly ending: string | null
}
