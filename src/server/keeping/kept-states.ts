/**
 * The state of accounts, and of the things in services, over a restart of the server and a crash. While the server runs,
 * changes are saved every few seconds (`Checkpoints`); at a restart, everything is saved.
 */
import type { Log } from '../../base/log.ts'
import type { LocalAccount, Session } from '../account/session.ts'
import type { FactBoard } from '../account/facts.ts'
import type { Accounts } from '../account/accounts.ts'
import type { KeptName, KeptState, KeptStateStore } from '../ports.ts'
import type { KeptParts, Occasion } from './snapshots.ts'

/** A part's state of an account: kept while the account has a session. @typeParam T plain JSON */
export interface AccountSnapshot<T> {
  readonly name: string
  /** The version of the shape of `T`, from 1. It grows when the shape changes in a way that `load` must know. */
  readonly version: number
  /** Null if there is nothing to keep. */
  save(account: LocalAccount, when: Occasion): T | null
  /** Called before the account's sessions are restored. @param version never later than the snapshot's */
  load(account: LocalAccount, kept: T, version: number, when: Occasion): void
}

/** A service's state of each thing in it, such as the occupants of a room. @typeParam T plain JSON */
export interface ServiceSnapshot<T> {
  /** The name of the service; no other has it. */
  readonly name: string
  /** The version of the shape of `T`, from 1. It grows when the shape changes in a way that `load` must know. */
  readonly version: number
  /** The things that may have something to keep. */
  things(): Iterable<string>
  /** Null if there is nothing to keep. */
  save(thing: string, when: Occasion): T | null
  /**
   * Called before any session is restored; the fact `sessions-restored` follows.
   * @param version never later than the snapshot's
   * @param when it was saved. 'while running': the server crashed, and the events of its last seconds are missing
   */
  load(thing: string, kept: T, version: number, when: Occasion): void
}

/** Call it when the state of this owner has changed: it is saved again soon. Costs one look into a set. */
export type Changed<Owner> = (owner: Owner) => void

export interface KeptStatesParts {
  readonly log: Log
  readonly facts: FactBoard
  readonly accounts: Accounts
  readonly sessions: { all(): Iterable<Session> }
  readonly store: KeptStateStore
  /** False if state is kept only over a restart. Stored state is then forgotten once it is read. */
  readonly isSavedWhileRunning: boolean
}

/** All state that is kept under one name: of the accounts, or of a service. */
interface Holder {
  readonly name: string
  readonly changed: Set<string>
  /** The owners with a stored state. */
  readonly written: Set<string>
  keys(): Iterable<string>
  save(key: string, when: Occasion): KeptParts
  load(key: string, parts: KeptParts, when: Occasion): void
}

/** The stored form. */
interface Written {
  readonly when: Occasion
  readonly parts: KeptParts
}

/** The name for accounts. No service has this name. */
const ACCOUNT = ''

export class KeptStates {
  readonly #parts: KeptStatesParts
  readonly #accountSnapshots: AccountSnapshot<unknown>[] = []
  readonly #accounts: Holder
  readonly #holders = new Map<string, Holder>()
  /** State that was read, and not given to its account yet. By bare JID. */
  readonly #ofAccounts = new Map<string, string>()
  /** How many are being written. */
  #underWay = 0

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
  /** The names of the snapshots of accounts. */
  get namesOfAccounts(): readonly string[] {
    return this.#accountSnapshots.map(({ name }) => name)
  }

  /** How many states have changed since they were last stored. */
  get unwritten(): number {
    return this.#holders.values().reduce((sum, { changed }) => sum + changed.size, this.#underWay)
  }

  /** Saves what has changed, up to about that many octets; the rest follows later. */
  async write(octetsMax: number): Promise<void> {
    if (this.#underWay > 0) return // the disk does not keep up
    const { store } = this.#parts
    const { puts, drops } = this.#changes(octetsMax)
    if (puts.length + drops.length === 0) return
    this.#underWay = puts.length + drops.length
    try {
      await store.update(puts, drops)
    } catch (error) {
      for (const { holder, key } of [...puts, ...drops]) this.#again(holder, key)
      this.#failed(error)
    } finally {
      this.#underWay = 0
    }
  }
  /** The whole present state. */
  all(): readonly KeptState[] {
    const states: KeptState[] = []
    for (const holder of this.#holders.values())
      for (const key of holder.keys()) {
        const state = stateOf(holder, key, 'for a restart')
        if (state !== null) states.push(state)
      }
    return states
  }
  /** The next run of the server restores exactly these states. */
  async replaceAll(states: readonly KeptState[]): Promise<void> {
    await this.#parts.store.replaceAll(states)
  }
  /** At the start: restores the state of services. The state of accounts follows when they are loaded (`restore`). */
  async load(): Promise<void> {
    for (const { holder, key, state } of await this.#parts.store.all()) {
      if (holder === ACCOUNT) this.#ofAccounts.set(key, state)
      else this.#load(holder, key, state)
    }
  }
  /** Restores the state of the account, if that was not done before. */
  restore({ bare }: LocalAccount): void {
    const state = this.#ofAccounts.get(bare.bare)
    if (state === undefined) return
    this.#ofAccounts.delete(bare.bare)
    this.#load(ACCOUNT, bare.bare, state)
  }
  /** All sessions are restored. The stored state of accounts without sessions is dropped. */
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
    if (holder === undefined) return // of a feature that no longer exists
    this.#again(name, key) // the stored state is out of date from now on
    try {
      const { parts, when } = JSON.parse(state) as Written
      holder.load(key, parts, when)
    } catch (error) {
      this.#parts.log.error({ err: error, of: name, key }, 'What was kept from before the restart could not be restored')
    }
  }
  /** The stored state is out of date. */
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

/** Null if there is nothing to keep. */
function stateOf(holder: Holder, key: string, when: Occasion): KeptState | null {
  const parts = holder.save(key, when)
  if (Object.keys(parts).length === 0) return null
  const written: Written = { when, parts }
  return { holder: holder.name, key, state: JSON.stringify(written) }
}
