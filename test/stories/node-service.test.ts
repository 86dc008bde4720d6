/** The nodes at a domain of their own, told as stories (XEP-0060). */
import assert from 'node:assert/strict'
import { jid } from '../../src/xmpp/jid.ts'
import { bareOf, Cast, story } from '../support/story.ts'
import { refusal, type Pattern } from '../support/xml-pattern.ts'
import { componentsOf } from '../support/component.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import { federation } from '../support/two-servers.ts'
import { done, event, form, item, itemEvent, items, owners, publishing, PUBSUB, refused, request } from '../support/eventing.ts'

const SERVICE = 'pubsub.a.example'
const BOB = bareOf('bob')
const EVE = bareOf('eve')
const ITEMS = 'http://jabber.org/protocol/disco#items'
const INFO = 'http://jabber.org/protocol/disco#info'
const inMemory = { on: ['memory'] } as const
const anything = `<iq type='result'>*</iq>`

const create = (node: string, fields: Readonly<Record<string, string>> = {}): string =>
  request('set', `<create node='${node}'/><configure>${form('node_config', fields)}</configure>`, SERVICE)
const subscribe = (node: string, jid: string): string => request('set', `<subscribe node='${node}' jid='${jid}'/>`, SERVICE)
const publish = (node: string, text: string, id = 'current'): string => request('set', publishing(node, text, id), SERVICE)
const subscription = (node: string, jid: string, state = 'subscribed'): Pattern =>
  `<iq type='result'><pubsub xmlns='${PUBSUB}'><subscription node='${node}' jid='${jid}' subid='*' subscription='${state}'/></pubsub></iq>`
const affiliate = (node: string, jid: string, affiliation: string): string =>
  owners('set', `<affiliations node='${node}'><affiliation jid='${jid}' affiliation='${affiliation}'/></affiliations>`, SERVICE)

story('T-E08: a node is made, subscribed, published to, emptied and deleted', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await alice.ask(create('n', { title: 'News' }), done)
  await bob.ask(subscribe('n', BOB), subscription('n', BOB))
  await alice.ask(publish('n', 'one', '1'), anything)
  await bob.expect(itemEvent(SERVICE, 'n', 'one', '1'))
  await bob.ask(request('get', `<items node='n'/>`, SERVICE), items('n', item('one', '1')))
  await bob.ask(publish('n', 'two', '2'), refused('auth', 'forbidden'))
  await alice.ask(request('set', `<retract node='n'><item id='1'/></retract>`, SERVICE), done)
  await bob.expect(event(SERVICE, `<items node='n'><retract id='1'/></items>`))
  await alice.ask(publish('n', 'two', '2'), anything)
  await alice.ask(owners('set', `<purge node='n'/>`, SERVICE), done)
  await bob.expect(itemEvent(SERVICE, 'n', 'two', '2'), event(SERVICE, `<purge node='n'/>`))
  await alice.ask(owners('set', `<delete node='n'><redirect uri='xmpp:pubsub.a.example?;node=m'/></delete>`, SERVICE), done)
  await bob.expect(event(SERVICE, `<delete node='n'><redirect uri='xmpp:pubsub.a.example?;node=m'/></delete>`))
  await bob.ask(request('get', `<items node='n'/>`, SERVICE), refused('cancel', 'item-not-found'))
})

story('PS-10, PEP-3: subscribers of every kind hear of an event once', async (cast) => {
  const [alice, bob, second] = await cast.clients('alice/1', 'bob/1', 'bob/2')
  await alice.ask(create('n'), done)
  await bob.ask(subscribe('n', bob.jid), subscription('n', bob.jid))
  await alice.ask(publish('n', 'one'), anything)
  await bob.expect(itemEvent(SERVICE, 'n', 'one'))
  // Both clients hear of it at the bare address, and this one not once more
  await second.ask(subscribe('n', BOB), subscription('n', BOB))
  await cast.forget()
  await alice.ask(publish('n', 'two'), anything)
  for (const one of [bob, second]) await one.expect(itemEvent(SERVICE, 'n', 'two'))
  const options = `<options node='n' jid='${BOB}'>${form('subscribe_options', { deliver: '0' })}</options>`
  await bob.ask(request('set', options, SERVICE), done)
  await alice.ask(publish('n', 'three'), anything)
  await bob.expect(itemEvent(SERVICE, 'n', 'three'))
})
story('PS-2, XEP-0060 8.6: the owners approve a subscription, or deny it', inMemory, async (cast) => {
  const [alice, bob, eve] = await cast.clients('alice/1', 'bob/1', 'eve/1')
  await alice.ask(create('n', { access_model: 'authorize' }), done)
  await bob.ask(subscribe('n', BOB), subscription('n', BOB, 'pending'))
  await eve.ask(subscribe('n', EVE), subscription('n', EVE, 'pending'))
  await cast.settle()
  const asked = alice.take()
  assert.deepEqual(
    asked.map((xml) => /subscriber_jid[^>]*><value>([^<]*)/.exec(xml.show())?.[1]),
    [BOB, EVE],
  )
  assert.equal(asked[0]!.attr('from'), SERVICE)
  const answer = (jid: string, allow: string, node = 'n'): string =>
    `<message to='${SERVICE}' id='a'>${form('subscribe_authorization', { node, subscriber_jid: jid, allow })}</message>`
  bob.send(answer(BOB, '1'))
  await bob.expect(refusal('message', `id='a' from='${SERVICE}'`, 'cancel', 'forbidden'))
  alice.send(answer(BOB, '1', 'none'))
  await alice.expect(refusal('message', `id='a' from='${SERVICE}'`, 'cancel', 'item-not-found'))
  alice.send(answer(BOB, '1'), answer(EVE, '0'))
  await bob.expect(event(SERVICE, `<subscription node='n' jid='${BOB}' subid='*' subscription='subscribed'/>`))
  await eve.expect(event(SERVICE, `<subscription node='n' jid='${EVE}' subid='*' subscription='none'/>`))
  await alice.ask(publish('n', 'one'), anything)
  await bob.expect(itemEvent(SERVICE, 'n', 'one'))
})
story('XEP-0060 8.7: a subscription that waits is approved when its owner is made a member', inMemory, async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await alice.ask(create('n', { access_model: 'authorize' }), done)
  await bob.ask(subscribe('n', BOB), subscription('n', BOB, 'pending'))
  await cast.forget()
  await alice.ask(affiliate('n', BOB, 'member'), done)
  await bob.expect(event(SERVICE, `<subscription node='n' jid='${BOB}' subid='*' subscription='subscribed'/>`))
  await alice.ask(affiliate('n', BOB, 'none'), done)
  await alice.ask(publish('n', 'x'), anything)
  await bob.expect(itemEvent(SERVICE, 'n', 'x'))
})
story('PUB-7: those who lose access lose their subscription', inMemory, async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await alice.ask(create('n'), done)
  await bob.ask(subscribe('n', BOB), subscription('n', BOB))
  await alice.ask(
    owners('set', `<configure node='n'>${form('node_config', { access_model: 'whitelist' })}</configure>`, SERVICE),
    done,
  )
  await bob.expect(event(SERVICE, `<subscription node='n' jid='${BOB}' subid='*' subscription='none'/>`))
  await bob.ask(
    request('get', `<subscriptions/>`, SERVICE),
    `<iq type='result'><pubsub xmlns='${PUBSUB}'><subscriptions/></pubsub></iq>`,
  )
  await alice.ask(affiliate('n', BOB, 'member'), done)
  await bob.ask(subscribe('n', BOB), subscription('n', BOB))
  await alice.ask(affiliate('n', BOB, 'outcast'), done)
  await bob.expect(event(SERVICE, `<subscription node='n' jid='${BOB}' subid='*' subscription='none'/>`))
})
story('PUB-20, PUB-21: nodes are listed to those who may see them, and described to all', inMemory, async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await alice.ask(create('open', { title: 'News' }), done)
  await alice.ask(create('closed', { access_model: 'whitelist' }), done)
  await alice.ask(publish('open', 'x', 'one'), anything)
  const ask = (ns: string, node: string | null) =>
    `<iq type='get' id='d' to='${SERVICE}'><query xmlns='${ns}'${node === null ? '' : ` node='${node}'`}/></iq>`
  const list = (...nodes: readonly string[]) => `<iq type='result'><query xmlns='${ITEMS}'>${nodes.join('')}</query></iq>`
  const [open, closed] = [`<item jid='${SERVICE}' node='open' name='News'/>`, `<item jid='${SERVICE}' node='closed'/>`]
  await bob.ask(ask(ITEMS, null), list(open))
  await alice.ask(ask(ITEMS, null), list(open, closed))
  await bob.ask(
    ask(ITEMS, 'open'),
    `<iq type='result'><query xmlns='${ITEMS}' node='open'><item jid='${SERVICE}' name='one'/></query></iq>`,
  )
  await bob.ask(ask(ITEMS, 'closed'), refused('cancel', 'not-allowed', 'closed-node'))
  await bob.ask(ask(INFO, 'none'), refused('cancel', 'item-not-found'))
  const shown = await bob.ask(ask(INFO, 'closed'))
  assert.match(shown.show(), /category='pubsub' type='leaf'/)
  assert.match(shown.show(), /var='pubsub#owner'[^>]*><value>alice@a.example</)
  assert.doesNotMatch(shown.show(), /num_subscribers/)
  assert.match((await bob.ask(ask(INFO, 'open'))).show(), /num_subscribers/)
})
story('decision 35: access models that need a roster are for accounts', inMemory, async (cast) => {
  const alice = await cast.client('alice', '1')
  for (const access_model of ['presence', 'roster'])
    await alice.ask(create('n', { access_model }), refused('modify', 'not-acceptable', 'unsupported-access-model'))
  const form = await alice.ask(owners('get', '<default/>', SERVICE))
  assert.match(form.show(), /<option[^>]*><value>authorize</)
  assert.doesNotMatch(form.show(), /<option[^>]*><value>roster</)
})
story(
  'PUB-3: nodes are limited for each creator and in all, items in octets, publications in their pace',
  {
    ...inMemory,
    settings: {
      'publish-subscribe': { 'nodes': 3, 'nodes-of-one': 2, 'size': '64 KiB', 'publications': 3, 'subscriptions-of-one': 1 },
    },
  },
  async (cast) => {
    const [alice, bob, eve] = await cast.clients('alice/1', 'bob/1', 'eve/1')
    const tooMany = refused('cancel', 'not-allowed')
    for (const node of ['a', 'b']) await alice.ask(create(node, { publish_model: 'open' }), done)
    await alice.ask(create('c'), tooMany)
    await bob.ask(create('c'), done)
    await eve.ask(create('d'), tooMany)
    await alice.ask(publish('a', 'x'.repeat(40_000)), anything)
    // What others publish counts for the creator too
    await bob.ask(publish('b', 'x'.repeat(40_000)), refused('wait', 'resource-constraint'))
    await bob.ask(publish('c', 'x'.repeat(40_000)), anything)
    await eve.ask(subscribe('a', EVE), subscription('a', EVE))
    await cast.forget()
    await eve.ask(subscribe('b', EVE), refused('wait', 'policy-violation', 'too-many-subscriptions'))
    await bob.ask(publish('c', 'x'), anything)
    await bob.ask(publish('c', 'x'), refused('wait', 'policy-violation'))
  },
)
story(
  'what a client asks for is refused where only some can make nodes',
  { ...inMemory, settings: { 'publish-subscribe': { create: 'nobody' } } },
  async (cast) => {
    const alice = await cast.client('alice', '1')
    await alice.ask(create('n'), refused('auth', 'forbidden'))
    alice.send(`<message to='${SERVICE}' id='m'><body>hello</body></message>`, `<presence to='${SERVICE}'/>`)
    await alice.expect(refusal('message', `id='m' from='${SERVICE}'`, 'cancel', 'service-unavailable'))
  },
)
story('PEP-15: an error ends a subscription at once if it is final, otherwise with the fifth', inMemory, async (cast) => {
  const DAVE = 'dave@b.example'
  const b = new Elsewhere(cast)
  const alice = await cast.client('alice', '1')
  await alice.ask(create('n', { access_model: 'open' }), done)
  const listed = owners('get', `<subscriptions node='n'/>`, SERVICE)
  const refuses = (type: string, more = ''): string =>
    `<message type='error' from='${DAVE}' to='${SERVICE}'>${more}<error type='${type}'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`
  for (const [type, times] of [
    ['cancel', 1],
    ['wait', 5],
  ] as const) {
    await b.send(subscribe('n', DAVE).replace('<iq ', `<iq from='${DAVE}/1' `))
    await b.send(refuses('cancel', form('subscribe_authorization', {}))) // answers no event
    for (let i = 1; i < times; i++) await b.send(refuses(type))
    assert((await alice.ask(listed)).show().includes(DAVE), `after ${times - 1} errors`)
    await b.send(refuses(type))
    assert(!(await alice.ask(listed)).show().includes(DAVE))
  }
  await b.take()
})
story('T-E19: what was answered is there after a crash: nodes, items, subscriptions and ranks', inMemory, async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await alice.ask(create('n', { access_model: 'whitelist', max_items: 'max' }), done)
  await alice.ask(affiliate('n', BOB, 'member'), done)
  await bob.ask(subscribe('n', BOB), subscription('n', BOB))
  for (const id of ['1', '2']) await alice.ask(publish('n', id, id), anything)
  await cast.forget()
  const next = new Cast(await cast.server.crash({}))
  cast.cut()
  cast.atEnd(() => next.end())
  const [again, back] = await next.clients('alice/2', 'bob/2')
  await back.ask(request('get', `<items node='n'/>`, SERVICE), items('n', item('1', '1'), item('2', '2')))
  await again.ask(publish('n', '3', '3'), anything)
  await back.expect(itemEvent(SERVICE, 'n', '3', '3'))
  await next.expectNothing()
})
story('a deleted account leaves subscriptions and ranks, and takes the nodes that only it owned', inMemory, async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  for (const node of ['alone', 'shared', 'other']) await (node === 'other' ? bob : alice).ask(create(node), done)
  await alice.ask(affiliate('shared', BOB, 'owner'), done)
  await bob.ask(subscribe('alone', BOB), subscription('alone', BOB))
  await alice.ask(subscribe('other', bareOf('alice')), subscription('other', bareOf('alice')))
  await cast.forget()
  await alice.close()
  assert.equal(await cast.server.host.registrar.delete(jid(bareOf('alice'))), true)
  await bob.expect(event(SERVICE, `<delete node='alone'/>`))
  await bob.ask(request('get', `<items node='alone'/>`, SERVICE), refused('cancel', 'item-not-found'))
  await bob.ask(request('get', `<items node='shared'/>`, SERVICE), items('shared'))
  await bob.ask(
    owners('get', `<subscriptions node='other'/>`, SERVICE),
    `<iq type='result'><pubsub xmlns='${PUBSUB}#owner'><subscriptions node='other'/></pubsub></iq>`,
  )
})
const CERTIFIED = { a: { shows: { dns: ['a.example', SERVICE] } } } as const
federation('T-E08: people of another server subscribe, hear of items, and cannot make nodes', CERTIFIED, async (realm) => {
  realm.zone.services.set(SERVICE, { port: realm.a.port, directTls: false })
  const [alice, dave] = await realm.clients('alice@a.example/1', 'dave@b.example/1')
  await alice.ask(create('n', { publish_model: 'subscribers' }), done)
  const DAVE = 'dave@b.example'
  await dave.ask(create('m'), refused('auth', 'forbidden'))
  await dave.ask(publish('n', 'x'), refused('auth', 'forbidden'))
  await dave.ask(subscribe('n', DAVE), subscription('n', DAVE))
  await alice.ask(publish('n', 'one'), anything)
  await dave.expect(itemEvent(SERVICE, 'n', 'one'))
  await dave.ask(publish('n', 'two', '2'), anything)
  await dave.expect(itemEvent(SERVICE, 'n', 'two', '2'))
})

story(
  'T-E08, PUB-3: a component subscribes, publishes where it may, and is counted as one',
  { ...inMemory, settings: { 'publish-subscribe': { publications: 2 } } },
  async (cast) => {
    const gateway = await (await componentsOf(cast, 'gw.a.example')).connected()
    const alice = await cast.client('alice', '1')
    await alice.ask(create('n', { publish_model: 'open' }), done)
    const bot = 'bot@gw.a.example'
    const asks = (xml: string, from = bot): string => xml.replace('<iq ', `<iq from='${from}' `)
    gateway.send(asks(subscribe('n', bot)))
    await gateway.expect(`<iq type='result' to='${bot}'><pubsub xmlns='${PUBSUB}'>*</pubsub></iq>`)
    await alice.ask(publish('n', 'one'), anything)
    await gateway.expect(`<message type='headline' from='${SERVICE}' to='${bot}'>*</message>`)
    for (const from of [bot, 'other@gw.a.example']) {
      gateway.send(asks(publish('n', 'two'), from))
      await gateway.expect(`<iq type='result' to='${from}'>*</iq>`)
      await gateway.expect(`<message type='headline' from='${SERVICE}' to='${bot}'>*</message>`)
    }
    gateway.send(asks(publish('n', 'three'), 'third@gw.a.example'))
    await gateway.expect(`<iq type='error' to='third@gw.a.example'>*</iq>`)
    await alice.ask(publish('n', 'four'), anything)
    await gateway.expect(`<message type='headline' from='${SERVICE}' to='${bot}'>*</message>`)
  },
)
