/** What Matrix clients were shown or told wrongly of rooms, each fault as a story. */
import assert from 'node:assert/strict'
import { jid } from '../../src/xmpp/jid.ts'
import { roomsOf } from '../../src/xep/0045-multi-user-chat/index.ts'
import { matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import { storyOn, type Cast } from '../support/story.ts'

const OPTIONS = { 'enabled': true, 'logins-per-minute': 0, 'rooms-per-hour': 0, 'joins-per-minute': 0, 'sends-per-second': 0 }
const story = (name: string, script: (cast: Cast) => Promise<void>, more: object = {}): void =>
  storyOn('memory')(
    name,
    { settings: { 'matrix': { ...OPTIONS, ...more }, 'multi-user-chat': { messages: 1000 } } },
    async (cast) => {
      await script(cast)
      await cast.forget()
    },
  )

async function matrix(cast: Cast, user: string): Promise<MatrixClient> {
  await cast.server.account(user)
  return matrixIn(cast.server)().login(user)
}
const create = async (client: MatrixClient, alias: string): Promise<string> =>
  (await client.good('POST', '/v3/createRoom', { preset: 'public_chat', room_alias_name: alias })).room_id
const room = (id: string, rest: string): string => `/v3/rooms/${encodeURIComponent(id)}/${rest}`
const awake = ({ server }: Cast): number =>
  server.host.metrics.gauges.find(({ name }) => name === 'porchlight_matrix_rooms')!.read()
const ASLEEP_MS = 17 * 60_000

story('MXR-150: an invitation of somebody who is banned says that', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve'), await matrix(cast, 'fay')]
  const id = await create(eve, 'den')
  await eve.good('POST', room(id, 'ban'), { user_id: fay.userId })
  const { status, json } = await eve.ask('POST', room(id, 'invite'), { user_id: fay.userId })
  assert.deepEqual([status, json.errcode], [403, 'M_FORBIDDEN'])
  assert.match(json.error, /banned/)
})

story('MXR-3: a room that somebody has left, or is banned from, sleeps while they ask what is new', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve'), await matrix(cast, 'fay')]
  const [left, banned] = [await create(eve, 'one'), await create(eve, 'two')]
  for (const id of [left, banned]) await fay.good('POST', room(id, 'join'))
  const { next_batch: before } = await fay.get('/v3/sync')
  await fay.good('POST', room(left, 'leave'))
  await eve.good('POST', room(banned, 'ban'), { user_id: fay.userId })
  const { next_batch: since } = await fay.get('/v3/sync')
  await cast.advance(ASLEEP_MS)
  assert.equal(awake(cast), 0)
  await fay.get('/v3/sync')
  await fay.get(`/v3/sync?since=${since}`)
  assert.equal(awake(cast), 0)
  const late = (await fay.get(`/v3/sync?since=${before}`)).rooms.leave
  assert.deepEqual(new Set(Object.keys(late)), new Set([left, banned]))
  assert.equal(awake(cast), 2)
  await cast.advance(ASLEEP_MS)
  await eve.good('POST', room(left, 'invite'), { user_id: fay.userId })
  assert.deepEqual(Object.keys((await fay.get(`/v3/sync?since=${since}`)).rooms.invite), [left])
})

story('MXR-126: after very many changes a client is told the state, and who has left', async (cast) => {
  const [eve, fay, gus] = [await matrix(cast, 'eve'), await matrix(cast, 'fay'), await matrix(cast, 'gus')]
  const id = await create(eve, 'den')
  await fay.good('POST', room(id, 'join'))
  await gus.good('POST', room(id, 'join'))
  const { next_batch: since } = await eve.get('/v3/sync')
  await gus.good('POST', room(id, 'leave'))
  const states = 'state/org.example.own/'
  for (let n = 0; n < 520; n++) await eve.good('PUT', room(id, `${states}${n % 3}`), { n })
  for (let n = 0; n < 60; n++) await eve.good('PUT', room(id, `send/m.room.message/s${n}`), { msgtype: 'm.text', body: `${n}` })
  for (const after of ['', '&org.matrix.msc4222.use_state_after=true']) {
    const block = (await eve.get(`/v3/sync?since=${since}${after}`)).rooms.join[id]
    const { events } = block[after === '' ? 'state' : 'org.matrix.msc4222.state_after']
    const now = new Map(
      events.map((e: { type: string; state_key: string; content: object }) => [`${e.type} ${e.state_key}`, e.content]),
    )
    assert.equal(block.timeline.limited, true)
    assert.deepEqual(now.get(`m.room.member ${gus.userId}`), { membership: 'leave' })
    for (const n of [517, 518, 519]) assert.deepEqual(now.get(`org.example.own ${n % 3}`), { n })
  }
})

story('MXR-68: one person has so many reactions to a message, and no more', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = await create(eve, 'den')
  const said = await eve.good('PUT', room(id, 'send/m.room.message/m'), { msgtype: 'm.text', body: 'hi' })
  const react = (n: number): readonly [string, string, object] => {
    const key = String.fromCodePoint(0x1f400 + n)
    const relation = { rel_type: 'm.annotation', event_id: said.event_id, key }
    return ['PUT', room(id, `send/m.reaction/r${n}`), { 'm.relates_to': relation }]
  }
  for (let n = 0; n < 50; n++) await eve.good(...react(n))
  assert.equal(await eve.refused(...react(50)), '403 M_FORBIDDEN')
})

story(
  'MXR-30: a room of a Matrix client takes as many people as the operator says',
  async (cast) => {
    const [eve, fay] = [await matrix(cast, 'eve'), await matrix(cast, 'fay')]
    const id = await create(eve, 'den')
    const { rooms } = roomsOf(cast.server.host)!
    assert.equal((await rooms.find(jid('den@conference.a.example')))!.facts.config.occupantsMax, 2)
    await fay.good('POST', room(id, 'join'))
  },
  { 'room-people': 2 },
)
