/** The connection of a session to its client. A stream implements it. */
import type { Millis } from '../../base/clock.ts'
import type { Wire } from '../../xml/wire.ts'
import type { Ending } from './endings.ts'

/** Facts about a connection, for the operator and for policies. */
export interface ConnectionInfo {
  /** 'tcp', 'tls', 'websocket'... */
  readonly transport: string
  /** The TLS version in use; null if the connection is not encrypted. */
  readonly encryption: string | null
  /** Address and port of the peer. */
  readonly remote: string
  /** The SASL mechanism with which the client authenticated. */
  readonly mechanism: string
}

/** Carries a session's stanzas. */
export interface Connection {
  readonly info: ConnectionInfo
  /** When anything was last received. */
  readonly heardAt: Millis
  /** The client announced that it will be silent for a while (XEP-0124 10). */
  readonly isSilent: boolean
  /** Sends complete stanzas, written at the end of the tick. */
  send(text: Wire): void
  /** Does the client read fast enough to be sent more at once? */
  readonly hasRoom: boolean
  /** Does more than this part of the allowed output wait for the client? */
  isBeyond(part: number): boolean
  /** Resolves when everything sent so far is on its way to the client; with false if the connection is over. */
  whenTaken(): Promise<boolean>
  /** Writes the waiting output, tells the client the reason, and closes. */
  close(ending: Ending): void
  /** Stops reading from the client until `resume`: too much of its input waits to be processed. */
  hold(): void
  resume(): void
}
