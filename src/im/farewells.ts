/**
 * An 'unsubscribe' that got lost (RFC 6121 3.3): the contact's server continues to send presence that the user no longer
 * wants. No rule of the RFC stops that server, because the user's server sends no probe to a contact that the user does not
 * see. So the 'unsubscribe' is remembered as a farewell until the other server confirms it (A.3.2: it answers
 * 'unsubscribed'). If presence of the contact arrives before that, the 'unsubscribe' is sent again, less and less often.
 * A.2.2 allows it in every state.
 *
 * A user who asks for the subscription again before that answer gets two answers, and the first of them refuses nothing.
 * So what was sent since the farewell is remembered in its order, too.
 */
import type { Millis } from '../base/clock.ts'
import type { Wire } from '../xml/wire.ts'
import type { Jid } from '../xmpp/jid.ts'
import { Packet } from '../xmpp/packet.ts'
import { contactKey, contactOf, type Account } from './account.ts'

export interface Farewell {
  readonly contact: Jid
  /** When the 'unsubscribe' was last sent. */
  readonly saidAt: Millis
  readonly times: number
}

/** The most farewells of one account. Beyond it the oldest is forgotten. */
export const FAREWELLS_MAX = 200
/** How long to wait before the second time. The wait then grows by a factor of four, up to a day. */
const PAUSE: Millis = 60_000
const PAUSE_MAX: Millis = 86_400_000
/** How often a farewell is sent. After that the other server is assumed never to understand. */
const TIMES_MAX = 12

/** What an account sends to a contact that it wants to see, or no longer wants to see. */
type Word = 'subscribe' | 'unsubscribe'
const ANSWERS: Readonly<Record<string, Word>> = { subscribed: 'subscribe', unsubscribed: 'unsubscribe' }
/** The most words remembered for one contact. */
const WORDS_MAX = 20

interface Kept {
  readonly farewell: Farewell
  /** What is not answered yet, in order: the farewell, and what was sent after it. */
  readonly words: readonly Word[]
}

/** What the store has to change. */
export interface FarewellChange {
  readonly keep: Farewell | null
  /** Full texts of the contacts whose farewells are forgotten. */
  readonly drop: readonly string[]
}
const NOTHING: FarewellChange = { keep: null, drop: [] }

export class Farewells {
  /** By contact, in the order of the first 'unsubscribe'. */
  readonly #all = new Map<string, Kept>()

  constructor(all: Iterable<Farewell>) {
    for (const farewell of all) this.#all.set(farewell.contact.full, { farewell, words: ['unsubscribe'] })
  }
  /**
   * Records what the account has sent to a contact.
   * @param mayBeAnswered may the answer to a farewell sent at that time still come? Not every server answers.
   */
  said({ type, to }: Packet, now: Millis, mayBeAnswered: (saidAt: Millis) => boolean): FarewellChange {
    const contact = contactOf(to!)
    if (type === 'subscribe') return this.#asked(contact.full, mayBeAnswered)
    if (type !== 'unsubscribe') return NOTHING
    const oldest = this.#all.has(contact.full) || this.#all.size < FAREWELLS_MAX ? null : this.#all.keys().next().value!
    if (oldest !== null) this.#all.delete(oldest)
    return { keep: this.#keep(contact, now, 1), drop: oldest === null ? [] : [oldest] }
  }
  /**
   * Is this the answer to a farewell, whatever the account has sent since? Then it refuses nothing.
   * @param mayBeAnswered as in `said`
   */
  isConfirmedBy({ type, from }: Packet, mayBeAnswered: (saidAt: Millis) => boolean): boolean {
    const kept = this.#all.get(contactKey(from))
    return type === 'unsubscribed' && kept !== undefined && mayBeAnswered(kept.farewell.saidAt)
  }
  /** Records what a contact has sent: it confirms that the other server received everything sent before the word it answers. */
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
   * Available presence arrived for the account. Returns the 'unsubscribe' to send again, or null.
   * @param id makes the id of that stanza
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
  /** A word that repeats the one before gets no answer of its own, so it is not added. */
  #wordsWith(contact: string, word: Word): readonly Word[] {
    const words = this.#all.get(contact)?.words ?? []
    return words.at(-1) === word || words.length >= WORDS_MAX ? words : [...words, word]
  }
  #forget(contact: string): FarewellChange {
    return this.#all.delete(contact) ? { keep: null, drop: [contact] } : NOTHING
  }
}
