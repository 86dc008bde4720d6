import assert from 'node:assert/strict'
import { ManualClock } from '../base/manual-clock.ts'
import { contract, engines } from '../../test/support/contract.ts'
import { test } from 'node:test'
import { CLEARANCES, clearanceMigrations, SqlClearances } from './clearances.ts'
import { CORE, coreMigrations } from './core-tables.ts'
import { SqlGroups } from './groups.ts'

const [ROMEO, JULIET] = ['romeo@example.net', 'juliet@example.net']

contract('LAB-21: the clearance of an account or a group is deleted together with it, whoever deletes it', async (open) => {
  const { database, accounts } = await open(ROMEO)
  await database.migrate(CLEARANCES, clearanceMigrations)
  const [clearances, groups] = [new SqlClearances(database), new SqlGroups(database)]
  await groups.create('Staff')
  const given = [
    { kind: 'account', subject: ROMEO, clearance: 'secret' },
    { kind: 'group', subject: 'Staff', clearance: 'secret' },
    { kind: 'domain', subject: 'example.com', clearance: 'secret' },
  ] as const
  for (const one of given) assert(await clearances.put(one))
  assert(await clearances.put({ ...given[0], clearance: 'restricted' }), 'in the place of the other one')
  assert.equal(await clearances.of('account', ROMEO), 'restricted')
  assert.equal(await clearances.put({ kind: 'account', subject: JULIET, clearance: 'secret' }), false, 'no such account')
  await accounts.delete(ROMEO)
  await groups.delete('Staff')
  assert.deepEqual(await clearances.all(), [given[2]])
})

for (const engine of engines)
  test(
    `LAB-21: what had outlived its account before is not for one that is made anew (${engine.name})`,
    { skip: engine.skip },
    async (t) => {
      const database = await engine.open(new ManualClock())
      t.after(() => database.close())
      await database.migrate(CORE, coreMigrations)
      await database.migrate(CLEARANCES, clearanceMigrations.slice(0, 1))
      type Tables = {
        account: { bare: string; domain: string; credentials: string; created_at: number }
        clearance: { kind: string; subject: string; clearance: string }
      }
      const db = database.schema<Tables>()
      await db.insertInto('account').values({ bare: ROMEO, domain: 'example.net', credentials: '{}', created_at: 0 }).execute()
      const rows = [
        ['account', ROMEO],
        ['account', JULIET],
        ['group', 'Staff'],
        ['domain', 'example.com'],
      ] as const
      const before = rows.map(([kind, subject]) => ({ kind, subject, clearance: 'secret' }))
      await db.insertInto('clearance').values(before).execute()
      await database.migrate(CLEARANCES, clearanceMigrations)
      const clearances = new SqlClearances(database)
      const subjects = async (): Promise<readonly string[]> => (await clearances.all()).map(({ subject }) => subject).sort()
      assert.deepEqual(await subjects(), ['example.com', ROMEO])
      await db.deleteFrom('account').execute()
      assert.deepEqual(await subjects(), ['example.com'])
    },
  )
