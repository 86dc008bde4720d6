import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/manual-clock.ts'
import { FactBoard } from '../account/facts.ts'
import { PresenceJournal } from './presence-journal.ts'

test('the newest first, and of a bounded number', () => {
  const facts = new FactBoard((error) => assert.fail(String(error)))
  const clock = new ManualClock()
  const journal = new PresenceJournal(facts, clock, 0)
  const begin = clock.now()
  for (let i = 0; i < 25_000; i++) {
    facts.tell(i % 2 === 0 ? 'link-down' : 'link-up', { local: 'a.example', remote: `${i}.example` })
    clock.advance(1)
  }
  const all = [...journal.of(() => true)]
  assert.equal(all.length, 10_000)
  assert.deepEqual(all[0], { at: begin + 24_999, event: 'link-up', who: '24999.example', what: '' })
  assert.equal(all.at(-1)?.who, '15000.example')
  assert.deepEqual(
    [...journal.of(({ who }) => who === '20000.example')].map(({ event }) => event),
    ['link-down'],
  )
})
