/**
 * The fence row of a server (CL-22, CL-28). Each of its writing transactions changes this row first, in the same round trip:
 *
 * - A server that was put out finds no row, and can write nothing more. The one that puts it out deletes the row, and so waits
 *   for a transaction that is under way.
 * - The row says which batch was committed last. If a connection breaks during a commit, the next one can tell whether the
 *   commit succeeded. If the number is behind, PostgreSQL has lost what it had acknowledged.
 */
import type { PostgresSession } from './postgres-connection.ts'
import { StorageError } from './storage-error.ts'

/** How long one attempt waits for a lock, before the connection that holds it is ended. */
const LOCK_MS = 200
/** SQLSTATE lock_not_available. */
const LOCKED = '55P03'

export class PostgresFence {
  readonly #name: string
  /** Identifies this run of the server; its connections bear it. */
  readonly incarnation: string
  /** The number of the server; null while another one has the database. */
  #node: number | null = null
  /** The PostgreSQL process of the last writing connection; null if there was none yet. */
  #backend: number | null = null
  /** The number of the last batch that is known to be committed. */
  #batch = 0
  /** The server has to end. */
  isOver = false
  readonly #taken = Promise.withResolvers<Error>()

  /** @param name of the database  @param incarnation differs from that of any other run */
  constructor(name: string, incarnation: string) {
    this.#name = name
    this.incarnation = incarnation
  }
  get batch(): number {
    return this.#batch
  }
  /** The first statement of each writing transaction: it must change a row. */
  get statement(): string {
    return 'update cluster_fence set batch = $1 where node = $2 and incarnation = $3'
  }
  values(batch: number): readonly (number | string)[] {
    return [batch, this.#node!, this.incarnation]
  }
  committed(batch: number): void {
    this.#batch = batch
  }
  /** Resolves, with the reason, when this server has to end. */
  get taken(): Promise<Error> {
    return this.#taken.promise
  }
  /** The database is this server's, which has this number. */
  opened(node: number): void {
    this.#node = node
  }

  /** On a new writing connection: waits until nothing of the last one can commit any more. @throws StorageError */
  async greet(session: PostgresSession): Promise<void> {
    if (this.#backend !== null) await endConnections(session, this.incarnation, this.#backend)
    const committed = await this.#barrier(session)
    if (committed === null) throw this.putOut()
    if (committed < this.#batch)
      throw this.end(
        `The database ${this.#name} has lost changes that it had acknowledged: another machine took its place, or a backup was restored.`,
        'Start this server again, so that it reads what is left.',
      )
    this.#batch = committed
    this.#backend = (await session.run('select pg_backend_pid()')).rows[0]![0] as number
  }
  /** Another server has the database. */
  putOut(): StorageError {
    return this.end(
      `Another Porchlight has used the database ${this.#name} while this one was cut off from it.`,
      'Stop one of them for good, and restart this one if it is to stay.',
    )
  }
  end(what: string, remedy: string): StorageError {
    const error = new StorageError('closed', what, remedy)
    this.isOver = true
    this.#taken.resolve(error)
    return error
  }

  /** The number of the last batch, once no other transaction has the row; null if there is no row. */
  async #barrier(session: PostgresSession): Promise<number | null> {
    const row = await withLocks(
      session,
      async () => {
        const { rows } = await session.run('select batch from cluster_fence where node = $1 and incarnation = $2 for update', [
          this.#node!,
          this.incarnation,
        ])
        return rows[0] ?? null
      },
      () => endConnections(session, this.incarnation, this.#backend ?? 0),
    )
    return row === null ? null : (row[0] as number)
  }
}

/** A transaction that waits for locks only for a moment, then calls `unlock`, and tries again. */
export async function withLocks<T>(session: PostgresSession, work: () => Promise<T>, unlock: () => Promise<void>): Promise<T> {
  for (;;) {
    try {
      await Promise.all([session.run('begin'), session.run(`set local lock_timeout = ${LOCK_MS}`)])
      const result = await work()
      await session.run('commit')
      return result
    } catch (error) {
      await session.run('rollback')
      if ((error as { code?: unknown }).code !== LOCKED) throw error
      await unlock()
    }
  }
}

/** The name by which the connections of a run are known. */
export const connectionName = (incarnation: string): string => `porchlight ${incarnation}`

/** Ends the connections of a run: what they had not committed is undone. @param backend null for all of them */
export async function endConnections(session: PostgresSession, incarnation: string, backend: number | null): Promise<void> {
  await session.run(
    'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid() and ($2::integer is null or pid = $2::integer)',
    [connectionName(incarnation), backend],
  )
}
