/** All streams between servers, the links that each keeps up, and which streams could serve other pairs as well. */
import type { Link } from '../../server/links/links.ts'
import { pairKey, type DomainPair } from '../../xmpp/domain-pair.ts'
import type { PeerStream } from './peer-stream.ts'

export class PeerStreams {
  /** Each stream until its end, with its links by pair. */
  readonly #all = new Map<PeerStream, Map<string, Link>>()

  get size(): number {
    return this.#all.size
  }
  all(): Iterable<PeerStream> {
    return this.#all.keys()
  }
  linksOf(stream: PeerStream): readonly Link[] {
    return [...(this.#all.get(stream)?.values() ?? [])]
  }
  /** Each stream, with the links that it keeps up. */
  withLinks(): Iterable<readonly [stream: PeerStream, links: ReadonlyMap<string, Link>]> {
    return this.#all
  }
  add(stream: PeerStream): void {
    this.#all.set(stream, new Map())
  }
  /** The stream has ended. Returns the links that it kept up. */
  remove(stream: PeerStream): readonly Link[] {
    const links = this.linksOf(stream)
    this.#all.delete(stream)
    return links
  }
  /** The stream can be used between the two domains of the link, in one direction or both. */
  join(stream: PeerStream, link: Link): void {
    const links = this.#all.get(stream)
    if (links === undefined || links.has(pairKey(link))) return
    links.set(pairKey(link), link)
    link.opened()
  }
  /** The streams that can be used between these domains, in one direction or both. */
  between(pair: DomainPair): readonly PeerStream[] {
    const key = pairKey(pair)
    return [...this.#all].filter(([, links]) => links.has(key)).map(([stream]) => stream)
  }
  /** The number of streams that the other side has opened and on which it may send for the pair. */
  countFrom(pair: DomainPair): number {
    let count = 0
    for (const { side, pairs } of this.#all.keys()) if (side === 'receiving' && pairs.dialback.accepts(pair)) count += 1
    return count
  }
  /** The number of proved streams opened by a server with the same certificate or address. */
  countLike({ signs }: PeerStream): number {
    let count = 0
    for (const other of this.#all.keys())
      if (other.side === 'receiving' && other.pairs.dialback.acceptsAny && other.signs.some((sign) => signs.includes(sign)))
        count += 1
    return count
  }
  /** A stream on which we may send for the pair. */
  granted(pair: DomainPair): PeerStream | null {
    return this.#find((s) => s.pairs.granted.has(pairKey(pair)) && !s.isClosing)
  }
  /** A stream on which to ask the server of `domain` about a key. Never the stream of the key, which may be an impostor's. */
  authoritative(domain: string, asking: PeerStream): PeerStream | null {
    return this.#find((s) => isOpenTo(s) && s.remote === domain && s !== asking)
  }
  /** XEP-0220 2.7.1: a stream of another of our domains to the same domain. */
  toSameDomain({ local, remote }: DomainPair): PeerStream | null {
    return this.#find((s) => isOpenTo(s) && s.hasDialbackErrors && s.remote === remote && (s.isShareable || s.local === local))
  }
  /** XEP-0220 2.7.2: a stream to another domain on the same machine, if its server understands dialback errors. */
  toSameMachine(addresses: readonly string[], port: number, fits: (stream: PeerStream) => boolean): PeerStream | null {
    const isThere = ({ carrier }: PeerStream): boolean => carrier.port === port && addresses.includes(carrier.address)
    return this.#find((s) => isOpenTo(s) && s.hasDialbackErrors && s.isShareable && isThere(s) && fits(s))
  }

  #find(fits: (stream: PeerStream) => boolean): PeerStream | null {
    for (const stream of this.#all.keys()) if (fits(stream)) return stream
    return null
  }
}

const isOpenTo = ({ side, isReady, isClosing }: PeerStream): boolean => side === 'initiating' && isReady && !isClosing
