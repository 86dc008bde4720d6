import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { memoryServer } from '../../../test/support/memory-server.ts'
import type { Element } from '../../xml/element.ts'
import { entityCapabilities } from '../0115-entity-capabilities/index.ts'
import { readInfo, verOf } from '../0115-entity-capabilities/hash.ts'
import { serviceDiscovery } from '../0030-service-discovery/index.ts'
import { contactAddresses } from './index.ts'

const ASK = `<iq type='get' id='1' to='example.net'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`

async function infoWith(settings: object): Promise<Element> {
  const features = [serviceDiscovery, entityCapabilities, contactAddresses]
  const server = await memoryServer({ features, settings: { 'contact-addresses': settings } })
  const romeo = await server.bind('romeo@example.net', 'orchard')
  return (await romeo.ask(ASK)).elements[0]!
}
const formIn = (info: Element): Element | undefined => info.elements.find((e) => e.is('x', 'jabber:x:data'))

test('DISCO-7, XEP-0157 3: a field for each role that has addresses', async () => {
  const info = await infoWith({
    admin: ['mailto:xmpp@example.net', 'xmpp:admin@example.net'],
    security: ['https://example.net/security'],
  })
  const form = formIn(info)!
  assert.equal(form.attr('type'), 'result')
  assert.deepEqual(
    form.elements.map((field) => [field.attr('var'), field.attr('type'), field.elements.map((value) => value.text)]),
    [
      ['FORM_TYPE', 'hidden', ['http://jabber.org/network/serverinfo']],
      ['admin-addresses', 'list-multi', ['mailto:xmpp@example.net', 'xmpp:admin@example.net']],
      ['security-addresses', 'list-multi', ['https://example.net/security']],
    ],
  )
})

test('XEP-0157: without an address there is no form', async () => {
  assert.equal(formIn(await infoWith({})), undefined)
})

test('XEP-0115 5.1: the form counts in the verification string of the server', async () => {
  const [without, having] = [await infoWith({}), await infoWith({ admin: ['xmpp:admin@example.net'] })]
  const verOfInfo = (info: Element): string => verOf(readInfo(info)!.s, 'sha-1')
  assert.notEqual(verOfInfo(without), verOfInfo(having))
})

test('XEP-0157 3: an address is a URI, or the configuration is wrong', () => {
  for (const wrong of [['admin@example.net'], 'mailto:xmpp@example.net', ['']])
    assert.equal(v.safeParse(contactAddresses.settings, { admin: wrong }).success, false, String(wrong))
})
