/** A complete and consistent copy of the database, made while a server writes to it (SQLite's online backup). */
import { backup, DatabaseSync } from 'node:sqlite'
import { StorageError } from './storage-error.ts'

/**
 * @param from file of the database
 * @param to file of the copy, which is created
 * @throws StorageError if there is no database, or its copy is damaged
 */
export async function backUp(from: string, to: string): Promise<void> {
  const source = open(from)
  try {
    await backup(source, to)
  } catch (error) {
    throw new StorageError('not-writable', `The backup ${to} cannot be written (${(error as Error).message}).`)
  } finally {
    source.close()
  }
  const copy = open(to)
  try {
    const { quick_check: verdict } = copy.prepare('PRAGMA quick_check').get() as { readonly quick_check: string }
    if (verdict !== 'ok')
      throw new StorageError('corrupt', `The backup ${to} is damaged (${verdict}). Check the disk, and ${from}.`)
  } finally {
    copy.close()
  }
}

function open(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { readOnly: true })
  } catch (error) {
    throw new StorageError('not-writable', `The database ${file} cannot be opened (${(error as Error).message}).`)
  }
}
