/**
 * Collects the statements of a tick into one batch and gives each its result. At most two batches are in progress: one is being
 * written and one waits for it. Meanwhile statements are collected, so a slow disk leads to larger transactions and not to a
 * longer queue of small ones.
 */
import type { EndOfTick } from '../base/tick.ts'
import type { Query } from '../server/database.ts'
import { isFailure, type Batch, type Call, type Reply, type Rows, type Unit, type Value } from './batch.ts'
import { isOfTheFile, StorageError, type Failure } from './storage-error.ts'

const BATCHES_UNDER_WAY = 2
/** The most statements that may wait for their results at a time, unless a test sets another limit. */
export const STATEMENTS_MAX = 100_000
/** The most texts that stay compiled. Beyond it the oldest is dropped. */
const TEXTS = 1000

/** The executor of batches: a worker thread, this thread, or a connection. Replies come in the order of the batches. */
export interface Carrier {
  post(batch: Batch): void
  /** Closes the file or connection, after the batches that were posted. */
  close(): Promise<void>
}

type Row = Record<string, unknown>
/** The result of one statement. */
export interface Result {
  readonly rows: readonly Row[]
  /** Rows changed, or found. */
  readonly count: number
}

/** A statement's text, as the other side knows it. */
interface Text {
  readonly slot: number
  readonly readsOnly: boolean
  columns: readonly string[]
}
interface Waiting {
  readonly texts: readonly Text[]
  readonly resolve: (results: readonly Result[]) => void
  readonly reject: (error: StorageError) => void
}

const NO_ROWS: readonly Row[] = []
const NO_COLUMNS: readonly string[] = []

export class StatementQueue {
  readonly #carrier: Carrier
  readonly #endOfTick: EndOfTick
  readonly #limit: number
  readonly #errorOf: (failure: Failure) => StorageError
  readonly #texts = new Map<string, Text>()
  #nextSlot = 0
  #newTexts: [number, string][] = []
  #dropped: number[] = []
  #units: Unit[] = []
  #waiting: Waiting[] = []
  readonly #underWay: (readonly Waiting[])[] = []
  /** Statements whose results are still awaited. */
  #inFlight = 0
  #postAgreed = false
  #closed: StorageError | null = null
  #whenIdle: (() => void) | null = null
  /** Why the last write failed, if any other write would have failed too; null if it succeeded. */
  trouble: StorageError | null = null

  /** @param limit of statements whose results are awaited at a time  @param errorOf words for a failure */
  constructor(carrier: Carrier, endOfTick: EndOfTick, limit: number, errorOf: (failure: Failure) => StorageError) {
    this.#carrier = carrier
    this.#endOfTick = endOfTick
    this.#limit = limit
    this.#errorOf = errorOf
  }

  /**
   * Statements that all take effect or none does. Resolves when they are on disk.
   * @param required the numbers of those that must change something
   * @throws StorageError
   */
  submit(queries: readonly Query<unknown>[], required: readonly number[] = []): Promise<readonly Result[]> {
    if (this.#closed !== null) return Promise.reject(this.#closed)
    if (this.#inFlight + queries.length > this.#limit) {
      return Promise.reject(
        new StorageError('overloaded', `More than ${this.#limit} database statements are waiting: the disk does not keep up.`),
      )
    }
    for (const { sql, parameters } of queries) {
      if (!parameters.every(isStorable))
        return Promise.reject(new StorageError('statement', `A value cannot be stored by: ${sql}`))
    }
    this.#inFlight += queries.length
    const texts = queries.map((query) => this.#text(query.sql))
    this.#units.push(
      queries.map((query, i): Call => [texts[i]!.slot, query.parameters as readonly Value[], required.includes(i)]),
    )
    this.#agreeToPost()
    return new Promise((resolve, reject) => this.#waiting.push({ texts, resolve, reject }))
  }

  /** The carrier has run the oldest batch in progress. */
  replied({ columns, outcomes }: Reply): void {
    const batch = this.#underWay.shift()!
    if (columns.length > 0) name(batch, new Map(columns))
    for (let i = 0; i < batch.length; i++) {
      const { texts, resolve, reject } = batch[i]!
      const outcome = outcomes[i]!
      this.#inFlight -= texts.length
      const error = isFailure(outcome) ? this.#errorOf(outcome) : null
      if (texts.some((text) => !text.readsOnly) && (error === null || isOfTheFile(error))) this.trouble = error
      if (isFailure(outcome)) reject(error!)
      else
        resolve(
          outcome.map((result, n) =>
            typeof result === 'number' ? { rows: NO_ROWS, count: result } : found(texts[n]!.columns, result),
          ),
        )
    }
    if (this.#units.length > 0) this.#agreeToPost()
    else if (this.#underWay.length === 0) this.#whenIdle?.()
  }

  /** Takes no more statements; resolves when the accepted ones are done and the file is closed. */
  async close(): Promise<void> {
    if (this.#closed !== null) return
    this.#closed = new StorageError('closed', 'The database is closed.')
    if (this.#underWay.length > 0 || this.#units.length > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve))
    await this.#carrier.close()
  }

  /** The carrier is gone: there will be no replies. */
  lost(error: StorageError): void {
    this.#closed = error
    for (const batch of [...this.#underWay.splice(0), this.#waiting.splice(0)]) for (const { reject } of batch) reject(error)
    this.#units = []
    this.#inFlight = 0
    this.#whenIdle?.()
  }

  #agreeToPost(): void {
    if (this.#postAgreed || this.#underWay.length >= BATCHES_UNDER_WAY) return
    this.#postAgreed = true
    this.#endOfTick(() => this.#post())
  }

  #post(): void {
    this.#postAgreed = false
    if (this.#units.length === 0) return
    const batch: Batch = {
      texts: this.#newTexts,
      dropped: this.#dropped,
      units: this.#units,
      readsOnly: this.#waiting.every(({ texts }) => texts.every((text) => text.readsOnly)),
    }
    this.#underWay.push(this.#waiting)
    this.#newTexts = []
    this.#dropped = []
    this.#units = []
    this.#waiting = []
    this.#carrier.post(batch)
  }

  #text(sql: string): Text {
    const known = this.#texts.get(sql)
    if (known !== undefined) return known
    if (this.#texts.size >= TEXTS) {
      const [oldest, { slot }] = this.#texts.entries().next().value!
      this.#texts.delete(oldest)
      this.#dropped.push(slot)
    }
    const text: Text = { slot: this.#nextSlot++, readsOnly: /^\s*select\b/i.test(sql), columns: NO_COLUMNS }
    this.#texts.set(sql, text)
    this.#newTexts.push([text.slot, sql])
    return text
  }
}

/** Any other value would fail on the way to the thread, together with the whole batch. */
function isStorable(value: unknown): boolean {
  const kind = typeof value
  return kind === 'string' || kind === 'number' || kind === 'bigint' || value === null || value instanceof Uint8Array
}

/** Every compiled text was used by a statement of the batch. */
function name(batch: readonly Waiting[], columns: ReadonlyMap<number, readonly string[]>): void {
  for (const { texts } of batch) for (const text of texts) text.columns = columns.get(text.slot) ?? text.columns
}

function found(columns: readonly string[], rows: Rows): Result {
  const objects: Row[] = []
  for (const values of rows) {
    const row: Row = {}
    for (let i = 0; i < columns.length; i++) row[columns[i]!] = values[i]
    objects.push(row)
  }
  return { rows: objects, count: objects.length }
}
