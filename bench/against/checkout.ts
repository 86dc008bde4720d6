/** Another commit of this repository in a folder of its own, ready to run with the packages that are installed here. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

export const HERE = join(import.meta.dirname, '../..')

/** @throws if there is no such commit */
export function checkOut(commit: string, folder: string): string {
  const tree = join(folder, 'before')
  git('worktree', 'add', '--detach', tree, commit)
  symlinkSync(join(HERE, 'node_modules'), join(tree, 'node_modules'))
  // A commit that has no loops of its own plays ours
  if (!existsSync(join(tree, 'bench/against')))
    cpSync(join(HERE, 'bench/against'), join(tree, 'bench/against'), { recursive: true })
  return tree
}

export function remove(tree: string): void {
  git('worktree', 'remove', '--force', tree)
}

function git(...args: readonly string[]): void {
  execFileSync('git', args, { cwd: HERE, stdio: ['ignore', 'ignore', 'pipe'] })
}
