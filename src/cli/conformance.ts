/** `porchlight conformance`: which standards this server implements, as tests have shown. It needs no server and no configuration. */
import { readFileSync } from 'node:fs'
import { CommandError } from '../admin/command.ts'
import type { World } from '../process/world.ts'
import { markdownOf, type Run, type Statement } from './compliance-statement.ts'
import type { OutputOptions } from './config-options.ts'

export interface ProfileOptions extends OutputOptions {
  /** The name of a table, or what the names of several begin with; undefined: all. */
  readonly profile?: string
}

const FILE = new URL('../../docs/compliance.json', import.meta.url)

/** @throws CommandError if there is no such profile */
export function showConformance(world: World, { profile, json }: ProfileOptions): void {
  const { runs, tables } = JSON.parse(readFileSync(FILE, 'utf8')) as Statement
  const wanted = tables.filter(({ id }) => profile === undefined || id === profile || id.startsWith(`${profile}-`))
  if (wanted.length === 0)
    throw new CommandError(`There is no profile ${profile}. There are: ${tables.map(({ id }) => id).join(', ')}.`)
  if (json === true) return world.stdout.write(`${JSON.stringify({ runs, tables: wanted }, null, 2)}\n`)
  world.stdout.write(`${runs.map(runText).join('')}\n${markdownOf(wanted, new Map())}`)
}

const runText = ({ name, commit, changed, date }: Run): string =>
  `Tests (${name}) of commit ${commit ?? 'unknown'}${changed ? ', with changes that are in no commit' : ''}, ${date}\n`
