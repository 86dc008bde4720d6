/**
 * `npm test`: all tests but those that need other people's programs. Two processes, one for each half, since starting a
 * process for each file would take longer than the tests do; what the second has to say comes behind the first.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const PREPARATION = new URL('../test/support/properties.ts', import.meta.url).href
const HALVES: readonly (readonly string[])[] = [
  ['src/**/*.test.ts', 'web/**/*.test.ts', 'bench/**/*.test.ts', 'tools/**/*.test.ts'],
  ['test/stories/**/*.test.ts', 'test/conformance/**/*.test.ts'],
]

function run(files: readonly string[], stdio: 'inherit' | 'pipe') {
  const child = spawn(
    process.execPath,
    ['--import', PREPARATION, '--test', '--test-isolation=none', '--test-reporter=spec', ...files],
    {
      stdio: ['ignore', stdio, 'inherit'],
    },
  )
  const output: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk))
  return { ended: once(child, 'close').then(([code]) => code as number | null), output }
}

const [first, second] = [run(HALVES[0]!, 'inherit'), run(HALVES[1]!, 'pipe')]
const firstCode = await first.ended
const secondCode = await second.ended
process.stdout.write(Buffer.concat(second.output))
process.exitCode = firstCode === 0 && secondCode === 0 ? 0 : 1
