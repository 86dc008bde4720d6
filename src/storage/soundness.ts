/** Checks whether a whole database file can be read, as far as SQLite can tell without its indexes. */
import type { Clock } from '../base/clock.ts'
import { openSqlite } from './sqlite.ts'
import { CORRUPT, storageError } from './storage-error.ts'

/**
 * Reads the whole file, in a thread of its own. A server may use it meanwhile.
 * @param file which exists
 * @throws StorageError that says what is wrong with it
 */
export async function checkSound(file: string, clock: Clock): Promise<void> {
  const database = await openSqlite(file, { clock })
  try {
    const [row] = await database.read<{ readonly quick_check: string }>(QUICK_CHECK)
    if (row?.quick_check !== 'ok') throw storageError({ code: CORRUPT, message: row?.quick_check ?? 'no answer' }, file)
  } finally {
    await database.close()
  }
}

/** As a select, because a read locks nobody out. */
const QUICK_CHECK = { sql: 'select quick_check from pragma_quick_check', parameters: [] }
