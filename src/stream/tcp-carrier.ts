/** RFC 6120 over TCP: one XML document in each direction, TLS from the start or after STARTTLS. */
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { NetSocket, type SocketHandler } from '../net/socket.ts'
import type { TlsOver } from '../net/tls-options.ts'
import { Outbox, type Flusher, type Unread } from './outbox.ts'
import type { Element } from '../xml/element.ts'
import { Scanner, type ScanLimits } from '../xml/scanner.ts'
import type { Wire } from '../xml/wire.ts'
import type { StreamError } from '../xmpp/stream-error.ts'
import type { Carrier, CarrierHandler, OpenOptions } from './carrier.ts'
import { CLOSE, features, forClient, open, streamError, type Declarations } from './framing.ts'

export interface TcpOptions {
  readonly flusher: Flusher
  readonly unread: Unread
  readonly limits: ScanLimits
  /** Null if STARTTLS is not available. */
  readonly startTls: TlsOver | null
  /** The default is the declarations of a client's stream. */
  readonly declarations?: Declarations
}

export class TcpCarrier implements Carrier, SocketHandler {
  readonly bindable = true
  readonly startTls: (() => void) | null
  readonly #handler: CarrierHandler
  readonly #socket: NetSocket
  readonly #outbox: Outbox
  readonly #options: TcpOptions
  #scanner: Scanner
  #held: Buffer[] | null = null

  /** @param connection one that was just accepted; for direct TLS, its handshake is complete */
  constructor(connection: Socket, handler: CarrierHandler, options: TcpOptions) {
    this.#handler = handler
    this.#options = options
    this.#socket = new NetSocket(connection, this)
    this.#outbox = new Outbox(options.flusher, this.#socket, options.unread, handler)
    this.#scanner = new Scanner(handler, options.limits)
    this.startTls = options.startTls === null ? null : () => this.#secure(options.startTls!)
  }
  get name(): string {
    return this.encrypted ? 'tls' : 'tcp'
  }
  get address(): string {
    return this.#socket.address
  }
  get port(): number {
    return this.#socket.port
  }
  get encrypted(): boolean {
    return this.tls !== null
  }
  get confidential(): boolean {
    return this.encrypted
  }
  get tls(): TLSSocket | null {
    return this.#socket.tls
  }

  open(options: OpenOptions): void {
    this.send(open(options, this.#options.declarations ?? forClient))
  }
  features(offers: readonly Element[]): void {
    this.send(features(offers))
  }
  send(text: Wire): void {
    this.#outbox.push(text)
  }
  get hasRoom(): boolean {
    return this.#outbox.hasRoom
  }
  isBeyond(part: number): boolean {
    return this.#outbox.isBeyond(part)
  }
  whenTaken(): Promise<boolean> {
    return this.#outbox.whenTaken()
  }
  get unwritten(): number {
    return this.#outbox.unwritten
  }
  takeBack(octets: number): void {
    this.#outbox.takeBack(octets)
  }
  close(error: StreamError | null): void {
    this.closeOurSide(error)
    this.#scanner.stop()
    this.#socket.resume()
  }
  /** Like `close`, but reads what the other side still sends before it closes its own side (RFC 6120 4.4). */
  closeOurSide(error: StreamError | null): void {
    this.#outbox.finish()
    this.#socket.write((error === null ? '' : streamError(error)) + CLOSE)
    this.#socket.end()
  }
  destroy(): void {
    this.#socket.destroy()
  }

  restart(): void {
    this.#scanner.reset()
  }
  limit(limits: ScanLimits): void {
    this.#scanner.limits = limits
  }
  hold(): void {
    this.#held ??= []
    this.#socket.pause()
  }
  resume(): void {
    const held = this.#held
    if (held === null) return
    this.#held = null
    this.#socket.resume()
    for (const chunk of held) this.data(chunk)
  }

  data(chunk: Buffer): void {
    this.#handler.heard()
    if (this.#held !== null) {
      this.#held.push(chunk)
      return
    }
    try {
      this.#scanner.push(chunk)
    } catch (error) {
      this.#handler.broken(error)
    }
  }
  secured(): void {}
  ended(): void {
    this.#outbox.abandon()
    this.#handler.lost()
  }
  closed(): void {
    this.#outbox.abandon()
    this.#handler.gone()
  }

  /** RFC 6120 5.4.3.3: unencrypted input after the request is discarded, and the stream begins again. */
  #secure(over: TlsOver): void {
    this.#outbox.flush()
    this.#scanner.stop()
    this.#scanner = new Scanner(this.#handler, this.#options.limits)
    if (this.#held !== null) this.#held = []
    this.#socket.startTls(over)
  }
}
