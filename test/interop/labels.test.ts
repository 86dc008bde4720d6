/** XEP-0258 with a client that others have written, and with the command line of an operator. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { DOMAIN, startServer } from '../support/server-process.ts'
import { PYTHON, slixmppMissing } from './programs.ts'

const PASSWORD = 'sesame open'
const [ALICE, BOB] = [`alice@${DOMAIN}`, `bob@${DOMAIN}`]
const POLICY = join(import.meta.dirname, '../../config/labels.toml')

const skip = slixmppMissing()

test(
  'slixmpp asks for the catalogue and sends labelled messages, to a person and in a room: T-Y01, T-Y02, T-Y06',
  { skip },
  async (t) => {
    const server = await startServer(t, { 'security-labels': { 'policy': POLICY, 'tell-strangers': true } })
    for (const jid of [ALICE, BOB]) await server.addUser(jid, PASSWORD)
    await server.command(['clearance', 'set', ALICE, 'secret'])
    await server.command(['clearance', 'set', BOB, 'restricted'])
    const script = join(import.meta.dirname, 'slixmpp/labels.py')
    const args = [script, ALICE, BOB, PASSWORD, String(server.port), server.certificateFile, DOMAIN]
    const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: 170_000 })
    assert.deepEqual(JSON.parse(stdout), {
      'advertised': true,
      'offered to alice': [
        'UNCLASSIFIED',
        'Classified|RESTRICTED',
        'Classified|CONFIDENTIAL, Verona and Mantua',
        'Classified|SECRET',
      ],
      'offered to bob': ['UNCLASSIFIED', 'Classified|RESTRICTED'],
      'bob': 'one: RESTRICTED',
      'alice': 'forbidden',
      'alice in the room': ['three: SECRET', 'four: RESTRICTED'],
      'bob in the room': ['four: RESTRICTED'],
    })
    for (const text of ['one', 'two', 'three', 'four']) assert(!server.log.includes(`>${text}<`))
    assert.match(
      (await server.command(['clearance', 'list'])).stdout,
      /account alice@localhost {2}secret\naccount bob@localhost {2}restricted/,
    )
    const withheld = (await server.command(['explain', 'withheld'])).stdout
    assert.match(
      withheld,
      /occupant: secret from den@conference\.localhost, withheld from bob@localhost, cleared for restricted: the level/,
    )
    assert.match(withheld, /delivery: secret from alice@localhost\/\S+, withheld from bob@localhost/)
    assert.match((await server.command(['explain', 'label', BOB, 'secret'])).stdout, /may not send or receive it: the level/)
  },
)
