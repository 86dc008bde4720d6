/** What can be asked of the nodes of an account, and every way in which that is refused (XEP-0060, XEP-0163). */
import assert from 'node:assert/strict'
import { el } from '../../src/xml/element.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { Payload } from '../../src/xmpp/packet.ts'
import { pepOf, type Pep } from '../../src/xep/0163-personal-eventing/index.ts'
import { enter, open, ROOM } from '../support/rooms.ts'
import { bareOf, story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import type { Pattern } from '../support/xml-pattern.ts'
import { done, form, item, items, MOOD, owners, publish, publishing, PUBSUB, refused, request } from '../support/eventing.ts'

const ALICE = bareOf('alice')
const BOB = bareOf('bob')
const NOBODY = bareOf('nobody')
const inMemory = { on: ['memory'] } as const
const nothing = refused('cancel', 'item-not-found')

/** Friends, whose presence nobody remembers. */
async function friends(cast: Cast): Promise<readonly [StoryClient, StoryClient]> {
  const both = await cast.friends('alice/1', 'bob/1')
  await cast.forget()
  return both
}
const subscription = (node: string, jid: string, state = 'subscribed'): Pattern =>
  `<iq type='result'><pubsub xmlns='${PUBSUB}'><subscription node='${node}' jid='${jid}' subid='*' subscription='${state}'/></pubsub></iq>`
const configure = (node: string, fields: Readonly<Record<string, string>>): string =>
  owners('set', `<configure node='${node}'>${form('node_config', fields)}</configure>`)
const affiliate = (node: string, jid: string, affiliation: string): string =>
  owners('set', `<affiliations node='${node}'><affiliation jid='${jid}' affiliation='${affiliation}'/></affiliations>`)

story('T-E03, PUB-6: what a contact and a stranger learn of a node that is not open', async (cast) => {
  const [alice, bob] = await friends(cast)
  const stranger = await cast.client('stranger', '1')
  await publish(alice, 'whitelisted', 'x', 'current', { access_model: 'whitelist' })
  await publish(alice, 'open', 'x', 'current', { access_model: 'open' })
  await publish(alice, MOOD, 'x')
  const asks = (node: string) => request('get', `<items node='${node}'/>`, ALICE)
  await bob.ask(asks('whitelisted'), refused('cancel', 'not-allowed', 'closed-node'))
  await bob.ask(asks(MOOD), items(MOOD, item('x')))
  for (const node of ['whitelisted', MOOD, 'none']) await stranger.ask(asks(node), nothing)
  await publish(alice, 'asked', 'x', 'current', { access_model: 'authorize' })
  await stranger.ask(request('set', `<subscribe node='asked' jid='${bareOf('stranger')}'/>`, ALICE), nothing)
  for (const what of ['subscriptions', 'affiliations', 'items', 'options', 'default', 'configure'])
    for (const node of ['whitelisted', MOOD, 'none'])
      for (const to of [ALICE, NOBODY]) {
        await stranger.ask(request('get', `<${what} node='${node}'/>`, to), nothing)
        await stranger.ask(owners('get', `<${what} node='${node}'/>`, to), nothing)
      }
  for (const operation of [`<items node='${MOOD}'/>`, '<subscriptions/>', '<affiliations/>', '<items/>', '<other/>', ''])
    for (const to of [ALICE, NOBODY]) {
      await stranger.ask(request('get', operation, to), nothing)
      await stranger.ask(owners('get', operation, to), nothing)
    }
  for (const operation of [
    publishing('n', 'x'),
    publishing(MOOD, 'x'),
    `<create node='n'/>`,
    `<subscribe node='${MOOD}' jid='x@b.example'/>`,
  ])
    for (const to of [ALICE, NOBODY]) await stranger.ask(request('set', operation, to), nothing)
  await stranger.ask(asks('open'), items('open', item('x')))
  await stranger.ask(
    request('set', `<subscribe node='open' jid='${bareOf('stranger')}'/>`, ALICE),
    subscription('open', bareOf('stranger')),
  )
  await stranger.expect('<message type="headline">*</message>')
  await stranger.ask(request('set', publishing('open', 'y'), ALICE), refused('auth', 'forbidden'))
})
story('T-E03: a contact whose request waits gets the precise answer', inMemory, async (cast) => {
  await cast.rosters(['alice', 'bob', 'to'])
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await publish(alice, MOOD, 'x')
  const needed = refused('auth', 'not-authorized', 'presence-subscription-required')
  await bob.ask(request('get', `<items node='${MOOD}'/>`, ALICE), needed)
  await bob.ask(request('set', `<subscribe node='${MOOD}' jid='${BOB}'/>`, ALICE), needed)
})

story('T-E04, PUB-11: preconditions', inMemory, async (cast) => {
  const [alice] = await cast.clients('alice/1')
  const tries = (node: string, options: Readonly<Record<string, string>>) =>
    request('set', publishing(node, 'x', 'current', options))
  const unmet = refused('cancel', 'conflict', 'precondition-not-met')
  await publish(alice, 'n', 'x', 'current', { access_model: 'whitelist', max_items: 'max', persist_items: 'true' })
  for (const [field, value] of [
    ['access_model', 'open'],
    ['max_items', '10'],
    ['persist_items', '0'],
    ['send_last_published_item', 'never'],
    ['title', 'other'],
  ] as const)
    await alice.ask(tries('n', { [field]: value }), unmet)
  await publish(alice, 'n', 'x', 'current', { access_model: 'whitelist', max_items: '1000', persist_items: '1' })
  await alice.ask(tries('new', { no_such_option: '1' }), refused('modify', 'not-acceptable', 'precondition-not-met'))
  await alice.ask(request('get', `<items node='new'/>`), nothing)
  await alice.ask(owners('set', `<delete node='n'/>`), done)
  await publish(alice, 'n', 'x', 'current', { access_model: 'open' })
})

story('T-E04: what cannot be met, or was not asked for in one way, is not acknowledged', inMemory, async (cast) => {
  const [alice] = await cast.clients('alice/1')
  await publish(alice, 'n', 'x', 'current', { access_model: 'whitelist' })
  const field = (...values: readonly string[]): string =>
    `<field var='pubsub#access_model'>${values.map((value) => `<value>${value}</value>`).join('')}</field>`
  const options = (fields: string): string =>
    `<publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>${PUBSUB}#publish-options</value></field>${fields}</x></publish-options>`
  const item = (node: string): string => `<publish node='${node}'><item id='1'><x xmlns='urn:x'/></item></publish>`
  const contradicting = options(field('whitelist') + field('open'))
  await alice.ask(request('set', item('n') + contradicting), refused('modify', 'not-acceptable', 'precondition-not-met'))
  const doubled = await alice.ask(request('set', item('n') + options(field('whitelist', 'open'))))
  assert.match(doubled.show(), /precondition-not-met/)
  const before = await alice.ask(request('set', options(field('whitelist')) + item('n')))
  assert.equal(before.attr('type'), 'result')
  await alice.ask(request('set', item('one') + item('two')), refused('modify', 'bad-request'))
  await alice.ask(request('get', `<items node='one'/>`), nothing)
})

story('PS-8: a node is made with its configuration, configured, and described', inMemory, async (cast) => {
  const [alice, bob] = await friends(cast)
  await alice.ask(
    request('set', `<create node='n'/><configure>${form('node_config', { title: 'N', access_model: 'presence' })}</configure>`),
    done,
  )
  await alice.ask(request('set', `<create/>`), `<iq type='result'><pubsub xmlns='${PUBSUB}'><create node='*'/></pubsub></iq>`)
  await alice.ask(
    owners('get', `<configure node='n'/>`),
    `<iq type='result'><pubsub xmlns='${PUBSUB}#owner'><configure node='n'>*</configure></pubsub></iq>`,
  )
  await alice.ask(
    owners('get', `<default/>`),
    `<iq type='result'><pubsub xmlns='${PUBSUB}#owner'><default>*</default></pubsub></iq>`,
  )
  await alice.ask(configure('n', { title: 'M', max_items: 'max' }), done)
  const INFO = 'http://jabber.org/protocol/disco#info'
  const identity = `<identity category='pubsub' type='leaf' name='M'/>`
  const described = `<iq type='result'><query xmlns='${INFO}' node='n'>${identity}*</query></iq>`
  for (const [who, to] of [
    [alice, ALICE],
    [bob, ALICE],
  ] as const)
    await who.ask(`<iq type='get' id='i' to='${to}'><query xmlns='${INFO}' node='n'/></iq>`, described)
  const ITEMS = 'http://jabber.org/protocol/disco#items'
  await publish(alice, 'n', 'x', 'one')
  const one = `<iq type='result'><query xmlns='${ITEMS}' node='n'><item jid='${ALICE}' name='one'/></query></iq>`
  await bob.ask(`<iq type='get' id='i' to='${ALICE}'><query xmlns='${ITEMS}' node='n'/></iq>`, one)
})
story('XEP-0060 6.5, RSM: the newest items, and items page by page', inMemory, async (cast) => {
  const [alice, bob] = await friends(cast)
  for (const id of ['1', '2', '3']) await publish(alice, 'n', id, id, { max_items: 'max' })
  const ask = (attrs: string, set = '') => request('get', `<items node='n'${attrs}/>${set}`, ALICE)
  const rsm = (content: string): string => `<set xmlns='http://jabber.org/protocol/rsm'>${content}</set>`
  const answer = (set: string, ...all: readonly string[]): Pattern =>
    `<iq type='result'><pubsub xmlns='${PUBSUB}'><items node='n'>${all.join('')}</items>${set}</pubsub></iq>`
  const [one, two, three] = ['1', '2', '3'].map((id) => item(id, id)) as [string, string, string]
  await bob.ask(ask(''), answer('', one, two, three))
  await bob.ask(ask(` max_items='2'`), answer('', two, three))
  await bob.ask(ask('', rsm('<max>2</max>')), answer(rsm(`<first index='0'>1</first><last>2</last><count>3</count>`), one, two))
  await bob.ask(
    ask('', rsm('<max>2</max><after>2</after>')),
    answer(rsm(`<first index='2'>3</first><last>3</last><count>3</count>`), three),
  )
  await bob.ask(
    ask('', rsm('<max>2</max><before/>')),
    answer(rsm(`<first index='1'>2</first><last>3</last><count>3</count>`), two, three),
  )
  await bob.ask(ask('', rsm('<max>0</max>')), answer(rsm('<count>3</count>')))
  await bob.ask(ask('', rsm('<after>none</after>')), nothing)
})
story('PS-1, XEP-0060 8.9: affiliations', inMemory, async (cast) => {
  const [alice, bob] = await friends(cast)
  await publish(alice, 'n', 'x', 'current', { access_model: 'whitelist' })
  const ask = request('get', `<items node='n'/>`, ALICE)
  await bob.ask(ask, refused('cancel', 'not-allowed', 'closed-node'))
  await alice.ask(affiliate('n', BOB, 'member'), done)
  await bob.ask(ask.replace('ps', 'again'), items('n', item('x')))
  await bob.ask(request('set', publishing('n', 'y'), ALICE), refused('auth', 'forbidden'))
  await alice.ask(affiliate('n', BOB, 'publisher'), done)
  await bob.ask(request('set', publishing('n', 'y'), ALICE), `<iq type='result'>*</iq>`)
  const list = `<affiliation jid='${ALICE}' affiliation='owner'/><affiliation jid='${BOB}' affiliation='publisher'/>`
  await alice.ask(
    owners('get', `<affiliations node='n'/>`),
    `<iq type='result'><pubsub xmlns='${PUBSUB}#owner'><affiliations node='n'>${list}</affiliations></pubsub></iq>`,
  )
  await bob.ask(
    request('get', `<affiliations/>`, ALICE),
    `<iq type='result'><pubsub xmlns='${PUBSUB}'><affiliations><affiliation node='n' affiliation='publisher'/></affiliations></pubsub></iq>`,
  )
})
story('PS-3, XEP-0060 6: subscriptions and their options', inMemory, async (cast) => {
  const [alice, bob] = await friends(cast)
  await publish(alice, 'n', 'x')
  await bob.ask(request('set', `<subscribe node='n' jid='${BOB}'/>`, ALICE), subscription('n', BOB))
  await cast.forget()
  await bob.ask(request('set', `<subscribe node='n' jid='${BOB}'/>`, ALICE), subscription('n', BOB))
  const mine = `<subscriptions><subscription node='n' jid='${BOB}' subid='*' subscription='subscribed'/></subscriptions>`
  await bob.ask(request('get', '<subscriptions/>', ALICE), `<iq type='result'><pubsub xmlns='${PUBSUB}'>${mine}</pubsub></iq>`)
  const theirs = `<subscriptions node='n'><subscription jid='${BOB}' subid='*' subscription='subscribed'/></subscriptions>`
  await alice.ask(
    owners('get', `<subscriptions node='n'/>`),
    `<iq type='result'><pubsub xmlns='${PUBSUB}#owner'>${theirs}</pubsub></iq>`,
  )
  const options = `<options node='n' jid='${BOB}'>${form('subscribe_options', { deliver: '0' })}</options>`
  await bob.ask(request('set', options, ALICE), done)
  await publish(alice, 'n', 'unheard')
  await cast.expectNothing()
  await bob.ask(
    request('set', `<options node='n' jid='${BOB}'>${form('subscribe_options', { deliver: 'perhaps' })}</options>`, ALICE),
    refused('modify', 'bad-request', 'invalid-options'),
  )
  await bob.ask(
    request('set', `<unsubscribe node='n' jid='${BOB}' subid='wrong'/>`, ALICE),
    refused('modify', 'not-acceptable', 'invalid-subid'),
  )
  await bob.ask(request('set', `<unsubscribe node='n' jid='${BOB}'/>`, ALICE), done)
})
story('PS-2, XEP-0060 6.1.4: subscriptions that an owner approves', inMemory, async (cast) => {
  const [alice, bob] = await friends(cast)
  await publish(alice, 'n', 'x', 'current', { access_model: 'authorize' })
  const ask = () => request('get', `<items node='n'/>`, ALICE)
  const subscribe = () => request('set', `<subscribe node='n' jid='${BOB}'/>`, ALICE)
  await bob.ask(ask(), refused('auth', 'not-authorized', 'not-subscribed'))
  await bob.ask(subscribe(), subscription('n', BOB, 'pending'))
  await cast.forget()
  await bob.ask(subscribe(), refused('auth', 'not-authorized', 'pending-subscription'))
  await bob.ask(ask(), refused('auth', 'not-authorized', 'pending-subscription'))
  const approve = `<subscriptions node='n'><subscription jid='${BOB}' subscription='subscribed'/></subscriptions>`
  await alice.ask(owners('set', approve), done)
  await bob.expect(`<message type='headline' from='${ALICE}'>*</message>`, `<message type='headline' from='${ALICE}'>*</message>`)
  await bob.ask(ask(), items('n', item('x')))
})
story('XEP-0060 4.5: the group of the roster', inMemory, async (cast) => {
  const [alice, bob] = await friends(cast)
  await publish(alice, 'n', 'x', 'current', { access_model: 'roster', roster_groups_allowed: 'Friends' })
  await bob.ask(request('get', `<items node='n'/>`, ALICE), refused('auth', 'not-authorized', 'not-in-roster-group'))
  alice.send(
    `<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='${BOB}'><group>Friends</group></item></query></iq>`,
  )
  await cast.forget()
  await bob.ask(request('get', `<items node='n'/>`, ALICE), items('n', item('x')))
})
story('T-E17, PEP-37: the keys of OMEMO are open to strangers, and not to the blocked', inMemory, async (cast) => {
  const [alice, stranger, blocked] = await cast.clients('alice/1', 'stranger/1', 'blocked/1')
  const OLD = 'eu.siacs.conversations.axolotl'
  for (const node of ['urn:xmpp:omemo:2:devices', 'urn:xmpp:omemo:2:bundles', `${OLD}.devicelist`, `${OLD}.bundles:1`]) {
    await publish(alice, node, 'key', '1')
    await stranger.ask(request('get', `<items node='${node}'/>`, ALICE), items(node, item('key', '1')))
  }
  await publish(alice, 'urn:xmpp:omemo:2:bundles', 'other', '2')
  await stranger.ask(
    request('get', `<items node='urn:xmpp:omemo:2:bundles'/>`, ALICE),
    items('urn:xmpp:omemo:2:bundles', item('key', '1'), item('other', '2')),
  )
  await alice.ask(`<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='${bareOf('blocked')}'/></block></iq>`)
  await blocked.ask(request('get', `<items node='${OLD}.devicelist'/>`, ALICE), refused('cancel', 'service-unavailable'))
})
story(
  'PUB-3: nodes are limited in number and in octets, and publishing in its pace',
  { ...inMemory, settings: { 'personal-eventing': { nodes: 2, size: '64 KiB', publications: 5 } } },
  async (cast) => {
    const [alice] = await cast.clients('alice/1')
    const big = 'x'.repeat(40_000)
    await publish(alice, 'a', big)
    await alice.ask(request('set', publishing('b', big)), refused('wait', 'resource-constraint'))
    await publish(alice, 'b', 'small')
    await alice.ask(request('set', publishing('c', 'x')), refused('cancel', 'not-allowed'))
    await publish(alice, 'eu.siacs.conversations.axolotl.bundles:1', 'x')
    await alice.ask(request('set', publishing('a', 'x')), refused('wait', 'policy-violation'))
    await cast.advance(60_000)
    await publish(alice, 'a', 'x')
  },
)

story('another extension publishes for an account, and hears of what its clients publish', inMemory, async (cast) => {
  const [alice] = await cast.clients('alice/1')
  const { host } = cast.server
  const pep: Pep = pepOf(host)
  const owner = jid(ALICE)
  const content = Payload.of(el('p', 'urn:example:p', {}, 'a'))
  const told: string[] = []
  const texts = (all: readonly { id: string; payload: Payload }[]) =>
    all.map(({ id, payload }) => `${id}=${payload.elements[0]!.text}`)
  host.on('items-changed', ({ owner: { bare }, node, published, removed, isEmptied }) => {
    told.push(
      `${bare} ${node}: ${[...texts(published), ...removed.map((id) => `-${id}`), ...(isEmptied ? ['empty'] : [])].join(' ')}`,
    )
  })
  assert.equal(await pep.items(owner, 'n'), null)
  await pep.publish(owner, 'n', [{ id: '1', payload: content }], { max_items: 'max' })
  await alice.ask(request('get', `<items node='n'/>`), items('n', item('a', '1')))
  await publish(alice, 'n', 'b', '2')
  assert.deepEqual(texts((await pep.items(owner, 'n'))!), ['1=a', '2=b'])
  assert.deepEqual(texts((await pep.items(owner, 'n', ['none', '2']))!), ['2=b'])
  assert.equal((await pep.configOf(owner, 'n'))!.access_model, 'presence')
  const account = host.accounts.get(ALICE)!
  assert.deepEqual([await pep.mayRead(account, 'n', owner), await pep.mayRead(account, 'n', jid(NOBODY))], [true, false])
  await pep.retract(owner, 'n', ['1'])
  await assert.rejects(() => pep.retract(owner, 'n', ['1']))
  await alice.ask(owners('set', `<delete node='n'/>`), done)
  assert.deepEqual(told, [`${ALICE} n: 1=a`, `${ALICE} n: 2=b`, `${ALICE} n: -1`, `${ALICE} n: empty`])
})

story('T-E17, ROOM-66: the keys of OMEMO of an occupant, asked for through the room', inMemory, async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  await cast.forget()
  const BUNDLES = 'urn:xmpp:omemo:2:bundles'
  await publish(alice, BUNDLES, 'key', '1')
  await publish(alice, MOOD, 'x')
  const ask = (node: string): string => request('get', `<items node='${node}'/>`, `${ROOM}/Alice`)
  const answer = await bob.ask(ask(BUNDLES), items(BUNDLES, item('key', '1')))
  assert.equal(answer.attr('from'), `${ROOM}/Alice`)
  await bob.ask(ask(MOOD), refused('auth', 'not-authorized', 'presence-subscription-required'))
  await bob.ask(ask('none'), nothing)
  await publish(alice, 'signed', 'x', '1', { access_model: 'open', itemreply: 'publisher' })
  const signed = await bob.ask(ask('signed'))
  assert.doesNotMatch(signed.show(), /alice@a\.example/)
  assert.match(signed.show(), /<item id='1'/)
})
