/**
 * The local accounts in memory: those with sessions, and a bounded number of others that were used recently. An account
 * in memory is the truth; the store follows it.
 */
import { Roster } from '../../im/account.ts'
import type { PresencePolicy } from '../../im/presence-policy.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import type { AccountStore, LastPresenceStore, RosterStore } from '../ports.ts'
import { inForce, type ChosenPolicy } from '../../im/presence-policy.ts'
import { LocalAccount } from './session.ts'
import { SlotBook } from './slots.ts'

export interface AccountsParts {
  readonly idle: IdleLimits
  /** The policy of users who have not chosen one. */
  readonly usual: PresencePolicy
  /** The domains whose accounts have their home here. */
  readonly homes: readonly string[]
  /** The account is read: chooses the stages for it that are not for every account. */
  readonly admit: (account: LocalAccount) => void
}
/** How many accounts without a session stay in memory. */
export interface IdleLimits {
  readonly accounts: number
  /** The estimated memory that they may take. */
  readonly octets: number
}
interface Idle {
  readonly account: LocalAccount
  /** When it became idle. */
  readonly octets: number
}

/** The domain of a bare JID as prepared text: a local part contains no '@'. */
const domainOf = (bare: string): string => bare.slice(bare.indexOf('@') + 1)

/**
 * Reads what a feature keeps with an account of that name, in the tick in which the account itself is read, so that the database is
 * asked once. What it returns gives that to the account, before anything can use it.
 */
export type AccountLoader = (bare: string) => Promise<(account: LocalAccount) => void>

export interface AccountStores {
  readonly accounts: AccountStore
  readonly rosters: RosterStore
  readonly lastPresence: LastPresenceStore
}

export class Accounts {
  readonly slots: SlotBook<LocalAccount> = new SlotBook()
  readonly #stores: AccountStores
  readonly #idleLimits: IdleLimits
  readonly #usual: PresencePolicy
  readonly #homes: ReadonlySet<string>
  readonly #admit: AccountsParts['admit']
  readonly #loaders: AccountLoader[] = []
  readonly #inMemory = new Map<string, LocalAccount>()
  /** Accounts without sessions; the one unused for longest comes first. */
  readonly #idle = new Map<string, Idle>()
  #idleOctets = 0
  readonly #loading = new Map<string, Promise<LocalAccount | null>>()
  /** By bare JID: how many want the presence of its contacts while it has no session. */
  readonly #wanted = { everybody: new Map<string, number>(), elsewhere: new Map<string, number>() }

  constructor(stores: AccountStores, { idle, usual, homes, admit }: AccountsParts) {
    this.#homes = new Set(homes)
    this.#admit = admit
    this.#usual = usual
    this.#stores = stores
    this.#idleLimits = idle
  }
  /** `load` runs whenever an account is read from the store. */
  alsoLoad(load: AccountLoader): void {
    this.#loaders.push(load)
  }
  /** The policy of a user with these choices. */
  policyOf(chosen: ChosenPolicy): PresencePolicy {
    return inForce(chosen, this.#usual)
  }
  get size(): number {
    return this.#inMemory.size
  }
  /** The accounts that have something bound. */
  *attended(): Generator<LocalAccount> {
    for (const account of this.#inMemory.values()) if (account.resources.length > 0) yield account
  }
  /** Would an account of this name have its home here? Only such accounts may be asked for. */
  isHome(bare: string): boolean {
    return this.#homes.has(domainOf(bare))
  }
  /**
   * The account, if it is in memory. Every account with a session is.
   * @throws Error if its home is not here: use `routing/home.ts` to ask about it
   */
  get(bare: string): LocalAccount | undefined {
    return this.#inMemory.get(bare) ?? this.#absent(bare)
  }
  /**
   * The account, read from the store if necessary; null if there is none.
   * @throws Error if its home is not here
   */
  load(bare: string): Promise<LocalAccount | null> {
    const known = this.#inMemory.get(bare)
    if (known !== undefined) return Promise.resolve(known)
    const under = this.#loading.get(bare)
    if (under !== undefined) return under
    this.#absent(bare)
    return this.#loaded(bare, this.#read(bare))
  }
  /** The account was created in the store: whoever asks from now on is not given what a reader that came too early found. */
  created(bare: string): void {
    const early = this.#loading.get(bare)
    if (early === undefined) return
    const loading = early.then((account) => account ?? this.#read(bare))
    this.#loaded(bare, loading).catch(() => {}) // those who ask for the account meanwhile get the error
  }
  #loaded(bare: string, reading: Promise<LocalAccount | null>): Promise<LocalAccount | null> {
    const loading = reading.finally(() => {
      if (this.#loading.get(bare) === loading) this.#loading.delete(bare)
    })
    this.#loading.set(bare, loading)
    return loading
  }
  /** Runs `use` with the account, at once if it is in memory. */
  with<T>(bare: string, use: (account: LocalAccount | null) => T | Promise<T>): T | Promise<T> {
    const known = this.#inMemory.get(bare)
    return known === undefined ? this.load(bare).then(use) : use(known)
  }
  /**
   * The presence of its contacts is wanted while the account has no session, too: it is told as the facts `contact-heard` and
   * `contact-lost`. What is so at present has to be asked for (`Probing.askForAccount`).
   * @param whose of all contacts, or only of those on other servers
   * @returns ends that
   */
  wantPresence({ bare }: Jid, whose: 'everybody' | 'elsewhere' = 'everybody'): () => void {
    const wanted = this.#wanted[whose]
    wanted.set(bare, (wanted.get(bare) ?? 0) + 1)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      const left = wanted.get(bare)! - 1
      if (left === 0) wanted.delete(bare)
      else wanted.set(bare, left)
    }
  }
  /** @param isFromHere the presence of a contact on this server */
  isPresenceWanted({ bare }: Jid, isFromHere: boolean): boolean {
    return this.#wanted.everybody.has(bare) || (!isFromHere && this.#wanted.elsewhere.has(bare))
  }
  /** The account has a session from now on. */
  keep(account: LocalAccount): void {
    this.#wake(account.bare.bare)
    this.#inMemory.set(account.bare.bare, account)
  }
  /** The account may have lost its last session. */
  release(account: LocalAccount): void {
    const key = account.bare.bare
    if (account.resources.length > 0 || this.#inMemory.get(key) !== account) return
    this.#wake(key)
    const { octets } = account
    this.#idle.set(key, { account, octets })
    this.#idleOctets += octets
    const { accounts, octets: octetsMax } = this.#idleLimits
    for (const [oldest, idle] of this.#idle) {
      if (this.#idle.size <= accounts && this.#idleOctets <= octetsMax) break
      if (!idle.account.serial.idle) continue
      this.#wake(oldest)
      this.#inMemory.delete(oldest)
    }
  }
  /** The account was deleted from the store. */
  forget(bare: string): void {
    this.#wake(bare)
    this.#inMemory.delete(bare)
  }
  /** @throws Error if its home is not here */
  #absent(bare: string): undefined {
    if (!this.isHome(bare)) throw new Error(`The account ${bare} is not at home here`)
  }
  #wake(bare: string): void {
    const idle = this.#idle.get(bare)
    if (idle === undefined) return
    this.#idle.delete(bare)
    this.#idleOctets -= idle.octets
  }

  /** Reading takes the same time whether or not the name exists (`veil.ts`), because everything is looked up in both cases. */
  async #read(bare: string): Promise<LocalAccount | null> {
    const { accounts, rosters, lastPresence } = this.#stores
    const loading = Promise.all(this.#loaders.map((load) => load(bare)))
    const [row, first, last, gifts] = await Promise.all([
      accounts.find(bare),
      rosters.load(bare),
      lastPresence.load(bare),
      loading,
    ])
    // The store may just have created the account, for a user that only the application knows. Then its roster was created later.
    const stored = first.version === 0 ? await rosters.load(bare) : first
    const account = new LocalAccount(storedJid(bare), new Roster(stored.version, stored.items, stored.pending, stored.epoch))
    account.lastUnavailable = last
    account.furnish(this.slots.fill(account))
    for (const give of gifts) give(account)
    if (row === null) return null
    account.disabled = row.disabled
    account.policy = this.policyOf(row.policy)
    this.#admit(account)
    this.keep(account)
    this.release(account)
    return account
  }
}
