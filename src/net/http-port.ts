/**
 * HTTP/1.1 (RFC 9112) on ports of our own. Admission and TLS work as on every other port, the runtime parses, and routes
 * choose the handler. A connection has a limited time for each request, from its first octet (or from the answer before
 * it) to the last octet of the request, and a limited time to read each answer. A client that sends nothing, sends very
 * slowly, or does not read is disconnected.
 */
import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { TLSSocketOptions } from 'node:tls'
import type { Clock, Millis, Timer } from '../base/clock.ts'
import { HttpRefusal, type HttpRoutes } from '../base/http.ts'
import type { Log } from '../base/log.ts'
import { hasBody, IncomingExchange, targetOf } from './http-exchange.ts'
import { headerFault } from './http-host.ts'
import type { TrustedProxies } from './http-peer.ts'
import { listen, type Doorkeeper, type Listening } from './listener.ts'

export interface HttpPortOptions {
  readonly routes: HttpRoutes
  readonly proxies: TrustedProxies
  readonly admission: Doorkeeper
  /** The time for one whole request. */
  readonly requestMs: Millis
  readonly clock: Clock
  readonly log: Log
}

/** The most octets of the request line and the headers. */
const HEADERS_MAX = 16_384
/** The time in which the client has to read one answer. */
const ANSWER_MS: Millis = 120_000

/** When a connection will be closed. */
interface Deadline {
  readonly timer: Timer
  /** The connection has not sent a whole request yet. */
  readonly isIdle: boolean
}

export class HttpPort {
  readonly #options: HttpPortOptions
  readonly #server: Server
  readonly #deadlines = new Map<Duplex, Deadline>()
  /** The answer to the latest request of each connection. */
  readonly #latest = new WeakMap<Duplex, ServerResponse>()
  #closing = false

  constructor(options: HttpPortOptions) {
    this.#options = options
    const { routes } = options
    // This server opens no port itself, so its own time-outs for requests do not run.
    this.#server = createServer(
      {
        keepAliveTimeout: 0,
        maxHeaderSize: HEADERS_MAX,
        shouldUpgradeCallback: (request) => routes.upgrade(targetOf(request).path) !== undefined,
      },
      (request, response) => this.#answer(request, response),
    )
    // The body is asked for when somebody reads it, and not before.
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response))
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }
  /** Takes over an accepted connection; with TLS, after its handshake. */
  accept(socket: Duplex): void {
    this.#await(socket)
    socket.once('close', () => this.#done(socket))
    this.#server.emit('connection', socket)
  }
  /** @param tls null for plain HTTP */
  async listen(host: string, port: number, tls: (() => TLSSocketOptions) | null): Promise<Listening> {
    const { admission, clock, requestMs, proxies } = this.#options
    // One proxy has many connections: its clients are counted where a connection lasts (a stream).
    const unlessProxy: Doorkeeper = {
      enter: (address) => proxies.includes(address) || admission.enter(address),
      left: (address) => void (proxies.includes(address) || admission.left(address)),
    }
    const handshakes = tls === null ? null : { options: tls, withinMs: requestMs, clock }
    const listening = await listen({
      host,
      port,
      admission: unlessProxy,
      tls: handshakes,
      accept: (socket) => this.accept(socket),
    })
    return { ...listening, close: () => this.#close(listening) }
  }

  #close(listening: Listening): Promise<void> {
    this.#closing = true
    const closed = listening.close()
    for (const [socket, { isIdle }] of this.#deadlines) if (isIdle) socket.destroy()
    return closed
  }
  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    this.#latest.set(socket, response)
    if (hasBody(request))
      request.once('end', () => {
        if (!response.headersSent) this.#done(socket)
        // All of the answer was taken before all of the request had come.
        else if (response.destroyed && this.#latest.get(socket) === response) this.#await(socket)
      })
    else this.#done(socket)
    response.once('prefinish', () => this.#limit(socket, ANSWER_MS, false))
    response.once('close', () => {
      if (this.#closing) socket.end()
      this.#await(socket)
    })
    if (this.#closing) response.setHeader('connection', 'close')
    const { routes, proxies, log } = this.#options
    const exchange = new IncomingExchange(request, response, proxies.peerOf(request), (idleMs) =>
      this.#limit(socket, idleMs ?? ANSWER_MS, false),
    )
    const failed = (error: unknown): void => {
      if (error instanceof HttpRefusal) return exchange.refuse(error)
      log.error({ err: error, path: exchange.path }, 'Unhandled error while answering an HTTP request')
      exchange.refuse(INTERNAL_ERROR)
    }
    const fault = headerFault(request)
    if (fault !== null) return failed(new HttpRefusal(400, fault, { connection: 'close' }))
    const handle = routes.request(exchange.path)
    if (handle === undefined) return failed(new HttpRefusal(404, 'There is nothing here'))
    try {
      handle(exchange)?.catch(failed)
    } catch (error) {
      failed(error)
    }
  }
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#done(socket)
    const { routes, proxies, log } = this.#options
    const { path } = targetOf(request)
    try {
      const fault = headerFault(request)
      if (fault !== null) throw new HttpRefusal(400, fault)
      routes.upgrade(path)!({ request, peer: proxies.peerOf(request), socket, head })
    } catch (error) {
      this.#limit(socket, ANSWER_MS, false)
      if (error instanceof HttpRefusal) return refuseUpgrade(socket, error)
      log.error({ err: error, path }, 'Unhandled error during an HTTP upgrade')
      refuseUpgrade(socket, INTERNAL_ERROR)
    }
  }

  #await(socket: Duplex): void {
    this.#limit(socket, this.#options.requestMs, true)
  }
  #limit(socket: Duplex, span: Millis, isIdle: boolean): void {
    this.#done(socket)
    if (socket.destroyed) return
    const timer = this.#options.clock.after(span, () => socket.destroy())
    this.#deadlines.set(socket, { timer, isIdle })
  }
  #done(socket: Duplex): void {
    this.#deadlines.get(socket)?.timer.cancel()
    this.#deadlines.delete(socket)
  }
}

const INTERNAL_ERROR = new HttpRefusal(500, 'Failed; the log has more')

/** Refuses an upgrade. The runtime no longer handles the connection, so the answer is written as text. */
function refuseUpgrade(socket: Duplex, { status, message, headers }: HttpRefusal): void {
  const body = Buffer.from(`${message}\n`)
  const all = {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(body.length),
    ...headers,
    'connection': 'close',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.on('error', () => {})
  socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`, 'latin1'), body]))
}
