/**
 * What came of each test, one line of JSON each, for the table of docs/compliance.md: a reporter of node:test. The first line says what
 * was tested, and when.
 */
import { execFileSync } from 'node:child_process'
import type { Outcome } from '../src/cli/compliance-statement.ts'

/** The part of an event that this reporter needs. */
interface TestEvent {
  readonly type: string
  readonly data: { readonly name?: string; readonly nesting?: number; readonly skip?: unknown; readonly todo?: unknown }
}

// Node's runner wants the reporter as the default export.
// oxlint-disable-next-line import/no-default-export
export default async function* results(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  yield `${JSON.stringify({ ...codeUnderTest(), date: new Date().toISOString() })}\n`
  const path: string[] = []
  for await (const { type, data } of events) {
    const { name = '', nesting = 0 } = data
    if (type === 'test:start') path[nesting] = name
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const names = [...path.slice(0, nesting), name]
    yield `${JSON.stringify({ name: names.join(' > '), outcome: outcomeOf(type, data) })}\n`
  }
}

function outcomeOf(type: string, { skip, todo }: TestEvent['data']): Outcome {
  if (type === 'test:fail') return 'fail'
  return isSet(skip) || isSet(todo) ? 'skip' : 'pass'
}
/** A reason, which can be empty, or true. */
const isSet = (value: unknown): boolean => value !== undefined && value !== false

/** Pages that a run of the tests changes are no change of what it tests. */
const MADE = [':!docs/compliance.md', ':!docs/compliance.json']

function codeUnderTest(): { readonly commit: string | null; readonly changed: boolean } {
  try {
    const git = (...args: readonly string[]): string =>
      execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return { commit: git('rev-parse', 'HEAD').trim(), changed: git('status', '--porcelain', '--', '.', ...MADE) !== '' }
  } catch {
    return { commit: null, changed: false }
  }
}
