import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whyDenied, type CategoryKind, type Grade } from '../im/security-policy.ts'
import { lackingOf, wordsFor } from './clearance-commands.ts'

const kinds = new Map<string, CategoryKind>([
  ['project', 'restrictive'],
  ['nation', 'permissive'],
])
const grade = (id: string, set: string, ...categories: string[]): Grade => ({
  ...{ id, level: 1, categories: new Map([[set, new Set(categories)]]) },
})
const told = (clearance: Grade, label: Grade): string => {
  const denial = whyDenied({ kinds }, clearance, label)!
  return wordsFor(denial, lackingOf(denial, clearance, label))
}

test('explain label: which categories a clearance lacks is said by name', () => {
  assert.equal(
    told(grade('c', 'project', 'GARDEN'), grade('l', 'project', 'GARDEN', 'ORCHARD')),
    'the clearance lacks a category of the set "project" (ORCHARD), of which it needs all that the label has',
  )
  assert.equal(
    told(grade('c', 'nation', 'PADUA'), grade('l', 'nation', 'VERONA', 'MANTUA')),
    'the clearance has no category of the set "nation" (VERONA, MANTUA) that the label has',
  )
  assert.equal(told({ ...grade('c', 'project'), level: 0 }, grade('l', 'project', 'X')), 'the level of the clearance is too low')
})
