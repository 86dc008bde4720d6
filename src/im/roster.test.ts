/** RFC 6121 section 2. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { el, type Element } from '../xml/element.ts'
import { ROSTER } from '../xmpp/ns.ts'
import { StanzaError } from '../xmpp/stanza-error.ts'
import { defaultLimits, type Account, type RosterItem } from './account.ts'
import { accountOf, allAvailable, perform, rosterItem } from '../../test/support/im-recorder.ts'
import {
  itemElement,
  parseVersion,
  pushPayload,
  readRosterSet,
  removeItem,
  rosterResult,
  rosterUpdates,
  setItem,
  versionText,
} from './roster.ts'
import { partsOf, STATES } from './subscription.ts'

const ALICE = 'alice@a.example'
const BOB = 'bob@b.example'
const limits = { ...defaultLimits, nameBytes: 20, groupsPerItem: 3, rosterItems: 2 }

const query = (...children: readonly Element[]): Element => el('query', ROSTER, {}, ...children)
const item = (attrs: Readonly<Record<string, string>>, ...groups: readonly string[]): Element =>
  el('item', ROSTER, attrs, ...groups.map((g) => el('group', ROSTER, {}, g)))
const read = (account: Account, ...items: readonly Element[]) => readRosterSet(query(...items), account, limits, () => false)

function condition(f: () => unknown): string {
  try {
    f()
  } catch (error) {
    if (error instanceof StanzaError) return `${error.condition}/${error.toElement().attr('type')}`
    throw error
  }
  return 'no error'
}

test('ROS-1, 2.1.4: an empty roster is an empty query with its version', () => {
  const result = rosterResult(accountOf(ALICE).roster)
  assert.ok(result.is('query', ROSTER))
  assert.deepEqual([result.children.length, result.attr('ver')], [0, '1'])
})

test('ROS-1, 2.1.2: an item shows jid, name, subscription, ask, approved and groups, and leaves out what is not set', () => {
  const full: RosterItem = { ...rosterItem(BOB, 'none', true, true), name: 'Bob <3', groups: ['Friends', 'Work'] }
  const shown = itemElement(full)
  assert.deepEqual({ ...shown.attrs }, { jid: BOB, name: 'Bob <3', subscription: 'none', ask: 'subscribe', approved: 'true' })
  assert.deepEqual(
    shown.elements.map((g) => [g.name, g.ns, g.text]),
    [
      ['group', ROSTER, 'Friends'],
      ['group', ROSTER, 'Work'],
    ],
  )
  assert.deepEqual({ ...itemElement(rosterItem(BOB, 'both')).attrs }, { jid: BOB, subscription: 'both' })
})

test('2.1: a request that waits for the user is in no result', () => {
  const { roster } = accountOf(ALICE, { [BOB]: 'None + Pending In', 'c@c.example': 'To + Pending In' })
  assert.deepEqual(
    rosterResult(roster).elements.map((e) => ({ ...e.attrs })),
    [{ jid: 'c@c.example', subscription: 'to' }],
  )
})

test('ROS-3: one item, and of its subscription only "remove" counts', () => {
  const account = accountOf(ALICE)
  assert.equal(
    condition(() => read(account)),
    'bad-request/modify',
  )
  assert.equal(
    condition(() => read(account, item({ jid: BOB }), item({ jid: 'c@c.example' }))),
    'bad-request/modify',
  )
  assert.equal(
    condition(() => read(account, item({ name: 'Bob' }))),
    'bad-request/modify',
  )
  const request = read(account, item({ jid: BOB, subscription: 'both', ask: 'subscribe', approved: 'true' }))
  assert.deepEqual(perform(account, setItem(account, request, limits)), [`push ${BOB} none v2`])
  assert.equal(read(account, item({ jid: BOB, subscription: 'remove', name: 'x' })).remove, true)
})

test('ROS-5, 2.3.3: what is wrong with a roster set', () => {
  const account = accountOf(ALICE)
  const cases: readonly [string, Element][] = [
    ['bad-request/modify', item({ jid: BOB }, 'Servants', 'Servants')],
    ['bad-request/modify', item({ jid: BOB }, 'Caf\u00e9', 'Cafe\u0301')],
    ['not-acceptable/modify', item({ jid: BOB }, '')],
    ['not-acceptable/modify', item({ jid: BOB, name: 'x'.repeat(21) })],
    ['not-acceptable/modify', item({ jid: BOB, name: '\u00e9'.repeat(11) })], // octets, not characters
    ['not-acceptable/modify', item({ jid: BOB }, 'x'.repeat(21))],
    ['not-acceptable/modify', item({ jid: BOB }, 'a', 'b', 'c', 'd')],
    ['jid-malformed/modify', item({ jid: '@@bad' })],
    ['not-allowed/cancel', item({ jid: ALICE })],
    ['not-allowed/cancel', item({ jid: `${ALICE}/1` })],
    ['not-allowed/cancel', item({ jid: ALICE, subscription: 'remove' })],
    ['no error', item({ jid: BOB, name: 'x'.repeat(20) }, 'a', 'A', 'x'.repeat(20))],
  ]
  for (const [expected, element] of cases)
    assert.equal(
      condition(() => read(account, element)),
      expected,
    )
})

test('ROS-4, 2.4.1: name and groups become what the set holds; the subscription stays', () => {
  const account = accountOf(ALICE, { [BOB]: 'From + Pending Out' })
  perform(account, setItem(account, read(account, item({ jid: BOB, name: 'Bob' }, 'Friends', 'Work')), limits))
  assert.deepEqual(account.roster.item(BOB), {
    ...rosterItem(BOB, 'from', false, true),
    name: 'Bob',
    groups: ['Friends', 'Work'],
  })
  assert.deepEqual(perform(account, setItem(account, read(account, item({ jid: BOB, name: '' })), limits)), [
    `push ${BOB} from ask v3`,
  ])
  assert.deepEqual(account.roster.item(BOB), rosterItem(BOB, 'from', false, true))
})

test('ROS-4: adding somebody who waits for an answer leaves him waiting', () => {
  const account = accountOf(ALICE, { [BOB]: 'None + Pending In' })
  perform(account, setItem(account, read(account, item({ jid: BOB })), limits))
  assert.equal(account.roster.stateOf(BOB), 'None + Pending In')
  assert.ok(account.roster.has(BOB))
})

test('ROS-6, 2.3.2: every set is pushed, one that changes nothing too, each under its own version', () => {
  const account = accountOf(ALICE)
  const same = (): string[] => perform(account, setItem(account, read(account, item({ jid: BOB })), limits))
  assert.deepEqual([same(), same()], [[`push ${BOB} none v2`], [`push ${BOB} none v3`]])
})

test('ROS-7, 2.1.6: a push shows the item as it is, or that it is gone', () => {
  const push = pushPayload({ ...rosterItem(BOB, 'to'), name: 'Bob' }, 7, 'e')
  assert.deepEqual([push.name, push.ns, push.attr('ver'), push.elements.length], ['query', ROSTER, 'e-7', 1])
  assert.deepEqual({ ...push.elements[0]!.attrs }, { jid: BOB, name: 'Bob', subscription: 'to' })
  const gone = pushPayload({ jid: rosterItem(BOB, 'to').jid, removed: true }, 8)
  assert.deepEqual([gone.attr('ver'), { ...gone.elements[0]!.attrs }], ['8', { jid: BOB, subscription: 'remove' }])
})

test('ROS-8, 2.5.2: removing takes back what was granted and asked for, in every state', () => {
  for (const state of STATES) {
    const account = allAvailable(accountOf(ALICE, { [BOB]: state }, ['1', '2']))
    const { subscription, ask, pending } = partsOf(state)
    if (!account.roster.has(BOB)) perform(account, setItem(account, read(account, item({ jid: BOB })), limits))
    const { version } = account.roster
    const expected = [`push ${BOB} removed v${version + 1}`]
    if (pending || /from|both/.test(subscription)) expected.unshift(`unsubscribed ${ALICE} > ${BOB}`)
    if (/from|both/.test(subscription)) expected.unshift(`unavailable ${ALICE}/1 > ${BOB}`, `unavailable ${ALICE}/2 > ${BOB}`)
    if (ask || /to|both/.test(subscription)) expected.unshift(`unsubscribe ${ALICE} > ${BOB}`)
    assert.deepEqual(
      perform(account, removeItem(account, read(account, item({ jid: BOB, subscription: 'remove' })))),
      expected,
      state,
    )
    assert.deepEqual([account.roster.stateOf(BOB), account.roster.has(BOB), account.roster.pendingCount], ['None', false, 0])
  }
})

test('ROS-5, 2.5.3: what is not in the roster cannot be removed, a request that waits no more than a stranger', () => {
  const account = accountOf(ALICE, { [BOB]: 'None + Pending In' })
  for (const contact of [BOB, 'x@x.example']) {
    assert.equal(
      condition(() => removeItem(account, read(account, item({ jid: contact, subscription: 'remove' })))),
      'item-not-found/cancel',
    )
  }
})

test('ROS-9: an item is found under its prepared JID; one with a resource is an item of its own, without presence', () => {
  const account = allAvailable(accountOf(ALICE, { [BOB]: 'Both' }, ['1']))
  perform(account, setItem(account, read(account, item({ jid: 'BOB@B.Example', name: 'Bob' })), limits))
  assert.equal(account.roster.size, 1)
  perform(account, setItem(account, read(account, item({ jid: `${BOB}/home` })), limits))
  const lines = perform(account, removeItem(account, read(account, item({ jid: `${BOB}/home`, subscription: 'remove' }))))
  assert.deepEqual(lines, [`push ${BOB}/home removed v4`])
  assert.equal(account.roster.stateOf(BOB), 'Both')
})

test('ROS-10: a full roster takes no more items, and lets those in it be changed', () => {
  const account = accountOf(ALICE, { [BOB]: 'To', 'c@c.example': 'To' })
  assert.equal(
    condition(() => setItem(account, read(account, item({ jid: 'd@d.example' })), limits)),
    'policy-violation/modify',
  )
  assert.equal(
    condition(() => setItem(account, read(account, item({ jid: BOB, name: 'B' })), limits)),
    'no error',
  )
})

test('RVER-2: a version is read back only as it was written, of the same epoch', () => {
  for (const epoch of ['', 'e1', '7']) assert.equal(parseVersion(versionText(42, epoch), epoch), 42)
  for (const text of ['', '-1', '042', '4.2', '4e2', ' 42', '0x2a', 'ver14', 'e1-42', '99999999999999999999'])
    assert.equal(parseVersion(text), null, text)
  for (const text of ['', '42', 'e2-42', 'e1-', 'e1-042', 'e1--1', 'e1']) assert.equal(parseVersion(text, 'e1'), null, text)
  fc.assert(
    fc.property(
      fc.nat(),
      fc.stringMatching(/^[a-z0-9]{0,6}$/),
      (version, epoch) => parseVersion(versionText(version, epoch), epoch) === version,
    ),
  )
})

test('RVER-3, 2.6.3: what was missed, in order of modification, each under its version, removals too', () => {
  const missed = [
    { version: 42, jid: rosterItem(BOB, 'both').jid, item: rosterItem(BOB, 'both') },
    { version: 34, jid: rosterItem('t@c.example', 'none').jid, item: null },
    { version: 96, jid: rosterItem('n@c.example', 'to').jid, item: rosterItem('n@c.example', 'to') },
  ]
  const updates = rosterUpdates({ items: missed })
  assert.deepEqual(
    updates.map((u) => [u.attr('ver'), u.elements[0]!.attr('jid'), u.elements[0]!.attr('subscription')]),
    [
      ['34', 't@c.example', 'remove'],
      ['42', BOB, 'both'],
      ['96', 'n@c.example', 'to'],
    ],
  )
})
