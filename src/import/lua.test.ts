import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isTable, LuaError, readItems, readReturned, type LuaTable, type LuaValue } from './lua.ts'

/** Tables as pairs, so that they can be compared. */
const plain = (value: LuaValue): unknown => (isTable(value) ? [...value].map(([key, one]) => [key, plain(one)]) : value)
const returned = (text: string): unknown => plain(readReturned(Buffer.from(text)))

test('what Prosody writes', () => {
  const text =
    'return {\n\t[false] = {\n\t\t["version"] = 6;\n\t};\n\t["a@b"] = {\n\t\t"gr\\195\\182\\n";\n\t\t["x"] = true;\n\t};\n};\n'
  assert.deepEqual(returned(text), [
    [false, [['version', 6]]],
    [
      'a@b',
      [
        [1, 'grö\n'],
        ['x', true],
      ],
    ],
  ])
  const items = Buffer.from('item({\n\t["name"] = "a";\n});\nitem({});\n')
  assert.deepEqual([...readItems(items)].map(plain), [[['name', 'a']], []])
  assert.deepEqual([...readItems(Buffer.from(''))], [])
})

test('numbers, escapes, separators, names as keys', () => {
  const text = `return { 1, -2.5; 0x1F, 1e3, nil, false, key = 'it\\'s "\\x41\\z   \\065"' }`
  assert.deepEqual(returned(text), [
    [1, 1],
    [2, -2.5],
    [3, 31],
    [4, 1000],
    [6, false],
    ['key', `it's "AA"`],
  ])
})

test('nothing is executed, and what is not understood is refused with its line', () => {
  for (const text of [
    'return os.exit()',
    'return { os.exit() }',
    'os.exit() return {}',
    'return {} os.exit()',
    'return function() end',
    'return "a" .. "b"',
    'return { [{}] = 1 }',
    'return { [nil] = 1 }',
    'return { "unfinished',
    'return { "line\nend" }',
    'return { "\\300" }',
    'return { "\\255" }',
    'return { "\\q" }',
    'return { 1 2 }',
    'return {',
    'return 5',
    '',
    `return ${'{'.repeat(200)}`,
    '\x1bLua',
  ])
    assert.throws(() => readReturned(Buffer.from(text)), LuaError, text)
  assert.throws(() => readReturned(Buffer.from('return {\n"a";\nb.c;\n}')), /^LuaError: line 3:|^Error: line 3:/)
  assert.throws(() => [...readItems(Buffer.from('item({}) print("x")'))], LuaError)
})

test('texts of all kinds come back as they were', () => {
  const written = (text: string): string =>
    `"${[...Buffer.from(text)].map((octet) => (octet > 31 && octet < 127 && octet !== 34 && octet !== 92 ? String.fromCharCode(octet) : `\\${String(octet).padStart(3, '0')}`)).join('')}"`
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (all) => {
      const texts = Object.entries(all).filter((pair) => pair.every((text) => text.isWellFormed()))
      const table: LuaTable = readReturned(
        Buffer.from(`return {${texts.map(([key, text]) => `[${written(key)}] = ${written(text)};`).join('\n')}}`),
      )
      assert.deepEqual([...table], texts)
    }),
  )
})
