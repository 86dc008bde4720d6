import assert from 'node:assert/strict'
import { SqlCorrespondents } from './correspondents.ts'
import { contract } from '../../test/support/contract.ts'

const [ROMEO, JULIET] = ['romeo@example.net', 'juliet@example.net']

contract('STR-2: the last people to whom a user wrote are remembered, and go with the account', async (open) => {
  const { database, accounts } = await open(ROMEO, JULIET)
  const correspondents = new SqlCorrespondents(database)
  const forgotten: boolean[] = []
  for (const [at, contact] of ['a@x', 'b@x', 'a@x', 'c@x'].entries())
    forgotten.push(await correspondents.put(ROMEO, contact, at, 2))
  assert.deepEqual(forgotten, [false, false, false, true])
  const has = (owner: string, ...contacts: readonly string[]): Promise<readonly boolean[]> =>
    Promise.all(contacts.map((contact) => correspondents.has(owner, contact)))
  assert.deepEqual(await has(ROMEO, 'a@x', 'b@x', 'c@x'), [true, false, true])
  assert.deepEqual(await has(JULIET, 'a@x'), [false])
  await accounts.delete(ROMEO)
  assert.deepEqual(await has(ROMEO, 'a@x', 'c@x'), [false, false])
})
