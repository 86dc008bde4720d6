import assert from 'node:assert/strict'
import { test } from 'node:test'
import { after, UNHEARD } from './presence.ts'
import { changed, groupsOf, initials, rosterAfter, type Roster, type RosterChange } from './roster.ts'

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

test('RFC 6121 2.1.2.6: a contact stands in each of its groups; those in none come last', () => {
  const groups = groupsOf(roster, new Map()).map(({ name, contacts }) => [name, ...contacts.map((c) => c.jid[0])])
  assert.deepEqual(groups, [
    ['Friends', 'a'],
    ['Work', 'a', 'z'],
    [null, 'e'],
  ])
})
test('who is there stands before who is not', () => {
  const here = after(
    UNHEARD,
    { resource: 'x', available: true, show: 'away', status: null, priority: 0, idleSince: null, at: null, annotations: [] },
    new Date(),
  )
  const [, work] = groupsOf(roster, new Map([['zoe@a.example', here]]))
  assert.deepEqual(
    work?.contacts.map((c) => c.jid),
    ['zoe@a.example', 'adam@a.example'],
  )
})
test('a push changes one contact, or takes it away', () => {
  const next = changed(roster, [item('eve@a.example', { name: 'Eve' }), item('zoe@a.example', { subscription: 'remove' })])
  assert.equal(next.get('eve@a.example')?.name, 'Eve')
  assert.deepEqual([...next.keys()], ['adam@a.example', 'eve@a.example'])
})
test('initials, also of names that are not Latin', () => {
  assert.deepEqual(['Juliet Capulet', 'romeo', 'Ðuro š.', '', '𝒳y'].map(initials), ['JC', 'R', 'ÐŠ', '?', '𝒳'])
})
test('RFC 6121 2.6.3: an answer without a roster means that nothing has changed; an empty roster has nobody', () => {
  assert.equal(rosterAfter(roster, null), roster)
  assert.equal(rosterAfter(roster, []).size, 0)
  assert.deepEqual([...rosterAfter(roster, [item('tybalt@a.example')]).keys()], ['tybalt@a.example'])
})
