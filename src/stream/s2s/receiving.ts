/**
 * Negotiates a stream that another server opens to us (RFC 6120 4.3, as the receiving entity): TLS, then SASL EXTERNAL for a
 * server with a certificate for the domain that it names (XEP-0178 3), or dialback. Nothing else is allowed before (4.3.5).
 */
import type { Timer } from '../../base/clock.ts'
import { failed, SM } from '../../server/stream-management/nonzas.ts'
import { el, type Element } from '../../xml/element.ts'
import type { RawElement, StreamHeader } from '../../xml/scanner.ts'
import { serialise } from '../../xml/write.ts'
import { domainIn } from '../../xmpp/jid.ts'
import { SASL, SERVER, TLS } from '../../xmpp/ns.ts'
import { nonza } from '../framing.ts'
import { decodeBase64 } from '../../sasl/base64.ts'
import { LANGUAGE } from '../stream-core.ts'
import { limitsElement, STREAM_LIMITS } from '../stream-limits.ts'
import type { SaslCondition } from '../../sasl/mechanism.ts'
import { pairKey, type DomainPair } from '../../xmpp/domain-pair.ts'
import { NOT_YOURS } from './failure.ts'
import { BIDI, bidiOffer, dialbackOffer } from './offers.ts'
import { RESUMPTION_MS } from './management.ts'
import type { PeerParts } from './peer-parts.ts'
import type { PeerNegotiation, PeerStream, Switchboard } from './peer-stream.ts'

/** RFC 6120 6.4.5. */
const ATTEMPTS_MAX = 3

export class ReceivingNegotiation implements PeerNegotiation {
  readonly #stream: PeerStream
  readonly #parts: PeerParts
  readonly #board: Switchboard
  #expectsHeader = true
  #authenticated = false
  /** SASL EXTERNAL has begun without the identity. */
  #challenged = false
  #failures = 0
  /** The wait for a server that may resume a stream. */
  #waiting: Timer | null = null

  constructor(stream: PeerStream, parts: PeerParts, board: Switchboard) {
    this.#stream = stream
    this.#parts = parts
    this.#board = board
  }
  header({ attrs }: StreamHeader): void {
    if (!this.#expectsHeader) return this.#stream.fail('policy-violation')
    this.#expectsHeader = false
    const { serves, domain, peers } = this.#parts
    const [from, to] = [attrs['from'], attrs['to']]
    const local = to === undefined ? null : domainIn(to)
    const remote = from === undefined ? '' : domainIn(from)
    const ours = local !== null && serves(local)
    this.#stream.open(ours ? local : domain, from ?? null, LANGUAGE)
    if (!ours) return this.#stream.fail('host-unknown')
    if (remote === null) return this.#stream.fail('invalid-from')
    if (this.#authenticated && (local !== this.#stream.local || remote !== this.#stream.remote))
      return this.#stream.fail('invalid-from')
    this.#stream.local = local
    this.#stream.remote = remote
    if (serves(remote)) return this.#stream.fail('invalid-from', 'This domain is served here')
    if (peers.trust(remote) === 'deny') return this.#stream.fail('policy-violation', NOT_YOURS)
    if (this.#stream.carrier.encrypted) this.#stream.examineCertificate()
    this.#stream.carrier.features(this.#offers())
    if (this.#authenticated) this.#accept({ local, remote })
  }
  element(raw: RawElement): void {
    const { encrypted } = this.#stream.carrier
    if (raw.ns === TLS && raw.name === 'starttls') return this.#startTls()
    if (!encrypted) return this.#stream.fail('policy-violation', 'TLS comes first')
    if (raw.ns === SASL) return this.#authenticate(raw.tree())
    if (raw.ns === SM && this.#mayCount) return this.#manage(raw.tree())
    if (raw.ns === BIDI && raw.name === 'bidi') return this.#bidi(raw.tree())
    this.#stream.fail('unsupported-stanza-type')
  }
  granted(pair: DomainPair): void {
    this.#stream.pairs.grant(pair)
  }
  accepted(pair: DomainPair): void {
    if (pairKey(pair) === pairKey(this.#stream)) this.#accept(pair)
    else this.#stream.pairs.accept(pair)
  }
  over(): void {
    this.#waiting?.cancel()
  }

  #offers(): Element[] {
    const { settings } = this.#parts
    if (!this.#stream.carrier.encrypted) return [el('starttls', TLS, {}, el('required', TLS))]
    const offers = [dialbackOffer, limitsElement(settings['stanza-size'])]
    if (this.#mayCount) offers.unshift(el('sm', SM))
    if (this.#authenticated) return offers
    if (settings['bidirectional']) offers.push(bidiOffer)
    return this.#isCertified ? [el('mechanisms', SASL, {}, el('mechanism', SASL, {}, 'EXTERNAL')), ...offers] : offers
  }
  /** XEP-0178 3, step 11: the certificate is valid, and names the domain of the stream header. */
  get #isCertified(): boolean {
    return this.#stream.remote !== '' && this.#stream.isCertified(this.#stream.remote)
  }
  /** DEVIATES(26): XEP-0198 is also offered before dialback, because there is no place for the offer after it. */
  get #mayCount(): boolean {
    return this.#parts.management !== null && this.#isCertified
  }
  #startTls(): void {
    if (this.#stream.carrier.startTls === null || this.#stream.carrier.encrypted) {
      this.#stream.send(nonza('failure', TLS))
      return this.#stream.close(null)
    }
    this.#stream.send(nonza('proceed', TLS))
    this.#expectsHeader = true
    this.#stream.secure()
  }
  #bidi(element: Element): void {
    if (!this.#parts.settings['bidirectional'] || this.#authenticated || this.#stream.pairs.dialback.acceptsAny)
      return this.#stream.fail('policy-violation')
    this.#stream.bidirectional = true
    this.#stream.peerStanzaMax = Number(element.child('limits', STREAM_LIMITS)?.child('max-bytes')?.text ?? 0) || 0
  }

  /** A server that has lost a stream first says whether it resumes it; only then we know what it did not receive. */
  #accept(pair: DomainPair): void {
    const { management, clock } = this.#parts
    const { pairs } = this.#stream
    pairs.acceptOnly(pair)
    if (!this.#mayCount || !management!.mayBeResumed(pair)) return pairs.grantBack(pair)
    this.#waiting = clock.after(RESUMPTION_MS, () => pairs.grantBack(pair))
  }
  /** XEP-0198, on the side that was called. */
  #manage(element: Element): void {
    const management = this.#parts.management!
    const { local, remote, managed, pairs } = this.#stream
    const reply = (what: Element): void => {
      if (this.#stream.isOver) return
      this.#stream.send(serialise(what, SERVER))
      this.#waiting?.cancel()
      pairs.grantBack({ local, remote })
    }
    // XEP-0198 3: the pair must be proved first; the stream continues.
    if (!pairs.dialback.accepts({ local, remote })) return this.#stream.send(serialise(failed('unexpected-request'), SERVER))
    if (managed !== null) return this.#stream.fail('policy-violation', 'Stream management is enabled already')
    if (element.name === 'enable') return reply(management.enable(this.#stream, element))
    if (element.name !== 'resume') return this.#stream.fail('unsupported-stanza-type')
    management.resume(this.#stream, element).then(reply, (error: unknown) => this.#stream.broken(error))
  }

  #authenticate(element: Element): void {
    if (this.#authenticated || this.#stream.managed !== null) return this.#stream.fail('policy-violation')
    const data = decodeBase64(element.text)
    switch (element.name) {
      case 'auth':
        if (element.attr('mechanism') !== 'EXTERNAL') return this.#refuse('invalid-mechanism')
        if (element.text !== '') return data === null ? this.#refuse('incorrect-encoding') : this.#decide(data)
        this.#challenged = true
        return this.#stream.send(nonza('challenge', SASL, '='))
      case 'response':
        if (!this.#challenged) return this.#refuse('malformed-request')
        return data === null ? this.#refuse('incorrect-encoding') : this.#decide(data)
      case 'abort':
        return this.#refuse('aborted')
      default:
        this.#stream.fail('unsupported-stanza-type')
    }
  }
  /** The identity is that of the stream header; if one is named, it must be the same. */
  #decide(authzid: Buffer): void {
    this.#challenged = false
    if (!this.#isCertified) return this.#refuse('not-authorized')
    if (authzid.length > 0 && domainIn(authzid.toString('utf8')) !== this.#stream.remote) return this.#refuse('invalid-authzid')
    const { local, remote } = this.#stream
    const objection = this.#board.objection(this.#stream, { local, remote })
    if (objection !== null) return this.#stream.fail('policy-violation', objection)
    this.#authenticated = true
    this.#expectsHeader = true
    this.#stream.send(nonza('success', SASL))
    this.#stream.restart()
  }
  #refuse(condition: SaslCondition): void {
    this.#challenged = false
    this.#failures += 1
    if (this.#failures > ATTEMPTS_MAX) return this.#stream.fail('policy-violation', 'Too many failed attempts')
    this.#stream.send(serialise(el('failure', SASL, {}, el(condition, SASL)), SERVER))
  }
}
