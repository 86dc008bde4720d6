/** What is stored of backups: keys of rooms that clients have encrypted for themselves (MXR-144). */
import type { Kysely } from 'kysely'
import type { Database } from '../../server/database.ts'
import { prepare } from '../../storage/prepare.ts'
import type { BackupKeyRow, BackupRow, KeyTables } from './tables.ts'

export interface Backup {
  readonly version: number
  readonly algorithm: string
  /** JSON. */
  readonly auth: string
}
/** A key of a room in a backup. */
export interface BackupKey {
  readonly room: string
  readonly session: string
  readonly isVerified: boolean
  readonly firstIndex: number
  readonly forwarded: number
  /** JSON: all of it. */
  readonly content: string
}
/** Which keys: all of a backup, of a room, or one. */
export interface BackupPart {
  readonly room: string | null
  readonly session: string | null
}
/** What a backup holds. Two states of a backup that differ never have the same numbers. */
export interface BackupSize {
  readonly count: number
  readonly octets: number
  /** The number of the newest key. */
  readonly newest: number
}

export class BackupStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  /** The tables must be there. */
  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database.schema<KeyTables>())
  }
  /** Of the account that are there, the newest first, and the highest number that was ever given. */
  async list(owner: string): Promise<{ readonly backups: readonly Backup[]; readonly highest: number }> {
    const rows = await this.#database.read(this.#queries.list({ owner }))
    return { backups: rows.filter(({ gone }) => gone === 0), highest: rows[0]?.version ?? 0 }
  }
  async create(owner: string, { version, algorithm, auth }: Backup): Promise<void> {
    await this.#database.write(this.#queries.create({ owner, version, algorithm, auth, gone: 0, keys: 0, octets: 0, newest: 0 }))
  }
  async change(owner: string, { version, auth }: Pick<Backup, 'version' | 'auth'>): Promise<void> {
    await this.#database.write(this.#queries.change({ owner, version, auth }))
  }
  /** Its number stays taken, if it is the highest. */
  async drop(owner: string, version: number): Promise<void> {
    const { dropKeys, leave, forget } = this.#queries
    await this.#database.atomically([dropKeys({ owner, version }), leave({ owner, version }), forget({ owner })])
  }

  /** A key takes the place of another one of its session only if it is better. @param stream rises with each call */
  async put(owner: string, version: number, keys: readonly BackupKey[], stream: number): Promise<void> {
    const { put, discountKey, countKey } = this.#queries
    await this.#database.atomically(
      keys.flatMap(({ room, session, isVerified, firstIndex, forwarded, content }) => {
        const place = { owner, version, room, session }
        const row = {
          ...place,
          verified: isVerified ? 1 : 0,
          first_index: firstIndex,
          forwarded,
          content,
          octets: Buffer.byteLength(content) + session.length + room.length,
          stream,
        }
        return [discountKey(place), put(row), countKey({ ...place, stream })]
      }),
    )
  }
  keys(
    owner: string,
    version: number,
    { room, session }: BackupPart,
  ): Promise<readonly Pick<BackupKeyRow, 'room' | 'session' | 'content'>[]> {
    const { keys, keysOfRoom, keyOf } = this.#queries
    if (room === null) return this.#database.readMany(keys({ owner, version }))
    return this.#database.readMany(
      session === null ? keysOfRoom({ owner, version, room }) : keyOf({ owner, version, room, session }),
    )
  }
  async dropKeys(owner: string, version: number, { room, session }: BackupPart): Promise<void> {
    const { dropKeys, dropKeysOfRoom, dropKey, discountAll, discountRoom, discountKey } = this.#queries
    const statements =
      room === null
        ? [discountAll({ owner, version }), dropKeys({ owner, version })]
        : session === null
          ? [discountRoom({ owner, version, room }), dropKeysOfRoom({ owner, version, room })]
          : [discountKey({ owner, version, room, session }), dropKey({ owner, version, room, session })]
    await this.#database.atomically(statements)
  }
  /** As it is counted with every change: nobody reads the keys for it. */
  async size(owner: string, version: number): Promise<BackupSize> {
    const [row] = await this.#database.read(this.#queries.size({ owner, version }))
    return row ?? { count: 0, octets: 0, newest: 0 }
  }
}

type Version = Pick<BackupRow, 'owner' | 'version'>
type OfRoom = Version & { room: string }
type OfKey = OfRoom & { session: string }

function queriesOf(db: Kysely<KeyTables>) {
  const [backups, table] = ['matrix_backup', 'matrix_backup_key'] as const
  const of = ({ owner, version }: Version) => db.selectFrom(table).where('owner', '=', owner).where('version', '=', version)
  const found = (p: Version) => of(p).select(['room', 'session', 'content']).orderBy('room').orderBy('session')
  const drop = ({ owner, version }: Version) => db.deleteFrom(table).where('owner', '=', owner).where('version', '=', version)
  return {
    list: prepare((p: { owner: string }) =>
      db
        .selectFrom(backups)
        .select(['version', 'algorithm', 'auth', 'gone'])
        .where('owner', '=', p.owner)
        .orderBy('version', 'desc'),
    ),
    create: prepare((p: BackupRow) =>
      db.insertInto(backups).values({
        owner: p.owner,
        version: p.version,
        algorithm: p.algorithm,
        auth: p.auth,
        gone: p.gone,
        keys: p.keys,
        octets: p.octets,
        newest: p.newest,
      }),
    ),
    change: prepare((p: Version & { auth: string }) =>
      db.updateTable(backups).set({ auth: p.auth }).where('owner', '=', p.owner).where('version', '=', p.version),
    ),
    leave: prepare((p: Version) =>
      db
        .updateTable(backups)
        .set({ gone: 1, auth: '', keys: 0, octets: 0 })
        .where('owner', '=', p.owner)
        .where('version', '=', p.version),
    ),
    forget: prepare((p: { owner: string }) =>
      db
        .deleteFrom(backups)
        .where('owner', '=', p.owner)
        .where('gone', '=', 1)
        .where('version', '<', (eb) =>
          eb
            .selectFrom(`${backups} as of`)
            .select((one) => one.fn.max('of.version').as('highest'))
            .where('of.owner', '=', p.owner),
        ),
    ),
    put: prepare((p: BackupKeyRow) =>
      db
        .insertInto(table)
        .values({
          owner: p.owner,
          version: p.version,
          room: p.room,
          session: p.session,
          verified: p.verified,
          first_index: p.first_index,
          forwarded: p.forwarded,
          content: p.content,
          octets: p.octets,
          stream: p.stream,
        })
        .onConflict((c) =>
          c
            .columns(['owner', 'version', 'room', 'session'])
            .doUpdateSet((eb) => ({
              verified: eb.ref('excluded.verified'),
              first_index: eb.ref('excluded.first_index'),
              forwarded: eb.ref('excluded.forwarded'),
              content: eb.ref('excluded.content'),
              octets: eb.ref('excluded.octets'),
              stream: eb.ref('excluded.stream'),
            }))
            .where((eb) => {
              const [isSame, isLess] = [
                (name: 'verified' | 'first_index') => eb(`${table}.${name}`, '=', eb.ref(`excluded.${name}`)),
                (name: 'first_index' | 'forwarded') => eb(eb.ref(`excluded.${name}`), '<', eb.ref(`${table}.${name}`)),
              ]
              return eb.or([
                eb(eb.ref('excluded.verified'), '>', eb.ref(`${table}.verified`)),
                eb.and([isSame('verified'), isLess('first_index')]),
                eb.and([isSame('verified'), isSame('first_index'), isLess('forwarded')]),
              ])
            }),
        ),
    ),
    keys: prepare(found),
    keysOfRoom: prepare((p: OfRoom) => found(p).where('room', '=', p.room)),
    keyOf: prepare((p: OfKey) => found(p).where('room', '=', p.room).where('session', '=', p.session)),
    dropKeys: prepare(drop),
    dropKeysOfRoom: prepare((p: OfRoom) => drop(p).where('room', '=', p.room)),
    dropKey: prepare((p: OfKey) => drop(p).where('room', '=', p.room).where('session', '=', p.session)),
    ...countsIn(db),
  }
}

/** The numbers of a backup, which change in the transaction that changes its keys. */
function countsIn(db: Kysely<KeyTables>) {
  const [backups, table] = ['matrix_backup', 'matrix_backup_key'] as const
  const backup = ({ owner, version }: Version) =>
    db.updateTable(backups).where('owner', '=', owner).where('version', '=', version)
  const keysOf = ({ owner, version, room }: OfRoom) =>
    db.selectFrom(table).where('owner', '=', owner).where('version', '=', version).where('room', '=', room)
  const keyOf = (p: OfKey) => keysOf(p).where('session', '=', p.session)
  type Keys = ReturnType<typeof keysOf>
  const count = (keys: Keys) => keys.select((eb) => eb.fn.countAll<number>().as('keys'))
  const octets = (keys: Keys) =>
    keys.select((eb) => eb.fn.coalesce(eb.cast<number>(eb.fn.sum('octets'), 'bigint'), eb.lit(0)).as('octets'))
  const discount = (p: Version, keys: Keys) =>
    backup(p).set((eb) => ({ keys: eb('keys', '-', count(keys)), octets: eb('octets', '-', octets(keys)) }))
  return {
    discountAll: prepare((p: Version) => backup(p).set({ keys: 0, octets: 0 })),
    discountRoom: prepare((p: OfRoom) => discount(p, keysOf(p))),
    discountKey: prepare((p: OfKey) => discount(p, keyOf(p))),
    countKey: prepare((p: OfKey & { stream: number }) =>
      backup(p).set((eb) => ({
        keys: eb('keys', '+', count(keyOf(p))),
        octets: eb('octets', '+', octets(keyOf(p))),
        newest: eb.fn.coalesce(keyOf(p).where('stream', '=', p.stream).select('stream'), 'newest'),
      })),
    ),
    size: prepare(({ owner, version }: Version) =>
      db
        .selectFrom(backups)
        .select(['keys as count', 'octets', 'newest'])
        .where('owner', '=', owner)
        .where('version', '=', version),
    ),
  }
}
