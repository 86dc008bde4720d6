import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseElement } from '../xml/parse.ts'
import { wire } from '../xml/wire.ts'
import { serialise } from '../xml/write.ts'
import { FIRST_PAGE, pageElement, pageOf, readPageAsk, RSM } from './result-set.ts'
import { StanzaError } from './stanza-error.ts'

const LETTERS = [...'abcdefg']
const asked = (inside: string) =>
  readPageAsk(parseElement(wire(`<query xmlns='urn:q'><set xmlns='${RSM}'>${inside}</set></query>`)))
const page = (inside: string): string => {
  const { items, page } = pageOf(LETTERS, asked(inside), (letter) => letter, 3)
  return `${items.join('')} ${page.first ?? '-'}${page.last ?? '-'} ${page.index}/${page.count}`
}
const refused = (condition: string) => (error: unknown) => error instanceof StanzaError && error.condition === condition

const PAGES = [
  ['', 'abc ac 0/7'],
  ['<max>2</max>', 'ab ab 0/7'],
  ['<max>100</max>', 'abc ac 0/7'], // the service has a bound of its own
  [`<max>${'9'.repeat(400)}</max>`, 'abc ac 0/7'],
  ['<max>2</max><after>c</after>', 'de de 3/7'],
  ['<after>g</after>', ' -- 7/7'],
  ['<max>2</max><before>c</before>', 'ab ab 0/7'],
  ['<max>2</max><before>b</before>', 'a aa 0/7'],
  ['<max>2</max><before/>', 'fg fg 5/7'],
  ['<before>a</before>', ' -- 0/7'],
  ['<max>2</max><index>5</index>', 'fg fg 5/7'],
  ['<index>9</index>', ' -- 9/7'], // RSM-6
  ['<max>0</max>', ' -- 0/7'], // RSM-5
] as const
for (const [inside, expected] of PAGES)
  test(`RSM-1, RSM-2, RSM-4, RSM-5, RSM-6: ${inside || 'no bounds'}`, () => assert.equal(page(inside), expected))

test('RSM-3: an item that is not there', () => {
  for (const inside of ['<after>x</after>', '<before>x</before>']) assert.throws(() => page(inside), refused('item-not-found'))
})

test('a number that is none, and two places at once, are refused', () => {
  for (const inside of ['<max>-1</max>', '<max>ten</max>', '<index/>', '<after>a</after><before>c</before>'])
    assert.throws(() => asked(inside), refused('bad-request'))
})

test('no set: the first page', () => {
  assert.equal(readPageAsk(parseElement(wire("<query xmlns='urn:q'/>"))), FIRST_PAGE)
})

test('RSM-1: what is said of a page', () => {
  assert.equal(
    serialise(pageElement({ first: 'a', last: 'c', index: 0, count: 7 })),
    `<set xmlns='${RSM}'><first index='0'>a</first><last>c</last><count>7</count></set>`,
  )
  assert.equal(serialise(pageElement({ first: null, last: null })), `<set xmlns='${RSM}'/>`)
})
