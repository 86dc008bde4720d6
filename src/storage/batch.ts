/**
 * What passes between the statement queue and whoever runs its batches: the thread that owns an SQLite file, or the
 * connection to a PostgreSQL server. Arrays, not objects: a structured clone of rows as arrays costs half of what it costs
 * as objects, and no more than JSON.
 */
import type { Failure } from './storage-error.ts'

export type Value = null | number | bigint | string | Uint8Array
/** A statement: the slot that holds its text, its values, whether it is required to change a row. */
export type Call = readonly [slot: number, values: readonly Value[], required: boolean]
/** Statements that stand or fall together. */
export type Unit = readonly Call[]

/** Everything of one tick: one transaction. */
export interface Batch {
  /** Texts that are new with this batch. A slot is never given a second text. */
  readonly texts: readonly (readonly [slot: number, sql: string])[]
  /** Slots that are not used after this batch. */
  readonly dropped: readonly number[]
  readonly units: readonly Unit[]
  /** No unit changes anything: nothing to be written, no lock to be taken. */
  readonly readsOnly: boolean
}

export type Rows = readonly (readonly Value[])[]
/** For each call of a unit the rows it found, or how many it changed. */
export type Outcome = readonly (Rows | number)[] | Failure
export const isFailure = (outcome: Outcome): outcome is Failure => 'code' in outcome

export interface Reply {
  /** The names of a text's columns, told when it is compiled and not again with every row. */
  readonly columns: readonly (readonly [slot: number, names: readonly string[]])[]
  /** In the order of the batch's units. The transaction is over, and on disk. */
  readonly outcomes: readonly Outcome[]
}

/** Does a statement with this text change what tables there are, or their columns? */
export const changesSchema = (sql: string): boolean => /^\s*(create|alter|drop)\b/i.test(sql)
