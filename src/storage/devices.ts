/**
 * The devices of each account: the installations of its clients that have tokens to log in with. What is stored is not enough
 * to log in (docs/decisions/013-fast-tokens-at-rest.md).
 */
import { sql, type Kysely } from 'kysely'
import type { Millis } from '../base/clock.ts'
import { required, type Database, type Migrations } from '../server/database.ts'
import type { Device, DeviceStore, DeviceToken, PushService, TokenKind } from '../server/ports.ts'
import { pushQueriesOf, serviceOf, type PushTables } from './device-pushes.ts'
import { prepare } from './prepare.ts'
import { StorageError } from './storage-error.ts'

interface TokenRow {
  owner: string
  device: string
  kind: TokenKind
  slot: DeviceToken['slot']
  mechanism: string
  key: string
  name: string
  issued_at: Millis
  expires_at: Millis
  used_at: Millis
  count: number
  /** When the device got the first of its tokens. */
  first_at: Millis
}
type DeviceTables = {
  device_token: TokenRow
}
/** Of version 0.1.0. */
type EarlierTables = DeviceTables & {
  fast_token: Omit<TokenRow, 'kind' | 'key' | 'name' | 'used_at' | 'first_at'> & { salt: string }
}

/** The name that the tables had when XEP-0484 alone had tokens. */
export const DEVICES = 'xep-0484'

export const deviceMigrations: Migrations = [
  (schema) => [
    schema
      .createTable('fast_token')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('device', 'text', (c) => c.notNull())
      .addColumn('slot', 'text', (c) => c.notNull())
      .addColumn('mechanism', 'text', (c) => c.notNull())
      .addColumn('salt', 'text', (c) => c.notNull())
      .addColumn('issued_at', 'bigint', (c) => c.notNull())
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .addColumn('count', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('fast_token_key', ['owner', 'device', 'slot']),
  ],
  (schema, tables) => [
    schema
      .createTable('device_token')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('device', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('slot', 'text', (c) => c.notNull())
      .addColumn('mechanism', 'text', (c) => c.notNull())
      .addColumn('key', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('issued_at', 'bigint', (c) => c.notNull())
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .addColumn('used_at', 'bigint', (c) => c.notNull())
      .addColumn('count', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('device_token_key', ['owner', 'device', 'kind', 'slot']),
    schema.createIndex('device_token_found').on('device_token').columns(['kind', 'key']).unique(),
    moved(tables.withTables<EarlierTables>()),
    schema.dropTable('fast_token'),
  ],
  (schema, tables) => [
    schema.alterTable('device_token').addColumn('first_at', 'bigint', (c) => c.notNull().defaultTo(0)),
    tables
      .withTables<DeviceTables>()
      .updateTable('device_token')
      .set((eb) => ({ first_at: eb.ref('issued_at') })),
  ],
  (schema) => [
    schema
      .createTable('device_push')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('device', 'text', (c) => c.notNull())
      .addColumn('service', 'text', (c) => c.notNull())
      .addColumn('node', 'text', (c) => c.notNull())
      .addColumn('options', 'text', (c) => c.notNull())
      .addColumn('enabled_at', 'bigint', (c) => c.notNull())
      .addColumn('by_token', 'smallint', (c) => c.notNull())
      .addPrimaryKeyConstraint('device_push_key', ['owner', 'service', 'node']),
  ],
]

const moved = (tables: Kysely<EarlierTables>) =>
  tables
    .insertInto('device_token')
    .columns(['owner', 'device', 'kind', 'slot', 'mechanism', 'key', 'name', 'issued_at', 'expires_at', 'used_at', 'count'])
    .expression((eb) =>
      eb
        .selectFrom('fast_token')
        .select([
          'owner',
          'device',
          sql<TokenKind>`'fast'`.as('kind'),
          'slot',
          'mechanism',
          'salt',
          sql<string>`''`.as('name'),
          'issued_at',
          'expires_at',
          'issued_at as used_at',
          'count',
        ]),
    )

export class SqlDevices implements DeviceStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>
  readonly #pushes: ReturnType<typeof pushQueriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#pushes = pushQueriesOf(database.schema<PushTables>())
    this.#queries = queriesOf(database.schema<DeviceTables>())
  }
  async tokens(owner: string, device: string, kind: TokenKind): Promise<readonly DeviceToken[]> {
    return (await this.#database.read(this.#queries.tokens({ owner, device, kind }))).map(tokenOf)
  }
  async find(kind: TokenKind, key: string): Promise<DeviceToken | null> {
    const [row] = await this.#database.read(this.#queries.find({ kind, key }))
    return row === undefined ? null : tokenOf(row)
  }
  async issue(token: DeviceToken, devicesMax: number): Promise<void> {
    const { owner, kind, issuedAt: now } = token
    await this.#database.atomically([
      this.#queries.purgeOf({ owner, now }),
      this.#queries.put(rowOf(token)),
      this.#queries.evict({ owner, kind, devicesMax }),
      this.#pushes.dropWithoutToken({ owner }),
    ])
  }
  async use({ kind, key, owner, device }: DeviceToken, count: number | null, now: Millis): Promise<boolean> {
    const { use, useCounting, dropOtherCurrent } = this.#queries
    const used = count === null ? use({ kind, key, now }) : useCounting({ kind, key, now, count })
    try {
      await this.#database.atomically([dropOtherCurrent({ owner, device, kind, key }), required(used)])
      return true
    } catch (error) {
      if (error instanceof StorageError && error.trouble === 'nothing-changed') return false
      throw error
    }
  }
  async prolong(kind: TokenKind, key: string, now: Millis, expiresAt: Millis): Promise<void> {
    await this.#database.write(this.#queries.prolong({ kind, key, now, expiresAt }))
  }
  async rename(owner: string, device: string, kind: TokenKind, name: string): Promise<boolean> {
    return (await this.#database.write(this.#queries.rename({ owner, device, kind, name }))) > 0
  }
  async list(owner: string): Promise<readonly Device[]> {
    const devices = new Map<string, Device>()
    for (const row of await this.#database.read(this.#queries.list({ owner }))) {
      const { device: id, name, first_at: firstAt, used_at: usedAt, expires_at: expiresAt, kind } = row
      const before = devices.get(id)
      devices.set(id, {
        id,
        name: name || (before?.name ?? null),
        kinds: [...new Set([...(before?.kinds ?? []), kind])],
        firstAt: Math.min(firstAt, before?.firstAt ?? firstAt),
        usedAt: Math.max(usedAt, before?.usedAt ?? 0),
        expiresAt: Math.max(expiresAt, before?.expiresAt ?? 0),
      })
    }
    return [...devices.values()]
  }
  async revoke(owner: string, device: string): Promise<boolean> {
    const dropped = [this.#queries.revoke({ owner, device }), this.#pushes.dropOf({ owner, device })]
    return (await this.#database.atomically(dropped))[0]! > 0
  }
  async revokeAll(owner: string): Promise<boolean> {
    const dropped = [this.#queries.revokeAll({ owner }), this.#pushes.dropAll({ owner })]
    return (await this.#database.atomically(dropped))[0]! > 0
  }
  async purge(now: Millis): Promise<void> {
    await this.#database.atomically([this.#queries.purge({ now }), this.#pushes.dropAllWithoutToken({})])
  }
  async pushes(owner: string): Promise<readonly PushService[]> {
    return (await this.#database.read(this.#pushes.pushes({ owner }))).map(serviceOf)
  }
  async enablePush(service: PushService, max: number): Promise<void> {
    await this.#database.atomically([this.#pushes.enable(service), this.#pushes.crowdOut({ owner: service.owner, max })])
  }
  async disablePush(owner: string, service: string, node: string | null): Promise<void> {
    const { disable, disableNode } = this.#pushes
    await this.#database.write(node === null ? disable({ owner, service }) : disableNode({ owner, service, node }))
  }
}

const tokenOf = (row: TokenRow): DeviceToken => ({
  owner: row.owner,
  device: row.device,
  kind: row.kind,
  slot: row.slot,
  mechanism: row.mechanism,
  key: row.key,
  name: row.name || null,
  issuedAt: row.issued_at,
  expiresAt: row.expires_at,
  usedAt: row.used_at,
  count: row.count,
})
const rowOf = ({ issuedAt, expiresAt, usedAt, name, ...token }: DeviceToken): Omit<TokenRow, 'first_at'> => ({
  ...token,
  name: name ?? '',
  issued_at: issuedAt,
  expires_at: expiresAt,
  used_at: usedAt,
})

type Name = Pick<TokenRow, 'kind' | 'key'>

function queriesOf(db: Kysely<DeviceTables>) {
  const table = 'device_token'
  const used = ({ kind, key, now }: Name & { now: Millis }) =>
    db.updateTable(table).set({ slot: 'current', used_at: now }).where('kind', '=', kind).where('key', '=', key)
  const gone = (owner: string) => db.deleteFrom(table).where('owner', '=', owner)
  return {
    tokens: prepare((p: Pick<TokenRow, 'owner' | 'device' | 'kind'>) =>
      db.selectFrom(table).selectAll().where('owner', '=', p.owner).where('device', '=', p.device).where('kind', '=', p.kind),
    ),
    find: prepare((p: Name) => db.selectFrom(table).selectAll().where('kind', '=', p.kind).where('key', '=', p.key)),
    list: prepare((p: { owner: string }) =>
      db.selectFrom(table).selectAll().where('owner', '=', p.owner).orderBy('device').orderBy('issued_at'),
    ),
    put: prepare((p: Omit<TokenRow, 'first_at'>) =>
      db
        .insertInto(table)
        .values({
          owner: p.owner,
          device: p.device,
          kind: p.kind,
          slot: p.slot,
          mechanism: p.mechanism,
          key: p.key,
          name: p.name,
          issued_at: p.issued_at,
          expires_at: p.expires_at,
          used_at: p.used_at,
          count: p.count,
          first_at: (eb) =>
            eb.fn.coalesce(
              eb
                .selectFrom(`${table} as before`)
                .select((one) => one.fn.min('before.first_at').as('first'))
                .where('before.owner', '=', p.owner)
                .where('before.device', '=', p.device),
              sql<Millis>`${p.issued_at}`,
            ),
        })
        .onConflict((c) =>
          c.columns(['owner', 'device', 'kind', 'slot']).doUpdateSet({
            mechanism: p.mechanism,
            key: p.key,
            name: p.name,
            issued_at: p.issued_at,
            expires_at: p.expires_at,
            used_at: p.used_at,
            count: p.count,
          }),
        ),
    ),
    evict: prepare((p: { owner: string; kind: TokenKind; devicesMax: number }) =>
      gone(p.owner)
        .where('kind', '=', p.kind)
        .where('device', 'not in', (eb) =>
          eb
            .selectFrom(table)
            .select('device')
            .where('owner', '=', p.owner)
            .where('kind', '=', p.kind)
            .groupBy('device')
            .orderBy(sql`max(issued_at)`, 'desc')
            .orderBy('device')
            .limit(p.devicesMax),
        ),
    ),
    dropOtherCurrent: prepare((p: Pick<TokenRow, 'owner' | 'device' | 'kind' | 'key'>) =>
      gone(p.owner)
        .where('device', '=', p.device)
        .where('kind', '=', p.kind)
        .where('slot', '=', 'current')
        .where('key', '!=', p.key),
    ),
    use: prepare(used),
    useCounting: prepare((p: Name & { now: Millis; count: number }) =>
      used(p).set({ count: p.count }).where('count', '<', p.count),
    ),
    prolong: prepare((p: Name & { now: Millis; expiresAt: Millis }) =>
      db.updateTable(table).set({ used_at: p.now, expires_at: p.expiresAt }).where('kind', '=', p.kind).where('key', '=', p.key),
    ),
    rename: prepare((p: Pick<TokenRow, 'owner' | 'device' | 'kind' | 'name'>) =>
      db
        .updateTable(table)
        .set({ name: p.name })
        .where('owner', '=', p.owner)
        .where('device', '=', p.device)
        .where('kind', '=', p.kind),
    ),
    revoke: prepare((p: { owner: string; device: string }) => gone(p.owner).where('device', '=', p.device)),
    revokeAll: prepare((p: { owner: string }) => gone(p.owner)),
    purgeOf: prepare((p: { owner: string; now: Millis }) => gone(p.owner).where('expires_at', '<=', p.now)),
    purge: prepare((p: { now: Millis }) => db.deleteFrom(table).where('expires_at', '<=', p.now)),
  }
}
