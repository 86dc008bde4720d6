/** Conversations of two with Matrix clients and XMPP clients: each is a room of two, and the archive its timeline (MXR-90 to 101). */
import assert from 'node:assert/strict'
import { matrixAtPort, matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import type { StoryClient } from '../support/story-client.ts'
import { storyOn, type Cast, type Setting } from '../support/story.ts'

const MATRIX: Setting = { settings: { matrix: { 'enabled': true, 'logins-per-minute': 0, 'rooms-per-hour': 0 } } }
const story = (name: string, script: (cast: Cast) => Promise<void>): void =>
  storyOn('memory', 'websocket')(name, MATRIX, async (cast) => {
    await script(cast)
    await cast.forget()
  })

async function matrix(cast: Cast, user: string, device?: string): Promise<MatrixClient> {
  await cast.server.account(user)
  const come = cast.transport === 'memory' ? matrixIn(cast.server) : matrixAtPort(cast.server.port!)
  return come().login(user, device === undefined ? {} : { device_id: device })
}
const idOf = (user: string): string => `@${user}:a.example`
const room = (id: string, rest: string): string => `/v3/rooms/${encodeURIComponent(id)}/${rest}`
const talk = async (client: MatrixClient, with_: string): Promise<string> =>
  (await client.good('POST', '/v3/createRoom', { is_direct: true, preset: 'trusted_private_chat', invite: [with_] })).room_id
let transactions = 0
const send = async (client: MatrixClient, id: string, content: object | string): Promise<string> => {
  const what = typeof content === 'string' ? { msgtype: 'm.text', body: content } : content
  return (await client.good('PUT', room(id, `send/m.room.message/t${++transactions}`), what)).event_id
}
const chat = (to: string, body: string, id: string): string =>
  `<message type='chat' to='${to}@a.example' id='${id}'><body>${body}</body></message>`
interface Event {
  readonly type: string
  readonly sender: string
  readonly event_id: string
  readonly content: { readonly body?: string; readonly membership?: string; readonly reason?: string }
  readonly state_key?: string
  readonly redacts?: string
}
const said = (events: readonly Event[]): readonly unknown[] =>
  events.flatMap(({ sender, content }) => (content.body === undefined ? [] : [[sender, content.body]]))
const membership = (events: readonly Event[], user: string): Event['content'] | undefined =>
  events.findLast(({ type, state_key: key }) => type === 'm.room.member' && key === idOf(user))?.content
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Answer = any
/** Asks for news until they are there: what was said is shown when it is on disk. */
async function news(client: MatrixClient, since: string, isThere: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await client.get(`/v3/sync?since=${since}`)
    if (isThere(answer)) return answer
    await new Promise(setImmediate)
  }
}
/** What is new in the conversation, when so many things have been said. */
async function heard(client: MatrixClient, since: string, id: string, count: number): Promise<readonly Event[]> {
  const answer = await news(client, since, ({ rooms }) => (rooms?.join[id]?.timeline.events.length ?? 0) >= count)
  return answer.rooms.join[id].timeline.events
}
/** Two who know each other, one with a Matrix client, and their conversation. */
async function friends(cast: Cast): Promise<{ eve: MatrixClient; gus: StoryClient; id: string; since: string }> {
  const [gus] = await cast.friends('gus/1', 'eve/desk')
  const eve = await matrix(cast, 'eve', 'PHONE')
  const { rooms, next_batch: since } = await eve.get('/v3/sync')
  const [id] = Object.keys(rooms.join)
  await cast.forget()
  return { eve, gus, id: id!, since }
}

story('T-MX22: a conversation that a Matrix client begins with somebody at an XMPP client', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const gus = await cast.client('gus', '1')
  const { next_batch: before } = await eve.get('/v3/sync')
  const id = await talk(eve, idOf('gus'))
  await cast.settle()
  assert.match(id, /^![0-9A-Za-z]{22}:a\.example$/)
  const asked = gus.take().filter(({ name }) => name === 'presence')
  assert.deepEqual(
    asked.map((xml) => [xml.attr('type'), xml.attr('from')]),
    [['subscribe', 'eve@a.example']],
  )
  const { rooms, account_data: data, next_batch: since } = await eve.get(`/v3/sync?since=${before}`)
  const states: readonly Event[] = rooms.join[id].state.events
  const content = (type: string, key = '') => states.find((e) => e.type === type && e.state_key === key)?.content
  assert.equal(content('m.room.member', idOf('gus'))?.membership, 'invite')
  assert.equal(content('m.room.member', idOf('eve'))?.membership, 'join')
  assert.deepEqual(content('m.room.join_rules'), { join_rule: 'invite' })
  assert.equal(content('m.room.name'), undefined)
  assert.deepEqual(data.events.find(({ type }: Event) => type === 'm.direct').content, { [idOf('gus')]: [id] })
  assert.equal(await talk(eve, idOf('gus')), id, 'there is one for the two')

  const event = await send(eve, id, 'good morning')
  await cast.settle()
  const got = gus.take().find(({ name }) => name === 'message')
  assert.equal(got!.child('body')!.text, 'good morning')
  assert.equal(`$${got!.attr('id')}`, event)
  assert.equal(`$${got!.child('stanza-id')!.attr('id')}`, event, 'both archives have it under one id')
  assert.match(got!.attr('from')!, /^eve@a\.example\/mx\./)
  gus.send(`<presence type='subscribed' to='eve@a.example'/>`, chat('eve', 'to you too', 'g1'))
  await cast.settle()
  await heard(eve, since, id, 2)
  const next = (await eve.get(`/v3/sync?since=${since}`)).rooms.join[id]
  assert.deepEqual(said(next.timeline.events), [
    [idOf('eve'), 'good morning'],
    [idOf('gus'), 'to you too'],
  ])
  const joined = next.state.events.find((e: Event) => e.state_key === idOf('gus'))
  assert.equal(joined.content.membership, 'join')
})

story('T-MX21: the first message of a stranger is an invitation, and answering with any client accepts it', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const desk = await cast.client('eve', 'desk')
  const carol = await cast.client('carol', '1')
  const { next_batch: since } = await eve.get('/v3/sync')
  carol.send(chat('eve', 'we have met in Verona', 'c1'))
  await cast.settle()
  const { rooms } = await news(eve, since, (answer) => Object.keys(answer.rooms?.invite ?? {}).length > 0)
  const [[id, { invite_state: invited }]] = Object.entries(rooms.invite) as Answer
  assert.deepEqual(membership(invited.events, 'eve'), {
    membership: 'invite',
    is_direct: true,
    reason: 'we have met in Verona',
  })
  const own = invited.events.find(({ state_key: key }: Event) => key === idOf('eve'))
  assert.equal(own.sender, idOf('carol'))
  assert.deepEqual(rooms.join, {})
  assert.equal(await eve.refused('PUT', room(id, 'send/m.room.message/x'), { msgtype: 'm.text', body: 'hm' }), '403 M_FORBIDDEN')
  desk.send(chat('carol', 'so we have', 'd1'))
  await cast.settle()
  const all = await news(eve, since, (answer) => answer.rooms?.join[id] !== undefined)
  assert.deepEqual(said(all.rooms.join[id].timeline.events), [
    [idOf('carol'), 'we have met in Verona'],
    [idOf('eve'), 'so we have'],
  ])
})

story('MXR-95: a request to see the user is an invitation: to join is to grant it, to leave is to refuse it', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const gus = await cast.client('gus', '1')
  const carol = await cast.client('carol', '1')
  const { next_batch: since } = await eve.get('/v3/sync')
  for (const one of [gus, carol]) one.send(`<presence type='subscribe' to='eve@a.example'><status>hello</status></presence>`)
  await cast.forget()
  const { rooms } = await news(eve, since, (answer) => Object.keys(answer.rooms?.invite ?? {}).length === 2)
  const ofUser = (user: string): string =>
    Object.entries(rooms.invite).find(([, block]) =>
      (block as Answer).invite_state.events.some(({ sender }: Event) => sender === idOf(user)),
    )![0]
  await eve.good('POST', room(ofUser('gus'), 'join'))
  await eve.good('POST', room(ofUser('carol'), 'leave'))
  await cast.settle()
  const types = (client: StoryClient): readonly unknown[] =>
    client.take().flatMap((xml) => (xml.name === 'presence' && /subscribe/.test(xml.attr('type') ?? '') ? xml.attr('type') : []))
  assert.deepEqual(types(gus), ['subscribed', 'subscribe'])
  assert.deepEqual(types(carol), ['unsubscribed'])
  assert.deepEqual(await eve.get('/v3/joined_rooms'), { joined_rooms: [ofUser('gus')] })
  const last = await eve.get(`/v3/sync?since=${since}`)
  assert.equal(membership(last.rooms.join[ofUser('gus')].state.events, 'gus')?.membership, 'join')
  assert.ok(last.rooms.leave[ofUser('carol')] !== undefined)
})

story('T-MX22, MXR-101: both with both kinds of client: each sees each message once, under one id', async (cast) => {
  const [gusDesk, eveDesk] = await cast.friends('gus/desk', 'eve/desk')
  for (const one of [gusDesk, eveDesk]) one.send(`<iq type='set' id='carbons'><enable xmlns='urn:xmpp:carbons:2'/></iq>`)
  const [eve, gus] = [await matrix(cast, 'eve'), await matrix(cast, 'gus')]
  const first = await eve.get('/v3/sync')
  const theirs = await gus.get('/v3/sync')
  const [id] = Object.keys(first.rooms.join)
  assert.deepEqual(Object.keys(theirs.rooms.join), [id], 'both have one room')
  await cast.forget()
  const html = {
    msgtype: 'm.text',
    body: 'one',
    format: 'org.matrix.custom.html',
    formatted_body: '<font color="red">one</font>',
  }
  const events = [await send(eve, id!, html), await send(gus, id!, 'two')]
  eveDesk.send(chat('gus', 'three', 'e3'))
  await cast.settle()
  gusDesk.send(chat('eve', 'four', 'g4'))
  await cast.settle()
  const bodies = (client: StoryClient): readonly string[] =>
    client
      .take()
      .filter(({ name }) => name === 'message')
      .map((xml) => /<body[^>]*>([^<]*)/.exec(xml.show())![1]!)
  assert.deepEqual(bodies(eveDesk), ['one', 'two', 'four'], 'a copy of what was said with the other client')
  assert.deepEqual(bodies(gusDesk), ['one', 'two', 'three'])
  const mine = await heard(eve, first.next_batch, id!, 4)
  const others = await heard(gus, theirs.next_batch, id!, 4)
  assert.deepEqual(
    mine.map((e) => e.event_id),
    others.map((e) => e.event_id),
  )
  assert.deepEqual(
    mine.slice(0, 2).map((e) => e.event_id),
    events,
  )
  assert.deepEqual(others[0]!.content, html, 'what XMPP has no form for reaches Matrix clients whole')
  assert.deepEqual(said(mine), [
    [idOf('eve'), 'one'],
    [idOf('gus'), 'two'],
    [idOf('eve'), 'three'],
    [idOf('gus'), 'four'],
  ])
})

story('T-MX14 to 16: corrections, reactions, answers and retractions mean the same messages on both faces', async (cast) => {
  const { eve, gus, id, since } = await friends(cast)
  const event = await send(eve, id, 'wherefor')
  const edit = { 'msgtype': 'm.text', 'body': '* wherefore', 'm.new_content': { msgtype: 'm.text', body: 'wherefore' } }
  await send(eve, id, { ...edit, 'm.relates_to': { rel_type: 'm.replace', event_id: event } })
  await cast.settle()
  const [said1, corrected] = gus.take().filter(({ name }) => name === 'message')
  assert.equal(corrected!.child('replace')!.attr('id'), said1!.attr('id'))
  assert.equal(corrected!.child('body')!.text, 'wherefore')
  const to = `<message type='chat' to='eve@a.example'`
  gus.send(
    `${to} id='g1'><reactions xmlns='urn:xmpp:reactions:0' id='${said1!.attr('id')}'><reaction>👍</reaction><reaction>🐢</reaction></reactions></message>`,
    `${to} id='g2'><reactions xmlns='urn:xmpp:reactions:0' id='${said1!.attr('id')}'><reaction>🐢</reaction></reactions></message>`,
    `${to} id='g3'><body>art thou</body></message>`,
    `${to} id='g4'><body>art thou Romeo</body><replace xmlns='urn:xmpp:message-correct:0' id='g3'/></message>`,
    `${to} id='g5'><body>oops</body></message>`,
    `${to} id='g6'><retract xmlns='urn:xmpp:message-retract:1' id='g5'/></message>`,
    `${to} id='g7'><body>&gt; wherefore

here</body><reply xmlns='urn:xmpp:reply:0' id='${said1!.attr('id')}'/><fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='13'/></fallback></message>`,
  )
  await cast.settle()
  const events = (await heard(eve, since, id, 10)) as readonly Answer[]
  const relation = (e: Answer): unknown => e.content['m.relates_to']
  const reactions = events.filter(({ type }) => type === 'm.reaction')
  assert.deepEqual(
    reactions.map((e) => (relation(e) as Answer)?.event_id ?? e.unsigned.redacted_because.redacts),
    [reactions[0].event_id, event],
  )
  const redactions = events.filter(({ type }) => type === 'm.room.redaction')
  assert.equal(redactions[0].redacts, reactions[0].event_id, 'the thumb was taken back')
  const thou = events.find(({ content }) => content.body === 'art thou')
  assert.equal(thou.unsigned['m.relations']['m.replace'].content['m.new_content'].body, 'art thou Romeo')
  const oops = events.find(({ event_id: its }) => its === redactions[1].redacts)
  assert.deepEqual(oops.content, {})
  const answer = events.find(({ content }) => content.body === 'here')
  assert.deepEqual(relation(answer), { 'm.in_reply_to': { event_id: event } })

  await eve.good('PUT', room(id, 'send/m.reaction/r1'), {
    'm.relates_to': { rel_type: 'm.annotation', event_id: thou.event_id, key: '🎉' },
  })
  const answered = { 'msgtype': 'm.text', 'body': 'no', 'm.relates_to': { 'm.in_reply_to': { event_id: answer.event_id } } }
  const no = await send(eve, id, answered)
  assert.equal(await eve.refused('PUT', room(id, `redact/${thou.event_id}/x`), {}), '403 M_FORBIDDEN', 'it is not hers')
  await eve.good('PUT', room(id, `redact/${no}/y`), {})
  await cast.settle()
  const [reacted, replied, retracted] = gus.take().filter(({ name }) => name === 'message')
  assert.equal(reacted!.child('reactions')!.attr('id'), 'g3')
  assert.equal(replied!.child('reply')!.attr('id'), 'g7')
  assert.equal(replied!.child('reply')!.attr('to'), 'gus@a.example')
  assert.equal(retracted!.child('retract')!.attr('id'), replied!.attr('id'))
  const context = await eve.get(room(id, `context/${encodeURIComponent(thou.event_id)}?limit=4`))
  assert.equal(context.event.event_id, thou.event_id)
  const relations = await eve.get(`/v1/rooms/${encodeURIComponent(id)}/relations/${encodeURIComponent(event)}`)
  assert.deepEqual(relations.chunk.map(({ type }: Event) => type).toSorted(), ['m.reaction', 'm.reaction', 'm.room.message'])
})

story('MXR-70, MXR-71: who is typing, and what was read', async (cast) => {
  const { eve, gus, id, since } = await friends(cast)
  const event = await send(eve, id, 'art thou there')
  await eve.good('PUT', room(id, `typing/${encodeURIComponent(idOf('eve'))}`), { typing: true, timeout: 30_000 })
  await cast.settle()
  const [first, typing] = gus.take().filter(({ name }) => name === 'message')
  assert.ok(typing!.child('composing') !== undefined)
  gus.send(
    `<message type='chat' to='eve@a.example'><displayed xmlns='urn:xmpp:chat-markers:0' id='${first!.attr('id')}'/></message>`,
    `<message type='chat' to='eve@a.example'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`,
  )
  await cast.settle()
  const ephemeral = (answer: Answer, type: string): Answer =>
    answer.rooms?.join[id]?.ephemeral.events.find((e: Event) => e.type === type)?.content
  const both = await news(eve, since, (answer) => ephemeral(answer, 'm.receipt') !== undefined)
  assert.deepEqual(Object.keys(ephemeral(both, 'm.receipt')[event]['m.read']), [idOf('gus')])
  assert.deepEqual(ephemeral(both, 'm.typing'), { user_ids: [idOf('gus')] })
  gus.send(chat('eve', 'I am', 'g1'), chat('eve', 'here', 'g2'))
  await cast.settle()
  const counts = (answer: Answer): unknown => answer.rooms?.join[id]?.unread_notifications?.notification_count
  const unread = await news(eve, both.next_batch, (answer) => counts(answer) === 2)
  const last = unread.rooms.join[id].timeline.events.at(-1).event_id
  await eve.good('POST', room(id, `receipt/m.read/${encodeURIComponent(last)}`), {})
  await cast.settle()
  const displayed = gus.take().find((xml) => xml.child('displayed') !== undefined)
  assert.equal(displayed!.child('displayed')!.attr('id'), 'g2', 'under the id that its author has given')
  assert.equal(counts(await eve.get(`/v3/sync?since=${unread.next_batch}`)), 0)
})

story('MXR-97: who leaves a conversation sees it again with the next message, and the roster stays as it is', async (cast) => {
  const { eve, gus, id, since } = await friends(cast)
  await send(eve, id, 'farewell')
  await eve.good('POST', room(id, 'leave'))
  const left = await eve.get(`/v3/sync?since=${since}`)
  assert.ok(left.rooms.leave[id] !== undefined)
  assert.deepEqual(await eve.get('/v3/joined_rooms'), { joined_rooms: [] })
  await eve.good('POST', room(id, 'forget'))
  await cast.settle()
  assert.deepEqual(
    gus.take().filter(({ name }) => name === 'presence'),
    [],
  )
  gus.send(chat('eve', 'art thou gone so', 'g1'))
  await cast.settle()
  const back = await news(eve, left.next_batch, (answer) => answer.rooms?.join[id] !== undefined)
  assert.deepEqual(said(back.rooms.join[id].timeline.events), [
    [idOf('eve'), 'farewell'],
    [idOf('gus'), 'art thou gone so'],
  ])
})

story('MXR-92: nobody is put out of a conversation or let into it, and it has no name', async (cast) => {
  const { eve, id } = await friends(cast)
  const refused = (path: string, body: object): Promise<string> => eve.refused('POST', room(id, path), body)
  assert.equal(await refused('kick', { user_id: idOf('gus') }), '403 M_FORBIDDEN')
  assert.equal(await refused('ban', { user_id: idOf('gus') }), '403 M_FORBIDDEN')
  assert.equal(await refused('invite', { user_id: idOf('carol') }), '403 M_FORBIDDEN')
  assert.equal(await eve.refused('PUT', room(id, 'state/m.room.name/'), { name: 'us' }), '403 M_FORBIDDEN')
  const levels = await eve.get(room(id, 'state/m.room.power_levels/'))
  assert.deepEqual([levels.users[idOf('eve')], levels.users[idOf('gus')], levels.kick], [100, 100, 101])
  const mallory = await matrix(cast, 'mallory')
  assert.equal(await mallory.refused('GET', room(id, 'messages')), '403 M_FORBIDDEN')
  assert.equal(await mallory.refused('POST', room(id, 'join')), '404 M_NOT_FOUND')
})

story('MXR-98: who is ignored is neither heard nor spoken to', async (cast) => {
  const { eve, gus, id, since } = await friends(cast)
  await eve.good('PUT', `/v3/user/${encodeURIComponent(idOf('eve'))}/account_data/m.ignored_user_list`, {
    ignored_users: { [idOf('gus')]: {} },
  })
  assert.equal(await eve.refused('PUT', room(id, 'send/m.room.message/x'), { msgtype: 'm.text', body: 'hm' }), '403 M_FORBIDDEN')
  gus.send(chat('eve', 'hear me', 'g1'))
  await cast.forget()
  const { rooms } = await eve.get(`/v3/sync?since=${since}`)
  assert.deepEqual(said(rooms?.join[id]?.timeline.events ?? []), [])
})

story('MXR-99: a message that a Matrix client has read does not wait for an XMPP client, and any other does', async (cast) => {
  await cast.befriend('gus', 'eve')
  const eve = await matrix(cast, 'eve')
  const gus = await cast.client('gus', '1')
  const { rooms, next_batch: since } = await eve.get('/v3/sync')
  const [id] = Object.keys(rooms.join)
  gus.send(chat('eve', 'one', 'g1'))
  await cast.settle()
  const { next_batch: read } = await news(eve, since, (answer) => answer.rooms?.join[id!] !== undefined)
  await eve.get(`/v3/sync?since=${read}`)
  gus.send(chat('eve', 'two', 'g2'))
  await cast.settle()
  const desk = await cast.client('eve', 'desk', { presence: null })
  desk.send('<presence/>')
  await cast.settle()
  const bodies = desk.take().flatMap((xml) => (xml.name === 'message' ? xml.child('body')!.text : []))
  assert.deepEqual(bodies, ['two'])
})

storyOn('memory')(
  'T-MX29, MXR-90: after a restart a token goes on, with what was said while no client was there',
  MATRIX,
  async (cast) => {
    const { eve, gus, id, since } = await friends(cast)
    const path = room(id, 'send/m.room.message/again')
    const content = { msgtype: 'm.text', body: 'before' }
    const { event_id: event } = await eve.good('PUT', path, content)
    gus.send(chat('eve', 'and after', 'g1'))
    await cast.settle()
    const server = await cast.server.restart(MATRIX)
    const next = matrixIn(server)()
    next.token = eve.token
    const events = (await next.get(`/v3/sync?since=${since}`)).rooms.join[id].timeline.events
    assert.deepEqual(said(events), [
      [idOf('eve'), 'before'],
      [idOf('gus'), 'and after'],
    ])
    assert.equal((await next.good('PUT', path, content)).event_id, event, 'the same request again is the same message')
    const page = await next.get(room(id, 'messages?dir=b&limit=1'))
    assert.deepEqual(said(page.chunk), [[idOf('gus'), 'and after']])
    const older = await next.get(room(id, `messages?dir=b&limit=5&from=${page.end}`))
    assert.deepEqual(said(older.chunk), [[idOf('eve'), 'before']])
    assert.equal((await next.get('/v3/sync')).account_data.events.filter((e: Event) => e.type === 'm.direct').length, 1)
    await cast.forget()
    await server.close()
  },
)

storyOn('memory')(
  'MXR-97: a conversation that was left, and an invitation that was refused, stay so over a restart',
  MATRIX,
  async (cast) => {
    const { eve, gus, id, since } = await friends(cast)
    const carol = await cast.client('carol', '1')
    gus.send(chat('eve', 'one', 'g1'))
    carol.send(chat('eve', 'buy this', 'c1'))
    await cast.settle()
    const { rooms } = await news(
      eve,
      since,
      (answer) => answer.rooms?.join[id] !== undefined && Object.keys(answer.rooms.invite).length === 1,
    )
    const [spam] = Object.keys(rooms.invite)
    for (const one of [id, spam!]) await eve.good('POST', room(one, 'leave'))
    await cast.forget()
    const server = await cast.server.restart(MATRIX)
    const next = matrixIn(server)()
    next.token = eve.token
    const first = await next.get('/v3/sync')
    assert.deepEqual([Object.keys(first.rooms.join), Object.keys(first.rooms.invite)], [[], []])
    await cast.forget()
    await server.close()
  },
)

storyOn('memory')(
  'MXR-95: strangers take the place of strangers, and of nobody with whom the user talks',
  { settings: { matrix: { ...MATRIX.settings!['matrix'], conversations: 10 } } },
  async (cast) => {
    const { eve, id, since } = await friends(cast)
    for (let n = 0; n < 12; n++)
      await cast.fromElsewhere(`<message type='chat' from='s${n}@c.example' to='eve@a.example'><body>buy this</body></message>`)
    const isLast = ({ invite_state: { events } }: Answer): boolean =>
      events.some(({ sender }: Event) => sender.includes('s11=40'))
    const answer = await news(eve, since, ({ rooms }) => Object.values(rooms?.invite ?? {}).some(isLast))
    assert.equal(Object.keys(answer.rooms.invite).length, 9)
    assert.deepEqual(await eve.get('/v3/joined_rooms'), { joined_rooms: [id] })
    await cast.forget()
  },
)

story('MXR-142: both of a conversation are told when the keys of the other one change', async (cast) => {
  const { eve, since } = await friends(cast)
  const gus = await matrix(cast, 'gus', 'TABLET')
  await gus.get('/v3/sync')
  const keys = { 'ed25519:TABLET': 'abc', 'curve25519:TABLET': 'def' }
  const signatures = { [gus.userId]: { 'ed25519:TABLET': 'sig' } }
  const own = { user_id: gus.userId, device_id: 'TABLET', algorithms: ['m.megolm.v1.aes-sha2'], keys, signatures }
  await gus.good('POST', '/v3/keys/upload', { device_keys: own })
  const changed = (answer: Answer): readonly string[] => answer.device_lists?.changed ?? []
  const answer = await news(eve, since, (one) => changed(one).includes(gus.userId))
  assert.deepEqual(changed(answer), [gus.userId])
})
