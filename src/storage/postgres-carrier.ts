/**
 * Runs batches on a connection to PostgreSQL, one after the other, each as one transaction with two round trips: all statements,
 * then the commit. If a unit fails, the batch is run again unit by unit, so that each fails alone.
 *
 * A batch whose connection is lost is run again on the next one. If the commit was in progress, the server first asks whether it
 * was done (postgres-fence.ts): nothing is done twice, and nothing is acknowledged that is not on disk.
 */
import { pause, type Clock, type Millis } from '../base/clock.ts'
import { changesSchema, type Batch, type Call, type Outcome, type Reply, type Rows, type Unit, type Value } from './batch.ts'
import type { Found, PostgresConnection, PostgresSession } from './postgres-connection.ts'
import type { PostgresFence } from './postgres-fence.ts'
import { connectionError, failureOfStatement, isOfTheConnection } from './postgres-error.ts'
import type { Carrier } from './statement-queue.ts'
import { StorageError, UNMET, type Failure } from './storage-error.ts'

/** How often a batch is started when its connection is lost each time. */
const ATTEMPTS_MAX = 3
/** Between two attempts to learn whether a batch was committed. */
const ASK_MS: Millis = 500
/** How long one batch may take. After that the connection counts as lost. */
const STALLED_MS: Millis = 60_000

export interface PostgresCarrierParts {
  readonly connection: PostgresConnection
  /** Null for a connection that only reads. */
  readonly fence: PostgresFence | null
  readonly clock: Clock
  readonly name: string
  readonly replied: (reply: Reply) => void
}

interface Text {
  readonly sql: string
  /** The names of its columns were sent. */
  isNamed: boolean
}
type Results = readonly (Rows | number)[]

export class PostgresCarrier implements Carrier {
  readonly #parts: PostgresCarrierParts
  readonly #texts = new Map<number, Text>()
  readonly #batches: Batch[] = []
  #working: Promise<void> | null = null
  #columns: [number, readonly string[]][] = []
  #isClosing = false
  /** Counts the batches that write. */
  #number = 0

  constructor(parts: PostgresCarrierParts) {
    this.#parts = parts
  }
  post(batch: Batch): void {
    this.#batches.push(batch)
    this.#working ??= this.#work()
  }
  async close(): Promise<void> {
    this.#isClosing = true
    await this.#working
    await this.#parts.connection.close()
  }

  async #work(): Promise<void> {
    for (let batch; (batch = this.#batches.shift()) !== undefined;) {
      for (const [slot, sql] of batch.texts) this.#texts.set(slot, { sql, isNamed: false })
      const outcomes = await this.#outcomes(batch)
      const columns = this.#columns.splice(0)
      for (const slot of batch.dropped) this.#texts.delete(slot)
      this.#parts.replied({ columns, outcomes })
    }
    this.#working = null
  }

  async #outcomes(batch: Batch): Promise<readonly Outcome[]> {
    const all = (failure: Failure): readonly Outcome[] => batch.units.map(() => failure)
    const number = batch.readsOnly ? null : ++this.#number
    /** The results of the last attempt, before it asked for the commit. */
    let found: readonly Outcome[] | null = null
    for (let attempt = 1; ; attempt++) {
      let session: PostgresSession | null = null
      try {
        session = await this.#parts.connection.session()
        if (found !== null && this.#parts.fence?.batch === number) return found
        found = null
        return await this.#timed(session, () => this.#attempt(session!, batch, number, (outcomes) => (found = outcomes)))
      } catch (error) {
        if (!(error instanceof StorageError) && !isOfTheConnection(error)) return all(failureOfStatement(error))
        session?.cut()
        const isRefused = error instanceof StorageError || attempt >= ATTEMPTS_MAX
        if (!isRefused) continue
        if (number === null || found === null || !this.#mayAskAgain())
          return all(new Refusal(error instanceof StorageError ? error : connectionError(error, this.#parts.name)))
        // While nobody knows whether the commit was done, no answer would be true
        await pause(this.#parts.clock, ASK_MS)
      }
    }
  }
  #mayAskAgain(): boolean {
    return !this.#isClosing && this.#parts.fence?.isOver === false
  }
  async #timed<T>(session: PostgresSession, work: () => Promise<T>): Promise<T> {
    const timer = this.#parts.clock.after(STALLED_MS, () => session.cut())
    try {
      return await work()
    } finally {
      timer.cancel()
    }
  }

  /** @param committing is told what will be true if the commit succeeds */
  async #attempt(
    session: PostgresSession,
    batch: Batch,
    number: number | null,
    committing: (outcomes: readonly Outcome[]) => void,
  ): Promise<readonly Outcome[]> {
    const outcomes = (await this.#together(session, batch, number)) ?? (await this.#oneByOne(session, batch, number))
    committing(outcomes)
    await session.run('commit')
    if (number !== null) this.#parts.fence?.committed(number)
    await this.#tidy(session, batch)
    return outcomes
  }
  /** All units at once. Null if one of them failed; then nothing has changed. */
  async #together(session: PostgresSession, batch: Batch, number: number | null): Promise<readonly Outcome[] | null> {
    const [begun, ...units] = await session.together(() =>
      Promise.allSettled([
        this.#begin(session, number),
        ...batch.units.map((unit) => Promise.all(unit.map((call) => this.#call(session, call)))),
      ]),
    )
    if (begun!.status === 'rejected') throw begun!.reason
    const outcomes: Results[] = []
    for (const result of units) {
      if (result.status === 'fulfilled') outcomes.push(result.value as Results)
      else if (isOfTheConnection(result.reason) && !(result.reason instanceof Unmet)) throw result.reason
    }
    if (outcomes.length === units.length) return outcomes
    await session.run('rollback')
    return null
  }
  async #oneByOne(session: PostgresSession, batch: Batch, number: number | null): Promise<readonly Outcome[]> {
    await this.#begin(session, number)
    const outcomes: Outcome[] = []
    for (const unit of batch.units) outcomes.push(await this.#alone(session, unit))
    return outcomes
  }
  async #alone(session: PostgresSession, unit: Unit): Promise<Outcome> {
    try {
      const [, results] = await session.together(() =>
        Promise.all([session.run('savepoint unit'), Promise.all(unit.map((call) => this.#call(session, call)))]),
      )
      await session.run('release unit')
      return results
    } catch (error) {
      if (!(error instanceof Unmet) && isOfTheConnection(error)) throw error
      await session.run('rollback to unit')
      return error instanceof Unmet ? { code: UNMET, message: error.message } : failureOfStatement(error)
    }
  }

  /** @throws StorageError if the database belongs to another server */
  async #begin(session: PostgresSession, number: number | null): Promise<void> {
    const { fence } = this.#parts
    if (number === null || fence === null) {
      await session.run('begin isolation level repeatable read read only')
      return
    }
    const [, { count }] = await Promise.all([
      session.run('begin'),
      session.run(fence.statement, fence.values(number), FENCE_SLOT),
    ])
    if (count !== 1) throw fence.putOut()
  }
  async #call(session: PostgresSession, [slot, values, required]: Call): Promise<Rows | number> {
    const text = this.#texts.get(slot)!
    const { rows, columns, count }: Found = await session.run(text.sql, values as Value[], slot)
    if (required && count === 0) throw new Unmet(`nothing was changed by: ${text.sql}`)
    if (columns.length === 0) return count
    if (!text.isNamed) {
      text.isNamed = true
      this.#columns.push([slot, columns])
    }
    return rows
  }
  async #tidy(session: PostgresSession, batch: Batch): Promise<void> {
    const used = batch.units.flat().map(([slot]) => this.#texts.get(slot)!.sql)
    if (used.some(changesSchema)) {
      for (const text of this.#texts.values()) text.isNamed = false
      await session.forgetAllTexts()
    }
    for (const slot of batch.dropped) await session.forgetText(slot).catch(() => {})
  }
}

/** Not a slot of the queue. */
const FENCE_SLOT = -1

/** A required statement has changed nothing. */
class Unmet extends Error {}

/** A failure that no statement caused. */
export class Refusal implements Failure {
  readonly code = ''
  readonly message: string
  readonly error: StorageError

  constructor(error: StorageError) {
    this.message = error.message
    this.error = error
  }
}
