/** A client's connection to a server under test: a real one over TCP or TLS, or a pair of ends in memory. */
import { connect as connectTcp, type Socket } from 'node:net'
import { duplexPair, type Duplex } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { connect as connectTls, TLSSocket } from 'node:tls'

export interface Link {
  /** Called with what comes, and with null when the server has closed its side or the connection is gone. */
  listener: (text: string | null) => void
  readonly tls: TLSSocket | null
  write(text: string | Buffer): void
  /** Closes our side. */
  end(): void
  /** The network is gone: no closing tag, no close_notify. */
  drop(): void
  /** TLS over what is there (RFC 6120 5.4.3). @param identity what it shows of itself */
  secure(domain: string, identity?: Identity): Promise<void>
}

/** A certificate and its key, PEM. */
export interface Identity {
  readonly cert: string
  readonly key: string
}

export class StreamLink implements Link {
  listener: (text: string | null) => void = () => {}
  #stream: Duplex

  constructor(stream: Duplex) {
    this.#stream = stream
    this.#listen()
  }
  get tls(): TLSSocket | null {
    return this.#stream instanceof TLSSocket ? this.#stream : null
  }
  write(text: string | Buffer): void {
    this.#stream.write(text)
  }
  end(): void {
    this.#stream.end()
  }
  /** Reads no more until `resume`. */
  pause(): void {
    this.#stream.pause()
  }
  resume(): void {
    this.#stream.resume()
  }
  drop(): void {
    const stream = this.#stream as Duplex & Partial<Socket>
    // Once our side is closed there is nothing to reset, and trying to would leave the handle open
    if (stream.resetAndDestroy === undefined || this.tls !== null || stream.writableEnded) stream.destroy()
    else stream.resetAndDestroy()
  }
  async secure(domain: string, identity: Partial<Identity> = {}): Promise<void> {
    const plain = this.#stream
    for (const event of ['data', 'end', 'close', 'error']) plain.removeAllListeners(event)
    const tls = connectTls({ socket: plain, servername: domain, rejectUnauthorized: false, ...identity })
    await once(tls, 'secureConnect')
    this.#stream = tls
    this.#listen()
  }

  #listen(): void {
    const stream = this.#stream
    const decoder = new StringDecoder('utf8') // not the stream's own: TLS could not be put over it
    stream.on('data', (octets: Buffer) => this.listener(decoder.write(octets)))
    stream.on('error', () => {})
    stream.on('end', () => this.listener(null))
    stream.on('close', () => this.listener(null))
  }
}

/** Two ends in memory; what is written on one is read from the other without any timer. */
export function memoryLink(accept: (socket: Socket) => void): Link {
  return new StreamLink(memoryConnection(accept))
}

/** The client's end of a connection in memory. */
export function memoryConnection(accept: (socket: Socket) => void): Duplex {
  const [near, far] = memorySockets()
  accept(far)
  return near
}

/** Both ends of a connection. @param port of the one that is called, as its caller sees it */
export function memorySockets(address = '192.0.2.1', port = 50_000): readonly [near: Socket, far: Socket] {
  const [near, far] = duplexPair()
  near.on('close', () => process.nextTick(() => far.destroy()))
  far.on('close', () => process.nextTick(() => near.destroy()))
  return [asSocket(near, address, port), asSocket(far, address, 50_000)]
}

/** A stream with what the server wants to know of its sockets. */
export function asSocket(stream: Duplex, remoteAddress: string, remotePort: number): Socket {
  const nothing = (): Duplex => stream
  return Object.assign(stream, { remoteAddress, remotePort, setNoDelay: nothing, setKeepAlive: nothing }) as unknown as Socket
}

export async function tcpLink(port: number, address = '127.0.0.1'): Promise<Link> {
  const socket = connectTcp({ port, host: '127.0.0.1', localAddress: address, noDelay: true })
  await once(socket, 'connect')
  return new StreamLink(socket)
}

/** As a client does that knows XEP-0368. */
export async function directTlsLink(port: number, domain: string): Promise<Link> {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    servername: domain,
    rejectUnauthorized: false,
    ALPNProtocols: ['xmpp-client'],
  })
  await once(socket, 'secureConnect')
  return new StreamLink(socket)
}

/** @throws Error when the connection fails before that */
const once = (stream: Duplex, event: string): Promise<void> =>
  new Promise((resolve, reject) => {
    stream.once('error', reject)
    stream.once(event, () => {
      stream.removeListener('error', reject)
      resolve()
    })
  })
