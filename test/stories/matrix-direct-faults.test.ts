/** Conversations of two after their users were away, and without an archive (MXR-90 to 101). */
import assert from 'node:assert/strict'
import { matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import { storyOn, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'

const FREE = { 'enabled': true, 'logins-per-minute': 0, 'rooms-per-hour': 0, 'sends-per-second': 0 }
const story = (name: string, script: (cast: Cast) => Promise<void>, more: object = {}): void =>
  storyOn('memory')(name, { settings: { matrix: { ...FREE, ...more } } }, async (cast) => {
    await script(cast)
    await cast.forget()
  })
const MINUTE = 60_000
const room = (id: string, rest: string): string => `/v3/rooms/${encodeURIComponent(id)}/${rest}`
const chat = (body: string, id: string, more = ''): string =>
  `<message type='chat' to='eve@a.example' id='${id}'><body>${body}</body>${more}</message>`
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Answer = any
async function news(client: MatrixClient, since: string, isThere: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await client.get(`/v3/sync?since=${since}`)
    if (isThere(answer)) return answer
    await new Promise(setImmediate)
  }
}
const texts = (client: StoryClient): readonly string[] =>
  client.take().flatMap((xml) => (xml.name === 'message' ? (xml.child('body')?.text ?? []) : []))
const matrix = (cast: Cast, user: string, device: string): Promise<MatrixClient> =>
  matrixIn(cast.server)().login(user, { device_id: device })

/** Two who know each other, one of them with a Matrix client, and their conversation. */
async function friends(
  cast: Cast,
): Promise<{ eve: MatrixClient; gus: StoryClient; desk: StoryClient; id: string; since: string }> {
  const [gus, desk] = await cast.friends('gus/1', 'eve/desk')
  const eve = await matrix(cast, 'eve', 'PHONE')
  const { rooms, next_batch: since } = await eve.get('/v3/sync')
  const [id] = Object.keys(rooms.join)
  await cast.forget()
  return { eve, gus, desk, id: id!, since }
}

story('MXR-70: what was read on one device is told to another that comes back after a while', async (cast) => {
  const { eve, gus, id, since } = await friends(cast)
  gus.send(chat('hi', 'g1'))
  await cast.settle()
  const { rooms } = await news(eve, since, (answer) => answer.rooms?.join[id]?.timeline.events.length > 0)
  const event = rooms.join[id].timeline.events[0].event_id
  const tablet = await matrix(cast, 'eve', 'TABLET')
  const first = await tablet.get('/v3/sync')
  assert.equal(first.rooms.join[id].unread_notifications.notification_count, 1)
  await eve.good('POST', room(id, `receipt/m.read.private/${encodeURIComponent(event)}`), {})
  await cast.advance(20 * MINUTE)
  const next = (await tablet.get(`/v3/sync?since=${first.next_batch}`)).rooms.join[id]
  const receipt = next.ephemeral.events.find(({ type }: { type: string }) => type === 'm.receipt')
  assert.deepEqual(Object.keys(receipt.content), [event])
  assert.equal(next.unread_notifications.notification_count, 0)
})

story(
  'MXR-99: a message that a Matrix client got after it was away for a while does not wait for an XMPP client',
  async (cast) => {
    const { eve, gus, desk, id, since } = await friends(cast)
    desk.send(`<presence type='unavailable'/>`)
    await cast.settle()
    gus.send(chat('while away', 'g1'))
    await cast.settle()
    await cast.advance(20 * MINUTE)
    const { next_batch: read } = await news(eve, since, (answer) => answer.rooms?.join[id]?.timeline.events.length > 0)
    await eve.get(`/v3/sync?since=${read}`)
    gus.send(chat('not read', 'g2'))
    await cast.settle()
    desk.take()
    desk.send('<presence/>')
    await cast.settle()
    assert.deepEqual(texts(desk), ['not read'])
  },
)

story('T-MX03, MXR-19: the same request is one message, also of a user who keeps no archive', async (cast) => {
  const { eve, gus, desk, id } = await friends(cast)
  desk.send(`<iq type='set' id='p'><prefs xmlns='urn:xmpp:mam:2' default='never'><always/><never/></prefs></iq>`)
  await cast.settle()
  gus.take()
  const content = { msgtype: 'm.text', body: 'once' }
  const twice = async (path: string, what: object): Promise<void> => {
    const first = await eve.good('PUT', room(id, path), what)
    assert.deepEqual(await eve.good('PUT', room(id, path), what), first)
  }
  await twice('send/m.room.message/T1', content)
  await cast.settle()
  assert.deepEqual(texts(gus), ['once'])
  await twice('send/im.test.poll/T1', { a: 1 })
  await cast.settle()
})

story('MXR-95: a stranger who writes about rooms is heard', async (cast) => {
  const { eve, since } = await friends(cast)
  const zed = await cast.client('zed', '1')
  zed.send(chat('see http://jabber.org/protocol/muc#user there', 'z1'))
  await cast.settle()
  const { rooms } = await news(eve, since, (answer) => Object.keys(answer.rooms?.invite ?? {}).length > 0)
  assert.equal(Object.keys(rooms.invite).length, 1)
})

story(
  'MXR-3: conversations leave memory beyond the limit, also those that awake together',
  async (cast) => {
    const { eve, since } = await friends(cast)
    for (let n = 0; n < 15; n++)
      await cast.fromElsewhere(`<message type='chat' from='s${n}@c.example' to='eve@a.example'><body>hi ${n}</body></message>`)
    await news(eve, since, ({ rooms }) => Object.keys(rooms?.invite ?? {}).length === 15)
    const { rooms } = await eve.get('/v3/sync')
    assert.equal(Object.keys(rooms.invite).length, 15)
    const { gauges } = cast.server.host.metrics
    assert.equal(gauges.find(({ name }) => name === 'porchlight_matrix_conversations')!.read(), 10)
  },
  { 'awake-rooms': 10 },
)

story('MXR-92: a text that no archive may have is refused where only Matrix clients are there, and others wait', async (cast) => {
  const { gus, desk } = await friends(cast)
  desk.send(`<presence type='unavailable'/>`)
  await cast.settle()
  gus.take()
  gus.send(chat('gone', 'g1', `<no-store xmlns='urn:xmpp:hints'/>`))
  gus.send(`<message type='chat' to='eve@a.example'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`)
  gus.send(chat('later', 'g2', `<no-permanent-store xmlns='urn:xmpp:hints'/>`))
  await cast.settle()
  const errors = gus.take().filter((xml) => xml.name === 'message')
  assert.deepEqual(
    errors.map((xml) => [xml.attr('type'), xml.attr('id')]),
    [['error', 'g1']],
  )
  desk.take()
  desk.send('<presence/>')
  await cast.settle()
  assert.deepEqual(texts(desk), ['later'])
})
