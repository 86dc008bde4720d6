/**
 * To which people outside the roster a user has written. They are no strangers when they answer. The store has them all; of some
 * it is known in memory whether they are among them, so that messages which follow each other do not wait for the store.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Clock } from '../../base/clock.ts'
import { contactKey } from '../../im/account.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { CorrespondentStore } from '../ports.ts'
import type { Accounts } from './accounts.ts'
import type { LocalAccount } from './session.ts'
import type { Slot } from './slots.ts'

export interface WrittenToParts {
  readonly accounts: Pick<Accounts, 'slots' | 'release'>
  readonly clock: Clock
  readonly store: CorrespondentStore
  /** The most people of one account that the store has. */
  readonly max: number
}

/** The most people of one account of whom the answer is in memory. */
const KNOWN_MAX = 100
/** Of a longer address the answer is not kept in memory. */
const ADDRESS_MAX = 256
/** The estimated memory of one answer in addition to the address. */
const ANSWER_OCTETS = 64

/** The answers, by address. A promise: the store has been asked, or told. */
type Known = Map<string, boolean | Promise<boolean>>

export class WrittenTo {
  readonly #parts: WrittenToParts
  readonly #slot: Slot<LocalAccount, Known | null>

  constructor(parts: WrittenToParts) {
    this.#parts = parts
    this.#slot = parts.accounts.slots.declare<Known | null>('written-to', 'learnt again', () => null)
  }
  /** Has the user written to this person? At once, if that is in memory. @throws StorageError */
  has(account: LocalAccount, person: Jid): boolean | Promise<boolean> {
    const key = contactKey(person)
    return account.get(this.#slot)?.get(key) ?? this.#learn(account, key, this.#parts.store.has(account.bare.bare, key))
  }
  /** Is it in memory that the user has written to this person? */
  isNoted(account: LocalAccount, person: Jid): boolean {
    return account.get(this.#slot)?.get(contactKey(person)) === true
  }
  /** The user writes to this person. @throws StorageError */
  note(account: LocalAccount, person: Jid): Promise<unknown> {
    const key = contactKey(person)
    return this.#learn(account, key, this.#put(account, key))
  }

  async #put(account: LocalAccount, key: string): Promise<true> {
    const { clock, store, max } = this.#parts
    const isSomebodyForgotten = await store.put(account.bare.bare, key, clock.now(), max)
    if (isSomebodyForgotten) this.#change(account, (known) => known.clear())
    return true
  }
  /** What is asked later sees in the store what was put before, so the newest promise has the right answer. */
  #learn(account: LocalAccount, key: string, answer: Promise<boolean>): Promise<boolean> {
    if (key.length > ADDRESS_MAX) return answer
    const learnt: Promise<boolean> = answer.then(
      (is) => {
        if (account.get(this.#slot)!.get(key) === learnt) account.get(this.#slot)!.set(key, is)
        return is
      },
      (error: unknown) => {
        this.#change(account, (known) => known.get(key) === learnt && known.delete(key))
        throw error
      },
    )
    this.#change(account, (known) => known.set(key, learnt))
    return learnt
  }
  #change(account: LocalAccount, change: (known: Known) => void): void {
    const known = account.get(this.#slot) ?? new BoundedMap<string, boolean | Promise<boolean>>(KNOWN_MAX)
    const before = octetsOf(known)
    change(known)
    account.set(this.#slot, known)
    account.besideOctets += octetsOf(known) - before
    this.#parts.accounts.release(account)
  }
}

function octetsOf(known: Known): number {
  let octets = 0
  for (const key of known.keys()) octets += key.length + ANSWER_OCTETS
  return octets
}
