/**
 * Accounts and their credentials. The roster's version begins here; see `StoredRoster`. Only this process changes the table while
 * it runs, so what a login has read about a name stays known until it is changed. This includes names without an account;
 * otherwise the time of an answer would reveal them (SEC-4).
 */
import type { Millis } from '../base/clock.ts'
import type { AccountRow, AccountStore, Decision } from '../server/ports.ts'
import type { Disabled } from '../sasl/disabled.ts'
import type { ChosenPolicy } from '../im/presence-policy.ts'
import { lackingIn, type Credentials, type Lacking } from '../xmpp/credentials.ts'
import { HASH_BITS, type CoreTables } from './core-tables.ts'
import { required, type Database, type Query, type Statement } from '../server/database.ts'
import { keeping } from './decisions.ts'
import { prepare } from './prepare.ts'
import { OldKeys } from './old-keys.ts'
import { StorageError } from './storage-error.ts'
import { storedJid } from '../xmpp/stored-jid.ts'

type Queries = ReturnType<typeof queriesOf>

/** The most names whose credentials are remembered; beyond it those not asked for longest are forgotten. */
const KNOWN_MAX = 10_000

/** What a login needs to know about an account. */
interface KnownAccount {
  readonly credentials: Credentials
  readonly disabled: Disabled | null
}

export class SqlAccounts implements AccountStore {
  readonly #database: Database
  readonly #queries: Queries
  readonly #keeping: ReturnType<typeof keeping>
  /** By bare JID; null if there is no such account. The least recently used comes first. */
  readonly #known = new Map<string, Promise<KnownAccount | null>>()

  /** The results of `credentialsNear`: the account that a missing name is treated like does not change. */
  readonly #near = new Map<string, Promise<string | null>>()
  readonly #oldKeys: OldKeys

  constructor(database: Database) {
    this.#database = database
    this.#oldKeys = new OldKeys(database)
    this.#queries = queriesOf(database)
    this.#keeping = keeping(database)
  }

  async create(bare: string, credentials: Credentials, now: Millis, along: readonly Statement[] = []): Promise<boolean> {
    try {
      await this.#changing(bare, this.#database.atomically([...this.creation(bare, credentials, now), ...along]))
      if (lacksIn(credentials) > 0) await this.#recount(bare, true)
      return true
    } catch (error) {
      if (error instanceof StorageError && error.trouble === 'nothing-changed') return false
      throw error
    }
  }
  /** The statements of `create`, for callers that do more along with it: fails as a whole if the account exists. */
  creation(bare: string, credentials: Credentials, now: Millis): readonly Statement[] {
    const { domain } = storedJid(bare)
    const account = { bare, domain, credentials: JSON.stringify(credentials), lacks: lacksIn(credentials), createdAt: now }
    return [required(this.#queries.create(account)), this.#queries.createRoster({ owner: bare, version: now })]
  }
  async exists(bare: string): Promise<boolean> {
    return (await this.#database.read(this.#queries.exists({ bare }))).length > 0
  }
  async find(bare: string): Promise<AccountRow | null> {
    const [row] = await this.#database.read(this.#queries.find({ bare }))
    return row === undefined ? null : accountOf(row)
  }
  async credentials(bare: string): Promise<Credentials | null> {
    return (await this.#forLogin(bare))?.credentials ?? null
  }
  async disabled(bare: string): Promise<Disabled | null> {
    return (await this.#forLogin(bare))?.disabled ?? null
  }
  async credentialsNear(domain: string, place: string): Promise<Credentials | null> {
    const key = `${domain} ${place}`
    const near = await remembered(this.#near, key, () => this.#readNear(domain, place, () => this.#near.delete(key)))
    return near === null ? null : this.credentials(near)
  }
  async setCredentials(bare: string, credentials: Credentials): Promise<boolean> {
    const change = { bare, credentials: JSON.stringify(credentials), lacks: lacksIn(credentials) }
    return this.#changesKeys(bare, this.#queries.setCredentials(change), lacksIn(credentials) > 0)
  }
  async upgradeCredentials(bare: string, from: Credentials, to: Credentials): Promise<boolean> {
    const change = { bare, from: JSON.stringify(from), to: JSON.stringify(to), lacks: lacksIn(to) }
    return this.#changesKeys(bare, this.#queries.upgradeCredentials(change), lacksIn(to) > 0)
  }
  /** Call it once, before `lacking` is used. The count is kept up to date as credentials change. */
  countOldKeys(): Promise<void> {
    return this.#oldKeys.count()
  }
  lacking(domain: string): Lacking {
    return this.#oldKeys.of(domain)
  }
  async setDisabled(bare: string, disabled: Disabled | null): Promise<boolean> {
    return (await this.#changing(bare, this.#database.write(this.disabling(bare, disabled)))) > 0
  }
  /** The statement of `setDisabled`, for callers that do more along with it. */
  disabling(bare: string, disabled: Disabled | null): Query<unknown> {
    const { at, reason } = disabled ?? { at: null, reason: '' }
    return this.#queries.setDisabled({ bare, at, reason })
  }
  async setPolicy(bare: string, policy: ChosenPolicy): Promise<boolean> {
    return (await this.#database.write(this.#queries.setPolicy({ bare, ...columnsOf(policy) }))) > 0
  }
  async delete(bare: string, decisions: readonly Decision[] = []): Promise<boolean> {
    try {
      const change = [required(this.#queries.delete({ bare })), ...this.#keeping(decisions)]
      await this.#changing(bare, this.#database.atomically(change))
      this.#near.clear() // some names may have been treated like this one
      await this.#recount(bare, false)
      return true
    } catch (error) {
      if (error instanceof StorageError && error.trouble === 'nothing-changed') return false
      throw error
    }
  }
  async list(domain: string, after: string, limit: number): Promise<readonly AccountRow[]> {
    const rows = await this.#database.readMany(this.#queries.list({ domain, after, limit }))
    return rows.map(accountOf)
  }
  async count(domain: string): Promise<number> {
    const [row] = await this.#database.read(this.#queries.count({ domain }))
    return Number(row!.accounts)
  }

  async disabledOnes(domain: string, limit: number): Promise<readonly string[]> {
    return (await this.#database.readMany(this.#queries.disabledOnes({ domain, limit }))).map(({ bare }) => bare)
  }
  async countDisabled(domain: string): Promise<number> {
    const [row] = await this.#database.read(this.#queries.countDisabled({ domain }))
    return Number(row!.accounts)
  }

  async #changesKeys(bare: string, change: Query<unknown>, isOld: boolean): Promise<boolean> {
    const changed = (await this.#changing(bare, this.#database.write(change))) > 0
    if (changed) await this.#recount(bare, isOld)
    return changed
  }
  /** Only if the count may have changed. @param isOld whether the account lacks keys now */
  async #recount(bare: string, isOld: boolean): Promise<void> {
    if (isOld || this.lacking(storedJid(bare).domain).accounts > 0) await this.#oldKeys.count()
  }
  #forLogin(bare: string): Promise<KnownAccount | null> {
    return remembered(this.#known, bare, () => this.#readForLogin(bare))
  }
  #readForLogin(bare: string): Promise<KnownAccount | null> {
    const found = this.#database
      .read(this.#queries.forLogin({ bare }))
      .then(([row]) =>
        row === undefined ? null : { credentials: JSON.parse(row.credentials) as Credentials, disabled: disabledOf(row) },
      )
    found.catch(() => {
      if (this.#known.get(bare) === found) this.#known.delete(bare)
    })
    return found
  }
  /** @param forget called if there is none, or if it could not be read */
  async #readNear(domain: string, place: string, forget: () => void): Promise<string | null> {
    const near = (from: string) => this.#database.read(this.#queries.near({ domain, from }))
    const found = await Promise.all([near(place), near('')]).catch((error: unknown) => {
      forget()
      throw error
    })
    const [row] = found.flat()
    if (row !== undefined) return row.bare
    forget()
    return null
  }
  /** What is read during the change may be out of date, so neither that nor earlier knowledge is kept. */
  async #changing<T>(bare: string, change: Promise<T>): Promise<T> {
    this.#known.delete(bare)
    try {
      return await change
    } finally {
      this.#known.delete(bare)
    }
  }
}

/** See `account.lacks`. */
const lacksIn = (credentials: Credentials): number => lackingIn(credentials).reduce((sum, hash) => sum + HASH_BITS[hash], 0)

function remembered<T>(known: Map<string, Promise<T>>, name: string, read: () => Promise<T>): Promise<T> {
  const found = known.get(name) ?? read()
  known.delete(name)
  known.set(name, found)
  for (const longest of known.keys()) {
    if (known.size <= KNOWN_MAX) break
    known.delete(longest)
  }
  return found
}

type Row = Pick<CoreTables['account'], (typeof COLUMNS)[number]>
const COLUMNS = ['bare', 'created_at', 'disabled_at', 'disabled_reason', 'last_seen', 'share_paused', 'strangers'] as const

const accountOf = (row: Row): AccountRow => ({
  bare: row.bare,
  createdAt: row.created_at,
  disabled: disabledOf(row),
  policy: chosenPolicy(row),
})

const disabledOf = ({
  disabled_at: at,
  disabled_reason: reason,
}: Pick<Row, 'disabled_at' | 'disabled_reason'>): Disabled | null => (at === null ? null : { at, reason })

type PolicyColumns = Pick<CoreTables['account'], 'last_seen' | 'share_paused' | 'strangers'>

/** From the columns of `account`. */
export const chosenPolicy = ({ last_seen, share_paused, strangers }: PolicyColumns): ChosenPolicy => ({
  lastSeen: last_seen === '' ? null : last_seen,
  sharePaused: share_paused === '' ? null : share_paused,
  strangers: strangers === '' ? null : strangers,
})
const columnsOf = ({ lastSeen, sharePaused, strangers }: ChosenPolicy): PolicyColumns => ({
  last_seen: lastSeen ?? '',
  share_paused: sharePaused ?? '',
  strangers: strangers ?? '',
})

function queriesOf(database: Database) {
  const db = database.schema<CoreTables>()
  return {
    create: prepare((p: { bare: string; domain: string; credentials: string; lacks: number; createdAt: Millis }) =>
      db
        .insertInto('account')
        .values({
          bare: p.bare,
          domain: p.domain,
          credentials: p.credentials,
          lacks: p.lacks,
          created_at: p.createdAt,
          disabled_at: null,
          disabled_reason: '',
          last_seen: '',
          share_paused: '',
          strangers: '',
        })
        .onConflict((c) => c.column('bare').doNothing()),
    ),
    createRoster: prepare((p: { owner: string; version: number }) =>
      db.insertInto('roster').values({ owner: p.owner, version: p.version, epoch: '', horizon: p.version }),
    ),
    exists: prepare((p: { bare: string }) => db.selectFrom('account').select('bare').where('bare', '=', p.bare)),
    find: prepare((p: { bare: string }) => db.selectFrom('account').select(COLUMNS).where('bare', '=', p.bare)),
    forLogin: prepare((p: { bare: string }) =>
      db.selectFrom('account').select(['credentials', 'disabled_at', 'disabled_reason']).where('bare', '=', p.bare),
    ),
    near: prepare((p: { domain: string; from: string }) =>
      db.selectFrom('account').select('bare').where('domain', '=', p.domain).where('bare', '>=', p.from).orderBy('bare').limit(1),
    ),
    setCredentials: prepare((p: { bare: string; credentials: string; lacks: number }) =>
      db.updateTable('account').set({ credentials: p.credentials, lacks: p.lacks }).where('bare', '=', p.bare),
    ),
    upgradeCredentials: prepare((p: { bare: string; from: string; to: string; lacks: number }) =>
      db
        .updateTable('account')
        .set({ credentials: p.to, lacks: p.lacks })
        .where('bare', '=', p.bare)
        .where('credentials', '=', p.from),
    ),
    setDisabled: prepare((p: { bare: string; at: Millis | null; reason: string }) =>
      db.updateTable('account').set({ disabled_at: p.at, disabled_reason: p.reason }).where('bare', '=', p.bare),
    ),
    setPolicy: prepare((p: { bare: string } & PolicyColumns) =>
      db
        .updateTable('account')
        .set({ last_seen: p.last_seen, share_paused: p.share_paused, strangers: p.strangers })
        .where('bare', '=', p.bare),
    ),
    delete: prepare((p: { bare: string }) => db.deleteFrom('account').where('bare', '=', p.bare)),
    list: prepare((p: { domain: string; after: string; limit: number }) =>
      db
        .selectFrom('account')
        .select(COLUMNS)
        .where('domain', '=', p.domain)
        .where('bare', '>', p.after)
        .orderBy('bare')
        .limit(p.limit),
    ),
    count: prepare((p: { domain: string }) =>
      db
        .selectFrom('account')
        .select((eb) => eb.fn.countAll<number>().as('accounts'))
        .where('domain', '=', p.domain),
    ),
    disabledOnes: prepare((p: { domain: string; limit: number }) =>
      db
        .selectFrom('account')
        .select('bare')
        .where('domain', '=', p.domain)
        .where('disabled_at', 'is not', null)
        .orderBy('bare')
        .limit(p.limit),
    ),
    countDisabled: prepare((p: { domain: string }) =>
      db
        .selectFrom('account')
        .select((eb) => eb.fn.countAll<number>().as('accounts'))
        .where('domain', '=', p.domain)
        .where('disabled_at', 'is not', null),
    ),
  }
}
