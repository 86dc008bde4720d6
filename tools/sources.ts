/** The TypeScript files below a folder. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

export const sources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
