/**
 * RFC 6121 Appendix A as a whole (T-X06): two accounts, each with its own side of the subscription, whose
 * servers carry every stanza to the other. The functions under test are the real ones.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Packet } from '../xmpp/packet.ts'
import { defaultLimits, type Account } from './account.ts'
import { accountOf, allAvailable, presence, Recorder } from '../../test/support/im-recorder.ts'
import { inbound, outbound, type Step } from './subscribing.ts'
import { isSubscriptionType, STATES, type SubscriptionState, type SubscriptionType } from './subscription.ts'

const ALICE = 'alice@a.example'
const BOB = 'bob@b.example'
const TYPES = ['subscribe', 'unsubscribe', 'subscribed', 'unsubscribed'] as const

/** The contact's state that belongs to the user's: what is To here is From there. */
const MIRROR: Readonly<Record<SubscriptionState, SubscriptionState>> = {
  'None': 'None',
  'None + Pending Out': 'None + Pending In',
  'None + Pending In': 'None + Pending Out',
  'None + Pending Out+In': 'None + Pending Out+In',
  'To': 'From',
  'To + Pending In': 'From + Pending Out',
  'From': 'To',
  'From + Pending Out': 'To + Pending In',
  'Both': 'Both',
}

class Pair {
  readonly alice: Account
  readonly bob: Account
  /** Subscription stanzas that went from server to server. */
  hops = 0
  /** What each sees of the other: the resources shown as available, by who looks. */
  readonly seen = { [ALICE]: new Set<string>(), [BOB]: new Set<string>() }

  constructor(alice: SubscriptionState, bob: SubscriptionState) {
    this.alice = allAvailable(accountOf(ALICE, { [BOB]: alice }, ['1', '2']))
    this.bob = allAvailable(accountOf(BOB, { [ALICE]: bob }, ['1']))
  }
  get states(): readonly [SubscriptionState, SubscriptionState] {
    return [this.alice.roster.stateOf(BOB), this.bob.roster.stateOf(ALICE)]
  }
  send(sender: Account, type: SubscriptionType): void {
    const to = sender === this.alice ? BOB : ALICE
    this.hops = 0
    this.#perform(sender, outbound(sender, presence({ type, from: sender.resources[0]!.jid.full, to }), defaultLimits))
  }
  #perform(account: Account, step: Step): void {
    const out = new Recorder()
    if (step.change !== null) account.roster.apply(step.change)
    step.run(out)
    for (const packet of out.routed) this.#carry(packet)
  }
  #carry(packet: Packet): void {
    const other = packet.to!.bare === ALICE ? this.alice : this.bob
    if (isSubscriptionType(packet.type)) {
      this.hops += 1
      assert.ok(this.hops <= 10, 'the exchange does not end')
      this.#perform(other, inbound(other, packet, 0, defaultLimits))
    } else if (packet.type === '') this.seen[other.bare.full as typeof ALICE].add(packet.from.full)
    else this.seen[other.bare.full as typeof ALICE].delete(packet.from.full)
  }
}

test('T-X06: from each of the nine mirrored pairs every stanza leads to a mirrored pair', () => {
  for (const state of STATES) {
    for (const type of TYPES) {
      const pair = new Pair(state, MIRROR[state])
      pair.send(pair.alice, type)
      const [alice, bob] = pair.states
      assert.equal(bob, MIRROR[alice], `${type} in "${state}" led to "${alice}" and "${bob}"`)
    }
  }
})

test('T-X06: from all 81 pairs every stanza and its answers are at most two hops', () => {
  for (const alice of STATES) {
    for (const bob of STATES) {
      for (const type of TYPES) {
        const pair = new Pair(alice, bob)
        pair.send(pair.alice, type)
        assert.ok(pair.hops <= 2, `${type} in "${alice}" against "${bob}": ${pair.hops} hops`)
      }
    }
  }
})

const moves = fc.array(fc.record({ who: fc.constantFrom('alice', 'bob'), type: fc.constantFrom(...TYPES) }), { maxLength: 20 })

test('T-X06: after any conversation both sides agree, and each sees the other exactly if subscribed', () => {
  fc.assert(
    fc.property(moves, (conversation) => {
      const pair = new Pair('None', 'None')
      for (const { who, type } of conversation) {
        pair.send(pair[who as 'alice' | 'bob'], type)
        const [alice, bob] = pair.states
        assert.equal(bob, MIRROR[alice])
        assert.deepEqual([...pair.seen[ALICE]], pair.alice.roster.isSubscribedTo(BOB) ? [`${BOB}/1`] : [])
        assert.deepEqual(
          [...pair.seen[BOB]].toSorted(),
          pair.bob.roster.isSubscribedTo(ALICE) ? [`${ALICE}/1`, `${ALICE}/2`] : [],
        )
      }
    }),
    { numRuns: 300 },
  )
})

test('2.1: after any conversation a roster holds no impossible item', () => {
  fc.assert(
    fc.property(fc.constantFrom(...STATES), fc.constantFrom(...STATES), moves, (alice, bob, conversation) => {
      const pair = new Pair(alice, bob)
      for (const { who, type } of conversation) pair.send(pair[who as 'alice' | 'bob'], type)
      for (const [account, contact] of [
        [pair.alice, BOB],
        [pair.bob, ALICE],
      ] as const) {
        const item = account.roster.item(contact)
        const isWaiting = account.roster.pendingFrom(contact) !== undefined
        if (item?.ask === true) assert.match(item.subscription, /^(none|from)$/)
        if (item?.approved === true) assert.match(item.subscription, /^(none|to)$/)
        if (isWaiting) assert.match(item?.subscription ?? 'none', /^(none|to)$/)
      }
    }),
    { numRuns: 200 },
  )
})
