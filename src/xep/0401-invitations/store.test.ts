import assert from 'node:assert/strict'
import { contract } from '../../../test/support/contract.ts'
import { hashOf, type Invitation } from './invitation.ts'
import { InvitationStore, migrations } from './store.ts'

const [ROMEO, JULIET] = ['romeo@example.net', 'juliet@example.net']
const invitation = (id: string, change: Partial<Invitation> = {}): Invitation => ({
  id,
  inviter: ROMEO,
  domain: 'example.net',
  name: '',
  makesAccount: true,
  makesContact: true,
  usesMax: 2,
  uses: 0,
  createdAt: 1,
  expiresAt: 1000,
  note: 'a note',
  ...change,
})

contract('INV-3: an invitation is found by the hash of its token, used so often, and gone with its inviter', async (open) => {
  const { database, accounts } = await open(ROMEO, JULIET)
  await database.migrate('xep-0401', migrations)
  const store = new InvitationStore(database)
  await store.put(invitation('one'), hashOf('token'))
  await store.put(invitation('two', { inviter: null, name: 'newt', createdAt: 2, expiresAt: 2000 }), hashOf('other'))
  assert.deepEqual(await store.byHash(hashOf('token')), invitation('one'))
  assert.deepEqual(
    (await store.list(null)).map(({ id }) => id),
    ['two', 'one'],
  )
  assert.deepEqual(
    (await store.list(ROMEO)).map(({ id }) => id),
    ['one'],
  )
  assert.deepEqual([await store.use('one'), await store.use('one'), await store.use('one')], [true, true, false])
  assert.deepEqual([...(await store.openUntil())], [['example.net', 2000]])
  const reserved = (now: number): Promise<boolean> => store.isReserved('example.net', 'newt', now)
  assert.deepEqual([await reserved(1999), await reserved(2000)], [true, false])
  await database.atomically([store.owing(JULIET, ROMEO)])
  assert.deepEqual(await store.owed(JULIET), [{ account: JULIET, inviter: ROMEO }])
  await accounts.delete(ROMEO)
  assert.deepEqual([(await store.list(null)).map(({ id }) => id), await store.owed(null)], [['two'], []])
  assert.deepEqual([await store.revoke('two'), await store.revoke('two')], [true, false])
  await store.put(invitation('old', { inviter: null }), hashOf('old'))
  await store.purge(1000)
  assert.deepEqual(await store.list(null), [])
})
