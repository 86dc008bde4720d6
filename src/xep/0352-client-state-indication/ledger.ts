/**
 * The presence that a client was last shown, by full JID: which resources it believes to be available, and a digest of their
 * presence. This can prove that a stanza need not be sent. What is not remembered is unknown, and is sent.
 */
import { createHash } from 'node:crypto'
import type { Packet } from '../../xmpp/packet.ts'
import { doubtersAfter, isAnnotated, sayingSomething } from '../../xmpp/state-annotation.ts'

/** The most full JIDs that are remembered for one client. */
const SHOWN_MAX = 2000
/** The most octets of these addresses. */
const SHOWN_OCTETS_MAX = 128 * 1024
const GONE = ''
/**
 * Shown, with doubts that are not known: it was annotated, and nobody knows what the client was told before. Or the client may
 * have forgotten it.
 */
const UNKNOWN = '?'

export class Shown {
  readonly #states = new Map<string, string>()
  #octets = 0
  /** A resource that is not remembered was never shown as available. */
  #isComplete: boolean
  /** It was shown more than could be remembered. */
  #isFull = false

  /** @param isComplete the client was not shown any presence yet */
  constructor(isComplete: boolean) {
    this.#isComplete = isComplete
  }
  /** The client is shown this presence: available or unavailable. */
  note(packet: Packet): void {
    const { from } = packet
    if (packet.type === '') this.#set(from.full, stateAfter(this.#stateOf(from.full), packet))
    else if (from.isBare) this.#closeAll(from.bare)
    else this.#set(from.full, GONE)
  }
  /** The client may show those who are available in any way, and is told again. */
  forget(): void {
    for (const [full, state] of this.#states) if (state !== GONE) this.#states.set(full, UNKNOWN)
  }
  /** Does the client certainly not believe `full` to be available? */
  isGone(full: string): boolean {
    return this.#stateOf(full) === GONE
  }
  /** May the client have been shown `full` as available since this began, and not told that it has gone? */
  mayShow(full: string): boolean {
    return this.#isFull || (this.#states.get(full) ?? GONE) !== GONE
  }
  /** Does the client certainly know this available presence? Its id does not matter. */
  isKnown(packet: Packet): boolean {
    const state = this.#stateOf(packet.from.full)
    return state !== UNKNOWN && state !== GONE && state === stateAfter(state, packet)
  }
  #stateOf(full: string): string {
    return this.#states.get(full) ?? (this.#isComplete ? GONE : UNKNOWN)
  }

  #set(full: string, state: string): void {
    const isKnown = this.#states.has(full)
    if (state === GONE && this.#isComplete) {
      if (this.#states.delete(full)) this.#octets -= full.length
    } else if (isKnown) this.#states.set(full, state)
    else if (this.#states.size < SHOWN_MAX && this.#octets + full.length <= SHOWN_OCTETS_MAX) {
      this.#states.set(full, state)
      this.#octets += full.length
    } else {
      this.#isComplete = false
      this.#isFull = true
    }
  }
  #closeAll(bare: string): void {
    const prefix = `${bare}/`
    for (const full of this.#states.keys()) if (full === bare || full.startsWith(prefix)) this.#set(full, GONE)
  }
}

/** The content of a notice, with its doubting annotators: an annotation is valid until the same annotator changes it. */
function stateAfter(before: string, packet: Packet): string {
  if (before === UNKNOWN && isAnnotated(packet)) return UNKNOWN
  const doubters = before.split(' ').slice(1)
  return [digestOf(packet), ...doubtersAfter(doubters, packet)].join(' ')
}
/** A withdrawn doubt (XEP-0310) counts as none: such a presence is what it was before. */
function digestOf(packet: Packet): string {
  const { lang, extra, payload } = sayingSomething(packet)
  return createHash('sha256')
    .update(`${lang ?? ''}\0${extra}\0${payload.text}`, 'latin1')
    .digest('base64')
    .slice(0, 22)
}
