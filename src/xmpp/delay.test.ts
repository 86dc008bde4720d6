import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el } from '../xml/element.ts'
import { withDelay } from './delay.ts'
import { jid } from './jid.ts'
import { Packet, Payload } from './packet.ts'

test('TIME-3, XEP-0203: the delay follows what was there and names who delayed', () => {
  const from = jid('romeo@montague.example')
  const packet = Packet.of({
    kind: 'presence',
    type: 'subscribe',
    from,
    payload: Payload.of(el('status', 'jabber:client', {}, 'Hi')),
  })
  const delayed = withDelay(packet, 'capulet.example', Date.UTC(2002, 8, 10, 23, 8, 25))
  const [status, delay] = delayed.payload.elements
  assert.equal(status?.text, 'Hi')
  assert.equal(delay?.is('delay', 'urn:xmpp:delay'), true)
  assert.deepEqual({ ...delay?.attrs }, { from: 'capulet.example', stamp: '2002-09-10T23:08:25Z' })
})
