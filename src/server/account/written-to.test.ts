/** To whom users have written: how often the store is asked, and that memory says what the store would say. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SqlCorrespondents } from '../../storage/correspondents.ts'
import { storesInMemory } from '../../storage/testing.ts'
import { Roster } from '../../im/account.ts'
import { jid, type Jid } from '../../xmpp/jid.ts'
import type { CorrespondentStore } from '../ports.ts'
import { LocalAccount } from './session.ts'
import { SlotBook } from './slots.ts'
import { WrittenTo } from './written-to.ts'

const ROMEO = 'romeo@example.net'
const person = (n: number): Jid => jid(`person${n}@example.org/1`)

/** The store of an account, with a count of how often it is asked and told. While `fails` is true it cannot be used. */
class CountedStore implements CorrespondentStore {
  readonly #store: CorrespondentStore
  asked = 0
  told = 0
  fails = false

  constructor(store: CorrespondentStore) {
    this.#store = store
  }
  has(owner: string, contact: string): Promise<boolean> {
    this.asked += 1
    return this.fails ? Promise.reject(new Error('no disk')) : this.#store.has(owner, contact)
  }
  put(owner: string, contact: string, now: number, max: number): Promise<boolean> {
    this.told += 1
    return this.fails ? Promise.reject(new Error('no disk')) : this.#store.put(owner, contact, now, max)
  }
}

/** @param max of people whom the store has */
async function scene(max = 1000) {
  const { database, clock } = await storesInMemory(ROMEO)
  const store = new CountedStore(new SqlCorrespondents(database))
  const slots = new SlotBook<LocalAccount>()
  const writtenTo = new WrittenTo({ accounts: { slots, release: () => {} }, clock, store, max })
  /** As it is when it has just been read. */
  const read = (): LocalAccount => {
    const account = new LocalAccount(jid(ROMEO), new Roster(0, [], []))
    account.furnish(slots.fill(account))
    return account
  }
  return { writtenTo, store, read, clock }
}

test('STR-2: the store is asked once about each person, whatever its answer; after that the answer comes at once', async () => {
  const { writtenTo, store, read } = await scene()
  const account = read()
  const both = [writtenTo.has(account, person(1)), writtenTo.has(account, person(1))]
  assert.deepEqual(await Promise.all(both), [false, false])
  assert.equal(writtenTo.has(account, person(1)), false)
  await writtenTo.note(account, person(2))
  assert.equal(writtenTo.has(account, person(2)), true)
  assert.deepEqual([store.asked, store.told], [1, 1])

  const again = read()
  assert.equal(await writtenTo.has(again, person(2)), true)
  assert.equal(writtenTo.has(again, person(2)), true)
  assert.deepEqual([writtenTo.isNoted(again, person(2)), writtenTo.isNoted(again, person(1))], [true, false])
  assert.deepEqual([store.asked, store.told], [2, 1])
})

test('STR-2: the user writes, and an earlier no is a yes, also if the store has not answered yet', async () => {
  const { writtenTo, store, read } = await scene()
  const account = read()
  assert.equal(await writtenTo.has(account, person(1)), false)
  const before = writtenTo.has(account, person(2))
  const stored = [writtenTo.note(account, person(1)), writtenTo.note(account, person(2))]
  assert.equal(await writtenTo.has(account, person(1)), true)
  assert.equal(await before, false)
  await Promise.all(stored)
  assert.deepEqual([writtenTo.has(account, person(1)), writtenTo.has(account, person(2))], [true, true])
  assert.deepEqual([store.asked, store.told], [2, 2])
})

test('STR-2: whom the store forgets for another is forgotten in memory too', async () => {
  const { writtenTo, read, clock } = await scene(2)
  const account = read()
  for (const n of [1, 2, 3]) {
    clock.advance(1)
    await writtenTo.note(account, person(n))
  }
  assert.deepEqual(await Promise.all([1, 2, 3].map((n) => writtenTo.has(account, person(n)))), [false, true, true])
})

test('a store that fails has given no answer', async () => {
  const { writtenTo, store, read } = await scene()
  const account = read()
  store.fails = true
  await assert.rejects(async () => writtenTo.has(account, person(1)), /no disk/)
  await assert.rejects(async () => writtenTo.note(account, person(1)), /no disk/)
  store.fails = false
  assert.equal(await writtenTo.has(account, person(1)), false)
  assert.equal(writtenTo.isNoted(account, person(1)), false)
})

test('what strangers add to an account in memory has a limit in number and in size, and is counted', async () => {
  const { writtenTo, store, read } = await scene()
  const account = read()
  for (let n = 0; n < 1000; n++) await writtenTo.has(account, person(n))
  assert.ok(account.besideOctets > 5000 && account.besideOctets < 10_000, `${account.besideOctets}`)
  const long = jid(`${'x'.repeat(900)}@example.org`)
  const before = account.besideOctets
  for (const time of [1, 2]) assert.equal(await writtenTo.has(account, long), false, `${time}`)
  assert.deepEqual([account.besideOctets, store.asked], [before, 1002])
})
