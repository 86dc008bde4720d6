/** `porchlight admin`: opens the operator's view for a browser. */
import { CommandError } from '../admin/command.ts'
import type { World } from '../process/world.ts'
import { withServer } from './authority.ts'
import { setupOf, type ConfigOptions } from './config-options.ts'

export interface OperatorOptions {
  readonly viewer?: true
}

/** @throws CommandError if the server is not running, or has no port for browsers */
export async function openOperatorView(world: World, options: ConfigOptions & OperatorOptions): Promise<void> {
  const role = options.viewer === true ? 'viewer' : 'operator'
  const answer = await withServer(setupOf(world, options), (server) => server.ask('operator.ticket', { role }))
  const { ticket, page } = answer as { ticket: string; page: string | null }
  if (page === null) throw new CommandError('No port is open for browsers. Name one in section [listen], option http or https.')
  world.stdout.write(
    `${page}#${ticket}\nOpen it in a browser on this machine within two minutes; the link works once, and logs you in as ${role}.\n`,
  )
}
