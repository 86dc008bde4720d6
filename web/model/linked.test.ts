import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertGrowsAlong } from '../../test/support/growth.ts'
import { linked } from './linked.ts'

const links = (text: string): readonly string[] => linked(text).flatMap(({ href }) => href ?? [])
const again = (text: string): string =>
  linked(text)
    .map((part) => part.text)
    .join('')

test('addresses of pages in a text are links, without the signs of the sentence around them', () => {
  assert.deepEqual(linked('See https://example.org/x, please.'), [
    { text: 'See ', href: null },
    { text: 'https://example.org/x', href: 'https://example.org/x' },
    { text: ', please.', href: null },
  ])
  assert.deepEqual(links('http://a.example/b_(c) (https://a.example) <HTTPS://B.example?q=1&r=2>!'), [
    'http://a.example/b_(c)',
    'https://a.example/',
    'https://b.example/?q=1&r=2',
  ])
})
test('what is no page, or deceives, stays text; and no text is changed', () => {
  const hostile = [
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'xmpp:romeo@localhost',
    'ahttps://x.example',
    'https://',
    'https://bank.example@evil.example/',
    'https://user:secret@evil.example/',
    'https://[',
    '<img src=x onerror=alert(1)>',
  ]
  for (const text of hostile) assert.deepEqual(linked(text), [{ text, href: null }], text)
  assert.deepEqual(links('https://a.example/\u202Egpj.exe "https://b.example/"onclick=x'), [
    'https://a.example/',
    'https://b.example/',
  ])
  for (const text of [...hostile, '', 'a https://b.example. c\nhttp://d.example', 'https://a.example/"><b>'])
    assert.equal(again(text), text)
})
test('a text of a stranger that is made for it takes work that grows as the text does', () => {
  for (const [what, text] of [
    ['brackets', (n: number) => `https://a.example/${')'.repeat(n)}`],
    ['beginnings', (n: number) => 'https://'.repeat(n / 8)],
    ['links', (n: number) => 'https://a.b/ '.repeat(n / 8)],
  ] as const)
    assertGrowsAlong(what, (hostile) => assert.equal(again(hostile), hostile), text(32_000), text(512_000))
})
