import assert from 'node:assert/strict'
import { test } from 'node:test'
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
test('a text of a stranger that is made for it takes little time', () => {
  const start = performance.now()
  for (const text of ['https://a.example/' + ')'.repeat(1e6), 'https://'.repeat(1e5), 'https://a.b/ '.repeat(1e5)])
    assert.equal(again(text), text)
  assert.ok(performance.now() - start < 5000)
})
