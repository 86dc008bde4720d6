import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el, type Element } from '../xml/element.ts'
import { SASL2 } from '../xmpp/ns.ts'
import { extensibleProfile } from './sasl-profiles.ts'

test('XEP-0388 2.3: a client is called by its software and its device, on one line, as far as it names them', () => {
  const named = (...names: Element[]): string | null => {
    const agent = el('user-agent', SASL2, {}, ...names)
    const said = extensibleProfile.read(el('authenticate', SASL2, { mechanism: 'PLAIN' }, agent))
    return said.kind === 'start' ? said.deviceName : 'it does not start'
  }
  const [software, device] = [el('software', SASL2, {}, 'Dino\n '), el('device', SASL2, {}, 'Kitchen')]
  assert.equal(named(software, device), 'Dino, Kitchen')
  assert.equal(named(software), 'Dino')
  assert.equal(named(device), 'Kitchen')
  assert.equal(named(el('device', SASL2, {}, ' \u202e ')), null)
  assert.equal(named(el('software', SASL2, {}, 'a'.repeat(500)), device)!.length, 100)
})
