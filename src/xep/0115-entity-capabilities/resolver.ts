/**
 * XEP-0115 section 5.4: from `<c/>` to a set of features. The generating entity is asked (6.2) unless the answer is known. For
 * one hash only one question is in progress at a time. Entities that advertise the same hash meanwhile wait for it; if the
 * answer does not match the hash, the next one is asked.
 */
import { el, type Element } from '../../xml/element.ts'
import { decode, encode, unpin } from '../../xml/wire.ts'
import type { Caps } from '../../xmpp/caps.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { DISCO_INFO } from '../0030-service-discovery/index.ts'
import { isKnownHash, readInfo, verOf, type Info } from './hash.ts'
import { Verified, type VerifiedLimits } from './verified.ts'

/** Null if not known, and not to be found out now. */
export type Features = ReadonlySet<string> | null
/** @param refuted the hash does not match what the entity says: one of the two is false */
export type Answered = (features: Features, refuted: boolean) => void
export type Ask = (from: Jid, to: Jid, payload: Element, answered: (answer: Packet | null) => void) => void

export interface ResolverLimits extends VerifiedLimits {
  /** The most features of one answer; a longer one is not accepted. */
  readonly featuresMax: number
  /** Questions in progress to one remote domain, and entities that wait for one hash. Further ones are not resolved. */
  readonly waitingMax: number
}

interface Waiter {
  readonly asker: Jid
  readonly target: Jid
  readonly caps: Caps
  readonly answered: Answered
}

export class Resolver {
  readonly #ask: Ask
  readonly #changed: (key: string) => void
  readonly #isHere: (name: Jid) => boolean
  readonly #limits: ResolverLimits
  readonly #verified: Verified
  /** By hash: the entity that is being asked (the first), and those that would be asked next. */
  readonly #waiting = new Map<string, Waiter[]>()
  /** Questions in progress, by remote domain. */
  readonly #remote = new Map<string, number>()

  /** @param changed told of the keys of which something else is to be remembered */
  constructor(ask: Ask, isHere: (name: Jid) => boolean, limits: ResolverLimits, changed: (key: string) => void = () => {}) {
    this.#changed = changed
    this.#ask = ask
    this.#isHere = isHere
    this.#limits = limits
    this.#verified = new Verified(limits)
  }
  /** The number of known verification strings. */
  get known(): number {
    return this.#verified.size
  }
  /**
   * Finds out the features of `target`. `answered` is called once, at once if the answer is known.
   * @param asker in whose name to ask: a user to whom `target` shows its presence
   * @param target the full JID that sent `caps`
   */
  resolve(asker: Jid, target: Jid, caps: Caps, answered: Answered): void {
    const waiter = { asker, target, caps, answered }
    if (!isKnownHash(caps.hash)) return this.#question(waiter, (info) => answered(featuresOf(info), false)) // step 2
    const key = keyOf(caps)
    const known = this.#verified.get(key)
    if (known !== undefined) return answered(known, false)
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) {
      this.#waiting.set(key, [waiter])
      this.#verify(key, waiter)
    } else if (waiting.length < this.#limits.waitingMax) waiting.push(waiter)
    else answered(null, false)
  }
  /** What is verified, by a key of each: to be remembered over a restart. */
  keys(): Iterable<string> {
    return this.#verified.keys()
  }
  memory(key: string): readonly string[] | null {
    const features = this.#verified.peek(key)
    return features === undefined ? null : [...features]
  }
  /** From before a restart. */
  restore(key: string, features: readonly string[]): void {
    this.#verified.set(key, new Set(features))
  }
  /** The features that this hash proves; null if not known. */
  verified(caps: Caps): Features {
    return this.#verified.get(keyOf(caps)) ?? null
  }
  /** Like `resolve`, for those who accept nothing but what the hash proves. */
  verify(asker: Jid, target: Jid, caps: Caps, answered: (features: Features) => void): void {
    if (!isKnownHash(caps.hash)) return answered(null)
    this.resolve(asker, target, caps, (features, isRefuted) => answered(isRefuted ? null : features))
  }

  /** Step 3. An answer that does not match the hash applies to this entity only. */
  #verify(key: string, first: Waiter): void {
    this.#question(first, (info) => {
      const features = featuresOf(info)
      const isValid = info !== null && verOf(info.s, first.caps.hash) === first.caps.ver
      const [, ...others] = this.#waiting.get(key)!
      this.#waiting.delete(key)
      if (isValid) this.#remember(key, features!)
      else if (others.length > 0) this.#waiting.set(key, others)
      first.answered(features, !isValid && info !== null)
      if (isValid) for (const other of others) other.answered(features, false)
      else if (others.length > 0) this.#verify(key, others[0]!)
    })
  }
  #remember(key: string, features: ReadonlySet<string>): void {
    for (const changed of [key, ...this.#verified.set(key, features)]) this.#changed(changed)
  }
  #question({ asker, target, caps }: Waiter, answered: (info: Info | null) => void): void {
    const remote = this.#isHere(target) ? null : target.domain
    if (remote !== null && !this.#begin(remote)) return answered(null)
    const node = `${caps.node}#${caps.ver}`
    this.#ask(asker, target, el('query', DISCO_INFO, { node }), (answer) => {
      if (remote !== null) this.#end(remote)
      const query = answer?.type === 'result' ? answer.payload.child('query', DISCO_INFO) : undefined
      answered(query === undefined || query.children.length > this.#limits.featuresMax ? null : readInfo(query))
    })
  }
  #begin(domain: string): boolean {
    const open = this.#remote.get(domain) ?? 0
    if (open >= this.#limits.waitingMax) return false
    this.#remote.set(domain, open + 1)
    return true
  }
  #end(domain: string): void {
    const open = this.#remote.get(domain)! - 1
    if (open === 0) this.#remote.delete(domain)
    else this.#remote.set(domain, open)
  }
}

/** Copies, because what was read is a slice of a chunk of input that must not be kept alive. */
const featuresOf = (info: Info | null): Features =>
  info === null ? null : new Set(info.features.map((feature) => decode(unpin(encode(feature)))))

/** Without the node: what the hash proves does not depend on the program's name. */
const keyOf = ({ hash, ver }: Caps): string => `${hash} ${ver}`
