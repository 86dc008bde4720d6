/**
 * An 'unsubscribe' that got lost (RFC 6121 3.3): the contact's server goes on sending presence to somebody who does not
 * want it, and no rule of the RFC ever stops it, for the user's server asks nothing of a contact that it does not see.
 * So it is remembered until the other server has confirmed it (A.3.2: it answers 'unsubscribed'); if presence of the
 * contact comes all the same, it is said again, less and less often. A.2.2 lets it be sent in every state, and it
 * tells nothing new to somebody who was told before.
 *
 * Whoever asks again before that answer has come gets two answers, and the first of them refuses nothing. So what was said
 * since the farewell is remembered in its order, too.
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

/** What an account says to a contact whom it wants to see, or no more. */
type Word = 'subscribe' | 'unsubscribe'
const ANSWERS: Readonly<Record<string, Word>> = { subscribed: 'subscribe', unsubscribed: 'unsubscribe' }
/** Of one contact. */
const WORDS_MAX = 20

interface Kept {
  readonly farewell: Farewell
  /** Not answered yet, the first one first: the farewell, and what was said after it. */
  readonly words: readonly Word[]
}

/** What follows for the store. */
export interface FarewellChange {
  readonly keep: Farewell | null
  /** Full texts of the contacts whose farewells are forgotten. */
  readonly drop: readonly string[]
}
const NOTHING: FarewellChange = { keep: null, drop: [] }

export class Farewells {
  /** By contact, the one that was said first comes first. */
  readonly #all = new Map<string, Kept>()

  constructor(all: Iterable<Farewell>) {
    for (const farewell of all) this.#all.set(farewell.contact.full, { farewell, words: ['unsubscribe'] })
  }
  /**
   * The account has sent this to a contact.
   * @param mayBeAnswered may the answer to a farewell of then still come? Not every server gives one.
   */
  said({ type, to }: Packet, now: Millis, mayBeAnswered: (saidAt: Millis) => boolean): FarewellChange {
    const contact = contactOf(to!)
    if (type === 'subscribe') return this.#asked(contact.full, mayBeAnswered)
    if (type !== 'unsubscribe') return NOTHING
    const oldest = this.#all.has(contact.full) || this.#all.size < FAREWELLS_MAX ? null : this.#all.keys().next().value!
    if (oldest !== null) this.#all.delete(oldest)
    return { keep: this.#keep(contact, now, 1), drop: oldest === null ? [] : [oldest] }
  }
  /** Is this the answer to a farewell, whatever the account has said since? Then it refuses nothing. */
  isConfirmedBy({ type, from }: Packet): boolean {
    return type === 'unsubscribed' && this.#all.has(contactKey(from))
  }
  /** This has come from a contact: with it, the other server confirms that it has heard what was said before that. */
  heard({ type, from }: Packet): FarewellChange {
    const key = contactKey(from)
    const kept = this.#all.get(key)
    const word = ANSWERS[type]
    if (kept === undefined || word === undefined || !kept.words.includes(word)) return NOTHING
    const words = kept.words.slice(kept.words.indexOf(word) + 1)
    if (!words.includes('unsubscribe')) return this.#forget(key)
    this.#all.set(key, { ...kept, words })
    return NOTHING
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
    const kept = this.#all.get(contactKey(from))
    if (kept === undefined || kept.farewell.times >= TIMES_MAX) return null
    const { contact, saidAt, times } = kept.farewell
    const { roster } = account
    if (roster.isSubscribedTo(contact.full) || roster.item(contact.full)?.ask === true) return null
    if (now - saidAt < Math.min(PAUSE * 4 ** (times - 1), PAUSE_MAX)) return null
    const again = Packet.of({ kind: 'presence', type: 'unsubscribe', from: account.bare, to: contact, id: id() })
    return { again, keep: this.#keep(contact, now, times + 1) }
  }

  #keep(contact: Jid, saidAt: Millis, times: number): Farewell {
    const farewell = { contact, saidAt, times }
    this.#all.set(contact.full, { farewell, words: this.#wordsWith(contact.full, 'unsubscribe') })
    return farewell
  }
  #asked(contact: string, mayBeAnswered: (saidAt: Millis) => boolean): FarewellChange {
    const kept = this.#all.get(contact)
    if (kept === undefined) return NOTHING
    if (!mayBeAnswered(kept.farewell.saidAt)) return this.#forget(contact)
    this.#all.set(contact, { ...kept, words: this.#wordsWith(contact, 'subscribe') })
    return NOTHING
  }
  /** The same once more is answered once: nothing changes with it. */
  #wordsWith(contact: string, word: Word): readonly Word[] {
    const words = this.#all.get(contact)?.words ?? []
    return words.at(-1) === word || words.length >= WORDS_MAX ? words : [...words, word]
  }
  #forget(contact: string): FarewellChange {
    return this.#all.delete(contact) ? { keep: null, drop: [contact] } : NOTHING
  }
}
