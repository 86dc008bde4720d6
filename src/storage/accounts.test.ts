import assert from 'node:assert/strict'
import { NOTHING_CHOSEN } from '../im/presence-policy.ts'
import { Payload } from '../xmpp/packet.ts'
import { SqlAccounts } from './accounts.ts'
import { contract } from '../../test/support/contract.ts'
import { CREDENTIALS, itemOf, setting } from './testing.ts'

const ROMEO = 'romeo@example.net'

contract('an account is made once', async (open) => {
  const { accounts, clock } = await open()
  assert.equal(await accounts.exists(ROMEO), false)
  const other = { ...CREDENTIALS, 'sha-1': CREDENTIALS['sha-512'] }
  const made = await Promise.all([accounts.create(ROMEO, CREDENTIALS, clock.now()), accounts.create(ROMEO, other, clock.now())])
  assert.deepEqual(made, [true, false])
  assert.equal(await accounts.exists(ROMEO), true)
  assert.deepEqual(await accounts.credentials(ROMEO), CREDENTIALS)
})

contract('credentials are those that were set last; nobody has none', async (open) => {
  const { accounts } = await open(ROMEO)
  const other = { ...CREDENTIALS, 'sha-1': CREDENTIALS['sha-512'] }
  assert.equal(await accounts.setCredentials(ROMEO, other), true)
  assert.deepEqual(await accounts.credentials(ROMEO), other)
  assert.equal(await accounts.setCredentials('nobody@example.net', other), false)
  assert.equal(await accounts.credentials('nobody@example.net'), null)
})

contract('credentials that are read while others are set are not remembered', async (open) => {
  const { accounts } = await open(ROMEO)
  const other = { ...CREDENTIALS, 'sha-1': CREDENTIALS['sha-512'] }
  const before = accounts.credentials(ROMEO)
  const changed = accounts.setCredentials(ROMEO, other)
  const meanwhile = accounts.credentials(ROMEO)
  assert.equal(await changed, true)
  assert.deepEqual(await before, CREDENTIALS)
  assert.deepEqual(await meanwhile, other)
  assert.deepEqual(await accounts.credentials(ROMEO), other)
})

contract('credentials that could not be read are read again', async (open) => {
  const { database } = await open(ROMEO)
  let isBroken = true
  const accounts = new SqlAccounts({
    schema: () => database.schema(),
    read: (query) => (isBroken ? Promise.reject(new Error('no disk')) : database.read(query)),
    readMany: (query) => database.readMany(query),
    write: (query) => database.write(query),
    atomically: (statements) => database.atomically(statements),
    migrate: (owner, migrations) => database.migrate(owner, migrations),
    close: () => database.close(),
    trouble: null,
    taken: database.taken,
  })
  await assert.rejects(accounts.credentials(ROMEO), /no disk/)
  isBroken = false
  assert.deepEqual(await accounts.credentials(ROMEO), CREDENTIALS)
})

contract('credentials go with their account, and who takes its name next has his own', async (open) => {
  const { accounts, clock } = await open(ROMEO)
  await accounts.credentials(ROMEO)
  await accounts.delete(ROMEO)
  assert.equal(await accounts.credentials(ROMEO), null)
  assert.equal(await accounts.credentials(ROMEO), null, 'that there is none is remembered until there is one')
  const other = { ...CREDENTIALS, 'sha-1': CREDENTIALS['sha-512'] }
  await accounts.create(ROMEO, other, clock.now())
  assert.deepEqual(await accounts.credentials(ROMEO), other)
})

contract('the accounts of a domain are listed in pages, by their bare JIDs, and counted', async (open) => {
  const { accounts, clock } = await open('c@example.net', 'a@example.net', 'b@example.net', 'x@example.com')
  const rows = (...names: readonly string[]) =>
    names.map((bare) => ({ bare, createdAt: clock.now(), disabled: null, policy: NOTHING_CHOSEN }))
  assert.deepEqual(await accounts.list('example.net', '', 2), rows('a@example.net', 'b@example.net'))
  assert.deepEqual(await accounts.list('example.net', 'b@example.net', 2), rows('c@example.net'))
  assert.deepEqual(await accounts.list('example.net', 'c@example.net', 2), [])
  assert.deepEqual(
    [await accounts.count('example.net'), await accounts.count('example.com'), await accounts.count('net')],
    [3, 1, 0],
  )
})

contract('an account is disabled, since when and why, and enabled; nobody is neither', async (open) => {
  const { accounts, clock } = await open(ROMEO)
  const disabled = { at: clock.now(), reason: 'a balcony too high' }
  const row = { bare: ROMEO, createdAt: clock.now(), disabled: null, policy: NOTHING_CHOSEN }
  assert.deepEqual(await accounts.find(ROMEO), row)
  assert.equal(await accounts.setDisabled(ROMEO, disabled), true)
  assert.deepEqual(await accounts.find(ROMEO), { ...row, disabled })
  assert.deepEqual(await accounts.list('example.net', '', 9), [{ ...row, disabled }])
  assert.equal(await accounts.setDisabled(ROMEO, null), true)
  assert.deepEqual(await accounts.find(ROMEO), row)
  assert.equal(await accounts.setDisabled('nobody@example.net', disabled), false)
  assert.equal(await accounts.find('nobody@example.net'), null)
})

contract('a deleted account takes all that was its own, and nothing of others', async (open) => {
  const { accounts, rosters, lastPresence, clock, database } = await open(ROMEO, 'juliet@example.net')
  const start = clock.now()
  await rosters.save(ROMEO, setting(itemOf('juliet@example.net'), start + 1))
  await rosters.save('juliet@example.net', setting(itemOf(ROMEO), start + 1))
  lastPresence.unavailable(ROMEO, { at: start, payload: Payload.empty })
  assert.equal(await accounts.delete(ROMEO), true)
  assert.equal(await accounts.delete(ROMEO), false)
  assert.equal(await accounts.exists(ROMEO), false)
  assert.equal(await lastPresence.load(ROMEO), null)
  assert.deepEqual(await rosters.load(ROMEO), { version: 0, epoch: '', items: [], pending: [] })
  const left = await database.schema<{ roster_item: { owner: string } }>().selectFrom('roster_item').select('owner').execute()
  assert.deepEqual(left, [{ owner: 'juliet@example.net' }])
})

contract('RVER-6: an account of the same name that comes later shares no roster version with the first', async (open) => {
  const { accounts, rosters, clock } = await open(ROMEO)
  const first = clock.now() + 1
  await rosters.save(ROMEO, setting(itemOf('juliet@example.net'), first))
  await accounts.delete(ROMEO)
  clock.advance(60_000)
  await accounts.create(ROMEO, CREDENTIALS, clock.now())
  assert.ok((await rosters.load(ROMEO)).version > first)
  assert.equal(await rosters.changesSince(ROMEO, first), null)
})

contract('what the user has chosen that others may know is kept, and asked for with other accounts', async (open) => {
  const { accounts, rosters } = await open(ROMEO, 'juliet@example.net')
  const policy = { lastSeen: 'coarse', sharePaused: null, strangers: 'requests' } as const
  assert.equal(await accounts.setPolicy(ROMEO, policy), true)
  assert.deepEqual((await accounts.find(ROMEO))!.policy, policy)
  const relations = await rosters.relations('nurse@example.net', [ROMEO, 'juliet@example.net'])
  assert.deepEqual(new Map(relations.map((one) => [one.owner, one.policy])).get(ROMEO), policy)
  assert.equal(await accounts.setPolicy('nobody@example.net', policy), false)
})
