/** Streams of clients, and the ports that only clients use: plain TCP with STARTTLS (RFC 6120 5), and direct TLS (XEP-0368). */
import type { Socket } from 'node:net'
import type { EndOfTick } from '../base/tick.ts'
import { listen, type Admission, type Listening, type StreamPort } from '../net/listener.ts'
import { asServer, serverOptions, type ContextSource } from '../net/tls-options.ts'
import type { Host } from '../server/feature.ts'
import { Flusher } from './outbox.ts'
import type { Server } from '../server/server.ts'
import type { ScanLimits } from '../xml/scanner.ts'
import type { Carrier, ClientHandler } from './carrier.ts'
import type { ClientStreamParts } from './client-parts.ts'
import { ClientStream } from './client-stream.ts'
import { LoginQueue, type Applicant } from './login-queue.ts'
import { unreadOf, type StreamsSettings } from './settings.ts'
import { TcpCarrier, type TcpOptions } from './tcp-carrier.ts'

export interface ClientServiceOptions {
  readonly server: Server
  readonly streams: StreamsSettings
  /** Null for no TLS at all. */
  readonly certificates: ContextSource | null
  /** Clients are asked for a certificate, for SASL EXTERNAL. */
  readonly askForCertificate: boolean
  readonly admission: Admission
  readonly endOfTick: EndOfTick
}

export class ClientService {
  readonly #parts: ClientStreamParts
  readonly #options: ClientServiceOptions
  readonly #tcp: TcpOptions
  readonly #directTls: TcpOptions
  #isStopping = false

  constructor(options: ClientServiceOptions) {
    const { streams, certificates, askForCertificate } = options
    this.#options = options
    this.#parts = clientStreamParts(options)
    const limits = scanLimits(streams, streams['stanza-size-before-login'])
    this.#directTls = {
      flusher: new Flusher(options.endOfTick),
      unread: unreadOf(streams, options.server.host.clock),
      limits,
      startTls: null,
    }
    this.#tcp = {
      ...this.#directTls,
      startTls: certificates === null ? null : asServer(serverOptions(certificates, { alpn: null, askForCertificate })),
    }
  }
  /**
   * Begins a client's stream on the carrier that `carry` makes.
   * @param hadTurn the client has already waited in the login queue
   */
  begin(carry: (handler: ClientHandler) => Carrier, hadTurn = false): void {
    const stream = new ClientStream(carry, this.#parts, hadTurn)
    if (this.#isStopping) stream.shutDown()
  }
  /** Takes over an accepted connection; with direct TLS, after its handshake. */
  accept(socket: Socket, directTls: boolean): void {
    const options = directTls ? this.#directTls : this.#tcp
    this.begin((handler) => new TcpCarrier(socket, handler, options), directTls)
  }
  listen({ host, port, directTls }: StreamPort): Promise<Listening> {
    const { admission, certificates, askForCertificate, streams, server } = this.#options
    if (directTls && certificates === null) throw new Error('Direct TLS needs a certificate')
    const shared = directTls ? serverOptions(certificates!, { alpn: ['xmpp-client'], askForCertificate }) : null
    const turn = (raw: Socket): Promise<void> | null => this.#parts.logins.turn(applicant(raw))
    const tls = directTls ? { options: () => shared!, withinMs: streams['login-timeout'], clock: server.host.clock, turn } : null
    return listen({ host, port, admission, tls, accept: (socket) => this.accept(socket, directTls) })
  }
  /** The server stops: present and new streams without a session end with system-shutdown. Sessions are ended elsewhere. */
  shutDown(): void {
    this.#isStopping = true
    for (const stream of this.#parts.unbound) stream.shutDown()
  }
}

const applicant = (raw: Socket): Applicant => ({
  get isClosing() {
    return raw.destroyed
  },
})

function clientStreamParts(options: ClientServiceOptions): ClientStreamParts {
  const { server, streams } = options
  const { clock, entropy, log, metrics, domains, accounts, sessions, router }: Host = server.host
  return {
    server,
    accounts,
    sessions,
    domains,
    isOurs: (name) => router.placeOf(name) !== 'elsewhere',
    clock,
    entropy,
    log,
    streams,
    authenticator: server.host.authenticator,
    logins: new LoginQueue({ perSecond: streams['logins-per-second'], waitingMax: streams['waiting-logins'] }, clock, metrics),
    unbound: new Set(),
    limits: scanLimits(streams, streams['stanza-size']),
  }
}

export const scanLimits = (streams: StreamsSettings, stanzaBytes: number): ScanLimits => ({
  stanzaBytes,
  depth: streams['depth'],
  tagBytes: Math.min(16_384, stanzaBytes),
  attributes: 64,
})
