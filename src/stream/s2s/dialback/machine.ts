/**
 * Server dialback (XEP-0220) on one stream, in all three roles: Initiating Server (we want to write), Receiving Server
 * (the other one wants to), Authoritative Server (somebody asks whether a key is ours). What must go over another
 * stream, the question to the Authoritative Server, is handed out, and its answer handed in.
 *
 * An answer counts only if the same question is open on the same stream (section 3.1).
 */
import type { Wire } from '../../../xml/wire.ts'
import { pairKey, type DomainPair } from '../../../xmpp/domain-pair.ts'
import { dialbackText, type DialbackElement, type Outcome } from './elements.ts'
import { dialbackKey, isKey } from './key.ts'

/** What the Receiving Server asks the Authoritative Server (step 2). */
export interface Question {
  readonly pair: DomainPair
  /** Of the stream on which the key came. */
  readonly streamId: string
  readonly key: string
}

export interface DialbackOut {
  send(text: Wire): void
  /** We may write to `remote` for `local` on this stream. */
  granted(pair: DomainPair): void
  /** We may not. */
  refused(pair: DomainPair, why: Outcome): void
  /** May it write? Answer with `conclude`, at once or later. */
  examine(pair: DomainPair, key: string): void
  /** It may. */
  accepted(pair: DomainPair): void
  /** It has claimed a domain that is not its own, and nothing else on this stream is good: close it. */
  caught(): void
  /** An answer without a question, or a question from the wrong side: an attack, or a mistake. */
  unsolicited(element: DialbackElement): void
}

export interface DialbackOptions {
  readonly secret: string
  readonly serves: (domain: string) => boolean
  /** Pairs that one stream may be used for. */
  readonly pairsMax: number
}

export class Dialback {
  /** May the other side ask? On a stream that it has opened, and on any with XEP-0288. */
  takesQuestions: boolean
  /** The other side has asked about a key. */
  wasAsked = false
  readonly #options: DialbackOptions
  readonly #out: DialbackOut
  /** Pairs for which we have asked to write. */
  readonly #requested = new Set<string>()
  /** Questions about keys that we have asked here. */
  readonly #questions = new Map<string, (outcome: Outcome) => void>()
  /** Pairs for which the other side has asked to write: being examined, or accepted. */
  readonly #examined = new Set<string>()
  readonly #accepted = new Set<string>()

  constructor(side: 'initiating' | 'receiving', options: DialbackOptions, out: DialbackOut) {
    this.takesQuestions = side === 'receiving'
    this.#options = options
    this.#out = out
  }

  /** Step 1. @param streamId what the other side calls this stream */
  request(pair: DomainPair, streamId: string): void {
    if (this.#requested.has(pairKey(pair))) return
    this.#requested.add(pairKey(pair))
    const key = dialbackKey(this.#options.secret, { receiving: pair.remote, originating: pair.local, streamId })
    this.#send('result', pair, null, null, key)
  }
  /** Step 2: asks the server of `pair.remote` about a key that came on another stream. `answered` is called at most once. */
  ask({ pair, streamId, key }: Question, answered: (outcome: Outcome) => void): void {
    this.#questions.set(idOf(pair, streamId), answered)
    this.#send('verify', pair, streamId, null, key)
  }
  /** Step 4: what came of `examine`. */
  conclude(pair: DomainPair, outcome: Outcome): void {
    if (!this.#examined.delete(pairKey(pair))) return
    if (outcome === 'valid') {
      this.#accepted.add(pairKey(pair))
      this.#send('result', pair, null, 'valid')
      return this.#out.accepted(pair)
    }
    // 2.2.1: where other pairs are good, it may only be a mistake
    const isOnly = this.#accepted.size === 0
    this.#send('result', pair, null, outcome === 'invalid' && !isOnly ? 'forbidden' : outcome)
    if (outcome === 'invalid' && isOnly) this.#out.caught()
  }
  /** An element has come. Its domains are prepared. */
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
  /** The other side may write for this pair because its certificate says so. */
  accept(pair: DomainPair): void {
    this.#accepted.add(pairKey(pair))
  }
  accepts(pair: DomainPair): boolean {
    return this.#accepted.has(pairKey(pair))
  }
  /** It may write for at least one pair. */
  get acceptsAny(): boolean {
    return this.#accepted.size > 0
  }
  /** What we asked about keys and is not answered: not answered it stays (2.1). */
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
