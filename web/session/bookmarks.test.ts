import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient, type Agent } from 'stanza'
import type { IQ } from 'stanza/protocol'
import { newRoom } from '../model/room.ts'
import { Bookmarks, type BookmarkChange } from './bookmarks.ts'

const ROOM = 'tea@conference.example'
const NODE = 'urn:xmpp:bookmarks:1'
const extensions = { name: 'extensions', attributes: {}, children: [] }
const item = (jid: string, more: object = {}): { id: string; content: { itemType: string } } => ({
  id: jid,
  content: { itemType: NODE, ...more },
})

interface Account {
  readonly client: Agent
  /** What was asked of it. */
  readonly asked: IQ[]
  /** What it answers to the next requests; an error if it has a condition. */
  answer: object
}
/** A client whose requests are answered here. */
function account(items: readonly object[]): Account {
  const client = createClient({ jid: 'romeo@example', transports: {} })
  client.jid = 'romeo@example/board'
  const one: Account = { client, asked: [], answer: { pubsub: { fetch: { node: NODE, items } } } }
  client.sendIQ = ((iq: IQ) => {
    one.asked.push(iq)
    return 'error' in one.answer ? Promise.reject(one.answer) : Promise.resolve(one.answer)
  }) as Agent['sendIQ']
  return one
}
const event = (items: object, from = 'romeo@example'): Parameters<Bookmarks['changesIn']>[0] => ({
  from,
  pubsub: { context: 'event', eventType: 'items', items: { node: NODE, ...items } },
})
const jids = (changes: readonly BookmarkChange[]): readonly string[] => changes.map(({ jid, isJoined }) => `${jid} ${isJoined}`)

test('0402 3.2: the rooms to be in, and those that are only remembered', async () => {
  const { client } = account([
    item(ROOM, { autoJoin: true, nick: 'montague' }),
    item('b@x'),
    { id: 'other', content: { itemType: 'x' } },
  ])
  const read = await new Bookmarks(client).read()
  assert.deepEqual(jids(read!), [`${ROOM} true`, 'b@x false'])
  assert.equal(read![0]!.nick, 'montague')
})
test('0402: a node that is not there yet is empty; an account without nodes keeps nothing', async () => {
  for (const [condition, expected] of [
    ['item-not-found', []],
    ['service-unavailable', null],
  ] as const) {
    const one = account([])
    one.answer = { error: { condition } }
    const bookmarks = new Bookmarks(one.client)
    assert.deepEqual(await bookmarks.read(), expected)
    one.answer = {}
    assert.equal(await bookmarks.keep(newRoom(ROOM, 'romeo'), null), expected !== null)
  }
})
test('0402 3.4: what other clients have written into a bookmark stays in it', async () => {
  const one = account([item(ROOM, { name: 'Mine', extensions, nick: 'montague' })])
  const bookmarks = new Bookmarks(one.client)
  await bookmarks.read()
  await bookmarks.keep(newRoom(ROOM, 'romeo', 'Theirs'), null)
  const published = one.asked.at(-1)!.pubsub!.publish!.item!.content
  assert.deepEqual(published, { itemType: NODE, name: 'Mine', extensions, nick: 'romeo', autoJoin: true })
  await bookmarks.leave(ROOM)
  assert.deepEqual(one.asked.at(-1)!.pubsub!.publish!.item!.content, { ...published, autoJoin: false })
})
test('0402 3.5: a bookmark with nothing in it but ours goes with the room; a change is written once', async () => {
  const one = account([])
  const bookmarks = new Bookmarks(one.client)
  await bookmarks.read()
  await bookmarks.leave(ROOM)
  assert.equal(one.asked.length, 1, 'there is none')
  for (let times = 0; times < 2; times++) assert.ok(await bookmarks.keep(newRoom(ROOM, 'romeo'), null))
  assert.equal(one.asked.length, 2)
  await bookmarks.leave(ROOM)
  assert.equal(one.asked.at(-1)!.pubsub!.retract!.id, ROOM)
})
test('0402 4: other clients join and leave; the echo of what we did is no news, and strangers are not heard', async () => {
  const { client } = account([item(ROOM, { autoJoin: true })])
  const bookmarks = new Bookmarks(client)
  await bookmarks.read()
  assert.deepEqual(jids(bookmarks.changesIn(event({ retracted: [ROOM] }, 'tybalt@example'))), [])
  assert.deepEqual(jids(bookmarks.changesIn(event({ published: [item('b@x', { autoJoin: true })] }))), ['b@x true'])
  assert.deepEqual(jids(bookmarks.changesIn(event({ retracted: [ROOM] }))), [`${ROOM} false`])
  await bookmarks.leave('b@x')
  assert.deepEqual(jids(bookmarks.changesIn(event({ retracted: ['b@x'] }))), [])
})
