/**
 * The connections of the proxy: each says a hash, two with the same hash are a pair, and a pair that its requester activates
 * becomes a bytestream (XEP-0065 6.3). Nothing may arrive on a connection before that.
 */
import type { Duplex } from 'node:stream'
import { Bucket } from '../../base/bucket.ts'
import type { Clock, Millis, Timer } from '../../base/clock.ts'
import { FairShare } from '../../base/fair-share.ts'
import type { Counter, Metrics } from '../../base/metrics.ts'
import { Relay } from './relay.ts'
import { answer, Handshake, REPLY } from './socks5.ts'

export interface ProxyLimits {
  readonly streamsMax: number
  /** How long a connection may wait for the other party and for the activation. */
  readonly waitMs: Millis
  readonly idleMs: Millis
  readonly octetsMax: number
  /** Of all bytestreams together; 0 for no limit. */
  readonly octetsPerSecond: number
}
export interface ProxyParts {
  readonly limits: ProxyLimits
  readonly clock: Clock
  readonly metrics: Metrics
}

/** A connection whose pair is not complete, or not activated. */
class Party {
  readonly socket: Duplex
  /** Where it comes from. */
  readonly network: string
  readonly #left: () => void

  /** @param left it has closed */
  constructor(socket: Duplex, network: string, left: () => void) {
    this.socket = socket
    this.network = network
    this.#left = left
    // S5B-21: octets before the activation
    socket.on('data', this.#close).once('end', this.#close).once('close', left)
  }
  /** It is no longer in a pair. */
  release(): void {
    this.socket.removeListener('data', this.#close).removeListener('end', this.#close).removeListener('close', this.#left)
  }
  readonly #close = (): void => void this.socket.destroy()
}
interface Pair {
  readonly hash: string
  readonly parties: Party[]
  /** Closes them. */
  readonly timer: Timer
}

export type Activation = 'activated' | 'unknown' | 'half' | 'full'

export class Proxy {
  readonly #parts: ProxyParts
  /** By hash, the oldest first. */
  readonly #pairs = new Map<string, Pair>()
  /** Active bytestreams, by hash. */
  readonly #relays = new Map<string, Relay>()
  /** Of those, how many each account, or other server, has. */
  readonly #shares: FairShare
  /** Connections that have not said their hash, with the networks that they come from, the oldest first. */
  readonly #strangers = new Map<Duplex, string>()
  readonly #pace: Bucket | null
  readonly #activated: Counter
  readonly #octets: Counter
  #isClosed = false
  /** Where clients reach the proxy; null while its port is closed. */
  port: number | null = null

  constructor(parts: ProxyParts) {
    const { clock, limits, metrics } = parts
    this.#parts = parts
    this.#shares = new FairShare(limits.streamsMax)
    this.#pace = limits.octetsPerSecond === 0 ? null : new Bucket(limits.octetsPerSecond, limits.octetsPerSecond, clock.now())
    this.#activated = metrics.counter('porchlight_bytestreams_total', 'Bytestreams that were activated (XEP-0065)')
    this.#octets = metrics.counter('porchlight_bytestream_octets_total', 'Octets that bytestreams have passed on')
    metrics.gauge('porchlight_bytestreams', 'Bytestreams that are active', () => this.#relays.size)
  }
  /** A connection that was just accepted. @param network where it comes from: an address, or a range of them that is one */
  accept(socket: Duplex, network: string): void {
    socket.on('error', () => {}) // 'close' follows
    if (this.#isClosed) return void socket.destroy()
    const { clock, limits } = this.#parts
    if (this.#strangers.size + this.#pairs.size >= limits.streamsMax * 2) this.#dropOldest()
    const close = (): void => void socket.destroy()
    const timer = clock.after(limits.waitMs, close)
    const handshake = new Handshake()
    const read = (chunk: Buffer): void => {
      for (let heard = handshake.take(chunk); heard.is !== 'waiting'; heard = handshake.take(NOTHING)) {
        if (heard.is === 'greeted') {
          socket.write(heard.reply)
          continue
        }
        done()
        if (heard.is === 'wrong') return refuse(socket, heard.reply)
        return handshake.rest > 0 ? close() : this.#pairUp(socket, network, heard.hash)
      }
    }
    const done = (): void => {
      timer.cancel()
      this.#strangers.delete(socket)
      socket.removeListener('data', read).removeListener('end', close).removeListener('close', done)
    }
    this.#strangers.set(socket, network)
    socket.on('data', read).once('end', close).once('close', done)
  }
  /** The requester wants the octets to pass. @param holder whose share of the bytestreams it takes a place of */
  activate(hash: string, holder: string): Activation {
    const pair = this.#pairs.get(hash)
    if (pair === undefined) return 'unknown'
    const [one, other] = pair.parties
    if (one === undefined || other === undefined) return 'half'
    const { clock, limits } = this.#parts
    if (!this.#shares.take(holder)) return 'full'
    this.#forget(pair)
    for (const party of pair.parties) party.release()
    const relay = new Relay(one.socket, other.socket, {
      clock,
      idleMs: limits.idleMs,
      octetsMax: limits.octetsMax,
      pace: this.#pace,
      passed: (octets) => this.#octets.add(octets),
      over: () => {
        this.#relays.delete(hash)
        this.#shares.giveBack(holder)
      },
    })
    this.#relays.set(hash, relay)
    this.#activated.add(1)
    return 'activated'
  }
  /** Closes all connections, and accepts no more. */
  close(): void {
    this.#isClosed = true
    this.port = null
    for (const socket of this.#strangers.keys()) socket.destroy()
    for (const pair of [...this.#pairs.values()]) this.#drop(pair)
    for (const relay of this.#relays.values()) relay.cut()
  }

  /**
   * Anybody can open a connection, so those that wait must not keep others out. One goes of the network that has the most, and those
   * that have said nothing go first.
   */
  #dropOldest(): void {
    const worst = this.#busiest()
    for (const [stranger, network] of this.#strangers) {
      if (network !== worst) continue
      this.#strangers.delete(stranger) // it counts no more, though its 'close' comes later
      return void stranger.destroy()
    }
    for (const pair of this.#pairs.values()) if (pair.parties.some(({ network }) => network === worst)) return this.#drop(pair)
  }
  /** The network that most of the waiting connections come from. */
  #busiest(): string | null {
    const counts = new Map<string, number>()
    let most: string | null = null
    const count = (network: string): void => {
      const n = (counts.get(network) ?? 0) + 1
      counts.set(network, n)
      if (most === null || n > counts.get(most)!) most = network
    }
    for (const network of this.#strangers.values()) count(network)
    for (const { parties } of this.#pairs.values()) for (const { network } of parties) count(network)
    return most
  }
  #pairUp(socket: Duplex, network: string, hash: string): void {
    const isTaken = this.#relays.has(hash) || this.#pairs.get(hash)?.parties.length === 2
    if (isTaken) return refuse(socket, answer(REPLY.refused, hash))
    const pair = this.#pairs.get(hash) ?? this.#newPair(hash)
    const party: Party = new Party(socket, network, () => {
      pair.parties.splice(pair.parties.indexOf(party), 1)
      if (pair.parties.length === 0) this.#forget(pair)
    })
    pair.parties.push(party)
    socket.write(answer(REPLY.succeeded, hash))
  }
  #newPair(hash: string): Pair {
    const { clock, limits } = this.#parts
    const pair: Pair = { hash, parties: [], timer: clock.after(limits.waitMs, () => this.#drop(pair)) }
    this.#pairs.set(hash, pair)
    return pair
  }
  #drop(pair: Pair): void {
    for (const { socket } of pair.parties) socket.destroy()
    this.#forget(pair)
  }
  #forget(pair: Pair): void {
    pair.timer.cancel()
    if (this.#pairs.get(pair.hash) === pair) this.#pairs.delete(pair.hash)
  }
}

const NOTHING = Buffer.alloc(0)

function refuse(socket: Duplex, reply: Buffer): void {
  if (reply.length === 0) return void socket.destroy()
  socket.end(reply, () => socket.destroy())
}
