/** A password out of a file. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { CommandError } from '../admin/command.ts'
import type { World } from '../process/world.ts'

/** The first line of the file. @throws CommandError */
export function firstLine({ directory }: World, file: string): string {
  try {
    return readFileSync(resolve(directory, file), 'utf8').split(/\r?\n/, 1)[0]!
  } catch (error) {
    throw new CommandError(`The password file cannot be read: ${(error as Error).message}. Name another file.`)
  }
}
