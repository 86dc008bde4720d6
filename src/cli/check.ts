/** `porchlight check`: whether the configuration can be used, and what it does that one should know. */
import { SystemClock } from '../base/clock.ts'
import { sentence } from '../config/problem.ts'
import { inspect } from '../process/inspection.ts'
import type { World } from '../process/world.ts'
import { setupOf, type ConfigOptions } from './config-options.ts'

/** @throws ConfigError */
export async function check(world: World, options: ConfigOptions): Promise<void> {
  const setup = setupOf(world, options)
  const { configFile } = setup
  for (const note of await inspect(setup, world.platform, new SystemClock().now()))
    world.stdout.write(`Note: ${sentence(setup.problem(note))}\n`)
  world.stdout.write(
    configFile === null ? 'There is no configuration file; what is built in is good.\n' : `${configFile} is good.\n`,
  )
}
