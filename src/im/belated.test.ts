/** FED-4: what is said later is what is true then. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isStillToBeSaid, matterOf } from './belated.ts'
import { accountOf, allAvailable, presence } from '../../test/support/im-recorder.ts'
import { STATES, type SubscriptionState } from './subscription.ts'

const ALICE = 'alice@a.example'
const BOB = 'bob@b.example'
const from = (type: string, resource = '', to = BOB) => presence({ type, from: `${ALICE}${resource}`, to })

test('of a subscription the last word counts, of each direction', () => {
  assert.equal(matterOf(from('subscribe')), matterOf(from('unsubscribe')))
  assert.equal(matterOf(from('subscribed')), matterOf(from('unsubscribed')))
  assert.notEqual(matterOf(from('subscribe')), matterOf(from('subscribed')))
  assert.notEqual(matterOf(from('unavailable', '/1')), matterOf(from('unavailable', '/2')))
  for (const type of ['', 'probe', 'error']) assert.equal(matterOf(from(type)), null)
})

test('A.1: a word about a subscription is said later only where the roster says the same', () => {
  const said: Record<string, readonly SubscriptionState[]> = {}
  for (const type of ['subscribe', 'unsubscribe', 'subscribed', 'unsubscribed'])
    said[type] = STATES.filter((state) => isStillToBeSaid(accountOf(ALICE, { [BOB]: state }), from(type)))
  assert.deepEqual(said, {
    subscribe: ['None + Pending Out', 'None + Pending Out+In', 'From + Pending Out'],
    unsubscribe: ['None', 'None + Pending In', 'From'],
    subscribed: ['From', 'From + Pending Out', 'Both'],
    unsubscribed: ['None', 'None + Pending Out', 'To'],
  })
})

test('4.5: that a resource has gone is not said when it is back', () => {
  const account = accountOf(ALICE, { [BOB]: 'From' }, ['1'])
  assert.equal(isStillToBeSaid(account, from('unavailable', '/1')), true)
  assert.equal(isStillToBeSaid(account, from('unavailable', '/2')), true)
  allAvailable(account)
  assert.equal(isStillToBeSaid(account, from('unavailable', '/1')), false)
})

test('4.3.2 rule 3: an answer that nobody is there is never said later', () => {
  assert.equal(matterOf(from('unavailable')), null)
})

test('3.2.2, XEP-0191 3.3: to whom the resource is not shown any more, it is said though it is there', () => {
  for (const state of ['None', 'To'] as const)
    assert.equal(isStillToBeSaid(allAvailable(accountOf(ALICE, { [BOB]: state }, ['1'])), from('unavailable', '/1')), true)
  const account = allAvailable(accountOf(ALICE, { [BOB]: 'Both' }, ['1']))
  account.hide({ matches: (entity) => entity.bare === BOB })
  assert.deepEqual(
    ['unavailable', 'subscribed', 'subscribe'].map((type) => isStillToBeSaid(account, from(type, '/1'))),
    [true, false, false],
  )
})

test('an account that is gone wants nothing and grants nothing', () => {
  const types = ['subscribe', 'unsubscribe', 'subscribed', 'unsubscribed', 'unavailable']
  assert.deepEqual(
    types.filter((type) => isStillToBeSaid(null, from(type))),
    ['unsubscribe', 'unsubscribed', 'unavailable'],
  )
})
