/**
 * Server dialback (XEP-0220) on one stream, in all three roles: Initiating Server (we want to send), Receiving Server (the
 * other server wants to send), Authoritative Server (another server asks whether a key is ours). The question to the
 * Authoritative Server goes over another stream: the machine hands it out and receives its answer.
 *
 * An answer counts only if the same question is open on the same stream (section 3.1).
 */
import type { Wire } from '../../../xml/wire.ts'
import { pairKey, type DomainPair } from '../../../xmpp/domain-pair.ts'
import { dialbackText, type DialbackElement, type Outcome } from './elements.ts'
import { dialbackKey, isKey } from './key.ts'

/** The question of the Receiving Server to the Authoritative Server (step 2). */
export interface Question {
  readonly pair: DomainPair
  /** The id of the stream on which the key arrived. */
  readonly streamId: string
  readonly key: string
}

export interface DialbackOut {
  send(text: Wire): void
  /** We may send to `remote` for `local` on this stream. */
  granted(pair: DomainPair): void
  /** We may not send. */
  refused(pair: DomainPair, why: Outcome): void
  /** May the other server send? Answer with `conclude`, at once or later. */
  examine(pair: DomainPair, key: string): void
  /** The other server may send. */
  accepted(pair: DomainPair): void
  /** The other server claimed a domain that is not its own, and has no other valid pair on this stream: close it. */
  caught(): void
  /** An answer without a question, or a question from the wrong side: an attack or an error. */
  unsolicited(element: DialbackElement): void
}

export interface DialbackOptions {
  readonly secret: string
  readonly serves: (domain: string) => boolean
  /** The most pairs for which one stream may be used. */
  readonly pairsMax: number
}

export class Dialback {
  /** May the other side ask? On a stream that it opened, and on any stream with XEP-0288. */
  takesQuestions: boolean
  /** The other side has asked about a key. */
  wasAsked = false
  readonly #options: DialbackOptions
  readonly #out: DialbackOut
  /** Pairs for which we have asked to send. */
  readonly #requested = new Set<string>()
  /** Questions about keys that we have asked here. */
  readonly #questions = new Map<string, (outcome: Outcome) => void>()
  /** Pairs for which the other side has asked to send: being examined, or accepted. */
  readonly #examined = new Set<string>()
  readonly #accepted = new Set<string>()

  constructor(side: 'initiating' | 'receiving', options: DialbackOptions, out: DialbackOut) {
    this.takesQuestions = side === 'receiving'
    this.#options = options
    this.#out = out
  }

  /** Step 1. @param streamId the other side's id of this stream */
  request(pair: DomainPair, streamId: string): void {
    if (this.#requested.has(pairKey(pair))) return
    this.#requested.add(pairKey(pair))
    const key = dialbackKey(this.#options.secret, { receiving: pair.remote, originating: pair.local, streamId })
    this.#send('result', pair, null, null, key)
  }
  /** Step 2: asks the server of `pair.remote` about a key that arrived on another stream. `answered` is called at most once. */
  ask({ pair, streamId, key }: Question, answered: (outcome: Outcome) => void): void {
    this.#questions.set(idOf(pair, streamId), answered)
    this.#send('verify', pair, streamId, null, key)
  }
  /** Step 4: the result of `examine`. */
  conclude(pair: DomainPair, outcome: Outcome): void {
    if (!this.#examined.delete(pairKey(pair))) return
    if (outcome === 'valid') {
      this.#accepted.add(pairKey(pair))
      this.#send('result', pair, null, 'valid')
      return this.#out.accepted(pair)
    }
    // 2.2.1: if other pairs are valid, this may only be a mistake.
    const isOnly = this.#accepted.size === 0
    this.#send('result', pair, null, outcome === 'invalid' && !isOnly ? 'forbidden' : outcome)
    if (outcome === 'invalid' && isOnly) this.#out.caught()
  }
  /** An element arrived. Its domains are prepared. */
  take(element: DialbackElement): void {
    const pair = { local: element.to, remote: element.from }
    if (element.outcome === null) {
      if (!this.takesQuestions) return this.#out.unsolicited(element)
      return element.name === 'result' ? this.#wantsToWrite(pair, element.key) : this.#isAsked(pair, element)
    }
    if (element.name === 'result') {
      if (!this.#requested.delete(pairKey(pair))) return this.#out.unsolicited(element)
      return element.outcome === 'valid' ? this.#out.granted(pair) : this.#out.refused(pair, element.outcome)
    }
    const id = idOf(pair, element.id ?? '')
    const answered = this.#questions.get(id)
    if (answered === undefined) return this.#out.unsolicited(element)
    this.#questions.delete(id)
    answered(element.outcome)
  }
  /** The certificate of the other side allows it to send for this pair. */
  accept(pair: DomainPair): void {
    this.#accepted.add(pairKey(pair))
  }
  accepts(pair: DomainPair): boolean {
    return this.#accepted.has(pairKey(pair))
  }
  /** The other side may send for at least one pair. */
  get acceptsAny(): boolean {
    return this.#accepted.size > 0
  }
  /** The stream is over: our unanswered questions about keys get no answer (2.1). */
  over(): void {
    const questions = [...this.#questions.values()]
    this.#questions.clear()
    for (const answered of questions) answered('remote-server-timeout')
  }

  #wantsToWrite(pair: DomainPair, key: string): void {
    const known = pairKey(pair)
    if (this.#examined.has(known)) return
    if (!this.#options.serves(pair.local)) return this.#send('result', pair, null, 'item-not-found')
    if (this.#accepted.has(known)) return this.#send('result', pair, null, 'valid')
    if (this.#examined.size + this.#accepted.size >= this.#options.pairsMax)
      return this.#send('result', pair, null, 'resource-constraint')
    this.#examined.add(known)
    this.#out.examine(pair, key)
  }
  #isAsked(pair: DomainPair, { id, key }: DialbackElement): void {
    const streamId = id ?? ''
    this.wasAsked = true
    if (!this.#options.serves(pair.local)) return this.#send('verify', pair, streamId, 'item-not-found')
    const ours = isKey(this.#options.secret, { receiving: pair.remote, originating: pair.local, streamId }, key)
    this.#send('verify', pair, streamId, ours ? 'valid' : 'invalid')
  }
  #send(name: 'result' | 'verify', { local, remote }: DomainPair, id: string | null, outcome: Outcome | null, key = ''): void {
    this.#out.send(dialbackText({ name, from: local, to: remote, id, outcome, key }))
  }
}

const idOf = (pair: DomainPair, streamId: string): string => `${pairKey(pair)} ${streamId}`
