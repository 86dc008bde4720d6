/**
 * The errors of a database in words for the operator: which database, what happened, what to do. The words for SQLite's primary
 * result codes (sqlite.org/rescode.html) are here, those for PostgreSQL's in postgres-error.ts.
 */
import { OperatingError } from '../server/ports.ts'

export type StorageTrouble =
  /** The file or the database cannot be opened or written. */
  | 'not-writable'
  | 'disk-full'
  /** The file is damaged, or is not a database. */
  | 'corrupt'
  /** A newer version of this server made the tables. */
  | 'newer-schema'
  /** Another process holds the file or the database. */
  | 'busy'
  /** The database server does not answer, or cannot be logged in to. */
  | 'unreachable'
  /** Too many statements wait; this one was not started. */
  | 'overloaded'
  /** The database was closed, or its thread has ended. */
  | 'closed'
  /** The statement violates a constraint: an existing key, a reference to nothing. */
  | 'constraint'
  /** The statement itself is wrong. */
  | 'statement'
  /** A statement that had to change something changed nothing; see `required`. */
  | 'nothing-changed'

const PASSING: ReadonlySet<StorageTrouble> = new Set(['disk-full', 'busy', 'unreachable', 'overloaded'])
/** Troubles of the file itself, whatever the statement was. */
const OF_THE_FILE: ReadonlySet<StorageTrouble> = new Set([
  'not-writable',
  'disk-full',
  'busy',
  'unreachable',
  'corrupt',
  'closed',
])

/** An operation on the database failed and changed nothing. */
export class StorageError extends OperatingError {
  readonly trouble: StorageTrouble
  /** What happened, and what to do about it, if anything can be done: together they are the message. */
  readonly what: string
  readonly remedy: string

  constructor(trouble: StorageTrouble, what: string, remedy = '') {
    super(`${what} ${remedy}`.trimEnd(), PASSING.has(trouble))
    this.trouble = trouble
    this.what = what
    this.remedy = remedy
  }
}

/** Would any other statement have failed too? */
export const isOfTheFile = ({ trouble }: StorageError): boolean => OF_THE_FILE.has(trouble)

/** Where and why a statement failed, as sent by the thread that ran it. */
export interface Failure {
  /** SQLite's (extended) result code, PostgreSQL's SQLSTATE, or one of those below. */
  readonly code: number | string
  readonly message: string
}
/** A required statement changed nothing. */
export const UNMET = -1
/** Not a code of SQLite: the operating system refused the file. */
export const FILE = -2

/** SQLITE_CORRUPT */
export const CORRUPT = 11

/** `failure` as an error that names `file` and the remedy. */
export function storageError(failure: Failure, file: string): StorageError {
  const { message } = failure
  const code = Number(failure.code)
  switch (code < 0 ? code : code & 0xff) {
    case UNMET:
      return new StorageError('nothing-changed', message)
    case FILE:
    case 3: // SQLITE_PERM
    case 8: // SQLITE_READONLY
    case 14: // SQLITE_CANTOPEN
      return new StorageError(
        'not-writable',
        `The database ${file} cannot be written (${message}).`,
        "Check that its directory exists and that the server's user may write in it.",
      )
    case 10: // SQLITE_IOERR
      return new StorageError(
        'not-writable',
        `Reading or writing the database ${file} failed (${message}).`,
        "Check the disk and the system's log.",
      )
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
      return new StorageError(
        'busy',
        `The database ${file} is locked by another process.`,
        'Stop the other server or tool that uses it.',
      )
    case 13: // SQLITE_FULL
      return new StorageError(
        'disk-full',
        `The disk that holds the database ${file} is full.`,
        'Free some space; no restart is needed.',
      )
    case CORRUPT:
    case 26: // SQLITE_NOTADB
      return new StorageError(
        'corrupt',
        `The database ${file} is damaged or is not a database (${message}).`,
        'Stop the server, keep a copy of the file, and restore a backup.',
      )
    case 19: // SQLITE_CONSTRAINT
      return new StorageError('constraint', message)
    default:
      return new StorageError('statement', `${message} (SQLite ${code}, database ${file})`)
  }
}
