/**
 * What is exchanged between the statement queue and the executor of its batches: the thread that owns an SQLite file, or the
 * connection to a PostgreSQL server. Rows are arrays, because a structured clone of them costs half as much as of objects, and no
 * more than JSON.
 */
import type { Failure } from './storage-error.ts'

export type Value = null | number | bigint | string | Uint8Array
/** A statement: the slot with its text, its values, and whether it must change a row. */
export type Call = readonly [slot: number, values: readonly Value[], required: boolean]
/** Statements that take effect together or not at all. */
export type Unit = readonly Call[]

/** Everything of one tick: one transaction. */
export interface Batch {
  /** Texts that are new in this batch. A slot never gets a second text. */
  readonly texts: readonly (readonly [slot: number, sql: string])[]
  /** Slots that are not used after this batch. */
  readonly dropped: readonly number[]
  readonly units: readonly Unit[]
  /** No unit changes anything: nothing is written, and no lock is needed. */
  readonly readsOnly: boolean
}

export type Rows = readonly (readonly Value[])[]
/** For each call of a unit the rows that it found, or how many it changed. */
export type Outcome = readonly (Rows | number)[] | Failure
export const isFailure = (outcome: Outcome): outcome is Failure => 'code' in outcome

export interface Reply {
  /** The names of a text's columns, sent once when it is compiled. */
  readonly columns: readonly (readonly [slot: number, names: readonly string[]])[]
  /** In the order of the batch's units. The transaction is complete and on disk. */
  readonly outcomes: readonly Outcome[]
}

/** Does a statement with this text change the tables, or their columns? */
export const changesSchema = (sql: string): boolean => /^\s*(create|alter|drop)\b/i.test(sql)
