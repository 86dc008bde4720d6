/** XEP-0310: what a client was given of resources elsewhere, and what is news to it then. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { presence } from '../../../test/support/im-recorder.ts'
import { child } from '../../../test/support/im-scene.ts'
import { el, type Element } from '../../xml/element.ts'
import { jid } from '../../xmpp/jid.ts'
import { annotated, annotation } from '../../xmpp/state-annotation.ts'
import { Given } from './given.ts'

const CAROL = 'carol@c.example'
const PHONE = `${CAROL}/phone`
const DESK = `${CAROL}/desk`
const ALICE = 'alice@a.example'
const AWAY = [child('show', 'away')]
const BYE = [child('status', 'Bye')]
const delay = (stamp: string): Element => el('delay', 'urn:xmpp:delay', { from: 'c.example', stamp })

class Client {
  readonly given: Given
  turn = 0

  constructor(limits = {}) {
    this.given = new Given({ presencesMax: 100, octetsMax: 10_000, ...limits })
  }
  /** Is that news? */
  available(from: string, children: readonly Element[] = []): boolean {
    return !this.given.take(presence({ from, to: ALICE, children }), (this.turn += 1))
  }
  unavailable(from: string, children: readonly Element[] = []): boolean {
    return !this.given.take(presence({ type: 'unavailable', from, to: ALICE, children }), (this.turn += 1))
  }
}

test('the same content is no news, whatever annotation it has; another one is, also the one before', () => {
  const client = new Client()
  assert.equal(client.available(PHONE, AWAY), true)
  assert.equal(client.available(PHONE, AWAY), false)
  const doubted = annotated(
    presence({ from: PHONE, children: AWAY }),
    jid(ALICE),
    annotation('c.example', ['connection-paused'], null),
  )
  assert.equal(client.given.take(doubted, 0), true)
  assert.equal(client.available(PHONE), true)
  assert.equal(client.available(PHONE, AWAY), true)
})

test('that a resource has gone is remembered of each one, while others are there', () => {
  const client = new Client()
  client.available(PHONE)
  client.available(DESK)
  assert.equal(client.unavailable(PHONE), true)
  assert.equal(client.unavailable(PHONE), false)
  assert.equal(client.available(DESK), false)
  assert.equal(client.available(PHONE), true, 'it has come again')
  assert.equal(client.unavailable(PHONE), true)
})

test('since when a resource has come that was not shown before is known, unless something was forgotten', () => {
  const client = new Client()
  const hasCome = (from: string, since: number): boolean => client.given.hasComeSince(jid(from), since)
  client.available(PHONE)
  client.available(PHONE, AWAY)
  assert.deepEqual([hasCome(PHONE, 0), hasCome(PHONE, 1), hasCome(DESK, 0)], [true, false, false])
  client.unavailable(PHONE)
  assert.equal(hasCome(PHONE, 0), false, 'it is not there')
  client.available(PHONE)
  assert.deepEqual([hasCome(PHONE, 3), hasCome(PHONE, 4)], [true, false])
  client.given.forget(jid(CAROL))
  client.available(PHONE)
  assert.equal(hasCome(PHONE, 0), false, 'the client may have shown it')
})

test('that all have gone is news to a client that may show resources of which nothing is remembered', () => {
  const client = new Client()
  client.available(PHONE)
  client.given.forget(jid(CAROL))
  client.unavailable(DESK)
  assert.equal(client.unavailable(CAROL), true)
  assert.equal(client.unavailable(CAROL), false)
})

test('who saw the last one go knows that nobody is there; since when is no news, what was said is', () => {
  const client = new Client()
  client.available(PHONE)
  client.available(DESK)
  client.unavailable(PHONE)
  assert.equal(client.unavailable(CAROL), true, 'the other one is still shown')
  assert.equal(client.unavailable(CAROL, [delay('2026-01-01T00:00:00Z')]), false)
  assert.equal(client.unavailable(DESK), false)
  assert.equal(client.unavailable(CAROL, BYE), true)
  client.available(DESK)
  client.unavailable(DESK, BYE)
  assert.equal(client.unavailable(CAROL, BYE), false)
})

test('the first word of a contact is news, also that nobody is there', () => {
  const client = new Client()
  assert.equal(client.unavailable(CAROL), true)
})

test('that a resource has gone is no news to a client that never showed it, unless that is forgotten', () => {
  const client = new Client()
  assert.equal(client.unavailable(PHONE, BYE), false)
  client.available(DESK)
  assert.equal(client.unavailable(PHONE), false)
  client.given.forget(jid(CAROL))
  assert.equal(client.unavailable(PHONE), true)
  const [crowded, restored] = [new Client(), new Client()]
  for (let i = 0; i < 200; i++) crowded.given.forget(jid(`${i}@d.example`))
  restored.given.remember([])
  for (const one of [crowded, restored]) assert.equal(one.unavailable(PHONE), true)
})

test('what is to be told again is news; of a contact whom the user sees no more only what is available', () => {
  const client = new Client()
  client.available(DESK)
  const all = (): readonly boolean[] => [client.available(PHONE), client.unavailable(DESK)]
  all()
  client.given.forget(jid(CAROL))
  assert.deepEqual(all(), [true, true])
  client.given.forgetAll(({ full }) => full === DESK)
  assert.deepEqual(all(), [false, true])
  client.given.forgetAvailable(jid(CAROL))
  assert.deepEqual(all(), [true, false])
})

test('what is over the limit is told again, and nobody is held for gone because of it', () => {
  const client = new Client({ presencesMax: 1 })
  client.available(PHONE)
  assert.deepEqual([client.available(DESK), client.available(DESK)], [true, true])
  assert.equal(client.unavailable(PHONE), true)
  assert.equal(client.unavailable(CAROL), true)
})

test('new names each time do not fill it', () => {
  const client = new Client()
  for (let i = 0; i < 50; i++) {
    client.available(`${CAROL}/${i}`)
    client.unavailable(`${CAROL}/${i}`)
  }
  assert.ok(client.given.size < 10)
})

test('over a restart all of it is known; of others it is known that nobody was there, whatever is said of that', () => {
  const before = new Client()
  before.available(PHONE, AWAY)
  before.available(DESK)
  before.unavailable(DESK)
  before.available('dave@d.example/1')
  const after = new Client()
  after.given.remember(before.given.memory(({ domain }) => domain !== 'd.example'))
  after.given.rememberGone(jid('erin@e.example'))
  after.given.rememberGone(jid(CAROL))
  assert.deepEqual([after.available(PHONE, AWAY), after.unavailable(DESK)], [false, false])
  assert.equal(after.available('dave@d.example/1'), true)
  assert.equal(after.unavailable('erin@e.example', BYE), false)
  assert.equal(after.unavailable(CAROL), true)
})

test('what is no news changes nothing that the client shows, whatever came before; and the size is bounded', () => {
  const who = fc.constantFrom(PHONE, DESK, CAROL, 'dave@d.example/1', 'dave@d.example')
  const step = fc.record({
    from: who,
    isGone: fc.boolean(),
    isForgotten: fc.boolean(),
    children: fc.constantFrom<readonly Element[]>([], AWAY, BYE),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), (steps, presencesMax) => {
      const client = new Client({ presencesMax })
      const shown = new Map<string, string>()
      for (const { from, isGone, isForgotten, children } of steps) {
        if (isForgotten) client.given.forget(jid(from))
        if (!isGone && !from.includes('/')) continue
        const before = new Map(shown)
        if (isGone) for (const full of shown.keys()) if (full === from || full.startsWith(`${from}/`)) shown.delete(full)
        if (!isGone) shown.set(from, JSON.stringify(children))
        const isNews = isGone ? client.unavailable(from, children) : client.available(from, children)
        if (!isNews) assert.deepEqual(shown, before)
        assert.ok(client.given.size <= presencesMax)
      }
    }),
  )
})
