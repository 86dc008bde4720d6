import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededEntropy } from '../../base/entropy.ts'
import { ManualClock } from '../../base/manual-clock.ts'
import { Logins } from './logins.ts'
import { mayOrder } from './permissions.ts'

const MINUTE = 60_000
function scene() {
  const clock = new ManualClock()
  return { clock, logins: new Logins(clock, seededEntropy('logins')) }
}

test('a ticket is traded for a login once', () => {
  const { logins } = scene()
  const ticket = logins.ticket('viewer')
  const name = logins.trade(ticket)
  assert.equal(logins.find(name!)?.role, 'viewer')
  assert.equal(logins.trade(ticket), null)
})
test('a ticket is worth nothing after two minutes', () => {
  const { clock, logins } = scene()
  const ticket = logins.ticket('operator')
  clock.advance(2 * MINUTE)
  assert.equal(logins.trade(ticket), null)
})
test('a login ends half an hour after its last use', () => {
  const { clock, logins } = scene()
  const name = logins.trade(logins.ticket('operator'))!
  clock.advance(29 * MINUTE)
  assert.notEqual(logins.find(name), null)
  clock.advance(29 * MINUTE)
  assert.notEqual(logins.find(name), null)
  clock.advance(30 * MINUTE)
  assert.equal(logins.find(name), null)
})
test('a login that was ended is none', () => {
  const { logins } = scene()
  const name = logins.trade(logins.ticket('operator'))!
  logins.end(name)
  assert.equal(logins.find(name), null)
})
test('however many tickets are asked for, a bounded number is kept, the newest', () => {
  const { logins } = scene()
  const tickets = Array.from({ length: 1000 }, () => logins.ticket('viewer'))
  assert.equal(logins.trade(tickets[0]!), null)
  assert.notEqual(logins.trade(tickets.at(-1)!), null)
})
test('a viewer sees and changes nothing; nobody makes tickets from a browser', () => {
  assert.ok(mayOrder('viewer', 'session.list'))
  assert.ok(!mayOrder('viewer', 'session.kick'))
  assert.ok(mayOrder('operator', 'session.kick'))
  assert.ok(!mayOrder('operator', 'operator.ticket'))
})
