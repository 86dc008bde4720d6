/** Which event a reaction is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entry } from '../../rooms/log.ts'
import { ABOUT_MAX } from '../../server/archive.ts'
import { eventIdOf } from '../ids/event-id.ts'
import { Reactions } from './reactions.ts'

const react = (seq: number, added: readonly string[], removed: readonly string[]): Extract<Entry, { kind: 'react' }> =>
  ({ kind: 'react', id: `e${seq}`, target: 't', seq, by: 'bob@b.example', veiled: false, at: 0, added, removed }) as never

test('MXR-68: of the reactions to a message the newest stay in memory, also while more come', () => {
  const reactions = new Reactions()
  reactions.fill('t', [react(1, ['a'], []), react(2, ['b'], [])])
  const taken = react(ABOUT_MAX + 1, [], ['b'])
  for (let seq = 3; seq < taken.seq; seq++) reactions.logged(react(seq, [], []))
  reactions.logged(taken)
  assert.deepEqual([reactions.before(taken, 'a'), reactions.before(taken, 'b')], [null, eventIdOf('e2', 0)])
  assert.equal(reactions.after(react(2, ['b'], []), 'b')?.id, taken.id)
})
