/** The service of contrib/porchlight.service: what systemd hears of the server, and whether it understands the unit. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { owned } from '../support/owned.ts'
import { within } from '../support/within.ts'
import { PYTHON, systemdMissing } from './programs.ts'

const ROOT = join(import.meta.dirname, '../..')
const LISTENER = join(import.meta.dirname, 'systemd/listener.py')
const PROGRAM = join(ROOT, 'bin/porchlight.js')
const PATIENCE_MS = 20_000
const FREE_PORTS = ['c2s', 'c2s-direct-tls', 'bytestreams', 'http', 'https', 'monitoring'].map(
  (port) => `${port} = ["127.0.0.1:0"]`,
)
const skip = systemdMissing()

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'porchlight-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}

test('Type=notify, WatchdogSec=: it is told when the ports are open, that it lives, and that it stops', { skip }, async (t) => {
  const directory = place(t)
  const socket = join(directory, 'notify')
  const listener = owned(spawn(PYTHON, [LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] }))
  t.after(() => listener.kill())
  let heard = ''
  listener.stdout.setEncoding('utf8').on('data', (text: string) => (heard += text))
  const hears = async (word: string): Promise<void> => {
    const come = async (): Promise<void> => {
      while (!heard.includes(`${word}\n`)) await once(listener.stdout, 'data')
    }
    await within(PATIENCE_MS, () => `${word}; systemd has heard:\n${heard}`, come())
    heard = heard.slice(heard.indexOf(`${word}\n`) + word.length + 1)
  }
  await hears('bound')
  writeFileSync(join(directory, 'porchlight.toml'), ['[listen]', ...FREE_PORTS].join('\n'))
  const server = owned(
    spawn(process.execPath, [PROGRAM, 'start'], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: '200000' },
    }),
  )
  let printed = ''
  server.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const address = async (): Promise<string> => {
    for (;;) {
      const [, url] = /browsers (http:\S+?),/.exec(printed) ?? []
      if (url !== undefined) return url
      await once(server.stdout, 'data')
    }
  }
  const ended = once(server, 'exit')
  await hears('READY=1')
  assert.equal((await fetch(await within(PATIENCE_MS, 'the banner', address()))).status, 200)
  await hears('WATCHDOG=1')
  await hears('WATCHDOG=1')
  server.kill('SIGTERM')
  await hears('STOPPING=1')
  assert.deepEqual(await ended, [0, null])
})

test('systemd understands the unit', { skip }, (t) => {
  const directory = place(t)
  const unit = readFileSync(join(ROOT, 'contrib/porchlight.service'), 'utf8')
  const file = join(directory, 'porchlight.service')
  // Only programs that are there are accepted; their path may have a space
  writeFileSync(file, unit.replaceAll('/opt/porchlight/node_modules/.bin/node', `"${process.execPath}"`))
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' })
  assert.equal(stderr, '')
  assert.equal(status, 0)
})
