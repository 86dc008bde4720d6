/**
 * Ports on which connections are accepted, and the limits that apply before a connection has sent anything. Too many
 * connections of one address, at a time or in a minute, are closed at once (XEP-0205 3; nothing is sent).
 */
import { BoundedMap } from '../base/bounded-map.ts'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { TLSSocket, type TLSSocketOptions } from 'node:tls'
import type { Clock, Millis } from '../base/clock.ts'
import { networkOf } from '../base/network.ts'

export interface AdmissionLimits {
  /** Connections of one address (`networkOf`) at a time; 0 for no limit. */
  readonly perAddress: number
  /** New connections of one address in a minute; 0 for no limit. */
  readonly perMinute: number
}

const MINUTE: Millis = 60_000
/** The most addresses whose rate is remembered; beyond it the oldest is forgotten. */
const ADDRESSES_MAX = 50_000

/** Admits connections by address. */
export type Doorkeeper = Pick<Admission, 'enter' | 'left'>

/** Counts connections by address. One for all ports of a server. */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #clock: Clock
  readonly #open = new Map<string, number>()
  readonly #recent = new BoundedMap<string, { since: Millis; count: number }>(ADDRESSES_MAX)
  refused = 0

  constructor(limits: AdmissionLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }
  /** Whether one more connection from `address` is admitted. If so, it counts until `left`. */
  enter(address: string): boolean {
    const { perAddress, perMinute } = this.#limits
    const network = networkOf(address)
    const open = this.#open.get(network) ?? 0
    if ((perAddress > 0 && open >= perAddress) || (perMinute > 0 && !this.#withinRate(network, perMinute))) {
      this.refused += 1
      return false
    }
    this.#open.set(network, open + 1)
    return true
  }
  left(address: string): void {
    const network = networkOf(address)
    const open = (this.#open.get(network) ?? 1) - 1
    if (open === 0) this.#open.delete(network)
    else this.#open.set(network, open)
  }

  #withinRate(network: string, perMinute: number): boolean {
    const now = this.#clock.now()
    let recent = this.#recent.get(network)
    if (recent === undefined || now - recent.since >= MINUTE) {
      this.#recent.set(network, (recent = { since: now, count: 0 }))
    }
    recent.count += 1
    return recent.count <= perMinute
  }
}

export interface Listening {
  readonly host: string
  readonly port: number
  /** Accepts no more connections; open ones stay. Resolves when the port is free. */
  close(): Promise<void>
}

export interface ListenOptions {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  readonly admission: Doorkeeper
  /** Null for plain TCP. With TLS, a connection is handed over after its handshake. */
  readonly tls: Handshakes | null
  readonly accept: (socket: Socket) => void
}

export interface Handshakes {
  /** Called for each connection, because certificates can change while the server runs. */
  readonly options: () => TLSSocketOptions
  /** A handshake that takes longer is cut off. */
  readonly withinMs: Millis
  readonly clock: Clock
  /**
   * Called before each handshake, because handshakes are expensive. Resolves when the handshake may begin, and never rejects;
   * null if it may begin now. If absent, every handshake may begin. @throws if it may never begin; the connection is closed then
   */
  readonly turn?: (raw: Socket) => Promise<void> | null
}

/** Where a service takes connections, and how. */
export interface StreamPort {
  readonly host: string
  readonly port: number
  /** TLS from the first octet; otherwise STARTTLS is offered. */
  readonly directTls: boolean
}

/** @throws an operating system error such as EADDRINUSE, through the promise */
export function listen({ host, port, admission, tls, accept }: ListenOptions): Promise<Listening> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (raw) => {
    const address = raw.remoteAddress ?? ''
    if (!admission.enter(address)) return raw.destroy()
    raw.once('close', () => admission.left(address))
    if (tls === null) accept(raw)
    else inTurn(raw, tls, () => shakeHands(raw, tls, accept))
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: 4096 }, () => {
      server.removeListener('error', reject)
      const bound = server.address() as AddressInfo
      resolve({ host: bound.address, port: bound.port, close: () => new Promise((done) => server.close(() => done())) })
    })
  })
}

function inTurn(raw: Socket, { turn }: Handshakes, begin: () => void): void {
  const waits = turnOf(raw, turn)
  if (waits === null) return begin()
  const forget = destroyWhenOver(raw)
  void waits.then(() => {
    forget()
    if (!raw.destroyed) begin()
  })
}

/** The most octets that are read before the handshake begins: more than a ClientHello has. */
const HELD_MAX = 16_384

/**
 * Closes a connection as soon as the other side closes or breaks it, until the returned function is called. Octets that
 * arrive meanwhile are put back for the next reader.
 */
function destroyWhenOver(socket: Socket): () => void {
  const held: Buffer[] = []
  let octets = 0
  const destroy = (): void => void socket.destroy()
  const readAhead = (): void => {
    // 'end' comes only after everything before it was read.
    while (octets < HELD_MAX) {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      held.push(chunk)
      octets += chunk.length
    }
  }
  socket.on('readable', readAhead).once('end', destroy).once('error', destroy)
  return () => {
    socket.removeListener('readable', readAhead).removeListener('end', destroy).removeListener('error', destroy)
    if (octets > 0 && !socket.destroyed) socket.unshift(Buffer.concat(held))
  }
}

/** Waits for the turn. If the queue has no room, the connection is closed at once, and nothing is waited for. */
function turnOf(raw: Socket, turn: Handshakes['turn']): Promise<void> | null {
  try {
    return turn?.(raw) ?? null
  } catch {
    raw.destroy()
    return Promise.resolve()
  }
}

/** `tls.createServer` does not support some options that a TLSSocket supports, such as the secure context. */
function shakeHands(raw: Socket, { options, withinMs, clock }: Handshakes, accept: (socket: Socket) => void): void {
  const socket = new TLSSocket(raw, { ...options(), isServer: true })
  const timer = clock.after(withinMs, () => socket.destroy())
  const cancel = (): void => timer.cancel()
  const forget = destroyWhenOver(socket)
  socket.once('close', cancel)
  socket.once('secure', () => {
    cancel()
    socket.removeListener('close', cancel) // it would be kept for the life of the connection
    forget()
    accept(socket)
  })
}
