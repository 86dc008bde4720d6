import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { wire } from '../../xml/wire.ts'
import { jid } from '../../xmpp/jid.ts'
import { Packet, Payload, type Kind } from '../../xmpp/packet.ts'
import { PSA } from '../../xmpp/state-annotation.ts'
import { ClientState, type CsiOptions } from './queue.ts'

const ME = jid('me@example.net/phone')
const EVENTS = 'http://jabber.org/protocol/pubsub#event'
const OPTIONS: CsiOptions = { holdPresence: true, holdChatStates: true, holdEvents: true, stanzasMax: 100, octetsMax: 100_000 }
const STATES = 'http://jabber.org/protocol/chatstates'

function packet(kind: Kind, from: string, type = '', payload = ''): Packet {
  return Packet.of({ kind, type, from: jid(from), to: ME, payload: Payload.ofText(wire(payload)) })
}
const available = (from: string, show = 'away'): Packet => packet('presence', from, '', `<show>${show}</show>`)
const annotation = (by: string, doubt: string): string =>
  `<state-annotation xmlns='${PSA}' from='${by}'>${doubt === '' ? '' : `<${doubt}/>`}</state-annotation>`
const annotated = (from: string, show: string, ...by: readonly (readonly [string, string])[]): Packet =>
  packet('presence', from, '', `<show>${show}</show>${by.map(([annotator, doubt]) => annotation(annotator, doubt)).join('')}`)
const gone = (from: string): Packet => packet('presence', from, 'unavailable')
const chat = (from: string, text = 'hello', state = ''): Packet => packet('message', from, 'chat', `<body>${text}</body>${state}`)
const state = (name: string): string => `<${name} xmlns='${STATES}'/>`
const typing = (from: string, name = 'composing'): Packet => packet('message', from, 'chat', state(name))

/** A client, and what has reached it. */
class Phone {
  readonly got: Packet[] = []
  readonly state: ClientState
  /** Resources that have come while the user does not look. */
  readonly newcomers = new Set<string>()

  constructor(options: Partial<CsiOptions> = {}) {
    this.state = new ClientState(
      ME,
      { ...OPTIONS, ...options },
      {
        send: (p) => void this.got.push(p),
        turn: () => 0,
        hasComeSince: ({ full }) => this.newcomers.has(full),
      },
    )
  }
  arrive(...packets: readonly Packet[]): void {
    for (const p of packets) if (this.state.admits(p)) this.got.push(p)
  }
  /** What it got since this was last called: sender, type, content. */
  taken(): readonly string[] {
    return this.got.splice(0).map(short)
  }
}
const short = (p: Packet): string =>
  `${p.from.full}${p.type === '' ? '' : ` ${p.type}`} ${p.payload.text.replace(/<\/.*| xmlns.*/g, '').replace(/<show>|<body>|</g, '')}`.trim()

const inactive = (options?: Partial<CsiOptions>): Phone => {
  const phone = new Phone(options)
  phone.state.deactivate()
  return phone
}
const activate = (phone: Phone): readonly string[] => {
  phone.state.activate()
  return phone.taken()
}

test('T-CSI1: of fifty updates the last one waits, and goes before the message of the same contact', () => {
  const phone = inactive()
  for (let i = 0; i < 50; i++) phone.arrive(available('bob@b/x', `${i}`))
  phone.arrive(available('carol@c/x'))
  assert.deepEqual(phone.taken(), [])
  phone.arrive(chat('bob@b/x'))
  assert.deepEqual(phone.taken(), ['bob@b/x 49', 'bob@b/x chat hello'])
  assert.deepEqual(activate(phone), ['carol@c/x away'])
  assert.deepEqual(activate(phone), [])
})

test('An active client is spared nothing', () => {
  const phone = new Phone()
  phone.arrive(available('bob@b/x'), available('bob@b/x'), typing('bob@b/x'), gone('bob@b/x'))
  assert.equal(phone.taken().length, 4)
})

test('Inactive twice is inactive; what waits stays', () => {
  const phone = inactive()
  phone.arrive(available('bob@b/x'))
  phone.state.deactivate()
  assert.deepEqual(activate(phone), ['bob@b/x away'])
})

test('Subscriptions, errors and IQs are never held back', () => {
  const phone = inactive()
  for (const type of ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed', 'error'])
    phone.arrive(packet('presence', 'bob@b', type))
  phone.arrive(packet('iq', 'bob@b/x', 'get'), packet('message', 'bob@b/x', 'headline', '<event/>'))
  assert.equal(phone.taken().length, 7)
})

test("The client's own presence, and how it fares in a room, is not held back", () => {
  const phone = inactive()
  phone.arrive(available(ME.full))
  phone.arrive(available('room@r/other'))
  phone.arrive(packet('presence', 'room@r/me', '', "<x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/></x>"))
  assert.deepEqual(
    phone.taken().map((text) => text.split(' ')[0]),
    [ME.full, 'room@r/other', 'room@r/me'],
  )
})

test("A room's subject comes after its occupants", () => {
  const phone = inactive()
  phone.arrive(
    available('room@r/a'),
    available('bob@b/x'),
    available('room@r/c'),
    packet('message', 'room@r', 'groupchat', '<subject/>'),
  )
  assert.deepEqual(
    phone.taken().map((text) => text.split(' ')[0]),
    ['room@r/a', 'room@r/c', 'room@r'],
  )
})

test('What one resource of a contact sends lets out what its others have sent, or their order would be lost', () => {
  const phone = inactive()
  phone.arrive(gone('bob@b'), available('bob@b/y'), available('carol@b/x'), packet('iq', 'bob@b/y', 'get'))
  assert.deepEqual(phone.taken(), ['bob@b unavailable', 'bob@b/y away', 'bob@b/y get'])
})

test('Net zero: who came and went unseen did not happen', () => {
  const phone = inactive()
  phone.arrive(available('bob@b/x'), gone('bob@b/x'))
  assert.deepEqual(activate(phone), [])
})

test('Net zero is not supposed where the client may have seen the contact before', () => {
  const phone = new Phone()
  phone.arrive(available('someone@b/x'))
  phone.taken()
  phone.state.deactivate()
  phone.arrive(available('bob@b/x'), gone('bob@b/x'))
  assert.deepEqual(activate(phone), ['bob@b/x unavailable'])
  phone.state.deactivate()
  phone.arrive(available('bob@b/x'), gone('bob@b/x'))
  assert.deepEqual(activate(phone), [], 'by now it is known')
})

test('Net zero: a resource that came while nobody looked, and went, did not happen, whatever the client has seen before', () => {
  const phone = new Phone()
  phone.arrive(available('someone@b/x'), available('bob@b/y'))
  phone.taken()
  phone.state.deactivate()
  phone.newcomers.add('bob@b/x')
  phone.arrive(available('bob@b/x'), available('bob@b/x', 'dnd'), gone('bob@b/y'), gone('bob@b/x'))
  assert.deepEqual(activate(phone), ['bob@b/y unavailable'])
})

test('A resource that went, came and went while nobody looked is told to have gone', () => {
  const phone = new Phone()
  phone.arrive(available('bob@b/x'))
  phone.taken()
  phone.state.deactivate()
  phone.newcomers.add('bob@b/x')
  phone.arrive(gone('bob@b/x'), available('bob@b/x'), gone('bob@b/x'))
  assert.deepEqual(activate(phone), ['bob@b/x unavailable'])
})

test('A resource that was let out by a message and then goes is told to have gone', () => {
  const phone = inactive()
  phone.newcomers.add('bob@b/x')
  phone.arrive(available('bob@b/x'), chat('bob@b/x'), available('bob@b/x', 'dnd'), gone('bob@b/x'))
  assert.deepEqual(phone.taken(), ['bob@b/x away', 'bob@b/x chat hello'])
  assert.deepEqual(activate(phone), ['bob@b/x unavailable'])
})

test('A doubt that the client was told before it was first inactive is taken back', () => {
  const phone = new Phone({ stanzasMax: 0 })
  phone.arrive(annotated('bob@b/x', 'away', ['a', 'connection-paused']))
  phone.state.deactivate()
  phone.arrive(annotated('bob@b/x', 'dnd', ['b', '']))
  assert.equal(phone.taken().length, 2, 'there is no room to hold anything')
  phone.arrive(available('bob@b/x', 'dnd'))
  assert.deepEqual(phone.taken(), ['bob@b/x dnd'])
})

test('Net zero: who is again as the client saw him did not change (T-PSA23)', () => {
  const phone = inactive()
  phone.arrive(available('bob@b/x', 'dnd'))
  assert.deepEqual(activate(phone), ['bob@b/x dnd'])
  phone.state.deactivate()
  phone.arrive(available('bob@b/x', 'away'), available('bob@b/x', 'dnd'))
  assert.deepEqual(activate(phone), [])
  phone.state.deactivate()
  phone.arrive(gone('bob@b/x'), available('bob@b/x', 'dnd'))
  assert.deepEqual(activate(phone), [])
  phone.state.deactivate()
  phone.arrive(available('bob@b/x', 'dnd'), available('bob@b/x', 'xa'))
  assert.deepEqual(activate(phone), ['bob@b/x xa'])
})

test('Unavailable from the bare JID takes the place of all that its resources have sent', () => {
  const phone = inactive()
  phone.arrive(available('bob@b/x'), available('bob@b/y'), available('carol@b/x'), gone('bob@b'))
  assert.deepEqual(activate(phone), ['carol@b/x away', 'bob@b unavailable'])
})

test('What follows an unavailable from the bare JID is not mistaken for what the client knows', () => {
  const phone = inactive()
  phone.arrive(available('bob@b/x', 'dnd'))
  activate(phone)
  phone.state.deactivate()
  phone.arrive(gone('bob@b'), available('bob@b/x', 'dnd'))
  assert.deepEqual(activate(phone), ['bob@b unavailable', 'bob@b/x dnd'])
  phone.state.deactivate()
  phone.arrive(gone('bob@b'), available('bob@b/y'), gone('bob@b/y'))
  assert.deepEqual(activate(phone), ['bob@b unavailable'])
})

test('XEP-0085: of each conversation the last state is left; a message that tells a state takes its place', () => {
  const phone = inactive()
  phone.arrive(typing('bob@b/x'), typing('bob@b/x', 'paused'), typing('carol@c/x'))
  phone.arrive(chat('bob@b/x', 'hello', state('active')))
  assert.deepEqual(
    phone.taken().map((text) => text.split(' ')[0]),
    ['bob@b/x'],
  )
  phone.arrive(chat('carol@c/x'))
  assert.deepEqual(phone.taken(), ['carol@c/x chat composing', 'carol@c/x chat hello'])
  phone.arrive(typing('bob@b/x'), typing('bob@b/x', 'gone'))
  assert.deepEqual(activate(phone), ['bob@b/x chat gone'])
})

test('XEP-0280: the chat states in copies are looked at as those that come directly', () => {
  const copy = (direction: string, from: string, to: string, children: string): Packet =>
    packet(
      'message',
      ME.bare,
      'chat',
      `<${direction} xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='${from}' to='${to}'>${children}</message></forwarded></${direction}>`,
    )
  const phone = inactive()
  phone.arrive(
    copy('sent', 'me@example.net/desk', 'bob@b', state('composing')),
    copy('received', 'bob@b/x', 'me@example.net/desk', state('composing')),
  )
  phone.arrive(
    copy('sent', 'me@example.net/desk', 'carol@c', state('composing')),
    copy('sent', 'me@example.net/desk', 'bob@b', state('paused')),
  )
  assert.deepEqual(phone.taken(), [])
  phone.arrive(copy('sent', 'me@example.net/desk', 'bob@b', `<body>x</body>${state('active')}`))
  assert.equal(phone.got.length, 3, 'the message and the two other conversations')
  phone.taken()
  phone.arrive(packet('message', 'mallory@m/x', 'chat', "<received xmlns='urn:xmpp:carbons:2'/>"))
  assert.equal(phone.taken().length, 1)
})

test('Limits: one stanza more than may wait sends them all, in order', () => {
  const phone = inactive({ stanzasMax: 2 })
  phone.arrive(available('a@b/x'), available('c@b/x'))
  assert.deepEqual(phone.taken(), [])
  phone.arrive(available('d@b/x'))
  assert.deepEqual(phone.taken(), ['a@b/x away', 'c@b/x away', 'd@b/x away'])
  phone.arrive(available('a@b/x', 'xa'))
  assert.deepEqual(phone.taken(), [], 'it is still inactive')
})

test('Limits: octets count, and what was replaced does not', () => {
  const phone = inactive({ octetsMax: 100 })
  for (let i = 0; i < 50; i++) phone.arrive(available('a@b/x', 'x'.repeat(50)))
  assert.deepEqual(phone.taken(), [])
  phone.arrive(available('c@b/x', 'x'.repeat(50)))
  assert.equal(phone.taken().length, 2)
})

test('PEP-13: of the events of one item of a contact the last one waits; what a client acts upon goes at once', () => {
  const event = (from: string, node: string, id: string, text: string): Packet =>
    packet(
      'message',
      from,
      'headline',
      `<event xmlns='${EVENTS}'><items node='${node}'><item id='${id}'>${text}</item></items></event>`,
    )
  const phone = inactive()
  phone.arrive(event('a@b', 'mood', '1', 'sad'), event('a@b', 'mood', '2', 'b'), event('c@b', 'mood', '1', 'c'))
  phone.arrive(event('a@b', 'mood', '1', 'happy'))
  assert.deepEqual(phone.taken(), [])
  phone.arrive(event('a@b', 'urn:xmpp:omemo:2:devices', 'current', 'd'), event(ME.bare, 'mood', '1', 'own'))
  const texts = (): readonly string[] => phone.got.splice(0).map(({ payload }) => />(\w+)</.exec(payload.text)![1]!)
  assert.deepEqual(texts(), ['b', 'happy', 'd', 'own']) // what waits from the same address goes first
  phone.state.activate()
  assert.deepEqual(texts(), ['c'])
  const plain = inactive({ holdEvents: false })
  plain.arrive(event('a@b', 'mood', '1', 'sad'))
  assert.equal(plain.got.length, 1)
})

test('Options: what is not to be held back goes at once', () => {
  const noPresence = inactive({ holdPresence: false })
  noPresence.arrive(typing('a@b/x'), available('a@b/x'))
  assert.deepEqual(noPresence.taken(), ['a@b/x chat composing', 'a@b/x away'])
  const noStates = inactive({ holdChatStates: false })
  noStates.arrive(available('a@b/x'), typing('a@b/x'))
  assert.deepEqual(noStates.taken(), ['a@b/x away', 'a@b/x chat composing'])
})

// Properties

type Event = Packet | 'active' | 'inactive'
const BARE = ['a@b', 'c@b', 'b'] as const
const full = fc.tuple(fc.constantFrom(...BARE), fc.constantFrom('x', 'y')).map(([bare, resource]) => `${bare}/${resource}`)
const anyone = fc.oneof({ weight: 5, arbitrary: full }, { weight: 1, arbitrary: fc.constantFrom<string>(...BARE) })
const shows = fc.constantFrom('away', 'dnd')
/** One annotation, or two; an empty one takes back what was said, and stands alone. */
const doubts = fc.oneof(
  fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('', 'connection-paused')).map((one) => [one]),
  fc.constant([['b', 'connection-paused'] as const, ['a', 'server-unavailable'] as const]),
)
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(anyone, shows).map(([from, show]) => available(from, show)) },
  { weight: 4, arbitrary: fc.tuple(full, shows, doubts).map(([from, show, by]) => annotated(from, show, ...by)) },
  { weight: 5, arbitrary: anyone.map(gone) },
  { weight: 3, arbitrary: fc.tuple(full, fc.constantFrom('composing', 'paused')).map(([from, name]) => typing(from, name)) },
  { weight: 1, arbitrary: full.map((from) => chat(from)) },
  { weight: 1, arbitrary: full.map((from) => chat(from, 'hello', state('active'))) },
  { weight: 1, arbitrary: full.map((from) => packet('iq', from, 'get')) },
  { weight: 1, arbitrary: anyone.map((from) => packet('presence', from, 'subscribe')) },
  { weight: 2, arbitrary: fc.constantFrom<Event>('active', 'inactive') },
)
const events = fc.array(event, { maxLength: 60, size: 'max' })
const limits = fc.constantFrom(3, 100)

/** How the receiver sees its contacts and conversations after these stanzas. */
function viewOf(packets: readonly Packet[]): ReadonlyMap<string, string> {
  const view = new Map<string, string>()
  for (const { kind, type, from, payload } of packets) {
    if (kind === 'presence' && type === '') view.set(from.full, shownBy(view.get(from.full), payload))
    else if (kind === 'presence' && type === 'unavailable') {
      const isOver = (seen: string): boolean => seen === from.full || (from.isBare && seen.startsWith(`${from.bare}/`))
      for (const seen of view.keys()) if (isOver(seen)) view.delete(seen)
    } else if (kind === 'message') {
      const told = payload.elements.find((e) => e.ns === STATES)
      if (told !== undefined) view.set(`state ${from.full}`, told.name)
    }
  }
  return view
}
/** An annotation holds until its annotator says another one, or a presence comes that has none. */
function shownBy(before: string | undefined, { elements }: Payload): string {
  const [show] = elements
  const doubts = new Map<string, string>(elements.length > 1 && before !== undefined ? JSON.parse(before)[1] : [])
  for (const e of elements.slice(1)) {
    const doubt = e.elements[0]?.name
    if (doubt === undefined) doubts.delete(e.attr('from')!)
    else doubts.set(e.attr('from')!, doubt)
  }
  return JSON.stringify([show!.text, [...doubts].toSorted()])
}
const sorted = (view: ReadonlyMap<string, string>): readonly [string, string][] =>
  [...view].toSorted(([a], [b]) => (a < b ? -1 : 1))

/** Plays the events to a phone, then activates it. */
function play(all: readonly Event[], stanzasMax: number): { readonly sent: readonly Packet[]; readonly phone: Phone } {
  const phone = new Phone({ stanzasMax })
  const sent: Packet[] = []
  for (const now of all) {
    if (now === 'active') phone.state.activate()
    else if (now === 'inactive') phone.state.deactivate()
    else {
      sent.push(now)
      phone.arrive(now)
    }
  }
  phone.state.activate()
  return { sent, phone }
}

test('property: an active client sees its contacts as if nothing had ever been held back', () =>
  fc.assert(
    fc.property(events, limits, (all, stanzasMax) => {
      const { sent, phone } = play(all, stanzasMax)
      assert.deepEqual(sorted(viewOf(phone.got)), sorted(viewOf(sent)))
    }),
    { numRuns: 600 },
  ))

test('property: the order of what one contact sends is kept, and nothing is sent that he did not send', () =>
  fc.assert(
    fc.property(events, limits, (all, stanzasMax) => {
      const { sent, phone } = play(all, stanzasMax)
      for (const bare of BARE)
        assertSubsequence(
          phone.got.filter((p) => p.from.bare === bare),
          sent.filter((p) => p.from.bare === bare),
        )
    }),
    { numRuns: 600 },
  ))

test('property: whatever is neither presence nor a mere chat state arrives, and at once', () =>
  fc.assert(
    fc.property(events, limits, (all, stanzasMax) => {
      const phone = new Phone({ stanzasMax })
      for (const now of all) {
        if (now === 'active') phone.state.activate()
        else if (now === 'inactive') phone.state.deactivate()
        else {
          phone.arrive(now)
          const canWait =
            (now.kind === 'presence' && now.type !== 'subscribe') ||
            short(now).includes('composing') ||
            short(now).includes('paused')
          if (!canWait) assert.equal(phone.got.at(-1)?.wire, now.wire)
          assert(phone.state.size <= stanzasMax)
        }
      }
    }),
  ))

test('property: while a client is inactive and nobody writes to it, no resource is sent about more than once', () =>
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.tuple(full, shows).map(([from, show]) => available(from, show)),
          full.map(gone),
        ),
        { maxLength: 40 },
      ),
      (all) => {
        const phone = inactive()
        phone.arrive(...all)
        assert.equal(phone.got.length, 0)
        phone.state.activate()
        const senders = phone.got.map((p) => p.from.full)
        assert.equal(new Set(senders).size, senders.length)
      },
    ),
  ))

function assertSubsequence(part: readonly Packet[], whole: readonly Packet[]): void {
  let i = 0
  for (const p of part) {
    while (i < whole.length && whole[i]!.wire !== p.wire) i++
    assert(i < whole.length, `${short(p)} is out of order`)
    i++
  }
}
