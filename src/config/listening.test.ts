import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complaintsAbout } from './checks.ts'
import { load } from './loader.ts'
import { configOf, sections } from './sections.ts'

const complaints = (listen: string): readonly string[] =>
  complaintsAbout(
    configOf(load({ file: 'porchlight.toml', toml: `[listen]\n${listen}`, readFile: () => '' }, sections, () => [])),
  ).map((c) => `${c.option}: ${c.what}`)

test('the same port twice is a mistake, whichever way the address is written', () => {
  const cases: readonly (readonly [listen: string, expected: readonly string[]])[] = [
    ['c2s = ["127.0.0.1:9", "127.0.0.1:9"]', ['c2s: "127.0.0.1:9" is taken by c2s ("127.0.0.1:9") already']],
    ['c2s = ["[::]:9"]\nhttp = ["127.0.0.1:9"]', ['http: "127.0.0.1:9" is taken by c2s ("[::]:9") already']],
    ['c2s = ["127.0.0.1:9"]\nhttp = ["0.0.0.0:9"]', ['http: "0.0.0.0:9" is taken by c2s ("127.0.0.1:9") already']],
    ['c2s = ["[::1]:9"]\nhttp = ["0.0.0.0:9"]', []],
    ['c2s = ["127.0.0.1:9"]\nhttp = ["127.0.0.2:9"]', []],
    ['c2s = ["127.0.0.1:0", "127.0.0.1:0"]\nhttp = ["127.0.0.1:0"]', []],
    ['c2s = ["127.0.0.1:5347"]', []],
  ]
  for (const [listen, expected] of cases) assert.deepEqual(complaints(listen), expected, listen)
})
