/**
 * `npm test`: all tests but those that need other people's programs. Two processes, one for each half, since starting a
 * process for each file would take longer than the tests do; what the second has to say comes behind the first.
 * `node tools/test.ts interop` runs those that need other people's programs, a process for each file.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { reporting } from './test-results.ts'

const PREPARATION = new URL('../test/support/properties.ts', import.meta.url).href
const QUICK = ['--import', PREPARATION, '--test', '--test-isolation=none']

const UNITS = ['src/**/*.test.ts', 'web/**/*.test.ts', 'bench/**/*.test.ts', 'tools/**/*.test.ts']
const STORIES = ['test/stories/**/*.test.ts', 'test/conformance/**/*.test.ts']
const INTEROP = ['test/interop/**/*.test.ts', 'test/browser/**/*.test.ts']

function run(name: string, options: readonly string[], files: readonly string[], stdio: 'inherit' | 'pipe') {
  const child = spawn(process.execPath, [...options, ...reporting(name), ...files], { stdio: ['ignore', stdio, 'inherit'] })
  const output: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk))
  return { ended: once(child, 'close').then(([code]) => code as number | null), output }
}

if (process.argv[2] === 'interop') {
  const options = ['--test', '--test-concurrency=2', '--test-timeout=400000']
  process.exitCode = (await run('interop', options, INTEROP, 'inherit').ended) ?? 1
} else {
  const [first, second] = [run('units', QUICK, UNITS, 'inherit'), run('stories', QUICK, STORIES, 'pipe')]
  const firstCode = await first.ended
  const secondCode = await second.ended
  process.stdout.write(Buffer.concat(second.output))
  process.exitCode = firstCode === 0 && secondCode === 0 ? 0 : 1
}
