/** XEP-0054 and XEP-0049 with a client that others have written. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { DOMAIN, startServer } from '../support/server-process.ts'
import { PYTHON, slixmppMissing } from './programs.ts'

const SCRIPT = join(import.meta.dirname, 'slixmpp/storage.py')
const PASSWORD = 'sesame open'
const [ALICE, BOB] = [`alice@${DOMAIN}`, `bob@${DOMAIN}`]

const skip = slixmppMissing()

test('slixmpp keeps a card and private data: VC-21, ROOM-66, PRIV-20', { skip }, async (t) => {
  const server = await startServer(t)
  for (const jid of [ALICE, BOB]) await server.addUser(jid, PASSWORD)
  const args = [SCRIPT, ALICE, BOB, PASSWORD, String(server.port), server.certificateFile, DOMAIN]
  const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: 150_000 })
  assert.deepEqual(JSON.parse(stdout), {
    'none': 'service-unavailable',
    'read': ['Alice Liddell', 'image/png', 'not really a picture'],
    'own': 'Alice Liddell',
    'in the room': [`tea@conference.${DOMAIN}/Alice`, 'Alice Liddell', false],
    'note': 'né <3',
    'note of bob': '',
  })
})
