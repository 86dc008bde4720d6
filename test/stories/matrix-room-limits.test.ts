/** What Matrix clients may not do with rooms, nor see of them. */
import assert from 'node:assert/strict'
import { MatrixRoomStore } from '../../src/matrix/rooms/store.ts'
import { roomsOf } from '../../src/xep/0045-multi-user-chat/index.ts'
import { storedJid } from '../../src/xmpp/stored-jid.ts'
import { matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import { exit, join, ROOM } from '../support/rooms.ts'
import { storyOn, type Cast, type Setting } from '../support/story.ts'

const OPTIONS = { 'enabled': true, 'logins-per-minute': 0, 'rooms-per-hour': 0, 'joins-per-minute': 0 }
const MATRIX: Setting = { settings: { matrix: OPTIONS } }
/** When Matrix devices come and go as occupants is a story of its own. */
const story = (name: string, script: (cast: Cast) => Promise<void>, setting = MATRIX): void =>
  storyOn('memory')(name, setting, async (cast) => {
    await script(cast)
    await cast.forget()
  })

async function matrix(cast: Cast, user: string): Promise<MatrixClient> {
  await cast.server.account(user)
  return matrixIn(cast.server)().login(user)
}
const den = { preset: 'public_chat', visibility: 'public', room_alias_name: 'den', name: 'The den' }
const create = async (client: MatrixClient, wish: object = {}): Promise<string> =>
  (await client.good('POST', '/v3/createRoom', { ...den, ...wish })).room_id
const room = (id: string, rest: string): string => `/v3/rooms/${encodeURIComponent(id)}/${rest}`
let transactions = 0
const send = async (client: MatrixClient, id: string, body: string): Promise<string> =>
  (await client.good('PUT', room(id, `send/m.room.message/t${++transactions}`), { msgtype: 'm.text', body })).event_id

story('somebody of another server in the room has no presence here, and harms nobody', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = await create(eve)
  const guest = `<presence from='guest@elsewhere.example/1'`
  await cast.fromElsewhere(join('Guest').replace('<presence', guest))
  await cast.forget()
  const { next_batch: since, presence } = await eve.get('/v3/sync')
  assert.deepEqual(
    (presence?.events ?? []).map(({ sender }: { sender: string }) => sender),
    [eve.userId],
  )
  await cast.fromElsewhere(exit('Guest').replace('<presence', guest))
  await cast.fromElsewhere(join('Guest').replace('<presence', guest))
  await cast.forget()
  await eve.get(`/v3/sync?since=${since}`)
  const fay = await matrix(cast, 'fay')
  const { next_batch: before } = await fay.get('/v3/sync')
  await fay.good('POST', room(id, 'join'))
  await fay.get(`/v3/sync?since=${before}`)
  await cast.advance(11 * 60_000)
  await fay.get('/v3/sync')
})

/** Fay was in the room and left it; then something was said. */
async function leftBehind(eve: MatrixClient, fay: MatrixClient): Promise<{ id: string; heard: string; since: string }> {
  const id = await create(eve)
  await fay.good('POST', room(id, 'join'))
  const heard = await send(eve, id, 'for fay')
  await fay.good('POST', room(id, 'leave'))
  const { next_batch: since } = await fay.get('/v3/sync')
  await send(eve, id, 'behind her back')
  return { id, heard, since }
}

story('MXR-57: a later ban or invitation does not show what was said after somebody left', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const fay = await matrix(cast, 'fay')
  const { id, since } = await leftBehind(eve, fay)
  const hears = async (): Promise<void> => {
    const { chunk } = await fay.get(room(id, 'messages?dir=b&limit=50'))
    assert.deepEqual([JSON.stringify(chunk).includes('for fay'), JSON.stringify(chunk).includes('her back')], [true, false])
  }
  await eve.good('POST', room(id, 'invite'), { user_id: fay.userId })
  await hears()
  await eve.good('POST', room(id, 'ban'), { user_id: fay.userId })
  await hears()
  const { timeline } = (await fay.get(`/v3/sync?since=${since}`)).rooms.leave[id]
  assert.deepEqual(
    timeline.events.map((event: { content: object }) => event.content),
    [{ membership: 'ban' }],
  )
})

story('MXR-57: who joined late learns nothing of before by leaving, where history begins with membership', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const fay = await matrix(cast, 'fay')
  const id = await create(eve)
  await eve.good('PUT', room(id, 'state/m.room.history_visibility'), { history_visibility: 'joined' })
  await send(eve, id, 'before fay')
  await fay.good('POST', room(id, 'join'))
  await fay.good('POST', room(id, 'leave'))
  const filter = encodeURIComponent(JSON.stringify({ room: { include_leave: true, timeline: { limit: 50 } } }))
  const { rooms } = await fay.get(`/v3/sync?filter=${filter}`)
  assert.equal(JSON.stringify(rooms.leave[id]).includes('before fay'), false)
  assert.equal(rooms.leave[id].timeline.events.at(-1).content.membership, 'leave')
})

story('MXR-57: those who have left do not see what the room is like now', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const fay = await matrix(cast, 'fay')
  const { id, heard } = await leftBehind(eve, fay)
  await eve.good('PUT', room(id, 'state/m.room.topic'), { topic: 'Secret plans' })
  const context = await fay.get(room(id, `context/${encodeURIComponent(heard)}`))
  assert.equal(context.event.content.body, 'for fay')
  assert.deepEqual(context.state, [])
  const lazy = encodeURIComponent('{"lazy_load_members":true}')
  assert.deepEqual((await fay.get(room(id, `messages?dir=b&filter=${lazy}`))).state, [])
  const now = (await eve.get(room(id, 'state'))).find(({ type }: { type: string }) => type === 'm.room.canonical_alias')
  assert.equal((await eve.get(room(id, `event/${encodeURIComponent(now.event_id)}`))).type, 'm.room.canonical_alias')
  assert.equal(await fay.refused('GET', room(id, `event/${encodeURIComponent(now.event_id)}`)), '404 M_NOT_FOUND')
})

story('MXR-151: states are limited in size and number, wherever they are given', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = await create(eve)
  const big = { text: 'x'.repeat(70_000) }
  const odd = (state: object): object => ({ initial_state: [{ type: 'org.example.a', content: {}, ...state }] })
  assert.equal(await eve.refused('PUT', room(id, 'state/org.example.a/k'), big), '413 M_TOO_LARGE')
  assert.equal(await eve.refused('PUT', room(id, `state/org.example.a/${'k'.repeat(256)}`), {}), '400 M_INVALID_PARAM')
  assert.equal(await eve.refused('PUT', room(id, `state/${'t'.repeat(256)}/k`), {}), '400 M_INVALID_PARAM')
  assert.equal(await eve.refused('POST', '/v3/createRoom', odd({ content: big })), '413 M_TOO_LARGE')
  assert.equal(await eve.refused('POST', '/v3/createRoom', odd({ state_key: 'a\0b' })), '400 M_INVALID_PARAM')
  const half = { text: 'x'.repeat(60_000) }
  for (const key of ['1', '2', '3', '4']) await eve.good('PUT', room(id, `state/org.example.big/${key}`), half)
  assert.equal(await eve.refused('PUT', room(id, 'state/org.example.big/5'), half), '413 M_TOO_LARGE')
  await eve.good('PUT', room(id, 'state/org.example.big/4'), {})
})

story(
  'MXR-151: a room has so many states of Matrix, and no more',
  async (cast) => {
    const eve = await matrix(cast, 'eve')
    const id = await create(eve)
    for (let n = 0; n < 10; n++) await eve.good('PUT', room(id, `state/org.example.a/${n}`), { n })
    assert.equal(await eve.refused('PUT', room(id, 'state/org.example.a/more'), {}), '403 M_FORBIDDEN')
    await eve.good('PUT', room(id, 'state/org.example.a/1'), { n: 'another' })
  },
  { settings: { matrix: { ...OPTIONS, 'room-states': 10 } } },
)

story('MXR-70: receipts are of threads that there are, and of so many', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = await create(eve)
  const events: string[] = []
  for (let n = 0; n < 52; n++) {
    events.push(await send(eve, id, `m${n}`))
    cast.pass(2000)
  }
  const mark = room(id, `receipt/m.read/${encodeURIComponent(events.at(-1)!)}`)
  assert.equal(await eve.refused('POST', mark, { thread_id: 'anything' }), '400 M_BAD_JSON')
  await eve.good('POST', mark, { thread_id: 'main' })
  for (const thread of events) {
    await eve.good('POST', mark, { thread_id: thread })
    cast.pass(2000)
  }
  const { ephemeral } = (await eve.get('/v3/sync')).rooms.join[id]
  assert.equal(ephemeral.events.length, 1)
  const store = await MatrixRoomStore.open(cast.server.host.database)
  const { uid } = (await roomsOf(cast.server.host)!.rooms.find(storedJid(ROOM)))!
  const threads = (await store.receipts(uid)).map(({ thread }) => thread)
  assert.equal(threads.length, 50)
  assert.ok(!threads.includes('main') && threads.includes(events.at(-1)!))
})

story(
  'a server where nobody may make rooms makes none for Matrix clients',
  async (cast) => {
    const eve = await matrix(cast, 'eve')
    assert.equal(await eve.refused('POST', '/v3/createRoom', den), '403 M_FORBIDDEN')
  },
  { settings: { 'matrix': OPTIONS, 'multi-user-chat': { create: 'nobody' } } },
)

story('MXR-128: an invitation into a room that was forgotten is shown', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const fay = await matrix(cast, 'fay')
  const { id } = await leftBehind(eve, fay)
  await fay.good('POST', room(id, 'forget'))
  const { next_batch: since } = await fay.get('/v3/sync')
  await eve.good('POST', room(id, 'invite'), { user_id: fay.userId })
  assert.ok(id in (await fay.get(`/v3/sync?since=${since}`)).rooms.invite)
})

story('a filter that is none is refused with the reason', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = await create(eve)
  for (const filter of ['{"types":5}', '{"not_senders":[7]}', '5', 'null'])
    assert.equal(await eve.refused('GET', room(id, `messages?dir=b&filter=${encodeURIComponent(filter)}`)), '400 M_BAD_JSON')
  assert.equal(await eve.refused('GET', room(id, 'messages?dir=b&filter={')), '400 M_INVALID_PARAM')
})

story(
  'MXR-151: an address that sends many wrong tokens waits, and those who are logged in do not',
  async (cast) => {
    const eve = await matrix(cast, 'eve')
    await eve.get('/v3/account/whoami')
    const mallory = matrixIn(cast.server)()
    mallory.token = 'none.such'
    for (let n = 0; n < 20; n++) assert.equal(await mallory.refused('GET', '/v3/account/whoami'), '401 M_UNKNOWN_TOKEN')
    assert.equal(await mallory.refused('GET', '/v3/account/whoami'), '429 M_LIMIT_EXCEEDED')
    await eve.get('/v3/account/whoami')
    cast.pass(60_000)
    assert.equal(await mallory.refused('GET', '/v3/account/whoami'), '401 M_UNKNOWN_TOKEN')
  },
  { settings: { matrix: { ...OPTIONS, 'logins-per-minute': 2 } } },
)

story('MXR-11: accounts whose names begin with an underscore log in', async (cast) => {
  const under = await matrix(cast, '_under')
  assert.equal(under.userId, '@_under:a.example')
})
