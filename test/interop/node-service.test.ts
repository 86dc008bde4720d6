/** XEP-0060 with a client that others have written: nodes at our service, subscribed here and from Debian's Prosody and ejabberd. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { DOMAIN, startServer } from '../support/server-process.ts'
import type { Account } from './person.ts'
import { PYTHON, slixmppMissing } from './programs.ts'
import { ejabberd } from './servers/ejabberd.ts'
import { prosody } from './servers/prosody.ts'
import { accountOf, openTwoServers, OURS } from './servers/two-servers.ts'

const SCRIPT = join(import.meta.dirname, 'slixmpp/node_service.py')
const PASSWORD = 'sesame open'
const NODE = 'news & <größer>'

interface Door {
  readonly host: string
  readonly port: number
  readonly certificateFile: string
}
const argsOf = ({ jid, password }: Account, { host, port, certificateFile }: Door): readonly string[] => [
  jid,
  password,
  host,
  String(port),
  certificateFile,
]
async function play(service: string, owner: readonly string[], subscriber: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, service, ...owner, ...subscriber], { timeout: 150_000 })
  return JSON.parse(stdout)
}
/** What both have seen. @param subscriber the bare address */
const outcome = (service: string, subscriber: string) => ({
  'service': [['pubsub', 'service']],
  'nodes': [[NODE, 'News']],
  'subscribed': 'subscribed',
  'not mine': 'forbidden',
  'items': [['2', 'two']],
  'title': 'News',
  'subscribers': [subscriber],
  'gone': 'item-not-found',
  'heard': [
    ['published', service, 'one'],
    ['published', service, 'two'],
    ['retracted', '1'],
    ['published', service, 'by the other'],
    ['purged', NODE],
    ['deleted', NODE],
  ],
})

test('T-E08: slixmpp makes a node, and slixmpp subscribes to it', { skip: slixmppMissing() }, async (t) => {
  const server = await startServer(t)
  const [alice, bob] = ['alice', 'bob'].map((name) => ({ jid: `${name}@${DOMAIN}`, password: PASSWORD })) as [Account, Account]
  for (const { jid, password } of [alice, bob]) await server.addUser(jid, password)
  const door = { host: DOMAIN, port: server.port, certificateFile: server.certificateFile }
  const service = `pubsub.${DOMAIN}`
  assert.deepEqual(await play(service, argsOf(alice, door), argsOf(bob, door)), outcome(service, bob.jid))
})

for (const make of [prosody, ejabberd])
  test(`T-E08: slixmpp subscribes from ${make.name}`, { skip: slixmppMissing() || make.missing }, async (t) => {
    const two = await openTwoServers(t, make, 'certificates', {})
    const romeo = await accountOf(two, 'romeo')
    const juliet = await two.theirs.account('juliet')
    const ours = { host: '127.0.0.1', port: two.door.port, certificateFile: two.door.certificateFile }
    const { host, port, certificateFile } = two.theirs
    const service = `pubsub.${OURS}`
    const theirs = argsOf(juliet, { host, port, certificateFile })
    assert.deepEqual(await play(service, argsOf(romeo, ours), theirs), outcome(service, juliet.jid))
  })

test('T-E21: stanza, a second library, publishes and reads nodes of an account and of the service', async (t) => {
  const server = await startServer(t, { listen: { https: ['127.0.0.1:0'] } })
  for (const name of ['alice', 'bob']) await server.addUser(`${name}@${DOMAIN}`, PASSWORD)
  const file = join(import.meta.dirname, 'stanza-js/eventing.ts')
  const args = [file, `alice@${DOMAIN}`, `bob@${DOMAIN}`, PASSWORD, DOMAIN, String(server.httpsPort), `pubsub.${DOMAIN}`]
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: server.certificateFile }
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 150_000, env })
  const room = `tea@conference.${DOMAIN}`
  assert.deepEqual(JSON.parse(stdout), {
    'avatar': true,
    'bookmarks': [room],
    'items': [room],
    'bookmarks of others': 'not-allowed',
    'devices': [31415],
    'no mood': 0,
    'subscribed': 'subscribed',
    'not mine': 'forbidden',
    'gone': 'item-not-found',
    'heard': [
      ['nick', 'Al'],
      ['mood', 'happy'],
      ['avatar', true],
      ['published', 'news', 'one'],
    ],
  })
})
