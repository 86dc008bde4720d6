import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpRefusal, type HttpExchange, type HttpHeaders } from '../../base/http.ts'
import { memoryServer, settled } from '../../../test/support/memory-server.ts'
import { adHocCommands } from '../0050-ad-hoc-commands/index.ts'
import { jid } from '../../xmpp/jid.ts'
import { newAccountsOf, registration } from '../0077-registration/index.ts'
import { invitations, invitationsOf } from './index.ts'
import { Invitations } from './invitations.ts'
import { InvitationStore } from './store.ts'

const ROMEO = 'romeo@example.net'
const PEER = { address: '192.0.2.1', port: 0, encrypted: true, tls: null, proxied: false, atThisMachine: false }

async function world(settings: Readonly<Record<string, object>> = {}) {
  const server = await memoryServer({ features: [adHocCommands, registration, invitations], settings })
  await server.account(ROMEO)
  const wish = { domain: 'example.net', name: '', makesAccount: true, makesContact: true, usesMax: 1, note: '', lifetime: null }
  const made = await invitationsOf(server.host).create({ ...wish, inviter: ROMEO })
  return { server, token: made.token }
}
/** What the page receives. */
async function post(
  server: Awaited<ReturnType<typeof memoryServer>>,
  path: string,
  body: object,
  { encrypted = true, type = 'application/json' } = {},
): Promise<readonly [status: number, value: unknown]> {
  let answered: readonly [number, unknown] | null = null
  const exchange = {
    method: 'POST',
    path,
    query: '',
    peer: { ...PEER, encrypted },
    header: (name: string) => (name === 'content-type' ? type : undefined),
    allow() {},
    body: async () => Buffer.from(JSON.stringify(body)),
    reply: (status: number, _: HttpHeaders, content: string | Buffer) => (answered = [status, JSON.parse(String(content))]),
    onLost() {},
    cut() {},
  } as Partial<HttpExchange> as HttpExchange
  try {
    await server.host.http.request(path)!(exchange)
  } catch (error) {
    if (error instanceof HttpRefusal) return [error.status, error.message]
    throw error
  }
  return answered!
}

test('INV-5: the page is told what the invitation is for, and makes the account with it, once', async () => {
  const { server, token } = await world()
  const [status, report] = await post(server, '/invite/look', { token })
  assert.equal(status, 200)
  assert.deepEqual((report as { invitation: unknown }).invitation, {
    domain: 'example.net',
    name: '',
    inviter: ROMEO,
    makesAccount: true,
    expiresAt: server.clock.now() + 7 * 86_400_000,
    uri: `xmpp:${ROMEO}?roster;preauth=${token};ibr=y`,
  })
  const account = (name: string, password = 'long enough'): Promise<readonly [number, unknown]> =>
    post(server, '/invite/account', { token, name, password })
  assert.deepEqual(await account('romeo'), [200, { error: 'This name is taken' }])
  assert.deepEqual(await account('newt', 'short'), [200, { error: 'A password needs at least 8 characters' }])
  assert.deepEqual(await account('newt'), [200, { jid: 'newt@example.net' }])
  await settled()
  const { items } = await server.stores.rosters.load('newt@example.net')
  assert.deepEqual(
    items.map(({ jid, subscription }) => [jid.bare, subscription]),
    [[ROMEO, 'both']],
  )
  assert.deepEqual(await account('eve'), [200, { error: 'This invitation is used up, too old, or was taken back.' }])
  assert.deepEqual(await post(server, '/invite/look', { token }), [200, { invitation: null }])
})

test('INV-5: no invitation of somebody who may not use the server is good', async () => {
  const { server, token } = await world()
  await server.host.registrar.disable(jid(ROMEO), '')
  assert.deepEqual(await post(server, '/invite/look', { token }), [200, { invitation: null }])
  await server.host.registrar.enable(jid(ROMEO))
  assert.notEqual(await invitationsOf(server.host).find(token), null)
})

test('INV-5: an invitation of before makes no account when the operator does not allow it any more', async () => {
  const { server, token } = await world()
  const { host } = server
  const options = { makesAccounts: false, lifetime: 1, openMax: 1, perDay: 1, origin: '' }
  const now = new Invitations(host, new InvitationStore(host.database), newAccountsOf(host), options)
  assert.equal((await now.find(token))?.makesAccount, false, 'it still makes a contact')
})

test('INV-3: a user who makes many invitations at once is held to the limit', async () => {
  const { server } = await world({ invitations: { open: 3 } })
  const made = Array.from({ length: 5 }, () =>
    invitationsOf(server.host).createFor(jid(ROMEO), { name: '', makesAccount: true, makesContact: true }),
  )
  const results = await Promise.allSettled(made)
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected'],
    'one is open already',
  )
})

test('INV-5: nothing is told over a connection that others can read, or to a page of another origin', async () => {
  const { server, token } = await world()
  assert.equal((await post(server, '/invite/look', { token }, { encrypted: false }))[0], 403)
  assert.equal((await post(server, '/invite/look', { token }, { type: 'text/plain' }))[0], 415)
  assert.equal((await post(server, '/invite/look', { token: 1 }))[0], 400)
})
