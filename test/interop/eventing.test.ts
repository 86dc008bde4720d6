/** XEP-0163 with a client that others have written: two users of slixmpp, unmodified. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { DOMAIN, startServer } from '../support/server-process.ts'
import { PYTHON, slixmppMissing } from './programs.ts'

const SCRIPT = join(import.meta.dirname, 'slixmpp/eventing.py')
const PASSWORD = 'sesame open'
const [ALICE, BOB] = [`alice@${DOMAIN}`, `bob@${DOMAIN}`]
const MOOD = 'http://jabber.org/protocol/mood'
const NICK = 'http://jabber.org/protocol/nick'

test('slixmpp: mood, nickname, avatar, bookmarks and the devices of OMEMO', { skip: slixmppMissing() }, async (t) => {
  const server = await startServer(t)
  for (const jid of [ALICE, BOB]) await server.addUser(jid, PASSWORD)
  const args = [SCRIPT, ALICE, BOB, PASSWORD, String(server.port), server.certificateFile, DOMAIN]
  const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: 150_000 })
  assert.deepEqual(JSON.parse(stdout), {
    'identities': [
      ['account', 'registered'],
      ['pubsub', 'pep'],
    ],
    'heard': [
      ['mood', 'happy'],
      ['nick', 'Al'],
      ['avatar', 'the hash'],
    ],
    'avatar': true,
    'bookmarks': [`tea@conference.${DOMAIN}`, `coffee@conference.${DOMAIN}`],
    'bookmarks of others': 'not-allowed',
    'left': [`coffee@conference.${DOMAIN}`],
    'devices': 'open',
    'nodes': ['eu.siacs.conversations.axolotl.devicelist', MOOD, NICK, 'urn:xmpp:avatar:data', 'urn:xmpp:avatar:metadata'],
    'subscribers': [BOB],
    'deleted': 'item-not-found',
    'again': ['avatar', 'mood', 'nick'],
  })
})
