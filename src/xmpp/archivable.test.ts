import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wire } from '../xml/wire.ts'
import { isArchivable } from './archivable.ts'
import { jid } from './jid.ts'
import { Packet, Payload } from './packet.ts'

test('MAM-25: chat and normal messages that last; headlines, errors, and what is said in rooms are not of accounts', () => {
  const kept = (type: string, text = '<body>hi</body>', kind: 'message' | 'presence' = 'message'): boolean =>
    isArchivable(
      Packet.of({ kind, type, from: jid('a@example.net/1'), to: jid('b@example.net'), payload: Payload.ofText(wire(text)) }),
    )
  for (const type of ['chat', '', 'normal']) {
    assert(kept(type), type)
    assert(!kept(type, "<composing xmlns='http://jabber.org/protocol/chatstates'/>"))
    assert(!kept(type, ''))
  }
  for (const type of ['headline', 'error', 'groupchat']) assert(!kept(type), type)
  assert(!kept('', '<body>hi</body>', 'presence'))
})
