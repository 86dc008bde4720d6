/**
 * Negotiates a stream that we open to another server (RFC 6120 4.3, as the initiating entity): TLS, the check of the
 * certificate, XEP-0288, then SASL EXTERNAL if it is offered (XEP-0178 3), otherwise dialback. After either, stanzas are counted
 * if that is offered (XEP-0198).
 */
import type { Timer } from '../../base/clock.ts'
import { readCount, SM, wantsResumption } from '../../server/stream-management/nonzas.ts'
import type { Element } from '../../xml/element.ts'
import { el } from '../../xml/element.ts'
import type { RawElement, StreamHeader } from '../../xml/scanner.ts'
import { serialise } from '../../xml/write.ts'
import { SASL, SERVER, STREAM, TLS } from '../../xmpp/ns.ts'
import { nonza } from '../framing.ts'
import { encodeBase64 } from '../../sasl/base64.ts'
import { pairKey, type DomainPair } from '../../xmpp/domain-pair.ts'
import { DIALBACK_FEATURE } from './dialback/elements.ts'
import { PeerFailure } from './failure.ts'
import { limitsElement, STREAM_LIMITS } from '../stream-limits.ts'
import { BIDI, BIDI_FEATURE } from './offers.ts'
import type { ManagedPeer } from './managed-peer.ts'
import type { PeerParts } from './peer-parts.ts'
import type { PeerNegotiation, PeerStream } from './peer-stream.ts'

export interface Opened {
  ready(stream: PeerStream): void
  failed(why: PeerFailure): void
}

export class InitiatingNegotiation implements PeerNegotiation {
  readonly #stream: PeerStream
  readonly #parts: PeerParts
  readonly #opened: Opened
  #expects: 'header' | 'features' | 'proceed' | 'outcome' | 'management' | 'nothing' = 'header'
  #authenticated = false
  #externalFailed = false
  #bidiAsked = false
  /** Stream management (XEP-0198) is offered. */
  #mayCount = false
  /** The stream was handed over, or is over. */
  #over = false
  /** For the answer about stream management, once the stream was handed over. */
  #timer: Timer | null = null
  /** The lost stream whose resumption was asked for. */
  #lost: ManagedPeer | null = null

  constructor(stream: PeerStream, parts: PeerParts, local: string, remote: string, opened: Opened) {
    this.#stream = stream
    this.#parts = parts
    this.#opened = opened
    stream.local = local
    stream.remote = remote
  }
  /** Sends the first header. */
  begin(): void {
    const { local, remote } = this.#stream
    this.#expects = 'header'
    this.#stream.open(local, remote, '') // no language: stanzas come from people of many languages
  }
  header({ attrs }: StreamHeader): void {
    if (this.#expects !== 'header') return this.#stream.fail('policy-violation')
    this.#stream.id = attrs['id'] ?? ''
    this.#expects = 'features'
    if (this.#stream.carrier.encrypted && !this.#authenticated) this.#checkCertificate()
  }
  element(raw: RawElement): void {
    if (raw.ns === STREAM && raw.name === 'features' && this.#expects === 'features') return this.#features(raw.tree())
    if (raw.ns === TLS && this.#expects === 'proceed')
      return raw.name === 'proceed'
        ? this.#secure()
        : this.#giveUp(new PeerFailure('insecure', 'the other server refuses STARTTLS'))
    if (raw.ns === SASL && this.#expects === 'outcome') return this.#outcome(raw)
    if (raw.ns === SM && this.#expects === 'management') return this.#managed(raw.tree())
    const isToldAgain = this.#expects === 'nothing' || this.#expects === 'management'
    if (raw.ns === STREAM && raw.name === 'features' && isToldAgain) return // nothing in these features that we would use
    this.#stream.fail('unsupported-stanza-type')
  }
  /** Stanzas written to a lost stream come before new ones, so first we ask how many of them are missing. */
  granted(pair: DomainPair): void {
    if (!this.#mayCount || pairKey(pair) !== pairKey(this.#stream)) return this.#stream.pairs.grant(pair)
    const { clock, settings } = this.#parts
    const late = (): void => this.#stream.fail('connection-timeout', 'Stream management takes too long')
    this.#timer = clock.after(settings['negotiation-timeout'], late)
    this.#manage()
  }
  accepted(pair: DomainPair): void {
    this.#stream.pairs.accept(pair)
  }
  over(why: PeerFailure): void {
    this.#timer?.cancel()
    if (this.#over) return
    this.#over = true
    this.#opened.failed(why)
  }

  /** RFC 6120 13.7.2, RFC 7590 3.4: checks what the rule for the domain requires. */
  #checkCertificate(): void {
    const { remote } = this.#stream
    this.#stream.examineCertificate()
    if (this.#parts.peers.trust(remote) !== 'require-certificate' || this.#stream.isCertified(remote)) return
    this.#giveUp(
      new PeerFailure(
        'untrusted',
        this.#stream.certificate === null ? 'its certificate does not hold' : 'its certificate is for somebody else',
      ),
    )
  }
  #features(features: Element): void {
    const { encrypted, startTls } = this.#stream.carrier
    if (encrypted) return this.#secureFeatures(features)
    if (startTls === null || features.child('starttls', TLS) === undefined)
      return this.#giveUp(new PeerFailure('insecure', 'the other server does not offer TLS'))
    this.#expects = 'proceed'
    this.#stream.send(nonza('starttls', TLS))
  }
  #secure(): void {
    this.#stream.secure()
    this.begin()
  }
  #secureFeatures(features: Element): void {
    this.#stream.hasDialbackErrors = features.child('dialback', DIALBACK_FEATURE)?.child('errors') !== undefined
    this.#stream.peerStanzaMax = Number(features.child('limits', STREAM_LIMITS)?.child('max-bytes')?.text ?? 0) || 0
    if (features.child('bidi', BIDI_FEATURE) !== undefined && !this.#authenticated) this.#askForBidi()
    const mechanisms = features.child('mechanisms', SASL)?.elements.map((m) => m.text.trim()) ?? []
    this.#mayCount = this.#parts.management !== null && features.child('sm', SM) !== undefined
    if (this.#authenticated && this.#mayCount) return this.#manage()
    if (this.#authenticated || this.#externalFailed || !mechanisms.includes('EXTERNAL')) return this.#done()
    this.#expects = 'outcome'
    // XEP-0178 3: the authorization identity is optional, but older servers require it.
    this.#stream.send(serialise(el('auth', SASL, { mechanism: 'EXTERNAL' }, encodeBase64(Buffer.from(this.#stream.local)))))
  }
  /** XEP-0288 2.2: before authentication, together with our limits, for which there is no other place (XEP-0478). */
  #askForBidi(): void {
    const { settings } = this.#parts
    if (!settings['bidirectional'] || this.#bidiAsked) return
    this.#bidiAsked = true
    this.#stream.bidirectional = true
    this.#stream.pairs.dialback.takesQuestions = true
    this.#stream.send(serialise(el('bidi', BIDI, {}, limitsElement(settings['stanza-size'])), SERVER))
  }
  #outcome(raw: RawElement): void {
    switch (raw.name) {
      case 'success':
        this.#authenticated = true
        this.#stream.restart()
        return this.begin()
      case 'challenge':
        return this.#stream.send(nonza('response', SASL, encodeBase64(Buffer.from(this.#stream.local))))
      case 'failure':
        // XEP-0178 3: the other server closes now, or continues with dialback.
        this.#externalFailed = true
        return this.#done()
      default:
        this.#stream.fail('unsupported-stanza-type')
    }
  }
  /** XEP-0198: resumes the lost stream if there is one, otherwise enables stream management. */
  #manage(): void {
    const { local, remote, bidirectional } = this.#stream
    if (bidirectional) this.#stream.pairs.hear({ local, remote }) // the other side may begin at once
    this.#lost = this.#parts.management!.claim(this.#stream)
    if (this.#lost === null) return this.#enable()
    this.#expects = 'management'
    this.#stream.send(serialise(el('resume', SM, { previd: this.#lost.id!, h: String(this.#lost.h) }), SERVER))
  }
  #enable(): void {
    this.#lost = null
    this.#expects = 'management'
    this.#stream.send(serialise(el('enable', SM, { resume: 'true' }), SERVER))
  }
  /** Handles the answer. Nothing is written before it, so that as few stanzas as possible are in doubt. */
  #managed(element: Element): void {
    const management = this.#parts.management!
    const lost = this.#lost
    const h = readCount(element)
    if (element.name === 'enabled' && lost === null) {
      management.begin(this.#stream, wantsResumption(element) ? (element.attr('id') ?? null) : null)
      return this.#counted()
    }
    if (element.name === 'resumed' && lost !== null && h !== null) {
      management.goOn(this.#stream, lost, h)
      return this.#counted()
    }
    if (element.name !== 'failed') return this.#stream.fail('unsupported-stanza-type')
    if (lost === null) return this.#counted() // the other side offered what it does not support
    management.answered(lost, h)
    this.#enable()
  }
  /** The question is decided: stanzas are counted from here on, or not at all. */
  #counted(): void {
    const { local, remote, pairs } = this.#stream
    this.#mayCount = false
    if (this.#authenticated) return this.#done()
    this.#expects = 'nothing'
    this.#timer?.cancel()
    this.#stream.isShareable = true
    pairs.grant({ local, remote })
  }
  #done(): void {
    const { local, remote } = this.#stream
    this.#expects = 'nothing'
    this.#over = true
    this.#stream.isShareable = !this.#mayCount
    this.#stream.ready()
    if (this.#authenticated) this.#stream.pairs.grant({ local, remote })
    if (!this.#stream.isClosing) this.#opened.ready(this.#stream)
    else this.#opened.failed(new PeerFailure('unreachable', 'the stream was closed at once'))
  }
  #giveUp(why: PeerFailure): void {
    this.over(why)
    this.#stream.close(null)
  }
}
