/** `npm run test:all`: all tests, whichever parts fail, and then the table of what they have shown (docs/compliance.md). */
import { spawnSync } from 'node:child_process'

const PARTS = ['test', 'test:model', 'test:endurance', 'test:interop']

const passes = (script: string): boolean =>
  spawnSync('npm', ['run', script], { stdio: 'inherit', shell: process.platform === 'win32' }).status === 0

const passed = PARTS.map(passes).every((isPassed) => isPassed)
const told = passes('compliance')
process.exitCode = passed && told ? 0 : 1
