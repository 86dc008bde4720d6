/** What was read, told between Matrix clients and XMPP clients, and how much was not (MXR-70, MXR-132). */
import assert from 'node:assert/strict'
import { matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import { enter, join, open, field, ROOM, say } from '../support/rooms.ts'
import { storyOn, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'

const OPTIONS = { 'enabled': true, 'logins-per-minute': 0, 'rooms-per-hour': 0, 'joins-per-minute': 0, 'sends-per-second': 0 }
const story = (name: string, script: (cast: Cast) => Promise<void>): void =>
  storyOn('memory')(name, { settings: { matrix: OPTIONS } }, async (cast) => {
    await script(cast)
    await cast.forget()
  })
const inRoom = (id: string, rest: string): string => `/v3/rooms/${encodeURIComponent(id)}/${rest}`
const matrix = async (cast: Cast, user: string): Promise<MatrixClient> => {
  await cast.server.account(user)
  return matrixIn(cast.server)().login(user)
}
let transactions = 0
const send = async (client: MatrixClient, id: string, body: string, more: object = {}): Promise<string> => {
  const path = inRoom(id, `send/m.room.message/t${++transactions}`)
  return (await client.good('PUT', path, { msgtype: 'm.text', body, ...more })).event_id
}
const read = (client: MatrixClient, id: string, event: string, type = 'm.read'): Promise<unknown> =>
  client.good('POST', inRoom(id, `receipt/${type}/${encodeURIComponent(event)}`), {})
const unread = async (client: MatrixClient, id: string): Promise<readonly number[]> => {
  const { notification_count: all, highlight_count: marked } = (await client.get('/v3/sync')).rooms.join[id].unread_notifications
  return [all, marked]
}
const eventOf = async (client: MatrixClient, id: string, body: string): Promise<string> =>
  (await client.get(inRoom(id, 'messages?dir=b&limit=50'))).chunk.find(
    ({ content }: { content: { body?: string } }) => content.body === body,
  ).event_id

async function both(cast: Cast): Promise<{ gus: StoryClient; eve: MatrixClient; fay: MatrixClient; id: string }> {
  await open(cast, field('muc#roomconfig_persistentroom', '1') + field('muc#roomconfig_whois', 'anyone'))
  const gus = await enter(cast, 'gus', 'Gus')
  const [eve, fay] = [await matrix(cast, 'eve'), await matrix(cast, 'fay')]
  const { room_id: id } = await eve.good('POST', '/v3/join/%23den%3Aa.example')
  await fay.good('POST', inRoom(id, 'join'))
  await cast.forget()
  return { gus, eve, fay, id }
}

story('MXR-132: what the rules announce is counted until it is read, or something is said', async (cast) => {
  const { gus, eve, fay, id } = await both(cast)
  assert.deepEqual(await unread(eve, id), [0, 0])
  gus.send(say('one'), say('two'))
  await cast.forget()
  await send(fay, id, 'eve: three', { 'm.mentions': { user_ids: [eve.userId] } })
  await send(fay, id, 'quiet', { msgtype: 'm.notice' })
  assert.deepEqual(await unread(eve, id), [3, 1])
  assert.deepEqual(await unread(fay, id), [0, 0], 'whoever says something has read what was before')
  const { next_batch: since } = await eve.get('/v3/sync')
  gus.send(say('four'))
  await cast.forget()
  const next = await eve.get(`/v3/sync?since=${since}`)
  assert.deepEqual(next.rooms.join[id].unread_notifications, { notification_count: 4, highlight_count: 1 })
  await read(eve, id, await eventOf(eve, id, 'two'))
  const after = await eve.get(`/v3/sync?since=${next.next_batch}`)
  assert.deepEqual(after.rooms.join[id].unread_notifications, { notification_count: 2, highlight_count: 1 })
  await read(eve, id, await eventOf(eve, id, 'four'), 'm.read.private')
  assert.deepEqual(await unread(eve, id), [0, 0])
  await eve.good('PUT', `/v3/pushrules/global/room/${encodeURIComponent(id)}`, { actions: [] })
  gus.send(say('five'))
  await cast.forget()
  assert.deepEqual(await unread(eve, id), [0, 0], 'rules of the user count')
})

story('MXR-70, T-MX19: receipts and markers are the same; what is private is not told', async (cast) => {
  const { gus, eve, fay, id } = await both(cast)
  const event = await send(eve, id, 'hello')
  await cast.settle()
  const got = gus.take().find(({ name }) => name === 'message')!
  assert.ok(got.child('markable'), 'the client is asked to say that it was read')
  const { next_batch: since } = await eve.get('/v3/sync')
  gus.send(`<message type='groupchat' to='${ROOM}'><displayed xmlns='urn:xmpp:chat-markers:0' id='${event.slice(1)}'/></message>`)
  await cast.forget()
  const { rooms, next_batch: later } = await eve.get(`/v3/sync?since=${since}`)
  const receipt = rooms.join[id].ephemeral.events.find(({ type }: { type: string }) => type === 'm.receipt')
  assert.deepEqual(Object.keys(receipt.content[event]['m.read']), ['@gus:a.example'])
  assert.deepEqual(rooms.join[id].timeline.events, [], 'a marker is no message')

  await read(fay, id, event)
  await cast.settle()
  const [marker, ...more] = gus.take().filter(({ name }) => name === 'message')
  assert.deepEqual([marker!.attr('from'), marker!.child('displayed')!.attr('id'), more], [`${ROOM}/fay`, event.slice(1), []])
  await read(fay, id, event)
  const second = await send(eve, id, 'again')
  await cast.forget()
  await read(fay, id, second, 'm.read.private')
  await cast.settle()
  assert.deepEqual(gus.take(), [], 'once, and nothing that is private')
  const news = await eve.get(`/v3/sync?since=${later}`)
  assert.ok(!JSON.stringify(news.rooms.join[id].ephemeral).includes('m.read.private'))
  // Of nobody's event, and of something that is none
  for (const wrong of ['x'.repeat(22), 'm'])
    gus.send(`<message type='groupchat' to='${ROOM}'><displayed xmlns='urn:xmpp:chat-markers:0' id='${wrong}'/></message>`)
  await cast.forget()
})

story("T-MX19: what the user's XMPP client has displayed is read, and the other way round (XEP-0490)", async (cast) => {
  const { gus, eve, id } = await both(cast)
  const gajim = await cast.client('eve', 'gajim')
  gajim.send(join('eve'))
  gus.send(say('one'), say('two'))
  await cast.forget()
  assert.deepEqual(await unread(eve, id), [2, 0])
  const mds = 'urn:xmpp:mds:displayed:0'
  const one = await eventOf(eve, id, 'one')
  const stanza = `<stanza-id xmlns='urn:xmpp:sid:0' by='${ROOM}' id='${one.slice(1)}'/>`
  const item = `<item id='${ROOM}'><displayed xmlns='${mds}'>${stanza}</displayed></item>`
  gajim.send(
    `<iq type='set' id='p'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='${mds}'>${item}</publish></pubsub></iq>`,
  )
  await cast.forget()
  assert.deepEqual(await unread(eve, id), [1, 0])
  const two = await eventOf(eve, id, 'two')
  await read(eve, id, two, 'm.read.private')
  await cast.forget()
  gajim.send(`<iq type='get' id='g'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='${mds}'/></pubsub></iq>`)
  await cast.settle()
  const items = gajim
    .take()
    .find((xml) => xml.attr('id') === 'g')!
    .show()
  assert.ok(items.includes(`id='${two.slice(1)}'`) || items.includes(`id="${two.slice(1)}"`), items)
  assert.deepEqual(await unread(eve, id), [0, 0])
})
