/** Every way in which a request about nodes is refused, at an account and at a service (XEP-0060). */
import { bareOf, story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import type { Pattern } from '../support/xml-pattern.ts'
import {
  done,
  form,
  item,
  items,
  owners,
  payload,
  publishing,
  PUBSUB,
  refused,
  request,
  unsupported,
} from '../support/eventing.ts'

type Fields = Readonly<Record<string, string>>
type Case = readonly [xml: string, answer: Pattern]

const ALICE = bareOf('alice')
const BOB = bareOf('bob')
const EVE = bareOf('eve')
const FACES = { 'an account': ALICE, 'a service': 'pubsub.a.example' }
const anything = `<iq type='result'>*</iq>`
const nothing = refused('cancel', 'item-not-found')
const forbidden = refused('auth', 'forbidden')
const inMemory = { on: ['memory'], settings: { 'personal-eventing': { publications: 1000 } } } as const

/** What is asked of the nodes at one address. */
const at = (to: string) => ({
  get: (operation: string): string => request('get', operation, to),
  set: (operation: string): string => request('set', operation, to),
  ownersGet: (operation: string): string => owners('get', operation, to),
  ownersSet: (operation: string): string => owners('set', operation, to),
  create: (node: string, fields: Fields = {}): string =>
    request('set', `<create node='${node}'/><configure>${form('node_config', fields)}</configure>`, to),
  configure: (node: string, fields: Fields): string =>
    owners('set', `<configure node='${node}'>${form('node_config', fields)}</configure>`, to),
  affiliate: (node: string, ...entries: readonly (readonly [jid: string, affiliation: string])[]): string =>
    owners('set', `<affiliations node='${node}'>${entries.map(affiliation).join('')}</affiliations>`, to),
})
const affiliation = ([jid, is]: readonly [string, string]): string => `<affiliation jid='${jid}' affiliation='${is}'/>`

async function askAll(who: StoryClient, cases: readonly Case[]): Promise<void> {
  for (const [xml, answer] of cases)
    try {
      await who.ask(xml, answer)
    } catch (error) {
      throw new Error(xml, { cause: error })
    }
}
/** Alice owns nodes there, and Bob is a contact of hers. */
async function scene(cast: Cast): Promise<readonly [alice: StoryClient, bob: StoryClient]> {
  const both = await cast.friends('alice/1', 'bob/1')
  await cast.forget()
  return both
}

for (const [place, to] of Object.entries(FACES)) {
  const { get, set, ownersGet, ownersSet, create, configure, affiliate } = at(to)

  story(`T-E09, T-E12: at ${place}, what is refused to others than the owner`, inMemory, async (cast) => {
    const [alice, bob] = await scene(cast)
    for (const [name, fields] of [
      ['n', { max_items: '3', access_model: 'open' }],
      ['closed', { access_model: 'whitelist' }],
      ['asked', { access_model: 'authorize' }],
      ['deaf', { subscribe: '0' }],
      ['transient', { persist_items: '0' }],
    ] as const)
      await alice.ask(create(name, fields), done)
    await alice.ask(set(publishing('n', 'x', 'one')), anything)
    const subscribe = (node: string, jid = BOB): string => set(`<subscribe node='${node}' jid='${jid}'/>`)
    const options = (node: string, jid: string, inside = ''): string => `<options node='${node}' jid='${jid}'>${inside}</options>`
    await askAll(bob, [
      // Anything
      [get(`<other/>`), unsupported('other')],
      [set(`<other/>`), unsupported('other')],
      [get(''), refused('modify', 'bad-request')],
      [get(`<items/>`), refused('modify', 'bad-request', 'nodeid-required')],
      [get(`<items node='none'/>`), nothing],
      [get(`<default/>`), unsupported('retrieve-default-sub')],
      // 6.1
      [subscribe('none'), nothing],
      [subscribe('n', EVE), refused('modify', 'bad-request', 'invalid-jid')],
      [subscribe('n', 'a@@b'), refused('modify', 'bad-request', 'invalid-jid')],
      [set(`<subscribe node='n'/>`), refused('modify', 'bad-request', 'jid-required')],
      [set(`<subscribe jid='${BOB}'/>`), refused('modify', 'bad-request', 'nodeid-required')],
      [subscribe('closed'), refused('cancel', 'not-allowed', 'closed-node')],
      [subscribe('deaf'), unsupported('subscribe')],
      // 6.2
      [set(`<unsubscribe node='n' jid='${BOB}'/>`), refused('cancel', 'unexpected-request', 'not-subscribed')],
      [set(`<unsubscribe node='n' jid='${EVE}'/>`), forbidden],
      [set(`<unsubscribe node='none' jid='${BOB}'/>`), nothing],
      // 6.3
      [get(options('n', BOB)), refused('modify', 'unexpected-request', 'not-subscribed')],
      [get(options('n', EVE)), forbidden],
      [get(`<options node='n'/>`), refused('modify', 'bad-request', 'jid-required')],
      [set(`<options node='n'/>`), refused('modify', 'bad-request', 'jid-required')],
      // 6.5
      [get(`<items node='closed'/>`), refused('cancel', 'not-allowed', 'closed-node')],
      [get(`<items node='asked'/>`), refused('auth', 'not-authorized', 'not-subscribed')],
      [get(`<items node='transient'/>`), unsupported('persistent-items')],
      [get(`<items node='n'><item id='none'/></items>`), items('n')],
      [get(`<items node='n'><item id='none'/><item id='one'/></items>`), items('n', item('x', 'one'))],
      [get(`<items node='n' max_items='some'/>`), refused('modify', 'bad-request')],
      // 7
      [set(publishing('n', 'y')), forbidden],
      [set(publishing('none', 'y')), nothing],
      [set(`<retract node='n'><item id='one'/></retract>`), forbidden],
      [set(`<retract node='none'><item id='one'/></retract>`), nothing],
      // 8
      [ownersGet(`<configure node='n'/>`), forbidden],
      [configure('n', { title: 'T' }), forbidden],
      [ownersSet(`<purge node='n'/>`), forbidden],
      [ownersSet(`<delete node='n'/>`), forbidden],
      [ownersGet(`<affiliations node='n'/>`), forbidden],
      [ownersGet(`<subscriptions node='n'/>`), forbidden],
      [affiliate('n', [BOB, 'owner']), forbidden],
      [ownersSet(`<subscriptions node='n'><subscription jid='${BOB}' subscription='subscribed'/></subscriptions>`), forbidden],
      [ownersGet(`<other node='n'/>`), forbidden],
      [ownersSet(`<other node='n'/>`), unsupported('other')],
    ])
    // Those that need a subscription
    await askAll(bob, [
      [subscribe('asked'), anything],
      [subscribe('asked'), refused('auth', 'not-authorized', 'pending-subscription')],
      [get(`<items node='asked'/>`), refused('auth', 'not-authorized', 'pending-subscription')],
      [subscribe('n'), anything],
    ])
    await cast.forget()
    await askAll(bob, [
      [set(`<unsubscribe node='n' jid='${BOB}' subid='wrong'/>`), refused('modify', 'not-acceptable', 'invalid-subid')],
      [get(`<options node='n' jid='${BOB}' subid='wrong'/>`), refused('modify', 'not-acceptable', 'invalid-subid')],
      [
        set(options('n', BOB, form('subscribe_options', { deliver: 'perhaps' }))),
        refused('modify', 'bad-request', 'invalid-options'),
      ],
    ])
    await cast.forget()
    await alice.ask(affiliate('n', [BOB, 'outcast']), done)
    await cast.forget()
    await askAll(bob, [
      [get(`<items node='n'/>`), forbidden],
      [subscribe('n'), forbidden],
      [set(publishing('n', 'y')), forbidden],
      [set(`<retract node='n'><item id='one'/></retract>`), forbidden],
    ])
    await alice.ask(affiliate('n', [BOB, 'publish-only']), done)
    await askAll(bob, [
      [get(`<items node='n'/>`), forbidden],
      [subscribe('n'), forbidden],
      [set(`<retract node='n'><item id='one'/></retract>`), forbidden],
      [set(publishing('n', 'mine', 'own')), anything],
      [set(`<retract node='n'><item id='own'/></retract>`), done],
    ])
  })

  story(`T-E09: at ${place}, what is refused to the owner`, inMemory, async (cast) => {
    const [alice] = await cast.clients('alice/1')
    await alice.ask(create('n', { max_items: '2', publish_node_full: 'reject' }), done)
    for (const id of ['one', 'two']) await alice.ask(set(publishing('n', 'x', id)), anything)
    const tooBig = payload('x'.repeat(65 * 1024))
    const made = `<configure>${form('node_config', {})}</configure>`
    const whole = 'urn:example:p'
    await askAll(alice, [
      [set(publishing('n', 'y', 'three')), refused('cancel', 'conflict', 'node-full')],
      [set(`<publish node='n'><item id='i'>${tooBig}</item></publish>`), refused('modify', 'not-acceptable', 'payload-too-big')],
      [
        set(`<publish node='n'><item><a xmlns='${whole}'/><b xmlns='${whole}'/></item></publish>`),
        refused('modify', 'bad-request', 'invalid-payload'),
      ],
      [set(`<publish node='n'><item/></publish>`), refused('modify', 'bad-request', 'payload-required')],
      [set(`<publish node='n'/>`), refused('modify', 'bad-request', 'item-required')],
      [set(`<publish><item>${payload('')}</item></publish>`), refused('modify', 'bad-request', 'nodeid-required')],
      [
        set(`<publish node='n'>${item('a', 'a')}${item('b', 'b')}${item('c', 'c')}</publish>`),
        refused('cancel', 'not-allowed', 'max-items-exceeded'),
      ],
      [set(publishing('n', 'x', 'one', { access_model: 'whitelist' })), refused('cancel', 'conflict', 'precondition-not-met')],
      [set(publishing('n', 'x', 'one', { no_such_option: '1' })), refused('modify', 'not-acceptable', 'precondition-not-met')],
      [set(`<retract node='n'><item id='none'/></retract>`), nothing],
      [set(`<retract node='n'/>`), refused('modify', 'bad-request', 'item-required')],
      [set(`<retract><item id='one'/></retract>`), refused('modify', 'bad-request', 'nodeid-required')],
      [set(`<create node='n'/>`), refused('cancel', 'conflict')],
      [create('m', { access_model: 'secret' }), refused('modify', 'not-acceptable', 'unsupported-access-model')],
      [set(`${made}<create node='m'/>`), refused('modify', 'bad-request')],
      [set(`<create node='m'/>${made.replace('<configure', `<configure node='m'`)}`), refused('modify', 'bad-request')],
      [configure('n', { max_items: 'many' }), refused('modify', 'not-acceptable')],
      [configure('n', { purge_offline: '1' }), refused('modify', 'not-acceptable')],
      [configure('n', { no_such_field: '1' }), done],
      [configure('none', {}), nothing],
      [ownersSet(`<configure/>`), refused('modify', 'bad-request', 'nodeid-required')],
      [ownersSet(`<purge node='none'/>`), nothing],
      [ownersSet(`<delete node='none'/>`), nothing],
      [ownersGet(`<affiliations node='none'/>`), nothing],
      [ownersGet(`<subscriptions node='none'/>`), nothing],
    ])
    // 8.9.2.4: what is possible is done, and what is not comes back as it is
    await alice.ask(
      affiliate('n', [ALICE, 'none'], [BOB, 'member']),
      `<iq type='error'><error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>*<affiliations xmlns='${PUBSUB}#owner' node='n'>${affiliation([ALICE, 'owner'])}</affiliations></error></iq>`,
    )
    await alice.ask(
      ownersGet(`<affiliations node='n'/>`),
      `<iq type='result'><pubsub xmlns='${PUBSUB}#owner'><affiliations node='n'>${affiliation([ALICE, 'owner'])}${affiliation([BOB, 'member'])}</affiliations></pubsub></iq>`,
    )
    await alice.ask(create('transient', { persist_items: '0' }), done)
    await alice.ask(set(publishing('transient', 'x', 'one')), anything)
    await askAll(alice, [
      [get(`<items node='transient'/>`), items('transient', item('x', 'one'))],
      // What is there can be taken back, although the node keeps nothing
      [ownersSet(`<purge node='transient'/>`), done],
      [get(`<items node='transient'/>`), unsupported('persistent-items')],
      [ownersSet(`<purge node='transient'/>`), unsupported('persistent-items')],
      [set(publishing('transient', 'x', 'one')), anything],
      [set(`<retract node='transient'><item id='one'/></retract>`), done],
      [set(`<retract node='transient'><item id='one'/></retract>`), unsupported('persistent-items')],
      [set(publishing('transient', 'x', 'one')), anything],
      [configure('transient', { deliver_payloads: '0' }), done],
      [set(publishing('transient', 'x')), refused('modify', 'bad-request', 'item-forbidden')],
    ])
  })
}
