/**
 * HTTP as those see it who answer: a request with its answer, who asks, and which path leads to whom. The octets are the
 * business of `net/`; whoever has something to say on the web port declares its paths here, before the port is opened.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'

/** Who asks. */
export interface HttpPeer {
  /** Without its port. */
  readonly address: string
  /** 0: not known, since a proxy stands between. */
  readonly port: number
  /** Nobody on the way can read it, as far as we know. */
  readonly encrypted: boolean
  /** The TLS connection that ends here; null: none, or a proxy's. */
  readonly tls: TLSSocket | null
  /** A trusted proxy speaks for it. */
  readonly proxied: boolean
  /** It is a program on this machine that has asked for this machine by name: no network lies between. */
  readonly atThisMachine: boolean
}

/** An answer that says no. */
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

/** By name in lower case. */
export type HttpHeaders = Readonly<Record<string, string>>

/** One request and its answer (RFC 9110). */
export interface HttpExchange {
  readonly method: string
  /** As it was asked for, from its first slash, without the query. */
  readonly path: string
  /** Behind the question mark; '' for none. */
  readonly query: string
  readonly peer: HttpPeer
  /** @param name in lower case */
  header(name: string): string | undefined
  /** @throws HttpRefusal for other methods than these */
  allow(...methods: readonly string[]): void
  /**
   * What the request brings.
   * @throws HttpRefusal when it is more than `bytesMax`, or the connection breaks before its end
   */
  body(bytesMax: number): Promise<Buffer>
  /** Answers, once; a second answer is ignored. @param content a text is sent as UTF-8 */
  reply(status: number, headers: HttpHeaders, content: string | Buffer): void
  /** Calls `gone` if the connection breaks before the answer is written. */
  onLost(gone: () => void): void
  /** Closes the connection without an answer. */
  cut(): void
}

/** Answers a request. An HttpRefusal that it throws is the answer; another error is logged and answered with 500. */
export type HandleRequest = (exchange: HttpExchange) => void | Promise<void>

/** A request to speak another protocol on the connection (RFC 9110 7.8). */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly peer: HttpPeer
  /** The connection: whoever handles the request has it from now on. */
  readonly socket: Duplex
  /** What has been read behind the request. */
  readonly head: Buffer
}
export type HandleUpgrade = (upgrade: Upgrade) => void

/** A way in of which others may know (RFC 8288). */
export interface Announced {
  /** The relation type of links to it. */
  readonly rel: string
  readonly scheme: 'https' | 'wss'
  readonly path: string
}

/** Who answers on which path. Every path has one owner. */
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
  /** All paths below, but for those that have an owner of their own. @param prefix from slash to slash: '/', '/_matrix/' */
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
