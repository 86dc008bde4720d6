import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wire } from '../../xml/wire.ts'
import { jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { isEligible } from './eligibility.ts'

const BODY = '<body>Neither, fair saint</body>'
const PRIVATE = "<private xmlns='urn:xmpp:carbons:2'/>"
const NO_COPY = "<no-copy xmlns='urn:xmpp:hints'/>"
const MUC = "<x xmlns='http://jabber.org/protocol/muc#user'/>"
const STATE = "<active xmlns='http://jabber.org/protocol/chatstates'/>"

interface Case {
  readonly what: string
  readonly type?: string
  readonly payload?: string
  readonly from?: string
  readonly to?: string
  /** In both directions unless one is named. */
  readonly sent?: boolean
  readonly received?: boolean
}
const cases: readonly Case[] = [
  { what: 'chat', type: 'chat', payload: BODY, sent: true, received: true },
  { what: 'chat without anything', type: 'chat', sent: true, received: true },
  { what: 'chat with private', type: 'chat', payload: BODY + PRIVATE },
  { what: 'chat with private and no-copy', type: 'chat', payload: BODY + PRIVATE + NO_COPY },
  { what: 'chat with no-copy', type: 'chat', payload: BODY + NO_COPY },
  {
    what: 'chat with no-copy to a bare JID',
    type: 'chat',
    payload: BODY + NO_COPY,
    to: 'a@example.net',
    sent: true,
    received: true,
  },
  { what: 'normal with a body', payload: BODY, sent: true, received: true },
  { what: 'normal with a body, typed', type: 'normal', payload: BODY, sent: true, received: true },
  { what: 'a type nobody knows, with a body', type: 'other', payload: BODY, sent: true, received: true },
  { what: 'normal without a body', payload: "<event xmlns='http://jabber.org/protocol/pubsub#event'/>" },
  { what: 'a body of another namespace', payload: "<body xmlns='http://www.w3.org/1999/xhtml'/>" },
  { what: 'headline', type: 'headline', payload: BODY },
  { what: 'a chat state in a normal message', payload: STATE, sent: true, received: true },
  { what: 'a receipt', payload: "<received xmlns='urn:xmpp:receipts' id='1'/>", sent: true, received: true },
  { what: 'a marker', payload: "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>", sent: true, received: true },
  { what: 'groupchat', type: 'groupchat', payload: BODY + STATE },
  {
    what: 'a direct invitation',
    payload: "<x xmlns='jabber:x:conference' jid='room@rooms.example'/>",
    sent: true,
    received: true,
  },
  {
    what: 'a mediated invitation',
    payload: "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='c@example.net'/></x>",
    from: 'room@rooms.example',
    sent: true,
    received: true,
  },
  { what: 'a private message of an occupant', type: 'chat', payload: BODY + MUC, sent: true, received: false },
  {
    what: 'chat with the mark of a room, from a bare JID',
    type: 'chat',
    payload: BODY + MUC,
    from: 'room@rooms.example',
    sent: true,
    received: true,
  },
]
for (const {
  what,
  type = '',
  payload = '',
  from = 'b@example.net/x',
  to = 'a@example.net/y',
  sent = false,
  received = false,
} of cases) {
  test(`XEP-0280 6.1: ${what}`, () => {
    const packet = Packet.of({ kind: 'message', type, from: jid(from), to: jid(to), payload: Payload.ofText(wire(payload)) })
    assert.deepEqual(
      { sent: isEligible(packet, 'sent', false), received: isEligible(packet, 'received', false) },
      { sent, received },
    )
  })
}

test('XEP-0280 6.1: an error is copied if what it answers was; hints in it mean nothing (XEP-0334 5)', () => {
  const payload = Payload.ofText(wire(`${BODY}${NO_COPY}<error type='cancel'/>`))
  const packet = Packet.of({ kind: 'message', type: 'error', from: jid('b@example.net/x'), to: jid('a@example.net/y'), payload })
  assert.equal(isEligible(packet, 'received', false), false)
  assert.equal(isEligible(packet, 'received', true), true)
})
