import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultsOfDecisions, faultsOfStatements } from './check-citations.ts'

const PAGE = `| Id | Source | Statement |
|---|---|---|
| SUB-1 | RFC 6121 3 | One. |
| T-S04 | Two. |
`
const source = (text: string) => ({ file: 'a.ts', text })

test('statements that are cited and on the page are no fault', () => {
  assert.deepEqual(faultsOfStatements([source(`test('SUB-1, 3.1: a'`), source('/** (T-S04). */')], PAGE), [])
})

test('a statement that is cited and not on the page is told with the place of its first citation', () => {
  const sources = [source('SUB-1 T-S04\n// see SUB-2'), source('SUB-2'), source('T-S05')]
  assert.deepEqual(faultsOfStatements(sources, PAGE), [
    'a.ts:2: SUB-2 is not in docs/statements.md',
    'a.ts:1: T-S05 is not in docs/statements.md',
  ])
})

test('a statement that is on the page and cited nowhere is told, and one that is there twice', () => {
  assert.deepEqual(faultsOfStatements([source('SUB-1')], `${PAGE}| SUB-1 | again |\n`), [
    'docs/statements.md: nothing cites T-S04',
    'docs/statements.md: SUB-1 is there twice',
  ])
})

test('names of specifications, hashes, encodings and curves are no statements', () => {
  const others = source('SUB-1 T-S04 XEP-0198 SCRAM-SHA-1-PLUS SHA-256 UTF-8 ISO-8859-1 P-256 FNV-1a DIGEST-MD5 sub-9')
  assert.deepEqual(faultsOfStatements([others], PAGE), [])
})

test('a departure without a page is told, a number that two pages have, and a page that is not listed', () => {
  const pages = ['007-a.md', '009-b.md', '009-c.md', 'README.md']
  assert.deepEqual(faultsOfDecisions([source('// DEVIATES(7)\n// DEVIATES(8)')], pages, '[7](007-a.md), [9](009-b.md)'), [
    'a.ts:2: DEVIATES(8) has no page in docs/decisions/',
    'docs/decisions/: two pages are 9',
    'docs/decisions/README.md does not list 009-c.md',
  ])
})
