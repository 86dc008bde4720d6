/**
 * Everything of an SQLite file into a PostgreSQL database whose tables are there and empty, as one transaction. Both have the
 * tables of this version of the server: the servers' own migrations have made them.
 */
import { DatabaseSync } from 'node:sqlite'
import type { Value } from './batch.ts'
import { failureOfStatement, isOfTheConnection, connectionError, postgresError } from './postgres-error.ts'
import type { PostgresSession } from './postgres-connection.ts'
import { MEMBER_TABLES } from './postgres-members.ts'
import { SHARED_TEXTS } from './shared-texts.ts'
import { StorageError } from './storage-error.ts'

/** Rows in one statement. */
const ROWS = 1000
/** Of the database, and not of what is in it. */
const OWN = new Set(['porchlight_migration', 'porchlight_server', SHARED_TEXTS, ...MEMBER_TABLES])

export interface MovedTable {
  readonly table: string
  readonly rows: number
}

/** The tables that have rows. */
export async function filledTables(session: PostgresSession): Promise<readonly string[]> {
  const filled: string[] = []
  for (const table of (await columnsOf(session)).keys()) {
    if (OWN.has(table)) continue
    const { rows } = await session.run(`select exists (select 1 from ${quoted(table)})`)
    if (rows[0]![0] === 1) filled.push(table)
  }
  return filled
}

/**
 * All or nothing.
 * @param file that no server uses
 * @param name of the database, for messages
 * @throws StorageError: nothing was moved
 */
export async function moveAll(file: string, session: PostgresSession, name: string): Promise<readonly MovedTable[]> {
  const source = new DatabaseSync(file, { timeout: 5000, returnArrays: true })
  try {
    source.exec('begin immediate') // nobody changes it meanwhile
    await session.run('begin')
    const moved = await copy(source, session)
    await session.run('commit')
    return moved
  } catch (error) {
    if (error instanceof StorageError) throw error
    throw isOfTheConnection(error) ? connectionError(error, name) : postgresError(failureOfStatement(error), name)
  } finally {
    source.close()
  }
}

async function copy(source: DatabaseSync, session: PostgresSession): Promise<readonly MovedTable[]> {
  const target = await columnsOf(session)
  const moved: MovedTable[] = []
  for (const table of inOrderOfReference(source)) {
    const names = textsOf(source, `select name from pragma_table_info(${literal(table)})`)
    const types = target.get(table)
    const missing = names.find((column) => types?.get(column) === undefined)
    if (types === undefined || missing !== undefined) throw unknownTable(table)
    const rows = await copyTable(source, session, table, new Map(names.map((column) => [column, types.get(column)!])))
    if (rows > 0) moved.push({ table, rows })
  }
  return moved
}
/** Returns how many rows there are. */
async function copyTable(
  source: DatabaseSync,
  session: PostgresSession,
  table: string,
  columns: ReadonlyMap<string, string>,
): Promise<number> {
  const names = [...columns.keys()].map(quoted).join(', ')
  const arrays = [...columns.values()].map((type, i) => `$${i + 1}::${type}[]`).join(', ')
  const insert = `insert into ${quoted(table)} (${names}) select * from unnest(${arrays})`
  let rows = 0
  let chunk: Value[][] = []
  const send = async (): Promise<void> => {
    if (chunk.length === 0) return
    const byColumn = Array.from({ length: columns.size }, (_, i) => chunk.map((row) => row[i]!))
    rows += (await session.run(insert, byColumn as unknown as readonly Value[])).count
    chunk = []
  }
  for (const row of source.prepare(`select ${names} from ${quoted(table)}`).iterate()) {
    chunk.push(row as unknown as Value[])
    if (chunk.length === ROWS) await send()
  }
  await send()
  return rows
}

/** Each table of what is kept behind those that it refers to. */
function inOrderOfReference(source: DatabaseSync): readonly string[] {
  const all = textsOf(source, "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name")
  const ordered = new Set<string>()
  const add = (table: string): void => {
    if (ordered.has(table)) return
    for (const other of textsOf(source, `select "table" from pragma_foreign_key_list(${literal(table)})`))
      if (other !== table) add(other)
    ordered.add(table)
  }
  for (const table of all) if (!OWN.has(table)) add(table)
  return [...ordered]
}

/** By table, the type of each column. */
async function columnsOf(session: PostgresSession): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const { rows } = await session.run(
    'select table_name, column_name, data_type from information_schema.columns where table_schema = current_schema() order by 1, ordinal_position',
  )
  const tables = new Map<string, Map<string, string>>()
  for (const [table, column, type] of rows as readonly (readonly [string, string, string])[])
    tables.set(table, (tables.get(table) ?? new Map<string, string>()).set(column, type))
  return tables
}
const unknownTable = (table: string): StorageError =>
  new StorageError(
    'newer-schema',
    `The file has a table ${table} that this version of the server does not know, or knows with other columns. Nothing was moved.`,
    'Use the version of the server that wrote the file.',
  )

const textsOf = (source: DatabaseSync, sql: string): readonly string[] =>
  (source.prepare(sql).all() as unknown as readonly (readonly [string])[]).map(([text]) => text)
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
