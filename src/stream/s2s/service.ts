/** Assembles server-to-server: the ports for other servers (RFC 6120 and XEP-0368), and outgoing streams. */
import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { SparingLog } from '../../base/sparing-log.ts'
import type { EndOfTick } from '../../base/tick.ts'
import { asciiDomain } from '../../net/address.ts'
import type { Connect } from '../../net/dialling.ts'
import type { Resolver } from '../../net/dns.ts'
import { listen, type Doorkeeper, type Listening, type StreamPort } from '../../net/listener.ts'
import { asClient, asServer, serverOptions, type ServerContexts } from '../../net/tls-options.ts'
import type { Host } from '../../server/feature.ts'
import { Flusher } from '../outbox.ts'
import { scanLimits } from '../client-service.ts'
import { forServer } from '../framing.ts'
import { unreadOf, type StreamsSettings } from '../settings.ts'
import { TcpCarrier, type TcpOptions } from '../tcp-carrier.ts'
import { Federation } from './federation.ts'
import { PeerManagement } from './management.ts'
import type { PeerParts } from './peer-parts.ts'
import { PeerStream } from './peer-stream.ts'
import { ReceivingNegotiation } from './receiving.ts'
import type { FederationSettings, PeerSettings } from './settings.ts'
import { Peers, type Bars } from './trust.ts'

export interface PeerServiceOptions {
  readonly host: Host
  readonly federation: FederationSettings
  readonly peers: readonly PeerSettings[]
  readonly bars: Bars
  readonly streams: StreamsSettings
  /** Our certificates, with the authorities that are trusted for other servers' certificates. */
  readonly certificates: ServerContexts
  readonly connect: Connect
  readonly resolver: Resolver
  /** The secret for dialback keys: all servers of our domains share it, and nobody else knows it. */
  readonly secret: string
  readonly admission: Doorkeeper
  readonly endOfTick: EndOfTick
}

export class PeerService {
  readonly federation: Federation
  readonly #options: PeerServiceOptions
  readonly #parts: PeerParts
  readonly #tcp: TcpOptions
  readonly #directTls: TcpOptions

  constructor(options: PeerServiceOptions) {
    const { host, streams, certificates, connect, resolver, endOfTick } = options
    const flusher = new Flusher(endOfTick)
    const earlyLimits = scanLimits(streams, streams['stanza-size-before-login'])
    this.#options = options
    this.#parts = peerParts(options)
    this.#directTls = {
      flusher,
      unread: this.#parts.unread,
      limits: earlyLimits,
      startTls: null,
      declarations: forServer,
    }
    this.#tcp = { ...this.#directTls, startTls: asServer(serverOptions(certificates, { alpn: null, askForCertificate: true })) }
    this.federation = new Federation(host, { peer: this.#parts, connect, resolver, flusher, earlyLimits })
    host.router.claimRest(this.federation)
  }
  /** Takes over an accepted connection; with direct TLS, after its handshake. */
  accept(socket: Socket, directTls: boolean): void {
    const options = directTls ? this.#directTls : this.#tcp
    socket.setKeepAlive(true, KEEP_ALIVE)
    void new PeerStream(
      'receiving',
      (handler) => new TcpCarrier(socket, handler, options),
      this.#parts,
      this.federation,
      (s) => new ReceivingNegotiation(s, this.#parts, this.federation),
    )
  }
  listen({ host, port, directTls }: StreamPort): Promise<Listening> {
    const {
      admission,
      certificates,
      streams,
      host: { clock },
    } = this.#options
    const shared = serverOptions(certificates, { alpn: ['xmpp-server'], askForCertificate: true })
    const tls = directTls ? { options: () => shared, withinMs: streams['login-timeout'], clock } : null
    return listen({ host, port, admission, tls, accept: (socket) => this.accept(socket, directTls) })
  }
}

const KEEP_ALIVE = 60_000

function peerParts({ host, federation: settings, peers, bars, streams, certificates, secret }: PeerServiceOptions): PeerParts {
  const { clock, entropy, log, metrics, router, domains } = host
  const contextOf = (local: string): SecureContext => certificates.secureContextFor(asciiDomain(local))
  return {
    clock,
    entropy,
    log: new SparingLog(log, clock),
    settings,
    secret,
    peers: new Peers(settings['trust'], peers, bars),
    serves: (domain) => router.serves(domain),
    isOurs: (name) => router.placeOf(name) !== 'elsewhere',
    domain: domains[0]!,
    limits: scanLimits(streams, settings['stanza-size']),
    unread: unreadOf(streams, clock, settings['output-queue']),
    management: settings['stream-management']
      ? new PeerManagement({ clock, entropy, settings }, metrics, (packet) => router.heard(packet))
      : null,
    closeMs: streams['close-timeout'],
    anchors: certificates.anchors,
    tlsTo: (local, remote, alpn) => asClient(contextOf(local), remote, alpn),
  }
}
