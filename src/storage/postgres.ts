/**
 * PostgreSQL, 15 and later: the same statements as on SQLite, those of one tick as one transaction on one connection. So the
 * server's memory stays the truth, and nothing can happen in between. Reads of many rows have a connection of their own.
 */
import { DatabaseError } from 'pg'
import type { Clock } from '../base/clock.ts'
import type { Gate } from '../base/gate.ts'
import { endOfTick } from '../base/tick.ts'
import type { Database } from '../server/database.ts'
import type { Reply } from './batch.ts'
import { PostgresCarrier, Refusal } from './postgres-carrier.ts'
import { PostgresConnection, type PostgresAddress, type PostgresSession } from './postgres-connection.ts'
import { connectionName, PostgresFence } from './postgres-fence.ts'
import type { Member } from './postgres-members.ts'
import { Membership } from './postgres-membership.ts'
import { connectionError, failureOfStatement, isOfTheConnection, postgresError } from './postgres-error.ts'
import { postgresDialect } from './queue-dialect.ts'
import { QueuedDatabase } from './queued-database.ts'
import { STATEMENTS_MAX, StatementQueue } from './statement-queue.ts'
import { StorageError, type Failure } from './storage-error.ts'

export interface PostgresOptions extends PostgresAddress {
  readonly clock: Clock
  /** Identifies this run of the server. */
  readonly run: string
  /** Who uses the database; null for a program without a data directory. */
  readonly member?: Member
  /** Told, with the place of the server that serves, when this one begins to stand by. */
  readonly standingBy?: (place: string) => void
  /** Aborted when this program is to stop waiting for the database. */
  readonly enough?: AbortSignal
}

/** A database that one of several servers has. */
export interface PostgresDatabase extends Database {
  /** Whether the server may work on what enters it; null if no other one can take over. */
  readonly gate: Gate | null
}

const VERSION_MIN = 150_000

/** Opens the database, only for this server. @throws StorageError that says what is wrong and what to do */
export async function openPostgres(options: PostgresOptions): Promise<PostgresDatabase> {
  const { url: name, clock, run } = options
  const fence = new PostgresFence(name, run)
  const member = options.member ?? { identity: run, place: 'a program', role: 'alone' }
  const { standingBy = () => {}, enough = new AbortController().signal } = options
  const connection = new PostgresConnection({
    address: options,
    name,
    knownAs: connectionName(run),
    clock,
    greet: (session) => prepareSession(session, name),
  })
  const membership = new Membership({ member, connection, fence, clock, name, standingBy, enough })
  try {
    await connection.open()
    await membership.join()
    const queue = await openLane(options, fence)
    const longReads = () => openLane(options, null)
    const leave = () => membership.leave()
    const database = new QueuedDatabase({
      queue,
      longReads,
      dialect: postgresDialect(queue),
      name,
      clock,
      taken: fence.taken,
      leave,
    })
    return Object.assign(database, { gate: member.role === 'stand-by' ? membership : null })
  } catch (error) {
    await membership.leave()
    throw forOperator(error, name)
  }
}

/** Whether the database can be used. A server may use it meanwhile. @throws StorageError that says why not */
export const checkPostgres = (address: PostgresAddress & { readonly clock: Clock }): Promise<void> =>
  withPostgres(address, async () => {})

/** Runs `use` on a connection of its own, beside a server that may use the database. @throws StorageError */
export async function withPostgres<T>(
  address: PostgresAddress & { readonly clock: Clock },
  use: (session: PostgresSession) => Promise<T>,
): Promise<T> {
  const { url: name, clock } = address
  const connection = new PostgresConnection({
    address,
    name,
    knownAs: 'porchlight',
    clock,
    greet: (session) => prepareSession(session, name),
  })
  try {
    await connection.open()
    return await use(await connection.session())
  } finally {
    await connection.close()
  }
}

/** What PostgreSQL refuses while the server opens the database. */
function forOperator(error: unknown, name: string): unknown {
  if (!(error instanceof DatabaseError)) return error
  return isOfTheConnection(error) ? connectionError(error, name) : postgresError(failureOfStatement(error), name)
}

/** A queue with a connection of its own. @param fence null for reads only */
async function openLane(options: PostgresOptions, fence: PostgresFence | null): Promise<StatementQueue> {
  const { url: name, clock, run } = options
  const greet = async (session: PostgresSession): Promise<void> => {
    await prepareSession(session, name)
    await fence?.greet(session)
  }
  const connection = new PostgresConnection({ address: options, name, knownAs: connectionName(run), clock, greet })
  try {
    await connection.open()
  } catch (error) {
    await connection.close()
    throw error
  }
  const replied = (reply: Reply): void => queue.replied(reply)
  const carrier = new PostgresCarrier({ connection, fence, clock, name, replied })
  const errorOf = (failure: Failure): StorageError => (failure instanceof Refusal ? failure.error : postgresError(failure, name))
  const queue: StatementQueue = new StatementQueue(carrier, endOfTick, STATEMENTS_MAX, errorOf)
  return queue
}

/** @throws StorageError if the database has unsuitable settings */
async function prepareSession(session: PostgresSession, name: string): Promise<void> {
  const { rows } = await session.run(
    `select current_setting('server_version_num')::integer, current_setting('server_version'), current_setting('server_encoding'), current_setting('synchronous_commit')`,
  )
  const [number, version, encoding, commit] = rows[0] as [number, string, string, string]
  if (number < VERSION_MIN)
    throw new StorageError('unreachable', `The database ${name} is on PostgreSQL ${version}.`, 'Version 15 or later is needed.')
  if (encoding !== 'UTF8')
    throw new StorageError(
      'unreachable',
      `The database ${name} has the encoding ${encoding}.`,
      'Make one with: createdb --encoding=UTF8 --template=template0 NAME.',
    )
  const settings = {
    client_encoding: 'UTF8',
    lock_timeout: '5000',
    // A server that was frozen, or whose machine has disappeared, must not keep others out for long
    idle_in_transaction_session_timeout: '2000',
    tcp_user_timeout: '5000',
    tcp_keepalives_idle: '5',
    tcp_keepalives_interval: '2',
    tcp_keepalives_count: '3',
    // What is acknowledged is on disk. A stricter setting of the operator is kept
    ...(commit === 'off' && { synchronous_commit: 'on' }),
  }
  await session.run(
    `select ${Object.entries(settings)
      .map(([name, value]) => `set_config('${name}', '${value}', false)`)
      .join(', ')}`,
  )
}
