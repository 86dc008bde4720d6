import assert from 'node:assert/strict'
import { test } from 'node:test'
import appendixA from './rfc6121-appendix-a.json' with { type: 'json' }
import {
  isSubscriptionType,
  partsOf,
  stateOf,
  STATES,
  transition,
  type Direction,
  type SubscriptionState,
  type SubscriptionType,
} from './subscription.ts'

// The tables as they were read out of the text of the RFC by a program.
type Rows = Readonly<Record<SubscriptionState, { readonly forward: string; readonly new: string }>>
const TABLES = appendixA as unknown as Readonly<Record<string, Rows>>

for (const [name, rows] of Object.entries(TABLES)) {
  test(`Appendix A, ${name}: all nine states`, () => {
    const [direction, type] = name.split('.') as [Direction, SubscriptionType]
    assert.deepEqual(Object.keys(rows).toSorted(), [...STATES].toSorted())
    for (const state of STATES) {
      const row = rows[state]
      const { pass, next } = transition(direction, type, state)
      assert.equal(pass, row.forward === 'MUST', `${state}: ${row.forward}`)
      assert.equal(next, row.new === 'pre-approval' ? state : row.new, state)
    }
  })
}

test('Appendix A has eight tables', () => {
  assert.equal(Object.keys(TABLES).length, 8)
})

test('A.1: each state is kept as subscription, ask and pending request, and read back from them', () => {
  assert.equal(STATES.length, 9)
  for (const state of STATES) {
    const { subscription, ask, pending } = partsOf(state)
    assert.equal(stateOf(subscription, ask, pending), state)
    if (ask) assert.match(subscription, /^(none|from)$/)
    if (pending) assert.match(subscription, /^(none|to)$/)
  }
})

test('A.1: what cannot be together reads as the nearest state', () => {
  assert.equal(stateOf('to', true, false), 'To')
  assert.equal(stateOf('both', true, true), 'Both')
  assert.equal(stateOf('from', false, true), 'From')
})

test('Section 3: four types of presence manage subscriptions', () => {
  assert.deepEqual(
    ['', 'probe', 'subscribe', 'subscribed', 'unavailable', 'unsubscribe', 'unsubscribed', 'error'].filter(isSubscriptionType),
    ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed'],
  )
})
