/** XEP-0054, 0049, 0084, 0153, 0048 and 0402 with a client that others have written. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { DOMAIN, startServer } from '../support/server-process.ts'
import { PYTHON, slixmppMissing } from './programs.ts'

const PASSWORD = 'sesame open'
const [ALICE, BOB] = [`alice@${DOMAIN}`, `bob@${DOMAIN}`]
const ROOM = `tea@conference.${DOMAIN}`

const skip = slixmppMissing()

async function play(t: TestContext, script: string): Promise<unknown> {
  const server = await startServer(t)
  for (const jid of [ALICE, BOB]) await server.addUser(jid, PASSWORD)
  const file = join(import.meta.dirname, 'slixmpp', script)
  const args = [file, ALICE, BOB, PASSWORD, String(server.port), server.certificateFile, DOMAIN]
  const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: 150_000 })
  return JSON.parse(stdout)
}

test('slixmpp keeps a card and private data: VC-21, ROOM-66, PRIV-20', { skip }, async (t) => {
  assert.deepEqual(await play(t, 'storage.py'), {
    'none': 'service-unavailable',
    'read': ['Alice Liddell', 'image/png', 'not really a picture'],
    'own': 'Alice Liddell',
    'in the room': [`${ROOM}/Alice`, 'Alice Liddell', false],
    'note': 'né <3',
    'note of bob': '',
  })
})

test('slixmpp shows one picture and one list of bookmarks to clients of every kind: T-E15, T-E16', { skip }, async (t) => {
  assert.deepEqual(await play(t, 'avatars.py'), {
    'published, seen in the card': true,
    'in the card, seen as an item': true,
    'private': [[ROOM, 'Alice', 'Tea', true]],
    'as an item': [[ROOM, 'Alice', 'Tea', true]],
    'one for each room': [ROOM],
  })
})

test('slixmpp pages through the archives of accounts: MAM-26, MAM-27, MAM-31, MXR-167', { skip }, async (t) => {
  const said = ['0', '1', '2', '3', '4', '5', '6']
  assert.deepEqual(await play(t, 'archive.py'), { 'bob': said, 'alice': said.toReversed(), 'one id': true, 'live ids': true })
})
