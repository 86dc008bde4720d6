import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SIGNED_OUT, type Board } from './board.ts'
import { UNHEARD, type PresenceView } from './presence.ts'
import { wallCapacity, wallList, wallPage, wallScale, wallWish } from './wall.ts'

const now = new Date(Date.UTC(2026, 0, 1, 12))
const resource = { resource: 'x', show: 'dnd', status: 'in the ward', priority: 0, idleSince: null, doubts: [] } as const
const here: PresenceView = { ...UNHEARD, heard: true, resources: [{ ...resource, saidAt: new Date(now.getTime() - 120_000) }] }
const doubt = { from: '', doubt: 'connection-paused', since: null } as const
const paused: PresenceView = { ...here, resources: [{ ...here.resources[0]!, doubts: [doubt] }] }
const contact = (jid: string, group: string) =>
  [jid, { jid, name: null, groups: [group], subscription: 'both', asked: false, preApproved: false }] as const
const board: Board = {
  ...SIGNED_OUT,
  roster: new Map([contact('nurse@a', 'House'), contact('paul@a', 'House'), contact('zoe@a', 'Work')]),
  presences: new Map([
    ['nurse@a', paused],
    ['paul@a', here],
  ]),
}

test('a group on the wall: who is around first, and how old each presence is', () => {
  const { title, people, around, doubted } = wallList(board, wallWish('?group=House'), now)
  assert.deepEqual([title, around, doubted], ['House', 1, 1])
  assert.deepEqual(people, [
    { key: 'paul@a', name: 'paul', dot: 'dnd', words: 'for 2 minutes · in the ward' },
    {
      key: 'nurse@a',
      name: 'nurse',
      dot: 'paused',
      words: 'do not disturb as of 2 minutes ago · in the ward · connection interrupted',
    },
  ])
  assert.equal(wallList(board, wallWish(''), now).people.length, 3)
  assert.deepEqual(wallList(board, wallWish('?room=tea@c'), now), { title: 'tea@c', people: [], around: 0, doubted: 0 })
})
test('more people than fit come on pages, one after the other', () => {
  const capacity = wallCapacity(1920, 1080, 34)
  assert.equal(capacity, 24)
  const people = Array.from({ length: 30 }, (_, i) => ({ key: String(i), name: '', dot: 'offline', words: '' }) as const)
  const page = (turn: number): string => wallPage(people, capacity, turn).map(({ key }) => key)[0]!
  assert.deepEqual([page(0), page(1), page(2)], ['0', '24', '0'])
  assert.equal(wallCapacity(100, 100, 34), 1)
  const scaleFor = (n: number): number => wallScale(n, (scale) => wallCapacity(1920, 1080, 34 * scale))
  assert.deepEqual([scaleFor(0), scaleFor(4), scaleFor(5), scaleFor(6), scaleFor(7), scaleFor(100)], [2, 2, 1.5, 1.5, 1, 1])
  assert.deepEqual(wallPage([], 5, 3), [])
})
