/** `porchlight admin`: lets a browser into the operator's view. */
import { CommandError } from '../admin/command.ts'
import type { World } from '../process/world.ts'
import { withServer } from './authority.ts'
import { setupOf, type ConfigOptions } from './config-options.ts'

export interface OperatorOptions {
  readonly viewer?: true
}

/** @throws CommandError when the server is not running, or has no port for browsers */
export async function openOperatorView(world: World, options: ConfigOptions & OperatorOptions): Promise<void> {
  const role = options.viewer === true ? 'viewer' : 'operator'
  const answer = await withServer(setupOf(world, options), (server) => server.ask('operator.ticket', { role }))
  const { ticket, page } = answer as { ticket: string; page: string | null }
  if (page === null) throw new CommandError('No port is open for browsers. Name one in section [listen], option http or https.')
  world.stdout.write(
    `${page}#${ticket}\nOpen it in a browser on this machine within two minutes; it lets you in once, as ${role}.\n`,
  )
}
