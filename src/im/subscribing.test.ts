/** RFC 6121 section 3: what the tables of Appendix A do not say. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el } from '../xml/element.ts'
import { wire } from '../xml/wire.ts'
import { jid } from '../xmpp/jid.ts'
import { CLIENT } from '../xmpp/ns.ts'
import { StanzaError } from '../xmpp/stanza-error.ts'
import { defaultLimits, type Account, type RosterItem } from './account.ts'
import {
  accountOf,
  allAvailable,
  perform,
  presence,
  Recorder,
  request,
  rosterItem,
  type Parts,
} from '../../test/support/im-recorder.ts'
import { inbound, outbound, requestsAgain, type Step } from './subscribing.ts'
import { STATES, type SubscriptionState, type SubscriptionType } from './subscription.ts'

const ALICE = 'alice@a.example'
const BOB = 'bob@b.example'
const limits = defaultLimits
const TYPES = ['subscribe', 'unsubscribe', 'subscribed', 'unsubscribed'] as const

/** Alice with two resources, both available. */
function alice(state: SubscriptionState): Account {
  return allAvailable(accountOf(ALICE, { [BOB]: state }, ['1', '2']))
}
function send(account: Account, type: SubscriptionType, more: Partial<Parts> = {}): string[] {
  return perform(account, outbound(account, presence({ type, from: `${ALICE}/1`, to: BOB, ...more }), limits))
}
function arrive(account: Account, type: SubscriptionType, more: Partial<Parts> = {}): string[] {
  return perform(account, inbound(account, presence({ type, from: BOB, to: ALICE, ...more }), 1000, limits))
}
function approve(account: Account): Account {
  const before = account.roster.item(BOB)
  const item: RosterItem = { ...(before ?? rosterItem(BOB, 'none')), approved: true }
  account.roster.apply({
    contact: item.jid,
    item,
    pending: account.roster.pendingFrom(BOB) ?? null,
    version: account.roster.version,
    pushed: true,
  })
  return account
}
function condition(f: () => unknown): string {
  try {
    f()
  } catch (error) {
    if (error instanceof StanzaError) return error.condition
    throw error
  }
  return 'no error'
}

test('SUB-17, 3.4.2: pre-approval is kept in the item and shown; a second one changes nothing', () => {
  for (const state of ['None', 'None + Pending Out', 'To'] as const) {
    const account = alice(state)
    assert.match(send(account, 'subscribed').join(), / approved v2$/)
    assert.equal(account.roster.item(BOB)?.approved, true)
    assert.deepEqual(send(account, 'subscribed'), [])
  }
})

test('SUB-17, 3.4.2: a request that was approved beforehand is answered and not delivered; the approval is used up', () => {
  const granted = { 'None': 'From', 'None + Pending Out': 'From + Pending Out', 'To': 'Both' } as const
  for (const [state, next] of Object.entries(granted) as [keyof typeof granted, SubscriptionState][]) {
    const account = approve(alice(state))
    const shown = state === 'None' ? 'from' : state === 'To' ? 'both' : 'from ask'
    assert.deepEqual(arrive(account, 'subscribe'), [
      `subscribed ${ALICE} > ${BOB}`,
      `push ${BOB} ${shown} v2`,
      `available ${ALICE}/1 > ${BOB}`,
      `available ${ALICE}/2 > ${BOB}`,
    ])
    assert.equal(account.roster.stateOf(BOB), next)
    assert.equal(account.roster.item(BOB)?.approved, false)
    assert.equal(account.roster.pendingCount, 0)
  }
})

test('SUB-17, 3.2.2 rule 2: "unsubscribed" takes a pre-approval back, with a push, and is not routed', () => {
  for (const state of ['None', 'None + Pending Out', 'To'] as const) {
    const account = approve(alice(state))
    const lines = send(account, 'unsubscribed')
    assert.equal(lines.length, 1)
    assert.match(lines[0]!, /^push .* v2$/)
    assert.doesNotMatch(lines[0]!, /approved/)
    assert.equal(account.roster.stateOf(BOB), state)
  }
})

test('SUB-17: what the contact sends, and what the user asks for, leaves a pre-approval alone', () => {
  const account = approve(alice('To'))
  arrive(account, 'unsubscribed')
  send(account, 'subscribe')
  arrive(account, 'subscribed')
  send(account, 'unsubscribe')
  assert.equal(account.roster.item(BOB)?.approved, true)
})

test('SUB-7, SUB-8: what leaves goes from bare JID to bare JID, with its id, language and children', () => {
  const account = alice('None')
  const out = new Recorder()
  const status = el('status', 'jabber:client', {}, 'Hi')
  outbound(
    account,
    presence({ type: 'subscribe', from: `${ALICE}/1`, to: `${BOB}/phone`, id: 'x1', lang: 'en', children: [status] }),
    limits,
  ).run(out)
  assert.equal(
    out.routed[0]!.wire,
    `<presence from='${ALICE}' to='${BOB}' type='subscribe' id='x1' xml:lang='en'><status>Hi</status></presence>`,
  )
})

test('SUB-8: a request to a full JID is one to the account; other types need the resource (8.5.3.2.2)', () => {
  assert.deepEqual(arrive(alice('None'), 'subscribe', { to: `${ALICE}/gone` }), [`subscribe ${BOB} >> available`])
  for (const type of ['subscribed', 'unsubscribed'] as const) {
    const account = alice('None + Pending Out')
    assert.deepEqual(arrive(account, type, { to: `${ALICE}/gone` }), [])
    assert.equal(account.roster.stateOf(BOB), 'None + Pending Out')
    assert.equal(arrive(account, type, { to: `${ALICE}/1` })[0], `${type} ${BOB} >> interested`)
  }
  assert.deepEqual(arrive(alice('From'), 'unsubscribe', { to: `${ALICE}/gone` }), [])
})

test('SUB-7: a stanza that arrives from a full JID counts as one from the bare JID', () => {
  const account = alice('None')
  const out = new Recorder()
  const step = inbound(account, presence({ type: 'subscribe', from: `${BOB}/old`, to: `${ALICE}/1`, id: 'q' }), 5, limits)
  step.run(out)
  assert.equal(step.change?.pending?.stanza.wire, `<presence from='${BOB}' to='${ALICE}' type='subscribe' id='q'/>`)
  assert.equal(step.change.pending.receivedAt, 5)
})

test('SUB-10: automatic answers carry the id of what they answer', () => {
  for (const [state, type] of [
    ['From', 'subscribe'],
    ['From', 'unsubscribe'],
    ['To + Pending In', 'unsubscribe'],
  ] as const) {
    const account = accountOf(ALICE, { [BOB]: state })
    const out = new Recorder()
    inbound(account, presence({ type, from: BOB, to: ALICE, id: 'mine' }), 0, limits).run(out)
    assert.deepEqual(
      out.routed.map((p) => [p.type, String(p.id)]),
      [[type === 'subscribe' ? 'subscribed' : 'unsubscribed', 'mine']],
    )
  }
})

test('SUB-12, 3.1.1: subscribing keeps the name and groups that a roster set had given', () => {
  const account = alice('None')
  const item = { ...rosterItem(BOB, 'none'), name: 'Bob', groups: ['Friends'] }
  account.roster.apply({ contact: item.jid, item, pending: null, version: 2, pushed: true })
  send(account, 'subscribe')
  assert.deepEqual(account.roster.item(BOB), { ...item, ask: true })
})

test('SUB-14, 3.1.3: a request makes no roster item, and denying it no push', () => {
  const account = alice('None')
  arrive(account, 'subscribe')
  assert.equal(account.roster.size, 0)
  assert.equal(account.roster.pendingCount, 1)
  assert.deepEqual(send(account, 'unsubscribed'), [`unsubscribed ${ALICE} > ${BOB}`])
  assert.equal(account.roster.pendingCount, 0)
})

test('3.1.3 rule 4: of several requests of one contact the last is kept; the same one again is nothing new', () => {
  const account = alice('None')
  arrive(account, 'subscribe', { id: 'one' })
  arrive(account, 'subscribe', { id: 'two' })
  assert.deepEqual(
    [...account.roster.pending()].map((p) => String(p.stanza.id)),
    ['two'],
  )
  const again = inbound(account, presence({ type: 'subscribe', from: BOB, to: ALICE, id: 'two' }), 9, limits)
  assert.equal(again.change, null)
})

test('SUB-14: requests over the limit of number or size are dropped without a word', () => {
  const account = alice('None')
  const few = { ...limits, pendingRequests: 3, pendingBytes: 200 }
  const ask = (from: string, size = 0): Step =>
    inbound(
      account,
      presence({
        type: 'subscribe',
        from,
        to: ALICE,
        children: size === 0 ? [] : [el('status', 'jabber:client', {}, 'x'.repeat(size))],
      }),
      0,
      few,
    )
  assert.deepEqual(perform(account, ask(BOB, 300)), [])
  for (const from of ['m1@b.example', 'm2@b.example']) assert.equal(perform(account, ask(from)).length, 1)
  assert.deepEqual(perform(account, ask('m3@b.example')), [])
  assert.equal(perform(account, ask('m1@c.example')).length, 1)
  assert.deepEqual(perform(account, ask('m1@d.example')), [])
  assert.equal(account.roster.pendingCount, 3)
  assert.equal(ask('m1@b.example', 20).change?.pending?.from.full, 'm1@b.example', 'a stored one may still be replaced')
})

test('the requests of one party, however many domains it has, leave room for those of others', () => {
  const account = alice('None')
  const party = (domain: string): string => (domain.endsWith('.evil.example') ? 'evil' : domain)
  const few = { ...limits, pendingRequests: 20, partyOf: party }
  const ask = (from: string): Step => inbound(account, presence({ type: 'subscribe', from, to: ALICE }), 0, few)
  for (let n = 0; n < 50; n++) perform(account, ask(`m${n}@d${n}.evil.example`))
  assert.equal(account.roster.pendingCount, 10)
  assert.equal(perform(account, ask(BOB)).length, 1)
})

test('SUB-30: nobody subscribes to himself; the other three types come to nothing', () => {
  const account = alice('None')
  for (const to of [ALICE, `${ALICE}/2`]) {
    assert.equal(
      condition(() => send(account, 'subscribe', { to })),
      'not-allowed',
    )
    for (const type of ['unsubscribe', 'subscribed', 'unsubscribed'] as const) assert.deepEqual(send(account, type, { to }), [])
  }
  for (const type of TYPES) assert.deepEqual(arrive(account, type, { from: ALICE }), [])
  assert.equal(account.roster.size + account.roster.pendingCount, 0)
})

test('SUB-32: a JID without localpart keeps its resource', () => {
  const account = alice('None')
  const gateway = 'gateway.example/registered'
  assert.equal(send(account, 'subscribe', { to: gateway })[0], `subscribe ${ALICE} > ${gateway}`)
  arrive(account, 'subscribed', { from: gateway })
  assert.equal(account.roster.stateOf(gateway), 'To')
  assert.equal(account.roster.stateOf('gateway.example'), 'None')
})

test('ROS-10: a stanza that would make one item too many is refused, and one for an item that is there is not', () => {
  const account = alice('To')
  const one = { ...limits, rosterItems: 1 }
  const to = (type: SubscriptionType, contact: string): Step =>
    outbound(account, presence({ type, from: `${ALICE}/1`, to: contact }), one)
  assert.equal(
    condition(() => to('subscribe', 'carol@b.example')),
    'policy-violation',
  )
  assert.equal(
    condition(() => to('subscribed', 'carol@b.example')),
    'policy-violation',
  )
  assert.equal(
    condition(() => to('unsubscribe', 'carol@b.example')),
    'no error',
  )
  assert.equal(to('subscribed', BOB).change?.item?.approved, true)
})

test('Decide, store, apply, run: deciding changes nothing', () => {
  for (const type of TYPES) {
    for (const state of STATES) {
      const account = alice(state)
      outbound(account, presence({ type, from: `${ALICE}/1`, to: BOB }), limits)
      inbound(account, presence({ type, from: BOB, to: ALICE }), 0, limits)
      assert.equal(account.roster.stateOf(BOB), state)
      assert.equal(account.roster.version, 1)
    }
  }
})

test('3.1.5: only available resources are shown, with the stanza they broadcast', () => {
  const account = accountOf(ALICE, { [BOB]: 'None + Pending In' }, ['1', '2'])
  account.resources[1]!.presence = presence({ from: `${ALICE}/2`, id: 'p2', children: [el('show', 'jabber:client', {}, 'away')] })
  const out = new Recorder()
  outbound(account, presence({ type: 'subscribed', from: `${ALICE}/1`, to: BOB }), limits).run(out)
  assert.deepEqual(out.routed.map((p) => String(p.wire)).slice(1), [
    `<presence from='${ALICE}/2' to='${BOB}' id='p2'><show>away</show></presence>`,
  ])
})

test('DIR-5, 4.6.1: cancelling tells a contact who also had presence directly, and strikes him from the lists', () => {
  const account = accountOf(ALICE, { [BOB]: 'From' }, ['1', '2'])
  const [one, two] = account.resources
  one!.presence = presence({ from: `${ALICE}/1` })
  one!.directed = new Map([
    [BOB, jid(BOB)],
    ['room@c/nick', jid('room@c/nick')],
  ])
  two!.directed = new Map([[`${BOB}/x`, jid(`${BOB}/x`)]]) // connected, not available
  assert.deepEqual(send(account, 'unsubscribed').slice(0, 3), [
    `unavailable ${ALICE}/1 > ${BOB}`,
    `unavailable ${ALICE}/2 > ${BOB}/x`,
    `unsubscribed ${ALICE} > ${BOB}`,
  ])
  assert.deepEqual([...one!.directed!.keys()], ['room@c/nick'])
  assert.equal(two!.directed, null)
})

test('3.2.2 rule 3 and section 11: denying a request shows no resource', () => {
  for (const state of ['None + Pending In', 'None + Pending Out+In', 'To + Pending In'] as const) {
    assert.doesNotMatch(send(alice(state), 'unsubscribed').join(), /unavailable/)
  }
})

test('A blocked contact is shown neither presence nor its end', () => {
  const account = alice('To + Pending In')
  account.hide({ matches: (entity) => entity.bare === BOB })
  assert.doesNotMatch(send(account, 'subscribed').join(), /available/)
  assert.doesNotMatch(send(account, 'unsubscribed').join(), /available/)
})

test('SUB-11: requests without an answer are sent again when they have waited long enough, each under a new id', () => {
  const account = accountOf(ALICE, {
    [BOB]: 'None + Pending Out',
    'c@c.example': 'To',
    'd@d.example': 'From + Pending Out',
    'e@e.example': 'None + Pending In',
    'f@f.example': 'None + Pending Out',
  })
  account.hide({ matches: (entity) => entity.bare === 'f@f.example' })
  const greeting = el('status', CLIENT, {}, 'Hello')
  const stanza = presence({ type: 'subscribe', from: ALICE, to: BOB, id: 'old', children: [greeting] })
  const again = (before: number): string[] => {
    let n = 0
    const sent = new Map([[BOB, { stanza, sentAt: 1000 }]])
    return [...requestsAgain(account, sent, before, () => wire(`r${(n += 1)}`))].map((p) => String(p.wire))
  }
  const d = (id: string): string => `<presence from='${ALICE}' to='d@d.example' type='subscribe' id='${id}'/>`
  assert.deepEqual(again(999), [d('r1')])
  assert.deepEqual(again(1000), [
    `<presence from='${ALICE}' to='${BOB}' type='subscribe' id='r1'><status>Hello</status></presence>`,
    d('r2'),
  ])
})

test('SUB-10, SUB-11: a request is kept with all it holds until it is answered; of one that is too long, that it was made', () => {
  const ask = (text: string): Step => {
    const children = [el('status', CLIENT, {}, text)]
    return outbound(alice('None'), presence({ type: 'subscribe', from: `${ALICE}/1`, to: `${BOB}/x`, children }), limits)
  }
  assert.equal(
    String(ask('Hello').request!.wire),
    `<presence from='${ALICE}' to='${BOB}' type='subscribe'><status>Hello</status></presence>`,
  )
  assert.equal(
    String(ask('x'.repeat(limits.pendingBytes)).request!.wire),
    `<presence from='${ALICE}' to='${BOB}' type='subscribe'/>`,
  )
  for (const type of ['unsubscribe', 'subscribed', 'unsubscribed'])
    assert.equal(outbound(alice('None'), presence({ type, from: ALICE, to: BOB }), limits).request, null)
  assert.equal(outbound(alice('To'), presence({ type: 'subscribe', from: ALICE, to: BOB }), limits).request, null, 'answered')
})

test('The request that waits is not a cut from the input: its text is its own', () => {
  const { stanza } = request(BOB, ALICE)
  const account = alice('None')
  const step = inbound(account, stanza, 0, limits)
  assert.notEqual(step.change?.pending?.stanza, stanza)
  assert.equal(step.change?.pending?.stanza.wire, stanza.wire)
})
