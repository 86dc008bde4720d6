/**
 * What presence a client was last shown, by the full JID that it came from: whom it takes for available, and a digest
 * of how. From this it can be proved that something need not be sent. What cannot be remembered is unknown, and is sent.
 */
import { createHash } from 'node:crypto'
import type { Packet } from '../../xmpp/packet.ts'
import { doubtersAfter, sayingSomething } from '../../xmpp/state-annotation.ts'

/** Full JIDs that are remembered for one client. */
const SHOWN_MAX = 2000
/** What those addresses may take up. */
const SHOWN_OCTETS_MAX = 128 * 1024
const GONE = ''

export class Shown {
  readonly #states = new Map<string, string>()
  #octets = 0
  /** Whoever is not remembered was never shown as available. */
  #isComplete: boolean

  /** @param isComplete the client has not been shown any presence yet */
  constructor(isComplete: boolean) {
    this.#isComplete = isComplete
  }
  /** The client is shown this presence: available or unavailable. */
  note(packet: Packet): void {
    const { from } = packet
    if (packet.type === '') this.#set(from.full, stateAfter(this.#states.get(from.full), packet))
    else if (from.isBare) this.#closeAll(from.bare)
    else this.#set(from.full, GONE)
  }
  /** Does the client certainly not take `full` for available? */
  isGone(full: string): boolean {
    const state = this.#states.get(full)
    return state === undefined ? this.#isComplete : state === GONE
  }
  /** Does the client certainly know this available presence? Its id does not matter. */
  isKnown(packet: Packet): boolean {
    const state = this.#states.get(packet.from.full)
    return state !== undefined && state !== GONE && state === stateAfter(state, packet)
  }

  #set(full: string, state: string): void {
    const isKnown = this.#states.has(full)
    if (state === GONE && this.#isComplete) {
      if (this.#states.delete(full)) this.#octets -= full.length
    } else if (isKnown) this.#states.set(full, state)
    else if (this.#states.size < SHOWN_MAX && this.#octets + full.length <= SHOWN_OCTETS_MAX) {
      this.#states.set(full, state)
      this.#octets += full.length
    } else this.#isComplete = false
  }
  #closeAll(bare: string): void {
    const prefix = `${bare}/`
    for (const full of this.#states.keys()) if (full === bare || full.startsWith(prefix)) this.#set(full, GONE)
  }
}

/** What a notice says, and by whose doubts it is shown: what somebody has annotated before holds until they say another thing. */
function stateAfter(before: string | undefined, packet: Packet): string {
  const doubters = before === undefined ? [] : before.split(' ').slice(1)
  return [digestOf(packet), ...doubtersAfter(doubters, packet)].join(' ')
}
/** A doubt that was taken back (XEP-0310) is none: such a presence is what it was before. */
function digestOf(packet: Packet): string {
  const { lang, extra, payload } = sayingSomething(packet)
  return createHash('sha256')
    .update(`${lang ?? ''}\0${extra}\0${payload.text}`, 'latin1')
    .digest('base64')
    .slice(0, 22)
}
