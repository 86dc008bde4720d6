/**
 * When each account was last seen, with its last presence, and when it last logged in (RFC 6121 4.3.2: a probe of an account without resources is
 * answered with its last unavailable presence). These marks must not delay presence, so nobody waits for them; a failure is
 * logged, and the account keeps its previous mark. They are collected for a moment, because each batch that writes costs a
 * wait for the disk, which would delay pure reads as well.
 */
import type { Clock, Millis } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { LastPresence, LastPresenceStore } from '../server/ports.ts'
import { payloadOfStored, storedPayload } from '../xmpp/stored-packet.ts'
import type { CoreTables } from './core-tables.ts'
import type { Database, Query } from '../server/database.ts'
import { prepare } from './prepare.ts'

type Queries = ReturnType<typeof queriesOf>

/** The rows of `heartbeat`. */
const HEART = 1
const REST = 2
const GATHER_MS: Millis = 250
/** No address begins with it. */
const LOGIN = ' '

export class SqlLastPresence implements LastPresenceStore {
  readonly #database: Database
  readonly #log: Log
  readonly #queries: Queries
  readonly #unfinished = new Set<Promise<void>>()
  readonly #clock: Clock | null
  /** By account: its last mark; and its last login, behind `LOGIN`. */
  readonly #gathered = new Map<string, Query<unknown>>()

  /** @param clock for collecting marks; null to send them at once */
  constructor(database: Database, log: Log, clock: Clock | null = null) {
    this.#database = database
    this.#log = log
    this.#clock = clock
    this.#queries = queriesOf(database)
  }

  available(bare: string, now: Millis): void {
    this.#gather(bare, this.#queries.mark({ owner: bare, available: 1, at: now, payload: '' }))
  }
  unavailable(bare: string, last: LastPresence): void {
    this.#gather(bare, this.#queries.mark({ owner: bare, available: 0, at: last.at, payload: storedPayload(last.payload) }))
  }
  loggedIn(bare: string, now: Millis): void {
    this.#gather(`${LOGIN}${bare}`, this.#queries.login({ owner: bare, at: now }))
  }
  async lastLogin(bare: string): Promise<Millis | null> {
    if (this.#gathered.has(`${LOGIN}${bare}`)) this.#sendAll()
    const [row] = await this.#database.read(this.#queries.lastLogin({ owner: bare }))
    return row === undefined ? null : row.at
  }
  heartbeat(now: Millis): void {
    this.#send(this.#queries.beat({ id: HEART, at: now }))
  }
  rest(now: Millis): void {
    this.#send(this.#queries.beat({ id: REST, at: now }))
  }
  async hasCrashed(): Promise<boolean> {
    const rows = await this.#database.read(this.#queries.beats({}))
    await this.#database.write(this.#queries.wake({}))
    const has = (id: number): boolean => rows.some((row) => row.id === id)
    return has(HEART) && !has(REST)
  }
  async load(bare: string): Promise<LastPresence | null> {
    if (this.#gathered.has(bare)) this.#sendAll()
    const [row] = await this.#database.read(this.#queries.load({ owner: bare }))
    return row === undefined ? null : lastPresence(row.at, row.payload)
  }
  closeAfterCrash(): Promise<number> {
    return this.#database.write(this.#queries.close({}))
  }
  async flush(): Promise<void> {
    this.#sendAll()
    await Promise.all(this.#unfinished)
  }

  #gather(bare: string, mark: Query<unknown>): void {
    if (this.#clock === null) return this.#send(mark)
    if (this.#gathered.size === 0) this.#clock.after(GATHER_MS, () => this.#sendAll())
    this.#gathered.set(bare, mark)
  }
  #sendAll(): void {
    const marks = [...this.#gathered.values()]
    this.#gathered.clear()
    for (const mark of marks) this.#send(mark)
  }
  #send(query: Query<unknown>): void {
    const sent = this.#database.write(query).then(
      () => {
        this.#unfinished.delete(sent)
      },
      (error: unknown) => {
        this.#unfinished.delete(sent)
        this.#log.warn({ error: String(error) }, 'A last presence could not be stored')
      },
    )
    this.#unfinished.add(sent)
  }
}

/** From the columns of `last_presence`. */
export const lastPresence = (at: Millis, payload: string): LastPresence => ({ at, payload: payloadOfStored(payload) })

function queriesOf(database: Database) {
  const db = database.schema<CoreTables>()
  return {
    mark: prepare((p: { owner: string; available: 0 | 1; at: Millis; payload: string }) =>
      db
        .insertInto('last_presence')
        .columns(['owner', 'available', 'at', 'payload'])
        // Nothing is stored for an account that was deleted meanwhile
        .expression((eb) =>
          eb
            .selectFrom('account')
            .select(['bare', eb.val(p.available).as('available'), eb.val(p.at).as('at'), eb.val(p.payload).as('payload')])
            .where('bare', '=', p.owner),
        )
        .onConflict((c) =>
          c.column('owner').doUpdateSet((eb) => ({
            available: eb.ref('excluded.available'),
            at: eb.ref('excluded.at'),
            payload: eb.ref('excluded.payload'),
          })),
        ),
    ),
    login: prepare((p: { owner: string; at: Millis }) =>
      db
        .insertInto('last_login')
        .columns(['owner', 'at'])
        .expression((eb) =>
          eb
            .selectFrom('account')
            .select(['bare', eb.val(p.at).as('at')])
            .where('bare', '=', p.owner),
        )
        .onConflict((c) => c.column('owner').doUpdateSet((eb) => ({ at: eb.ref('excluded.at') }))),
    ),
    lastLogin: prepare((p: { owner: string }) => db.selectFrom('last_login').select('at').where('owner', '=', p.owner)),
    beats: prepare(() => db.selectFrom('heartbeat').select('id')),
    wake: prepare(() => db.deleteFrom('heartbeat').where('id', '=', REST)),
    beat: prepare((p: { id: number; at: Millis }) =>
      db
        .insertInto('heartbeat')
        .values({ id: p.id, at: p.at })
        .onConflict((c) => c.column('id').doUpdateSet((eb) => ({ at: eb.ref('excluded.at') }))),
    ),
    load: prepare((p: { owner: string }) =>
      db.selectFrom('last_presence').select(['at', 'payload']).where('owner', '=', p.owner).where('available', '=', 0),
    ),
    // Not before the account became available: a heartbeat may be older than that.
    close: prepare(() =>
      db
        .updateTable('last_presence')
        .set((eb) => ({
          available: 0,
          at: eb
            .case()
            .when('at', '<', eb.selectFrom('heartbeat').select('heartbeat.at').where('id', '=', HEART))
            .then(eb.selectFrom('heartbeat').select('heartbeat.at').where('id', '=', HEART).$asScalar().$notNull())
            .else(eb.ref('at'))
            .end(),
        }))
        .where('available', '=', 1),
    ),
  }
}
