/**
 * What every store has to do on both engines. A store joins with the tests that it has anyway:
 *
 *     contract('a room is kept', async (open) => {
 *       const { database, clock } = await open()
 *       await database.migrate('xep-0045', migrations)
 *       ...
 *     })
 */
import { test, type TestContext } from 'node:test'
import { SystemClock, type Clock } from '../../src/base/clock.ts'
import { ManualClock } from '../../src/base/manual-clock.ts'
import type { Database } from '../../src/server/database.ts'
import { openPostgres } from '../../src/storage/postgres.ts'
import { openInMemory } from '../../src/storage/sqlite.ts'
import { storesIn, type Stores } from '../../src/storage/testing.ts'
import { sharedCluster, withoutPostgres } from './postgres.ts'

export interface Engine {
  readonly name: string
  /** Why its tests are skipped; false: they are not. */
  readonly skip: string | false
  /** An empty database. It is closed by who opens it. */
  open(clock: Clock): Promise<Database>
}
export const engines: readonly Engine[] = [
  { name: 'SQLite', skip: false, open: async (clock) => openInMemory({ clock }) },
  { name: 'PostgreSQL', skip: withoutPostgres, open: openEmptyPostgres },
]

/** A schema of its own in the cluster of this process. */
export async function openEmptyPostgres(clock: Clock = new SystemClock()): Promise<Database> {
  const url = await (await sharedCluster()).schema()
  return openPostgres({ url, password: '', clock, run: 'a test' })
}

/** Opens an empty database with the core's tables. @param names accounts to create */
export type OpenStores = (...names: readonly string[]) => Promise<Stores>

/**
 * What a store has to do on both engines: a test on each. `open` opens as many databases as the test wants; they are closed
 * when it ends.
 */
export function contract(name: string, body: (open: OpenStores) => Promise<void>): void {
  for (const engine of engines)
    test(`${name} (${engine.name})`, { skip: engine.skip }, (t) => body((...names) => opened(t, engine, names)))
}
async function opened(t: TestContext, engine: Engine, names: readonly string[]): Promise<Stores> {
  const clock = new ManualClock()
  const database = await engine.open(clock)
  t.after(() => database.close())
  return storesIn(database, clock, names)
}
