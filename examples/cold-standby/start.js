/**
 * Starts the two servers of this folder on the PostgreSQL database whose address is the argument: the second one when the first
 * serves. Ctrl-C stops both.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const [url] = process.argv.slice(2)
if (url === undefined) {
  process.stderr.write('Usage: node start.js postgresql://USER@HOST/DATABASE\n')
  process.exit(64)
}
const here = (name) => fileURLToPath(new URL(name, import.meta.url))
writeFileSync(here('database-url'), `${url}\n`, { mode: 0o600 })
const program = here('../../bin/porchlight.js')
const children = []
let isOver = false

/** Resolves when it serves, or stands by, or has ended. */
function start(name) {
  const child = spawn(process.execPath, [program, 'start', '--config', here(`${name}.toml`)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  for (const output of [child.stdout, child.stderr])
    output.setEncoding('utf8').on('data', (text) => process.stdout.write(text.replace(/^(?=.)/gm, `${name}: `)))
  child.once('exit', (code, signal) => process.stdout.write(`${name}: ended (${code ?? signal})\n`))
  return new Promise((resolve) => {
    child.stdout.once('data', resolve)
    child.once('exit', resolve)
  })
}
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    isOver = true
    for (const child of children) child.kill('SIGTERM')
  })
await start('first')
if (!isOver) await start('second')
