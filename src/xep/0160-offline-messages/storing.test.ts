import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wire } from '../../xml/wire.ts'
import { jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { storingOf } from './storing.ts'

const BODY = '<body>Art thou not Romeo?</body>'
const STATE = "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
const hint = (name: string): string => `<${name} xmlns='urn:xmpp:hints'/>`

const storing = (payload: string, type = 'chat'): string =>
  storingOf(
    Packet.of({
      kind: 'message',
      type,
      from: jid('juliet@example.net/balcony'),
      to: jid('romeo@example.net'),
      payload: Payload.ofText(wire(payload)),
    }),
  )

const cases: readonly [what: string, payload: string, expected: string][] = [
  ['content', BODY, 'store'],
  ['nothing at all', '', 'store'],
  ['content and a chat state', BODY + STATE, 'store'],
  ['a receipt (XEP-0184)', "<received xmlns='urn:xmpp:receipts' id='1'/>", 'store'],
  ['a chat state alone', STATE, 'drop'],
  ['a chat state with a thread', `${STATE}<thread>1</thread>`, 'drop'],
  ['a chat state with hints and an id', `${STATE}${hint('no-store')}<origin-id xmlns='urn:xmpp:sid:0' id='1'/>`, 'drop'],
  ['a thread alone', '<thread>1</thread>', 'store'],
  ['no-store', BODY + hint('no-store'), 'refuse'],
  ['no-permanent-store', BODY + hint('no-permanent-store'), 'store'],
  ['a chat state that its sender wants stored', STATE + hint('store'), 'store'],
  ['store and no-store', BODY + hint('store') + hint('no-store'), 'refuse'],
  ['no-store of another namespace', `${BODY}<no-store xmlns='urn:example'/>`, 'store'],
]
for (const [what, payload, expected] of cases) {
  test(`OFF-1, OFF-6: ${what}: ${expected}`, () => {
    assert.equal(storing(payload), expected)
    assert.equal(storing(payload, ''), expected)
  })
}
