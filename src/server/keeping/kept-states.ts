/**
 * What accounts know, and what services know of the things in them, over a restart of the server and its death. While the
 * server runs, what has changed is saved every few seconds (`Checkpoints`); when it restarts, all of it is.
 */
import type { Log } from '../../base/log.ts'
import type { LocalAccount, Session } from '../account/session.ts'
import type { FactBoard } from '../account/facts.ts'
import type { Accounts } from '../account/accounts.ts'
import type { KeptName, KeptState, KeptStateStore } from '../ports.ts'
import type { KeptParts, Occasion } from './snapshots.ts'

/** What a part of the server knows of an account: kept for as long as a session of the account is. @typeParam T plain JSON */
export interface AccountSnapshot<T> {
  readonly name: string
  /** Of the shape of `T`, from 1. It grows when the shape changes in a way that `load` must know of. */
  readonly version: number
  /** Null: there is nothing to keep. */
  save(account: LocalAccount, when: Occasion): T | null
  /** Called before the account's sessions are restored. @param version never a later one than the snapshot's */
  load(account: LocalAccount, kept: T, version: number, when: Occasion): void
}

/** What a service knows of each thing in it, such as who is in a room. @typeParam T plain JSON */
export interface ServiceSnapshot<T> {
  /** Of the service, unlike those of the others. */
  readonly name: string
  /** Of the shape of `T`, from 1. It grows when the shape changes in a way that `load` must know of. */
  readonly version: number
  /** The things of which there may be something to keep. */
  things(): Iterable<string>
  /** Null: there is nothing to keep. */
  save(thing: string, when: Occasion): T | null
  /**
   * Called before any session is restored; the fact `sessions-restored` follows.
   * @param version never a later one than the snapshot's
   * @param when it was saved. 'while running': the server has died, and what happened in its last seconds is missing
   */
  load(thing: string, kept: T, version: number, when: Occasion): void
}

/** To be called when what is kept of that one has changed: it is saved anew soon. Costs a look into a set. */
export type Changed<Owner> = (owner: Owner) => void

export interface KeptStatesParts {
  readonly log: Log
  readonly facts: FactBoard
  readonly accounts: Accounts
  readonly sessions: { all(): Iterable<Session> }
  readonly store: KeptStateStore
  /** False: only a restart keeps anything. What is in the store is then forgotten once it is read. */
  readonly isSavedWhileRunning: boolean
}

/** All that is kept under one name: the accounts', or a service's. */
interface Holder {
  readonly name: string
  readonly changed: Set<string>
  /** Those that are in the store. */
  readonly written: Set<string>
  keys(): Iterable<string>
  save(key: string, when: Occasion): KeptParts
  load(key: string, parts: KeptParts, when: Occasion): void
}

/** As it is stored. */
interface Written {
  readonly when: Occasion
  readonly parts: KeptParts
}

/** Of the accounts. No service has this name. */
const ACCOUNT = ''

export class KeptStates {
  readonly #parts: KeptStatesParts
  readonly #accountSnapshots: AccountSnapshot<unknown>[] = []
  readonly #accounts: Holder
  readonly #holders = new Map<string, Holder>()
  /** Read, and not given to its account yet. By bare JID. */
  readonly #ofAccounts = new Map<string, string>()
  #isWriting = false

  constructor(parts: KeptStatesParts) {
    this.#parts = parts
    this.#accounts = this.#hold({
      name: ACCOUNT,
      keys: () => new Set(Array.from(parts.sessions.all(), ({ account }) => account.bare.bare)),
      save: (bare, when) => this.#saveAccount(bare, when),
      load: (bare, kept, when) => this.#loadAccount(bare, kept, when),
    })
    parts.facts.on('session-ended', ({ session }) => {
      const { bare } = session.account.bare
      if (this.#accounts.written.has(bare)) this.#accounts.changed.add(bare)
    })
  }
  account<T>(snapshot: AccountSnapshot<T>): Changed<LocalAccount> {
    this.#accountSnapshots.push(snapshot as AccountSnapshot<unknown>)
    return ({ bare }) => void this.#accounts.changed.add(bare.bare)
  }
  service<T>({ name, version, things, save, load }: ServiceSnapshot<T>): Changed<string> {
    if (this.#holders.has(name)) throw new Error(`Two services want to be kept as "${name}"`)
    const holder = this.#hold({
      name,
      keys: things,
      save: (thing, when) => part(name, version, save(thing, when)),
      load: (thing, parts, when) => {
        const [of, kept] = parts[name] ?? [version, null]
        if (kept !== null && of <= version) load(thing, kept as T, of, when)
      },
    })
    return (thing) => void holder.changed.add(thing)
  }
  /** Names of the snapshots of accounts. */
  get namesOfAccounts(): readonly string[] {
    return this.#accountSnapshots.map(({ name }) => name)
  }

  /** Saves what has changed, up to that many octets, about: the rest follows. */
  async write(octetsMax: number): Promise<void> {
    if (this.#isWriting) return // the disk does not keep up
    const { store } = this.#parts
    const { puts, drops } = this.#changes(octetsMax)
    if (puts.length + drops.length === 0) return
    this.#isWriting = true
    try {
      await store.update(puts, drops)
    } catch (error) {
      for (const { holder, key } of [...puts, ...drops]) this.#again(holder, key)
      this.#failed(error)
    } finally {
      this.#isWriting = false
    }
  }
  /** All of it, as it is now. */
  all(): readonly KeptState[] {
    const states: KeptState[] = []
    for (const holder of this.#holders.values())
      for (const key of holder.keys()) {
        const state = stateOf(holder, key, 'for a restart')
        if (state !== null) states.push(state)
      }
    return states
  }
  /** These, and nothing else, are what the next run of the server knows. */
  async replaceAll(states: readonly KeptState[]): Promise<void> {
    await this.#parts.store.replaceAll(states)
  }
  /** At the start: what services know is known again. What accounts know follows when they are read (`restore`). */
  async load(): Promise<void> {
    for (const { holder, key, state } of await this.#parts.store.all()) {
      if (holder === ACCOUNT) this.#ofAccounts.set(key, state)
      else this.#load(holder, key, state)
    }
  }
  /** What the account knew is known again, if that was not done before. */
  restore({ bare }: LocalAccount): void {
    const state = this.#ofAccounts.get(bare.bare)
    if (state === undefined) return
    this.#ofAccounts.delete(bare.bare)
    this.#load(ACCOUNT, bare.bare, state)
  }
  /** All sessions are restored. What was kept of accounts that have none is dropped. */
  restored(): void {
    for (const bare of this.#ofAccounts.keys()) this.#again(ACCOUNT, bare)
    this.#ofAccounts.clear()
    if (this.#parts.isSavedWhileRunning) return
    this.replaceAll([]).catch((error: unknown) => this.#failed(error))
  }

  #failed(error: unknown): void {
    this.#parts.log.error(
      { err: error },
      'What services and accounts know could not be saved; it would be lost or wrong after a crash',
    )
  }
  #hold(holder: Omit<Holder, 'changed' | 'written'>): Holder {
    const whole: Holder = { ...holder, changed: new Set(), written: new Set() }
    this.#holders.set(holder.name, whole)
    return whole
  }
  #load(name: string, key: string, state: string): void {
    const holder = this.#holders.get(name)
    if (holder === undefined) return // of a feature that is not there any more
    this.#again(name, key) // what is stored says how things were before
    try {
      const { parts, when } = JSON.parse(state) as Written
      holder.load(key, parts, when)
    } catch (error) {
      this.#parts.log.error({ err: error, of: name, key }, 'What was kept from before the restart could not be restored')
    }
  }
  /** It is in the store, and not as it is now. */
  #again(name: string, key: string): void {
    const { changed, written } = this.#holders.get(name)!
    written.add(key)
    changed.add(key)
  }
  #changes(octetsMax: number): { readonly puts: KeptState[]; readonly drops: KeptName[] } {
    const puts: KeptState[] = []
    const drops: KeptName[] = []
    let room = octetsMax
    for (const holder of this.#holders.values())
      for (const key of holder.changed) {
        if (room <= 0) return { puts, drops }
        holder.changed.delete(key)
        const state = stateOf(holder, key, 'while running')
        if (state !== null) {
          holder.written.add(key)
          puts.push(state)
          room -= state.state.length
        } else if (holder.written.delete(key)) drops.push({ holder: holder.name, key })
      }
    return { puts, drops }
  }

  #saveAccount(bare: string, when: Occasion): KeptParts {
    const account = this.#parts.accounts.get(bare)
    if (account === undefined || !account.sessions.some(({ resumableMs }) => resumableMs > 0)) return NOTHING
    const parts: KeptParts[] = this.#accountSnapshots.map(({ name, version, save }) => part(name, version, save(account, when)))
    return Object.assign({}, ...parts) as KeptParts
  }
  #loadAccount(bare: string, parts: KeptParts, when: Occasion): void {
    const account = this.#parts.accounts.get(bare)!
    for (const { name, version, load } of this.#accountSnapshots) {
      const [of, kept] = parts[name] ?? [version, null]
      if (kept !== null && of <= version) load(account, kept, of, when)
    }
  }
}

const NOTHING: KeptParts = {}
const part = (name: string, version: number, kept: unknown): KeptParts => (kept === null ? NOTHING : { [name]: [version, kept] })

/** Null: there is nothing to keep. */
function stateOf(holder: Holder, key: string, when: Occasion): KeptState | null {
  const parts = holder.save(key, when)
  if (Object.keys(parts).length === 0) return null
  const written: Written = { when, parts }
  return { holder: holder.name, key, state: JSON.stringify(written) }
}
