/** XEP-0402, 0048, 0411: bookmarks of rooms, as clients of each generation read and write them. */
import assert from 'node:assert/strict'
import { NodeStore } from '../../src/pubsub/store.ts'
import { parseElement } from '../../src/xml/parse.ts'
import { encode } from '../../src/xml/wire.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { CLIENT } from '../../src/xmpp/ns.ts'
import { Payload } from '../../src/xmpp/packet.ts'
import { PrivateElements } from '../../src/xep/0049-private-xml/store.ts'
import { done, event, owners, PUBSUB, request, wanting } from '../support/eventing.ts'
import { bareOf, Cast, story } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { refusal, type Pattern } from '../support/xml-pattern.ts'

const ALICE = bareOf('alice')
const BOOKMARKS = 'urn:xmpp:bookmarks:1'
const STORAGE = 'storage:bookmarks'
const [A, B] = ['a@conference.a.example', 'b@conference.a.example']
const EXTENSIONS = `<extensions><x xmlns='urn:x'>é</x></extensions>`

const room = (inside: string, attributes = ''): string => `<conference xmlns='${BOOKMARKS}' ${attributes}>${inside}</conference>`
const item = (id: string, inside: string, attributes = ''): string => `<item id='${id}'>${room(inside, attributes)}</item>`
const publish = (node: string, content: string): string => request('set', `<publish node='${node}'>${content}</publish>`)
const retract = (id: string): string => request('set', `<retract node='${BOOKMARKS}' notify='true'><item id='${id}'/></retract>`)
const published = (node: string, id: string): Pattern =>
  `<iq type='result'><pubsub xmlns='${PUBSUB}'><publish node='${node}'><item id='${id}'/></publish></pubsub></iq>`
const itemsOf = (...items: readonly string[]): Pattern =>
  `<iq type='result'><pubsub xmlns='${PUBSUB}'><items node='${BOOKMARKS}'>${items.join('')}</items></pubsub></iq>`
const news = (content: string): Pattern => event(ALICE, `<items node='${BOOKMARKS}'>${content}</items>`)

const list = (...rooms: readonly string[]): string => `<storage xmlns='${STORAGE}'>${rooms.join('')}</storage>`
const entry = (address: string, inside = '', attributes = ''): string =>
  `<conference jid='${address}' ${attributes}>${inside}</conference>`
const privately = (type: 'get' | 'set', inside: string): string =>
  `<iq type='${type}' id='p'><query xmlns='jabber:iq:private'>${inside}</query></iq>`
const kept = (inside: string): Pattern => `<iq type='result' id='p'><query xmlns='jabber:iq:private'>${inside}</query></iq>`
const DONE = `<iq type='result' id='p'/>`
const listNews = (storage: string): Pattern =>
  event(ALICE, `<items node='${STORAGE}'><item id='current'>${storage}</item></items>`)

/** A client of each generation: of private XML, of the list as an item, of an item for each room. */
async function generations(cast: Cast): Promise<[old: StoryClient, middle: StoryClient, young: StoryClient]> {
  const old = await cast.client('alice', 'old')
  const middle = await wanting(cast, 'alice/middle', [STORAGE])
  const young = await wanting(cast, 'alice/young', [BOOKMARKS])
  await cast.forget()
  return [old, middle, young]
}

story('T-E15, PEP-31: three clients edit in turn; extensions stay, and only what has changed is told', async (cast) => {
  const [old, middle, young] = await generations(cast)
  young.send(publish(BOOKMARKS, item(A, `<nick>Al</nick>${EXTENSIONS}`, `name='A' autojoin='true'`)))
  await young.expectAll(published(BOOKMARKS, A), news(item(A, `<nick>Al</nick>${EXTENSIONS}`, `name='A' autojoin='true'`)))
  await middle.expect(listNews(list(entry(A, '<nick>Al</nick>', `name='A' autojoin='true'`))))

  old.send(privately('get', list()))
  await old.expect(kept(list(entry(A, '<nick>Al</nick>', `name='A' autojoin='true'`))))
  const url = `<url name='w' url='https://x.example/'/>`
  const second = entry(B, '', `name='B' autojoin='0'`)
  old.send(privately('set', list(entry(A, '<nick>Al</nick>', `name='A' autojoin='1'`), second, url)))
  await old.expect(DONE)
  await young.expect(news(item(B, '', `name='B'`)))
  await middle.expect(listNews(list(entry(A, '<nick>Al</nick>', `name='A' autojoin='true'`), entry(B, '', `name='B'`), url)))

  middle.send(publish(STORAGE, `<item id='current'>${list(entry(A, '<nick>Ally</nick>', `name='A'`), url)}</item>`))
  await young.expectAll(news(item(A, `<nick>Ally</nick>${EXTENSIONS}`, `name='A'`)), news(`<retract id='${B}'/>`))
  await cast.settle()
  middle.take()
  young.send(request('get', `<items node='${BOOKMARKS}'/>`))
  await young.expect(itemsOf(item(A, `<nick>Ally</nick>${EXTENSIONS}`, `name='A'`)))
  old.send(privately('get', list()))
  await old.expect(kept(list(entry(A, '<nick>Ally</nick>', `name='A'`), url)))

  young.send(retract(A))
  await young.expectAll(done, news(`<retract id='${A}'/>`))
  await middle.expect(listNews(list(url)))
  old.send(privately('get', list()))
  await old.expect(kept(list(url)))
})

story('PEP-31: a client that writes what is there already tells nobody anything', async (cast) => {
  const [old, middle] = await generations(cast)
  old.send(privately('set', list(entry(A, '', `name='A'`))))
  await old.expect(DONE)
  await cast.forget()
  old.send(privately('set', list(entry(A, '', `name='A'`))))
  await old.expect(DONE)
  middle.send(publish(STORAGE, `<item id='current'>${list(entry(A, '', `name='A'`))}</item>`))
  await middle.expectAll(published(STORAGE, 'current'), listNews(list(entry(A, '', `name='A'`))))
})

story(
  'PEP-31: an empty list of a client that has just come is refused, or undone, if it would remove many',
  { on: ['memory'] },
  async (cast) => {
    const [old, middle, young] = await generations(cast)
    const rooms = Array.from({ length: 6 }, (_, n) => entry(`r${n}@conference.a.example`))
    old.send(privately('set', list(...rooms)))
    await old.expect(DONE)
    await cast.forget()
    old.send(privately('set', list()))
    await old.expect(refusal('iq', `id='p'`, 'modify', 'not-acceptable'))
    middle.send(publish(STORAGE, `<item id='current'>${list()}</item>`))
    await middle.expectAll(published(STORAGE, 'current'), listNews(list()), listNews(list(...rooms)))
    await cast.expectNothing()
    await cast.advance(61_000)
    old.send(privately('set', list()))
    await old.expect(DONE)
    await young.expect(news(rooms.map((_, n) => `<retract id='r${n}@conference.a.example'/>`).join('')))
    await middle.expect(listNews(list()))
  },
)

story('XEP-0411 5: bookmarks that others may read are not mixed with the private list', async (cast) => {
  const [old, middle, young] = await generations(cast)
  young.send(publish(BOOKMARKS, item(A, '')))
  await cast.forget()
  const form = `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>${PUBSUB}#node_config</value></field><field var='pubsub#access_model'><value>open</value></field></x>`
  young.send(owners('set', `<configure node='${BOOKMARKS}'>${form}</configure>`))
  await cast.forget()
  old.send(privately('set', list(entry(B))), privately('get', list()))
  await old.expect(DONE, kept(list(entry(B))))
  young.send(publish(BOOKMARKS, item(B, '')))
  await young.expectAll(published(BOOKMARKS, B), news(item(B, '')))
  void middle
})

story('XEP-0411 4: bookmarks from before, such as imported ones, become items when their user comes', async (cast) => {
  await cast.server.account('alice')
  const store = new PrivateElements(cast.server.host.database)
  const xml = list(entry(A, '<nick>Al</nick>', `autojoin='1'`), `<url url='https://x.example/'/>`)
  await store.write(jid(ALICE).bare, [{ ns: STORAGE, name: 'storage', xml, octets: xml.length }])
  const young = await wanting(cast, 'alice/1', [BOOKMARKS])
  young.send(request('get', `<items node='${BOOKMARKS}'/>`), privately('get', list()))
  await young.expect(
    itemsOf(item(A, '<nick>Al</nick>', `autojoin='true'`)),
    kept(list(entry(A, '<nick>Al</nick>', `autojoin='true'`), `<url url='https://x.example/'/>`)),
  )
})

story(
  'PEP-31: a list that is longer than the node changes nothing',
  { settings: { 'personal-eventing': { items: 10 } } },
  async (cast) => {
    const [old, , young] = await generations(cast)
    young.send(publish(BOOKMARKS, item(A, '', `name='A'`)))
    await cast.settle()
    await cast.forget()
    const many = Array.from({ length: 11 }, (_, i) => entry(`r${i}@conference.a.example`))
    old.send(privately('set', list(...many)))
    assert.match((await old.expect(refusal('iq', `id='p'`, 'modify', 'not-acceptable'))).show(), /10 bookmarks/)
    young.send(request('get', `<items node='${BOOKMARKS}'/>`))
    await young.expect(itemsOf(item(A, '', `name='A'`)))
  },
)

story(
  'PEP-31: after a crash between the items and the list, both are equal when a client comes',
  { on: ['memory'] },
  async (cast) => {
    const young = await wanting(cast, 'alice/1', [BOOKMARKS])
    young.send(publish(BOOKMARKS, item(A, '')))
    await cast.forget()
    young.send(publish(BOOKMARKS, item(B, '')))
    await cast.forget()
    const { database } = cast.server.host
    const store = await NodeStore.open(database)
    const node = (await store.load(ALICE, [STORAGE])).get(STORAGE)!
    const [before] = await store.items(node, [node.newest!])
    const payload = Payload.of(parseElement(encode(list(entry(A))), CLIENT))
    await store.save(node, [{ change: 'item', item: { ...before!, payload } }], { isOffered: false, octets: node.octets })
    const next = new Cast(await cast.server.crash({}))
    cast.cut()
    cast.atEnd(() => next.end())
    const old = await next.client('alice', 'old')
    await next.settle()
    old.send(request('get', `<items node='${STORAGE}'/>`))
    await old.expect(
      `<iq type='result'><pubsub xmlns='${PUBSUB}'><items node='${STORAGE}'><item id='current'>${list(entry(A), entry(B))}</item></items></pubsub></iq>`,
    )
    await next.expectNothing()
  },
)
