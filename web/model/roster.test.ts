import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changed, initials, rosterAfter, type Roster, type RosterChange } from './roster.ts'

const item = (jid: string, more: Partial<RosterChange> = {}): RosterChange => ({
  jid,
  name: null,
  groups: [],
  subscription: 'both',
  asked: false,
  preApproved: false,
  ...more,
})
const roster: Roster = changed(new Map(), [
  item('zoe@a.example', { groups: ['Work'] }),
  item('adam@a.example', { groups: ['Work', 'Friends'] }),
  item('eve@a.example'),
])

test('a push changes one contact, or takes it away', () => {
  const next = changed(roster, [item('eve@a.example', { name: 'Eve' }), item('zoe@a.example', { subscription: 'remove' })])
  assert.equal(next.get('eve@a.example')?.name, 'Eve')
  assert.deepEqual([...next.keys()], ['adam@a.example', 'eve@a.example'])
})
test('initials, also of names that are not Latin', () => {
  assert.deepEqual(['Juliet Capulet', 'romeo', 'Ðuro š.', '', '𝒳y', 'أمل (2)'].map(initials), ['JC', 'R', 'ÐŠ', '?', '𝒳', 'أ'])
})
test('RFC 6121 2.6.3: an answer without a roster means that nothing has changed; an empty roster has nobody', () => {
  assert.equal(rosterAfter(roster, null), roster)
  assert.equal(rosterAfter(roster, []).size, 0)
  assert.deepEqual([...rosterAfter(roster, [item('tybalt@a.example')]).keys()], ['tybalt@a.example'])
})
