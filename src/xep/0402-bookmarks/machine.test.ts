import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseElement } from '../../xml/parse.ts'
import { encode } from '../../xml/wire.ts'
import { decode } from '../../xml/wire.ts'
import { serialise } from '../../xml/write.ts'
import { BOOKMARKS, countOf, differenceTo, STORAGE, storageOf, type Bookmark, type Difference } from './machine.ts'

const storage = (inside: string) => parseElement(encode(`<storage xmlns='${STORAGE}'>${inside}</storage>`))
const item = (id: string, attributes = '', inside = ''): Bookmark => ({
  id,
  conference: parseElement(encode(`<conference xmlns='${BOOKMARKS}' ${attributes}>${inside}</conference>`)),
})
const shown = ({ changed, removed }: Difference) => ({
  changed: changed.map(({ id, conference }) => `${id} ${decode(serialise(conference, BOOKMARKS))}`),
  removed,
})
const text = (of: ReturnType<typeof storage>): string => decode(serialise(of, STORAGE))

test('PEP-31: a list makes items: new, changed with their extensions, removed; what is the same is left alone', () => {
  const before = [
    item('same@c.example', `name='S' autojoin='1'`, '<nick>n</nick>'),
    item('changed@c.example', `name='C'`, `<nick>old</nick><password>p</password><extensions><x xmlns='urn:x'/></extensions>`),
    item('gone@c.example'),
    { id: 'damaged@c.example', conference: undefined },
  ]
  const list = storage(
    `<conference jid='Same@c.example' name='S' autojoin='true'><nick>n</nick></conference>` +
      `<conference jid='changed@c.example' name='C'><nick>new</nick></conference>` +
      `<conference jid='new@c.example' autojoin='0'/><conference jid='new@c.example' name='twice'/><url url='https://x.example/'/>`,
  )
  assert.deepEqual(shown(differenceTo(list, before)), {
    changed: [
      `changed@c.example <conference name='C'><nick>new</nick><extensions><x xmlns='urn:x'/></extensions></conference>`,
      'new@c.example <conference/>',
    ],
    removed: ['gone@c.example'],
  })
  assert.equal(countOf(list), 3)
})

test('PEP-31: items make a list, in their order; what only the list has stays', () => {
  const before = storage(
    `<url url='https://x.example/'/><conference jid='a@c.example' name='old' x='y'><print xmlns='urn:p'/><nick>n</nick></conference><conference jid='gone@c.example'/>`,
  )
  const items = [item('b@c.example', `autojoin='true'`), item('a@c.example', `name='A'`, '<password>p</password>')]
  assert.equal(
    text(storageOf(items, before)),
    `<storage><conference jid='b@c.example' autojoin='true'/>` +
      `<conference jid='a@c.example' name='A' x='y'><password>p</password><print xmlns='urn:p'/></conference>` +
      `<url url='https://x.example/'/></storage>`,
  )
  assert.equal(text(storageOf([], null)), '<storage/>')
})

test('PEP-31, property: a list that was made from items changes none of them', () => {
  const part = fc.option(fc.constantFrom('', 'x', 'ö <'), { nil: undefined })
  const bookmark = fc
    .record({ local: fc.constantFrom('a', 'b', 'c', 'd'), name: part, nick: part, password: part, autojoin: fc.boolean() })
    .map(({ local, name, nick, password, autojoin }) => {
      const escape = (value: string): string => value.replace('<', '&lt;')
      const inside = [
        nick === undefined ? '' : `<nick>${escape(nick)}</nick>`,
        password === undefined ? '' : `<password>${escape(password)}</password>`,
      ]
      const attributes = `${name === undefined ? '' : `name='${escape(name)}'`} autojoin='${autojoin}'`
      return item(`${local}@c.example`, attributes, inside.join(''))
    })
  const bookmarks = fc.uniqueArray(bookmark, { selector: ({ id }) => id })
  fc.assert(
    fc.property(bookmarks, bookmarks, (items, others) => {
      const list = storageOf(items, storageOf(others, null))
      assert.deepEqual(differenceTo(list, items), { changed: [], removed: [] })
      const { changed, removed } = differenceTo(list, others)
      const after = new Map(others.map((one) => [one.id, one]))
      for (const id of removed) after.delete(id)
      for (const one of changed) after.set(one.id, one)
      assert.deepEqual([...after.keys()].toSorted(), items.map(({ id }) => id).toSorted())
      assert.deepEqual(differenceTo(list, [...after.values()]), { changed: [], removed: [] })
    }),
  )
})
