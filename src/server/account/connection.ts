/** What carries the stanzas of a session to its client. A stream implements it. */
import type { Millis } from '../../base/clock.ts'
import type { Wire } from '../../xml/wire.ts'
import type { Ending } from './endings.ts'

/** What a connection tells about itself, for the operator and for policies. */
export interface ConnectionInfo {
  /** 'tcp', 'tls', 'websocket'... */
  readonly transport: string
  /** The TLS version in use; null: not encrypted. */
  readonly encryption: string | null
  /** Address and port of the peer. */
  readonly remote: string
  /** The SASL mechanism by which it authenticated. */
  readonly mechanism: string
}

/** What carries a session's stanzas. */
export interface Connection {
  readonly info: ConnectionInfo
  /** When anything was last received. */
  readonly heardAt: Millis
  /** Hands over complete stanzas, to be written at the end of the tick. */
  send(text: Wire): void
  /** Has the client kept up so far that it may be sent more at once? */
  readonly hasRoom: boolean
  /** Does more wait for it than this part of what may wait for long? */
  isBeyond(part: number): boolean
  /** When everything that was sent before is on its way to the client; false: the connection is over. */
  whenTaken(): Promise<boolean>
  /** Writes what was handed over, tells the peer why it ends, and closes. */
  close(ending: Ending): void
  /** Stops reading from the peer until `resume`: too much of what it sent waits to be processed. */
  hold(): void
  resume(): void
}
