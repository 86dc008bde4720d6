/** What is stored of the keys of devices: identity keys, keys that are given out once, fallback keys, and when they changed. */
import type { Kysely } from 'kysely'
import type { Database, Statement } from '../../server/database.ts'
import { prepare } from '../../storage/prepare.ts'
import type { DeviceKeyRow, FallbackKeyRow, KeyChangeRow, KeyTables, OneTimeKeyRow } from './tables.ts'

/** Whose keys. */
export interface Place {
  readonly owner: string
  readonly device: string
}
/** A key with the name that its device has given it. */
export interface NamedKey {
  /** With its algorithm. */
  readonly id: string
  /** JSON. */
  readonly content: string
}
/** A key for one use, which somebody may have got. */
export interface KnownKey extends NamedKey {
  readonly used: number
}
/** How many keys of each algorithm a device has that nobody has got. */
export type KeyCounts = Readonly<Record<string, number>>

export class KeyStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  /** The tables must be there. */
  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database.schema<KeyTables>())
  }
  /** Of all devices of an account. */
  devicesOf(owner: string): Promise<readonly Pick<DeviceKeyRow, 'device' | 'content'>[]> {
    return this.#database.read(this.#queries.devicesOf({ owner }))
  }
  async device({ owner, device }: Place): Promise<string | null> {
    const [row] = await this.#database.read(this.#queries.device({ owner, device }))
    return row?.content ?? null
  }
  /** Those of these accounts that have a device with keys. */
  async havingKeys(owners: readonly string[]): Promise<ReadonlySet<string>> {
    const found = await Promise.all(owners.map((owner) => this.#database.read(this.#queries.firstOf({ owner }))))
    return new Set(found.flat().map(({ owner }) => owner))
  }
  async putDevice({ owner, device }: Place, content: string, stream: number): Promise<void> {
    await this.#database.atomically([this.#queries.putDevice({ owner, device, content, stream }), this.changed(owner, stream)])
  }

  /** All that nobody has got, and the names that were used last. */
  oneTimeKeys({ owner, device }: Place): Promise<readonly KnownKey[]> {
    return this.#database.read(this.#queries.oneTimeKeys({ owner, device }))
  }
  /** A key whose name the device has used is left as it is; a fallback key takes the place of the one before. */
  async putKeys(
    { owner, device }: Place,
    keys: readonly NamedKey[],
    fallback: readonly NamedKey[],
    stream: number,
  ): Promise<void> {
    await this.#database.atomically([
      ...keys.map(({ id, content }) =>
        this.#queries.putOneTimeKey({ owner, device, id, algorithm: algorithmOf(id), content, stream, used: 0 }),
      ),
      this.#queries.forgetUsed({ owner, device }),
      ...fallback.map(({ id, content }) =>
        this.#queries.putFallbackKey({ owner, device, id, algorithm: algorithmOf(id), content, used: 0 }),
      ),
    ])
  }
  /** The key of that algorithm that was uploaded longest ago: nobody else gets it. Without one, the fallback key. */
  async claim({ owner, device }: Place, algorithm: string): Promise<NamedKey | null> {
    const [key] = await this.#database.read(this.#queries.claim({ owner, device, algorithm }))
    if (key !== undefined) return key
    const [fallback] = await this.#database.read(this.#queries.useFallback({ owner, device, algorithm }))
    return fallback ?? null
  }
  async counts({ owner, device }: Place): Promise<KeyCounts> {
    const rows = await this.#database.read(this.#queries.counts({ owner, device }))
    return Object.fromEntries(rows.map(({ algorithm, keys }) => [algorithm, Number(keys)]))
  }
  /** The algorithms of fallback keys that nobody has got. */
  async unusedFallbacks({ owner, device }: Place): Promise<readonly string[]> {
    return (await this.#database.read(this.#queries.unused({ owner, device }))).map(({ algorithm }) => algorithm)
  }

  /** Everything of a device, what waits for it as well. */
  async dropDevice({ owner, device }: Place, stream: number): Promise<void> {
    const q = this.#queries
    const drops = [q.dropDevice, q.dropOneTimeKeys, q.dropFallbackKeys, q.dropSignatures, q.dropInbox, q.dropSent]
    await this.#database.atomically([...drops.map((drop) => drop({ owner, device })), this.changed(owner, stream)])
  }
  /** The devices that have something here. */
  async placesOf(owner: string): Promise<readonly string[]> {
    return (await this.#database.read(this.#queries.placesOf({ owner }))).map(({ device }) => device)
  }
  /** Those that have lost their token, which is what makes a device, while nobody was told. */
  withoutToken(): Promise<readonly Place[]> {
    return this.#database.read(this.#queries.withoutToken({}))
  }

  /** The keys of that account have changed. */
  changed(owner: string, stream: number): Statement {
    return this.#queries.putChange({ owner, stream })
  }
  /** Whose keys have changed behind `after` and up to `upTo`. Of an account only the last change is known. */
  async changedIn(after: number, upTo: number): Promise<readonly string[]> {
    return (await this.#database.read(this.#queries.changedIn({ after, upTo }))).map(({ owner }) => owner)
  }
  async newestChange(): Promise<number> {
    const [changes, signatures] = await Promise.all([
      this.#database.read(this.#queries.newestChange({})),
      this.#database.read(this.#queries.newestSignature({})),
    ])
    return Math.max(changes[0]?.stream ?? 0, signatures[0]?.stream ?? 0)
  }
}

/** Names of keys that were given out, of one device: of older uploads they are forgotten, a whole upload at a time. */
const USED_MAX = 200
const algorithmOf = (id: string): string => id.slice(0, id.indexOf(':'))

function queriesOf(db: Kysely<KeyTables>) {
  const oneTime = 'matrix_one_time_key'
  return {
    devicesOf: prepare((p: { owner: string }) =>
      db.selectFrom('matrix_device_key').select(['device', 'content']).where('owner', '=', p.owner).orderBy('device'),
    ),
    firstOf: prepare((p: { owner: string }) =>
      db.selectFrom('matrix_device_key').select('owner').where('owner', '=', p.owner).limit(1),
    ),
    device: prepare((p: Place) =>
      db.selectFrom('matrix_device_key').select('content').where('owner', '=', p.owner).where('device', '=', p.device),
    ),
    putDevice: prepare((p: DeviceKeyRow) =>
      db
        .insertInto('matrix_device_key')
        .values({ owner: p.owner, device: p.device, content: p.content, stream: p.stream })
        .onConflict((c) =>
          c.columns(['owner', 'device']).doUpdateSet((eb) => ({
            content: eb.ref('excluded.content'),
            stream: eb.ref('excluded.stream'),
          })),
        ),
    ),
    oneTimeKeys: prepare((p: Place) =>
      db.selectFrom(oneTime).select(['id', 'content', 'used']).where('owner', '=', p.owner).where('device', '=', p.device),
    ),
    putOneTimeKey: prepare((p: OneTimeKeyRow) =>
      db
        .insertInto(oneTime)
        .values({
          owner: p.owner,
          device: p.device,
          id: p.id,
          algorithm: p.algorithm,
          content: p.content,
          stream: p.stream,
          used: p.used,
        })
        .onConflict((c) => c.columns(['owner', 'device', 'id']).doNothing()),
    ),
    /** Those of the oldest uploads. */
    forgetUsed: prepare((p: Place) =>
      db
        .deleteFrom(oneTime)
        .where('owner', '=', p.owner)
        .where('device', '=', p.device)
        .where('used', '=', 1)
        .where('stream', '<', (eb) =>
          eb
            .selectFrom(`${oneTime} as newer`)
            .select('newer.stream')
            .where('newer.owner', '=', p.owner)
            .where('newer.device', '=', p.device)
            .where('newer.used', '=', 1)
            .orderBy('newer.stream', 'desc')
            .limit(1)
            .offset(USED_MAX),
        ),
    ),
    /** The same key again stays used. */
    putFallbackKey: prepare((p: FallbackKeyRow) =>
      db
        .insertInto('matrix_fallback_key')
        .values({ owner: p.owner, device: p.device, algorithm: p.algorithm, id: p.id, content: p.content, used: p.used })
        .onConflict((c) =>
          c
            .columns(['owner', 'device', 'algorithm'])
            .doUpdateSet((eb) => ({
              id: eb.ref('excluded.id'),
              content: eb.ref('excluded.content'),
              used: eb.ref('excluded.used'),
            }))
            .where((eb) => eb('matrix_fallback_key.id', '!=', eb.ref('excluded.id'))),
        ),
    ),
    claim: prepare((p: Place & { algorithm: string }) =>
      db
        .updateTable(oneTime)
        .set({ used: 1 })
        .where('owner', '=', p.owner)
        .where('device', '=', p.device)
        .where('id', '=', (eb) =>
          eb
            .selectFrom(`${oneTime} as next`)
            .select('next.id')
            .where('next.owner', '=', p.owner)
            .where('next.device', '=', p.device)
            .where('next.algorithm', '=', p.algorithm)
            .where('next.used', '=', 0)
            .orderBy('next.stream')
            .orderBy('next.id')
            .limit(1),
        )
        .returning(['id', 'content']),
    ),
    useFallback: prepare((p: Place & { algorithm: string }) =>
      db
        .updateTable('matrix_fallback_key')
        .set({ used: 1 })
        .where('owner', '=', p.owner)
        .where('device', '=', p.device)
        .where('algorithm', '=', p.algorithm)
        .returning(['id', 'content']),
    ),
    counts: prepare((p: Place) =>
      db
        .selectFrom(oneTime)
        .select(['algorithm', (eb) => eb.fn.countAll<number>().as('keys')])
        .where('owner', '=', p.owner)
        .where('device', '=', p.device)
        .where('used', '=', 0)
        .groupBy('algorithm'),
    ),
    unused: prepare((p: Place) =>
      db
        .selectFrom('matrix_fallback_key')
        .select('algorithm')
        .where('owner', '=', p.owner)
        .where('device', '=', p.device)
        .where('used', '=', 0)
        .orderBy('algorithm'),
    ),
    ...dropsIn(db),
    ...changesIn(db),
  }
}

function dropsIn(db: Kysely<KeyTables>) {
  const drop = (table: 'matrix_device_key' | 'matrix_one_time_key' | 'matrix_fallback_key' | 'matrix_inbox' | 'matrix_sent') =>
    prepare((p: Place) => db.deleteFrom(table).where('owner', '=', p.owner).where('device', '=', p.device))
  const devices = db
    .selectFrom('matrix_device_key')
    .select(['owner', 'device'])
    .union(db.selectFrom('matrix_one_time_key').select(['owner', 'device']))
    .union(db.selectFrom('matrix_fallback_key').select(['owner', 'device']))
    .union(db.selectFrom('matrix_inbox').select(['owner', 'device']))
    .union(db.selectFrom('matrix_sent').select(['owner', 'device']))
  const tokens = db.withTables<{ device_token: { owner: string; device: string; kind: string } }>()
  return {
    dropDevice: drop('matrix_device_key'),
    dropOneTimeKeys: drop('matrix_one_time_key'),
    dropFallbackKeys: drop('matrix_fallback_key'),
    dropInbox: drop('matrix_inbox'),
    dropSent: drop('matrix_sent'),
    dropSignatures: prepare((p: Place) =>
      db.deleteFrom('matrix_key_signature').where('owner', '=', p.owner).where('target', '=', p.device),
    ),
    placesOf: prepare((p: { owner: string }) =>
      db.selectFrom(devices.as('of')).select('of.device').where('of.owner', '=', p.owner),
    ),
    withoutToken: prepare(() =>
      tokens
        .selectFrom(devices.as('of'))
        .select(['of.owner', 'of.device'])
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('device_token')
                .select('device_token.device')
                .whereRef('device_token.owner', '=', 'of.owner')
                .whereRef('device_token.device', '=', 'of.device')
                .where('device_token.kind', '=', 'matrix'),
            ),
          ),
        ),
    ),
  }
}

function changesIn(db: Kysely<KeyTables>) {
  const accounts = db.withTables<{ account: { bare: string } }>()
  return {
    putChange: prepare((p: KeyChangeRow) =>
      db
        .insertInto('matrix_key_change')
        .columns(['owner', 'stream'])
        // The account may have been deleted meanwhile
        .expression((eb) =>
          accounts
            .selectFrom('account')
            .select(['account.bare', eb.cast<number>(eb.val(p.stream), 'bigint').as('stream')])
            .where('account.bare', '=', p.owner),
        )
        .onConflict((c) => c.column('owner').doUpdateSet((eb) => ({ stream: eb.ref('excluded.stream') }))),
    ),
    changedIn: prepare((p: { after: number; upTo: number }) =>
      db
        .selectFrom('matrix_key_change')
        .select('owner')
        .where('stream', '>', p.after)
        .where('stream', '<=', p.upTo)
        .orderBy('stream'),
    ),
    newestChange: prepare(() => db.selectFrom('matrix_key_change').select((eb) => eb.fn.max('stream').as('stream'))),
    newestSignature: prepare(() => db.selectFrom('matrix_key_signature').select((eb) => eb.fn.max('stream').as('stream'))),
  }
}
