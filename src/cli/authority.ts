/** Chooses who carries out a command: the running server, or, if none runs, this process on the same database. */
import { commandsOf, CommandError, runCommand } from '../admin/command.ts'
import { connectControl, type Authority } from '../admin/control-client.ts'
import { openLog } from '../admin/log.ts'
import { SystemClock } from '../base/clock.ts'
import { systemEntropy } from '../base/entropy.ts'
import { assemble } from '../process/assembly.ts'
import { storedCommands } from '../process/commands.ts'
import type { Setup } from '../process/setup.ts'
import type { World } from '../process/world.ts'

/** Runs `use` with the running server or with this process. @throws CommandError, StorageError */
export async function withAuthority<T>(world: World, setup: Setup, use: (authority: Authority) => Promise<T>): Promise<T> {
  const authority = (await connectControl(setup.control)) ?? (await alone(world, setup))
  try {
    return await use(authority)
  } finally {
    await authority.close()
  }
}

/** Runs `use` with the running server. @throws CommandError if no server is running */
export async function withServer<T>(setup: Setup, use: (authority: Authority) => Promise<T>): Promise<T> {
  const authority = await connectControl(setup.control)
  if (authority === null)
    throw new CommandError(
      `The server is not running (nothing answers on ${setup.control}). Start it, or name its configuration with --config.`,
    )
  try {
    return await use(authority)
  } finally {
    await authority.close()
  }
}

async function alone(world: World, setup: Setup): Promise<Authority> {
  if (setup.config.server.fresh)
    throw new CommandError('The server is not running, and its configuration ([server] fresh) keeps nothing. Start it first.')
  const log = openLog({ level: 'warn', format: 'text' }, world.stderr)
  const assembly = await assemble(setup, {
    clock: new SystemClock(),
    entropy: systemEntropy,
    log,
    software: world.software,
    isCommand: true,
  })
  const commands = commandsOf(...storedCommands(assembly, setup.config, null))
  return {
    ask: (name, args) => runCommand(commands, name, args),
    close: async () => {
      await assembly.server.host.router.whenIdle() // what users are told of it may have to be stored
      await assembly.close()
    },
  }
}
