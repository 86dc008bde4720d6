import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededEntropy } from '../../base/entropy.ts'
import { deviceMigrations, DEVICES, SqlDevices } from '../../storage/devices.ts'
import { CREDENTIALS, storesInMemory } from '../../storage/testing.ts'
import type { Credentials } from '../../xmpp/credentials.ts'
import { Tokens, type Found } from './tokens.ts'

const ROMEO = 'romeo@example.net'
const JULIET = 'juliet@example.net'
const MECHANISM = 'HT-SHA-256-NONE'
const WANTED = { owner: ROMEO, device: 'phone', name: null, mechanism: MECHANISM, credentials: CREDENTIALS }
const LIFETIME = 1000
const RENEW_AFTER = 100

async function world(devicesMax = 3) {
  const { database, clock, accounts } = await storesInMemory(ROMEO, JULIET)
  await database.migrate(DEVICES, deviceMigrations)
  const store = new SqlDevices(database)
  const options = { lifetime: LIFETIME, renewAfter: RENEW_AFTER, devicesMax }
  const tokens = new Tokens(store, Buffer.from('secret'), clock, seededEntropy('tokens'), options)
  const show = (text: string, device = 'phone', owner = ROMEO, credentials: Credentials | null = CREDENTIALS): Promise<Found> => {
    const proofOf = (t: string): Buffer => Buffer.from(`proof of ${t}`)
    return tokens.find({ owner, device, mechanism: MECHANISM, credentials, proofOf, proof: proofOf(text) })
  }
  /** 'valid', and used with that; 'unknown' or 'expired'; 'refused' because of the count. */
  const logIn = async (text: string, device = 'phone', count: number | null = null): Promise<string> => {
    const found = await show(text, device)
    if (found.kind !== 'valid') return found.kind
    return (await tokens.use(found.row, count)) ? 'valid' : 'refused'
  }
  const issue = async (device = 'phone', owner = ROMEO): Promise<string> =>
    (await tokens.issue({ owner, device, name: null, mechanism: MECHANISM, credentials: CREDENTIALS })).text
  return { database, clock, accounts, store, tokens, show, logIn, issue }
}

test('XEP-0484 3.3: a token is 256 bits as text, another one each time, and expires', async () => {
  const { tokens, clock } = await world()
  const one = await tokens.issue(WANTED)
  const other = await tokens.issue(WANTED)
  assert.match(one.text, /^[\w-]{43}$/)
  assert.notEqual(one.text, other.text)
  assert.equal(one.expiresAt, clock.now() + LIFETIME)
})

test('XEP-0484 3.5: the old token is good until the new one is used', async () => {
  const { issue, logIn } = await world()
  const old = await issue()
  assert.equal(await logIn(old), 'valid')
  const fresh = await issue()
  assert.equal(await logIn(old), 'valid', 'the new one may have been lost on the way')
  assert.equal(await logIn(fresh), 'valid')
  assert.equal(await logIn(old), 'unknown')
  assert.equal(await logIn(fresh), 'valid')
})

test('XEP-0484 3.5: a new one makes the one void that was not used', async () => {
  const { issue, logIn } = await world()
  const lost = await issue()
  const fresh = await issue()
  assert.equal(await logIn(lost), 'unknown')
  assert.equal(await logIn(fresh), 'valid')
})

test('XEP-0484 3.6: the tokens of an installation are void when it says so, and those of others are not', async () => {
  const { tokens, issue, logIn } = await world()
  const old = await issue()
  await logIn(old)
  const fresh = await issue()
  const other = await issue('tablet')
  await tokens.revoke(ROMEO, 'phone')
  assert.deepEqual([await logIn(old), await logIn(fresh), await logIn(other, 'tablet')], ['unknown', 'unknown', 'valid'])
})

test('XEP-0484 4.1: a token is for one installation of one account', async () => {
  const { issue, show } = await world()
  const text = await issue()
  await issue('tablet')
  await issue('phone', JULIET)
  for (const found of [await show(text, 'tablet'), await show(text, 'watch'), await show(text, 'phone', JULIET)])
    assert.equal(found.kind, 'unknown')
})

test('a token that has expired is void, and forgotten with the next one', async () => {
  const { issue, logIn, clock, store } = await world()
  const old = await issue()
  clock.advance(LIFETIME - 1)
  assert.equal(await logIn(old), 'valid')
  clock.advance(1)
  assert.equal(await logIn(old), 'expired')
  await issue('tablet')
  assert.equal(await logIn(old), 'unknown')
  assert.equal((await store.tokens(ROMEO, 'phone', 'fast')).length, 0)
  clock.advance(LIFETIME)
  assert.equal((await store.list(ROMEO)).length, 1)
  await store.purge(clock.now())
  assert.deepEqual(await store.list(ROMEO), [])
})

test('a changed password makes all tokens void, also those that are issued to who knows the old one', async () => {
  const { tokens, show, issue } = await world()
  const keys = { ...CREDENTIALS['sha-256'], storedKey: 'bmV3' }
  const changed: Credentials = { 'sha-1': keys, 'sha-256': keys, 'sha-512': keys }
  const text = await issue()
  assert.equal((await show(text, 'phone', ROMEO, changed)).kind, 'unknown')
  const late = await tokens.issue(WANTED)
  assert.equal((await show(late.text, 'phone', ROMEO, changed)).kind, 'unknown')
  assert.equal((await show(late.text, 'phone', ROMEO, null)).kind, 'unknown')
})

test('the tokens go with their account', async () => {
  const { accounts, store, issue, logIn, clock } = await world()
  const text = await issue()
  await accounts.delete(ROMEO)
  assert.deepEqual(await store.tokens(ROMEO, 'phone', 'fast'), [])
  await assert.rejects(issue(), { name: 'Error' })
  await accounts.create(ROMEO, CREDENTIALS, clock.now())
  assert.equal(await logIn(text), 'unknown')
})

test('of too many installations, the one that has logged in least recently loses its token', async () => {
  const { issue, logIn, clock } = await world(3)
  const texts = new Map<string, string>()
  for (const device of ['phone', 'tablet', 'watch']) {
    texts.set(device, await issue(device))
    clock.advance(1)
  }
  texts.set('phone', await issue('phone'))
  clock.advance(1)
  texts.set('radio', await issue('radio'))
  const outcomes = await Promise.all([...texts].map(async ([device, text]) => `${device} ${await logIn(text, device)}`))
  assert.deepEqual(outcomes, ['phone valid', 'tablet unknown', 'watch valid', 'radio valid'])
})

test('XEP-0484 3.5: who logs in with an old token is due for another', async () => {
  const { tokens, issue, logIn, clock } = await world()
  const text = await issue()
  assert.equal(await tokens.isDue(ROMEO, 'phone'), false, 'it has not been used')
  await logIn(text)
  clock.advance(RENEW_AFTER - 1)
  assert.equal(await tokens.isDue(ROMEO, 'phone'), false)
  clock.advance(1)
  assert.equal(await tokens.isDue(ROMEO, 'phone'), true)
  assert.equal(await tokens.isDue(ROMEO, 'tablet'), false)
})

test('XEP-0484 3.4: of two logins with one count, only one succeeds; of two without, both', async () => {
  const { issue, logIn, show, tokens } = await world()
  const text = await issue()
  const [one, other] = [await show(text), await show(text)]
  assert(one.kind === 'valid' && other.kind === 'valid')
  assert.deepEqual([await tokens.use(one.row, null), await tokens.use(other.row, null)], [true, true])
  const outcomes = await Promise.all([logIn(text, 'phone', 7), logIn(text, 'phone', 7)])
  assert.deepEqual(outcomes.sort(), ['refused', 'valid'])
})

test('a token that was made void between its reading and its use', async () => {
  const { issue, show, tokens } = await world()
  const found = await show(await issue())
  assert(found.kind === 'valid')
  await tokens.revoke(ROMEO, 'phone')
  assert.equal(await tokens.use(found.row, null), false)
})

test('XEP-0484 5.1: whatever an installation does, it has two good tokens at most, and always its newest', async () => {
  const action = fc.oneof(
    fc.constant({ kind: 'issue' as const }),
    fc.record({ kind: fc.constant('use' as const), which: fc.nat(5) }),
    fc.constant({ kind: 'forget' as const }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 12 }), async (actions) => {
      const { issue, logIn, show, tokens } = await world()
      const all: string[] = []
      let [current, fresh]: (string | null)[] = [null, null]
      for (const step of actions) {
        if (step.kind === 'issue') all.push((fresh = await issue()))
        else if (step.kind === 'forget') {
          await tokens.revoke(ROMEO, 'phone')
          ;[current, fresh] = [null, null]
        } else if (step.which < all.length) {
          const text: string = all.at(-1 - step.which)!
          const isGood: boolean = text === current || text === fresh
          assert.equal(await logIn(text), isGood ? 'valid' : 'unknown')
          if (text === fresh) [current, fresh] = [fresh, null]
        }
      }
      const good: string[] = []
      for (const text of all) if ((await show(text)).kind === 'valid') good.push(text)
      assert.deepEqual(
        good,
        [current, fresh].filter((t) => t !== null),
      )
    }),
    { numRuns: 40 },
  )
})

test('keys of more hashes for the same password leave tokens good', async () => {
  const { tokens, show } = await world()
  const keys = (storedKey: string) => ({ ...CREDENTIALS['sha-256'], storedKey })
  const old: Credentials = { 'sha-1': keys('b2xk') }
  const { text } = await tokens.issue({ ...WANTED, credentials: old })
  assert.equal((await show(text, 'phone', ROMEO, { ...old, 'sha-256': keys('bmV3'), 'sha-512': keys('bmV3ZXI=') })).kind, 'valid')
  assert.equal((await show(text, 'phone', ROMEO, { 'sha-256': keys('bmV3') })).kind, 'unknown')
})
