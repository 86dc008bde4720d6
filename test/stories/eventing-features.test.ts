/** Each feature of pubsub that an account, or the service, says it has, tried (T-E20, PEP-8, PUB-20). */
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
  publishing,
  PUBSUB,
  refused,
  request,
  wanting,
} from '../support/eventing.ts'

const ALICE = bareOf('alice')
const BOB = bareOf('bob')
const COMMANDS = 'http://jabber.org/protocol/commands'
const SERVICE = 'pubsub.a.example'
const INFO = 'http://jabber.org/protocol/disco#info'

interface Scene {
  readonly cast: Cast
  readonly alice: StoryClient
  /** A contact. */
  readonly bob: StoryClient
  readonly stranger: StoryClient
  /** A node of this name, which nobody else uses. */
  readonly node: string
  /** Whose nodes: Alice's account, or the service. */
  readonly to: string
  isMade: boolean
}
type Fields = Readonly<Record<string, string>>
type Trial = (scene: Scene) => Promise<void>

const anything = "<iq type='result'>*</iq>"
const nothing = refused('cancel', 'item-not-found')
const read = ({ node, to }: Scene): string => request('get', `<items node='${node}'/>`, to)
const readBy = (who: StoryClient, scene: Scene, text = 'x') => who.ask(read(scene), items(scene.node, item(text)))
/** Alice publishes. What is not as by default is so from the beginning. */
async function put(scene: Scene, text: string, id = 'current', options: Fields = {}): Promise<void> {
  const { alice, node, to, isMade } = scene
  if (to === SERVICE && !isMade) await alice.ask(create(scene, options), done)
  scene.isMade = true
  const preconditions = Object.keys(options).length === 0 ? undefined : options
  await alice.ask(request('set', publishing(node, text, id, preconditions), to), anything)
}
const create = ({ node, to }: Scene, fields: Fields): string =>
  request('set', `<create node='${node}'/><configure>${form('node_config', fields)}</configure>`, to)
const configure = ({ node, to }: Scene, fields: Fields): string =>
  owners('set', `<configure node='${node}'>${form('node_config', fields)}</configure>`, to)
const affiliate = ({ node, to }: Scene, affiliation: string): string =>
  owners('set', `<affiliations node='${node}'><affiliation jid='${BOB}' affiliation='${affiliation}'/></affiliations>`, to)
const subscribe = ({ node, to }: Scene, jid = BOB): string => request('set', `<subscribe node='${node}' jid='${jid}'/>`, to)
const withAccess = (access: string, more: Fields = {}) => ({ access_model: access, ...more })
/** Bob is affiliated so at a node that nobody else may read. */
const affiliated =
  (affiliation: string, trial: Trial): Trial =>
  async (scene) => {
    await put(scene, 'x', 'current', withAccess('whitelist'))
    await scene.alice.ask(affiliate(scene, affiliation), done)
    await trial(scene)
  }
/** Two items in a node for many. */
const two = async (scene: Scene): Promise<void> => {
  for (const id of ['1', '2']) await put(scene, id, id, { max_items: 'max' })
}
/** Bob has subscribed, and what came of it nobody remembers. */
const subscribed = async (scene: Scene): Promise<void> => {
  await put(scene, 'x')
  await scene.bob.ask(subscribe(scene), anything)
  await scene.cast.forget()
}

/** What accounts and services have in common. */
const COMMON: Readonly<Record<string, Trial>> = {
  'access-authorize': async (scene) => {
    await put(scene, 'x', 'current', withAccess('authorize'))
    await scene.bob.ask(read(scene), refused('auth', 'not-authorized', 'not-subscribed'))
  },
  'access-open': async (scene) => {
    await put(scene, 'x', 'current', withAccess('open'))
    await readBy(scene.stranger, scene)
  },
  'access-whitelist': async (scene) => {
    await put(scene, 'x', 'current', withAccess('whitelist'))
    await scene.bob.ask(read(scene), refused('cancel', 'not-allowed', 'closed-node'))
  },
  'config-node': async (scene) => {
    const { alice, node, to } = scene
    await put(scene, 'x')
    await alice.ask(configure(scene, { title: 'T' }), done)
    const shown = await alice.ask(owners('get', `<configure node='${node}'/>`, to), anything)
    assert(shown.show().includes('<value>T</value>'))
  },
  'config-node-max': async (scene) => {
    await two(scene)
    await scene.alice.ask(read(scene), items(scene.node, item('1', '1'), item('2', '2')))
  },
  'create-and-configure': async (scene) => {
    await scene.alice.ask(create(scene, withAccess('whitelist')), done)
    await scene.bob.ask(read(scene), refused('cancel', 'not-allowed', 'closed-node'))
  },
  'create-nodes': async (scene) => {
    const { alice, node, to } = scene
    await alice.ask(request('set', `<create node='${node}'/>`, to), done)
    await alice.ask(read(scene), items(node))
  },
  'delete-items': async (scene) => {
    const { alice, node, to } = scene
    await two(scene)
    await alice.ask(request('set', `<retract node='${node}'><item id='1'/></retract>`, to), done)
    await alice.ask(read(scene), items(node, item('2', '2')))
  },
  'delete-nodes': async (scene) => {
    const { alice, node, to } = scene
    await put(scene, 'x')
    await alice.ask(owners('set', `<delete node='${node}'/>`, to), done)
    await alice.ask(read(scene), nothing)
  },
  'get-pending': async (scene) => {
    const { cast, alice, bob, node, to } = scene
    await put(scene, 'x', 'current', withAccess('authorize'))
    await bob.ask(subscribe(scene), anything)
    await cast.forget()
    const command = (inside = ''): string =>
      `<iq type='set' id='c' to='${to}'><command xmlns='${COMMANDS}' node='${PUBSUB}#get-pending' action='execute'>${inside}</command></iq>`
    const list = `<iq type='get' id='l' to='${to}'><query xmlns='${INFO.replace('info', 'items')}' node='${COMMANDS}'/></iq>`
    assert((await alice.ask(list)).show().includes('#get-pending'))
    const shown = await alice.ask(command())
    assert(shown.show().includes(`<option label='${node}'><value>${node}</value></option>`), shown.show())
    await alice.ask(command(form('subscribe_authorization', { node: 'none' })), nothing)
    const answer = await alice.ask(command(form('subscribe_authorization', { node })))
    assert(answer.show().includes("status='completed'"))
    await cast.settle()
    const asked = alice.take().map((xml) => xml.show())
    assert.equal(asked.length, 1)
    assert(asked[0]!.includes(`<value>${BOB}</value>`))
    const others = await bob.ask(command(form('subscribe_authorization', { node })))
    assert.equal(others.attr('type'), 'error')
  },
  'instant-nodes': async ({ alice, to }) => {
    await alice.ask(
      request('set', '<create/>', to),
      `<iq type='result'><pubsub xmlns='${PUBSUB}'><create node='*'/></pubsub></iq>`,
    )
  },
  'item-ids': async (scene) => {
    await put(scene, 'x', 'an id')
    await scene.alice.ask(read(scene), items(scene.node, item('x', 'an id')))
  },
  'manage-subscriptions': async (scene) => {
    const { alice, cast, node, to } = scene
    await subscribed(scene)
    await alice.ask(
      owners('set', `<subscriptions node='${node}'><subscription jid='${BOB}' subscription='none'/></subscriptions>`, to),
      done,
    )
    await cast.forget()
    await put(scene, 'y')
    await cast.expectNothing()
  },
  'member-affiliation': affiliated('member', async (scene) => void (await readBy(scene.bob, scene))),
  'meta-data': async (scene) => {
    const { bob, node, to } = scene
    await put(scene, 'x', 'current', { title: 'T' })
    const about = await bob.ask(`<iq type='get' id='i' to='${to}'><query xmlns='${INFO}' node='${node}'/></iq>`, anything)
    for (const text of [`${PUBSUB}#meta-data`, 'pubsub#title', 'pubsub#creation_date', 'pubsub#num_subscribers'])
      assert(about.show().includes(text), text)
  },
  'modify-affiliations': affiliated('member', async (scene) => {
    await scene.alice.ask(affiliate(scene, 'none'), done)
    await scene.bob.ask(read(scene), refused('cancel', 'not-allowed', 'closed-node'))
  }),
  'multi-items': async (scene) => {
    const { alice, node, to } = scene
    await put(scene, '0', '0', { max_items: 'max' })
    await alice.ask(request('set', `<publish node='${node}'>${item('1', '1')}${item('2', '2')}</publish>`, to), anything)
    await alice.ask(read(scene), items(node, item('0', '0'), item('1', '1'), item('2', '2')))
  },
  'outcast-affiliation': async (scene) => {
    await put(scene, 'x', 'current', withAccess('open'))
    await scene.alice.ask(affiliate(scene, 'outcast'), done)
    await scene.bob.ask(read(scene), refused('auth', 'forbidden'))
  },
  'persistent-items': async (scene) => {
    await put(scene, 'x', 'current', { persist_items: '1' })
    await readBy(scene.alice, scene)
  },
  'publish': (scene) => put(scene, 'x'),
  'publish-node-full': async (scene) => {
    const { alice, node, to } = scene
    await put(scene, 'x', '1', { publish_node_full: 'reject', max_items: '1' })
    await alice.ask(request('set', publishing(node, 'y', '2'), to), refused('cancel', 'conflict', 'node-full'))
  },
  'publish-only-affiliation': affiliated('publish-only', async (scene) => {
    await scene.bob.ask(request('set', publishing(scene.node, 'y'), scene.to), anything)
    await scene.bob.ask(read(scene), refused('auth', 'forbidden'))
  }),
  'publish-options': async (scene) => {
    const { alice, node, to } = scene
    await put(scene, 'x', 'current', withAccess('open'))
    const other = request('set', publishing(node, 'y', 'current', withAccess('whitelist')), to)
    await alice.ask(other, refused('cancel', 'conflict', 'precondition-not-met'))
  },
  'publisher-affiliation': affiliated('publisher', async (scene) => {
    await scene.bob.ask(request('set', publishing(scene.node, 'y'), scene.to), anything)
    await readBy(scene.bob, scene, 'y')
  }),
  'purge-nodes': async (scene) => {
    await two(scene)
    await scene.alice.ask(owners('set', `<purge node='${scene.node}'/>`, scene.to), done)
    await scene.alice.ask(read(scene), items(scene.node))
  },
  'retract-items': async (scene) => {
    const { alice, bob, node, to, cast } = scene
    await put(scene, 'x')
    await bob.ask(subscribe(scene), anything)
    await cast.forget()
    await alice.ask(request('set', `<retract node='${node}' notify='true'><item id='current'/></retract>`, to), done)
    await bob.expect(event(to, `<items node='${node}'><retract id='current'/></items>`))
  },
  'retrieve-affiliations': affiliated('member', async ({ bob, node, to }) => {
    const answer = await bob.ask(request('get', '<affiliations/>', to), anything)
    assert(answer.show().includes(node))
  }),
  'retrieve-default': async ({ alice, to }) => {
    await alice.ask(
      owners('get', '<default/>', to),
      `<iq type='result'><pubsub xmlns='${PUBSUB}#owner'><default>*</default></pubsub></iq>`,
    )
  },
  'retrieve-items': async (scene) => {
    const { bob, node, to } = scene
    await put(scene, 'x')
    await bob.ask(request('get', `<items node='${node}'><item id='current'/></items>`, to), items(node, item('x')))
  },
  'retrieve-subscriptions': async (scene) => {
    await subscribed(scene)
    const answer = await scene.bob.ask(request('get', '<subscriptions/>', scene.to), anything)
    assert(answer.show().includes(scene.node))
  },
  'rsm': async (scene) => {
    await two(scene)
    const set = "<set xmlns='http://jabber.org/protocol/rsm'><max>1</max></set>"
    const answer = await scene.bob.ask(request('get', `<items node='${scene.node}'/>${set}`, scene.to), anything)
    assert(answer.show().includes('<count>2</count>'))
  },
  'subscribe': async (scene) => {
    await subscribed(scene)
    await put(scene, 'y')
    await scene.bob.expect(itemEvent(scene.to, scene.node, 'y'))
  },
  'subscription-notifications': async (scene) => {
    const { cast, alice, bob, node, to } = scene
    await put(scene, 'x', 'current', { notify_sub: '1' })
    await bob.ask(subscribe(scene), anything)
    await alice.expect(event(to, `<subscription node='${node}' jid='${BOB}' subid='*' subscription='subscribed'/>`))
    await cast.forget()
  },
  'subscription-options': async (scene) => {
    const { bob, node, to } = scene
    await subscribed(scene)
    await bob.ask(request('get', `<options node='${node}' jid='${BOB}'/>`, to), anything)
    const no = `<options node='${node}' jid='${BOB}'>${form('subscribe_options', { deliver: '0' })}</options>`
    await bob.ask(request('set', no, to), done)
    await put(scene, 'unheard')
  },
}
const OF_ACCOUNTS: Readonly<Record<string, Trial>> = {
  ...COMMON,
  'access-presence': async (scene) => {
    await put(scene, 'x', 'current', withAccess('presence'))
    await readBy(scene.bob, scene)
    await scene.stranger.ask(read(scene), nothing)
  },
  'access-roster': async (scene) => {
    await put(scene, 'x', 'current', withAccess('roster', { roster_groups_allowed: 'Friends' }))
    await scene.bob.ask(read(scene), refused('auth', 'not-authorized', 'not-in-roster-group'))
  },
  'auto-create': async (scene) => {
    await scene.alice.ask(read(scene), nothing)
    await put(scene, 'x')
    await readBy(scene.alice, scene)
  },
  'auto-subscribe': async (scene) => {
    const { cast, bob, node, to } = scene
    await nowWanting(cast, bob, [node])
    await cast.forget()
    await put(scene, 'x')
    await bob.expect(itemEvent(to, node, 'x'))
  },
  'filtered-notifications': async (scene) => {
    await nowWanting(scene.cast, scene.bob, [`not ${scene.node}`])
    await scene.cast.forget()
    await put(scene, 'x')
    await scene.cast.expectNothing()
  },
  'last-published': async (scene) => {
    const { cast, bob, node, to } = scene
    await put(scene, 'x')
    await nowWanting(cast, bob, [node])
    await bob.expect(lastItem(to, node, 'x'))
    await cast.forget()
  },
  'owner': async (scene) => {
    const { alice, bob, node, to } = scene
    await put(scene, 'x')
    await alice.ask(owners('get', `<affiliations node='${node}'/>`, to), anything)
    await bob.ask(owners('get', `<affiliations node='${node}'/>`, to), refused('auth', 'forbidden'))
  },
  'presence-notifications': async (scene) => {
    const { cast, bob, node, to } = scene
    await nowWanting(cast, bob, [node])
    bob.send(`<presence type='unavailable'/>`)
    await cast.forget()
    await put(scene, 'x')
    await cast.expectNothing()
    await nowWanting(cast, bob, [node])
    await bob.expect(lastItem(to, node, 'x'))
    await cast.forget()
  },
  'presence-subscribe': async (scene) => {
    const { cast, bob, stranger, node, to } = scene
    for (const one of [bob, stranger]) await nowWanting(cast, one, [node])
    await cast.forget()
    await put(scene, 'x')
    await bob.expect(itemEvent(to, node, 'x'))
    await cast.expectNothing()
  },
  'pubsub-on-a-jid': async (scene) => {
    await put(scene, 'x')
    const answer = await scene.bob.ask(read(scene), anything)
    assert.equal(answer.attr('from'), ALICE)
  },
}
const OF_SERVICES: Readonly<Record<string, Trial>> = {
  ...COMMON,
  'collections': async (scene) => {
    const { alice, node, to } = scene
    const fields = form('node_config', { node_type: 'collection' })
    await alice.ask(request('set', `<create node='c'/><configure>${fields}</configure>`, to), done)
    await put(scene, 'x')
    await alice.ask(configure(scene, { collection: 'c' }), done)
    const listed = await alice.ask(
      `<iq type='get' id='l' to='${to}'><query xmlns='http://jabber.org/protocol/disco#items' node='c'/></iq>`,
      anything,
    )
    assert(listed.show().includes(`node='${node}'`))
  },
  'multi-collections': async (scene) => {
    const { alice, node, to } = scene
    const fields = form('node_config', { node_type: 'collection' })
    await put(scene, 'x')
    for (const name of ['first', 'second']) {
      await alice.ask(request('set', `<create node='${name}'/><configure>${fields}</configure>`, to), done)
      await alice.ask(owners('set', `<collection node='${name}'><associate node='${node}'/></collection>`, to), done)
    }
    for (const name of ['first', 'second']) {
      const items = `<query xmlns='http://jabber.org/protocol/disco#items' node='${name}'/>`
      const listed = await alice.ask(`<iq type='get' id='l' to='${to}'>${items}</iq>`, anything)
      assert(listed.show().includes(`node='${node}'`))
    }
  },
  'last-published': async (scene) => {
    await put(scene, 'x')
    await scene.bob.ask(subscribe(scene), anything)
    await scene.bob.expect(lastItem(scene.to, scene.node, 'x'))
  },
}

interface Said {
  readonly features: readonly string[]
  readonly identities: readonly string[]
}
async function saidOf(to: string, asker: StoryClient): Promise<Said> {
  const about = await asker.ask(`<iq type='get' id='i' to='${to}'><query xmlns='${INFO}'/></iq>`, anything)
  const { elements } = about.child('query')!
  const features = elements.filter(({ name }) => name === 'feature').map((e) => e.attr('var')!)
  const identities = elements.filter(({ name }) => name === 'identity').map((e) => `${e.attr('category')}/${e.attr('type')}`)
  return { features, identities }
}
/** What `to` says is what was tried, and each trial succeeds. */
async function tryAll(
  cast: Cast,
  to: string,
  trials: Readonly<Record<string, Trial>>,
  identities: readonly string[],
): Promise<void> {
  await cast.befriend('alice', 'bob')
  const alice = await wanting(cast, 'alice/1', [])
  const bob = await wanting(cast, 'bob/1', [])
  const stranger = await wanting(cast, 'stranger/1', [])
  await cast.forget()
  const said = await saidOf(to, bob)
  assert.deepEqual(said.identities, identities)
  assert(said.features.includes(PUBSUB))
  const ofPubsub = said.features.filter((feature) => feature.startsWith(`${PUBSUB}#`))
  assert.deepEqual(ofPubsub.map((feature) => feature.slice(PUBSUB.length + 1)).toSorted(), Object.keys(trials).toSorted())
  for (const [feature, trial] of Object.entries(trials)) {
    try {
      await trial({ cast, alice, bob, stranger, node: `for ${feature}`, to, isMade: false })
      await cast.expectNothing()
    } catch (error) {
      throw new Error(`"${feature}" does not work`, { cause: error })
    }
  }
}

const settings = { 'personal-eventing': { publications: 1000 }, 'publish-subscribe': { publications: 1000 } }
story('T-E20, PEP-8: the features that an account says it has are these, and each works', { on: ['memory'], settings }, (cast) =>
  tryAll(cast, ALICE, OF_ACCOUNTS, ['account/registered', 'pubsub/pep']),
)
story(
  'T-E20, PUB-20: the features that the service says it has are these, and each works',
  { on: ['memory'], settings },
  (cast) => tryAll(cast, SERVICE, OF_SERVICES, ['pubsub/service']),
)
