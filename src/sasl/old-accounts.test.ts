import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededEntropy } from '../base/entropy.ts'
import { silent } from '../base/log.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { SqlAccounts } from '../storage/accounts.ts'
import { CORE, coreMigrations } from '../storage/core-tables.ts'
import { openInMemory } from '../storage/sqlite.ts'
import { HASHES, NOTHING_LACKING, type Credentials, type Lacking } from '../xmpp/credentials.ts'
import { romeo } from '../../test/support/sasl.ts'
import { SCRAM_AND_EXTERNAL } from './settings.ts'
import type { SaslPolicy } from './offers.ts'
import { OldAccounts, usable } from './old-accounts.ts'

const DOMAIN = 'montague.example'
const at = (name: string): string => `${name}@${DOMAIN}`
const POLICY: SaslPolicy = {
  enabled: new Set(SCRAM_AND_EXTERNAL),
  plain: false,
  plainWithoutTls: false,
  withoutTls: false,
}
const OLD: Credentials = { 'sha-1': romeo['sha-1'] }

async function place(policy: Partial<SaslPolicy> = {}) {
  const said: string[] = []
  const say = (fields: object, text?: string): void => void said.push(`${JSON.stringify(fields)} ${text}`)
  const database = openInMemory({ clock: new ManualClock() })
  await database.migrate(CORE, coreMigrations)
  const accounts = new SqlAccounts(database)
  const log = { ...silent, warn: say, info: say }
  const old = new OldAccounts(accounts, { ...POLICY, ...policy }, 1, seededEntropy('old'), log)
  const offered = (): string => [...old.policy(DOMAIN).enabled].join(' ')
  return { accounts, old, offered, said, database }
}

test('a domain offers what all its accounts can use, and the stronger mechanisms again when none is left', async () => {
  const { accounts, old, offered, said, database } = await place()
  const everything = SCRAM_AND_EXTERNAL.join(' ')
  await accounts.create(at('new'), romeo, 0)
  assert.equal(offered(), everything)
  for (const name of ['one', 'other', 'third']) await accounts.create(at(name), OLD, 0)
  await accounts.create('else@capulet.example', romeo, 0)
  assert.equal(offered(), 'SCRAM-SHA-1-PLUS SCRAM-SHA-1 EXTERNAL')
  assert.equal(old.policy('capulet.example').enabled.size, SCRAM_AND_EXTERNAL.length, 'each domain for itself')
  assert.deepEqual(accounts.lacking(DOMAIN), { 'sha-1': 0, 'sha-256': 3, 'sha-512': 3, 'accounts': 3 })
  assert.deepEqual(old.wanted(DOMAIN), ['sha-512', 'sha-256'])

  await accounts.setCredentials(at('one'), romeo)
  await old.renew(at('other'), OLD, ['open sesame'])
  assert.equal(offered(), 'SCRAM-SHA-1-PLUS SCRAM-SHA-1 EXTERNAL')
  assert.equal(accounts.lacking(DOMAIN).accounts, 1)
  assert.deepEqual(Object.keys((await accounts.credentials(at('other')))!).toSorted(), ['sha-1', 'sha-256', 'sha-512'])
  assert.deepEqual((await accounts.credentials(at('other')))!['sha-1'], OLD['sha-1'], 'the old ones stay')
  await accounts.delete(at('third'))
  assert.equal(offered(), everything)
  assert.deepEqual(old.wanted(DOMAIN), [])
  assert.match(said[0]!, /"accounts":3.*old password keys/)
  assert.match(said.at(-1)!, /All accounts have all password keys again/)
  await database.close()
})

test('the count is that of the database: also at the next start, and after an upgrade from a version without it', async () => {
  const { accounts, database } = await place()
  await accounts.create(at('one'), OLD, 0)
  await accounts.create(at('two'), { 'sha-256': romeo['sha-256'] }, 0)
  const again = new SqlAccounts(database)
  assert.equal(again.lacking(DOMAIN), NOTHING_LACKING)
  await again.countOldKeys()
  assert.deepEqual(again.lacking(DOMAIN), { 'sha-1': 1, 'sha-256': 1, 'sha-512': 2, 'accounts': 2 })
  await database.close()

  const before = openInMemory({ clock: new ManualClock() })
  await before.migrate(CORE, coreMigrations.slice(0, 6))
  const insert = before.schema<{ account: { bare: string; domain: string; credentials: string; created_at: number } }>()
  for (const [name, credentials] of Object.entries({ one: OLD, two: romeo, three: { 'sha-512': romeo['sha-512'] } }))
    await insert
      .insertInto('account')
      .values({ bare: at(name), domain: DOMAIN, credentials: JSON.stringify(credentials), created_at: 0 })
      .execute()
  await before.migrate(CORE, coreMigrations)
  const now = new SqlAccounts(before)
  await now.countOldKeys()
  assert.deepEqual(now.lacking(DOMAIN), { 'sha-1': 1, 'sha-256': 2, 'sha-512': 1, 'accounts': 2 })
  await before.close()
})

test('many changes at once: what is counted in the end is what is stored', async () => {
  const { accounts, database } = await place()
  const names = Array.from({ length: 40 }, (_, i) => at(`user${i}`))
  await Promise.all(names.map((name) => accounts.create(name, OLD, 0)))
  assert.equal(accounts.lacking(DOMAIN).accounts, 40)
  await Promise.all(names.slice(0, 39).map((name) => accounts.setCredentials(name, romeo)))
  assert.equal(accounts.lacking(DOMAIN).accounts, 1)
  await database.close()
})

test('keys of a password that was changed meanwhile are not added to the new ones', async () => {
  const { accounts, old, database } = await place()
  await accounts.create(at('one'), OLD, 0)
  await accounts.setCredentials(at('one'), romeo)
  await old.renew(at('one'), OLD, ['the old password'])
  assert.deepEqual(await accounts.credentials(at('one')), romeo)
  await database.close()
})

test('what the operator has named is never widened; without a hash in common PLAIN where it is allowed, or what the most have', () => {
  const names = (lacking: Partial<Lacking>, policy: Partial<SaslPolicy> = {}): string =>
    [...usable({ ...POLICY, ...policy }, { ...NOTHING_LACKING, accounts: 9, ...lacking }).enabled].join(' ')
  const modern = { enabled: new Set(['SCRAM-SHA-512', 'SCRAM-SHA-256-PLUS']) }
  assert.equal(names({ 'sha-512': 1 }, modern), 'SCRAM-SHA-256-PLUS')
  assert.equal(names({ 'sha-1': 1 }, modern), 'SCRAM-SHA-512 SCRAM-SHA-256-PLUS')
  const apart = { 'sha-512': 9, 'sha-256': 4, 'sha-1': 5 }
  assert.equal(names(apart), 'SCRAM-SHA-256-PLUS SCRAM-SHA-256 EXTERNAL')
  assert.equal(names(apart, { plain: true }), 'EXTERNAL')
  for (const hash of HASHES) assert.ok(!names({ [hash]: 1 }).includes(hash.toUpperCase()))
})
