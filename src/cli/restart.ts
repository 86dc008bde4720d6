/** `porchlight restart`: the running server starts again, and sessions that can be resumed live on. */
import { connectControl } from '../admin/control-client.ts'
import { CommandError } from '../admin/command.ts'
import type { Status } from '../admin/status-commands.ts'
import type { World } from '../process/world.ts'
import { withServer } from './authority.ts'
import { setupOf, type ConfigOptions } from './config-options.ts'

/** Longer than a stop and a start may take. */
const PATIENCE_MS = 60_000
const LOOK_MS = 100

/** Returns when the server is there again. @throws CommandError when it is not running, or does not come back */
export async function restart(world: World, options: ConfigOptions): Promise<void> {
  const setup = setupOf(world, options)
  const { startedAt } = (await withServer(setup, async (server) => {
    const status = await server.ask('status', {})
    await server.ask('restart', {})
    return status
  })) as Status
  for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
    await world.pause(LOOK_MS)
    const status = await statusNow(setup.control)
    if (status === null || status.startedAt === startedAt) continue
    world.stdout.write(`The server has been restarted; ${status.sessions} sessions wait for their clients or are back already.\n`)
    return
  }
  throw new CommandError('The server has stopped and is not there again after a minute. Its log has more; start it.')
}

/** Null: nobody is there, or not yet. */
async function statusNow(address: string): Promise<Status | null> {
  const server = await connectControl(address)
  try {
    return ((await server?.ask('status', {})) ?? null) as Status | null
  } catch (error) {
    if (error instanceof CommandError) return null // it is stopping, or just starting
    throw error
  } finally {
    await server?.close()
  }
}
