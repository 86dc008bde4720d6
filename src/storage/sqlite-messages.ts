/**
 * What passes between the server's thread and the thread that owns the database file. Arrays, not objects:
 * a structured clone of rows as arrays costs half of what it costs as objects, and no more than JSON.
 */
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { Failure } from './storage-error.ts'

/** A statement: the slot that holds its text, its values, whether it is required to change a row. */
export type Call = readonly [slot: number, values: readonly SQLInputValue[], required: boolean]
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

export type Rows = readonly (readonly SQLOutputValue[])[]
/** For each call of a unit the rows it found, or how many it changed. */
export type Outcome = readonly (Rows | number)[] | Failure

export interface Reply {
  /** The names of a text's columns, told when it is compiled and not again with every row. */
  readonly columns: readonly (readonly [slot: number, names: readonly string[]])[]
  /** In the order of the batch's units. The transaction is over, and on disk. */
  readonly outcomes: readonly Outcome[]
}

/** The worker's first word: null when the file is open. */
export interface Opened {
  readonly failure: Failure | null
}
