import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Atom, ErlangError, readTerm, Tuple, type Term } from './erlang.ts'

const binary = (text: string): Buffer => Buffer.from(text)

test('terms as ejabberd writes them', () => {
  const cases: readonly (readonly [text: string, term: Term])[] = [
    ['1', 1],
    ['-2.5e3', -2500],
    ['true', new Atom('true')],
    ["'An Atom\\''", new Atom("An Atom'")],
    ['[]', []],
    ['{}', new Tuple([])],
    ['<<>>', binary('')],
    ['<<"text">>', binary('text')],
    ['<<226,128,153>>', binary('’')],
    ['<<"a \\"\\n\\\\\\x{2019}\\101">>', binary('a "\n\\’A')],
    ['<<"one "\n  "two">>', binary('one two')],
    ['<<"a", 98>>', binary('ab')],
    ['"list"', binary('list')],
    ['[{a,1}, % a remark\n {b,[<<"x">>]}].\n', [new Tuple([new Atom('a'), 1]), new Tuple([new Atom('b'), [binary('x')]])]],
    [Buffer.from('<<"größer"/utf8>>').toString('latin1'), binary('größer')],
  ]
  for (const [text, term] of cases) assert.deepEqual(readTerm(text), term, text)
})

test('what is no term is refused with its place, and nothing hangs or overflows', () => {
  for (const text of ['', '{', '[1', '<<"a', '<<a>>', '#Ref<0.1>', '#{a => 1}', '1 2', '"a', "'a", '[|]', '<<300>>'])
    assert.throws(() => readTerm(text), ErlangError, text)
  assert.throws(() => readTerm('['.repeat(100_000)), ErlangError)
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('{', '}', '[', ']', ',', '<<', '>>', '"', "'", 'a', '1', '\\', '.', '%', '\n'), { maxLength: 20 }),
      (all) => {
        try {
          readTerm(all.join(''))
        } catch (error) {
          assert.ok(error instanceof ErlangError, String(error))
        }
      },
    ),
  )
})
