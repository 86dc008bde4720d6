/** Each feature that an account says it has as a service of pubsub, tried (T-E20, PEP-8). */
import assert from 'node:assert/strict'
import { bareOf, story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import {
  done,
  event,
  form,
  item,
  itemEvent,
  items,
  lastItem,
  nowWanting,
  owners,
  publish,
  publishing,
  PUBSUB,
  refused,
  request,
  wanting,
} from '../support/eventing.ts'

const ALICE = bareOf('alice')
const BOB = bareOf('bob')
const INFO = 'http://jabber.org/protocol/disco#info'

interface Scene {
  readonly cast: Cast
  readonly alice: StoryClient
  /** A contact. */
  readonly bob: StoryClient
  readonly stranger: StoryClient
  /** A node of this name, which nobody else uses. */
  readonly node: string
}
type Trial = (scene: Scene) => Promise<void>

const anything = "<iq type='result'>*</iq>"
const nothing = refused('cancel', 'item-not-found')
const read = (node: string): string => request('get', `<items node='${node}'/>`, ALICE)
const readBy = (who: StoryClient, node: string, text = 'x') => who.ask(read(node), items(node, item(text)))
const configure = (node: string, fields: Readonly<Record<string, string>>): string =>
  owners('set', `<configure node='${node}'>${form('node_config', fields)}</configure>`)
const affiliate = (node: string, affiliation: string): string =>
  owners('set', `<affiliations node='${node}'><affiliation jid='${BOB}' affiliation='${affiliation}'/></affiliations>`)
const subscribe = (node: string, jid = BOB): string => request('set', `<subscribe node='${node}' jid='${jid}'/>`, ALICE)
const withAccess = (access: string, more: Readonly<Record<string, string>> = {}) => ({ access_model: access, ...more })
/** Bob is affiliated so at a node that nobody else may read. */
const affiliated =
  (affiliation: string, trial: Trial): Trial =>
  async (scene) => {
    await publish(scene.alice, scene.node, 'x', 'current', withAccess('whitelist'))
    await scene.alice.ask(affiliate(scene.node, affiliation), done)
    await trial(scene)
  }
/** Two items in a node for many. */
const two = async ({ alice, node }: Scene): Promise<void> => {
  for (const id of ['1', '2']) await publish(alice, node, id, id, { max_items: 'max' })
}
/** Bob has subscribed, and what came of it nobody remembers. */
const subscribed = async ({ cast, alice, bob, node }: Scene): Promise<void> => {
  await publish(alice, node, 'x')
  await bob.ask(subscribe(node), anything)
  await cast.forget()
}

const TRIALS: Readonly<Record<string, Trial>> = {
  'access-authorize': async ({ alice, bob, node }) => {
    await publish(alice, node, 'x', 'current', withAccess('authorize'))
    await bob.ask(read(node), refused('auth', 'not-authorized', 'not-subscribed'))
  },
  'access-open': async ({ alice, stranger, node }) => {
    await publish(alice, node, 'x', 'current', withAccess('open'))
    await readBy(stranger, node)
  },
  'access-presence': async ({ alice, bob, stranger, node }) => {
    await publish(alice, node, 'x', 'current', withAccess('presence'))
    await readBy(bob, node)
    await stranger.ask(read(node), nothing)
  },
  'access-roster': async ({ alice, bob, node }) => {
    await publish(alice, node, 'x', 'current', withAccess('roster', { roster_groups_allowed: 'Friends' }))
    await bob.ask(read(node), refused('auth', 'not-authorized', 'not-in-roster-group'))
  },
  'access-whitelist': async ({ alice, bob, node }) => {
    await publish(alice, node, 'x', 'current', withAccess('whitelist'))
    await bob.ask(read(node), refused('cancel', 'not-allowed', 'closed-node'))
  },
  'auto-create': async ({ alice, node }) => {
    await alice.ask(read(node), nothing)
    await publish(alice, node, 'x')
    await readBy(alice, node)
  },
  'auto-subscribe': async ({ cast, alice, bob, node }) => {
    await nowWanting(cast, bob, [node])
    await cast.forget()
    await publish(alice, node, 'x')
    await bob.expect(itemEvent(ALICE, node, 'x'))
  },
  'config-node': async ({ alice, node }) => {
    await publish(alice, node, 'x')
    await alice.ask(configure(node, { title: 'T' }), done)
    const form = await alice.ask(owners('get', `<configure node='${node}'/>`), anything)
    assert(form.show().includes('<value>T</value>'))
  },
  'config-node-max': async ({ alice, node }) => {
    await alice.ask(
      request('set', `<create node='${node}'/><configure>${form('node_config', { max_items: 'max' })}</configure>`),
      done,
    )
    for (const id of ['1', '2']) await publish(alice, node, id, id, { max_items: 'max' })
    await alice.ask(read(node), items(node, item('1', '1'), item('2', '2')))
  },
  'create-and-configure': async ({ alice, bob, node }) => {
    await alice.ask(
      request('set', `<create node='${node}'/><configure>${form('node_config', withAccess('whitelist'))}</configure>`),
      done,
    )
    await bob.ask(read(node), refused('cancel', 'not-allowed', 'closed-node'))
  },
  'create-nodes': async ({ alice, node }) => {
    await alice.ask(request('set', `<create node='${node}'/>`), done)
    await alice.ask(read(node), items(node))
  },
  'delete-items': async (scene) => {
    await two(scene)
    await scene.alice.ask(request('set', `<retract node='${scene.node}'><item id='1'/></retract>`), done)
    await scene.alice.ask(read(scene.node), items(scene.node, item('2', '2')))
  },
  'delete-nodes': async ({ alice, node }) => {
    await publish(alice, node, 'x')
    await alice.ask(owners('set', `<delete node='${node}'/>`), done)
    await alice.ask(read(node), nothing)
  },
  'filtered-notifications': async ({ cast, alice, bob, node }) => {
    await nowWanting(cast, bob, [`not ${node}`])
    await cast.forget()
    await publish(alice, node, 'x')
    await cast.expectNothing()
  },
  'instant-nodes': async ({ alice }) => {
    await alice.ask(request('set', '<create/>'), `<iq type='result'><pubsub xmlns='${PUBSUB}'><create node='*'/></pubsub></iq>`)
  },
  'item-ids': async ({ alice, node }) => {
    await publish(alice, node, 'x', 'an id')
    await alice.ask(read(node), items(node, item('x', 'an id')))
  },
  'last-published': async ({ cast, alice, bob, node }) => {
    await publish(alice, node, 'x')
    await nowWanting(cast, bob, [node])
    await bob.expect(lastItem(ALICE, node, 'x'))
    await cast.forget()
  },
  'manage-subscriptions': async (scene) => {
    await subscribed(scene)
    const { alice, cast, node } = scene
    await alice.ask(
      owners('set', `<subscriptions node='${node}'><subscription jid='${BOB}' subscription='none'/></subscriptions>`),
      done,
    )
    await cast.forget()
    await publish(alice, node, 'y')
    await cast.expectNothing()
  },
  'member-affiliation': affiliated('member', async ({ bob, node }) => void (await readBy(bob, node))),
  'meta-data': async ({ alice, bob, node }) => {
    await publish(alice, node, 'x', 'current', { title: 'T' })
    const about = await bob.ask(`<iq type='get' id='i' to='${ALICE}'><query xmlns='${INFO}' node='${node}'/></iq>`, anything)
    for (const text of [`${PUBSUB}#meta-data`, 'pubsub#title', 'pubsub#creation_date', 'pubsub#num_subscribers'])
      assert(about.show().includes(text), text)
  },
  'modify-affiliations': affiliated('member', async ({ alice, bob, node }) => {
    await alice.ask(affiliate(node, 'none'), done)
    await bob.ask(read(node), refused('cancel', 'not-allowed', 'closed-node'))
  }),
  'multi-items': async ({ alice, node }) => {
    await publish(alice, node, '0', '0', { max_items: 'max' })
    await alice.ask(request('set', `<publish node='${node}'>${item('1', '1')}${item('2', '2')}</publish>`), anything)
    await alice.ask(read(node), items(node, item('0', '0'), item('1', '1'), item('2', '2')))
  },
  'outcast-affiliation': async ({ alice, bob, node }) => {
    await publish(alice, node, 'x', 'current', withAccess('open'))
    await alice.ask(affiliate(node, 'outcast'), done)
    await bob.ask(read(node), refused('auth', 'forbidden'))
  },
  'owner': async ({ alice, bob, node }) => {
    await publish(alice, node, 'x')
    await alice.ask(owners('get', `<affiliations node='${node}'/>`), anything)
    await bob.ask(owners('get', `<affiliations node='${node}'/>`, ALICE), refused('auth', 'forbidden'))
  },
  'persistent-items': async ({ alice, node }) => {
    await publish(alice, node, 'x', 'current', { persist_items: '1' })
    await readBy(alice, node)
  },
  'presence-notifications': async ({ cast, alice, bob, node }) => {
    await nowWanting(cast, bob, [node])
    bob.send(`<presence type='unavailable'/>`)
    await cast.forget()
    await publish(alice, node, 'x')
    await cast.expectNothing()
    await nowWanting(cast, bob, [node])
    await bob.expect(lastItem(ALICE, node, 'x'))
    await cast.forget()
  },
  'presence-subscribe': async ({ cast, alice, bob, stranger, node }) => {
    for (const one of [bob, stranger]) await nowWanting(cast, one, [node])
    await cast.forget()
    await publish(alice, node, 'x')
    await bob.expect(itemEvent(ALICE, node, 'x'))
    await cast.expectNothing()
  },
  'publish': ({ alice, node }) => publish(alice, node, 'x'),
  'publish-node-full': async ({ alice, node }) => {
    await publish(alice, node, 'x', '1', { publish_node_full: 'reject' })
    await alice.ask(request('set', publishing(node, 'y', '2')), refused('cancel', 'conflict', 'node-full'))
  },
  'publish-only-affiliation': affiliated('publish-only', async ({ bob, node }) => {
    await bob.ask(request('set', publishing(node, 'y'), ALICE), anything)
    await bob.ask(read(node), refused('auth', 'forbidden'))
  }),
  'publish-options': async ({ alice, node }) => {
    await publish(alice, node, 'x', 'current', withAccess('open'))
    const other = request('set', publishing(node, 'y', 'current', withAccess('whitelist')))
    await alice.ask(other, refused('cancel', 'conflict', 'precondition-not-met'))
  },
  'publisher-affiliation': affiliated('publisher', async ({ bob, node }) => {
    await bob.ask(request('set', publishing(node, 'y'), ALICE), anything)
    await readBy(bob, node, 'y')
  }),
  'pubsub-on-a-jid': async ({ alice, bob, node }) => {
    await publish(alice, node, 'x')
    const answer = await bob.ask(read(node), anything)
    assert.equal(answer.attr('from'), ALICE)
  },
  'purge-nodes': async (scene) => {
    await two(scene)
    await scene.alice.ask(owners('set', `<purge node='${scene.node}'/>`), done)
    await scene.alice.ask(read(scene.node), items(scene.node))
  },
  'retract-items': async ({ cast, alice, bob, node }) => {
    await nowWanting(cast, bob, [node])
    await cast.forget()
    await publish(alice, node, 'x')
    await alice.ask(request('set', `<retract node='${node}' notify='true'><item id='current'/></retract>`), done)
    await bob.expect(itemEvent(ALICE, node, 'x'), event(ALICE, `<items node='${node}'><retract id='current'/></items>`))
  },
  'retrieve-affiliations': affiliated('member', async ({ bob, node }) => {
    const answer = await bob.ask(request('get', '<affiliations/>', ALICE), anything)
    assert(answer.show().includes(node))
  }),
  'retrieve-default': async ({ alice }) => {
    await alice.ask(
      owners('get', '<default/>'),
      `<iq type='result'><pubsub xmlns='${PUBSUB}#owner'><default>*</default></pubsub></iq>`,
    )
  },
  'retrieve-items': async ({ alice, bob, node }) => {
    await publish(alice, node, 'x')
    await bob.ask(request('get', `<items node='${node}'><item id='current'/></items>`, ALICE), items(node, item('x')))
  },
  'retrieve-subscriptions': async (scene) => {
    await subscribed(scene)
    const answer = await scene.bob.ask(request('get', '<subscriptions/>', ALICE), anything)
    assert(answer.show().includes(scene.node))
  },
  'rsm': async (scene) => {
    await two(scene)
    const set = "<set xmlns='http://jabber.org/protocol/rsm'><max>1</max></set>"
    const answer = await scene.bob.ask(request('get', `<items node='${scene.node}'/>${set}`, ALICE), anything)
    assert(answer.show().includes('<count>2</count>'))
  },
  'subscribe': subscribed,
  'subscription-notifications': async ({ cast, alice, bob, node }) => {
    await publish(alice, node, 'x', 'current', { notify_sub: '1' })
    await bob.ask(subscribe(node), anything)
    await alice.expect(event(ALICE, `<subscription node='${node}' jid='${BOB}' subid='*' subscription='subscribed'/>`))
    await cast.forget()
  },
  'subscription-options': async (scene) => {
    await subscribed(scene)
    const { bob, node } = scene
    await bob.ask(request('get', `<options node='${node}' jid='${BOB}'/>`, ALICE), anything)
    const no = `<options node='${node}' jid='${BOB}'>${form('subscribe_options', { deliver: '0' })}</options>`
    await bob.ask(request('set', no, ALICE), done)
  },
}

story(
  'T-E20, PEP-8: the features that an account says it has are these, and each works',
  { on: ['memory'], settings: { 'personal-eventing': { publications: 1000 } } },
  async (cast) => {
    await cast.befriend('alice', 'bob')
    const alice = await wanting(cast, 'alice/1', [])
    const bob = await wanting(cast, 'bob/1', [])
    const stranger = await wanting(cast, 'stranger/1', [])
    await cast.forget()
    const about = await bob.ask(`<iq type='get' id='i' to='${ALICE}'><query xmlns='${INFO}'/></iq>`, anything)
    const { elements } = about.child('query')!
    const said = elements.filter(({ name }) => name === 'feature').map((e) => e.attr('var')!)
    const ofPubsub = said.filter((feature) => feature.startsWith(`${PUBSUB}#`)).map((feature) => feature.slice(PUBSUB.length + 1))
    assert.deepEqual(ofPubsub.toSorted(), Object.keys(TRIALS).toSorted())
    assert(said.includes(PUBSUB))
    const identities = elements.filter(({ name }) => name === 'identity').map((e) => `${e.attr('category')}/${e.attr('type')}`)
    assert.deepEqual(identities, ['account/registered', 'pubsub/pep'])
    for (const [feature, trial] of Object.entries(TRIALS)) {
      try {
        await trial({ cast, alice, bob, stranger, node: `for ${feature}` })
        await cast.expectNothing()
      } catch (error) {
        throw new Error(`"${feature}" does not work`, { cause: error })
      }
    }
  },
)
