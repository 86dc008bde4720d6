/** Nodes in collections at a service (XEP-0248, PUB-30). */
import assert from 'node:assert/strict'
import { bareOf, story } from '../support/story.ts'
import { refusal, type Pattern } from '../support/xml-pattern.ts'
import { done, event, form, item, owners, publishing, PUBSUB, refused, request, unsupported } from '../support/eventing.ts'

const SERVICE = 'pubsub.a.example'
const BOB = bareOf('bob')
const ITEMS = 'http://jabber.org/protocol/disco#items'
const INFO = 'http://jabber.org/protocol/disco#info'
const anything = `<iq type='result'>*</iq>`
const inMemory = { on: ['memory'] } as const

const create = (node: string, fields: Readonly<Record<string, string>> = {}): string =>
  request('set', `<create node='${node}'/><configure>${form('node_config', fields)}</configure>`, SERVICE)
const collection = (node: string, fields: Readonly<Record<string, string>> = {}): string =>
  create(node, { node_type: 'collection', ...fields })
const configure = (node: string, fields: Readonly<Record<string, string>>): string =>
  owners('set', `<configure node='${node}'>${form('node_config', fields)}</configure>`, SERVICE)
const subscribe = (node: string, options: Readonly<Record<string, string>>): string =>
  request(
    'set',
    `<subscribe node='${node}' jid='${BOB}'/><options node='${node}' jid='${BOB}'>${form('subscribe_options', options)}</options>`,
    SERVICE,
  )
const publish = (node: string, text: string, id = '1'): string => request('set', publishing(node, text, id), SERVICE)
const list = (node?: string): string =>
  `<iq type='get' id='l' to='${SERVICE}'><query xmlns='${ITEMS}'${node === undefined ? '' : ` node='${node}'`}/></iq>`
const listed = (node: string | null, ...names: readonly string[]): Pattern =>
  `<iq type='result' id='l'><query xmlns='${ITEMS}'${node === null ? '' : ` node='${node}'`}>${names.map((name) => `<item jid='${SERVICE}' node='${name}'/>`).join('')}</query></iq>`
/** What comes through a collection. */
const through = (name: string, content: string): Pattern =>
  event(SERVICE, content, `<headers xmlns='http://jabber.org/protocol/shim'><header name='Collection'>${name}</header></headers>`)
const published = (node: string, text: string): string => `<items node='${node}'>${item(text, '1')}</items>`
const impossible = refused('cancel', 'not-allowed', 'invalid-options')

story('PUB-30: what is in a collection is listed there, and subscribers of the collection hear of it', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await alice.ask(collection('blogs'), done)
  await alice.ask(collection('inner', { collection: 'blogs' }), done)
  await bob.ask(subscribe('blogs', { subscription_type: 'items', subscription_depth: 'all' }), anything)
  await alice.ask(create('romeo', { collection: 'blogs' }), done)
  await alice.ask(create('juliet', { collection: 'inner' }), done)
  await alice.ask(create('alone'), done)
  await bob.ask(list(), listed(null, 'alone', 'blogs'))
  await bob.ask(list('blogs'), listed('blogs', 'inner', 'romeo'))
  await bob.ask(
    `<iq type='get' id='i' to='${SERVICE}'><query xmlns='${INFO}' node='inner'/></iq>`,
    `<iq type='result' id='i'><query xmlns='${INFO}' node='inner'><identity category='pubsub' type='collection'/>*</query></iq>`,
  )
  for (const node of ['romeo', 'juliet', 'alone']) await alice.ask(publish(node, node), anything)
  await bob.expect(through('blogs', published('romeo', 'romeo')), through('blogs', published('juliet', 'juliet')))
  // Nobody hears of the same twice (PEP-3)
  await bob.ask(request('set', `<subscribe node='romeo' jid='${BOB}'/>`, SERVICE), anything)
  await cast.forget()
  await alice.ask(request('set', `<retract node='romeo'><item id='1'/></retract>`, SERVICE), done)
  await bob.expect(event(SERVICE, `<items node='romeo'><retract id='1'/></items>`))
})
story('PUB-30: subscribers hear of nodes, or of items, and as deep as they want', inMemory, async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await alice.ask(collection('blogs'), done)
  await alice.ask(collection('inner', { collection: 'blogs' }), done)
  await bob.ask(request('set', `<subscribe node='blogs' jid='${BOB}'/>`, SERVICE), anything)
  await alice.ask(create('romeo', { collection: 'blogs' }), done)
  await bob.expect(through('blogs', `<create node='romeo'/>`))
  await alice.ask(create('juliet', { collection: 'inner' }), done)
  await alice.ask(publish('romeo', 'one'), anything)
  await alice.ask(configure('juliet', { collection: 'blogs' }), done)
  await bob.expect(event(SERVICE, `<collection node='blogs'><associate node='juliet'/></collection>`))
  await alice.ask(configure('romeo', { collection: '' }), done)
  await bob.expect(event(SERVICE, `<collection node='blogs'><dissociate node='romeo'/></collection>`))
  await alice.ask(owners('set', `<delete node='juliet'/>`, SERVICE), done)
  await bob.expect(through('blogs', `<delete node='juliet'/>`))
  // What bob may not see does not come through the collection either
  await alice.ask(create('secret', { collection: 'blogs', access_model: 'whitelist' }), done)
  await bob.ask(list('blogs'), listed('blogs', 'inner'))
  const wanted = (type: string): string =>
    `<options node='blogs' jid='${BOB}'>${form('subscribe_options', { subscription_type: type })}</options>`
  await bob.ask(request('set', wanted('tunes'), SERVICE), refused('modify', 'bad-request', 'invalid-options'))
  await bob.ask(request('set', wanted('all'), SERVICE), done)
  await alice.ask(publish('secret', 'one'), anything)
  await alice.ask(create('open', { collection: 'blogs' }), done)
  await alice.ask(publish('open', 'two'), anything)
  await bob.expect(through('blogs', `<create node='open'/>`), through('blogs', published('open', 'two')))
})
story('XEP-0248 6.2: what a collection cannot be, and who may put a node into it', inMemory, async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await alice.ask(collection('a'), done)
  await alice.ask(collection('b', { collection: 'a' }), done)
  await alice.ask(create('leaf'), done)
  await alice.ask(configure('a', { collection: 'b' }), impossible)
  await alice.ask(configure('a', { collection: 'a' }), impossible)
  await alice.ask(configure('b', { collection: 'leaf' }), impossible)
  await alice.ask(configure('a', { node_type: 'leaf' }), impossible)
  await alice.ask(configure('leaf', { children: 'b' }), impossible)
  await alice.ask(configure('leaf', { collection: 'none' }), refused('cancel', 'item-not-found'))
  await bob.ask(create('bobs', { collection: 'a' }), refused('auth', 'forbidden'))
  await alice.ask(publish('a', 'one'), unsupported('publish'))
  await alice.ask(owners('set', `<purge node='a'/>`, SERVICE), unsupported('persistent-items'))
  await alice.ask(
    request('set', `<create node='n'/><configure>${form('node_config', { node_type: 'collection' })}</configure>`),
    unsupported('collections'),
  )
  await alice.ask(configure('leaf', { node_type: 'collection', collection: 'b' }), done)
  await alice.ask(list('leaf'), listed('leaf'))
  await alice.ask(list('b'), listed('b', 'leaf'))
})
story(
  'PUB-30: a node is in several collections, and those who hear of it through two of them hear once',
  inMemory,
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    for (const node of ['top', 'news', 'verona'])
      await alice.ask(collection(node, node === 'top' ? {} : { collection: 'top' }), done)
    for (const node of ['top', 'news', 'verona'])
      await bob.ask(subscribe(node, { subscription_type: 'all', subscription_depth: 'all' }), anything)
    const parents = (...names: readonly string[]): string =>
      `<field var='pubsub#collection'>${names.map((name) => `<value>${name}</value>`).join('')}</field>`
    const configured = (node: string, ...names: readonly string[]): string =>
      owners('set', `<configure node='${node}'>${submitted(parents(...names))}</configure>`, SERVICE)
    const made = request('set', `<create node='duel'/><configure>${submitted(parents('news', 'verona'))}</configure>`, SERVICE)
    await alice.ask(made, done)
    await bob.expect(through('news', `<create node='duel'/>`))
    for (const node of ['news', 'verona']) await bob.ask(list(node), listed(node, 'duel'))
    await bob.ask(list(), listed(null, 'top'))
    await alice.ask(publish('duel', 'one'), anything)
    await bob.expect(through('news', published('duel', 'one')))
    // A graph, and no circle: through either parent
    await alice.ask(configured('top', 'verona'), impossible)
    const put = (what: string, name: string, node: string): string =>
      owners('set', `<collection node='${name}'><${what} node='${node}'/></collection>`, SERVICE)
    await alice.ask(put('dissociate', 'news', 'duel'), done)
    await bob.expect(event(SERVICE, `<collection node='news'><dissociate node='duel'/></collection>`))
    await bob.ask(list('news'), listed('news'))
    await bob.ask(list('verona'), listed('verona', 'duel'))
    await alice.ask(put('associate', 'news', 'duel'), done)
    await bob.expect(event(SERVICE, `<collection node='news'><associate node='duel'/></collection>`))
    await alice.ask(owners('set', `<delete node='verona'/>`, SERVICE), done)
    await cast.forget()
    await bob.ask(list('news'), listed('news', 'duel'))
    const many = Array.from({ length: 11 }, (_, i) => `c${i}`)
    await alice.ask(configured('duel', ...many), refused('cancel', 'not-allowed'))
  },
)
story(
  'XEP-0248 5.2: the items of the nodes in a collection are read through it, as far as they may be read',
  { ...inMemory, settings: { 'publish-subscribe': { publications: 1000 } } },
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    const read = (more = ''): string => request('get', `<items node='blogs'${more}/>`, SERVICE)
    const lists = (...content: readonly string[]): Pattern =>
      `<iq type='result'><pubsub xmlns='${PUBSUB}'>${content.join('')}</pubsub></iq>`
    await alice.ask(collection('blogs'), done)
    await bob.ask(read(), lists())
    for (const node of ['juliet', 'romeo']) await alice.ask(create(node, { collection: 'blogs' }), done)
    await alice.ask(create('secret', { collection: 'blogs', access_model: 'whitelist' }), done)
    await alice.ask(create('empty', { collection: 'blogs' }), done)
    for (const node of ['juliet', 'romeo', 'secret']) await alice.ask(publish(node, node), anything)
    await alice.ask(publish('romeo', 'newer', '2'), anything)
    const both = `<items node='romeo'>${item('romeo', '1')}${item('newer', '2')}</items>`
    await bob.ask(read(), lists(published('juliet', 'juliet'), both))
    await bob.ask(
      read(` max_items='1'`),
      lists(published('juliet', 'juliet'), `<items node='romeo'>${item('newer', '2')}</items>`),
    )
    await alice.ask(configure('blogs', { access_model: 'whitelist' }), done)
    await bob.ask(read(), refused('cancel', 'not-allowed', 'closed-node'))
    for (let i = 0; i < 60; i += 1) for (const node of ['juliet', 'romeo']) alice.send(publish(node, 'x', `n${i}`))
    await cast.forget()
    await alice.ask(read(), unsupported('retrieve-items'))
  },
)
story('XEP-0248 6.2: a node with items does not become a collection, and keeps them', inMemory, async (cast) => {
  const alice = await cast.client('alice', '1')
  await alice.ask(create('leaf'), done)
  await alice.ask(publish('leaf', 'one'), anything)
  await alice.ask(configure('leaf', { node_type: 'collection' }), impossible)
  const items = `<iq type='result'><pubsub xmlns='${PUBSUB}'>${published('leaf', 'one')}</pubsub></iq>`
  await alice.ask(request('get', `<items node='leaf'/>`, SERVICE), items)
  await alice.ask(owners('set', `<purge node='leaf'/>`, SERVICE), done)
  await alice.ask(configure('leaf', { node_type: 'collection' }), done)
})
story(
  'XEP-0248 6.2, 6.4 to 6.6: children are named, put in and taken out, and are free when the collection goes',
  { ...inMemory, settings: { 'publish-subscribe': { children: 2 } } },
  async (cast) => {
    const alice = await cast.client('alice', '1')
    await alice.ask(collection('c'), done)
    for (const node of ['x', 'y', 'z']) await alice.ask(create(node), done)
    const full = refused('cancel', 'not-allowed', 'max-nodes-exceeded')
    const children = (...names: readonly string[]): string =>
      owners(
        'set',
        `<configure node='c'><x xmlns='jabber:x:data' type='submit'><field var='pubsub#children'>${names.map((name) => `<value>${name}</value>`).join('')}</field></x></configure>`,
        SERVICE,
      )
    const put = (what: string, node: string): string =>
      owners('set', `<collection node='c'><${what} node='${node}'/></collection>`, SERVICE)
    await alice.ask(children('x', 'y'), done)
    await alice.ask(list('c'), listed('c', 'x', 'y'))
    await alice.ask(children('x', 'y', 'z'), full)
    await alice.ask(put('associate', 'z'), full)
    await alice.ask(put('dissociate', 'z'), refusal('iq', '', 'modify', 'bad-request'))
    await alice.ask(put('dissociate', 'x'), done)
    await alice.ask(put('associate', 'z'), done)
    await alice.ask(children('x', 'z'), done)
    await alice.ask(list('c'), listed('c', 'x', 'z'))
    await alice.ask(owners('set', `<delete node='c'/>`, SERVICE), done)
    await alice.ask(list(), listed(null, 'x', 'y', 'z'))
    await alice.ask(collection('c'), done)
    await alice.ask(list('c'), listed('c'))
    await alice.ask(configure('x', { title: 'X' }), done)
    await alice.ask(list('c'), listed('c'))
  },
)
story(
  'T-E10: a form of the name that version 1.18 had for meta-data is taken, and the answer has the name of today',
  inMemory,
  async (cast) => {
    const alice = await cast.client('alice', '1')
    await alice.ask(create('n'), done)
    await alice.ask(owners('set', `<configure node='n'>${form('metadata', { title: 'T' })}</configure>`, SERVICE), done)
    const fields = `<field var='FORM_TYPE' type='hidden'><value>${PUBSUB}#meta-data</value></field><field var='pubsub#title' type='text-single'><value>T</value></field>`
    await alice.ask(
      `<iq type='get' id='i' to='${SERVICE}'><query xmlns='${INFO}' node='n'/></iq>`,
      `<iq type='result' id='i'><query xmlns='${INFO}' node='n'><identity category='pubsub' type='leaf' name='T'/><feature var='${PUBSUB}'/><feature var='${PUBSUB}#meta-data'/><x xmlns='jabber:x:data' type='result'>${fields}*</x></query></iq>`,
    )
  },
)
story(
  'PUB-31, XEP-0060 6.1.6, 6.2.3: an address has several subscriptions where the operator allows that, and names the one it means',
  { ...inMemory, settings: { 'publish-subscribe': { 'multi-subscribe': true } } },
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    await alice.ask(create('n'), done)
    const ids: string[] = []
    for (let i = 0; i < 2; i += 1) {
      const answer = await bob.ask(request('set', `<subscribe node='n' jid='${BOB}'/>`, SERVICE), anything)
      ids.push(answer.child('pubsub')!.child('subscription')!.attr('subid')!)
    }
    assert.notEqual(ids[0], ids[1])
    const headers = ids.map((id) => `<header name='SubID'>${id}</header>`).join('')
    await alice.ask(publish('n', 'one'), anything)
    const told = event(SERVICE, published('n', 'one'), `<headers xmlns='http://jabber.org/protocol/shim'>${headers}</headers>`)
    await bob.expect(told)
    const unsubscribe = (more = ''): string => request('set', `<unsubscribe node='n' jid='${BOB}'${more}/>`, SERVICE)
    await bob.ask(unsubscribe(), refused('modify', 'bad-request', 'subid-required'))
    await bob.ask(unsubscribe(` subid='none'`), refused('modify', 'not-acceptable', 'invalid-subid'))
    const quiet = `<options node='n' jid='${BOB}' subid='${ids[1]}'>${form('subscribe_options', { deliver: '0' })}</options>`
    await bob.ask(request('set', quiet, SERVICE), done)
    await alice.ask(publish('n', 'two'), anything)
    await bob.expect(event(SERVICE, published('n', 'two')))
    await bob.ask(unsubscribe(` subid='${ids[0]}'`), done)
    await alice.ask(publish('n', 'three'), anything)
    await bob.ask(unsubscribe(), done)
    await bob.ask(unsubscribe(), refused('cancel', 'unexpected-request', 'not-subscribed'))
  },
)

const childrenOf = (...names: readonly string[]): string =>
  `<field var='pubsub#children'>${names.map((name) => `<value>${name}</value>`).join('')}</field>`
const submitted = (fields: string): string => `<x xmlns='jabber:x:data' type='submit'>${fields}</x>`

story('what was put into a collection before an error was never told', inMemory, async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await alice.ask(collection('c'), done)
  await alice.ask(create('own'), done)
  await bob.ask(create('bobs'), done)
  await bob.ask(request('set', `<subscribe node='c' jid='${BOB}'/>`, SERVICE), anything)
  await alice.ask(
    owners('set', `<collection node='c'><associate node='own'/><associate node='bobs'/></collection>`, SERVICE),
    refused('auth', 'forbidden'),
  )
  await bob.expect(event(SERVICE, `<collection node='c'><associate node='own'/></collection>`))
  await alice.ask(list('c'), listed('c', 'own'))
})
story('children that are refused left the rest of the configuration in force', inMemory, async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await alice.ask(collection('c'), done)
  await alice.ask(create('own'), done)
  await bob.ask(create('bobs'), done)
  const closed = `<field var='pubsub#access_model'><value>whitelist</value></field>`
  const configured = (children: string): string =>
    owners('set', `<configure node='c'>${submitted(closed + children)}</configure>`, SERVICE)
  await alice.ask(configured(childrenOf('own', 'bobs')), refused('auth', 'forbidden'))
  await alice.ask(configured(childrenOf('own', 'missing')), refused('cancel', 'item-not-found'))
  // It is open as before, and empty
  await bob.ask(list('c'), listed('c'))
})
story('XEP-0248 6.2: children in the form of a creation were ignored', inMemory, async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await alice.ask(create('own'), done)
  const made = (...names: readonly string[]): string => {
    const kind = `<field var='pubsub#node_type'><value>collection</value></field>`
    return request('set', `<create node='c'/><configure>${submitted(kind + childrenOf(...names))}</configure>`, SERVICE)
  }
  await bob.ask(made('own'), refused('auth', 'forbidden'))
  await alice.ask(made('missing'), refused('cancel', 'item-not-found'))
  await alice.ask(made('own'), done)
  await alice.ask(list('c'), listed('c', 'own'))
})

story(
  'a second subscription that was denied took the first one with it',
  { ...inMemory, settings: { 'publish-subscribe': { 'multi-subscribe': true } } },
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    await alice.ask(create('n', { access_model: 'authorize' }), done)
    const answer = (allow: string): string =>
      `<message to='${SERVICE}'>${form('subscribe_authorization', { node: 'n', subscriber_jid: BOB, allow })}</message>`
    const told = (state: string): Pattern =>
      event(SERVICE, `<subscription node='n' jid='${BOB}' subid='*' subscription='${state}'/>`)
    for (const [allow, state] of [
      ['1', 'subscribed'],
      ['0', 'none'],
    ] as const) {
      await bob.ask(request('set', `<subscribe node='n' jid='${BOB}'/>`, SERVICE), anything)
      await cast.forget()
      alice.send(answer(allow))
      await bob.expect(told(state))
    }
    await alice.ask(publish('n', 'one'), anything)
    await bob.expect(event(SERVICE, published('n', 'one'), '*'))
  },
)
