import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wire } from '../xml/wire.ts'
import { isLasting } from './lasting.ts'
import { Payload } from './packet.ts'

const BODY = '<body>hi</body>'
const hint = (name: string): string => `<${name} xmlns='urn:xmpp:hints'/>`
const rows: readonly (readonly [what: string, text: string, isLasting: boolean])[] = [
  ['a text', BODY, true],
  ['nothing', '', false],
  ['a chat state', "<composing xmlns='http://jabber.org/protocol/chatstates'/>", false],
  ['a text that is not to be stored', BODY + hint('no-store'), false],
  ['a text that is not to be stored for long', BODY + hint('no-permanent-store'), false],
  ['something that is to be stored', `<x xmlns='urn:example'/>${hint('store')}`, true],
  ['something that is to be stored and not', hint('store') + hint('no-store'), false],
  ['a text within something else', `<x xmlns='urn:example'>${BODY}</x>`, false],
  ['a reaction', "<reactions id='1' xmlns='urn:xmpp:reactions:0'/>", true],
  ['that it was received', "<received id='1' xmlns='urn:xmpp:receipts'/>", true],
  ['the wish to know that', "<request xmlns='urn:xmpp:receipts'/>", false],
  ['that it was read', "<displayed id='1' xmlns='urn:xmpp:chat-markers:0'/>", true],
  ['a mediated invitation', "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='c@example.net'/></x>", true],
  ['the mark of a room', "<x xmlns='http://jabber.org/protocol/muc#user'/>", false],
  ['the body of another namespace', "<body xmlns='http://www.w3.org/1999/xhtml'/>", false],
  ['not to be stored, whatever the way of writing', `${BODY}<no-store xmlns='urn:xmpp:hint&#115;'/>`, false],
  ['the wish to know that', "<markable xmlns='urn:xmpp:chat-markers:0'/>", false],
]

test('MAM-25: what belongs into an archive', () => {
  for (const [what, text, expected] of rows) assert.equal(isLasting(Payload.ofText(wire(text))), expected, what)
})
