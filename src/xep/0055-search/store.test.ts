import assert from 'node:assert/strict'
import { contract, type OpenStores } from '../../../test/support/contract.ts'
import { el } from '../../xml/element.ts'
import { VCARD } from '../0054-vcard-temp/card.ts'
import { newCard } from '../0054-vcard-temp/index.ts'
import { Cards, migrations as cardMigrations } from '../0054-vcard-temp/store.ts'
import { migrations, People, type Range } from './store.ts'

const named = (nick: string, first = '') =>
  newCard(el('vCard', VCARD, {}, el('NICKNAME', VCARD, {}, nick), el('N', VCARD, {}, el('GIVEN', VCARD, {}, first))))
const NAMES = ['a@a.example', 'b@a.example', 'c@a.example', 'd@a.example', 'e@b.example']
const NOTHING = { first: '', last: '', nick: '', email: '' }
const range = (wanted: Partial<Range['wanted']>, rest: Partial<Range> = {}): Range => ({
  domain: 'a.example',
  wanted: { ...NOTHING, ...wanted },
  from: '',
  isBackwards: false,
  limit: 10,
  ...rest,
})

async function opened(open: OpenStores) {
  const { accounts, clock, database } = await open(...NAMES)
  await database.migrate('xep-0054', cardMigrations)
  await database.migrate('xep-0055', migrations)
  const cards = new Cards(database)
  for (const name of NAMES) await cards.write(name, named('Ängel', name), clock.now())
  const found = async (people: People, of: Range) => (await people.find(of)).map(({ jid }) => jid.slice(0, 1)).join('')
  return { accounts, cards, database, found }
}

contract('SRCH-21: only who wants to be found is found; whoever has not chosen, as the operator says', async (open) => {
  const { accounts, database, found } = await opened(open)
  const [nobody, everybody] = [new People(database, false), new People(database, true)]
  const angels = range({ nick: 'äng' })
  assert.deepEqual([await found(nobody, angels), await found(everybody, angels)], ['', 'abcd'])
  await nobody.choose('a@a.example', true)
  await nobody.choose('b@a.example', false)
  assert.deepEqual([await nobody.choice('a@a.example'), await nobody.choice('b@a.example')], [true, false])
  assert.deepEqual([await found(nobody, angels), await found(everybody, angels)], ['a', 'acd'])
  await accounts.setDisabled('a@a.example', { at: 1, reason: '' })
  assert.equal(await found(everybody, angels), 'cd')
  await nobody.choose('b@a.example', null)
  assert.equal(await nobody.choice('b@a.example'), null)
  await accounts.delete('c@a.example')
  assert.equal(await found(everybody, angels), 'bd')
})

contract('SRCH-21: all fields fit, from their beginning; page by page in both directions', async (open) => {
  const { cards, database, found } = await opened(open)
  const people = new People(database, true)
  assert.equal(await found(people, range({ nick: 'ngel' })), '')
  assert.equal(await found(people, range({ nick: 'ängel', first: 'b@' })), 'b')
  assert.equal(await found(people, range({ nick: 'ä%' })), '')
  assert.equal(await found(people, range({ nick: 'ä' }, { limit: 3 })), 'abc')
  assert.equal(await found(people, range({ nick: 'ä' }, { from: 'b@a.example' })), 'cd')
  assert.equal(await found(people, range({ nick: 'ä' }, { from: 'd@a.example', isBackwards: true, limit: 2 })), 'cb')
  await cards.write('b@a.example', named('Devil'), 1)
  assert.equal(await found(people, range({ nick: 'ä' })), 'acd')
  const [devil] = await people.find(range({ nick: 'dev' }))
  assert.deepEqual({ ...devil }, { jid: 'b@a.example', first: '', last: '', nick: 'Devil', email: '' })
})
