/**
 * HTTP for the parts that answer requests: a request with its answer, the peer, and which path has which handler. `net/`
 * reads and writes the octets. A part that serves paths on the web port declares them here before the port is opened.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Millis } from './clock.ts'

/** The client that sent the request. */
export interface HttpPeer {
  /** The IP address, without the port. */
  readonly address: string
  /** 0 if the port is unknown, because a proxy stands between. */
  readonly port: number
  /** As far as the server knows, nobody on the way can read the traffic. */
  readonly encrypted: boolean
  /** The TLS connection that ends at this server. Null if there is none, or if it ends at a proxy. */
  readonly tls: TLSSocket | null
  /** The address and encryption are what a trusted proxy reported. */
  readonly proxied: boolean
  /** The client is a program on this machine that used this machine's own name: no network lies between. */
  readonly atThisMachine: boolean
}

/** Thrown to refuse a request. */
export class HttpRefusal extends Error {
  readonly status: number
  readonly headers: HttpHeaders

  /** @param message for people, in the body of the answer */
  constructor(status: number, message: string, headers: HttpHeaders = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

/** Header values by name; the names are in lower case. */
export type HttpHeaders = Readonly<Record<string, string>>

/** One request and its answer (RFC 9110). */
export interface HttpExchange {
  readonly method: string
  /** The path as requested, from its first slash, without the query. */
  readonly path: string
  /** What follows the question mark; '' if there is none. */
  readonly query: string
  readonly peer: HttpPeer
  /** @param name in lower case */
  header(name: string): string | undefined
  /** @throws HttpRefusal for any other method */
  allow(...methods: readonly string[]): void
  /**
   * The body of the request.
   * @throws HttpRefusal if the body has more than `bytesMax` octets, or the connection breaks before its end
   */
  body(bytesMax: number): Promise<Buffer>
  /**
   * The same piece by piece, for a body of any size: the next piece is read when the last one is done with.
   * @param idleMs how long the client may send nothing; a slower connection is closed
   * @throws HttpRefusal if the connection breaks before the end of the body
   */
  pieces(idleMs: Millis): AsyncIterable<Buffer>
  /**
   * Answers with a content that is read as fast as the client takes it; nothing of it is read for HEAD.
   * Resolves when everything is handed over or the connection has broken. @throws the errors of `content`; the answer is cut then
   * @param octets of the whole content
   */
  stream(status: number, headers: HttpHeaders, octets: number, content: () => AsyncIterable<Buffer>): Promise<void>
  /** Answers, once; a second answer is ignored. @param content a text is sent as UTF-8 */
  reply(status: number, headers: HttpHeaders, content: string | Buffer): void
  /** Calls `gone` if the connection breaks before the answer is written. */
  onLost(gone: () => void): void
  /** Closes the connection without an answer. */
  cut(): void
}

/** Answers a request. A thrown HttpRefusal is sent as the answer; any other error is logged and answered with 500. */
export type HandleRequest = (exchange: HttpExchange) => void | Promise<void>

/** A request to speak another protocol on the connection (RFC 9110 7.8). */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly peer: HttpPeer
  /** The connection. From now on it belongs to the handler. */
  readonly socket: Duplex
  /** Octets that were read after the request. */
  readonly head: Buffer
}
export type HandleUpgrade = (upgrade: Upgrade) => void

/** An entrance that is announced to clients (RFC 8288). */
export interface Announced {
  /** The relation type of a link to this entrance. */
  readonly rel: string
  readonly scheme: 'https' | 'wss'
  readonly path: string
}

/** Which handler answers which path. Every path has one owner. */
export class HttpRoutes {
  readonly #exact = new Map<string, HandleRequest>()
  /** The longest first. */
  #trees: readonly { readonly prefix: string; readonly handle: HandleRequest }[] = []
  readonly #upgrades = new Map<string, HandleUpgrade>()
  readonly #announced: Announced[] = []

  /** @param path from its first slash, without a query */
  at(path: string, handle: HandleRequest): void {
    claim(this.#exact, path, handle)
  }
  /** All paths below `prefix`, except those with an owner of their own. @param prefix from slash to slash: '/', '/_matrix/' */
  under(prefix: string, handle: HandleRequest): void {
    if (!/^\/(.*\/)?$/.test(prefix) || this.#trees.some((tree) => tree.prefix === prefix)) throw new Error(`Not free: ${prefix}`)
    this.#trees = [...this.#trees, { prefix, handle }].sort((a, b) => b.prefix.length - a.prefix.length)
  }
  upgradeAt(path: string, handle: HandleUpgrade): void {
    claim(this.#upgrades, path, handle)
  }
  announce(way: Announced): void {
    this.#announced.push(way)
  }
  get announced(): readonly Announced[] {
    return this.#announced
  }
  request(path: string): HandleRequest | undefined {
    return this.#exact.get(path) ?? this.#trees.find(({ prefix }) => path.startsWith(prefix))?.handle
  }
  upgrade(path: string): HandleUpgrade | undefined {
    return this.#upgrades.get(path)
  }
}

function claim<T>(owners: Map<string, T>, path: string, handle: T): void {
  if (owners.has(path)) throw new Error(`Not free: ${path}`)
  owners.set(path, handle)
}
