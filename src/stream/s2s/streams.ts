/** The streams between servers that there are, the links that each of them keeps up, and which could serve others as well. */
import type { Link } from '../../server/links/links.ts'
import { pairKey, type DomainPair } from '../../xmpp/domain-pair.ts'
import type { PeerStream } from './peer-stream.ts'

export class PeerStreams {
  /** With their links, by pair. Until they are over. */
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
  /** Each stream, and the links that it keeps up. */
  withLinks(): Iterable<readonly [stream: PeerStream, links: ReadonlyMap<string, Link>]> {
    return this.#all
  }
  add(stream: PeerStream): void {
    this.#all.set(stream, new Map())
  }
  /** The stream is over. Gives back the links that it kept up. */
  remove(stream: PeerStream): readonly Link[] {
    const links = this.linksOf(stream)
    this.#all.delete(stream)
    return links
  }
  /** It may be used between the two domains of the link, one way or both. */
  join(stream: PeerStream, link: Link): void {
    const links = this.#all.get(stream)
    if (links === undefined || links.has(pairKey(link))) return
    links.set(pairKey(link), link)
    link.opened()
  }
  /** Those that may be used between these domains, one way or both. */
  between(pair: DomainPair): readonly PeerStream[] {
    const key = pairKey(pair)
    return [...this.#all].filter(([, links]) => links.has(key)).map(([stream]) => stream)
  }
  /** Streams that the other side has opened and on which it may write for the pair. */
  countFrom(pair: DomainPair): number {
    let count = 0
    for (const { side, pairs } of this.#all.keys()) if (side === 'receiving' && pairs.dialback.accepts(pair)) count += 1
    return count
  }
  /** Streams that the other side has opened, has proved itself on, and shows the same certificate on or comes from the same address. */
  countLike({ signs }: PeerStream): number {
    let count = 0
    for (const other of this.#all.keys())
      if (other.side === 'receiving' && other.pairs.dialback.acceptsAny && other.signs.some((sign) => signs.includes(sign)))
        count += 1
    return count
  }
  /** One on which we may write for the pair. */
  granted(pair: DomainPair): PeerStream | null {
    return this.#find((s) => s.pairs.granted.has(pairKey(pair)) && !s.isClosing)
  }
  /** Where the server of `domain` can be asked about a key. Never where the key came from, which may be an impostor's. */
  authoritative(domain: string, asking: PeerStream): PeerStream | null {
    return this.#find((s) => isOpenTo(s) && s.remote === domain && s !== asking)
  }
  /** XEP-0220 2.7.1: one that another of our domains has to the same. */
  toSameDomain({ local, remote }: DomainPair): PeerStream | null {
    return this.#find((s) => isOpenTo(s) && s.hasDialbackErrors && s.remote === remote && (s.isShareable || s.local === local))
  }
  /** XEP-0220 2.7.2: one to another domain of the same machine, if it says that it takes errors. */
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
