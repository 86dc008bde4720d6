/** XEP-0357: the service of an app, as a component that others have written. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { DOMAIN, startServer } from '../support/server-process.ts'
import { PYTHON, slixmppMissing } from './programs.ts'

const PASSWORD = 'sesame open'
const SECRET = 'a long secret of the service of an app'
const [ALICE, BOB] = [`alice@${DOMAIN}`, `bob@${DOMAIN}`]

test('a push service made with slixmpp is told that something has come: T-W08', { skip: slixmppMissing() }, async (t) => {
  const server = await startServer(t, {
    listen: { components: ['127.0.0.1:0'] },
    component: [{ domain: `push.${DOMAIN}`, secret: SECRET }],
  })
  for (const jid of [ALICE, BOB]) await server.addUser(jid, PASSWORD)
  const file = join(import.meta.dirname, 'slixmpp/push.py')
  const ports = [String(server.port), server.certificateFile, DOMAIN, String(server.componentPort)]
  const { stdout } = await promisify(execFile)(PYTHON, [file, ALICE, BOB, PASSWORD, ...ports, SECRET], { timeout: 150_000 })
  assert.deepEqual(JSON.parse(stdout), [[DOMAIN, 'phone', '1', 's3cret', false]])
})
