import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el } from '../xml/element.ts'
import { capsIn } from './caps.ts'
import { Payload } from './packet.ts'

test('CAPS-2: without hash, node or ver there are no capabilities to look at; nor with absurd ones', () => {
  const c = (attrs: Record<string, string>): Payload => Payload.of(el('c', 'http://jabber.org/protocol/caps', attrs))
  const whole = { hash: 'sha-1', node: 'urn:x', ver: 'abc' }
  assert.deepEqual(capsIn(c(whole)), whole)
  assert.equal(capsIn(c({ node: 'urn:x', ver: '0.9' })), null)
  assert.equal(capsIn(c({ ...whole, ver: 'x'.repeat(2000) })), null)
  assert.equal(capsIn(Payload.empty), null)
  assert.equal(capsIn(Payload.of(el('status', 'jabber:client', {}, 'http://jabber.org/protocol/caps'))), null)
})
