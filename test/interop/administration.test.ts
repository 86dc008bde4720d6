/** XEP-0133 with a client that others have written: slixmpp, unmodified, administers the server. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { DOMAIN, startServer } from '../support/server-process.ts'
import { PYTHON, slixmppMissing } from './programs.ts'

const SCRIPT = join(import.meta.dirname, 'slixmpp/administration.py')
const PASSWORD = 'sesame open'
const [ADMIN, NEW] = [`admin@${DOMAIN}`, `newt@${DOMAIN}`]

test(
  'slixmpp: an administrator who has just logged in adds, lists, disables and deletes a user',
  { skip: slixmppMissing() },
  async (t) => {
    const server = await startServer(t, { 'service-administration': { admins: [ADMIN] } })
    await server.addUser(ADMIN, PASSWORD)
    const args = [SCRIPT, ADMIN, PASSWORD, String(server.port), server.certificateFile, DOMAIN]
    const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: 180_000 })
    assert.deepEqual(JSON.parse(stdout), {
      'admin': 'in',
      'commands': 24,
      'added': 'completed',
      'added twice': 'conflict',
      'registered': [ADMIN, NEW],
      'newt': 'in',
      'newt sees': 0,
      'newt may': 'forbidden',
      'announced': [['headline', DOMAIN, 'Tea is ready']],
      'online': [ADMIN, NEW],
      'disabled': 'completed',
      'newt is out': true,
      'newt again': 'account-disabled',
      'disabled ones': [NEW],
      'enabled': 'completed',
      'newt is back': 'in',
      'deleted': 'completed',
      'left': [ADMIN],
      'number': '1',
    })
    for (const order of ['user.add', 'user.disable', 'user.enable', 'user.delete'])
      assert.match(server.log, new RegExp(`"order":"${order}","way":"client","by":"${ADMIN}","jid":"${NEW}"`))
    assert.ok(!server.log.includes(PASSWORD), 'no password is logged')
  },
)
