/** What Matrix clients keep in memory: it is limited, goes when nobody needs it, and comes back. */
import assert from 'node:assert/strict'
import { matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import { enter, exit } from '../support/rooms.ts'
import { storyOn, type Cast } from '../support/story.ts'

const FREE = { 'enabled': true, 'logins-per-minute': 0, 'rooms-per-hour': 0, 'joins-per-minute': 0 }
const story = (name: string, script: (cast: Cast) => Promise<void>, more: object = {}): void =>
  storyOn('memory')(name, { settings: { matrix: { ...FREE, ...more } } }, async (cast) => {
    await script(cast)
    await cast.forget()
  })

async function matrix(cast: Cast, user: string): Promise<MatrixClient> {
  await cast.server.account(user)
  return matrixIn(cast.server)().login(user)
}
const create = async (client: MatrixClient, alias: string): Promise<string> =>
  (await client.good('POST', '/v3/createRoom', { preset: 'public_chat', room_alias_name: alias })).room_id
const room = (id: string, rest: string): string => `/v3/rooms/${encodeURIComponent(id)}/${rest}`
const MINUTE = 60_000

/** Rooms, people and watchers in memory. */
const held = ({ server }: Cast): readonly number[] =>
  ['rooms', 'room_people', 'room_watchers'].map((what) =>
    server.host.metrics.gauges.find(({ name }) => name === `porchlight_matrix_${what}`)!.read(),
  )

story('MXR-3: rooms, people and watchers leave memory when nobody asks for them, and nothing is lost by that', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve'), await matrix(cast, 'fay')]
  const id = await create(eve, 'den')
  await fay.good('POST', room(id, 'join'))
  const gus = await enter(cast, 'gus', 'Gus')
  const { next_batch: since } = await eve.get('/v3/sync')
  await fay.get('/v3/sync')
  assert.deepEqual(held(cast), [1, 2, 2])
  await cast.advance(17 * MINUTE)
  assert.deepEqual(held(cast), [0, 0, 0])
  gus.send(exit('Gus'))
  await cast.settle()
  const status = `/v3/presence/${encodeURIComponent(fay.userId)}/status`
  assert.equal((await eve.get(status)).presence, 'offline', 'they are in one room still')
  const { state, timeline } = (await eve.get(`/v3/sync?since=${since}`)).rooms.join[id]
  assert.deepEqual(timeline.events, [])
  assert.deepEqual(
    state.events.map((event: { state_key: string; content: { membership: string } }) => [event.state_key, event.content]),
    [['@gus:a.example', { membership: 'leave' }]],
    'nobody knows since when the visitor has been away',
  )
})

story('MXR-71: somebody who was typing before the room left memory does not type for ever', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve'), await matrix(cast, 'fay')]
  const id = await create(eve, 'den')
  await fay.good('POST', room(id, 'join'))
  await eve.get('/v3/sync')
  await fay.good('PUT', room(id, `typing/${encodeURIComponent(fay.userId)}`), { typing: true, timeout: 30_000 })
  const { next_batch: since, rooms } = await eve.get('/v3/sync')
  assert.deepEqual(rooms.join[id].ephemeral.events[0].content, { user_ids: [fay.userId] })
  await cast.advance(17 * MINUTE)
  assert.deepEqual(held(cast), [0, 0, 0])
  await fay.good('PUT', room(id, 'send/m.room.message/one'), { msgtype: 'm.text', body: 'there' })
  const { ephemeral } = (await eve.get(`/v3/sync?since=${since}`)).rooms.join[id]
  assert.deepEqual(ephemeral.events, [{ type: 'm.typing', content: { user_ids: [] } }])
})

story(
  'MXR-151: a user belongs to so many rooms, and no more',
  async (cast) => {
    const [eve, fay] = [await matrix(cast, 'eve'), await matrix(cast, 'fay')]
    const [first, , third] = [await create(eve, 'one'), await create(fay, 'two'), await create(fay, 'three')]
    await eve.good('POST', '/v3/join/%23two%3Aa.example')
    assert.equal(await eve.refused('POST', room(third, 'join')), '403 M_FORBIDDEN')
    assert.equal(await eve.refused('POST', '/v3/createRoom', {}), '403 M_FORBIDDEN')
    await eve.good('POST', room(first, 'leave'))
    await eve.good('POST', room(third, 'join'))
    await eve.good('POST', room(third, 'join'))
  },
  { 'joined-rooms': 2 },
)

story(
  'MXR-151: so many rooms are awake at once; one that was not used lately makes room for another',
  async (cast) => {
    const eve = await matrix(cast, 'eve')
    for (let n = 0; n < 10; n++) await create(eve, `room${n}`)
    const fay = await matrix(cast, 'fay')
    const wish = { preset: 'public_chat', room_alias_name: 'another' }
    assert.equal(await fay.refused('POST', '/v3/createRoom', wish), '429 M_LIMIT_EXCEEDED')
    cast.pass(3 * MINUTE)
    const id = await create(fay, 'another')
    assert.equal(held(cast)[0], 10)
    await fay.good('PUT', room(id, 'send/m.room.message/one'), { msgtype: 'm.text', body: 'here' })
  },
  { 'awake-rooms': 10 },
)

story(
  'MXR-151: no more rooms are awake than may be, however many are asked for at the same time',
  async (cast) => {
    const eve = await matrix(cast, 'eve')
    const ids: string[] = []
    for (let n = 0; n < 12; n++) {
      if (n === 10) cast.pass(3 * MINUTE)
      ids.push(await create(eve, `room${n}`))
    }
    await cast.advance(17 * MINUTE)
    assert.equal(held(cast)[0], 0)
    const answers = await Promise.all(ids.map((id) => eve.ask('GET', room(id, 'state'))))
    assert.equal(held(cast)[0], 10)
    assert.equal(answers.filter(({ json }) => json.errcode === 'M_LIMIT_EXCEEDED').length, 2)
  },
  { 'awake-rooms': 10 },
)
