/** The bot of examples/component-bot, as its README says, with npm's component library: seen, spoken to, lost, found. */
import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startServer } from '../support/server-process.ts'
import { within } from '../support/within.ts'
import { xmppJs } from './makes.ts'

const EXAMPLE = fileURLToPath(new URL('../../examples/component-bot', import.meta.url))
const BOT = 'echo@bot.localhost'
const SECRET = 'no more than a test has to hide'
const NPM_MS = 60_000
const PATIENCE_MS = 20_000

const place = mkdtempSync(join(tmpdir(), 'component-bot-'))
after(() => rmSync(place, { recursive: true }))

/** Why the bot cannot run here; false: it can. */
function missing(): string | false {
  for (const file of ['package.json', 'bot.js']) cpSync(join(EXAMPLE, file), join(place, file))
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--fetch-retries=0'], {
    cwd: place,
    stdio: 'ignore',
    timeout: NPM_MS,
  })
  return status === 0 ? false : 'npm could not install @xmpp/component: is its registry within reach?'
}

class Bot {
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown>
  #said = ''
  #online = 0

  constructor(port: number) {
    writeFileSync(join(place, 'secret'), `${SECRET}\n`)
    const args = ['bot.js', `xmpp://127.0.0.1:${port}`, 'bot.localhost', 'secret']
    this.#child = spawn(process.execPath, args, { cwd: place, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#exit = once(this.#child, 'exit')
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => (this.#said += text))
  }
  /** It has connected once more than last time. */
  async isOnline(): Promise<void> {
    this.#online += 1
    const connected = async (): Promise<void> => {
      while (this.#said.split(`online as ${BOT}`).length <= this.#online) await once(this.#child.stdout!, 'data')
    }
    await within(PATIENCE_MS, () => `the bot to be online; it said: ${this.#said}`, connected())
  }
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#child.kill(signal)
    await within(PATIENCE_MS, () => `the bot to end; it said: ${this.#said}`, this.#exit)
  }
}

/** Components find the server where it was: its port stays over a new start. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

test('XEP-0114: the bot of the example is a contact like any other', { skip: missing() }, async (t) => {
  const port = await freePort()
  const server = await startServer(t, {
    'listen': {
      'c2s': ['127.0.0.1:0'],
      'c2s-direct-tls': ['127.0.0.1:0'],
      'bytestreams': [],
      'http': ['127.0.0.1:0'],
      'components': [`127.0.0.1:${port}`],
    },
    '[component]': { domain: 'bot.localhost', secret: SECRET, name: 'Echo' },
  })
  await server.addUser('romeo@localhost', 'secret')
  const romeo = await xmppJs.come(server, { jid: 'romeo@localhost', password: 'secret' })
  let bot = new Bot(port)
  t.after(() => bot.stop('SIGKILL'))
  t.after(() => romeo.close())
  await bot.isOnline()
  await romeo.logIn()

  await romeo.add(BOT)
  await romeo.hasContact(BOT, 'to')
  assert.match(await statusOf(romeo, BOT), /^I repeat what you say, since \d\d:\d\d$/)
  await romeo.say(BOT, 'good night & <good> night')
  await romeo.reads(BOT, 'good night & <good> night')

  await bot.stop()
  await romeo.seesOffline(BOT)
  bot = new Bot(port)
  await bot.isOnline()
  assert.match(await statusOf(romeo, BOT), /^I repeat/)

  assert.equal(await server.stop(), 0)
  await server.start()
  await bot.isOnline()
  await romeo.logIn()
  assert.match(await statusOf(romeo, BOT), /^I repeat/)
  assert.match((await server.command(['status'])).stdout, /^Component +bot\.localhost connected from 127\.0\.0\.1:/m)
})

/** Of the contact that is next seen online. */
async function statusOf(person: Awaited<ReturnType<typeof xmppJs.come>>, jid: string): Promise<string> {
  const { show, status } = await person.next('presence', jid)
  assert.equal(show, 'online')
  return status
}
