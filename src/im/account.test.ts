import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '../xmpp/jid.ts'
import { contactKey, contactOf, Resource } from './account.ts'
import { accountOf, rosterItem } from '../../test/support/im-recorder.ts'

const ALICE = 'alice@a.example'
const names = (jids: readonly { readonly full: string }[]): string[] => jids.map((j) => j.full)

test('2.1.2.5: subscribers are from and both, subscriptions to and both', () => {
  const { roster } = accountOf(ALICE, {
    'f@b': 'From',
    't@b': 'To',
    'b@b': 'Both',
    'n@b': 'None + Pending Out',
    'i@b': 'To + Pending In',
    'o@b': 'From + Pending Out',
  })
  assert.deepEqual(names(roster.subscribers), ['f@b', 'b@b', 'o@b'])
  assert.deepEqual(names(roster.subscriptions), ['t@b', 'b@b', 'i@b'])
  for (const key of ['f@b', 'b@b', 'o@b']) assert.ok(roster.isSubscriber(key))
  for (const key of ['t@b', 'n@b', 'i@b', 'x@b']) assert.ok(!roster.isSubscriber(key))
  for (const key of ['t@b', 'b@b', 'i@b']) assert.ok(roster.isSubscribedTo(key))
  for (const key of ['f@b', 'n@b', 'x@b']) assert.ok(!roster.isSubscribedTo(key))
})

test('The audience is one array until the roster or the hidden ones change', () => {
  const account = accountOf(ALICE, { 'f@b': 'From', 'b@b': 'Both' })
  const first = account.audience
  assert.equal(account.audience, first)
  assert.equal(first, account.roster.subscribers, 'without a second copy while nobody is hidden')
  account.hide({ matches: (entity) => entity.bare === 'f@b' })
  assert.deepEqual(names(account.audience), ['b@b'])
  account.roster.apply({ contact: jid('g@b'), item: rosterItem('g@b', 'from'), pending: null, version: 2, pushed: true })
  assert.deepEqual(names(account.audience), ['b@b', 'g@b'])
  account.hide({ matches: () => false })
  assert.deepEqual(names(account.audience), ['f@b', 'b@b', 'g@b'])
})

test('A change sets or removes the item and the request, and the version', () => {
  const { roster } = accountOf(ALICE, { 'i@b': 'None + Pending In' })
  assert.equal(roster.pendingCount, 1)
  roster.apply({ contact: jid('i@b'), item: rosterItem('i@b', 'from'), pending: null, version: 2, pushed: true })
  assert.deepEqual([roster.size, roster.pendingCount, roster.version, roster.stateOf('i@b')], [1, 0, 2, 'From'])
  roster.apply({ contact: jid('i@b'), item: null, pending: null, version: 3, pushed: true })
  assert.deepEqual([roster.size, roster.version, roster.has('i@b'), roster.stateOf('i@b')], [0, 3, false, 'None'])
})

test('SUB-32: a contact is known by its bare JID; without a localpart by the whole', () => {
  for (const [address, key] of [
    ['a@b/c', 'a@b'],
    ['a@b', 'a@b'],
    ['b/c', 'b/c'],
    ['b', 'b'],
  ] as const) {
    assert.equal(contactOf(jid(address)).full, key)
    assert.equal(contactKey(jid(address)), key)
  }
})

test('DIR-6: presence sent to one address of an entity is shared with all of its bare JID', () => {
  const resource = new Resource(jid(`${ALICE}/1`))
  assert.ok(!resource.sharesWith(jid('room@c/nick')))
  resource.directed = new Map([['room@c/nick', jid('room@c/nick')]])
  for (const entity of ['room@c/nick', 'room@c/other', 'room@c']) assert.ok(resource.sharesWith(jid(entity)), entity)
  for (const entity of ['room2@c/nick', 'c']) assert.ok(!resource.sharesWith(jid(entity)), entity)
})

test('PROBE-5, 4.6.6: told is the address itself, and every resource of a bare JID', () => {
  const resource = new Resource(jid(`${ALICE}/1`))
  assert.ok(!resource.hasTold(jid('b@b')))
  resource.directed = new Map([
    ['room@c/nick', jid('room@c/nick')],
    ['b@b', jid('b@b')],
  ])
  for (const address of ['room@c/nick', 'b@b', 'b@b/x']) assert.ok(resource.hasTold(jid(address)), address)
  for (const address of ['room@c/other', 'room@c', 'c']) assert.ok(!resource.hasTold(jid(address)), address)
})
