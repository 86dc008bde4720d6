import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer } from '../../test/support/memory-server.ts'
import { CONNECTION_LOST, CREDENTIALS_CHANGED, SIGNED_OUT } from '../server/account/endings.ts'
import { CommandError, commandsOf, runCommand } from './command.ts'
import { pausedAt } from './activity.ts'
import { onlineAccounts, pausedSessions } from './status-commands.ts'
import { userCommands, type DeviceRow, type UserPage } from './user-commands.ts'

const TOKEN = {
  kind: 'fast',
  slot: 'new',
  mechanism: 'HT-SHA-256-NONE',
  name: null,
  issuedAt: 1,
  expiresAt: 2,
  usedAt: 1,
  count: -1,
} as const

async function operator(pageSize = 100) {
  const server = await memoryServer({ domains: ['example.net', 'example.org'] })
  const commands = commandsOf(...userCommands(server.host, pageSize))
  return { server, ask: (name: string, args: object) => runCommand(commands, name, args) }
}

test('user.add prepares the address and says what it has become', async () => {
  const { ask, server } = await operator()
  assert.deepEqual(await ask('user.add', { jid: 'Romeo@Example.NET', password: 'x' }), { jid: 'romeo@example.net' })
  assert.equal(await server.stores.accounts.exists('romeo@example.net'), true)
})

test('user.add: what cannot be an account is refused with the remedy', async () => {
  const { ask } = await operator()
  await ask('user.add', { jid: 'romeo@example.net', password: 'x' })
  const cases: readonly (readonly [jid: string, expected: RegExp])[] = [
    ['romeo@example.net', /already.*user passwd romeo@example\.net/],
    ['romeo@example.com', /not a domain of this server\. It serves example\.net, example\.org/],
    ['example.net', /not the address of an account\. Write it like romeo@example\.net/],
    ['romeo@example.net/orchard', /not the address of an account/],
    ['ro meo@example.net', /not an address \(.+\)\. Write it like/],
  ]
  for (const [jid, message] of cases)
    await assert.rejects(
      ask('user.add', { jid, password: 'x' }),
      (e: Error) => e instanceof CommandError && message.test(e.message),
      jid,
    )
})

test('user.passwd ends the sessions of the account and of nobody else', async () => {
  const { ask, server } = await operator()
  const one = await server.bind('romeo@example.net', 'orchard')
  const other = await server.bind('juliet@example.net', 'balcony')
  assert.deepEqual(await ask('user.passwd', { jid: 'romeo@example.net', password: 'y' }), { jid: 'romeo@example.net' })
  assert.equal(one.ending, CREDENTIALS_CHANGED)
  assert.equal(other.ending, null)
})

test('user.disable ends the sessions with the reason, user.list shows it, user.enable takes it back', async () => {
  const { ask, server } = await operator()
  const romeo = await server.bind('romeo@example.net', 'orchard')
  const other = await server.bind('juliet@example.net', 'balcony')
  const disabled = { at: server.clock.now(), reason: 'banished' }
  await ask('user.disable', { jid: 'Romeo@example.net', reason: ' banished ' })
  assert.deepEqual([romeo.ending?.name, romeo.ending?.condition], ['account-disabled', 'not-authorized'])
  assert.equal(romeo.ending?.text, 'The account is disabled: banished')
  assert.equal(other.ending, null)
  const list = async () => ((await ask('user.list', { domain: 'example.net', after: '' })) as UserPage).users
  assert.deepEqual(
    (await list()).map((user) => [user.jid, user.sessions, user.disabled]),
    [
      ['juliet@example.net', 1, null],
      ['romeo@example.net', 0, disabled],
    ],
  )
  await ask('user.enable', { jid: 'romeo@example.net' })
  assert.equal((await list())[1]?.disabled, null)
})

test('user.disable: what cannot be a reason, and nothing is changed', async () => {
  const { ask, server } = await operator()
  await server.account('romeo@example.net')
  for (const reason of ['x'.repeat(201), 'two\nlines', '\u0000', '\uFFFF', '\uD800'])
    await assert.rejects(ask('user.disable', { jid: 'romeo@example.net', reason }), /cannot be a reason/, JSON.stringify(reason))
  assert.equal((await server.stores.accounts.find('romeo@example.net'))?.disabled, null)
})

test('user.passwd, disable, enable and delete: of nobody', async () => {
  const { ask } = await operator()
  await assert.rejects(ask('user.passwd', { jid: 'romeo@example.net', password: 'y' }), /There is no account romeo@example\.net/)
  for (const [name, more] of [
    ['disable', { reason: '' }],
    ['enable', {}],
    ['delete', {}],
  ] as const)
    await assert.rejects(ask(`user.${name}`, { jid: 'romeo@example.net', ...more }), /There is no account romeo@example\.net/)
})

test('user.list goes through all pages', async () => {
  const { ask, server } = await operator(2)
  for (const name of ['a', 'b', 'c', 'd']) await server.account(`${name}@example.net`)
  await server.account('e@example.org')
  await server.bind('b@example.net', 'one')
  const jids: string[] = []
  const sessions: number[] = []
  for (let after: string | null = ''; after !== null;) {
    const page = (await ask('user.list', { domain: 'example.net', after })) as {
      users: { jid: string; sessions: number }[]
      next: string | null
    }
    jids.push(...page.users.map((u) => u.jid))
    sessions.push(...page.users.map((u) => u.sessions))
    after = page.next
  }
  assert.deepEqual(jids, ['a@example.net', 'b@example.net', 'c@example.net', 'd@example.net'])
  assert.deepEqual(sessions, [0, 1, 0, 0])
  await assert.rejects(ask('user.list', { domain: 'example.com', after: '' }), /not a domain of this server/)
})

test('an account counts as online once, and only while a resource is available', async () => {
  const { server } = await operator()
  const one = await server.bind('romeo@example.net', 'orchard')
  const other = await server.bind('romeo@example.net', 'garden')
  assert.equal(onlineAccounts(server.server), 0)
  await one.send('<presence/>')
  await other.send('<presence/>')
  assert.equal(onlineAccounts(server.server), 1)
  for (const client of [one, other]) await client.send("<presence type='unavailable'/>")
  assert.equal(onlineAccounts(server.server), 0)
})

test('user.set: what others may know, also of one who is there; what is no setting is refused', async () => {
  const { ask, server } = await operator()
  const romeo = await server.bind('romeo@example.net', 'orchard')
  const set = (settings: Record<string, string>): Promise<unknown> => ask('user.set', { jid: 'romeo@example.net', settings })
  await set({ 'last-seen': 'coarse', 'share-paused': 'none' })
  assert.deepEqual(romeo.session.account.policy, { lastSeen: 'coarse', sharePaused: 'none', strangers: 'all' })
  await set({ 'last-seen': 'default', 'strangers': 'none' })
  assert.deepEqual((await server.stores.accounts.find('romeo@example.net'))?.policy, {
    lastSeen: null,
    sharePaused: 'none',
    strangers: 'none',
  })
  assert.deepEqual(romeo.session.account.policy, { lastSeen: 'exact', sharePaused: 'none', strangers: 'none' })
  const refused: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ 'last-seen': 'never' }, /last-seen cannot be "never"\. It is one of: exact, coarse, none, default/],
    [{ toString: 'x' }, /There is no setting "toString"\. There are: last-seen, share-paused, strangers/],
  ]
  for (const [settings, message] of refused) await assert.rejects(set(settings), message)
  await assert.rejects(ask('user.set', { jid: 'nobody@example.net', settings: {} }), /There is no account nobody@example\.net/)
})

test('user.devices: what has tokens and what is connected; user.sign-out ends both, of one device or of all', async () => {
  const { ask, server } = await operator()
  const romeo = await server.bind('romeo@example.net', 'orchard')
  const issue = (device: string): Promise<void> =>
    server.stores.devices.issue({ ...TOKEN, owner: 'romeo@example.net', device, key: device }, 5)
  await issue('phone')
  await issue('desk')
  const jid = 'romeo@example.net'
  const ids = async (): Promise<readonly string[]> => ((await ask('user.devices', { jid })) as DeviceRow[]).map(({ id }) => id)
  assert.deepEqual(await ids(), ['desk', 'phone', 'session:orchard'])
  assert.deepEqual(await ask('user.sign-out', { jid, device: 'phone' }), { jid, ended: 0 })
  assert.deepEqual([await ids(), romeo.ending], [['desk', 'session:orchard'], null])
  await assert.rejects(ask('user.sign-out', { jid, device: 'phone' }), /has no device phone/)
  assert.deepEqual(await ask('user.sign-out', { jid, device: null }), { jid, ended: 1 })
  assert.deepEqual([await ids(), romeo.ending], [[], SIGNED_OUT])
  await assert.rejects(ask('user.devices', { jid: 'nobody@example.net' }), /There is no account/)
})

test('user.passwd: tokens of the old password are gone', async () => {
  const { ask, server } = await operator()
  const jid = 'romeo@example.net'
  await ask('user.add', { jid, password: 'x' })
  await server.stores.devices.issue({ ...TOKEN, owner: jid, device: 'phone', key: 'k' }, 5)
  await ask('user.passwd', { jid, password: 'y' })
  assert.deepEqual(await ask('user.devices', { jid }), [])
})

test('a session that has lost its connection is not called connected: in the list of accounts, of devices and of one account', async () => {
  const { ask, server } = await operator()
  const jid = 'romeo@example.net'
  await ask('user.add', { jid, password: 'x' })
  const [orchard] = [await server.bind(jid, 'orchard'), await server.bind(jid, 'garden')]
  await server.advance(60_000)
  orchard.session.resumableMs = 60_000
  server.host.sessions.leave(orchard.session, CONNECTION_LOST)
  const lostAt = server.clock.now()
  await server.advance(30_000)
  const { users } = (await ask('user.list', { domain: 'example.net', after: '', limit: 10 })) as UserPage
  assert.deepEqual(
    users.map(({ sessions, paused }) => [sessions, paused]),
    [[2, 1]],
  )
  const devices = (await ask('user.devices', { jid })) as DeviceRow[]
  assert.deepEqual(
    devices.map(({ sessions, paused }) => [sessions, paused]),
    [
      [['orchard'], ['orchard']],
      [['garden'], []],
    ],
  )
  assert.equal(pausedSessions(server.server), 1)
  assert.deepEqual([pausedAt(orchard.session, server.clock.now()), orchard.session.boundAt], [lostAt, lostAt - 60_000])
})
