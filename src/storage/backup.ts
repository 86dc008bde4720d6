/** A complete and consistent copy of the database, made while a server writes to it (SQLite's online backup). */
import { writeFile } from 'node:fs/promises'
import { backup, DatabaseSync } from 'node:sqlite'
import { StorageError } from './storage-error.ts'

/**
 * @param from file of the database
 * @param to file of the copy, which is created and may be read by its owner alone; nothing else stands beside it afterwards
 * @throws StorageError if there is no database, or its copy is damaged
 */
export async function backUp(from: string, to: string): Promise<void> {
  const source = open(from)
  try {
    await writeFile(to, '', { mode: 0o600, flag: 'wx' }) // it contains keys
    await backup(source, to)
  } catch (error) {
    throw new StorageError('not-writable', `The backup ${to} cannot be written (${(error as Error).message}).`)
  } finally {
    source.close()
  }
  const copy = open(to, false)
  try {
    const { quick_check: verdict } = copy.prepare('PRAGMA quick_check').get() as { readonly quick_check: string }
    if (verdict !== 'ok')
      throw new StorageError('corrupt', `The backup ${to} is damaged (${verdict}). Check the disk, and ${from}.`)
    copy.exec('PRAGMA journal_mode = DELETE') // otherwise a log of changes stays beside it
  } finally {
    copy.close()
  }
}

function open(file: string, readOnly = true): DatabaseSync {
  try {
    return new DatabaseSync(file, { readOnly })
  } catch (error) {
    throw new StorageError('not-writable', `The database ${file} cannot be opened (${(error as Error).message}).`)
  }
}
