/** Matrix clients that others have written, unmodified, on the accounts of the server. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { DOMAIN, startServer } from '../support/server-process.ts'
import { nioMissing, PYTHON, slixmppMissing } from './programs.ts'

const PASSWORD = 'sesame open'
const ALICE = `alice@${DOMAIN}`

test('matrix-nio logs in, sets its name, its presence and a filter, and logs out', { skip: nioMissing() }, async (t) => {
  const server = await startServer(t, { matrix: { enabled: true } })
  await server.addUser(ALICE, PASSWORD)
  const script = join(import.meta.dirname, 'matrix/nio_account.py')
  const args = [script, `http://127.0.0.1:${server.httpPort}`, 'alice', PASSWORD]
  const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: 150_000 })
  assert.deepEqual(JSON.parse(stdout), {
    'wrong password': 'M_FORBIDDEN',
    'user': `@alice:${DOMAIN}`,
    'device is named': true,
    'whoami': `@alice:${DOMAIN}`,
    'name': 'Alice ♥',
    'profile': 'Alice ♥',
    'devices': ['nio'],
    'presence': ['unavailable', 'reading'],
    'filter is named': true,
    'logout': 'LogoutResponse',
    'after logout': 'M_UNKNOWN_TOKEN',
  })
})

const inRoom = nioMissing() || slixmppMissing()
test(
  'matrix-nio and slixmpp in one room: talk, presence, and a sync after the client was killed',
  { skip: inRoom },
  async (t) => {
    const server = await startServer(t, { matrix: { enabled: true } })
    for (const name of ['eve', 'fay', 'gus']) await server.addUser(`${name}@${DOMAIN}`, PASSWORD)
    const script = join(import.meta.dirname, 'matrix/nio_rooms.py')
    const { httpPort, port, certificateFile } = server
    const args = [script, `http://127.0.0.1:${httpPort}`, PASSWORD, DOMAIN, String(port), certificateFile]
    const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: 300_000 })
    const seen = [
      ['@eve', 'one'],
      ['@gus', 'two'],
      ['@fay', 'three'],
    ]
    assert.deepEqual(JSON.parse(stdout), {
      joined: true,
      members: ['eve', 'fay', 'gus'].map((name) => `@${name}:${DOMAIN}`),
      name: ['The den', 'Foxes'],
      missed: ['four'],
      said: {
        eve: [...seen, ['@gus', 'four']],
        fay: seen,
        gus: [
          ['eve', 'one'],
          ['Gus', 'two'],
          ['fay', 'three'],
          ['Gus', 'four'],
        ],
      },
    })
  },
)

test('matrix-nio and slixmpp in a conversation of two', { skip: inRoom }, async (t) => {
  const server = await startServer(t, { matrix: { enabled: true } })
  for (const name of ['eve', 'gus']) await server.addUser(`${name}@${DOMAIN}`, PASSWORD)
  const script = join(import.meta.dirname, 'matrix/nio_direct.py')
  const { httpPort, port, certificateFile } = server
  const args = [script, `http://127.0.0.1:${httpPort}`, PASSWORD, DOMAIN, String(port), certificateFile]
  const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: 300_000 })
  assert.deepEqual(JSON.parse(stdout), {
    asked: [`eve@${DOMAIN}`],
    said: {
      eve: [
        ['@eve', 'one'],
        ['@gus', 'two'],
      ],
      gus: [[`eve@${DOMAIN}`, 'one']],
    },
    past: ['two', 'one'],
  })
})

test(
  'matrix-nio and slixmpp in a room that hides addresses: they correct, react, answer, take back and read',
  { skip: inRoom },
  async (t) => {
    const server = await startServer(t, { matrix: { enabled: true } })
    for (const name of ['eve', 'gus']) await server.addUser(`${name}@${DOMAIN}`, PASSWORD)
    const script = join(import.meta.dirname, 'matrix/nio_talk.py')
    const { httpPort, port, certificateFile } = server
    const args = [script, `http://127.0.0.1:${httpPort}`, PASSWORD, DOMAIN, String(port), certificateFile]
    const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: 300_000 })
    assert.deepEqual(JSON.parse(stdout), {
      'members': [
        ['Evie', `@eve:${DOMAIN}`],
        ['Gus', 'hidden'],
      ],
      'sender': 'Evie',
      'same id': true,
      'corrected': ['hello', true],
      'sender is hidden': true,
      'correction': ['m.replace', true],
      'reaction': ['m.reaction', '👍', true],
      'taken back': true,
      'turtle': [['🐢'], true],
      'answer': ['> Gus: ther\nfine', true, 'urn:xmpp:reply:0'],
      'retraction': true,
      'marker': true,
      'receipt is hidden': true,
      'past': 5,
      'address is hidden': true,
      'something was looked at': true,
    })
  },
)
