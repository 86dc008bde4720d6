/**
 * Lint, format and unused code: runs oxlint, oxfmt and knip from `tools/lint/`, where they are installed at the
 * first use (docs/decisions/008-lint-tools-apart.md says why they are not in the project's own lock file).
 * With `--write` it formats instead of checking.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, 'lint')
const TOOLS: readonly (readonly [string, ...string[]])[] = process.argv.includes('--write')
  ? [['oxfmt', '.']]
  : [
      ['oxlint', '.'],
      ['oxfmt', '--check', '.'],
      ['knip', '--config', 'tools/lint/knip.json'],
    ]

function run(command: string, parameters: readonly string[], cwd: string): void {
  const { status, error } = spawnSync(command, parameters, { cwd, stdio: 'inherit' })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}

if (!existsSync(join(FOLDER, 'node_modules'))) run('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund'], FOLDER)
for (const [tool, ...parameters] of TOOLS)
  run(join(FOLDER, 'node_modules', '.bin', tool), parameters, join(import.meta.dirname, '..'))
