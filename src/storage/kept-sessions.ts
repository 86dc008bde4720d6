/** Sessions over a restart of the server (server/keeping/kept-sessions.ts): stored at the stop, and deleted one by one. */
import type { Millis } from '../base/clock.ts'
import type { KeptSession, KeptSessionStore, SessionUpdate, WholeSession } from '../server/ports.ts'
import type { Database, Migrations, Query } from '../server/database.ts'
import { prepare } from './prepare.ts'

interface PieceRow {
  owner: string
  resource: string
  n: number
  state: string
}
interface Tables {
  /** `until`: when it ends if its client does not come back; 0 if its client was connected. `state`: JSON. */
  kept_session: { owner: string; resource: string; until: Millis; state: string }
  kept_piece: PieceRow
}

export const KEPT_SESSIONS = 'kept-sessions'

export const keptSessionMigrations: Migrations = [
  (schema) => [
    schema
      .createTable('kept_session')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('resource', 'text', (c) => c.notNull())
      .addColumn('until', 'bigint', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('kept_session_key', ['owner', 'resource']),
  ],
  (schema) => [
    schema
      .createTable('kept_piece')
      .addColumn('owner', 'text', (c) => c.notNull().references('account.bare').onDelete('cascade'))
      .addColumn('resource', 'text', (c) => c.notNull())
      .addColumn('n', 'bigint', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('kept_piece_key', ['owner', 'resource', 'n']),
  ],
]

export class SqlKeptSessions implements KeptSessionStore {
  readonly #database: Database
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database) {
    this.#database = database
    this.#queries = queriesOf(database)
  }

  async replaceAll(sessions: readonly WholeSession[]): Promise<void> {
    const { clear, clearPieces } = this.#queries
    const puts = sessions.map((session) => this.#changes({ session, added: session.pieces, gone: [] }))
    await this.#database.atomically([clear({}), clearPieces({}), ...puts.flat()])
  }
  async update(updates: readonly SessionUpdate[]): Promise<void> {
    await this.#database.atomically(updates.flatMap((update) => this.#changes(update)))
  }
  async all(): Promise<readonly WholeSession[]> {
    const [sessions, pieces] = await Promise.all([
      this.#database.read(this.#queries.all({})),
      this.#database.read(this.#queries.allPieces({})),
    ])
    const bySession = Map.groupBy(pieces, ({ owner, resource }) => `${owner}/${resource}`)
    return sessions.map((session) => ({ ...session, pieces: bySession.get(`${session.owner}/${session.resource}`) ?? [] }))
  }
  async drop(owner: string, resource: string): Promise<void> {
    const { drop, dropPieces } = this.#queries
    await this.#database.atomically([drop({ owner, resource }), dropPieces({ owner, resource })])
  }

  #changes({ session, added, gone }: SessionUpdate): Query<unknown>[] {
    const { put, putPiece, dropPiece } = this.#queries
    const { owner, resource } = session
    return [
      put(session),
      ...gone.map((n) => dropPiece({ owner, resource, n })),
      ...added.map(({ n, state }) => putPiece({ owner, resource, n, state })),
    ]
  }
}

function queriesOf(database: Database) {
  const db = database.schema<Tables>()
  return {
    allPieces: prepare(() => db.selectFrom('kept_piece').selectAll().orderBy('owner').orderBy('resource').orderBy('n')),
    clearPieces: prepare(() => db.deleteFrom('kept_piece')),
    putPiece: prepare((p: PieceRow) =>
      db
        .insertInto('kept_piece')
        .values({ owner: p.owner, resource: p.resource, n: p.n, state: p.state })
        .onConflict((c) => c.columns(['owner', 'resource', 'n']).doUpdateSet({ state: p.state })),
    ),
    dropPiece: prepare((p: { owner: string; resource: string; n: number }) =>
      db.deleteFrom('kept_piece').where('owner', '=', p.owner).where('resource', '=', p.resource).where('n', '=', p.n),
    ),
    dropPieces: prepare((p: { owner: string; resource: string }) =>
      db.deleteFrom('kept_piece').where('owner', '=', p.owner).where('resource', '=', p.resource),
    ),
    all: prepare(() => db.selectFrom('kept_session').select(['owner', 'resource', 'until', 'state'])),
    clear: prepare(() => db.deleteFrom('kept_session')),
    put: prepare((p: KeptSession) =>
      db
        .insertInto('kept_session')
        .values({ owner: p.owner, resource: p.resource, until: p.until, state: p.state })
        .onConflict((c) => c.columns(['owner', 'resource']).doUpdateSet({ until: p.until, state: p.state })),
    ),
    drop: prepare((p: { owner: string; resource: string }) =>
      db.deleteFrom('kept_session').where('owner', '=', p.owner).where('resource', '=', p.resource),
    ),
  }
}
