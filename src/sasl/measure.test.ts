import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contextWith, challengeOf, ITERATIONS, PASSWORD, romeo, say, ScramClient } from '../../test/support/sasl.ts'
import { SystemClock } from '../base/clock.ts'
import { seededEntropy } from '../base/entropy.ts'
import { SqlAccounts } from '../storage/accounts.ts'
import { CORE, coreMigrations } from '../storage/core-tables.ts'
import { openInMemory } from '../storage/sqlite.ts'
import { jid } from '../xmpp/jid.ts'
import { deriveCredentials } from './credentials.ts'
import { measureOf } from './measure.ts'
import { scram } from './scram.ts'

/** The count of iterations that a client is told. */
async function told(username: string, change: Parameters<typeof contextWith>[0]): Promise<string> {
  const first = new ScramClient('sha-256', PASSWORD, { username }).first
  return /,i=(\d+)/.exec(challengeOf(await say(scram('sha-256', false).start(contextWith(change)), first)))![1]!
}

test('after [sasl] iterations was changed, i= does not tell accounts from names that do not exist', async () => {
  const change = { iterations: 20_000, likeness: async () => romeo }
  assert.equal(await told('romeo', change), String(ITERATIONS))
  assert.equal(await told('nobody', change), String(ITERATIONS))
})

test('where accounts differ, names that do not exist differ alike, and each says the same again', async () => {
  const database = openInMemory({ clock: new SystemClock() })
  await database.migrate(CORE, coreMigrations)
  const accounts = new SqlAccounts(database)
  for (const [i, letter] of [...'abcdefghijklmnopqrstuvwxyz'].entries()) {
    const credentials = await deriveCredentials(PASSWORD, i % 2 === 0 ? 1 : 2, seededEntropy(letter))
    await accounts.create(`${letter}@montague.example`, credentials, 0)
  }
  const context = contextWith({
    iterations: 3,
    accounts,
    likeness: (domain, place) => accounts.credentialsNear(domain, place),
  })
  const counts = new Map<number, number>()
  for (let n = 0; n < 100; n++) {
    const measure = (): Promise<number> =>
      measureOf(context, jid(`nobody${n}@montague.example`)).then(({ keys }) => keys('sha-256').iterations)
    const iterations = await measure()
    assert.equal(await measure(), iterations)
    counts.set(iterations, (counts.get(iterations) ?? 0) + 1)
  }
  assert.deepEqual([...counts.keys()].toSorted(), [1, 2])
  for (const count of counts.values()) assert.ok(count > 25, `${count} of 100`)
  await database.close()
})

test('a password costs a name that does not exist as many rounds of the same hash', async () => {
  const old = { 'sha-1': romeo['sha-1'] }
  const { password, credentials } = await measureOf(contextWith({ likeness: async () => old }), jid('nobody@montague.example'))
  assert.deepEqual([credentials, password.hash, password.keys.iterations], [null, 'sha-1', ITERATIONS])
})

test('in a domain without accounts, names have the iterations of new passwords', async () => {
  const { password } = await measureOf(contextWith({ iterations: 12_345 }), jid('nobody@montague.example'))
  assert.equal(password.keys.iterations, 12_345)
})

test('when the account that a name is like gets other keys, the name without an account follows it', async () => {
  const database = openInMemory({ clock: new SystemClock() })
  await database.migrate(CORE, coreMigrations)
  const accounts = new SqlAccounts(database)
  const bare = 'romeo@montague.example'
  const old = { 'sha-1': (await deriveCredentials(PASSWORD, 1, seededEntropy('old')))['sha-1'] }
  await accounts.create(bare, old, 0)
  const context = contextWith({ iterations: 9, accounts, likeness: (domain, place) => accounts.credentialsNear(domain, place) })
  const seen = async (name: string): Promise<unknown> => {
    const { password, keys } = await measureOf(context, jid(`${name}@montague.example`))
    return [password.hash, password.keys.iterations, keys('sha-256').iterations]
  }
  assert.deepEqual(await seen('nobody'), await seen('romeo'))
  await accounts.upgradeCredentials(bare, old, { ...(await deriveCredentials(PASSWORD, 2, seededEntropy('new'))), ...old })
  assert.deepEqual(await seen('romeo'), ['sha-256', 2, 2])
  assert.deepEqual(await seen('nobody'), await seen('romeo'))
  await accounts.delete(bare)
  assert.deepEqual(await seen('nobody'), ['sha-256', 9, 9])
  await database.close()
})
