/** The application of examples/embed, run by a test: its users come with a real client, and its page tells of them. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { TestContext } from 'node:test'
import { owned } from '../support/owned.ts'
import { within } from '../support/within.ts'
import { xmppJs } from './makes.ts'
import { PATIENCE_MS, type Endpoints } from './person.ts'

/** @param args of Node.js, the program among them. @param cwd where `porchlight` is to be found */
export async function playWhoIsIn(t: TestContext, args: readonly string[], cwd: string): Promise<void> {
  const env = { ...process.env, XMPP_PORT: '0', HTTP_PORT: '0' }
  const app = owned(spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }))
  const exit = once(app, 'exit')
  t.after(() => app.kill('SIGKILL'))
  let said = ''
  for (const stream of [app.stdout, app.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const find = async (pattern: RegExp): Promise<readonly string[]> => {
    const look = async (): Promise<RegExpExecArray> => {
      for (;;) {
        const found = pattern.exec(said)
        if (found !== null) return found
        await Promise.race([once(app.stdout, 'data'), exit.then(() => Promise.reject(new Error(`It has ended: ${said}`)))])
      }
    }
    return (await within(PATIENCE_MS, () => `${pattern} in ${said}`, look())).slice(1)
  }
  const [page] = await find(/Who is in: (\S+)/)
  const [port, certificateFile] = await find(/XMPP: 127\.0\.0\.1:(\d+), certificate (\S+)/)
  const server: Endpoints = {
    port: Number(port),
    directTlsPort: 0,
    httpsPort: null,
    certificateFile: certificateFile!,
    directory: cwd,
  }

  const signUp = (name: string, password: string): Promise<Response> =>
    fetch(page!, { method: 'POST', body: JSON.stringify({ name, password }) })
  assert.equal((await signUp('romeo', 'but soft')).status, 201)
  assert.equal((await signUp('romeo', 'another')).status, 400)
  const people = async (): Promise<unknown> => (await fetch(page!)).json()
  assert.deepEqual(await people(), [{ address: 'romeo@localhost', state: 'offline', status: null, lastSeen: null }])
  const changes = await watch(new URL('/changes', page))

  const romeo = await xmppJs.come(server, { jid: 'romeo@localhost', password: 'but soft' })
  t.after(() => romeo.close())
  await romeo.logIn()
  assert.deepEqual(await changes(), { address: 'romeo@localhost', state: 'online', status: null, lastSeen: null })
  await romeo.show('away', 'in the orchard')
  const away = { address: 'romeo@localhost', state: 'online', status: 'in the orchard', lastSeen: null }
  assert.deepEqual(await changes(), away)
  assert.deepEqual(await people(), [away])
  await romeo.logOut()
  const gone = await changes()
  assert.equal(gone.state, 'offline')
  assert.ok(Math.abs(Date.parse(gone.lastSeen!) - Date.now()) < PATIENCE_MS)
  await romeo.logIn()
  assert.equal((await changes()).state, 'online')
  await romeo.kill()
  assert.equal((await changes()).state, 'paused')

  assert.equal((await signUp('juliet', 'o romeo')).status, 201)
  const juliet = await xmppJs.come(server, { jid: 'juliet@localhost', password: 'o romeo' })
  t.after(() => juliet.close())
  await juliet.logIn()
  await juliet.seesAtLast('romeo@localhost', 'online', '')

  const stranger = await xmppJs.come(server, { jid: 'tybalt@localhost', password: 'but soft' })
  t.after(() => stranger.close())
  await assert.rejects(stranger.logIn(), /not-authorized/)
  app.kill('SIGTERM')
  await within(PATIENCE_MS, () => `the application to end; it said ${said}`, exit)
}

interface Change {
  readonly state: string
  readonly lastSeen: string | null
}

/** What comes of an event stream, one event after the other. */
async function watch(url: URL): Promise<() => Promise<Change>> {
  const { body } = await fetch(url)
  const lines = createInterface({ input: Readable.fromWeb(body as ReadableStream) })
  const events = lines[Symbol.asyncIterator]()
  return async () => {
    for (;;) {
      const { value } = await within(PATIENCE_MS, 'a change', events.next() as Promise<{ value: string }>)
      if (value.startsWith('data: ')) return JSON.parse(value.slice(6)) as Change
    }
  }
}
