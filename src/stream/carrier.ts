/**
 * What carries a stream: TCP (RFC 6120), a WebSocket (RFC 7395), BOSH (XEP-0124). It turns octets into stream
 * headers and first-level elements and back, in the framing that is its own; the stream knows none of that.
 */
import type { TLSSocket } from 'node:tls'
import type { Element } from '../xml/element.ts'
import type { ScanHandler, ScanLimits } from '../xml/scanner.ts'
import type { Wire } from '../xml/wire.ts'
import type { StreamError } from '../xmpp/stream-error.ts'

export interface OpenOptions {
  /** One of our domains, or '' when the peer asked for one that is not (4.9.1.3). */
  readonly from: string
  /** Null: it is we who open the stream, and the peer that gives it its id. */
  readonly id: string | null
  /** The peer's address when its header named one (4.7.2). */
  readonly to: string | null
  /** '' for none. */
  readonly lang: string
}

/** The stream, as its carrier sees it. */
export interface CarrierHandler extends ScanHandler {
  /** What came was not what may come: an XmlError, or a StreamError. */
  broken(error: unknown): void
  /** More than it may be waits to be read by the peer; it was thrown away. */
  overflowed(): void
  /** Something came, be it white space. */
  heard(): void
  /** The peer has closed its side, with or without a footer before. */
  lost(): void
  /** It is over, for whatever reason. Called once, and nothing after it. */
  gone(): void
}

/** A client's stream, whose client may say that it will be silent for a while. */
export interface ClientHandler extends CarrierHandler {
  /** Nothing will come for longer than usual, although nothing is broken (XEP-0124 10). */
  silent(): void
  /** It has come back. */
  back(): void
}

export interface Carrier {
  /** 'tcp', 'tls', 'websocket', 'bosh'. */
  readonly name: string
  /** Of the peer, without its port. */
  readonly address: string
  readonly port: number
  readonly encrypted: boolean
  /** Nobody on the way can read it: it is encrypted, or there is no way, since both ends are this machine. */
  readonly confidential: boolean
  /** The TLS connection that ends here, for what it can be bound to and the peer's certificate; null: none. */
  readonly tls: TLSSocket | null
  /** Whether the client can know what `tls` is bound to: a page in a browser cannot. */
  readonly bindable: boolean

  open(options: OpenOptions): void
  features(offers: readonly Element[]): void
  /** A complete element, written at the end of the tick. Unprefixed names without `xmlns` are in 'jabber:client'. */
  send(text: Wire): void
  /** Has the peer kept up so far that it may be sent more at once? */
  readonly hasRoom: boolean
  /** Does more wait for it than this part of what may wait for long? */
  isBeyond(part: number): boolean
  /** When everything that was sent before is on its way to the peer; false: the connection is over. */
  whenTaken(): Promise<boolean>
  /** Writes all there is, the error if there is one, and the footer, and closes our side. Reads no more. */
  close(error: StreamError | null): void
  /** Cuts the connection. */
  destroy(): void

  /** The next thing to come is a stream header (RFC 6120 4.3.3). */
  restart(): void
  /** Puts TLS under the stream, which begins again; null: not with this carrier. */
  readonly startTls: (() => void) | null
  limit(limits: ScanLimits): void
  /** Reads nothing until `resume`: what has come and not been handed over is kept. */
  hold(): void
  resume(): void
}
