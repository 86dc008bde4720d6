import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { jid, jidOf } from '../../xmpp/jid.ts'
import { BlockList, entriesThatMatch } from './block-list.ts'

const OWNER = jid('juliet@example.net')
const listOf = (...entries: readonly string[]): BlockList => new BlockList(OWNER, entries.map(jid))

const table: readonly [entry: string, entity: string, matches: boolean][] = [
  ['romeo@b.example/orchard', 'romeo@b.example/orchard', true],
  ['romeo@b.example/orchard', 'romeo@b.example/street', false],
  ['romeo@b.example/orchard', 'romeo@b.example', false],
  ['romeo@b.example', 'romeo@b.example/orchard', true],
  ['romeo@b.example', 'romeo@b.example', true],
  ['romeo@b.example', 'b.example', false],
  ['romeo@b.example', 'mercutio@b.example', false],
  ['b.example/bot', 'b.example/bot', true],
  ['b.example/bot', 'b.example', false],
  ['b.example/bot', 'romeo@b.example/bot', false],
  ['b.example', 'b.example', true],
  ['b.example', 'b.example/bot', true],
  ['b.example', 'romeo@b.example/orchard', true],
  ['b.example', 'room@conference.b.example', false],
  ['example.net', 'nurse@example.net', true],
  ['example.net', 'juliet@example.net/balcony', false],
  ['juliet@example.net', 'juliet@example.net/balcony', false],
  ['juliet@example.net/balcony', 'juliet@example.net/balcony', false],
  ['example.net', 'example.net', false],
]
for (const [entry, entity, expected] of table) {
  test(`BLK-4: "${entry}" ${expected ? 'matches' : 'does not match'} ${entity}`, () =>
    assert.equal(listOf(entry).matches(jid(entity)), expected))
}

const part = fc.constantFrom('a', 'b')
const address = fc
  .record({ local: fc.constantFrom('', 'a', 'b'), domain: part, resource: fc.constantFrom('', 'a', 'b') })
  .map((p) => jidOf(p.local, p.domain, p.resource))

test('BLK-4, property: an entry matches an entity whose parts, where the entry has them, are the same', () =>
  fc.assert(
    fc.property(fc.array(address), address, (entries, entity) => {
      const list = new BlockList(OWNER, entries)
      const isWholeDomain = (entry: typeof entity): boolean => entry.local === '' && entry.resource === ''
      const expected = entries.some(
        (entry) =>
          entry.domain === entity.domain &&
          (isWholeDomain(entry) ||
            (entry.local === entity.local && (entry.resource === '' || entry.resource === entity.resource))),
      )
      assert.equal(list.matches(entity), expected)
      assert.equal(
        entriesThatMatch(entity).some((text) => list.has(jid(text))),
        expected,
        'what the store asks for is the same',
      )
    }),
  ))

test('property: blocking and unblocking the same leaves what was blocked before', () =>
  fc.assert(
    fc.property(fc.array(address), fc.array(address), (first, second) => {
      const before = new BlockList(OWNER, first)
      const added = second.filter((entry) => !before.has(entry))
      assert.deepEqual(before.with(second).without(added).entries, before.entries)
    }),
  ))
