/** The process: its arguments, streams and signals, passed to the command line. No other file uses them. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { runCli } from './cli/cli.ts'
import { readLine, readSecret } from './cli/terminal.ts'
import { shellWord } from './process/shell-word.ts'
import type { World } from './process/world.ts'

const { version, homepage = 'urn:porchlight' } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string; homepage?: string }
/** How long another program may take. */
const RUN_MS = 10_000

/** How the user can start the program again: by the name that npm has given it, or by its path. */
function invocation(program: string): string {
  if (basename(program) !== 'porchlight') return `node ${shellWord(relative(process.cwd(), program), process.platform)}`
  return dirname(program).endsWith(join('node_modules', '.bin')) ? 'npx porchlight' : 'porchlight'
}

const world: World = {
  args: process.argv.slice(2),
  invokedAs: invocation(process.argv[1] ?? ''),
  directory: process.cwd(),
  platform: process.platform,
  pid: process.pid,
  software: { name: 'Porchlight', version, system: process.platform, uri: homepage },
  runtime: process.version,
  stdin: {
    isTTY: process.stdin.isTTY === true,
    readLine: () => readLine(process.stdin),
    readSecret: (prompt) => readSecret(process.stdin, process.stderr, prompt),
  },
  stdout: { isTTY: process.stdout.isTTY === true, write: (text) => void process.stdout.write(text) },
  stderr: { isTTY: process.stderr.isTTY === true, write: (text) => void process.stderr.write(text) },
  variable: (name) => process.env[name],
  run: async (program, args) => void (await promisify(execFile)(program, args, { timeout: RUN_MS })),
  memory: () => process.memoryUsage.rss(),
  onSignal: (signal, run) => void process.on(signal, run),
  onUncaught: (run) => void process.on('uncaughtException', run),
  exit: (code) => process.exit(code),
  startAgain() {
    if (process.platform === 'win32') return
    process.execve!(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], process.env)
  },
  pause: (span) => new Promise((over) => void setTimeout(over, span)),
}

const code = await runCli(world)
// Connections that a stop did not wait for must not keep the process alive; printed text must be written first.
process.stdout.write('', () => process.exit(code))
