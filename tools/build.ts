/**
 * Builds dist/, the JavaScript in the published package: the files that src/main.ts, src/porchlight.ts and the database's
 * thread need, each with its declarations, and no tests. npm runs it before packing; in the repository nothing needs it.
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

rmSync(join(ROOT, 'dist'), { recursive: true, force: true })
const { status, error } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' })
if (error !== undefined) throw error
process.exitCode = status ?? 1
