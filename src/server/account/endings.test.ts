/** Endings are told apart by their names, in logs, in metrics and wherever somebody acts on one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el } from '../../xml/element.ts'
import { STREAM_CONDITIONS } from '../../xmpp/stream-error.ts'
import * as endings from './endings.ts'
import { accountDisabled, errorOf, kicked, violation, type Ending } from './endings.ts'

const constants = Object.values(endings).filter((one): one is Ending => typeof one === 'object' && 'resumable' in one)
const made = [kicked(''), accountDisabled({ at: 0, reason: '' })]
const violations = STREAM_CONDITIONS.map((condition) => violation(condition))

test('No two endings have the same name', () => {
  assert(constants.length > 8)
  const all = [...constants, ...made, ...violations]
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length)
})

test('What is said besides does not change what an ending is', () => {
  const disabled = accountDisabled({ at: 5, reason: 'unpaid' })
  const pairs: readonly (readonly [Ending, Ending])[] = [
    [kicked(''), kicked('see you')],
    [accountDisabled({ at: 0, reason: '' }), disabled],
    [violation('not-authorized'), violation('not-authorized', 'Not you')],
  ]
  for (const [plain, wordy] of pairs) {
    assert.deepEqual({ ...wordy, text: null }, { ...plain, text: null })
    assert.notEqual(wordy.text, plain.text)
  }
})

test('The client is told the condition with its words; without a condition it gets a footer alone', () => {
  const specific = el('handled-count-too-high', 'urn:xmpp:sm:3', { 'h': '10', 'send-count': '8' })
  const error = errorOf(violation('undefined-condition', 'You have got what was never sent', specific))!
  assert.deepEqual(
    [error.condition, error.text, error.specific],
    ['undefined-condition', 'You have got what was never sent', specific],
  )
  assert.equal(errorOf(endings.LOGOUT), null)
})
