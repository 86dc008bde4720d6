/**
 * RFC 7395: a stream over a WebSocket (RFC 6455), with one first-level element in each message. There is no white space
 * between elements and no STARTTLS; a stream restarts with another <open/>. The library reads, and writes the frames that
 * belong to WebSocket itself; our messages go directly to the socket, all of a tick at once.
 */
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { WebSocket } from 'ws'
import type { HttpPeer } from '../base/http.ts'
import { Outbox, type Flusher, type Unread } from './outbox.ts'
import type { Element } from '../xml/element.ts'
import { XmlError } from '../xml/error.ts'
import { Scanner, type RawElement, type ScanLimits } from '../xml/scanner.ts'
import type { Wire } from '../xml/wire.ts'
import { CLIENT, STREAM } from '../xmpp/ns.ts'
import { StreamError } from '../xmpp/stream-error.ts'
import type { Carrier, CarrierHandler, OpenOptions } from './carrier.ts'
import { features, standalone, STREAM_PREFIX, streamError } from './framing.ts'
import { CLOSE, closeCode, frame, FRAMING, open, pong } from './websocket-framing.ts'

/** The result of the handshake. */
export interface OpenedWebSocket {
  readonly ws: WebSocket
  /** Its connection. */
  readonly socket: Duplex
  readonly peer: HttpPeer
  /** Whether a browser opened it, for a page. */
  readonly fromPage: boolean
}

export interface WebSocketOptions {
  readonly flusher: Flusher
  readonly unread: Unread
  readonly limits: ScanLimits
}

const LT = 0x3c
/** RFC 6455 7.4.1: data of a type that is not accepted. */
const UNSUPPORTED_DATA = 1003
const NO_ELEMENT = new XmlError('not-well-formed', 'a message without an element')

export class WebSocketCarrier implements Carrier {
  readonly name = 'websocket'
  readonly startTls = null
  readonly address: string
  readonly port: number
  readonly encrypted: boolean
  readonly confidential: boolean
  readonly tls: TLSSocket | null
  readonly bindable: boolean
  readonly #handler: CarrierHandler
  readonly #ws: WebSocket
  readonly #socket: Duplex
  readonly #outbox: Outbox
  readonly #scanner: Scanner
  /** The next message must be a stream header. */
  #expectsOpen = true
  /** The element of the message that is being read. */
  #element: RawElement | null = null
  #held: Buffer[] | null = null
  /** The peer has sent its footer. */
  #peerClosed = false
  /** The code with which the WebSocket will be closed; 0 while our side of the stream is open. */
  #code = 0

  constructor({ ws, socket, peer, fromPage }: OpenedWebSocket, handler: CarrierHandler, options: WebSocketOptions) {
    const { address, port, encrypted, tls, atThisMachine } = peer
    this.address = address
    this.port = port
    this.encrypted = encrypted
    this.confidential = encrypted || atThisMachine // DEVIATES(15)
    this.tls = tls
    this.bindable = !fromPage
    this.#ws = ws
    this.#socket = socket
    this.#handler = handler
    const sink = {
      write: (octets: string, taken?: () => void): void => this.#write(octets, taken),
      get buffered(): number {
        return socket.writableLength
      },
    }
    this.#outbox = new Outbox(options.flusher, sink, options.unread, handler)
    this.#scanner = new Scanner({ header() {}, footer() {}, element: (raw) => this.#take(raw) }, options.limits, 'fragment')
    this.#scanner.assume(CLIENT) // 3.3.3 requires stanzas to declare it; other servers do not insist
    ws.on('message', (data: Buffer, isBinary) => this.#message(data, isBinary))
    ws.on('ping', (data) => this.#ping(data))
    ws.on('pong', () => handler.heard())
    ws.on('error', (error) => this.#broken(error))
    ws.on('close', () => this.#gone())
  }

  open(options: OpenOptions): void {
    this.#push(open(options))
  }
  features(offers: readonly Element[]): void {
    this.#push(features(offers, STREAM_PREFIX))
  }
  send(text: Wire): void {
    this.#push(standalone(text))
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
  /** 3.6: the side that closes the stream first closes the WebSocket when the other side has closed the stream too. */
  close(error: StreamError | null): void {
    this.#outbox.finish()
    if (this.#code === 0) this.#code = closeCode(error)
    this.#scanner.stop()
    this.#held = null
    this.#ws.resume()
    this.#write((error === null ? '' : frame(streamError(error, STREAM_PREFIX))) + frame(CLOSE))
  }
  destroy(): void {
    if (this.#code !== 0) this.#ws.close(this.#code)
    this.#ws.terminate()
  }

  restart(): void {
    this.#expectsOpen = true
  }
  limit(limits: ScanLimits): void {
    this.#scanner.limits = limits
  }
  hold(): void {
    this.#held ??= []
    this.#ws.pause()
  }
  resume(): void {
    const held = this.#held
    if (held === null) return
    this.#held = null
    this.#ws.resume()
    for (const message of held) this.#read(message)
  }

  #push(text: Wire): void {
    this.#outbox.push(frame(text))
  }
  #write(octets: string, taken?: () => void): void {
    // After a closing handshake has begun, nothing may follow (RFC 6455 5.5.1).
    if (!this.#socket.writable || this.#ws.readyState !== this.#ws.OPEN) return
    if (taken === undefined) this.#socket.write(octets, 'latin1')
    else this.#socket.write(octets, 'latin1', (error) => (error === null || error === undefined) && taken())
  }
  #gone(): void {
    this.#outbox.abandon()
    this.#handler.gone()
  }

  #message(message: Buffer, isBinary: boolean): void {
    this.#handler.heard()
    if (isBinary && this.#code === 0) {
      this.#code = UNSUPPORTED_DATA
      this.#handler.broken(new StreamError('bad-format', 'The message is not text'))
    } else this.#read(message)
  }
  #read(message: Buffer): void {
    if (this.#code !== 0) return this.#leftover(message)
    if (this.#held !== null) return void this.#held.push(message)
    try {
      // 3.3.3; this also refuses white space as a sign of life (3.8).
      if (message[0] !== LT) throw new StreamError('bad-format', 'The message does not begin with <')
      this.#scanner.push(message)
      const element = this.#element
      this.#element = null
      if (element === null) throw NO_ELEMENT
      this.#handle(element)
    } catch (error) {
      this.#handler.broken(error)
    }
  }
  /** 3.3.3: if there are several elements, none of them is processed. */
  #take(raw: RawElement): void {
    if (this.#element !== null) throw new StreamError('bad-format', 'The message holds more than one element')
    this.#element = raw
  }
  #handle(raw: RawElement): void {
    if (this.#expectsOpen) return this.#header(raw)
    if (raw.ns !== FRAMING && !isMisplacedHeader(raw)) return this.#handler.element(raw)
    if (raw.ns !== FRAMING) throw new StreamError('invalid-namespace') // 3.3.2
    if (raw.name !== 'close') throw new StreamError('bad-format')
    this.#peerClosed = true
    this.#handler.footer()
  }
  /** 3.3.1: <open/> has the attributes and the meaning of a stream header. */
  #header(raw: RawElement): void {
    this.#expectsOpen = false
    // 3.3.2; the stream checks the rest.
    const ns = raw.ns === FRAMING ? STREAM : ''
    const name = raw.name === 'open' ? 'stream' : raw.name
    this.#handler.header({ name, prefix: '', ns, defaultNs: CLIENT, attrs: raw.tree().attrs, prefixes: [] })
  }
  /** Input after our side was closed: only the footer counts. */
  #leftover(message: Buffer): void {
    if (this.#peerClosed || !message.subarray(0, 6).equals(CLOSE_START)) return
    this.#peerClosed = true
    this.#ws.close(this.#code)
  }

  #ping(data: Buffer): void {
    this.#handler.heard()
    // After waiting output, which may be partly written: the library would write into the middle of it.
    this.#outbox.push(pong(data))
  }
  /**
   * The library has closed the connection because the input was not a WebSocket message, or was too large (RFC 6455 5, 8.1).
   * Network errors are reported only as 'close'.
   */
  #broken({ code = '', message }: Error & { readonly code?: string }): void {
    if (TOO_MUCH.has(code)) this.#handler.broken(new StreamError('policy-violation', message))
    else if (code.startsWith('WS_ERR_')) this.#handler.broken(new StreamError('bad-format', message))
  }
}

const TOO_MUCH: ReadonlySet<string> = new Set(['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'WS_ERR_TOO_MANY_BUFFERED_PARTS'])
const CLOSE_START = Buffer.from('<close')
/** A header or footer of a client that does not handle namespaces correctly. */
const isMisplacedHeader = ({ name, ns }: RawElement): boolean =>
  (name === 'open' || name === 'close') && (ns === '' || ns === CLIENT || ns === STREAM)
