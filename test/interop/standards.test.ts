/** What compliance suites and profiles ask of a server beside what other tests show (docs/compliance.md), with clients of others. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { DOMAIN, startServer } from '../support/server-process.ts'
import { PYTHON, slixmppMissing } from './programs.ts'

const PASSWORD = 'sesame open'
const SECRET = 'known to the relay'
const [ALICE, BOB, ESCAPED, BEYOND] = ['alice', 'bob', String.raw`d\27artagnan`, 'jörg'].map((name) => `${name}@${DOMAIN}`) as [
  string,
  string,
  string,
  string,
]
const RELAYS = ['stun:turn.example.org', 'turn:turn.example.org?transport=udp']

test('slixmpp', { skip: slixmppMissing() }, async (t) => {
  const server = await startServer(t, {
    'search': { default: 'everybody' },
    'external-services': { servers: RELAYS, secret: SECRET },
  })
  for (const jid of [ALICE, BOB, ESCAPED, BEYOND]) await server.addUser(jid, PASSWORD)
  const script = join(import.meta.dirname, 'slixmpp', 'standards.py')
  const args = [script, PASSWORD, String(server.port), server.certificateFile, DOMAIN, SECRET]
  const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: 150_000 })
  const told = JSON.parse(stdout) as Readonly<Record<string, unknown>>
  const shows = (name: string, number: string, expected: unknown): Promise<void> =>
    t.test(name, () => assert.deepEqual(told[number], expected))

  await shows('XEP-0004: reads a form, fills it in, and reads the result', '0004', {
    kind: 'form',
    fields: ['FORM_TYPE', 'email', 'first', 'last', 'nick'],
    hidden: 'hidden',
    result: ['result', ['email', 'first', 'jid', 'last', 'nick']],
  })
  await shows('XEP-0055: finds people by the beginning of a name', '0055', [
    [ALICE, 'Alice', 'Liddell'],
    [BOB, 'Alison', 'Liddell'],
  ])
  await shows('XEP-0059: reads them page by page', '0059', [[ALICE], [BOB]])
  await shows('XEP-0012: asks when a contact and the server were last active, and a stranger is refused', '0012', [
    0,
    true,
    'forbidden',
  ])
  await shows('XEP-0092: asks for the version', '0092', ['Porchlight', true])
  await shows('XEP-0082, 0202: reads the time of the server', '0202', [true, '+00:00'])
  await shows('XEP-0115: makes the hashes of the server and of a contact again', '0115', [true, true, true])
  await shows('XEP-0352: hears the last presence when it is active again', '0352', [true, [], ['second']])
  await shows('XEP-0106: has a name with an escaped character', '0106', [ALICE, 'en garde', ESCAPED, `d'artagnan@${DOMAIN}`])
  await shows('RFC 7622: addresses beyond ASCII are one, however they are written', '7622', ['Grüße', BEYOND, 'ebenso'])
  await shows('XEP-0249: invites somebody directly', '0249', [BOB, `tea@conference.${DOMAIN}`, 'at six'])
  await shows('XEP-0215: is told the relays, with credentials that the relay can check', '0215', [
    [
      ['stun', 'turn.example.org'],
      ['turn', 'turn.example.org'],
    ],
    true,
  ])
})
