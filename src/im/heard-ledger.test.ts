/** What an account has heard of contacts elsewhere: each rule, and the bounds of what it remembers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { el, type Element } from '../xml/element.ts'
import { jid } from '../xmpp/jid.ts'
import { annotated, annotation } from '../xmpp/state-annotation.ts'
import { HeardLedger, type HeardLimits } from './heard-ledger.ts'
import type { HeardNews } from './heard-resource.ts'
import { presence } from '../../test/support/im-recorder.ts'
import { ALICE, alice, BOB, CAROL, child, ERIN, Scene } from '../../test/support/im-scene.ts'

const PHONE = `${CAROL}/phone`
const DESK = `${CAROL}/desk`
const AWAY = child('show', 'away')
const caps = (ver: string): Element => el('c', 'http://jabber.org/protocol/caps', { hash: 'sha-1', node: 'urn:x', ver })

/** Alice, available, and what she hears: the turn grows with each stanza. */
class Ears {
  readonly scene = new Scene(alice('1'))
  readonly ledger: HeardLedger
  losses = 0
  turn = 0

  constructor(limits: Partial<HeardLimits> = {}) {
    this.ledger = new HeardLedger({ resourcesMax: 100, octetsMax: 100_000, ...limits })
    this.scene.available('1')
  }
  available(from: string, children: readonly Element[] = [], to = ALICE): HeardNews | null {
    const packet = presence({ from, to, children })
    return this.ledger.available(this.scene.account, packet, this.#moment())?.news ?? null
  }
  doubted(from: string): HeardNews | null {
    const packet = annotated(presence({ from, to: ALICE }), jid(ALICE), annotation('c.example', ['connection-paused'], null))
    return this.ledger.available(this.scene.account, packet, this.#moment())?.news ?? null
  }
  unavailable(from: string, children: readonly Element[] = []): { readonly lost: string[]; readonly denied: string[] } {
    const packet = presence({ type: 'unavailable', from, to: ALICE, children })
    const { lost, denied } = this.ledger.unavailable(this.scene.account, packet, this.#moment())
    return { lost: lost.map(({ full }) => full), denied: denied.map(({ full }) => full) }
  }
  get names(): string[] {
    return Array.from(this.ledger.all(), ({ jid: { full } }) => full).toSorted()
  }
  #moment(): { at: number; losses: number; turn: number } {
    this.turn += 1
    return { at: this.turn * 1000, losses: this.losses, turn: this.turn }
  }
}

test('a resource becomes available, says the same again, says something else, shows other capabilities', () => {
  const ears = new Ears()
  assert.equal(ears.available(PHONE, [caps('1')]), 'available')
  assert.equal(ears.available(PHONE, [caps('1')]), 'nothing')
  assert.equal(ears.available(PHONE, [AWAY, caps('1')]), 'presence')
  assert.equal(ears.available(PHONE, [AWAY]), 'presence', 'XEP-0115 8.4: the capabilities are what they were')
  assert.equal(ears.ledger.get(jid(PHONE))?.caps?.ver, '1')
  assert.equal(ears.available(PHONE, [AWAY, caps('2')]), 'capabilities')
  assert.deepEqual(ears.ledger.get(jid(PHONE))?.caps, { hash: 'sha-1', node: 'urn:x', ver: '2' })
})

test('when it was confirmed, and through what', () => {
  const ears = new Ears()
  const said = () => [ears.ledger.get(jid(PHONE))!.confirmedAt, ears.ledger.get(jid(PHONE))!.sign]
  ears.available(PHONE)
  assert.deepEqual(said(), [1000, 'stanza'])
  ears.available(PHONE)
  assert.deepEqual(said(), [2000, 'probe'])
  ears.available(PHONE, [AWAY])
  assert.deepEqual(said(), [3000, 'stanza'])
})

test('presence of somebody who has nothing to do with the account, of a bare JID and of an occupant of a room is not noted', () => {
  const ears = new Ears()
  assert.equal(ears.available('stranger@x.example/1'), null)
  assert.equal(ears.available(CAROL), null)
  assert.equal(ears.available(PHONE, [el('x', 'http://jabber.org/protocol/muc#user')]), null)
  assert.deepEqual(ears.names, [])
  ears.scene.directed('1', 'stranger@x.example')
  assert.equal(ears.available('stranger@x.example/1', [], `${ALICE}/1`), 'available')
  assert.equal(ears.ledger.get(jid('stranger@x.example/1'))?.isBySubscription, false)
  assert.equal(ears.available(`${ERIN}/1`), 'available')
  assert.equal(ears.ledger.get(jid(`${ERIN}/1`))?.isBySubscription, true)
})

test('XEP-0310 4.2: the same without its annotation keeps the doubt, unless the link was lost in between', () => {
  const ears = new Ears()
  ears.doubted(PHONE)
  assert.equal(ears.available(PHONE), 'nothing')
  assert.deepEqual(ears.ledger.get(jid(PHONE))?.doubts, ['connection-paused'])
  ears.losses = 1
  ears.available(PHONE)
  assert.deepEqual(ears.ledger.get(jid(PHONE))?.doubts, [])
})

test('RFC 6121 4.3.2: one resource goes, or all of them at once; what contradicts its own server is denied', () => {
  const ears = new Ears()
  ears.available(PHONE)
  ears.losses = 1
  ears.available(DESK)
  assert.deepEqual(ears.unavailable(`${CAROL}/other`), { lost: [], denied: [] })
  assert.deepEqual(ears.unavailable(CAROL), { lost: [PHONE, DESK], denied: [DESK] })
  ears.available(PHONE)
  assert.deepEqual(ears.unavailable(PHONE), { lost: [PHONE], denied: [] })
})

test('that a contact has no available resource is known from its server until something goes against it', () => {
  const ears = new Ears()
  const carol = jid(CAROL)
  ears.available(PHONE)
  ears.unavailable(PHONE)
  assert.equal(ears.ledger.goneAt(carol), 2000)
  ears.ledger.forgetGone(carol)
  assert.equal(ears.ledger.goneAt(carol), null)
  ears.unavailable(`${BOB}/1`)
  assert.equal(ears.ledger.goneAt(jid(BOB)), null, 'Alice is not subscribed to Bob')
})

test('what is remembered over a restart is not confirmed, and is known again', () => {
  const before = new Ears()
  before.available(PHONE, [caps('1')])
  before.available(`${ERIN}/1`)
  const after = new Ears()
  for (const json of before.ledger.memory()) after.ledger.remember(after.scene.account, json, 0)
  assert.deepEqual(after.names, before.names)
  assert.deepEqual([after.ledger.get(jid(PHONE))?.confirmedAt, after.ledger.get(jid(PHONE))?.caps?.ver], [0, '1'])
  assert.equal(after.available(PHONE, [caps('1')]), 'nothing')
  assert.equal(after.unavailable(`${ERIN}/1`).lost.length, 1)
  assert.deepEqual(after.unavailable(CAROL).denied, [PHONE], 'it has spoken in this run')
})

test('what is forgotten is not known any more, and the rest is', () => {
  const ears = new Ears()
  ears.available(PHONE)
  ears.available(`${ERIN}/1`)
  ears.unavailable(CAROL)
  ears.ledger.forget((domain) => domain === 'c.example')
  assert.deepEqual([ears.names, ears.ledger.goneAt(jid(CAROL))], [[`${ERIN}/1`], null])
  ears.ledger.forget(() => true)
  assert.deepEqual([ears.ledger.size, ears.ledger.octets], [0, 0])
})

test('resources and octets are bounded, and what is forgotten makes room', () => {
  const few = new Ears({ resourcesMax: 1 })
  few.available(PHONE)
  assert.equal(few.available(DESK), null)
  few.unavailable(PHONE)
  assert.equal(few.available(DESK), 'available')

  const small = new Ears({ octetsMax: 700 })
  small.available(PHONE)
  small.available(DESK)
  assert.equal(small.available(`${ERIN}/1`), null)
  assert.deepEqual(small.names, [DESK, PHONE])
})

test('whatever comes, octets are those of what is there, and none are left when all is gone', () => {
  const who = fc.constantFrom(PHONE, DESK, CAROL, `${ERIN}/1`, ERIN)
  const what = fc.constantFrom<readonly Element[]>([], [caps('1')], [caps('a longer one')], [AWAY])
  fc.assert(
    fc.property(fc.array(fc.tuple(who, what, fc.boolean())), (script) => {
      const ears = new Ears({ resourcesMax: 3, octetsMax: 1200 })
      for (const [from, children, isAvailable] of script) {
        if (isAvailable) {
          ears.ledger.forgetGone(jid(from))
          ears.available(from, children)
        } else ears.unavailable(from, children)
        assert.ok(ears.ledger.octets >= 0 && ears.ledger.octets <= 1200)
        assert.ok(ears.ledger.size <= 3)
      }
      for (const from of [CAROL, ERIN]) {
        ears.unavailable(from)
        ears.ledger.forgetGone(jid(from))
      }
      assert.deepEqual([ears.ledger.size, ears.ledger.octets], [0, 0])
    }),
  )
})
