/** What a client that asks is sent of a presence from another server, so that it believes what is so and is told nothing twice. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { el } from '../../xml/element.ts'
import { wire } from '../../xml/wire.ts'
import { jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { annotated, annotation, doubtersAfter, doubtsIn, plain, type Doubt } from '../../xmpp/state-annotation.ts'
import { lightOf, newsOf, type Before, type News, type Said } from './news.ts'

const OURS = 'a.example'
const THEIRS = 'b.example'
const ME = jid('romeo@a.example/1')

type Theirs = 'doubts' | 'takes back' | 'says nothing'
interface Event {
  /** Null: only what we know has changed. */
  readonly said: { readonly show: string; readonly theirs: Theirs } | null
  readonly isOurs: boolean
}

function presence(show: string, theirs: Theirs): Packet {
  const payload = Payload.of(el('show', 'jabber:client', {}, show))
  const packet = Packet.of({ kind: 'presence', from: jid('juliet@b.example/orchard'), to: ME, payload, lang: wire('en') })
  if (theirs === 'says nothing') return packet
  return annotated(packet, ME, annotation(THEIRS, theirs === 'doubts' ? ['connection-paused'] : [], null))
}

/** A client that folds what it gets as docs/presence-truth.md says. */
class Client {
  before: Before | null = null
  show = ''
  doubters: readonly string[] = []
  readonly sent: Packet[] = []

  take({ kept, first, sent }: News, told: Doubt | null): void {
    if (first !== null) this.#get(first)
    this.#get(sent)
    this.before = { packet: kept, told }
  }
  #get({ packet, ours }: Said): void {
    const written = ours === null ? packet : annotated(packet, ME, annotation(OURS, ours === 'nothing' ? [] : [ours], null))
    this.sent.push(written)
    this.show = plain(written).payload.text
    this.doubters = doubtersAfter(this.doubters, written)
  }
}

/** What the other server says at present: kept over a repetition that says nothing of it (XEP-0310 4.2). */
const doubtsAfter = (before: Before | null, packet: Packet, theirs: Theirs): readonly Doubt[] => {
  const isBare = theirs === 'says nothing' && before !== null && plain(before.packet).payload.text === packet.payload.text
  return isBare ? doubtsIn(before.packet) : doubtsIn(packet)
}

test('PSA-23: whatever the two servers doubt, and in which order it ends, the client believes what is so', () => {
  const said = fc.record({
    show: fc.constantFrom('away', 'dnd'),
    theirs: fc.constantFrom<Theirs>('doubts', 'takes back', 'says nothing'),
  })
  const event = fc.record({ said: fc.option(said), isOurs: fc.boolean() })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 12 }), (events: readonly Event[]) => {
      const client = new Client()
      let doubts: readonly Doubt[] = []
      for (const { said: what, isOurs } of events) {
        const told = isOurs ? 'server-unavailable' : null
        const { before } = client
        if (what === null) {
          if (before === null || before.told === told) continue
          client.take(lightOf(before.packet, told), told)
        } else {
          const packet = presence(what.show, what.theirs)
          doubts = doubtsAfter(before, packet, what.theirs)
          client.take(newsOf(before, packet, doubts, told), told)
          assert.equal(client.show, plain(packet).payload.text)
        }
        const expected = [...(isOurs ? [OURS] : []), ...(doubts.length > 0 ? [THEIRS] : [])]
        assert.deepEqual(client.doubters, expected)
      }
    }),
  )
})

test('PSA-23: the doubt of the other server ends while ours holds: theirs is taken back, and ours stands last', () => {
  const client = new Client()
  const paused = presence('away', 'doubts')
  client.take(newsOf(null, paused, doubtsIn(paused), 'server-unavailable'), 'server-unavailable')
  client.sent.length = 0
  client.take(newsOf(client.before, presence('away', 'takes back'), [], 'server-unavailable'), 'server-unavailable')
  const annotations = client.sent.map(({ payload }) => payload.elements.filter((e) => e.name === 'state-annotation'))
  assert.deepEqual(
    annotations.map((all) => all.map((e) => [e.attr('from'), e.elements.map(({ name }) => name)])),
    [[[THEIRS, []]], [[OURS, ['server-unavailable']]]],
  )
  assert.deepEqual(client.doubters, [OURS])
})

test('an annotation that takes back what the client was never told is not passed on', () => {
  const { kept, first, sent } = newsOf(null, presence('away', 'takes back'), [], null)
  assert.deepEqual([first, sent.ours], [null, null])
  for (const packet of [kept, sent.packet]) assert.equal(packet.payload.text.includes('state-annotation'), false)
})
