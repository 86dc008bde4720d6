/**
 * The pairs of domains for which a stream between two servers may be used: those for which we may send, those for which the
 * other side may, and with XEP-0288 both. SASL proves the pair of the stream header, dialback (XEP-0220) any pair.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { RawElement } from '../../xml/scanner.ts'
import type { Wire } from '../../xml/wire.ts'
import { domainIn } from '../../xmpp/jid.ts'
import { StreamError } from '../../xmpp/stream-error.ts'
import { pairKey, type DomainPair } from '../../xmpp/domain-pair.ts'
import { dialbackText, readDialback, type DialbackElement } from './dialback/elements.ts'
import { Dialback, type DialbackOptions } from './dialback/machine.ts'
import { Expiry } from './expiry.ts'
import { PeerFailure } from './failure.ts'
import type { PeerCertificate } from './trust.ts'
import { Wanted } from './wanted.ts'

export type Side = 'initiating' | 'receiving'

/** The stream, as its pairs see it. */
export interface PairedStream {
  readonly side: Side
  /** The id that the receiving side has given the stream. */
  readonly id: string
  /** The name of the peer, for people. */
  readonly peer: string
  /** XEP-0288. */
  readonly bidirectional: boolean
  readonly encrypted: boolean
  readonly isClosing: boolean
  readonly certificate: PeerCertificate | null
  isCertified(domain: string): boolean
  send(text: Wire): void
  close(error: StreamError | null): void
}

/** Receives the events. */
export interface PairsOut {
  /** Dialback has proved our identity. The receiver has to call `grant`. */
  grantedByDialback(pair: DomainPair): void
  /** Dialback has proved the other side. The receiver has to call `accept`, or its parts. */
  acceptedByDialback(pair: DomainPair): void
  /** May the other side send? The receiver answers with `dialback.conclude`. */
  examine(pair: DomainPair, key: string): void
  /** We may send for the pair. */
  granted(pair: DomainPair): void
  /** From here on we accept what the other side sends for the pair. */
  heard(pair: DomainPair): void
  /** The other side may send, and no further negotiation is needed for that. */
  accepted(): void
}

export interface PairsParts {
  readonly clock: Clock
  readonly log: Log
  readonly dialback: DialbackOptions
  /** The time limit for the answer to each request. */
  readonly withinMs: Millis
}

export class Pairs {
  readonly dialback: Dialback
  /** The pairs for which we may send. */
  readonly granted = new Map<string, DomainPair>()
  readonly #stream: PairedStream
  readonly #out: PairsOut
  readonly #log: Log
  readonly #wanted: Wanted
  readonly #expiry: Expiry

  constructor(stream: PairedStream, { clock, log, dialback, withinMs }: PairsParts, out: PairsOut) {
    this.#stream = stream
    this.#out = out
    this.#log = log
    this.#wanted = new Wanted(clock, withinMs)
    this.#expiry = new Expiry(clock, () => stream.close(new StreamError('reset', 'The certificate has expired')))
    this.dialback = new Dialback(stream.side, dialback, {
      send: (text) => stream.send(text),
      granted: (pair) => out.grantedByDialback(pair),
      refused: (pair, why) => this.#wanted.refused(pair, why),
      examine: (pair, key) => out.examine(pair, key),
      accepted: (pair) => out.acceptedByDialback(pair),
      caught: () => stream.close(null),
      unsolicited: (element) => this.#unsolicited(element),
    })
  }

  /** Asks by dialback to send for a pair. Resolves when we may. @throws PeerFailure */
  want(pair: DomainPair): Promise<void> {
    if (this.granted.has(pairKey(pair))) return Promise.resolve()
    if (this.#stream.isClosing) return Promise.reject(new PeerFailure('unreachable', 'the stream is closing'))
    return this.#wanted.want(pair, () => this.dialback.request(pair, this.#stream.id))
  }
  /** We may send for the pair; with XEP-0288 the other side may too. */
  grant(pair: DomainPair): void {
    const { bidirectional, side } = this.#stream
    this.granted.set(pairKey(pair), pair)
    if (bidirectional && side === 'initiating' && !this.dialback.accepts(pair)) this.accept(pair)
    if (side === 'initiating') this.#watchExpiry(pair)
    this.#wanted.granted(pair)
    this.#out.granted(pair)
  }
  /** The other side may send for the pair; with XEP-0288 we may too. */
  accept(pair: DomainPair): void {
    this.acceptOnly(pair)
    this.grantBack(pair)
  }
  /** The other side may send for the pair. We may not yet. */
  acceptOnly(pair: DomainPair): void {
    this.hear(pair)
    this.#out.accepted()
    this.#watchExpiry(pair)
  }
  /** What the other side sends for the pair is accepted, even during our own negotiation. */
  hear(pair: DomainPair): void {
    this.dialback.accept(pair)
    this.#out.heard(pair)
  }
  /** With XEP-0288, we may send where the other side may. */
  grantBack(pair: DomainPair): void {
    const { bidirectional, side } = this.#stream
    if (bidirectional && side === 'receiving' && !this.granted.has(pairKey(pair))) this.grant(pair)
  }
  /** A dialback element arrived. @throws StreamError */
  take(raw: RawElement): void {
    const element = readDialback(raw.tree())
    const [from, to] = element === null ? [null, null] : [domainIn(element.from), domainIn(element.to)]
    if (element === null || from === null || to === null) throw new StreamError('improper-addressing')
    const prepared = { ...element, from, to }
    if (this.#stream.encrypted) return this.dialback.take(prepared)
    // DB-9: without TLS anybody on the way could have forged the answer.
    if (element.outcome === null)
      this.#stream.send(dialbackText({ ...prepared, from: to, to: from, outcome: 'policy-violation', key: '' }))
  }
  /** The stream is over: pending requests fail. */
  over(why: PeerFailure): void {
    this.#expiry.stop()
    this.dialback.over()
    this.#wanted.over(why)
  }

  /** RFC 6120 13.7.2.3 */
  #watchExpiry({ remote }: DomainPair): void {
    const { certificate } = this.#stream
    if (certificate !== null && this.#stream.isCertified(remote)) this.#expiry.watch(certificate.expiresAt)
  }
  #unsolicited({ name, from, to, outcome }: DialbackElement): void {
    this.#log.warn({ peer: this.#stream.peer, name, from, to, outcome }, 'Unexpected dialback answer ignored')
  }
}
