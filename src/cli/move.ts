/** `porchlight move`: everything from the SQLite file in the data directory to the PostgreSQL database of the configuration. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandError } from '../admin/command.ts'
import { connectControl } from '../admin/control-client.ts'
import { openLog } from '../admin/log.ts'
import { SystemClock } from '../base/clock.ts'
import { systemEntropy } from '../base/entropy.ts'
import { assemble, DATABASE_FILE, type Assembly } from '../process/assembly.ts'
import type { Setup } from '../process/setup.ts'
import type { World } from '../process/world.ts'
import { filledTables, moveAll, type MovedTable } from '../storage/moving.ts'
import { withPostgres } from '../storage/postgres.ts'
import { setupOf, type ConfigOptions } from './config-options.ts'

/** @throws CommandError, StorageError: nothing was moved */
export async function moveToPostgres(world: World, options: ConfigOptions): Promise<void> {
  const setup = setupOf(world, options)
  const file = join(setup.dataDirectory, DATABASE_FILE)
  await checkPossible(setup, file)
  const { url, password } = setup.config.storage
  const address = { url, password, clock: new SystemClock() }
  await checkEmpty(setup)
  // Each brings its own tables up to date: then both have the same
  const old = { ...setup, config: { ...setup.config, storage: { ...setup.config.storage, url: '' } } }
  await (await open(world, old)).close()
  const target = await open(world, setup)
  try {
    report(world, await withPostgres(address, (session) => moveAll(file, session, url)), setup, file)
  } finally {
    await target.close()
  }
}

async function checkPossible(setup: Setup, file: string): Promise<void> {
  if (setup.config.storage.url === '')
    throw new CommandError(
      'The configuration names no PostgreSQL database. Write its address into section [storage], option url.',
    )
  if ((await stat(file).catch(() => null)) === null) throw new CommandError(`There is no ${file}, so there is nothing to move.`)
  const running = await connectControl(setup.control)
  if (running === null) return
  await running.close()
  throw new CommandError('The server is running. Stop it first: nothing else may change anything during the move.')
}
async function checkEmpty({ config: { storage } }: Setup): Promise<void> {
  const filled = await withPostgres({ ...storage, clock: new SystemClock() }, filledTables)
  if (filled.length > 0)
    throw new CommandError(
      `The database ${storage.url} is not empty: there are rows in ${filled.join(', ')}. Nothing was moved. Name an empty database.`,
    )
}

const open = (world: World, setup: Setup): Promise<Assembly> =>
  assemble(setup, {
    clock: new SystemClock(),
    entropy: systemEntropy,
    log: openLog({ level: 'warn', format: 'text' }, world.stderr),
    software: world.software,
    isCommand: true,
  })

function report(world: World, moved: readonly MovedTable[], { config }: Setup, file: string): void {
  const width = Math.max(...moved.map(({ rows }) => `${rows}`.length))
  for (const { table, rows } of moved) world.stdout.write(`${`${rows}`.padStart(width)} ${table}\n`)
  const rows = moved.reduce((sum, table) => sum + table.rows, 0)
  world.stdout.write(
    `Moved ${rows} rows to ${config.storage.url}. The server uses it from its next start. ${file} is as it was: keep it until you are sure.\n`,
  )
}
