/**
 * The carrier of a stream: TCP (RFC 6120), a WebSocket (RFC 7395), BOSH (XEP-0124). It converts octets to stream headers and
 * first-level elements and back, in its own framing. The stream knows nothing of the framing.
 */
import type { TLSSocket } from 'node:tls'
import type { Element } from '../xml/element.ts'
import type { ScanHandler, ScanLimits } from '../xml/scanner.ts'
import type { Wire } from '../xml/wire.ts'
import type { Reader } from './outbox.ts'
import type { StreamError } from '../xmpp/stream-error.ts'

export interface OpenOptions {
  /** One of our domains, or '' if the peer asked for another one (4.9.1.3). */
  readonly from: string
  /** Null if we open the stream, because then the peer gives it its id. */
  readonly id: string | null
  /** The peer's address, if its header named one (4.7.2). */
  readonly to: string | null
  /** '' if there is none. */
  readonly lang: string
}

/** The stream, as its carrier sees it. */
export interface CarrierHandler extends ScanHandler, Reader {
  /** The input is not allowed: an XmlError, or a StreamError. */
  broken(error: unknown): void
  /** Something arrived, even if only white space. */
  heard(): void
  /** The peer closed its side, with or without a footer before. */
  lost(): void
  /** The connection is closed, for whatever reason. Called once, as the last call. */
  gone(): void
}

/** A stream of a client. A client can announce that it will be silent for a while. */
export interface ClientHandler extends CarrierHandler {
  /** Nothing will arrive for longer than usual, although nothing is broken (XEP-0124 10). */
  silent(): void
  /** The client is back. */
  back(): void
}

export interface Carrier {
  /** 'tcp', 'tls', 'websocket', 'bosh'. */
  readonly name: string
  /** The address of the peer, without its port. */
  readonly address: string
  readonly port: number
  readonly encrypted: boolean
  /** Nobody on the way can read the traffic: it is encrypted, or both ends are on this machine. */
  readonly confidential: boolean
  /** The TLS connection that ends here, for channel binding and the peer's certificate; null if there is none. */
  readonly tls: TLSSocket | null
  /** Whether the client can know the channel binding of `tls`: a page in a browser cannot. */
  readonly bindable: boolean

  open(options: OpenOptions): void
  features(offers: readonly Element[]): void
  /** Sends a complete element, written at the end of the tick. Unprefixed names without `xmlns` are in 'jabber:client'. */
  send(text: Wire): void
  /** Does the peer read fast enough to be sent more at once? */
  readonly hasRoom: boolean
  /** Does more than this part of the allowed output wait for the peer? */
  isBeyond(part: number): boolean
  /** Resolves when everything sent so far is on its way to the peer; with false if the connection is over. */
  whenTaken(): Promise<boolean>
  /** Writes all output, the error if there is one, and the footer, and closes our side. Reads nothing more. */
  close(error: StreamError | null): void
  /** Cuts the connection. */
  destroy(): void

  /** Expects a stream header next (RFC 6120 4.3.3). */
  restart(): void
  /** Starts TLS under the stream, which begins again; null if this carrier cannot. */
  readonly startTls: (() => void) | null
  limit(limits: ScanLimits): void
  /** Reads nothing until `resume`. Input that was not handed over is kept. */
  hold(): void
  resume(): void
}
