/** Errors of PostgreSQL in words for the operator (appendix A of its manual: SQLSTATE). */
import { DatabaseError } from 'pg'
import { StorageError, UNMET, type Failure } from './storage-error.ts'

/** A failure of the statement, or of the database: the connection still works. */
export function failureOfStatement(error: unknown): Failure {
  if (error instanceof DatabaseError) return { code: error.code ?? 'XX000', message: error.message }
  throw error
}

/** Is the whole connection lost, not only the statement? */
export const isOfTheConnection = (error: unknown): boolean =>
  !(error instanceof DatabaseError) ||
  error.severity === 'FATAL' ||
  error.severity === 'PANIC' ||
  error.code?.startsWith('08') === true

/** The `failure` of a statement as an error that names the database and the remedy. */
export function postgresError({ code, message }: Failure, name: string): StorageError {
  if (code === UNMET) return new StorageError('nothing-changed', message)
  const state = String(code)
  switch (state.slice(0, 2)) {
    case '23':
      return new StorageError('constraint', message)
    case '40':
    case '55':
      return new StorageError(
        'busy',
        `The database ${name} is locked by another program (${message}).`,
        'Stop it, or let it finish.',
      )
    case '53':
      if (state === '53100') return diskFull(name, message)
      return new StorageError('overloaded', `The server of the database ${name} has too little of something (${message}).`)
    case 'XX':
      return new StorageError('corrupt', `The database ${name} is damaged (${message}).`, "Look into PostgreSQL's log.")
  }
  if (state === '25006' || state === '42501')
    return new StorageError(
      'not-writable',
      `The database ${name} cannot be written (${message}).`,
      "It must not be a standby, and the server's user needs the right to create tables in its schema.",
    )
  return new StorageError('statement', `${message} (SQLSTATE ${state}, database ${name})`)
}
const diskFull = (name: string, message: string): StorageError =>
  new StorageError(
    'disk-full',
    `The disk that holds the database ${name} is full (${message}).`,
    'Free some space; no restart is needed.',
  )

/** Why there is no connection. */
export function connectionError(error: unknown, name: string): StorageError {
  const message = (error as Error).message || String((error as NodeJS.ErrnoException).code)
  const state = error instanceof DatabaseError ? (error.code ?? '') : ''
  const what = `The database ${name} cannot be reached (${message}).`
  if (state.startsWith('28'))
    return new StorageError('unreachable', what, 'Check user and password in section [storage], and pg_hba.conf of the database.')
  if (state === '3D000')
    return new StorageError('unreachable', what, 'Make it: createdb --encoding=UTF8 --template=template0 NAME.')
  return new StorageError(
    'unreachable',
    what,
    'Check that PostgreSQL runs and that [storage] url is right. The server goes on trying.',
  )
}
