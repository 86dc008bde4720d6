/** Personal eventing (XEP-0163): who is told of what, and when. */
import assert from 'node:assert/strict'
import { answer, capabilities, comeBack, isQuestion, lose, resumable } from '../support/annotations.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import { bareOf, Cast, story } from '../support/story.ts'
import { gone, here } from '../support/stanzas.ts'
import {
  arriving,
  done,
  event,
  form,
  itemEvent,
  items,
  lastItem,
  MOOD,
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
const NICK = 'http://jabber.org/protocol/nick'
const BOOKMARKS = 'urn:xmpp:bookmarks:1'
const DAVE = 'dave@b.example'
const inMemory = { on: ['memory'] } as const

/** A client of somebody elsewhere is available to alice, and says what it wants when it is asked. */
async function daveComes(b: Elsewhere, ...nodes: readonly string[]): Promise<void> {
  const can = capabilities(...nodes.map((node) => `${node}+notify`))
  await b.send(`<presence from='${DAVE}/1' to='${ALICE}'>${can.c}</presence>`)
  const question = (await b.take()).find(isQuestion)
  assert(question !== undefined, 'it was not asked what it can do')
  assert.equal(question.attr('from'), ALICE, 'PEP-19: in the name of the account')
  await b.send(`<iq type='result' from='${DAVE}/1' to='${ALICE}' id='${question.attr('id')!}'>${can.query}</iq>`)
}

story('T-E01, PEP-3: those who want it and may see it are told, each of them once', async (cast) => {
  await cast.befriend('alice', 'bob', 'carol')
  const alice = await wanting(cast, 'alice/1', [MOOD])
  const second = await wanting(cast, 'alice/2', [NICK])
  const bob1 = await wanting(cast, 'bob/1', [MOOD, NICK])
  const bob2 = await wanting(cast, 'bob/2', [MOOD])
  await wanting(cast, 'carol/1', [])
  await wanting(cast, 'stranger/1', [MOOD])
  await cast.forget()
  await publish(alice, MOOD, 'happy')
  await alice.expect(itemEvent(ALICE, MOOD, 'happy'))
  for (const bob of [bob1, bob2]) await bob.expect(itemEvent(ALICE, MOOD, 'happy'))
  await cast.expectNothing()
  await publish(second, NICK, 'Al')
  await second.expect(itemEvent(ALICE, NICK, 'Al'))
  await bob1.expect(itemEvent(ALICE, NICK, 'Al'))
})
story('T-E01, PEP-19: a contact elsewhere is told, by what its client says that it can do', inMemory, async (cast) => {
  await cast.rosters(['alice', DAVE, 'both'])
  const b = new Elsewhere(cast)
  const alice = await cast.client('alice', '1')
  await b.take()
  await publish(alice, MOOD, 'sad')
  await b.expectNothing()
  await daveComes(b, MOOD)
  await b.expect(`<message type='headline' from='${ALICE}' to='${DAVE}/1'>*</message>`)
  alice.take()
  await publish(alice, MOOD, 'happy')
  await b.expect(`<message type='headline' from='${ALICE}' to='${DAVE}/1'><event xmlns='${PUBSUB}#event'>*</event></message>`)
  await b.send(`<presence type='unavailable' from='${DAVE}/1' to='${ALICE}'/>`)
  alice.take()
  await publish(alice, MOOD, 'alone')
  await b.expectNothing()
})
story('T-E02, PEP-11: the last item comes once, when a client comes online', async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await cast.client('alice', '1')
  await publish(alice, MOOD, 'old')
  await publish(alice, MOOD, 'happy')
  const bob = await arriving(cast, 'bob/1', [MOOD])
  await bob.expect(lastItem(ALICE, MOOD, 'happy'))
  await cast.forget()
  bob.send('<presence><show>away</show></presence>')
  await alice.expect(here(bob.jid, '<show>away</show>'))
  await bob.expect(here(bob.jid, '<show>away</show>'))
  await cast.expectNothing()
})
story('PEP-11, PEP-12: the owner is away, and the owner itself gets what it has published', async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await cast.client('alice', '1')
  await publish(alice, MOOD, 'happy')
  await publish(alice, BOOKMARKS, 'room', 'room@conference.a.example')
  await alice.close()
  const bob = await arriving(cast, 'bob/1', [MOOD, BOOKMARKS])
  await bob.expect(lastItem(ALICE, MOOD, 'happy'))
  const again = await arriving(cast, 'alice/2', [MOOD])
  await again.expect(lastItem(ALICE, MOOD, 'happy'))
  await cast.forget()
})
story('T-E13: capabilities that are known late: exactly one last item of each node', inMemory, async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await cast.client('alice', '1')
  await publish(alice, MOOD, 'happy')
  await publish(alice, NICK, 'Al')
  const bob = await cast.client('bob', '1', { presence: null })
  const can = capabilities(`${MOOD}+notify`, `${NICK}+notify`)
  bob.send(`<presence>${can.c}</presence>`)
  await cast.settle()
  const question = bob.take().find(isQuestion)!
  alice.take()
  await publish(alice, MOOD, 'happier')
  await cast.advance(3000)
  bob.take()
  answer(bob, question, can.query)
  await bob.expectAll(lastItem(ALICE, MOOD, 'happier'), lastItem(ALICE, NICK, 'Al'))
  alice.take()
})
story('PEP-11: a client that wants more nodes than before gets the last items of those only', async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await cast.client('alice', '1')
  await publish(alice, MOOD, 'happy')
  await publish(alice, NICK, 'Al')
  const bob = await wanting(cast, 'bob/1', [MOOD])
  await nowWanting(cast, bob, [MOOD, NICK])
  await bob.expect(lastItem(ALICE, NICK, 'Al'))
  alice.take()
})
story('T-E14, PEP-12: the owner is away, a contact elsewhere comes online', inMemory, async (cast) => {
  await cast.rosters(['alice', DAVE, 'both'])
  const b = new Elsewhere(cast)
  const alice = await cast.client('alice', '1')
  await publish(alice, MOOD, 'happy')
  await alice.close()
  await cast.settle()
  await b.take()
  await daveComes(b, NICK)
  await b.expectNothing()
  await b.send(`<presence type='unavailable' from='${DAVE}/1' to='${ALICE}'/>`)
  await daveComes(b, MOOD)
  await b.expect(
    `<message type='headline' from='${ALICE}' to='${DAVE}/1'><event xmlns='${PUBSUB}#event'>*</event><delay xmlns='urn:xmpp:delay' from='${ALICE}' stamp='*'/></message>`,
  )
  await b.send(`<presence from='${DAVE}/1' to='${ALICE}'><show>away</show>${capabilities(`${MOOD}+notify`).c}</presence>`)
  await b.expectNothing()
})
story('T-E05, T-E22, PUB-12: what is private never leaves, whatever the client has forgotten', async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await wanting(cast, 'alice/1', [BOOKMARKS])
  const bob = await wanting(cast, 'bob/1', [BOOKMARKS])
  await cast.forget()
  await publish(alice, BOOKMARKS, 'room', 'room@conference.a.example')
  await alice.expect(itemEvent(ALICE, BOOKMARKS, 'room', 'room@conference.a.example'))
  await bob.ask(request('get', `<items node='${BOOKMARKS}'/>`, ALICE), refused('cancel', 'not-allowed', 'closed-node'))
  const ITEMS = 'http://jabber.org/protocol/disco#items'
  await bob.ask(
    `<iq type='get' id='d' to='${ALICE}'><query xmlns='${ITEMS}'/></iq>`,
    `<iq type='result'><query xmlns='${ITEMS}'/></iq>`,
  )
  await cast.expectNothing()
  await arriving(cast, 'bob/2', [BOOKMARKS])
  bob.take()
  alice.take()
})
story('T-E06, PUB-7: who loses the subscription hears nothing more', async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await cast.client('alice', '1')
  const bob = await wanting(cast, 'bob/1', [MOOD])
  await publish(alice, MOOD, 'happy')
  await bob.expect(itemEvent(ALICE, MOOD, 'happy'))
  await bob.ask(
    request('set', `<subscribe node='${MOOD}' jid='${BOB}'/>`, ALICE),
    `<iq type='result'><pubsub xmlns='${PUBSUB}'><subscription node='${MOOD}' jid='${BOB}' subid='*' subscription='subscribed'/></pubsub></iq>`,
  )
  await bob.expect(lastItem(ALICE, MOOD, 'happy'))
  alice.send(`<presence type='unsubscribed' to='${BOB}'/>`)
  await cast.settle()
  const got = bob.take()
  assert(got.some((xml) => xml.name === 'message' && xml.show().includes("subscription='none'")))
  alice.take()
  await publish(alice, MOOD, 'sad')
  await bob.ask(
    request('get', `<items node='${MOOD}'/>`, ALICE),
    refused('auth', 'not-authorized', 'presence-subscription-required'),
  )
})
story('T-E07, PEP-17: a blocked contact gets nothing, and what it has missed when it is unblocked', async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await cast.client('alice', '1')
  const bob = await wanting(cast, 'bob/1', [MOOD])
  const blocking = (name: string): string =>
    `<iq type='set' id='b'><${name} xmlns='urn:xmpp:blocking'><item jid='${BOB}'/></${name}></iq>`
  await alice.ask(blocking('block'))
  await bob.expect(gone(alice.jid))
  await publish(alice, MOOD, 'happy')
  await cast.settle()
  assert.deepEqual(bob.take(), [])
  alice.send(blocking('unblock'))
  await cast.settle()
  const got = bob.take().filter(({ name }) => name === 'message')
  assert.equal(got.length, 1)
  alice.take()
})
story('PUB-7: somebody who has blocked a contact, and unblocks it, gets what they have missed', inMemory, async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await cast.client('alice', '1')
  const bob = await wanting(cast, 'bob/1', [MOOD])
  const blocking = (name: string): string =>
    `<iq type='set' id='b'><${name} xmlns='urn:xmpp:blocking'><item jid='${ALICE}'/></${name}></iq>`
  await publish(alice, MOOD, 'happy')
  await cast.forget()
  bob.send(blocking('block'))
  await cast.forget()
  await publish(alice, MOOD, 'sad')
  await cast.settle()
  assert.deepEqual(bob.take(), [])
  bob.send(blocking('unblock'))
  await cast.settle()
  const got = bob.take().filter(({ name }) => name === 'message')
  assert.deepEqual(
    got.map((xml) => /<p [^>]*>(\w+)</.exec(xml.show())?.[1]),
    ['sad'],
  )
  alice.take()
})
story('PEP-14: what is retracted, purged and deleted is told', async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await cast.client('alice', '1')
  const bob = await wanting(cast, 'bob/1', ['n'])
  await publish(alice, 'n', 'one', '1', { max_items: '3' })
  await bob.expect(itemEvent(ALICE, 'n', 'one', '1'))
  await alice.ask(request('set', `<retract node='n' notify='1'><item id='1'/></retract>`), done)
  await bob.expect(event(ALICE, `<items node='n'><retract id='1'/></items>`))
  await alice.ask(owners('set', `<purge node='n'/>`), done)
  await bob.expect(event(ALICE, `<purge node='n'/>`))
  await alice.ask(owners('set', `<delete node='n'/>`), done)
  await bob.expect(event(ALICE, `<delete node='n'/>`))
  await alice.ask(request('get', `<items node='n'/>`), refused('cancel', 'item-not-found'))
})
story('PEP-3: who has subscribed and whose client wants it too is told once', async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await cast.client('alice', '1')
  const bob = await wanting(cast, 'bob/1', [MOOD])
  const other = await wanting(cast, 'bob/2', [])
  await cast.forget()
  await publish(alice, MOOD, 'a')
  await bob.expect(itemEvent(ALICE, MOOD, 'a'))
  for (const jid of [BOB, bob.jid]) {
    await bob.ask(request('set', `<subscribe node='${MOOD}' jid='${jid}'/>`, ALICE))
    await cast.forget()
  }
  await publish(alice, MOOD, 'b')
  await bob.expect(itemEvent(ALICE, MOOD, 'b'))
  await cast.expectNothing()
  await other.ask(request('set', `<subscribe node='${MOOD}' jid='${other.jid}'/>`, ALICE))
  await cast.forget()
  await publish(alice, MOOD, 'c')
  await bob.expect(itemEvent(ALICE, MOOD, 'c'))
  await other.expect(itemEvent(ALICE, MOOD, 'c'))
})
story('PUB-7: who is let in by the configuration gets the last item', async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await cast.client('alice', '1')
  const bob = await wanting(cast, 'bob/1', [MOOD])
  await publish(alice, MOOD, 'secret', 'current', { access_model: 'whitelist' })
  await cast.expectNothing()
  const configure = `<configure node='${MOOD}'>${form('node_config', { access_model: 'presence' })}</configure>`
  await alice.ask(owners('set', configure), done)
  await bob.expect(lastItem(ALICE, MOOD, 'secret'))
})
story('PEP-10: an open node is told to who has sent presence directly, until they go', inMemory, async (cast) => {
  const alice = await cast.client('alice', '1')
  await publish(alice, 'open', 'a', 'current', { access_model: 'open' })
  const stranger = await wanting(cast, 'stranger/1', ['open'])
  const can = capabilities('open+notify')
  stranger.send(`<presence to='${ALICE}'>${can.c}</presence>`)
  await cast.settle()
  alice.take()
  await stranger.expect(lastItem(ALICE, 'open', 'a'))
  await publish(alice, 'open', 'b')
  await stranger.expect(itemEvent(ALICE, 'open', 'b'))
  stranger.send(`<presence type='unavailable' to='${ALICE}'/>`)
  await cast.forget()
  await publish(alice, 'open', 'c')
})
story(
  'T-E19, PUB-4: what is answered is there after a crash, and nobody is told of it again',
  { on: ['memory'] },
  async (cast) => {
    await cast.befriend('alice', 'bob')
    const alice = await cast.client('alice', '1')
    await publish(alice, BOOKMARKS, 'a', 'a@x.example')
    await publish(alice, MOOD, 'happy')
    const next = new Cast(await cast.server.crash({}))
    cast.cut()
    cast.atEnd(() => next.end())
    const bob = await arriving(next, 'bob/1', [MOOD])
    await bob.expect(lastItem(ALICE, MOOD, 'happy'))
    const again = await next.client('alice', '2')
    const a = `<item id='a@x.example'><p xmlns='urn:example:p'>a</p></item>`
    await again.ask(request('get', `<items node='${BOOKMARKS}'/>`), items(BOOKMARKS, a))
    bob.take()
    await next.expectNothing()
  },
)
story('PEP-16: an event is not stored for a subscriber who is away, nor copied to other clients', inMemory, async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await cast.client('alice', '1')
  const bob = await cast.client('bob', '1')
  const copied = await cast.client('bob', '2')
  await copied.ask(`<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>`)
  await publish(alice, 'n', 'a', 'current', { notification_type: 'normal', send_last_published_item: 'never' })
  for (const jid of [BOB, bob.jid]) await bob.ask(request('set', `<subscribe node='n' jid='${jid}'/>`, ALICE))
  await cast.forget()
  await publish(alice, 'n', 'b')
  await bob.expect(`<message type='normal' from='${ALICE}' to='${bob.jid}'>*</message>`)
  await cast.expectNothing()
  for (const client of [bob, copied]) await client.close()
  await cast.settle()
  alice.take()
  await publish(alice, 'n', 'c')
  const again = await cast.client('bob', '1', { presence: null })
  again.send('<presence/>')
  await cast.settle()
  assert.deepEqual(
    again.take().filter(({ name }) => name === 'message'),
    [],
  )
  alice.take()
})
story('PEP-13: a session that is resumed gets what has happened meanwhile, and nothing again', inMemory, async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await cast.client('alice', '1')
  await publish(alice, MOOD, 'happy')
  const bob = await wanting(cast, 'bob/1', [MOOD])
  const id = await lose(cast, bob)
  await publish(alice, MOOD, 'sad')
  const back = await comeBack(cast, bob, id)
  await back.expect(event(ALICE, `<items node='${MOOD}'><item id='current'><p xmlns='urn:example:p'>sad</p></item></items>`, '*'))
  await cast.settle()
  assert.deepEqual(
    back.take().filter(({ name }) => name === 'message'),
    [],
  )
  alice.take()
})
story('XEP-0060 8.6: the owner is asked to approve a subscription, and answers', inMemory, async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await cast.client('alice', '1')
  const bob = await cast.client('bob', '1')
  await publish(alice, 'n', 'x', 'current', { access_model: 'authorize' })
  const subscribe = (jid: string) => bob.ask(request('set', `<subscribe node='n' jid='${jid}'/>`, ALICE))
  alice.take()
  const answer = (jid: string, allow: string): string =>
    `<message to='${ALICE}'>${form('subscribe_authorization', { node: 'n', subscriber_jid: jid, allow })}</message>`
  await subscribe(BOB)
  const asked = await alice.expect(`<message type='normal' from='${ALICE}'><x xmlns='jabber:x:data' type='form'>*</x></message>`)
  assert(asked.show().includes(`<value>${BOB}</value>`))
  const other = await arriving(cast, 'alice/2', [])
  await other.expect(`<message type='normal' from='${ALICE}'><x xmlns='jabber:x:data' type='form'>*</x></message>`)
  await cast.forget()
  alice.send(answer(BOB, '1'))
  await bob.expect(
    event(ALICE, `<subscription node='n' jid='${BOB}' subid='*' subscription='subscribed'/>`),
    lastItem(ALICE, 'n', 'x'),
  )
  await subscribe(bob.jid)
  await cast.forget()
  other.send(answer(bob.jid, '0'))
  await bob.expect(event(ALICE, `<subscription node='n' jid='${bob.jid}' subid='*' subscription='none'/>`))
})
story(
  'PEP-15: a client that refuses events gets none until it is available anew; a subscription ends',
  inMemory,
  async (cast) => {
    await cast.rosters(['alice', DAVE, 'both'])
    const b = new Elsewhere(cast)
    const alice = await cast.client('alice', '1')
    await publish(alice, MOOD, 'last')
    await b.take()
    await daveComes(b, MOOD)
    await b.expect(`<message type='headline' to='${DAVE}/1'>*</message>`)
    alice.take()
    const refuses = (from: string, type: string): string =>
      `<message type='error' from='${from}' to='${ALICE}'><error type='${type}'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`
    await publish(alice, MOOD, 'a')
    await b.expect(`<message type='headline' to='${DAVE}/1'>*</message>`)
    await b.send(refuses(`${DAVE}/1`, 'wait'))
    await publish(alice, MOOD, 'b')
    await b.expectNothing()
    await b.send(`<presence type='unavailable' from='${DAVE}/1' to='${ALICE}'/>`)
    await b.send(`<presence from='${DAVE}/1' to='${ALICE}'>${capabilities(`${MOOD}+notify`).c}</presence>`)
    await b.expect(`<message type='headline' to='${DAVE}/1'>*</message>`)
    alice.take()
    const subscribe = request('set', `<subscribe node='${MOOD}' jid='${DAVE}'/>`, ALICE)
    const listed = owners('get', `<subscriptions node='${MOOD}'/>`)
    for (const type of ['cancel', 'wait']) {
      await b.send(subscribe.replace('<iq ', `<iq from='${DAVE}/1' `))
      assert((await alice.ask(listed)).show().includes(DAVE))
      const times = type === 'cancel' ? 1 : 5
      for (let i = 1; i < times; i++) await b.send(refuses(DAVE, type))
      assert((await alice.ask(listed)).show().includes(DAVE), `after ${times - 1} errors`)
      await b.send(refuses(DAVE, type))
      assert(!(await alice.ask(listed)).show().includes(DAVE))
    }
    await b.take()
  },
)
story('PEP-39: what a program publishes too often is refused, and leaves other nodes alone', inMemory, async (cast) => {
  const alice = await cast.client('alice', '1')
  const TUNE = 'http://jabber.org/protocol/tune'
  for (let i = 0; i < 6; i++) await publish(alice, TUNE, String(i))
  await alice.ask(request('set', publishing(TUNE, 'x')), refused('wait', 'policy-violation'))
  await publish(alice, MOOD, 'annoyed')
  await cast.advance(10_000)
  await publish(alice, TUNE, 'x')
})
story('T-E18, PEP-38: what is displayed is published for the own clients, and goes no further', inMemory, async (cast) => {
  const MDS = 'urn:xmpp:mds:displayed:0'
  const alice = await cast.client('alice', '1')
  const second = await wanting(cast, 'alice/2', [MDS])
  const bob = await cast.client('bob', '1')
  await second.ask(`<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>`)
  const displayed = `<displayed xmlns='${MDS}'><stanza-id xmlns='urn:xmpp:sid:0' by='${ALICE}' id='7'/></displayed>`
  const marker = `<displayed xmlns='urn:xmpp:chat-markers:0' id='m'/>`
  alice.send(`<message to='${BOB}' type='chat' id='1'>${marker}${displayed}</message>`)
  await bob.expect(`<message type='chat' from='${alice.jid}'>${marker}</message>`)
  const carbon = `<message type='chat' from='${ALICE}'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' type='chat' id='1' from='${alice.jid}' to='${BOB}' xml:lang='*'>${marker}</message></forwarded></sent></message>`
  await second.expectAll(carbon, event(ALICE, `<items node='${MDS}'><item id='${BOB}'>${displayed}</item></items>`))
  await alice.ask(request('get', `<items node='${MDS}'/>`), items(MDS, `<item id='${BOB}'>${displayed}</item>`))
  await bob.ask(request('get', `<items node='${MDS}'/>`, ALICE), refused('cancel', 'item-not-found'))
  const form = await alice.ask(owners('get', `<configure node='${MDS}'/>`))
  for (const value of ['whitelist', 'max', 'never']) assert(form.show().includes(`<value>${value}</value>`), value)
})
story('PEP-3: who comes online while something is published gets it once', inMemory, async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await wanting(cast, 'alice/1', [])
  const bob = await wanting(cast, 'bob/1', [MOOD])
  const { c } = capabilities(`${MOOD}+notify`)
  await publish(alice, MOOD, 'first')
  await cast.forget()
  for (let i = 0; i < 12; i++) {
    bob.send("<presence type='unavailable'/>")
    await cast.forget()
    const publication = request('set', publishing(MOOD, `mood ${i}`))
    // Each time one of them is a little earlier
    if (i % 2 === 0) bob.send(`<presence>${c}</presence>`)
    for (let turn = 0; turn < i; turn++) await Promise.resolve()
    alice.send(publication)
    for (let turn = 0; turn < i; turn++) await Promise.resolve()
    if (i % 2 === 1) bob.send(`<presence>${c}</presence>`)
    await cast.settle()
    const moods = bob.take().filter((xml) => xml.show().includes(`mood ${i}`))
    assert.equal(moods.length, 1, `in round ${i}`)
    alice.take()
  }
})
story('PEP-13: a client that was away for a while gets the newest of each item', inMemory, async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await wanting(cast, 'alice/1', [])
  const bob = await wanting(cast, 'bob/1', [MOOD, NICK])
  const id = await lose(cast, bob)
  for (const mood of ['a', 'b', 'c']) await publish(alice, MOOD, mood)
  await publish(alice, NICK, 'Al')
  await alice.ask(request('set', `<retract node='${MOOD}' notify='1'><item id='current'/></retract>`), done)
  const back = await comeBack(cast, bob, id)
  const late = `<delay xmlns='urn:xmpp:delay' from='a.example' stamp='*'/>`
  await back.expect(
    event(ALICE, `<items node='${NICK}'><item id='current'><p xmlns='urn:example:p'>Al</p></item></items>`, late),
    event(ALICE, `<items node='${MOOD}'><retract id='current'/></items>`, late),
  )
})
story(
  'PEP-14: those who see the presence of the publisher can be told its address, and nobody else is',
  { ...inMemory, settings: { 'personal-eventing': { 'reply-to': true } } },
  async (cast) => {
    await cast.befriend('alice', 'bob')
    const alice = await wanting(cast, 'alice/1', [])
    const bob = await wanting(cast, 'bob/1', ['n'])
    const stranger = await cast.client('stranger', '1')
    await publish(alice, 'n', 'x', 'current', { access_model: 'open' })
    await cast.forget()
    await bob.ask(request('set', `<subscribe node='n' jid='${bob.jid}'/>`, ALICE))
    await stranger.ask(request('set', `<subscribe node='n' jid='${bareOf('stranger')}'/>`, ALICE))
    await cast.forget()
    await publish(alice, 'n', 'y')
    const replyTo = `<addresses xmlns='http://jabber.org/protocol/address'><address type='replyto' jid='${alice.jid}'/></addresses>`
    await bob.expect(event(ALICE, `<items node='n'><item id='current'><p xmlns='urn:example:p'>y</p></item></items>`, replyTo))
    await stranger.expect(itemEvent(ALICE, 'n', 'y'))
  },
)
story(
  'PEP-39: what was published is cleared when its client goes, where the operator wants that',
  { ...inMemory, settings: { 'personal-eventing': { clear: ['tune', 'n'] } } },
  async (cast) => {
    const TUNE = 'http://jabber.org/protocol/tune'
    await cast.befriend('alice', 'bob')
    const [one, two] = [await wanting(cast, 'alice/1', []), await wanting(cast, 'alice/2', [])]
    const bob = await wanting(cast, 'bob/1', [TUNE, MOOD])
    const tune = (inside: string): string => `<tune xmlns='${TUNE}'>${inside}</tune>`
    await one.ask(request('set', `<publish node='${TUNE}'><item id='t'>${tune('<title>A</title>')}</item></publish>`))
    await publish(one, MOOD, 'happy')
    await cast.forget()
    two.send(`<presence type='unavailable'/>`)
    await cast.settle()
    assert(!bob.take().some(({ name }) => name === 'message'))
    await cast.forget()
    one.send(`<presence type='unavailable'/>`)
    await bob.expectAll(gone(one.jid), event(ALICE, `<items node='${TUNE}'><item id='t'>${tune('')}</item></items>`))
    one.take()
    two.take()
  },
)
story(
  'PEP-13: after a restart clients are not asked again, told what they want, and of nothing twice',
  inMemory,
  async (cast) => {
    await cast.befriend('alice', 'bob')
    const alice = await wanting(cast, 'alice/1', [NICK])
    const bob = await wanting(cast, 'bob/1', [MOOD])
    await publish(alice, MOOD, 'before')
    await publish(alice, NICK, 'Al')
    await cast.forget()
    const [a, b] = [await resumable(alice), await resumable(bob)]
    const next = new Cast(await cast.server.restart({}, 1000))
    cast.atEnd(() => next.end())
    const third = await next.client('alice', '3')
    await publish(third, MOOD, 'after')
    await publish(third, NICK, 'Ally')
    const texts = async (client: typeof alice, id: string): Promise<readonly string[]> => {
      const back = await comeBack(next, client, id)
      await next.settle()
      const got = back.take()
      assert.equal(got.find(isQuestion), undefined)
      return got.filter(({ name }) => name === 'message').map((xml) => /<p [^>]*>(\w+)</.exec(xml.show())![1]!)
    }
    assert.deepEqual(await texts(bob, b), ['after'])
    assert.deepEqual(await texts(alice, a), ['Ally'])
    third.take()
  },
)
story(
  'PEP-10, PUB-7: an outcast gets neither events nor last items; a member who could see it before nothing again',
  inMemory,
  async (cast) => {
    await cast.befriend('alice', 'bob')
    const alice = await wanting(cast, 'alice/1', [])
    const bob = await wanting(cast, 'bob/1', [MOOD])
    await cast.forget()
    await publish(alice, MOOD, 'a')
    await bob.expect(itemEvent(ALICE, MOOD, 'a'))
    const affiliate = (affiliation: string): string =>
      owners('set', `<affiliations node='${MOOD}'><affiliation jid='${BOB}' affiliation='${affiliation}'/></affiliations>`)
    await alice.ask(affiliate('member'), done)
    await cast.expectNothing()
    await alice.ask(affiliate('outcast'), done)
    await publish(alice, MOOD, 'b')
    bob.send("<presence type='unavailable'/>")
    await cast.settle()
    bob.take()
    await nowWanting(cast, bob, [MOOD])
    assert.deepEqual(bob.take(), [])
    alice.take()
    await alice.ask(affiliate('none'), done)
    await bob.expect(lastItem(ALICE, MOOD, 'b'))
  },
)
