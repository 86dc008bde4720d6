/** Rooms that hide real addresses, seen with Matrix clients (MXR-13, MXR-20 to 25): no answer may hold an address. */
import assert from 'node:assert/strict'
import { matrixIn, type MatrixAnswer, type MatrixClient } from '../support/matrix-client.ts'
import { admin, configure, enter, exit, field, join, open, say } from '../support/rooms.ts'
import { storyOn, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'

const OPTIONS = { 'enabled': true, 'logins-per-minute': 0, 'rooms-per-hour': 0, 'joins-per-minute': 0 }
const story = (name: string, script: (cast: Cast) => Promise<void>): void =>
  storyOn('memory')(name, { settings: { matrix: OPTIONS } }, async (cast) => {
    await script(cast)
    await cast.forget()
  })

/** A client whose answers are all kept. */
interface Spy {
  readonly client: MatrixClient
  readonly heard: string[]
}
async function spy(cast: Cast, user: string, name: string | null): Promise<Spy> {
  await cast.server.account(user)
  const client = await matrixIn(cast.server)().login(user)
  if (name !== null)
    await client.good('PUT', `/v3/profile/${encodeURIComponent(client.userId)}/displayname`, { displayname: name })
  const heard: string[] = []
  const ask = client.ask.bind(client)
  client.ask = async (method, path, body): Promise<MatrixAnswer> => {
    const answer = await ask(method, path, body)
    heard.push(`${method} ${path} ${answer.head} ${JSON.stringify(answer.json)}`)
    return answer
  }
  return { client, heard }
}
/** No answer names any of these accounts, in whatever form. */
function assertHidden({ heard }: Spy, ...accounts: readonly string[]): void {
  for (const answer of heard) for (const account of accounts) assert.ok(!answer.includes(account), `${account} in ${answer}`)
}

const inRoom = (id: string, rest: string): string => `/v3/rooms/${encodeURIComponent(id)}/${rest}`
let transactions = 0
const send = async (client: MatrixClient, id: string, body: string, more: object = {}): Promise<string> =>
  (await client.good('PUT', inRoom(id, `send/m.room.message/t${++transactions}`), { msgtype: 'm.text', body, ...more })).event_id
interface MemberEvent {
  readonly type: string
  readonly sender: string
  readonly state_key: string
  readonly content: Readonly<Record<string, unknown>>
}
const members = async (client: MatrixClient, id: string): Promise<readonly MemberEvent[]> =>
  (await client.get(inRoom(id, 'members'))).chunk
const named = (events: readonly MemberEvent[], name: string): string =>
  events.find(({ content }) => content['displayname'] === name)!.state_key

const LASTS = field('muc#roomconfig_persistentroom', '1')
/** Alice's room hides addresses; Eve and Fay are in it with Matrix, Gus visits it. */
async function hiding(cast: Cast): Promise<{ alice: StoryClient; gus: StoryClient; eve: Spy; fay: Spy; id: string }> {
  const alice = await open(cast, LASTS)
  const gus = await enter(cast, 'gustav', 'Gus')
  const [eve, fay] = [await spy(cast, 'evelyn', 'Evie'), await spy(cast, 'fayette', null)]
  const { room_id: id } = await eve.client.good('POST', '/v3/join/%23den%3Aa.example')
  await fay.client.good('POST', inRoom(id, 'join'))
  await cast.forget()
  return { alice, gus, eve, fay, id }
}

story('T-MX12, MXR-20, MXR-25: no answer of the server holds an address that a room hides', async (cast) => {
  const { alice, gus, eve, fay, id } = await hiding(cast)
  alice.send(say('from alice'))
  gus.send(say('from gus'))
  await cast.forget()
  const [e, f] = [eve.client, fay.client]
  const own = await send(e, id, 'from evie')
  const reply = `<mx-reply><a href="https://matrix.to/#/${e.userId}">x</a></mx-reply>`
  for (const link of ['matrix:u/evelyn:a.example', 'matrix:u/evelyn%3Aa.example', 'https://matrix.to/#/@evelyn%3Aa.example'])
    await send(e, id, 'me', { format: 'org.matrix.custom.html', formatted_body: `<a href="${link}?action=chat">me</a>` })
  await send(e, id, 'a reply', { 'formatted_body': reply, 'm.mentions': { user_ids: [e.userId] } })
  const first = await f.get('/v3/sync')
  const { state, timeline, summary } = first.rooms.join[id]
  const all: MemberEvent[] = [...state.events, ...timeline.events]
  const seen = all.filter(({ type }) => type === 'm.room.member')
  for (const name of ['Alice', 'Gus', 'Evie']) assert.match(named(seen, name), /^@_occ_[a-z2-7]{24}:a\.example$/)
  const me = seen.find(({ state_key: key }) => key === f.userId)!
  assert.match(me.content['displayname'] as string, /^Guest /, 'no part of the address is the name')
  assert.equal(summary['m.joined_member_count'], 4)
  assert.ok(summary['m.heroes'].every((hero: string) => hero.startsWith('@_occ_')))
  const message = timeline.events.find(({ event_id: its }: { event_id: string }) => its === own)
  assert.equal(message.sender, named(seen, 'Evie'), 'the author has the id of the member')
  const levels = await f.get(inRoom(id, 'state/m.room.power_levels'))
  assert.equal(levels.users[named(seen, 'Alice')], 100)

  await f.good('POST', inRoom(id, `receipt/m.read/${encodeURIComponent(own)}`), {})
  await f.good('PUT', inRoom(id, `typing/${encodeURIComponent(f.userId)}`), { typing: true })
  const { rooms } = await e.get('/v3/sync')
  const ephemeral = rooms.join[id].ephemeral.events
  assert.deepEqual(ephemeral.map(({ type }: { type: string }) => type).sort(), ['m.receipt', 'm.typing'])
  const fays = named(await members(e, id), me.content['displayname'] as string)
  assert.deepEqual(ephemeral.find(({ type }: { type: string }) => type === 'm.typing').content.user_ids, [fays])
  assert.ok(own in ephemeral.find(({ type }: { type: string }) => type === 'm.receipt').content)

  for (const path of ['messages?dir=b', 'messages?dir=f&filter={"lazy_load_members":true}', 'state', 'joined_members', 'aliases'])
    for (const one of [e, f]) await one.get(inRoom(id, path))
  for (const one of [e, f]) await one.get(inRoom(id, `context/${encodeURIComponent(own)}`))
  await e.get('/v3/sync?filter={"room":{"state":{"lazy_load_members":true}}}')
  assert.deepEqual(await e.get(`/v3/profile/${encodeURIComponent(named(seen, 'Gus'))}`), { displayname: 'Gus' })
  await e.refused('GET', `/v3/presence/${encodeURIComponent(named(seen, 'Gus'))}/status`)
  const past = await e.get(inRoom(id, 'messages?dir=b'))
  assert.ok(
    past.chunk.some(({ sender }: MemberEvent) => sender === e.userId),
    'the viewers see themselves under their own id',
  )

  const { next_batch: since } = await e.get('/v3/sync')
  await f.good('PUT', '/v3/presence/%40fayette%3Aa.example/status', { presence: 'online', status_msg: 'here' })
  const [kicked] = [named(await members(f, id), 'Gus')]
  assert.equal(await f.refused('POST', inRoom(id, 'kick'), { user_id: kicked }), '403 M_FORBIDDEN')
  await cast.advance(2000)
  const { presence } = await e.get(`/v3/sync?since=${since}`)
  assert.ok(
    (presence?.events ?? []).every(({ sender }: MemberEvent) => sender === e.userId),
    'nor does presence come through it',
  )
  assertHidden(eve, 'alice@', 'alice:', 'gustav', 'fayette')
  assertHidden(fay, 'alice@', 'alice:', 'gustav', 'evelyn')
})

story('MXR-25: nobody learns by asking whom an address stands for', async (cast) => {
  const { eve, gus, id } = await hiding(cast)
  const [e, gustav] = [eve.client, '@gustav:a.example']
  const nobody = '@nobody:a.example'
  gus.send(say('hello'))
  await cast.forget()
  for (const path of ['state/m.room.member/', 'state/m.room.member/'])
    assert.equal(
      await e.refused('GET', inRoom(id, `${path}${encodeURIComponent(gustav)}`)),
      await e.refused('GET', inRoom(id, `${path}${encodeURIComponent(nobody)}`)),
    )
  for (const what of ['kick', 'ban', 'unban']) {
    const answers = []
    for (const user of [gustav, nobody]) answers.push((await e.ask('POST', inRoom(id, what), { user_id: user })).json)
    assert.deepEqual(answers[0], answers[1], what)
    assert.equal(answers[0].errcode, 'M_FORBIDDEN')
  }
  for (const user of [gustav, nobody]) await e.good('POST', inRoom(id, 'invite'), { user_id: user })
  const { rooms } = await e.get('/v3/sync')
  const events: readonly MemberEvent[] = [...rooms.join[id].state.events, ...rooms.join[id].timeline.events]
  assert.ok(!events.some(({ content }) => content['membership'] === 'invite'), 'the id of somebody who is invited is not told')
  const levels = await e.get(inRoom(id, 'state/m.room.power_levels'))
  for (const level of [0, 10, 50])
    for (const user of [gustav, nobody])
      assert.equal(
        await e.refused('PUT', inRoom(id, 'state/m.room.power_levels'), {
          ...levels,
          users: { ...levels.users, [user]: level || 1 },
        }),
        '403 M_FORBIDDEN',
      )
  // Ignoring an address hides nothing of the one who is behind an id
  await e.good('PUT', `/v3/user/${encodeURIComponent(e.userId)}/account_data/m.ignored_user_list`, {
    ignored_users: { [gustav]: {} },
  })
  const { chunk } = await e.get(inRoom(id, 'messages?dir=b'))
  assert.ok(chunk.some(({ content }: MemberEvent) => content['body'] === 'hello'))
})

story('MXR-23, T-MX12: owners know addresses, and put out the right one', async (cast) => {
  const { alice, gus, eve, id } = await hiding(cast)
  alice.send(admin(`<item affiliation='owner' jid='evelyn@a.example'/>`))
  await cast.forget()
  const seen = await members(eve.client, id)
  const gustav = seen.find(({ content }) => content['displayname'] === 'Gus')!
  assert.equal(gustav.content['im.porchlight.jid'], 'gustav@a.example')
  assert.match(gustav.state_key, /^@_occ_/)
  await eve.client.good('POST', inRoom(id, 'ban'), { user_id: gustav.state_key, reason: 'out' })
  await cast.settle()
  const out = gus.take().find((xml) => xml.attr('type') === 'unavailable')
  assert.ok(out!.child('x')!.elements.some((e) => e.attr('code') === '301'))
  const banned = (await members(eve.client, id)).find(({ content }) => content['membership'] === 'ban')!
  assert.equal(banned.state_key, gustav.state_key)
  await eve.client.good('POST', inRoom(id, 'unban'), { user_id: '@gustav:a.example' })
  assert.ok(!(await members(eve.client, id)).some(({ content }) => content['membership'] === 'ban'))
})

story('T-MX13, MXR-4, MXR-21: a room that stops hiding addresses hides what was before', async (cast) => {
  const { alice, gus, eve, fay, id } = await hiding(cast)
  const hal = await enter(cast, 'halvard', 'Hal')
  hal.send(say('hal was here'), exit('Hal'))
  gus.send(say('gus is here'))
  const ida = await spy(cast, 'idalia', 'Ida')
  await ida.client.good('POST', inRoom(id, 'join'))
  await ida.client.good('POST', inRoom(id, 'leave'))
  alice.send(admin(`<item affiliation='outcast' jid='jasper@a.example'/>`))
  await cast.forget()
  const { next_batch: since, rooms: before } = await eve.client.get('/v3/sync')
  const olds: readonly MemberEvent[] = [...before.join[id].state.events, ...before.join[id].timeline.events]
  const gusBefore = named(olds, 'Gus')
  alice.send(configure(LASTS + field('muc#roomconfig_whois', 'anyone')))
  await cast.forget()
  const { rooms } = await eve.client.get(`/v3/sync?since=${since}`)
  const { state, timeline } = rooms.join[id]
  assert.equal(timeline.limited, true)
  assert.deepEqual(
    timeline.events.map(({ type, content }: MemberEvent) => [type, content]),
    [['im.porchlight.veil', { veiled: false }]],
  )
  const now = new Map<string, unknown>(state.events.map((e: MemberEvent) => [e.state_key, e.content['membership']]))
  assert.equal(now.get(gusBefore), 'leave')
  assert.equal(now.get('@gustav:a.example'), 'join')
  assert.equal(now.get(fay.client.userId), 'join')
  const { chunk } = await eve.client.get(inRoom(id, 'messages?dir=b&limit=50&filter={"lazy_load_members":true}'))
  const said = chunk.find(({ content }: MemberEvent) => content['body'] === 'gus is here')
  assert.equal(said.sender, gusBefore, 'what was said before stays under the id of then')
  const old = chunk.find(({ content }: MemberEvent) => content['body'] === 'hal was here')
  assert.match(old.sender, /^@_occ_/)
  for (const path of ['state', 'members', 'joined_members', `context/${encodeURIComponent(said.event_id)}`])
    await eve.client.get(inRoom(id, path))
  await eve.client.get('/v3/sync')
  await cast.advance(2 * 3_600_000)
  await eve.client.get(`/v3/sync?since=${since}`)
  // Who is there now is shown; who was, and is not any more, is not
  assertHidden(eve, 'halvard', 'idalia', 'jasper')

  gus.send(exit('Gus'))
  const { next_batch: later } = await eve.client.get('/v3/sync')
  alice.send(configure(LASTS + field('muc#roomconfig_whois', 'moderators')))
  await cast.forget()
  const again = (await eve.client.get(`/v3/sync?since=${later}`)).rooms.join[id]
  const known = new Map<string, unknown>(again.state.events.map((e: MemberEvent) => [e.state_key, e.content['membership']]))
  assert.equal(known.get(fay.client.userId), 'leave')
  assert.equal(known.get('@gustav:a.example'), 'leave')
  assert.ok(again.state.events.some((e: MemberEvent) => e.state_key.startsWith('@_occ_') && e.content['displayname'] === 'Alice'))
})

story('MXR-128: an invitation into a room that hides addresses names nobody', async (cast) => {
  const { eve, id } = await hiding(cast)
  const kim = await spy(cast, 'kimberly', null)
  const { next_batch: since } = await kim.client.get('/v3/sync')
  await eve.client.good('POST', inRoom(id, 'invite'), { user_id: kim.client.userId })
  const { rooms } = await kim.client.get(`/v3/sync?since=${since}`)
  const stripped: readonly MemberEvent[] = rooms.invite[id].invite_state.events
  assert.match(stripped.find(({ state_key: key }) => key === kim.client.userId)!.sender, /^@_occ_/)
  assertHidden(kim, 'evelyn', 'alice@', 'alice:', 'gustav', 'fayette')
})

story('MXR-25: an invitation that is hidden by an ignored address told who had made it', async (cast) => {
  const { eve, id } = await hiding(cast)
  const kim = await spy(cast, 'kimberly', null)
  await eve.client.good('POST', inRoom(id, 'invite'), { user_id: kim.client.userId })
  for (const ignored of ['fayette', 'evelyn']) {
    await kim.client.good('PUT', `/v3/user/${encodeURIComponent(kim.client.userId)}/account_data/m.ignored_user_list`, {
      ignored_users: { [`@${ignored}:a.example`]: {} },
    })
    assert.ok(id in (await kim.client.get('/v3/sync')).rooms.invite, ignored)
  }
})

const ONE_ROOM = { settings: { 'matrix': OPTIONS, 'multi-user-chat': { rooms: 1 } } }
storyOn('memory')('MXR-25: a room that was out of memory hides addresses when it is told to', ONE_ROOM, async (cast) => {
  const alice = await open(cast, LASTS + field('muc#roomconfig_whois', 'anyone'))
  const [eve, fay] = [await spy(cast, 'evelyn', 'Evie'), await spy(cast, 'fayette', null)]
  const { room_id: id } = await eve.client.good('POST', '/v3/join/%23den%3Aa.example')
  await fay.client.good('POST', inRoom(id, 'join'))
  alice.send(exit('Alice'))
  for (const { client } of [eve, fay])
    await client.good('PUT', `/v3/presence/${encodeURIComponent(client.userId)}/status`, { presence: 'offline' })
  const sync = '/v3/sync?set_presence=offline'
  await eve.client.get(sync)
  await cast.advance(120_000)
  // Memory has room for this one alone
  alice.send(join('Alice', '', '', 'attic@conference.a.example'))
  await cast.settle()
  alice.send(join('Alice'), configure(LASTS + field('muc#roomconfig_whois', 'moderators')))
  await cast.forget()
  const { next_batch: since } = await eve.client.get(sync)
  eve.heard.length = 0
  await fay.client.good('PUT', inRoom(id, `typing/${encodeURIComponent(fay.client.userId)}`), { typing: true })
  const { rooms } = await eve.client.get(`${sync}&since=${since}`)
  const typing = rooms.join[id].ephemeral.events.find(({ type }: MemberEvent) => type === 'm.typing')
  assert.match(typing.content.user_ids[0], /^@_occ_/)
  assert.equal(await eve.client.refused('POST', inRoom(id, 'kick'), { user_id: fay.client.userId }), '403 M_FORBIDDEN')
  assertHidden(eve, '@fayette:')
  await cast.forget()
})

story('MXR-21: an id of the time when the room hid addresses is nobody once it hides none', async (cast) => {
  const { alice, gus, fay, id } = await hiding(cast)
  gus.send(say('from gus'), exit('Gus'))
  await cast.forget()
  const hidden = (await fay.client.get(inRoom(id, 'messages?dir=b'))).chunk.find(
    ({ content }: MemberEvent) => content['body'] === 'from gus',
  ).sender
  alice.send(admin(`<item affiliation='member' jid='gustav@a.example' nick='Gustave'/>`))
  await cast.forget()
  const profile = `/v3/profile/${encodeURIComponent(hidden)}`
  assert.deepEqual(await fay.client.get(profile), { displayname: 'Gustave' })
  alice.send(configure(LASTS + field('muc#roomconfig_whois', 'anyone')))
  await cast.forget()
  assert.equal(await fay.client.refused('GET', profile), '403 M_FORBIDDEN')
  for (const what of ['invite', 'kick', 'ban', 'unban'])
    assert.equal(await fay.client.refused('POST', inRoom(id, what), { user_id: hidden }), '400 M_INVALID_PARAM', what)
  const member = inRoom(id, `state/m.room.member/${encodeURIComponent(hidden)}`)
  assert.equal(await fay.client.refused('PUT', member, { membership: 'invite' }), '400 M_INVALID_PARAM')
})

story('MXR-22, MXR-25: to invite an address does not tell under which id it was in the room', async (cast) => {
  const { gus, eve, fay, id } = await hiding(cast)
  gus.send(say('from gus'), exit('Gus'))
  await cast.advance(2 * 3_600_000)
  await send(fay.client, id, 'gus is gone')
  const { next_batch: since } = await eve.client.get('/v3/sync')
  await eve.client.good('POST', inRoom(id, 'invite'), { user_id: '@gustav:a.example' })
  await send(fay.client, id, 'more')
  const small = `&filter={"room":{"timeline":{"limit":1}}}`
  for (const more of ['', '&use_state_after=true', small, `${small}&use_state_after=true`]) {
    const {
      timeline,
      state,
      state_after: after = state,
    } = (await eve.client.get(`/v3/sync?since=${since}${more}`)).rooms.join[id]
    assert.equal(timeline.events.at(-1).content.body, 'more')
    const about = [...timeline.events, ...after.events].filter(({ type }: MemberEvent) => type === 'm.room.member')
    assert.deepEqual(about, [], more)
  }
})

story('MXR-25: whose reserved nickname is taken back comes again without a part of the address', async (cast) => {
  const { alice, gus, fay } = await hiding(cast)
  await fay.client.get('/v3/sync?set_presence=offline')
  await cast.advance(10 * 60_000)
  alice.send(admin(`<item affiliation='member' jid='fayette@a.example' nick=''/>`))
  await cast.forget()
  await fay.client.get('/v3/sync?set_presence=online')
  await cast.settle()
  const came = gus.take().find((xml) => xml.name === 'presence' && xml.attr('type') === undefined)
  assert.match(came!.attr('from')!, /\/Guest [a-z2-7]{5}$/)
})
