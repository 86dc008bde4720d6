/** XEP-0045 with clients that others have written: two of them in a room of the server. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { DOMAIN, startServer, type ServerProcess } from '../support/server-process.ts'
import { PYTHON, slixmppMissing } from './programs.ts'

const SCRIPT = join(import.meta.dirname, 'slixmpp/rooms.py')
const PASSWORD = 'sesame open'
const [ALICE, BOB] = [`alice@${DOMAIN}`, `bob@${DOMAIN}`]
const ROOM = `tea@conference.${DOMAIN}`

const skip = slixmppMissing()

test('slixmpp in a room: made, configured, talked in; a kick, a ban, and T-M25: banned after kill -9', { skip }, async (t) => {
  const server = await startServer(t)
  for (const jid of [ALICE, BOB]) await server.addUser(jid, PASSWORD)
  assert.deepEqual(await play(server, 'first'), {
    services: ['conference', 'proxy', 'pubsub', 'search', 'upload'].map((name) => `${name}.${DOMAIN}`),
    said: [
      ['Alice', 'Bob', 'hello'],
      ['Bob', 'Bob', 'hello'],
    ],
    occupants: ['Alice', 'Bob'],
    listed: [[ROOM, 'Tea']],
    after: ['Alice'],
    refused: 'forbidden',
  })
  await server.kill()
  await server.start()
  assert.deepEqual(await play(server, 'again'), { refused: 'forbidden' })
})

async function play({ port, certificateFile }: ServerProcess, when: 'first' | 'again'): Promise<unknown> {
  const args = [SCRIPT, ALICE, BOB, PASSWORD, String(port), certificateFile, DOMAIN, when]
  const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: 150_000 })
  return JSON.parse(stdout)
}
