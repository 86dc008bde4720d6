import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wire } from '../../xml/wire.ts'
import { jid } from '../../xmpp/jid.ts'
import { Exchanges } from './ledger.ts'

const ROMEO = jid('romeo@example.net/orchard')

test('Exchanges: an answer is known by its id and by the person, from whichever resource', () => {
  const exchanges = new Exchanges()
  exchanges.note(ROMEO, wire('1'))
  assert.equal(exchanges.has(jid('romeo@example.net'), wire('1')), true)
  assert.equal(exchanges.has(ROMEO, wire('2')), false)
  assert.equal(exchanges.has(ROMEO, null), false)
  assert.equal(exchanges.has(jid('mercutio@example.net'), wire('1')), false)
})

test('Exchanges: the oldest make room, and what has no id or a long one is not kept', () => {
  const exchanges = new Exchanges()
  for (let i = 0; i <= 50; i++) exchanges.note(ROMEO, wire(`${i}`))
  exchanges.note(ROMEO, null)
  exchanges.note(ROMEO, wire('x'.repeat(129)))
  assert.equal(exchanges.has(ROMEO, wire('0')), false)
  assert.equal(exchanges.has(ROMEO, wire('1')), true)
  assert.equal(exchanges.has(ROMEO, wire('50')), true)
  assert.equal(exchanges.has(ROMEO, wire('x'.repeat(129))), false)
})
