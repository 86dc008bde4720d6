import assert from 'node:assert/strict'
import type { GroupLink } from '../server/ports.ts'
import { SqlGroups } from './groups.ts'
import { contract } from '../../test/support/contract.ts'

const [ROMEO, JULIET] = ['romeo@example.net', 'juliet@example.net']
const link = (owner: string, contact: string, before: GroupLink['before'] = null): GroupLink => ({
  owner,
  contact,
  before,
  state: 'joining',
})

contract('GRP-3, GRP-5: groups, members and links are stored in one step, and go with the account', async (open) => {
  const { database, accounts } = await open(ROMEO, JULIET)
  const groups = new SqlGroups(database)
  assert.deepEqual([await groups.create('Team'), await groups.create('Team'), await groups.create('Choir')], [true, false, true])
  const both = (name: string) => [ROMEO, JULIET].map((account) => ({ name, account }))
  await groups.join(both('Team'), [link(ROMEO, JULIET, 'to'), link(JULIET, ROMEO)])
  await groups.finished(await groups.unfinished())
  assert.deepEqual(await groups.unfinished(), [])
  await groups.join(both('Choir'), [link(ROMEO, JULIET, 'both')])
  assert.deepEqual(await groups.unfinished(), [link(ROMEO, JULIET, 'to')], 'what was before the first group stays')
  assert.deepEqual(await groups.memberships(), [...both('Choir').toReversed(), ...both('Team').toReversed()])
  await groups.leave([], [{ owner: ROMEO, contact: JULIET }])
  await groups.finished(await groups.unfinished())
  assert.deepEqual(await groups.unfinished(), [], 'a link that was left is gone')
  await groups.delete('Choir')
  assert.deepEqual(await groups.groups(), ['Team'])
  await accounts.delete(ROMEO)
  assert.deepEqual(await groups.memberships(), [{ name: 'Team', account: JULIET }])
  assert.deepEqual(await groups.orphans(), [{ ...link(JULIET, ROMEO), state: 'linked' }])
})
