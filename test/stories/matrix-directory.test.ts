/** Matrix clients find rooms, and ask to be let in (MXR-18, MXR 2.3). */
import assert from 'node:assert/strict'
import { matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import { field, join, open, ROOM, SERVICE } from '../support/rooms.ts'
import { storyOn, type Cast } from '../support/story.ts'

const OPTIONS = {
  'enabled': true,
  'logins-per-minute': 0,
  'rooms-per-hour': 0,
  'joins-per-minute': 0,
  'searches-per-minute': 0,
}
const story = (name: string, script: (cast: Cast) => Promise<void>): void =>
  storyOn('memory')(name, { settings: { matrix: OPTIONS } }, async (cast) => {
    await script(cast)
    await cast.forget()
  })
async function matrix(cast: Cast, user: string): Promise<MatrixClient> {
  await cast.server.account(user)
  return matrixIn(cast.server)().login(user)
}
const inRoom = (id: string, rest: string): string => `/v3/rooms/${encodeURIComponent(id)}/${rest}`
const LASTS = field('muc#roomconfig_persistentroom', '1')
const ASK = LASTS + field('muc#roomconfig_membersonly', '1') + field('muc#roomconfig_publicroom', '0')
const make = (client: MatrixClient, name: string, more: object = {}): Promise<{ room_id: string }> =>
  client.good('POST', '/v3/createRoom', { preset: 'public_chat', visibility: 'public', room_alias_name: name, name, ...more })

story('the list of public rooms is that of XMPP, page by page, and can be searched', async (cast) => {
  const alice = await open(cast, LASTS + field('muc#roomconfig_publicroom', '1') + field('muc#roomconfig_roomname', 'The den'))
  alice.send(join('Alice', '', '', `unset@${SERVICE}`))
  const eve = await matrix(cast, 'eve')
  const { room_id: tea } = await make(eve, 'tea', { topic: 'Leaves' })
  await make(eve, 'coffee')
  await make(eve, 'secret', { visibility: 'private' })
  const first = await eve.get('/v3/publicRooms?limit=2')
  assert.deepEqual(
    first.chunk.map(({ canonical_alias: alias }: { canonical_alias: string }) => alias),
    ['#coffee:a.example', '#den:a.example'],
  )
  const { chunk, next_batch: more } = await eve.get(`/v3/publicRooms?limit=2&since=${first.next_batch}`)
  assert.equal(more, undefined)
  assert.deepEqual(chunk, [
    {
      room_id: tea,
      canonical_alias: '#tea:a.example',
      name: 'tea',
      topic: 'Leaves',
      num_joined_members: 1,
      world_readable: false,
      guest_can_join: false,
      join_rule: 'public',
    },
  ])
  const search = (term: string): Promise<{ chunk: readonly { name: string }[] }> =>
    eve.good('POST', '/v3/publicRooms', { filter: { generic_search_term: term } })
  assert.deepEqual(
    (await search('THE D')).chunk.map(({ name }) => name),
    ['The den'],
  )
  assert.deepEqual((await search('secret')).chunk, [])
  assert.deepEqual((await eve.good('POST', '/v3/publicRooms', { filter: { room_types: ['m.space'] } })).chunk, [])
  assert.equal(await eve.refused('GET', '/v3/publicRooms?server=elsewhere.example'), '403 M_FORBIDDEN')
  assert.equal(await eve.refused('GET', '/v3/publicRooms?since=nothing'), '400 M_INVALID_PARAM')
  const stranger = matrixIn(cast.server)()
  assert.equal(await stranger.refused('GET', '/v3/publicRooms'), '401 M_MISSING_TOKEN')
})

story('MXR-18: a stranger without a token learns nothing of a hidden room by its alias', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const { room_id: id } = await make(eve, 'tea')
  const { room_id: hidden } = await make(eve, 'secret', { visibility: 'private' })
  const stranger = matrixIn(cast.server)()
  const path = (name: string): string => `/v3/directory/room/${encodeURIComponent(`#${name}:a.example`)}`
  assert.deepEqual(await stranger.get(path('tea')), { room_id: id, servers: ['a.example'] })
  assert.deepEqual((await stranger.ask('GET', path('secret'))).json, (await stranger.ask('GET', path('nothing'))).json)
  assert.equal(await stranger.refused('GET', path('secret')), '404 M_NOT_FOUND')
  assert.equal((await eve.get(path('secret'))).room_id, hidden)
  stranger.token = 'wrong'
  assert.equal(await stranger.refused('GET', path('tea')), '401 M_UNKNOWN_TOKEN')

  const listed = `/v3/directory/list/room/${encodeURIComponent(hidden)}`
  assert.deepEqual(await eve.get(listed), { visibility: 'private' })
  await eve.good('PUT', listed, { visibility: 'public' })
  assert.deepEqual(await eve.get(listed), { visibility: 'public' })
  stranger.token = ''
  assert.equal((await stranger.get(path('secret'))).room_id, hidden)
  const fay = await matrix(cast, 'fay')
  assert.equal(await fay.refused('PUT', listed, { visibility: 'private' }), '403 M_FORBIDDEN')
})

story('T-MX11, ROOM-104: a Matrix user asks to be let in, an admin with an XMPP client approves', async (cast) => {
  const alice = await open(cast, ASK)
  const eve = await matrix(cast, 'eve')
  const target = encodeURIComponent('#den:a.example')
  const { next_batch: since } = await eve.get('/v3/sync')
  assert.equal(await eve.refused('POST', `/v3/join/${target}`), '403 M_FORBIDDEN')
  const { room_id: id } = await eve.good('POST', `/v3/knock/${target}`, { reason: 'please' })
  await cast.settle()
  const form = alice
    .take()
    .find((xml) => xml.name === 'message')!
    .child('x')!
  assert.ok(form.elements.some((e) => e.attr('var') === 'muc#register_jid' && e.child('value')!.text === 'eve@a.example'))
  const asked = await eve.get(`/v3/sync?since=${since}`)
  const mine = asked.rooms.knock[id].knock_state.events.find((e: { state_key: string }) => e.state_key === eve.userId)
  assert.deepEqual([mine.content.membership, mine.sender], ['knock', eve.userId])
  assert.equal(await eve.refused('GET', inRoom(id, 'messages')), '403 M_FORBIDDEN')
  const answer = field('muc#register_jid', 'eve@a.example') + field('muc#register_allow', '1')
  const decide = (allow: string): string =>
    `<message to='${ROOM}'><x xmlns='jabber:x:data' type='submit'>${field('FORM_TYPE', 'http://jabber.org/protocol/muc#register')}${allow}</x></message>`
  alice.send(decide(answer))
  await cast.forget()
  const invited = await eve.get(`/v3/sync?since=${asked.next_batch}`)
  assert.ok(invited.rooms.invite[id])
  await eve.good('POST', inRoom(id, 'join'))

  const fay = await matrix(cast, 'fay')
  const { next_batch: before } = await fay.get('/v3/sync')
  await fay.good('POST', `/v3/knock/${target}`)
  alice.send(decide(field('muc#register_jid', 'fay@a.example') + field('muc#register_allow', '0')))
  await cast.forget()
  const { rooms } = await fay.get(`/v3/sync?since=${before}`)
  assert.equal(rooms.leave[id].timeline.events.at(-1).content.membership, 'leave')
})

story(
  'T-MX11: a Matrix admin sees who asks and lets them in; others do not see it; who asks may think better of it',
  async (cast) => {
    const eve = await matrix(cast, 'eve')
    const { room_id: id } = await make(eve, 'den', {
      initial_state: [{ type: 'm.room.join_rules', content: { join_rule: 'knock' } }],
    })
    const gus = await matrix(cast, 'gus')
    await eve.good('POST', inRoom(id, 'invite'), { user_id: gus.userId })
    await gus.good('POST', inRoom(id, 'join'))
    const fay = await matrix(cast, 'fay')
    await fay.good('POST', `/v3/knock/${encodeURIComponent(id)}`, { reason: 'it is me' })
    const knocks = async (client: MatrixClient): Promise<readonly object[]> =>
      (await client.get(inRoom(id, 'members?membership=knock'))).chunk.map(({ content }: { content: object }) => content)
    assert.deepEqual(await knocks(eve), [{ membership: 'knock', reason: 'it is me' }])
    assert.deepEqual(await knocks(gus), [])
    const past = await gus.get(inRoom(id, 'messages?dir=b'))
    assert.ok(!past.chunk.some(({ content }: { content: { membership?: string } }) => content.membership === 'knock'))
    await fay.good('POST', inRoom(id, 'leave'))
    assert.deepEqual(await knocks(eve), [])
    await fay.good('POST', `/v3/knock/${encodeURIComponent(id)}`)
    await eve.good('POST', inRoom(id, 'kick'), { user_id: fay.userId, reason: 'no' })
    assert.deepEqual(await knocks(eve), [])
    await fay.good('POST', `/v3/knock/${encodeURIComponent(id)}`)
    await eve.good('POST', inRoom(id, 'invite'), { user_id: fay.userId })
    await fay.good('POST', inRoom(id, 'join'))
    assert.equal(await fay.refused('POST', `/v3/knock/${encodeURIComponent(id)}`), '403 M_FORBIDDEN')
  },
)

story('a public room cannot be asked for admission', async (cast) => {
  await open(cast, LASTS)
  const eve = await matrix(cast, 'eve')
  assert.equal(await eve.refused('POST', `/v3/knock/${encodeURIComponent('#den:a.example')}`), '403 M_FORBIDDEN')
})
