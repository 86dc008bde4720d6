/** RFC 6121 A.1, A.3, 4.3.2: what two rosters may say of one subscription, and how it is set right. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wire } from '../xml/wire.ts'
import { jid } from '../xmpp/jid.ts'
import { Packet } from '../xmpp/packet.ts'
import { defaultLimits, Roster, type Account } from './account.ts'
import { accountOf, perform, request, rosterItem } from '../../test/support/im-recorder.ts'
import { disagreement, faultsOf, REMEDIES, showing, tidied, watching, type Disagreement } from './roster-agreement.ts'
import { inbound, outbound } from './subscribing.ts'
import { STATES, type SubscriptionState } from './subscription.ts'

const A = 'alice@a.example'
const B = 'bob@a.example'

/** What stands between the two, of each direction; null: agreed. */
function between(alice: Account, bob: Account): readonly (Disagreement | null)[] {
  return [
    [alice, bob],
    [bob, alice],
  ].map(([w, s]) => disagreement(watching(w!.roster, s!.bare), showing(s!.roster, w!.bare), true))
}

/** The remedies for what `watcher` sees of `shower`, each as its stanza would be processed on both sides. */
function remedy(watcher: Account, shower: Account, found: Disagreement): void {
  for (const type of REMEDIES[found]) {
    const [from, to] = type === 'unsubscribed' ? [shower, watcher] : [watcher, shower]
    const stanza = Packet.of({ kind: 'presence', type, from: from.bare, to: to.bare, id: wire('1') })
    if (type === 'subscribe') perform(watcher, outbound(watcher, stanza, defaultLimits))
    receive(from, to, stanza)
  }
}
/** With the answers that servers give by themselves. */
function receive(from: Account, to: Account, stanza: Packet): void {
  const lines = perform(to, inbound(to, stanza, 0, defaultLimits))
  for (const type of ['subscribed', 'unsubscribed'] as const) {
    if (!lines.some((line) => line === `${type} ${to.bare.bare} > ${from.bare.bare}`)) continue
    const answer = Packet.of({ kind: 'presence', type, from: to.bare, to: from.bare })
    perform(from, inbound(from, answer, 0, defaultLimits))
  }
}

test('of the 81 pairs of states, those agree that a loss-free exchange of stanzas can lead to', () => {
  const agreed: string[] = []
  for (const a of STATES)
    for (const b of STATES)
      if (between(accountOf(A, { [B]: a }), accountOf(B, { [A]: b })).every((d) => d === null)) agreed.push(`${a} | ${b}`)
  assert.deepEqual(agreed, [
    'None | None',
    'None + Pending Out | None + Pending In',
    'None + Pending In | None + Pending Out',
    'None + Pending Out+In | None + Pending Out+In',
    'To | From',
    'To + Pending In | From + Pending Out',
    'From | To',
    'From + Pending Out | To + Pending In',
    'Both | Both',
  ])
})

test('A.2, A.3: whatever two rosters say, the remedies make them agree, and a second time there is nothing to do', () => {
  for (const a of STATES) {
    for (const b of STATES) {
      const [alice, bob] = [accountOf(A, { [B]: a }), accountOf(B, { [A]: b })]
      for (const [watcher, shower] of [
        [alice, bob],
        [bob, alice],
      ] as const) {
        const found = disagreement(watching(watcher.roster, shower.bare), showing(shower.roster, watcher.bare), true)
        if (found !== null) remedy(watcher, shower, found)
      }
      assert.deepEqual(between(alice, bob), [null, null], `${a} | ${b}`)
    }
  }
})

test('No leak: no remedy shows anybody presence that the other side did not show before', () => {
  for (const a of STATES) {
    for (const b of STATES) {
      const [alice, bob] = [accountOf(A, { [B]: a }), accountOf(B, { [A]: b })]
      const shown = bob.roster.isSubscriber(A)
      const found = disagreement(watching(alice.roster, bob.bare), showing(bob.roster, alice.bare), true)
      if (found !== null) remedy(alice, bob, found)
      assert.ok(shown || !bob.roster.isSubscriber(A), `${a} | ${b}`)
    }
  }
})

test('each disagreement has its name', () => {
  const cases: readonly (readonly [SubscriptionState, SubscriptionState, Disagreement])[] = [
    ['To', 'None', 'unshown'],
    ['Both', 'To', 'unshown'],
    ['To', 'None + Pending In', 'unanswered'],
    ['None + Pending Out', 'From', 'ungranted'],
    ['None + Pending Out', 'None', 'unheard'],
    ['None', 'From', 'unwanted'],
    ['None', 'None + Pending In', 'withdrawn'],
  ]
  for (const [a, b, expected] of cases)
    assert.equal(between(accountOf(A, { [B]: a }), accountOf(B, { [A]: b }))[0], expected, `${a} | ${b}`)
})

test('8.5.1: a request to nobody, or to somebody who blocks, is not told from one that is not answered', () => {
  assert.equal(disagreement('asks', showing(null, jid(A)), false), null)
  assert.equal(disagreement('sees', showing(null, jid(A)), false), 'unshown')
  assert.equal(watching(null, jid(B)), 'nothing')
})

test('what an item must not be is found, taken away with one push, and then not found again', () => {
  const cases = [
    [rosterItem(A, 'both'), null, ['own-address'], 'push alice@a.example removed v2'],
    [rosterItem(`${B}/x`, 'to'), null, ['resource'], 'push bob@a.example/x removed v2'],
    [rosterItem(B, 'both', true, true), null, ['needless-ask', 'needless-approval'], 'push bob@a.example both v2'],
    [rosterItem(B, 'from', true, true), null, ['needless-approval'], 'push bob@a.example from ask v2'],
    [rosterItem(B, 'from'), request(B, A), ['needless-request'], null],
    [rosterItem(B, 'none', true, true), request(B, A), [], null],
    [rosterItem('gw.a.example/x', 'to'), null, [], null],
  ] as const
  for (const [item, pending, faults, pushed] of cases) {
    const account = accountOf(A)
    const roster = new Roster(1, [item], pending === null ? [] : [pending])
    const owner = Object.assign(account, { roster })
    const key = item.jid.full
    assert.deepEqual(faultsOf(account.bare, roster, key), faults, key)
    assert.deepEqual(perform(owner, tidied(account.bare, roster, key)), pushed === null ? [] : [pushed])
    assert.deepEqual(faultsOf(account.bare, roster, key), [])
  }
})
