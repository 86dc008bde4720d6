/**
 * One TCP connection, plain or with TLS. Octets only: nothing here knows XMPP. All sockets share the same listener
 * functions, which find their socket through a symbol, because closures would cost memory for each socket.
 */
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { TlsOver } from './tls-options.ts'

export interface SocketHandler {
  data(chunk: Buffer): void
  /** The TLS handshake that `startTls` began is complete. */
  secured(): void
  /** The peer will send nothing more. */
  ended(): void
  /** The connection is closed, for whatever reason. Called once, as the last call. */
  closed(): void
}

const SELF = Symbol('socket')
type Carrier = { [SELF]?: NetSocket }

const onData = function (this: Carrier, chunk: Buffer): void {
  this[SELF]?.handler.data(chunk)
}
const onEnd = function (this: Carrier): void {
  this[SELF]?.peerEnded()
}
const onError = (): void => {} // 'close' follows, and is handled
const onClose = function (this: Carrier): void {
  const self = this[SELF]
  if (self === undefined) return
  this[SELF] = undefined as unknown as NetSocket
  self.handler.closed()
}
const onSecure = function (this: Carrier): void {
  this[SELF]?.secured()
}

export class NetSocket {
  handler: SocketHandler
  /** The address of the peer, without its port. */
  readonly address: string
  readonly port: number
  #stream: Socket
  /** The handshake that `startTls` began is in progress. */
  #isSecuring = false

  /** @param stream a connection that was just accepted; for direct TLS, one whose handshake is complete */
  constructor(stream: Socket, handler: SocketHandler) {
    this.handler = handler
    this.address = stream.remoteAddress ?? ''
    this.port = stream.remotePort ?? 0
    this.#stream = stream
    stream.setNoDelay(true)
    this.#attach(stream)
  }
  /** The TLS layer; null on a plain connection. */
  get tls(): TLSSocket | null {
    return this.#stream instanceof TLSSocket ? this.#stream : null
  }
  /** Octets that were written and that the system has not taken yet. */
  get buffered(): number {
    return this.#stream.writableLength
  }
  /**
   * @param octets one character per octet
   * @param taken called when the system has taken these octets and all before them
   */
  write(octets: string, taken?: () => void): void {
    if (!this.#stream.writable) return
    if (taken === undefined) this.#stream.write(octets, 'latin1')
    else this.#stream.write(octets, 'latin1', (error) => (error === null || error === undefined) && taken())
  }
  /** Stops reading until `resume`. */
  pause(): void {
    this.#stream.pause()
  }
  resume(): void {
    this.#stream.resume()
  }
  /** Closes our side once everything is written; with TLS, after close_notify. */
  end(): void {
    this.#stream.end()
  }
  destroy(): void {
    this.#stream.destroy()
  }
  /** Starts TLS on the connection. Octets that were read before are not part of it. */
  startTls(over: TlsOver): void {
    const plain = this.#stream
    plain.removeListener('data', onData)
    plain.removeListener('end', onEnd)
    plain.removeListener('close', onClose)
    const tls = over(plain)
    this.#stream = tls
    this.#isSecuring = true
    this.#attach(tls)
    tls.once('secure', onSecure)
  }

  // Events of the stream

  secured(): void {
    this.#isSecuring = false
    this.handler.secured()
  }
  /** A peer that ends during the handshake can receive nothing, and sends nothing worth waiting for. */
  peerEnded(): void {
    if (this.#isSecuring) this.#stream.destroy()
    else this.handler.ended()
  }

  #attach(stream: Socket): void {
    ;(stream as unknown as Carrier)[SELF] = this
    stream.on('data', onData)
    stream.on('end', onEnd)
    stream.on('error', onError)
    stream.on('close', onClose)
  }
}
