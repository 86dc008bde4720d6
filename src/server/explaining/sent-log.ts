/**
 * Which client was sent whose presence, and when: a ring of the last ones, for all sessions together. It contains two
 * addresses, a type and a time, never any content, and is never written to disk. Its entries are allocated once, so that
 * recording allocates nothing.
 */
import type { Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'

export interface Sent {
  /** The client's full JID. */
  readonly to: Jid
  readonly from: Jid
  /** The type of the presence: '' for available. */
  readonly type: string
  readonly at: Millis
}

/** Longer addresses of a contact are not recorded, so that there is room for many. */
const ADDRESS_OCTETS_MAX = 512

export class SentLog {
  readonly #max: number
  readonly #to: (Jid | null)[]
  readonly #from: (Jid | null)[]
  readonly #type: string[]
  readonly #at: Float64Array
  #next = 0

  /** @param max the number of entries; 0 for none */
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
  /** What the client was last sent about each resource of `contact`, or about the contact itself; the newest first. */
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
