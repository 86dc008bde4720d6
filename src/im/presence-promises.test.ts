/**
 * The promises of RFC 6121 section 4, over any course of events: no leak (available presence reaches
 * subscribers and those whom the client addressed, nobody else), no ghost (who was shown a resource is told
 * when it goes), and told once.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { el } from '../xml/element.ts'
import { jid } from '../xmpp/jid.ts'
import { ROSTER } from '../xmpp/ns.ts'
import type { Packet } from '../xmpp/packet.ts'
import { contactKey, defaultLimits, Resource, type Account } from './account.ts'
import { answerProbe, broadcastAvailable, broadcastUnavailable, directed, ended, receive } from './presence.ts'
import { accountOf, presence, Recorder } from '../../test/support/im-recorder.ts'
import { readRosterSet, removeItem } from './roster.ts'
import { inbound, outbound, type Step } from './subscribing.ts'
import { STATES, type SubscriptionState } from './subscription.ts'

const ALICE = 'alice@a.example'
const CONTACTS = ['bob@b.example', 'carol@c.example', 'gateway.example/r'] as const
const ADDRESSES = [...CONTACTS, 'bob@b.example/x', 'bob@b.example/y', 'room@m.example/nick'] as const

type Event =
  | { readonly do: 'available' | 'unavailable' | 'end'; readonly resource: string }
  | { readonly do: 'directed'; readonly resource: string; readonly to: string; readonly type: string }
  | { readonly do: 'send' | 'arrive'; readonly contact: string; readonly type: string }
  | { readonly do: 'remove' | 'probe'; readonly contact: string }
  | { readonly do: 'leaves'; readonly from: string; readonly resource: string }

const resource = fc.constantFrom('1', '2')
const contact = fc.constantFrom<string>(...CONTACTS)
const type = fc.constantFrom('subscribe', 'subscribed', 'unsubscribe', 'unsubscribed')
const events: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ do: fc.constantFrom('available' as const, 'unavailable' as const, 'end' as const), resource }),
  fc.record({
    do: fc.constant('directed' as const),
    resource,
    to: fc.constantFrom<string>(...ADDRESSES),
    type: fc.constantFrom('', '', 'unavailable'),
  }),
  fc.record({ do: fc.constantFrom('send' as const, 'arrive' as const), contact, type }),
  fc.record({ do: fc.constantFrom('remove' as const, 'probe' as const), contact }),
  fc.record({ do: fc.constant('leaves' as const), from: fc.constantFrom<string>(...ADDRESSES), resource }),
)
const states = fc.tuple(fc.constantFrom(...STATES), fc.constantFrom(...STATES), fc.constantFrom(...STATES))

/** Alice's server, and what the rest of the world has been shown of her. */
class World {
  readonly account: Account
  /** 'resource > address' of each available presence that was not taken back. */
  readonly shown = new Set<string>()
  #permitted: string | null = null

  constructor(initial: readonly SubscriptionState[]) {
    this.account = accountOf(ALICE, Object.fromEntries(CONTACTS.map((c, i) => [c, initial[i]!])), ['1', '2'])
  }
  happen(event: Event): void {
    const out = new Recorder()
    this.#permitted = null
    switch (event.do) {
      case 'available':
        broadcastAvailable(this.account, this.#resource(event.resource), presence({ from: `${ALICE}/${event.resource}` }), out)
        break
      case 'unavailable':
        this.#goes(
          event.resource,
          (me) => broadcastUnavailable(this.account, me, presence({ type: 'unavailable', from: me.jid.full }), 0, out),
          out,
        )
        return
      case 'end':
        this.#goes(event.resource, (me) => ended(this.account, me, 0, out), out)
        this.account.resources.splice(
          this.account.resources.indexOf(this.#resource(event.resource)),
          1,
          new Resource(jid(`${ALICE}/${event.resource}`)),
        )
        return
      case 'directed':
        this.#permitted = event.to
        directed(
          this.account,
          this.#resource(event.resource),
          presence({ type: event.type, from: `${ALICE}/${event.resource}`, to: event.to }),
          defaultLimits,
          out,
        )
        break
      case 'send':
        this.#perform(
          outbound(this.account, presence({ type: event.type, from: `${ALICE}/1`, to: event.contact }), defaultLimits),
          out,
        )
        break
      case 'arrive':
        this.#perform(
          inbound(this.account, presence({ type: event.type, from: event.contact, to: ALICE }), 0, defaultLimits),
          out,
        )
        break
      case 'remove': {
        if (!this.account.roster.has(event.contact)) break
        const item = el('item', ROSTER, { jid: event.contact, subscription: 'remove' })
        this.#perform(
          removeItem(
            this.account,
            readRosterSet(el('query', ROSTER, {}, item), this.account, defaultLimits, () => false),
          ),
          out,
        )
        break
      }
      case 'probe': {
        const before = new Set(this.shown)
        answerProbe(this.account, presence({ type: 'probe', from: event.contact, to: ALICE }), out)
        for (const packet of out.routed) if (packet.type === '' && before.has(key(packet))) this.#permitted = event.contact
        break
      }
      case 'leaves': // who says that he is gone has forgotten us, unless we broadcast to him
        receive(this.account, presence({ type: 'unavailable', from: event.from, to: `${ALICE}/${event.resource}` }), out)
        if (!this.#isSubscriber(event.from) || this.#resource(event.resource).presence === null)
          this.shown.delete(`${ALICE}/${event.resource} > ${event.from}`)
        break
    }
    for (const packet of out.routed) this.#note(packet)
  }
  #resource(name: string): Resource {
    return this.account.resource(`${ALICE}/${name}`)!
  }
  #isSubscriber(address: string): boolean {
    return this.account.roster.isSubscriber(contactKey(jid(address)))
  }
  #perform(step: Step, out: Recorder): void {
    if (step.change !== null) this.account.roster.apply(step.change)
    step.run(out)
  }
  #note(packet: Packet): void {
    const to = packet.to!.full
    if (packet.type === '') {
      assert.ok(this.#isSubscriber(to) || to === this.#permitted, `leak: ${packet.from.full} shown to ${to}`)
      this.shown.add(key(packet))
    } else if (packet.type === 'unavailable' && !packet.from.isBare) {
      this.shown.delete(key(packet))
      // Told to the contact, it is told to all his resources
      for (const k of this.shown) if (k.startsWith(`${packet.from.full} > ${to}/`)) this.shown.delete(k)
    }
  }
  /** One resource goes: afterwards nobody sees it, and nobody was told twice. */
  #goes(name: string, act: (me: Resource) => void, out: Recorder): void {
    const me = this.#resource(name)
    const wasAvailable = me.presence !== null
    act(me)
    const told = out.routed.filter((p) => p.type === 'unavailable').map((p) => p.to!.full)
    assert.equal(new Set(told).size, told.length, `told twice: ${told.join()}`)
    for (const to of wasAvailable ? told : []) {
      assert.ok(to === contactKey(jid(to)) || !this.#isSubscriber(to), `${to} was told twice: the broadcast went to his bare JID`)
    }
    for (const packet of out.routed) this.#note(packet)
    const ghosts = [...this.shown].filter((k) => k.startsWith(`${ALICE}/${name} >`))
    assert.deepEqual(ghosts, [], 'ghost')
  }
}
const key = (packet: Packet): string => `${packet.from.full} > ${packet.to!.full}`

test('No leak, no ghost, told once: whatever happens in whatever order', () => {
  fc.assert(
    fc.property(states, fc.array(events, { maxLength: 40 }), (initial, course) => {
      const world = new World(initial)
      for (const event of course) world.happen(event)
      for (const name of ['1', '2']) world.happen({ do: 'end', resource: name })
      assert.deepEqual([...world.shown], [])
    }),
    { numRuns: 1500 },
  )
})
