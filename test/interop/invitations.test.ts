/** XEP-0401, 0445 with clients that others have written: an account by invitation, with slixmpp, unmodified. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { DOMAIN, startServer } from '../support/server-process.ts'
import { PYTHON, slixmppMissing } from './programs.ts'

const SCRIPT = join(import.meta.dirname, 'slixmpp/invitations.py')
const PASSWORD = 'sesame open'
const [ALICE, NEW] = [`alice@${DOMAIN}`, `newt@${DOMAIN}`]

test(
  'slixmpp: a newcomer registers with the token of an invitation, and the two are contacts',
  { skip: slixmppMissing() },
  async (t) => {
    const server = await startServer(t, { invitations: { accounts: 'users' } })
    await server.addUser(ALICE, PASSWORD)
    const args = [SCRIPT, ALICE, NEW, PASSWORD, String(server.port), server.certificateFile, DOMAIN]
    const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: 150_000 })
    assert.deepEqual(JSON.parse(stdout), {
      'offered': true,
      'uri': `xmpp:${ALICE}?roster;preauth=TOKEN;ibr=y`,
      'a wrong token': 'item-not-found',
      'the token': 'result',
      'registered': 'result',
      'contacts': ['both', 'both'],
    })
    assert.match((await server.command(['invite', 'list'])).stdout, /used 1 of 1/)
    const { stdout: exported } = await server.command(['export', NEW])
    assert.ok(exported.includes(ALICE) && exported.includes('both'), exported)
  },
)
