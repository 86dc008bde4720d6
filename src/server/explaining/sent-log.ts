/**
 * Which client was handed whose presence, and when: a ring of the last ones, of all sessions together. It holds two
 * addresses, a type and a moment, nothing of what anybody has said, and is never written to disk. Its places are made
 * once: noting one makes nothing new.
 */
import type { Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'

export interface Sent {
  /** The client's full JID. */
  readonly to: Jid
  readonly from: Jid
  /** Of the presence: '' for available. */
  readonly type: string
  readonly at: Millis
}

/** A longer address of a contact is not noted: there is room for many. */
const ADDRESS_OCTETS_MAX = 512

export class SentLog {
  readonly #max: number
  readonly #to: (Jid | null)[]
  readonly #from: (Jid | null)[]
  readonly #type: string[]
  readonly #at: Float64Array
  #next = 0

  /** @param max how many are kept; 0: none */
  constructor(max: number) {
    this.#max = max
    this.#to = new Array<Jid | null>(max).fill(null)
    this.#from = new Array<Jid | null>(max).fill(null)
    this.#type = new Array<string>(max).fill('')
    this.#at = new Float64Array(max)
  }
  note(to: Jid, from: Jid, type: string, at: Millis): void {
    if (this.#max === 0 || from.full.length > ADDRESS_OCTETS_MAX) return
    const i = this.#next
    this.#to[i] = to
    this.#from[i] = from
    this.#type[i] = type
    this.#at[i] = at
    this.#next = i + 1 === this.#max ? 0 : i + 1
  }
  /** What the client was last sent of each resource of `contact`, or of the contact itself; the newest first. */
  *lastTo(client: Jid, contact: Jid): Generator<Sent> {
    const told = new Set<string>()
    for (let n = 1; n <= this.#max; n++) {
      const i = (this.#next - n + this.#max) % this.#max
      const [to, from] = [this.#to[i]!, this.#from[i]!]
      if (to === null || from === null) return
      if (to.full !== client.full || from.bare !== contact.bare || told.has(from.full)) continue
      told.add(from.full)
      yield { to, from, type: this.#type[i]!, at: this.#at[i]! }
    }
  }
}
