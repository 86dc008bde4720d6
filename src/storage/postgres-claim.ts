/**
 * Only one server at a time uses a database. A server holds an advisory lock on its writing connection. PostgreSQL releases
 * the lock when the connection ends, so a killed server leaves nothing behind. The server also owns the single row of
 * `porchlight_server`, which each of its writing transactions changes first:
 *
 * - A server that has lost its connection, and with it the lock, can tell whether another one used the database meanwhile.
 *   Then its memory is out of date, and it must not continue.
 * - The row says which batch was committed last. If a connection breaks during a commit, the next one can tell whether the
 *   commit succeeded.
 *
 * The row is in a table of its own, so nothing else ever waits for it.
 */
import type { Clock, Millis } from '../base/clock.ts'
import type { PostgresSession } from './postgres-connection.ts'
import { StorageError } from './storage-error.ts'

/** "Porc", and the schema: servers in different schemas of one database do not meet. */
const LOCK = `1349481059, hashtext(current_schema())`
const HELD = `locktype = 'advisory' and classid = 1349481059 and objid::bigint = (hashtext(current_schema())::bigint & 4294967295) and granted`
/** How long the connection of a server that has just stopped may take to end. */
const WAIT_MS: Millis = 5_000
const STEP_MS: Millis = 100

export class PostgresClaim {
  readonly #name: string
  readonly #clock: Clock
  /** Identifies this run of the server. */
  readonly #run: string
  /** The PostgreSQL process of the connection; null if there was none yet. */
  #backend: number | null = null
  /** The number of the last batch that is known to be committed. */
  #batch = 0
  readonly #taken = Promise.withResolvers<Error>()

  /** @param run differs from that of any other run */
  constructor(name: string, clock: Clock, run: string) {
    this.#name = name
    this.#clock = clock
    this.#run = run
  }
  get batch(): number {
    return this.#batch
  }
  /** The first statement of each writing transaction: it must change a row. */
  get statement(): string {
    return `update porchlight_server set batch = $1 where id = 1 and run = $2`
  }
  values(batch: number): readonly (number | string)[] {
    return [batch, this.#run]
  }
  committed(batch: number): void {
    this.#batch = batch
  }

  /** Resolves, with the reason, when it turns out that another server has taken the database. */
  get taken(): Promise<Error> {
    return this.#taken.promise
  }

  /** On a new connection. @throws StorageError with trouble 'busy' if another server uses the database, or has used it */
  async take(session: PostgresSession): Promise<void> {
    const isFirst = this.#backend === null
    await this.#lock(session)
    if (isFirst) {
      await session.run(
        'create table if not exists porchlight_server (id smallint primary key, run text not null, batch bigint not null)',
      )
      await session.run(
        'insert into porchlight_server values (1, $1, 0) on conflict (id) do update set run = excluded.run, batch = 0',
        [this.#run],
      )
    } else {
      // Not in one statement with the lock, because that would read the earlier state
      this.#batch = await this.#checkRun(session)
    }
    this.#backend = (await session.run('select pg_backend_pid()')).rows[0]![0] as number
  }
  /** Another server has taken the database. */
  lost(): StorageError {
    const error = new StorageError(
      'closed',
      `Another Porchlight has used the database ${this.#name} while this one was cut off from it.`,
      'Stop one of them for good, and restart this one if it is to stay.',
    )
    this.#taken.resolve(error)
    return error
  }

  async #lock(session: PostgresSession): Promise<void> {
    // The process of the earlier connection may not have noticed that it is gone
    if (this.#backend !== null)
      await session.run(`select pg_terminate_backend(pid) from pg_locks where ${HELD} and pid = $1`, [this.#backend])
    for (let waited = 0; ; waited += STEP_MS) {
      const { rows } = await session.run(`select pg_try_advisory_lock(${LOCK})`)
      if (rows[0]![0] === 1) return
      if (this.#backend !== null) await this.#checkRun(session)
      if (waited >= WAIT_MS) throw await this.#busy(session)
      await new Promise<void>((resolve) => this.#clock.after(STEP_MS, resolve))
    }
  }
  /** Returns the number of the last batch. */
  async #checkRun(session: PostgresSession): Promise<number> {
    const { rows } = await session.run('select run, batch from porchlight_server where id = 1')
    if (rows[0]?.[0] !== this.#run) throw this.lost()
    return rows[0][1] as number
  }
  async #busy(session: PostgresSession): Promise<StorageError> {
    const { rows } = await session.run(
      `select coalesce(a.client_addr::text, 'this machine'), to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') from pg_locks l join pg_stat_activity a using (pid) where ${HELD}`,
    )
    const who = rows[0] === undefined ? '' : ` (connected from ${String(rows[0][0])} since ${String(rows[0][1])})`
    return new StorageError(
      'busy',
      `The database ${this.#name} is used by another Porchlight${who}.`,
      'Stop that server first, or give this one another database.',
    )
  }
}
