/** The options that every command has. */
import { readSetup, type Setup } from '../process/setup.ts'
import type { World } from '../process/world.ts'

export interface ConfigOptions {
  readonly config?: string
}

/** @throws ConfigError */
export const setupOf = (world: World, options: ConfigOptions, fresh = false): Setup =>
  readSetup({ configFile: options.config ?? null, fresh, directory: world.directory, platform: world.platform })

export interface OutputOptions {
  readonly json?: true
}
