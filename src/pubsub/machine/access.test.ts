import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AFFILIATIONS, type Affiliation } from './affiliation.ts'
import type { Command, Relation } from './commands.ts'
import { ACCESS_MODELS, DEFAULTS, type AccessModel, type NodeConfig } from './config.ts'
import { decide, isRefused } from './decide.ts'
import { USUAL_OPTIONS } from './node.ts'
import { apply } from './plan.ts'
import { refusalToRead } from './access.ts'
import { actorOf, circumstances, itemOf, nodeWith } from '../testing.ts'

const by = (affiliation: Affiliation) => actorOf(affiliation === 'owner' ? 'owner@a.example' : 'x@b.example')

function nodeFor(affiliation: Affiliation, config: Partial<NodeConfig> = {}) {
  const node = nodeWith({ ...DEFAULTS, ...config })
  if (affiliation !== 'owner') apply(node, [{ change: 'affiliation', jid: 'x@b.example', affiliation }])
  return node
}
function outcome(affiliation: Affiliation, command: Command, config: Partial<NodeConfig> = {}): string {
  const node = nodeFor(affiliation, config)
  apply(node, [
    { change: 'item', item: itemOf('own', by(affiliation).full, 1) },
    { change: 'item', item: itemOf('of others', 'y@c.example/1', 2) },
  ])
  const decision = decide(node, by(affiliation), command, circumstances())
  return isRefused(decision) ? decision.refuse : 'ok'
}

/** XEP-0060 4.1, table 1; with the access model "open". Columns as in `AFFILIATIONS`. */
const TABLE: Readonly<Record<string, readonly [Command, ...string[]]>> = {
  //                                                  owner  publisher  publish-only  member  none  outcast
  'publish': [
    { do: 'publish', items: [{ id: 'i', payload: itemOf('i', null, 1).payload }], conditions: null },
    'ok',
    'ok',
    'ok',
    'rank',
    'rank',
    'outcast',
  ],
  'retract one of their own': [{ do: 'retract', ids: ['own'], notify: false }, 'ok', 'ok', 'ok', 'rank', 'rank', 'outcast'],
  'retract one of others': [
    { do: 'retract', ids: ['of others'], notify: false },
    'ok',
    'rank',
    'rank',
    'rank',
    'rank',
    'outcast',
  ],
  'purge': [{ do: 'purge' }, 'ok', 'rank', 'rank', 'rank', 'rank', 'rank'],
  'configure': [{ do: 'configure', changes: {} }, 'ok', 'rank', 'rank', 'rank', 'rank', 'rank'],
  'delete': [{ do: 'delete', redirect: '' }, 'ok', 'rank', 'rank', 'rank', 'rank', 'rank'],
  'affiliate': [{ do: 'affiliate', entries: [] }, 'ok', 'rank', 'rank', 'rank', 'rank', 'rank'],
  'arrange': [{ do: 'arrange', entries: [] }, 'ok', 'rank', 'rank', 'rank', 'rank', 'rank'],
}
for (const [name, [command, ...expected]] of Object.entries(TABLE))
  test(`T-E12, PS-1: who may ${name}`, () =>
    assert.deepEqual(
      AFFILIATIONS.map((affiliation) => outcome(affiliation, command)),
      expected,
    ))

const STRANGER: Relation = { seesPresence: false, groups: [] }
const CONTACT = { seesPresence: true, groups: ['Enemies'] }
const FRIEND = { seesPresence: true, groups: ['Friends'] }

/** XEP-0060 4.5: reading, for a stranger, a contact, and one in the right group; whoever has no affiliation. */
const READING: Readonly<Record<AccessModel, readonly string[]>> = {
  open: ['ok', 'ok', 'ok'],
  presence: ['no-presence-subscription', 'ok', 'ok'],
  roster: ['no-presence-subscription', 'not-in-roster-group', 'ok'],
  authorize: ['not-a-subscriber', 'not-a-subscriber', 'not-a-subscriber'],
  whitelist: ['closed', 'closed', 'closed'],
}
test('T-E12, PS-2: who may read, by access model', () => {
  for (const model of ACCESS_MODELS) {
    const node = nodeFor('none', { access_model: model, roster_groups_allowed: ['Friends'] })
    const verdicts = [STRANGER, CONTACT, FRIEND].map(
      (relation) => refusalToRead(node, { bare: 'x@b.example', relation })?.refuse ?? 'ok',
    )
    assert.deepEqual(verdicts, READING[model], model)
  }
})
test('T-E12, PS-2: an affiliation lets in or keeps out, whatever the access model', () => {
  for (const model of ACCESS_MODELS)
    for (const affiliation of AFFILIATIONS) {
      if (affiliation === 'none') continue
      const node = nodeFor(affiliation, { access_model: model })
      const verdict = refusalToRead(node, { ...by(affiliation), relation: STRANGER })?.refuse ?? 'ok'
      const expected = { 'owner': 'ok', 'publisher': 'ok', 'member': 'ok', 'publish-only': 'rank', 'outcast': 'outcast' }[
        affiliation
      ]
      assert.equal(verdict, expected, `${model} ${affiliation}`)
    }
})

const subscribing = (jid = 'x@b.example/1'): Command => ({ do: 'subscribe', jid, subid: jid, options: {} })
test('T-E12, PS-2, PS-3: who may subscribe', () => {
  const verdict = (config: Partial<NodeConfig>, relation = STRANGER, jid?: string): string => {
    const decision = decide(nodeFor('none', config), { ...by('none'), relation }, subscribing(jid), circumstances())
    if (isRefused(decision)) return decision.refuse
    const made = decision.changes.find(({ change }) => change === 'subscription')
    return made?.change === 'subscription' ? made.subscription.state : 'nothing'
  }
  assert.equal(verdict({}), 'subscribed')
  assert.equal(verdict({ access_model: 'presence' }), 'no-presence-subscription')
  assert.equal(verdict({ access_model: 'presence' }, CONTACT), 'subscribed')
  assert.equal(verdict({ access_model: 'roster', roster_groups_allowed: ['Friends'] }, CONTACT), 'not-in-roster-group')
  assert.equal(verdict({ access_model: 'authorize' }), 'pending')
  assert.equal(verdict({ access_model: 'whitelist' }, FRIEND), 'closed')
  assert.equal(verdict({ subscribe: false }), 'no-subscriptions')
  assert.equal(verdict({}, STRANGER, 'y@b.example'), 'other-jid')
})
test('XEP-0060 6.1.3.4: a second request while the first waits', () => {
  const node = nodeFor('none', { access_model: 'authorize' })
  const first = decide(node, by('none'), subscribing(), circumstances())
  assert(!isRefused(first))
  apply(node, first.changes)
  assert.deepEqual(decide(node, by('none'), subscribing(), circumstances()), { refuse: 'pending' })
  assert.equal(refusalToRead(node, by('none'))?.refuse, 'pending')
  const approved = decide(
    node,
    by('owner'),
    { do: 'arrange', entries: [{ jid: 'x@b.example/1', state: 'subscribed' }] },
    circumstances(),
  )
  assert(!isRefused(approved))
  apply(node, approved.changes)
  assert.equal(refusalToRead(node, by('none')), null)
})
test('XEP-0060 8.8.2: an owner subscribes nobody who has not asked for it', () => {
  const node = nodeFor('none')
  const entries = [
    { jid: 'x@b.example/1', state: 'subscribed' },
    { jid: 'y@b.example', state: 'none' },
  ] as const
  const decision = decide(node, by('owner'), { do: 'arrange', entries }, circumstances())
  assert(!isRefused(decision))
  assert.deepEqual(decision, { changes: [], told: [], refused: ['x@b.example/1'] })
})
test('XEP-0060 4.5: the publish models', () => {
  const publish = TABLE['publish']![0]
  assert.equal(outcome('none', publish, { publish_model: 'open' }), 'ok')
  assert.equal(outcome('outcast', publish, { publish_model: 'open' }), 'outcast')
  assert.equal(outcome('none', publish, { publish_model: 'subscribers' }), 'rank')
  const node = nodeFor('none', { publish_model: 'subscribers' })
  const subscription = { subid: 's', jid: 'x@b.example', state: 'subscribed', ...USUAL_OPTIONS } as const
  apply(node, [{ change: 'subscription', subscription }])
  assert(!isRefused(decide(node, by('none'), publish, circumstances())))
})
test('T-E12, PS-4: unsubscribing', () => {
  const node = nodeFor('none')
  const leave = (jid: string, subid: string | null = null, actor = by('none')) => {
    const decision = decide(node, actor, { do: 'unsubscribe', jid, subid }, circumstances())
    return isRefused(decision) ? decision.refuse : 'ok'
  }
  assert.equal(leave('x@b.example'), 'not-subscribed')
  apply(node, [
    { change: 'subscription', subscription: { subid: 's', jid: 'x@b.example', state: 'subscribed', ...USUAL_OPTIONS } },
  ])
  assert.equal(leave('x@b.example', 'other'), 'subid')
  assert.equal(leave('x@b.example', null, actorOf('y@c.example')), 'not-your-subscription')
  assert.equal(leave('x@b.example', 's'), 'ok')
})
test('PUB-7: subscriptions of those who have lost access end', () => {
  const node = nodeFor('none', { access_model: 'presence' })
  const subscribed = (jid: string) =>
    ({ change: 'subscription', subscription: { subid: jid, jid, state: 'subscribed', ...USUAL_OPTIONS } }) as const
  apply(node, [subscribed('x@b.example/1'), subscribed('y@c.example')])
  const relations = new Map([['y@c.example', CONTACT]])
  const decision = decide(node, by('owner'), { do: 'review', relations }, circumstances())
  assert(!isRefused(decision))
  assert.deepEqual(decision.changes, [{ change: 'no-subscription', subid: 'x@b.example/1' }])
})
test('PUB-3: the subscriptions of a node are limited, and those of one other domain to a tenth of them', () => {
  const node = nodeFor('none')
  const few = circumstances(
    { subscriptionsMax: 20, subscriptionsOfOneMax: 3 },
    { subscriptionsOf: new Map([['busy@z.example', 3]]) },
  )
  const verdict = (jid: string): string => {
    const decision = decide(node, actorOf(jid), subscribing(jid), few)
    if (isRefused(decision)) return decision.refuse
    apply(node, decision.changes)
    return 'ok'
  }
  assert.deepEqual(['1@evil.example', '2@evil.example', '3@evil.example'].map(verdict), ['ok', 'ok', 'too-many-subscriptions'])
  assert.equal(verdict('busy@z.example'), 'too-many-subscriptions', 'of one person')
  assert.deepEqual(
    Array.from({ length: 19 }, (_, i) => verdict(`${i}@a.example`)).filter((one) => one === 'ok').length,
    18,
    'those of the own domain get what is left',
  )
})
