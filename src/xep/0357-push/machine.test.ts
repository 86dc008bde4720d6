import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseElement } from '../../xml/parse.ts'
import { encode } from '../../xml/wire.ts'
import { jid } from '../../xmpp/jid.ts'
import { CLIENT } from '../../xmpp/ns.ts'
import { Packet, Payload, type Kind } from '../../xmpp/packet.ts'
import { isWorthPushing, outcomeOf, Waking } from './machine.ts'

const ME = 'romeo@example.net'
const worth = (kind: Kind, type: string, inside: string, from = 'juliet@example.net/balcony'): boolean => {
  const { elements } = parseElement(encode(`<x>${inside}</x>`), CLIENT)
  return isWorthPushing(Packet.of({ kind, type, from: jid(from), to: jid(ME), id: null, payload: Payload.of(...elements) }), ME)
}

test('PUSH-2: what is worth waking a device', () => {
  const yes: readonly (readonly [Kind, string, string])[] = [
    ['message', 'chat', '<body>x</body>'],
    ['message', '', '<body>x</body>'],
    ['message', 'chat', `<encrypted xmlns='eu.siacs.conversations.axolotl'/>`],
    ['message', 'chat', `<propose xmlns='urn:xmpp:jingle-message:0' id='1'/>`],
    ['message', '', `<x xmlns='jabber:x:conference' jid='r@c'/>`],
    ['message', '', `<x xmlns='http://jabber.org/protocol/muc#user'><invite from='a@b'/></x>`],
    ['message', 'chat', `<x xmlns='urn:y'/><store xmlns='urn:xmpp:hints'/>`],
    ['iq', 'set', `<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='1'/>`],
  ]
  const no: readonly (readonly [Kind, string, string])[] = [
    ['message', 'chat', `<composing xmlns='http://jabber.org/protocol/chatstates'/>`],
    ['message', 'chat', `<received xmlns='urn:xmpp:receipts' id='1'/>`],
    ['message', '', `<event xmlns='http://jabber.org/protocol/pubsub#event'/>`],
    ['message', 'headline', '<body>x</body>'],
    ['message', 'groupchat', '<body>x</body>'],
    ['message', 'error', '<body>x</body>'],
    ['message', 'chat', `<body>x</body><no-store xmlns='urn:xmpp:hints'/>`],
    ['message', 'chat', `<body>x</body><delay xmlns='urn:xmpp:delay' from='example.net' stamp='2026-01-01T00:00:00Z'/>`],
    ['message', 'chat', ''],
    ['presence', '', ''],
    ['presence', 'subscribe', ''],
    ['presence', 'subscribed', ''],
    ['iq', 'get', `<query xmlns='jabber:iq:version'/>`],
    ['iq', 'set', `<jingle xmlns='urn:xmpp:jingle:1' action='session-info' sid='1'/>`],
  ]
  for (const one of yes) assert(worth(...one), one.join(' '))
  for (const one of no) assert(!worth(...one), one.join(' '))
  assert(!worth('message', 'chat', '<body>x</body>', `${ME}/balcony`), 'copies of what the user has written')
})

test('PUSH-2: one notification in an interval, until the device is back', () => {
  const waking = new Waking()
  assert.equal(waking.came(true, 200, 60_000), 200)
  assert.equal(waking.came(true, 250, 60_000), null)
  assert.deepEqual([waking.isDue(199), waking.isDue(200), waking.isDue(200), waking.messages], [false, true, false, 2])
  waking.notified(200)
  assert.equal(waking.came(true, 1000, 60_000), 60_200)
  assert.equal(waking.came(true, 2000, 60_000), null)
  assert(waking.isDue(60_200))
  waking.notified(60_200)
  waking.back()
  assert.deepEqual([waking.messages, waking.came(true, 61_000, 60_000)], [0, 61_000])
  const slow = new Waking()
  assert.deepEqual([slow.came(true, 30_000, 60_000), slow.came(true, 200, 60_000)], [30_000, 200], 'what is sooner counts')
})

test('PUSH-4: answers of push services', () => {
  const of = (condition: string, type: string) => outcomeOf({ condition, type })
  assert.equal(outcomeOf(null), 'delivered')
  for (const condition of ['item-not-found', 'forbidden', 'not-allowed', 'gone']) assert.equal(of(condition, 'cancel'), 'refused')
  assert.deepEqual([of('forbidden', 'wait'), of('service-unavailable', 'cancel'), of('', 'wait')], ['failed', 'failed', 'failed'])
})
