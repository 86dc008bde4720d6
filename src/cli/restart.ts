/** `porchlight restart`: restarts the running server; sessions that can be resumed are kept. */
import { connectControl } from '../admin/control-client.ts'
import { CommandError } from '../admin/command.ts'
import type { Status } from '../admin/status-commands.ts'
import type { World } from '../process/world.ts'
import { withServer } from './authority.ts'
import { setupOf, type ConfigOptions } from './config-options.ts'

/** Longer than any stop and start takes. */
const PATIENCE_MS = 60_000
const POLL_MS = 100

/** Of the order. */
type RestartArgs = Readonly<Record<'text' | 'delay', string | number>>

/** Returns when the server runs again. @throws CommandError if it is not running, or does not come back */
export async function restart(world: World, options: ConfigOptions, args: RestartArgs): Promise<void> {
  const setup = setupOf(world, options)
  const { startedAt } = (await withServer(setup, async (server) => {
    const status = await server.ask('status', {})
    await server.ask('restart', args)
    return status
  })) as Status
  for (let waited = 0; waited < PATIENCE_MS; waited += POLL_MS) {
    await world.pause(POLL_MS)
    const status = await statusNow(setup.control)
    if (status === null || status.startedAt === startedAt) continue
    world.stdout.write(`The server has been restarted; ${status.sessions} sessions were kept for their clients.\n`)
    return
  }
  throw new CommandError('The server stopped and did not start again within a minute. See its log, and start it.')
}

/** Null if no server is running or ready. */
async function statusNow(address: string): Promise<Status | null> {
  const server = await connectControl(address)
  try {
    return ((await server?.ask('status', {})) ?? null) as Status | null
  } catch (error) {
    if (error instanceof CommandError) return null // the server is stopping, or just starting
    throw error
  } finally {
    await server?.close()
  }
}
