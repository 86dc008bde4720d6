/** `porchlight check`: whether the configuration can be used, and what the operator should know about it. */
import { CommandError } from '../admin/command.ts'
import { connectControl } from '../admin/control-client.ts'
import { isStandBy, type StandByStatus, type Status } from '../admin/status-commands.ts'
import { SystemClock } from '../base/clock.ts'
import { presetWords } from '../config/presets.ts'
import { sentence } from '../config/problem.ts'
import { inspect } from '../process/inspection.ts'
import type { Setup } from '../process/setup.ts'
import type { World } from '../process/world.ts'
import { setupOf, type ConfigOptions } from './config-options.ts'

/** @throws ConfigError */
export async function check(world: World, options: ConfigOptions): Promise<void> {
  const setup = setupOf(world, options)
  const { configFile } = setup
  const held = await heldByServer(setup)
  for (const note of await inspect(setup, { platform: world.platform, now: new SystemClock().now(), held }))
    world.stdout.write(`Note: ${sentence(setup.problem(note))}\n`)
  for (const words of presetWords(setup.config)) world.stdout.write(`Profile "${setup.config.server.profile}": ${words}\n`)
  world.stdout.write(
    configFile === null ? 'There is no configuration file; the built-in configuration is good.\n' : `${configFile} is good.\n`,
  )
}

/** The addresses on which the server of this configuration listens, if it runs: they do not count as taken. */
async function heldByServer({ control }: Setup): Promise<readonly string[]> {
  const server = await connectControl(control)
  try {
    const status = ((await server?.ask('status', {})) ?? null) as Status | StandByStatus | null
    return status === null || isStandBy(status) ? [] : status.listening.map(({ address }) => address)
  } catch (error) {
    if (error instanceof CommandError) return [] // the server is just starting
    throw error
  } finally {
    await server?.close()
  }
}
