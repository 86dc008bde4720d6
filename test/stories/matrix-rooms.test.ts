/** Rooms of Matrix clients and XMPP clients: one room, two faces (MXR-*). */
import assert from 'node:assert/strict'
import { matrixAtPort, matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import { enter, exit, join, OWNER, ROOM, say, SERVICE, USER } from '../support/rooms.ts'
import { storyOn, type Cast, type Setting } from '../support/story.ts'

const MATRIX: Setting = {
  settings: { matrix: { 'enabled': true, 'logins-per-minute': 0, 'rooms-per-hour': 0, 'joins-per-minute': 0 } },
}
type Script = (cast: Cast) => Promise<void>
/** When Matrix devices come and go as occupants is a story of its own. */
const told =
  (script: Script): Script =>
  async (cast) => {
    await script(cast)
    await cast.forget()
  }
const story = (name: string, script: Script): void => storyOn('memory', 'websocket')(name, MATRIX, told(script))
const inMemory = (name: string, script: Script): void => storyOn('memory')(name, MATRIX, told(script))

async function matrix(cast: Cast, user: string, device?: string): Promise<MatrixClient> {
  await cast.server.account(user)
  const come = cast.transport === 'memory' ? matrixIn(cast.server) : matrixAtPort(cast.server.port!)
  return come().login(user, device === undefined ? {} : { device_id: device })
}
const idOf = (user: string): string => `@${user}:a.example`
const den = { preset: 'public_chat', visibility: 'public', room_alias_name: 'den', name: 'The den', topic: 'Foxes' }
const create = async (client: MatrixClient, wish: object = den): Promise<string> =>
  (await client.good('POST', '/v3/createRoom', wish)).room_id
const room = (id: string, rest: string): string => `/v3/rooms/${encodeURIComponent(id)}/${rest}`
let transactions = 0
const send = async (client: MatrixClient, id: string, body: string): Promise<string> =>
  (await client.good('PUT', room(id, `send/m.room.message/t${++transactions}`), { msgtype: 'm.text', body })).event_id
const texts = (events: readonly { content: { body?: string } }[]): readonly unknown[] =>
  events.flatMap(({ content }) => content.body ?? [])

story('T-MX02: a room made with Matrix is a room for XMPP clients, and they are members of it', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = await create(eve)
  assert.match(id, /^![0-9A-Za-z]{22}:a\.example$/)
  const gus = await cast.client('gus', '1')
  gus.send(join('Gus'))
  await cast.settle()
  const got = gus.take()
  const self = got.find((xml) => xml.name === 'presence' && xml.attr('from') === `${ROOM}/Gus`)!
  assert.ok(self.child('x')!.elements.some((e) => e.name === 'status' && e.attr('code') === '100'))
  assert.equal(got.find((xml) => xml.child('subject') !== undefined)!.child('subject')!.text, 'Foxes')
  const { rooms } = await eve.get('/v3/sync')
  const { state, timeline } = rooms.join[id]
  const all = [...state.events, ...timeline.events]
  const content = (type: string, key = '') => all.findLast((e) => e.type === type && e.state_key === key)?.content
  assert.deepEqual(content('m.room.create'), { creator: idOf('eve'), room_version: '10' })
  assert.deepEqual(content('m.room.member', idOf('gus')), { membership: 'join', displayname: 'Gus' })
  assert.deepEqual(content('m.room.member', idOf('eve')), { membership: 'join', displayname: 'eve' })
  assert.deepEqual(content('m.room.canonical_alias'), { alias: '#den:a.example' })
  assert.deepEqual([content('m.room.name'), content('m.room.topic')], [{ name: 'The den' }, { topic: 'Foxes' }])
  assert.equal(content('m.room.power_levels').users[idOf('eve')], 100)
  assert.ok(!timeline.events.some((e: { state_key?: string }) => e.state_key === idOf('gus')), 'a visit has no line')
})

story('T-MX03: what is said on either face is one entry, once, in one order', async (cast) => {
  const [eve, other] = [await matrix(cast, 'eve', 'PHONE'), await matrix(cast, 'eve', 'DESK')]
  const id = await create(eve)
  const gus = await enter(cast, 'gus', 'Gus')
  const { next_batch: since } = await eve.get('/v3/sync')
  const content = { msgtype: 'm.text', body: 'hi *x*', format: 'org.matrix.custom.html', formatted_body: 'hi <b>x</b>' }
  const path = room(id, 'send/m.room.message/one')
  const { event_id: event } = await eve.good('PUT', path, content)
  assert.equal((await eve.good('PUT', path, content)).event_id, event, 'the same request again is the same message')
  await cast.settle()
  const [heard, ...more] = gus.take().filter(({ name }) => name === 'message')
  assert.deepEqual(more, [])
  assert.equal(heard!.attr('from'), `${ROOM}/eve`)
  assert.equal(heard!.child('body')!.text, 'hi *x*')
  assert.equal(`$${heard!.child('stanza-id')!.attr('id')}`, event)
  gus.send(say('hello eve'))
  await cast.settle()
  gus.take()
  const { timeline } = (await eve.get(`/v3/sync?since=${since}`)).rooms.join[id]
  assert.deepEqual(
    timeline.events.map((e: { sender: string; content: object }) => [e.sender, e.content]),
    [
      [idOf('eve'), content],
      [idOf('gus'), { msgtype: 'm.text', body: 'hello eve' }],
    ],
  )
  assert.equal(timeline.events[0].unsigned.transaction_id, 'one')
  const theirs = (await other.get(`/v3/sync?since=${since}`)).rooms.join[id].timeline.events
  assert.equal(theirs[0].unsigned.transaction_id, undefined, 'the echo is for the device that has sent it')
})

inMemory('T-MX04: a client that comes and goes makes no news, and is gone some time after it has left', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = await create(eve)
  const gus = await enter(cast, 'gus', 'Gus')
  const { next_batch: first } = await eve.get('/v3/sync')
  for (let turn = 0; turn < 20; turn++) gus.send(exit('Gus'), join('Gus'))
  gus.send(exit('Gus'))
  await cast.forget()
  const { next_batch: since, rooms } = await eve.get(`/v3/sync?since=${first}`)
  assert.deepEqual(rooms?.join ?? {}, {})
  await cast.advance(62 * 60_000)
  const { state, timeline } = (await eve.get(`/v3/sync?since=${since}`)).rooms.join[id]
  assert.deepEqual([timeline.events, state.events.map((e: { content: object }) => e.content)], [[], [{ membership: 'leave' }]])
})

story('T-MX09: kicks and bans on either face', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = await create(eve)
  const gus = await enter(cast, 'gus', 'Gus')
  await eve.good('POST', room(id, 'kick'), { user_id: idOf('gus'), reason: 'too loud' })
  await cast.settle()
  const [out] = gus.take()
  const codesIn = (x: typeof out): readonly string[] =>
    x!.child('x')!.elements.flatMap((e) => (e.name === 'status' ? [e.attr('code')!] : []))
  assert.deepEqual([out!.attr('type'), codesIn(out).includes('307')], ['unavailable', true])
  const fay = await matrix(cast, 'fay')
  await fay.good('POST', '/v3/join/%23den%3Aa.example')
  const { next_batch: since } = await fay.get('/v3/sync')
  await eve.good('POST', room(id, 'kick'), { user_id: idOf('fay'), reason: 'you too' })
  const { rooms } = await fay.get(`/v3/sync?since=${since}`)
  const last = rooms.leave[id].timeline.events.at(-1)
  assert.deepEqual([last.sender, last.content], [idOf('eve'), { membership: 'leave', reason: 'you too' }])
  assert.equal(await fay.refused('PUT', room(id, 'send/m.room.message/x'), { msgtype: 'm.text', body: 'hm' }), '403 M_FORBIDDEN')
  await fay.good('POST', room(id, 'join'))
  await eve.good('POST', room(id, 'ban'), { user_id: idOf('fay') })
  assert.equal(await fay.refused('POST', room(id, 'join')), '403 M_FORBIDDEN')
  await eve.good('POST', room(id, 'unban'), { user_id: idOf('fay') })
  await fay.good('POST', room(id, 'join'))
})

story('T-MX10: invitations, declined and accepted', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const fay = await matrix(cast, 'fay')
  const gus = await cast.client('gus', '1')
  const { next_batch: since } = await fay.get('/v3/sync')
  const id = await create(eve, { preset: 'private_chat', name: 'Us', invite: [idOf('fay'), idOf('gus')] })
  await cast.settle()
  const invite = gus.take().find((xml) => xml.child('x')?.child('invite') !== undefined)
  const { rooms } = await fay.get(`/v3/sync?since=${since}`)
  const stripped = rooms.invite[id].invite_state.events
  const of = (type: string, key = '') =>
    stripped.find((e: { type: string; state_key: string }) => e.type === type && e.state_key === key)
  assert.equal(of('m.room.member', idOf('fay')).content.membership, 'invite')
  assert.equal(of('m.room.member', idOf('fay')).sender, idOf('eve'))
  assert.equal(of('m.room.name').content.name, 'Us')
  await fay.good('POST', room(id, 'join'))
  assert.deepEqual(await fay.get('/v3/joined_rooms'), { joined_rooms: [id] })
  const address = invite!.attr('from')!
  const { next_batch: before } = await eve.get('/v3/sync')
  gus.send(
    `<message to='${address}'><x xmlns='${USER}'><decline to='eve@a.example'><reason>no time</reason></decline></x></message>`,
  )
  await cast.settle()
  const { timeline } = (await eve.get(`/v3/sync?since=${before}`)).rooms.join[id]
  assert.deepEqual(
    timeline.events.map((e: { content: object }) => e.content),
    [{ membership: 'leave', reason: 'no time' }],
  )
  const mallory = await matrix(cast, 'mallory')
  assert.equal(await mallory.refused('POST', room(id, 'join')), '403 M_FORBIDDEN')
  assert.equal(await mallory.refused('GET', room(id, 'messages')), '403 M_FORBIDDEN')
  assert.equal(await mallory.refused('GET', room('!0123456789abcdefghijkl:a.example', 'messages')), '403 M_FORBIDDEN')
})

inMemory('T-MX25: a gap is filled from pages of the past, without doubles', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = await create(eve)
  const gus = await enter(cast, 'gus', 'Gus')
  await send(eve, id, 'before')
  const { next_batch: since } = await eve.get('/v3/sync')
  for (let n = 0; n < 120; n += 15) {
    gus.send(...Array.from({ length: 15 }, (_, k) => say(`m${n + k}`)))
    await cast.settle()
    await cast.advance(10_000)
  }
  await cast.forget()
  const { timeline } = (await eve.get(`/v3/sync?since=${since}`)).rooms.join[id]
  const said = [...texts(timeline.events)]
  let from = timeline.prev_batch
  assert.equal(timeline.limited, true)
  while (!said.includes('before')) {
    const page = await eve.get(room(id, `messages?dir=b&limit=20&from=${from}`))
    said.unshift(...texts(page.chunk.toReversed()))
    assert.ok(page.end !== undefined || said.includes('before'), 'the log ends at its beginning, and not before')
    from = page.end
  }
  const whole = said.slice(said.indexOf('before') + 1)
  assert.deepEqual(whole, [...new Set(whole)])
  assert.deepEqual(
    whole,
    Array.from({ length: whole.length }, (_, k) => `m${k}`),
  )
})

story('T-MX28: requests that wait are answered when something comes, and not before', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const fay = await matrix(cast, 'fay')
  const id = await create(eve)
  await fay.good('POST', room(id, 'join'))
  const { next_batch: since } = await fay.get('/v3/sync')
  const waiting = [
    fay.begin('GET', `/v3/sync?since=${since}&timeout=30000`),
    fay.begin('GET', `/v3/sync?since=${since}&timeout=30000`),
  ]
  await cast.settle()
  await send(eve, id, 'wake up')
  if (cast.transport === 'memory') await cast.advance(20)
  for (const { answer } of waiting) {
    const { json } = await answer
    assert.deepEqual(texts(json.rooms.join[id].timeline.events), ['wake up'])
  }
})

inMemory('T-MX28: without news the token stays', async (cast) => {
  const eve = await matrix(cast, 'eve')
  await create(eve)
  const { next_batch: since } = await eve.get('/v3/sync')
  const poll = eve.begin('GET', `/v3/sync?since=${since}&timeout=30000`)
  for (let past = 0; past <= 30_000; past += 5000) {
    await eve.get('/v3/account/whoami')
    cast.pass(5000)
  }
  assert.equal((await poll.answer).json.next_batch, since)
})

story('T-MX33: of two people of one name the second has another name, on both faces', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = await create(eve)
  const gus = await enter(cast, 'gus', 'fay')
  const fay = await matrix(cast, 'fay')
  await fay.good('POST', room(id, 'join'))
  await send(fay, id, 'here')
  await cast.settle()
  assert.equal(gus.take().at(-1)!.attr('from'), `${ROOM}/fay (fay)`)
  const { displayname } = await eve.get(room(id, `state/m.room.member/${encodeURIComponent(idOf('fay'))}`))
  assert.equal(displayname, 'fay (fay)')
})

story('T-MX35: other versions are refused, and what every client sends is not', async (cast) => {
  const eve = await matrix(cast, 'eve')
  assert.equal(await eve.refused('POST', '/v3/createRoom', { room_version: '12' }), '400 M_UNSUPPORTED_ROOM_VERSION')
  await create(eve, {
    preset: 'private_chat',
    initial_state: [{ type: 'm.room.guest_access', state_key: '', content: { guest_access: 'can_join' } }],
    power_level_content_override: { events: { 'org.matrix.msc3401.call.member': 0 } },
  })
  assert.equal(await eve.refused('POST', '/v3/createRoom', { room_alias_name: 'a@b' }), '400 M_INVALID_PARAM')
  await create(eve)
  assert.equal(await eve.refused('POST', '/v3/createRoom', den), '400 M_ROOM_IN_USE')
})

story('MXR-32, MXR-42: states are set, and what the room cannot be is refused', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = await create(eve)
  const gus = await enter(cast, 'gus', 'Gus')
  const { event_id: first } = await eve.good('PUT', room(id, 'state/m.room.topic'), { topic: 'Badgers' })
  assert.equal((await eve.good('PUT', room(id, 'state/m.room.topic/'), { topic: 'Badgers' })).event_id, first)
  await eve.good('PUT', room(id, 'state/m.room.name'), { name: 'The sett' })
  await cast.settle()
  assert.equal(
    gus
      .take()
      .flatMap((xml) => xml.child('subject')?.text ?? [])
      .at(-1),
    'Badgers',
  )
  assert.deepEqual(await eve.get(room(id, 'state/m.room.name')), { name: 'The sett' })
  const levels = await eve.get(room(id, 'state/m.room.power_levels'))
  const users = { ...levels.users, [idOf('gus')]: 73 }
  await eve.good('PUT', room(id, 'state/m.room.power_levels'), { ...levels, users })
  assert.equal((await eve.get(room(id, 'state/m.room.power_levels'))).users[idOf('gus')], 50)
  assert.equal(await eve.refused('PUT', room(id, 'state/m.room.power_levels'), { ...levels, kick: 0 }), '403 M_FORBIDDEN')
  await eve.good('PUT', room(id, 'state/org.example.thing/key'), { a: [1, { b: null }] })
  assert.deepEqual(await eve.get(room(id, 'state/org.example.thing/key')), { a: [1, { b: null }] })
  await cast.forget()
})

story('T-MX16, MXR-71: what is taken back, and who is typing', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = await create(eve)
  const gus = await enter(cast, 'gus', 'Gus')
  const event = await send(eve, id, 'a secret')
  gus.send(say('rude'))
  await cast.forget()
  const { next_batch: since, rooms } = await eve.get('/v3/sync')
  const rude = rooms.join[id].timeline.events.at(-1).event_id
  gus.send(`<message type='groupchat' to='${ROOM}'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`)
  await cast.forget()
  const typing = (await eve.get(`/v3/sync?since=${since}`)).rooms.join[id].ephemeral.events
  assert.deepEqual(typing, [{ type: 'm.typing', content: { user_ids: [idOf('gus')] } }])
  await eve.good('PUT', room(id, `redact/${encodeURIComponent(event)}/r1`), {})
  await eve.good('PUT', room(id, `redact/${encodeURIComponent(rude)}/r2`), { reason: 'manners' })
  await eve.good('PUT', room(id, `typing/${encodeURIComponent(idOf('eve'))}`), { typing: true, timeout: 5000 })
  await cast.settle()
  const heard = gus.take()
  assert.equal(heard[0]!.child('retract')!.attr('id'), event.slice(1))
  assert.ok(heard.at(-1)!.child('composing') !== undefined)
  const { chunk } = await eve.get(room(id, 'messages?dir=b&limit=4'))
  const gone = chunk.find((e: { event_id: string }) => e.event_id === rude)
  assert.deepEqual([gone.content, gone.unsigned.redacted_because.type], [{}, 'm.room.redaction'])
  assert.deepEqual(chunk[0].content, { redacts: rude, reason: 'manners' })
})

inMemory('T-MX29, MXR-120: after a restart tokens go on, and a repeated request is the same message', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = await create(eve)
  const path = room(id, 'send/m.room.message/again')
  const { event_id: event } = await eve.good('PUT', path, { msgtype: 'm.text', body: 'once' })
  const { next_batch: since } = await eve.get('/v3/sync')
  const next = await cast.server.restart({ ...MATRIX })
  const again = matrixIn(next)()
  again.token = eve.token
  assert.deepEqual((await again.get(`/v3/sync?since=${since}`)).rooms?.join ?? {}, {})
  assert.equal((await again.good('PUT', path, { msgtype: 'm.text', body: 'once' })).event_id, event)
  await send(again, id, 'and on')
  const { timeline } = (await again.get(`/v3/sync?since=${since}`)).rooms.join[id]
  assert.deepEqual(texts(timeline.events), ['and on'])
  await next.close()
})

inMemory(
  'T-MX05, MXR-51: a device is an occupant, leaves some time after it goes offline, and its user still belongs to the room',
  async (cast) => {
    const eve = await matrix(cast, 'eve')
    const id = await create(eve)
    const gus = await enter(cast, 'gus', 'Gus')
    const { next_batch: since } = await eve.get('/v3/sync')
    await cast.settle()
    const come = gus.take()
    assert.deepEqual(
      come.map((xml) => [xml.name, xml.attr('type'), xml.attr('from')]),
      [['presence', undefined, `${ROOM}/eve`]],
    )
    await cast.advance(4 * 60_000)
    const gone = gus.take().filter(({ name }) => name === 'presence')
    assert.equal(gone.at(-1)!.attr('type'), 'unavailable')
    assert.ok(
      !gone
        .at(-1)!
        .child('x')!
        .elements.some((e) => e.name === 'status'),
      'nobody has put the device out',
    )
    gus.send(say('are you there?'))
    await cast.forget()
    const { timeline } = (await eve.get(`/v3/sync?since=${since}`)).rooms.join[id]
    assert.deepEqual(texts(timeline.events), ['are you there?'])
    await cast.settle()
    assert.deepEqual(
      gus.take().map((xml) => [xml.name, xml.attr('type')]),
      [['presence', undefined]],
    )
  },
)

interface Ended {
  readonly type: string
  readonly sender: string
  readonly content: object
}
const endOf = (rooms: { leave: Record<string, { timeline: { events: readonly Ended[] } }> }, id: string): readonly unknown[] =>
  rooms.leave[id]!.timeline.events.map(({ type, sender, content }) => [type, sender, content])
const destroyedBy = (sender: string, body: string, more: object = {}): readonly unknown[] => [
  ['m.room.tombstone', sender, { body, ...more }],
  ['m.room.member', sender, { membership: 'leave', reason: body }],
]

story('T-MX34: a room that an XMPP owner destroys is left by Matrix clients, and its successor is another room', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve'), await matrix(cast, 'fay')]
  const id = await create(eve)
  const next = await create(eve, { ...den, room_alias_name: 'sett' })
  await fay.good('POST', room(id, 'join'))
  const gus = await enter(cast, 'gus', 'Gus')
  const levels = await eve.get(room(id, 'state/m.room.power_levels'))
  await eve.good('PUT', room(id, 'state/m.room.power_levels'), { ...levels, users: { ...levels.users, [idOf('gus')]: 100 } })
  const { next_batch: since } = await fay.get('/v3/sync')
  const waiting = fay.begin('GET', `/v3/sync?since=${since}&timeout=30000`)
  await cast.settle()
  const where = `<destroy jid='sett@${SERVICE}'><reason>we move</reason></destroy>`
  gus.send(`<iq type='set' id='d' to='${ROOM}'><query xmlns='${OWNER}'>${where}</query></iq>`)
  await cast.settle()
  if (cast.transport === 'memory') await cast.advance(20)
  const { json } = await waiting.answer
  assert.deepEqual(endOf(json.rooms, id), destroyedBy(idOf('gus'), 'we move', { replacement_room: next }))
  assert.equal(json.rooms.leave[id].timeline.limited, false, 'nothing else was missed')
  const later = await fay.get(`/v3/sync?since=${json.next_batch}`)
  assert.deepEqual(later.rooms?.leave ?? {}, {}, 'it is told once')
  assert.deepEqual(await fay.get('/v3/joined_rooms'), { joined_rooms: [] })
  assert.equal((await fay.get('/v3/sync')).rooms.join[id], undefined)
  assert.equal(await fay.refused('PUT', room(id, 'send/m.room.message/x'), { msgtype: 'm.text', body: 'hm' }), '403 M_FORBIDDEN')
  assert.equal(await fay.refused('GET', room(id, 'messages')), '403 M_FORBIDDEN')
  assert.equal(await fay.refused('POST', '/v3/createRoom', den), '404 M_NOT_FOUND')
  assert.notEqual(await create(eve), id)
})

inMemory('T-MX34: a client that was away hears of it after a restart', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve'), await matrix(cast, 'fay')]
  const id = await create(eve)
  const gus = await enter(cast, 'gus', 'Gus')
  const levels = await eve.get(room(id, 'state/m.room.power_levels'))
  await eve.good('PUT', room(id, 'state/m.room.power_levels'), { ...levels, users: { ...levels.users, [idOf('gus')]: 100 } })
  await eve.good('POST', room(id, 'invite'), { user_id: idOf('fay') })
  const { next_batch: since, rooms } = await fay.get('/v3/sync')
  assert.deepEqual(Object.keys(rooms.invite), [id])
  const { next_batch: hers } = await eve.get('/v3/sync')
  gus.send(say('the last word'))
  gus.send(`<iq type='set' id='d' to='${ROOM}'><query xmlns='${OWNER}'><destroy/></query></iq>`)
  await cast.forget()
  const server = await cast.server.restart({ ...MATRIX })
  for (const [client, token, missed] of [
    [eve, hers, true],
    [fay, since, true],
  ] as const) {
    const again = matrixIn(server)()
    again.token = client.token
    const { rooms: told, next_batch: now } = await again.get(`/v3/sync?since=${token}`)
    assert.deepEqual(endOf(told, id), [
      ['m.room.tombstone', idOf('gus'), { body: 'The room was closed' }],
      ['m.room.member', idOf('gus'), { membership: 'leave' }],
    ])
    assert.equal(told.leave[id].timeline.limited, missed, 'what was said in between is lost')
    assert.deepEqual(told.join, {})
    assert.deepEqual((await again.get(`/v3/sync?since=${now}`)).rooms?.leave ?? {}, {})
  }
  await server.close()
})

inMemory('T-MX24, MXR-98: of somebody who is ignored only states are shown, in rooms and in invitations', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve'), await matrix(cast, 'fay')]
  const id = await create(eve)
  await fay.good('POST', room(id, 'join'))
  await enter(cast, 'gus', 'Gus')
  const { next_batch: since } = await fay.get('/v3/sync')
  const ignored = `/v3/user/${encodeURIComponent(idOf('fay'))}/account_data/m.ignored_user_list`
  await fay.good('PUT', ignored, { ignored_users: { [idOf('eve')]: {} } })
  const event = await send(eve, id, 'unheard')
  await eve.good('PUT', room(id, 'state/m.room.topic'), { topic: 'Badgers' })
  await eve.good('PUT', room(id, `typing/${encodeURIComponent(idOf('eve'))}`), { typing: true, timeout: 5000 })
  await eve.good('POST', '/v3/createRoom', { preset: 'private_chat', invite: [idOf('fay')] })
  const { rooms } = await fay.get(`/v3/sync?since=${since}`)
  const typesIn = (events: readonly { type: string }[]): readonly string[] => events.map(({ type }) => type)
  assert.deepEqual(typesIn(rooms.join[id].timeline.events), ['m.room.topic'])
  assert.deepEqual(rooms.join[id].ephemeral.events, [{ type: 'm.typing', content: { user_ids: [] } }])
  assert.deepEqual(rooms.invite, {})
  const page = await fay.get(room(id, 'messages?dir=b&limit=3'))
  assert.ok(!typesIn(page.chunk).includes('m.room.message') && typesIn(page.chunk).includes('m.room.topic'))
  assert.equal(await fay.refused('GET', room(id, `event/${encodeURIComponent(event)}`)), '404 M_NOT_FOUND')
  await fay.good('PUT', ignored, { ignored_users: {} })
  assert.deepEqual(texts((await fay.get(room(id, 'messages?dir=b&limit=9'))).chunk), ['unheard'])
})
