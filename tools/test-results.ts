/** Where runs of tests leave what came of them, and how that is read. `results-reporter.ts` writes it. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Outcome, Run, TestResult } from '../src/cli/compliance-statement.ts'

const ROOT = join(import.meta.dirname, '..')
const FOLDER = join(ROOT, 'node_modules', '.cache', 'porchlight', 'results')
const ENDING = '.jsonl'
const REPORTER = join(import.meta.dirname, 'results-reporter.ts')

/** Options of Node's test runner: it shows the tests as usual, and leaves what came of them under the name of the run. */
export function reporting(run: string): readonly string[] {
  mkdirSync(FOLDER, { recursive: true })
  return [
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${REPORTER}`,
    `--test-reporter-destination=${join(FOLDER, run + ENDING)}`,
  ]
}

export interface Results {
  readonly runs: readonly Run[]
  readonly tests: readonly TestResult[]
}

/** Of the last run of each name. */
export function lastResults(): Results {
  const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((file) => file.endsWith(ENDING)) : []
  const all = files.sort().map((file) => resultsOf(basename(file, ENDING), readFileSync(join(FOLDER, file), 'utf8')))
  return { runs: all.flatMap(({ runs }) => runs), tests: all.flatMap(({ tests }) => tests) }
}

/** @param lines what the reporter has written. A run that wrote nothing is no run */
export function resultsOf(run: string, lines: string): Results {
  const [head, ...tests] = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as object)
  if (head === undefined) return { runs: [], tests: [] }
  const outcomes = tests as readonly { readonly name: string; readonly outcome: Outcome }[]
  return { runs: [{ name: run, ...(head as Omit<Run, 'name'>) }], tests: outcomes.map((test) => ({ ...test, run })) }
}
