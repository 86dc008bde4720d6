/** Which accounts stay in memory. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, type MemoryServer } from '../../../test/support/memory-server.ts'
import { SHUTDOWN } from './endings.ts'
import type { LocalAccount } from './session.ts'

const name = (user: string): string => `${user}@example.net`

/** A server that keeps one account without a session. */
async function narrow(...users: readonly string[]): Promise<MemoryServer> {
  const server = await memoryServer({ limits: { 'idle-accounts': 1 } })
  for (const user of users) await server.account(name(user))
  return server
}
const load = async (server: MemoryServer, user: string): Promise<LocalAccount> => (await server.host.accounts.load(name(user)))!
const inMemory = ({ host: { accounts } }: MemoryServer, ...users: readonly string[]): string =>
  users.filter((user) => accounts.get(name(user)) !== undefined).join(' ')

test('Of accounts without a session, those that were needed longest ago are forgotten', async () => {
  const server = await narrow('a', 'b', 'c')
  for (const user of ['a', 'b', 'c']) await load(server, user)
  assert.equal(inMemory(server, 'a', 'b', 'c'), 'c')
})

test('An account is not forgotten while a change of its roster is under way', async () => {
  const server = await narrow('a', 'b', 'c')
  const account = await load(server, 'a')
  const step = Promise.withResolvers<void>()
  const done = account.serial.run(() => step.promise)
  for (const user of ['b', 'c']) await load(server, user)
  assert.equal(await load(server, 'a'), account, 'a second one would decide on a roster without that change')
  assert.equal(inMemory(server, 'b'), '')
  step.resolve()
  await done
  await load(server, 'b')
  assert.equal(inMemory(server, 'a', 'b'), 'b')
})

test('An account with a session stays, and may be forgotten when the last one has ended', async () => {
  const server = await narrow('a', 'b')
  const one = await server.bind(name('a'), '1')
  const other = await server.bind(name('a'), '2')
  await load(server, 'b')
  server.host.sessions.end(one.session, SHUTDOWN)
  assert.equal(inMemory(server, 'a', 'b'), 'a b')
  server.host.sessions.end(other.session, SHUTDOWN)
  assert.equal(inMemory(server, 'a', 'b'), 'a')
})

test('An account that is asked for twice at once is read once', async () => {
  const server = await narrow('a')
  const [one, other] = await Promise.all([load(server, 'a'), load(server, 'a')])
  assert.equal(one, other)
})

test('A name that nobody has leaves nothing in memory', async () => {
  const server = await narrow()
  assert.equal(await server.host.accounts.load(name('nobody')), null)
  assert.equal(server.host.accounts.size, 0)
})

test('Rosters without a session take up no more than they may', async () => {
  const server = await memoryServer({ limits: { 'idle-accounts-size': 10_000 } })
  await server.account(name('a'))
  for (let i = 0; i < 50; i++) await server.contact(name('b'), `contact-${i}@elsewhere.example`, 'both')
  await load(server, 'a')
  await load(server, 'b')
  assert.equal(inMemory(server, 'a', 'b'), '', 'the large one alone is too much')
})

test('An account whose home is not here is refused, whoever asks for it', async () => {
  const server = await narrow('a')
  const { accounts } = server.host
  for (const name of ['a@b.example', 'b.example', 'rooms.example.net']) {
    assert(!accounts.isHome(name))
    for (const ask of [() => accounts.get(name), () => accounts.load(name), () => accounts.with(name, () => {})])
      assert.throws(ask, /is not at home here/)
  }
  assert(accounts.isHome('nobody@example.net'))
  assert.equal(accounts.get('nobody@example.net'), undefined)
  assert.equal(await accounts.load('nobody@example.net'), null)
})

test('What features keep with an account is asked of the database together with the account', async () => {
  const server = await narrow('a')
  const steps: string[] = []
  const { rosters } = server.stores
  const read = rosters.load.bind(rosters)
  rosters.load = async (bare) => {
    const roster = await read(bare)
    steps.push('the roster has come')
    return roster
  }
  server.host.alsoLoad(async (bare) => {
    steps.push(`${bare} is asked for`)
    return (account) => steps.push(`${account.bare.bare} is given it`)
  })
  await load(server, 'a')
  assert.deepEqual(steps, [`${name('a')} is asked for`, 'the roster has come', `${name('a')} is given it`])
})
