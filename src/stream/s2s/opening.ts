/**
 * Opens a stream to another domain: find its servers, connect to the first reachable one, negotiate. Callers that want a
 * stream for the same pair meanwhile get the same one.
 */
import type { Socket } from 'node:net'
import { asciiDomain } from '../../net/address.ts'
import { dial, type Connect } from '../../net/dialling.ts'
import { addressesOf, targetsOf, type Resolver, type Target } from '../../net/dns.ts'
import type { Flusher } from '../outbox.ts'
import type { ScanLimits } from '../../xml/scanner.ts'
import { forServer } from '../framing.ts'
import { TcpCarrier } from '../tcp-carrier.ts'
import { pairKey, type DomainPair } from '../../xmpp/domain-pair.ts'
import { failureOf, PeerFailure } from './failure.ts'
import { InitiatingNegotiation } from './initiating.ts'
import type { PeerParts } from './peer-parts.ts'
import { PeerStream, type Switchboard } from './peer-stream.ts'

export interface OpeningParts {
  readonly peer: PeerParts
  readonly connect: Connect
  readonly resolver: Resolver
  readonly flusher: Flusher
  /** Limits of the input until the other side has authenticated. */
  readonly earlyLimits: ScanLimits
}

/** An open stream to a machine with one of these addresses that could also be used for the pair. */
export type Shared = (pair: DomainPair, addresses: readonly string[], port: number) => PeerStream | null

/** The most servers of one domain that are tried. */
const TARGETS_MAX = 6

export class Opening {
  readonly #parts: OpeningParts
  readonly #board: Switchboard
  readonly #shared: Shared
  readonly #underWay = new Map<string, Promise<PeerStream>>()

  constructor(parts: OpeningParts, board: Switchboard, shared: Shared) {
    this.#parts = parts
    this.#board = board
    this.#shared = shared
  }
  /**
   * Returns a stream on which the pair can be requested, or is already granted by SASL.
   * @param kind 'dedicated': no stream that serves other pairs
   * @throws PeerFailure
   */
  open(pair: DomainPair, kind: 'shared' | 'dedicated' = 'shared'): Promise<PeerStream> {
    const key = pairKey(pair)
    let opening = this.#underWay.get(key)
    if (opening === undefined) {
      opening = this.#open(pair, kind).finally(() => this.#underWay.delete(key))
      this.#underWay.set(key, opening)
    }
    return opening
  }

  async #open(pair: DomainPair, kind: 'shared' | 'dedicated'): Promise<PeerStream> {
    const { resolver, peer } = this.#parts
    let failure = new PeerFailure('not-found', 'it has no server')
    try {
      const route = peer.peers.route(pair.remote)
      const targets = route === null ? await targetsOf(pair.remote, resolver, peer.entropy) : [route]
      for (const target of targets.slice(0, TARGETS_MAX)) {
        try {
          return await this.#try(pair, target, kind)
        } catch (error) {
          const next = failureOf(error)
          // The failure of a server that exists says more than that of one that does not.
          if (failure.kind === 'not-found' || next.kind !== 'not-found') failure = next
        }
      }
    } catch (error) {
      failure = failureOf(error)
    }
    peer.log.info(
      { from: pair.local, to: pair.remote, kind: failure.kind, reason: failure.message },
      'No stream to the other server',
    )
    throw failure
  }
  async #try(pair: DomainPair, target: Target, kind: 'shared' | 'dedicated'): Promise<PeerStream> {
    const { connect, resolver, peer } = this.#parts
    const shared = kind === 'dedicated' ? null : this.#shared(pair, await addressesOf(target.host, resolver), target.port)
    if (shared !== null) return shared
    const directTls = peer.tlsTo(pair.local, asciiDomain(pair.remote), ['xmpp-server'])
    const socket = await dial(target, {
      connect,
      resolver,
      clock: peer.clock,
      withinMs: peer.settings['connect-timeout'],
      directTls,
    })
    return this.#negotiate(socket, pair)
  }
  #negotiate(socket: Socket, { local, remote }: DomainPair): Promise<PeerStream> {
    const { peer, flusher, earlyLimits } = this.#parts
    const startTls = peer.tlsTo(local, asciiDomain(remote), null)
    return new Promise((ready, failed) => {
      let negotiation: InitiatingNegotiation | null = null
      void new PeerStream(
        'initiating',
        (handler) =>
          new TcpCarrier(socket, handler, {
            flusher,
            unread: peer.unread,
            limits: earlyLimits,
            startTls,
            declarations: forServer,
          }),
        peer,
        this.#board,
        (stream) => (negotiation = new InitiatingNegotiation(stream, peer, local, remote, { ready, failed })),
      )
      negotiation!.begin()
    })
  }
}
