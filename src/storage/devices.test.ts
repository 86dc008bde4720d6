import assert from 'node:assert/strict'
import type { DeviceToken } from '../server/ports.ts'
import { deviceMigrations, DEVICES, SqlDevices } from './devices.ts'
import { contract } from '../../test/support/contract.ts'
import type { Stores } from './testing.ts'

const ROMEO = 'romeo@example.net'
const JULIET = 'juliet@example.net'

const tokenOf = (device: string, change: Partial<DeviceToken> = {}): DeviceToken => ({
  owner: ROMEO,
  device,
  kind: 'fast',
  slot: 'new',
  mechanism: 'HT-SHA-256-NONE',
  key: `key of ${device}`,
  name: null,
  issuedAt: 1,
  expiresAt: 1000,
  usedAt: 1,
  count: -1,
  ...change,
})

async function world(open: (...names: readonly string[]) => Promise<Stores>) {
  const stores = await open(ROMEO, JULIET)
  await stores.database.migrate(DEVICES, deviceMigrations)
  const devices = new SqlDevices(stores.database)
  const issue = (device: string, change: Partial<DeviceToken> = {}, devicesMax = 3): Promise<void> =>
    devices.issue(tokenOf(device, change), devicesMax)
  const ids = async (owner = ROMEO): Promise<readonly string[]> => (await devices.list(owner)).map(({ id }) => id)
  return { ...stores, devices, issue, ids }
}

contract('a token is found by its key and among those of its device, as it was issued', async (open) => {
  const { devices, issue } = await world(open)
  await issue('phone', { name: 'Pocket' })
  const token = tokenOf('phone', { name: 'Pocket' })
  assert.deepEqual(await devices.find('fast', token.key), token)
  assert.deepEqual(await devices.tokens(ROMEO, 'phone', 'fast'), [token])
  assert.equal(await devices.find('fast', 'another'), null)
  assert.deepEqual(await devices.tokens(JULIET, 'phone', 'fast'), [])
})

contract('a device is listed once, with its last name and use and its longest token', async (open) => {
  const { devices, issue } = await world(open)
  await issue('phone', { slot: 'current', name: 'Old name', key: 'a' })
  await issue('phone', { name: 'Pocket', key: 'b', issuedAt: 5, usedAt: 5, expiresAt: 2000 })
  await issue('desk', { key: 'c' })
  assert.deepEqual(await devices.list(ROMEO), [
    { id: 'desk', name: null, kinds: ['fast'], firstAt: 1, usedAt: 1, expiresAt: 1000 },
    { id: 'phone', name: 'Pocket', kinds: ['fast'], firstAt: 1, usedAt: 5, expiresAt: 2000 },
  ])
  assert.deepEqual(await devices.list(JULIET), [])
})

contract('a new token that is used takes the place of the one before', async (open) => {
  const { devices, issue } = await world(open)
  await issue('phone', { slot: 'current', key: 'old' })
  await issue('phone', { key: 'fresh' })
  assert.equal(await devices.use(tokenOf('phone', { key: 'fresh' }), null, 7), true)
  assert.equal(await devices.find('fast', 'old'), null)
  const { slot, usedAt } = (await devices.find('fast', 'fresh'))!
  assert.deepEqual({ slot, usedAt }, { slot: 'current', usedAt: 7 })
  assert.equal(await devices.use(tokenOf('phone', { key: 'old' }), null, 8), false)
})

contract('a count has to go up', async (open) => {
  const { devices, issue } = await world(open)
  await issue('phone')
  const use = (count: number): Promise<boolean> => devices.use(tokenOf('phone'), count, 2)
  assert.deepEqual([await use(0), await use(0), await use(3), await use(2)], [true, false, true, false])
})

contract('revoking ends the tokens of one device, or of all, of that account alone', async (open) => {
  const { devices, issue, ids } = await world(open)
  await issue('phone')
  await issue('desk')
  await issue('phone', { owner: JULIET, key: 'hers' })
  assert.equal(await devices.revoke(ROMEO, 'phone'), true)
  assert.equal(await devices.revoke(ROMEO, 'phone'), false)
  assert.deepEqual(await ids(), ['desk'])
  assert.equal(await devices.revokeAll(ROMEO), true)
  assert.equal(await devices.revokeAll(ROMEO), false)
  assert.deepEqual([await ids(), await ids(JULIET)], [[], ['phone']])
})

contract('of too many devices the one with the oldest token loses it; what has expired is forgotten first', async (open) => {
  const { issue, ids } = await world(open)
  await issue('a', { issuedAt: 1 })
  await issue('b', { issuedAt: 2 })
  await issue('c', { issuedAt: 3 }, 2)
  assert.deepEqual(await ids(), ['b', 'c'])
  await issue('d', { issuedAt: 1000, expiresAt: 2000 })
  assert.deepEqual(await ids(), ['d'])
})

contract('devices go with their account', async (open) => {
  const { accounts, issue, ids } = await world(open)
  await issue('phone')
  await accounts.delete(ROMEO)
  assert.deepEqual(await ids(), [])
  await assert.rejects(issue('phone'))
})

contract('tokens of version 0.1.0 are taken over', async (open) => {
  const { database } = await open(ROMEO)
  await database.migrate(DEVICES, deviceMigrations.slice(0, 1))
  const db = database.schema<{ fast_token: Record<string, string | number> }>()
  const row = { owner: ROMEO, device: 'phone', slot: 'current', mechanism: 'HT-SHA-256-EXPR', salt: 'salt' }
  await db
    .insertInto('fast_token')
    .values({ ...row, issued_at: 5, expires_at: 50, count: 2 })
    .execute()
  await database.migrate(DEVICES, deviceMigrations)
  const devices = new SqlDevices(database)
  assert.deepEqual(await devices.tokens(ROMEO, 'phone', 'fast'), [
    tokenOf('phone', {
      slot: 'current',
      mechanism: 'HT-SHA-256-EXPR',
      key: 'salt',
      issuedAt: 5,
      expiresAt: 50,
      usedAt: 5,
      count: 2,
    }),
  ])
})

contract(
  'PUSH-1: push services of devices: one for each node, the newest ones, gone with the device or its last token',
  async (open) => {
    const { devices, issue } = await world(open)
    const serviceOf = (node: string, device: string, enabledAt: number, options = '') => {
      return { owner: ROMEO, device, service: 'push.example', node, options, enabledAt }
    }
    const known = async () => (await devices.pushes(ROMEO)).map(({ node, device, options }) => `${node} ${device} ${options}`)
    await issue('phone')
    await devices.enablePush(serviceOf('n1', 'phone', 1), 3)
    await devices.enablePush(serviceOf('n2', '/desk', 2), 3)
    await devices.enablePush(serviceOf('n2', '/desk', 3, '<x/>'), 3)
    assert.deepEqual(await known(), ['n1 phone ', 'n2 /desk <x/>'])
    await devices.enablePush(serviceOf('n3', 'tablet', 4), 3)
    await devices.enablePush(serviceOf('n4', 'phone', 5), 3)
    assert.deepEqual(await known(), ['n2 /desk <x/>', 'n3 tablet ', 'n4 phone '])
    await devices.purge(1000)
    assert.deepEqual(await known(), ['n2 /desk <x/>', 'n3 tablet '], 'its token has expired')
    await devices.disablePush(ROMEO, 'push.example', 'n2')
    await devices.revoke(ROMEO, 'tablet')
    assert.deepEqual(await known(), [])
    await devices.enablePush(serviceOf('n5', 'phone', 6), 3)
    await devices.disablePush(ROMEO, 'push.example', null)
    assert.deepEqual(await known(), [])
  },
)
