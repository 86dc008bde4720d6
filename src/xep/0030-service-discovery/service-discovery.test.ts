import assert from 'node:assert/strict'
import { test } from 'node:test'
import { section } from '../../base/settings.ts'
import { defineFeature } from '../../server/feature.ts'
import { el, type Element } from '../../xml/element.ts'
import { memoryServer } from '../../../test/support/memory-server.ts'
import { serviceDiscovery } from './index.ts'

const info = (to: string, node = ''): string =>
  `<iq type='get' id='1' ${to && `to='${to}'`}><query xmlns='http://jabber.org/protocol/disco#info' ${node && `node='${node}'`}/></iq>`
const items = (to: string, node = ''): string => info(to, node).replace('#info', '#items')
const query = (iq: Element): Element => iq.elements[0]!
const condition = (iq: Element): string => iq.child('error')!.elements[0]!.name
const all = (of: Element, name: string, attr: string): (string | undefined)[] =>
  of.elements.filter((e) => e.name === name).map((e) => e.attr(attr))

/** A feature that says something. */
const talkative = defineFeature({
  name: 'talkative',
  specs: [],
  settings: section({}),
  install({ disco }) {
    disco.server.features.push('urn:example:one', 'urn:example:one')
    disco.server.forms.push(() => el('x', 'jabber:x:data', { type: 'result' }))
    disco.server.items.push({ jid: 'rooms.example.net', name: 'Rooms', at: 'example.net', isThere: () => true })
    disco.server.items.push({ jid: 'rooms.example.org', name: null, at: 'example.org', isThere: () => true })
    disco.server.aliases.push((node) => node === 'alias')
    disco.account.identities.push({ category: 'pubsub', type: 'pep' })
    disco.account.features.push('urn:example:two')
    disco.account.featuresOf.push((account) => [`urn:example:of:${account.bare.local}`])
  },
})

async function capulets() {
  const server = await memoryServer({ features: [talkative, serviceDiscovery] })
  await server.contact('juliet@example.net', 'romeo@example.net', 'from')
  const romeo = await server.bind('romeo@example.net', 'orchard')
  const paris = await server.bind('paris@example.net', 'church')
  const juliet = await server.bind('juliet@example.net', 'balcony')
  return { server, romeo, paris, juliet }
}

test('DISCO-1: the server has an identity and says that it speaks disco; no feature twice', async () => {
  const { romeo } = await capulets()
  const answer = query(await romeo.ask(info('example.net')))
  assert.deepEqual(all(answer, 'identity', 'category'), ['server'])
  assert.deepEqual(all(answer, 'identity', 'type'), ['im'])
  assert.deepEqual(all(answer, 'feature', 'var'), [
    'urn:example:one',
    'http://jabber.org/protocol/disco#info',
    'http://jabber.org/protocol/disco#items',
  ])
  assert.equal(answer.attr('node'), undefined)
})

test('DISCO-1, DISCO-7: the same for everybody, with its forms', async () => {
  const { server, romeo } = await capulets()
  const far = server.remote('far.example')
  const there = query(await far.ask(info('example.net').replace('<iq', "<iq from='far.example'")))
  assert.deepEqual(there, query(await romeo.ask(info('example.net'))))
  assert.notEqual(there.child('x', 'jabber:x:data'), undefined)
})

test('DISCO-1, DISCO-5: a node is mirrored where it is known, and item-not-found where it is not', async () => {
  const { romeo } = await capulets()
  assert.equal(query(await romeo.ask(info('example.net', 'alias'))).attr('node'), 'alias')
  assert.equal(condition(await romeo.ask(info('example.net', 'nothing'))), 'item-not-found')
  assert.equal(condition(await romeo.ask(items('example.net', 'nothing'))), 'item-not-found')
})

test('DISCO-2: services are the items of the domain', async () => {
  const { romeo } = await capulets()
  const answer = query(await romeo.ask(items('example.net')))
  assert.deepEqual(all(answer, 'item', 'jid'), ['rooms.example.net'])
  assert.deepEqual(all(answer, 'item', 'name'), ['Rooms'])
})

test('DISCO-2: no items are an empty answer, not an error', async () => {
  const server = await memoryServer({ features: [serviceDiscovery] })
  const romeo = await server.bind('romeo@example.net', 'orchard')
  assert.deepEqual(query(await romeo.ask(items('example.net'))).children, [])
})

test('DISCO-3: who sees the presence of an account learns what it is, account/registered first', async () => {
  const { romeo, juliet } = await capulets()
  for (const answer of [
    await romeo.ask(info('juliet@example.net')),
    await juliet.ask(info('')),
    await juliet.ask(info('juliet@example.net')),
  ]) {
    assert.deepEqual(all(query(answer), 'identity', 'type'), ['registered', 'pep'])
    assert.deepEqual(all(query(answer), 'feature', 'var').toSorted(), [
      'http://jabber.org/protocol/disco#info',
      'http://jabber.org/protocol/disco#items',
      'urn:example:of:juliet',
      'urn:example:two',
    ])
  }
})

test('DISCO-3: to a stranger an account is like none, for disco#info with and without node', async () => {
  const { paris } = await capulets()
  for (const node of ['', 'anything']) {
    const here = await paris.ask(info('juliet@example.net', node))
    const nowhere = await paris.ask(info('nobody@example.net', node))
    assert.equal(condition(here), 'service-unavailable')
    assert.deepEqual(here.elements, nowhere.elements)
  }
})

test('DISCO-3: to a stranger an account is like none, for disco#items: both are empty results', async () => {
  const { paris, juliet } = await capulets()
  await juliet.send('<presence/>')
  for (const node of ['', 'anything']) {
    const here = await paris.ask(items('juliet@example.net', node))
    const nowhere = await paris.ask(items('nobody@example.net', node))
    assert.equal(here.attr('type'), 'result')
    assert.deepEqual(query(here).children, [])
    assert.deepEqual(here.elements, nowhere.elements)
  }
})

test('DISCO-3: at a full JID a missing account answers no items', async () => {
  const { paris } = await capulets()
  assert.equal(condition(await paris.ask(items('nobody@example.net/x'))), 'service-unavailable')
  assert.equal(condition(await paris.ask(items('juliet@example.net/x'))), 'service-unavailable')
})

test('DISCO-4: connected resources are not listed, even to who sees them', async () => {
  const { romeo, juliet } = await capulets()
  await juliet.send('<presence/>')
  assert.deepEqual(query(await romeo.ask(items('juliet@example.net'))).children, [])
})

test('DISCO-5: an account has no nodes for who may ask', async () => {
  const { romeo } = await capulets()
  assert.equal(condition(await romeo.ask(info('juliet@example.net', 'nothing'))), 'item-not-found')
  assert.equal(condition(await romeo.ask(items('juliet@example.net', 'nothing'))), 'item-not-found')
})
