/**
 * An 'unsubscribe' that got lost (RFC 6121 3.3): the contact's server goes on sending presence to somebody who does not
 * want it, and no rule of the RFC ever stops it, for the user's server asks nothing of a contact that it does not see.
 * So it is remembered until the other server has confirmed it (A.3.2: it answers 'unsubscribed'); if presence of the
 * contact comes all the same, it is said again, less and less often. A.2.2 lets it be sent in every state, and it
 * tells nothing new to somebody who was told before.
 */
import type { Millis } from '../base/clock.ts'
import type { Wire } from '../xml/wire.ts'
import type { Jid } from '../xmpp/jid.ts'
import { Packet } from '../xmpp/packet.ts'
import { contactKey, contactOf, type Account } from './account.ts'

export interface Farewell {
  readonly contact: Jid
  /** When it was said last. */
  readonly saidAt: Millis
  readonly times: number
}

/** Of one account. One more, and the oldest is forgotten. */
export const FAREWELLS_MAX = 200
/** From the first time to the second; then four times as long each time, and a day at most. */
const PAUSE: Millis = 60_000
const PAUSE_MAX: Millis = 86_400_000
/** A server that has not understood by then never will. */
const TIMES_MAX = 12

/** What follows for the store. */
export interface FarewellChange {
  readonly keep: Farewell | null
  /** Full texts of the contacts whose farewells are forgotten. */
  readonly drop: readonly string[]
}
const NOTHING: FarewellChange = { keep: null, drop: [] }

export class Farewells {
  /** By contact, the one that was said first comes first. */
  readonly #all = new Map<string, Farewell>()

  constructor(all: Iterable<Farewell>) {
    for (const farewell of all) this.#all.set(farewell.contact.full, farewell)
  }
  /** The account has sent this to a contact. */
  said({ type, to }: Packet, now: Millis): FarewellChange {
    const contact = contactOf(to!)
    if (type === 'subscribe') return this.#forget(contact.full)
    if (type !== 'unsubscribe') return NOTHING
    const oldest = this.#all.has(contact.full) || this.#all.size < FAREWELLS_MAX ? null : this.#all.keys().next().value!
    if (oldest !== null) this.#all.delete(oldest)
    return { keep: this.#keep(contact, now, 1), drop: oldest === null ? [] : [oldest] }
  }
  /** This has come from a contact: with it, the other server confirms that it has heard. */
  heard({ type, from }: Packet): FarewellChange {
    return type === 'unsubscribed' ? this.#forget(contactKey(from)) : NOTHING
  }
  /**
   * Available presence has come for the account, as a broadcast does. What to say to that; null: nothing.
   * @param id of what is said
   */
  stray(
    account: Account,
    { from }: Packet,
    now: Millis,
    id: () => Wire,
  ): { readonly again: Packet; readonly keep: Farewell } | null {
    const farewell = this.#all.get(contactKey(from))
    if (farewell === undefined || farewell.times >= TIMES_MAX) return null
    const { contact, saidAt, times } = farewell
    const { roster } = account
    if (roster.isSubscribedTo(contact.full) || roster.item(contact.full)?.ask === true) return null
    if (now - saidAt < Math.min(PAUSE * 4 ** (times - 1), PAUSE_MAX)) return null
    const again = Packet.of({ kind: 'presence', type: 'unsubscribe', from: account.bare, to: contact, id: id() })
    return { again, keep: this.#keep(contact, now, times + 1) }
  }

  #keep(contact: Jid, saidAt: Millis, times: number): Farewell {
    const farewell = { contact, saidAt, times }
    this.#all.set(contact.full, farewell)
    return farewell
  }
  #forget(contact: string): FarewellChange {
    return this.#all.delete(contact) ? { keep: null, drop: [contact] } : NOTHING
  }
}
