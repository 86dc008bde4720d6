/** Corrections, reactions and answers between Matrix clients and XMPP clients (MXR-66 to 68, MXR-82). */
import assert from 'node:assert/strict'
import { matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import { configure, enter, field, open, ROOM, say } from '../support/rooms.ts'
import { storyOn, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import type { Xml } from '../support/xml-reader.ts'

const OPTIONS = { 'enabled': true, 'logins-per-minute': 0, 'rooms-per-hour': 0, 'joins-per-minute': 0, 'sends-per-second': 0 }
const story = (name: string, script: (cast: Cast) => Promise<void>): void =>
  storyOn('memory')(name, { settings: { matrix: OPTIONS } }, async (cast) => {
    await script(cast)
    await cast.forget()
  })
const inRoom = (id: string, rest: string): string => `/v3/rooms/${encodeURIComponent(id)}/${rest}`
let transactions = 0
const sendAs = async (client: MatrixClient, id: string, type: string, content: object): Promise<string> =>
  (await client.good('PUT', inRoom(id, `send/${type}/t${++transactions}`), content)).event_id
const send = (client: MatrixClient, id: string, body: string, more: object = {}): Promise<string> =>
  sendAs(client, id, 'm.room.message', { msgtype: 'm.text', body, ...more })
const redact = async (client: MatrixClient, id: string, event: string): Promise<string> =>
  (await client.good('PUT', inRoom(id, `redact/${encodeURIComponent(event)}/t${++transactions}`))).event_id
const react = (event: string, key: string): object => ({ 'm.relates_to': { rel_type: 'm.annotation', event_id: event, key } })
interface Event {
  readonly event_id: string
  readonly type: string
  readonly sender: string
  readonly redacts?: string
  readonly content: Readonly<Record<string, unknown>>
  readonly unsigned: Readonly<Record<string, unknown>>
}

/** Alice owns the room, Eve is in it with Matrix, Gus with XMPP. */
async function both(
  cast: Cast,
): Promise<{ gus: StoryClient; eve: MatrixClient; id: string; news: () => Promise<readonly Event[]> }> {
  const alice = await open(cast, field('muc#roomconfig_persistentroom', '1'))
  alice.send(configure(field('muc#roomconfig_whois', 'anyone')))
  const gus = await enter(cast, 'gus', 'Gus')
  await cast.server.account('eve')
  const eve = await matrixIn(cast.server)().login('eve')
  const { room_id: id } = await eve.good('POST', '/v3/join/%23den%3Aa.example')
  await cast.forget()
  let { next_batch: since } = await eve.get('/v3/sync')
  const news = async (): Promise<readonly Event[]> => {
    await cast.forget()
    const { next_batch: next, rooms } = await eve.get(`/v3/sync?since=${since}`)
    since = next
    return rooms?.join[id]?.timeline.events ?? []
  }
  return { gus, eve, id, news }
}
/** The messages that an XMPP client has got. */
async function heard(cast: Cast, client: StoryClient): Promise<readonly Xml[]> {
  await cast.settle()
  return client.take().filter(({ name }) => name === 'message')
}
const past = async (client: MatrixClient, id: string): Promise<readonly Event[]> =>
  (await client.get(inRoom(id, 'messages?dir=b&limit=50'))).chunk

story('T-MX14, MXR-67: what is corrected on either face is corrected on the other', async (cast) => {
  const { gus, eve, id, news } = await both(cast)
  const first = await send(eve, id, 'helo')
  const [original] = await heard(cast, gus)
  for (const text of ['hello', 'hello!']) {
    const content = {
      'm.new_content': { msgtype: 'm.text', body: text },
      'm.relates_to': { rel_type: 'm.replace', event_id: first },
    }
    await send(eve, id, `* ${text}`, content)
    const [message] = await heard(cast, gus)
    assert.equal(message!.child('body')!.text, text)
    assert.equal(message!.child('replace')!.attr('id'), original!.attr('id'))
  }
  await news()
  gus.send(say('ther').replace(`id='m'`, `id='one'`))
  const [said] = await news()
  gus.send(say('there', `<replace id='one' xmlns='urn:xmpp:message-correct:0'/>`).replace(`id='m'`, `id='two'`))
  gus.send(say('there!', `<replace id='two' xmlns='urn:xmpp:message-correct:0'/>`).replace(`id='m'`, `id='three'`))
  const corrected = await news()
  const relation = { rel_type: 'm.replace', event_id: said!.event_id }
  assert.deepEqual(
    corrected.map(({ type, content }) => [type, content['body'], content['m.new_content'], content['m.relates_to']]),
    ['there', 'there!'].map((body) => ['m.room.message', `* ${body}`, { msgtype: 'm.text', body }, relation]),
    'a correction of a correction is one of the first message',
  )
  const read = await past(eve, id)
  const bundled = (event: string): Event =>
    (read.find(({ event_id: its }) => its === event)!.unsigned['m.relations'] as { 'm.replace': Event })['m.replace']
  assert.equal(bundled(said!.event_id).content['body'], '* there!')
  assert.deepEqual(bundled(first).content['m.new_content'], { msgtype: 'm.text', body: 'hello!' })
  const history = `/v1/rooms/${encodeURIComponent(id)}/relations/${encodeURIComponent(said!.event_id)}`
  const edits = await eve.get(`${history}/m.replace/m.room.message?limit=1`)
  const older = await eve.get(`${history}/m.replace?from=${edits.next_batch}`)
  assert.deepEqual(
    [edits, older].map(({ chunk }) => chunk.map(({ content }: Event) => content['body'])),
    [['* there!'], ['* there']],
  )
  assert.equal(older.next_batch, undefined)
  assert.deepEqual((await eve.get(`${history}/m.annotation`)).chunk, [])
  const event = await eve.get(inRoom(id, `event/${encodeURIComponent(first)}`))
  assert.equal(event.unsigned['m.relations']['m.replace'].content.body, '* hello!')

  // What somebody else has said is not corrected: it is said
  const others = { 'm.new_content': { msgtype: 'm.text', body: 'x' }, 'm.relates_to': relation }
  await send(eve, id, '* not mine', others)
  const [plain] = await heard(cast, gus)
  assert.equal(plain!.child('body')!.text, '* not mine')
  assert.equal(plain!.child('replace'), undefined)
  gus.send(say('mine now', `<replace id='${original!.attr('id')}' xmlns='urn:xmpp:message-correct:0'/>`))
  assert.equal((await news()).at(-1)!.content['m.relates_to'], undefined)
})

story('what is taken back goes with its corrections, on both faces', async (cast) => {
  const { gus, eve, id, news } = await both(cast)
  gus.send(say('secret').replace(`id='m'`, `id='one'`))
  const [said] = await news()
  gus.send(say('secret word', `<replace id='one' xmlns='urn:xmpp:message-correct:0'/>`))
  await news()
  gus.send(say('', `<retract xmlns='urn:xmpp:message-retract:1' id='${said!.event_id.slice(1)}'/>`).replace('<body></body>', ''))
  await news()
  const text = JSON.stringify([await past(eve, id), await eve.get('/v3/sync')])
  assert.ok(!text.includes('secret'), text)
  gus.send(`<iq type='set' id='q' to='${ROOM}'><query xmlns='urn:xmpp:mam:2'/></iq>`)
  await cast.settle()
  assert.ok(!gus.take().some((xml) => xml.show().includes('secret')))
})

story('T-MX15, MXR-68: reactions of either face are one set', async (cast) => {
  const { gus, eve, id, news } = await both(cast)
  const event = await send(eve, id, 'turtles')
  const target = event.slice(1)
  await news()
  const reactions = (...keys: readonly string[]): string =>
    `<message type='groupchat' to='${ROOM}'><reactions id='${target}' xmlns='urn:xmpp:reactions:0'>${keys
      .map((key) => `<reaction>${key}</reaction>`)
      .join('')}</reactions></message>`
  gus.send(reactions('👍'))
  const [one] = await news()
  assert.deepEqual([one!.type, one!.content], ['m.reaction', react(event, '👍')])
  gus.send(reactions('👍', '🐢'))
  const [two] = await news()
  assert.deepEqual(two!.content, react(event, '🐢'))
  gus.send(reactions('🐢'))
  const [gone] = await news()
  assert.deepEqual([gone!.type, gone!.redacts, gone!.content], ['m.room.redaction', one!.event_id, { redacts: one!.event_id }])
  const read = await past(eve, id)
  const of = (its: string): Event => read.find(({ event_id: other }) => other === its)!
  assert.deepEqual([of(one!.event_id).content, of(two!.event_id).content], [{}, react(event, '🐢')])
  assert.equal((of(one!.event_id).unsigned['redacted_because'] as Event).event_id, gone!.event_id)
  const about = `/v1/rooms/${encodeURIComponent(id)}/relations/${encodeURIComponent(event)}?dir=f`
  assert.deepEqual(
    (await eve.get(about)).chunk.map(({ content }: Event) => content),
    [{}, react(event, '🐢')],
  )
  gus.send(reactions('😀', '🎉'))
  const [, second, third] = await news()
  assert.deepEqual([second!.content, third!.type], [react(event, '🎉'), 'm.room.redaction'])
  assert.equal((await eve.get(inRoom(id, `event/${encodeURIComponent(second!.event_id)}`))).content['m.relates_to'].key, '🎉')

  const mine = await sendAs(eve, id, 'm.reaction', react(event, '🐢'))
  const keysIn = (xml: Xml): readonly string[] => xml.child('reactions')!.elements.map(({ text }) => text)
  const [added] = await heard(cast, gus)
  assert.deepEqual([added!.child('reactions')!.attr('id'), keysIn(added!)], [target, ['🐢']])
  assert.equal(await eve.refused('PUT', inRoom(id, 'send/m.reaction/again'), react(event, '🐢')), '400 M_DUPLICATE_ANNOTATION')
  await sendAs(eve, id, 'm.reaction', react(event, '👍'))
  await redact(eve, id, mine)
  assert.deepEqual((await heard(cast, gus)).map(keysIn), [['🐢', '👍'], ['👍']])
  assert.equal(await eve.refused('PUT', inRoom(id, `redact/${encodeURIComponent(second!.event_id)}/x`)), '403 M_FORBIDDEN')
  assert.equal(await eve.refused('PUT', inRoom(id, `redact/${encodeURIComponent(mine)}/x`)), '404 M_NOT_FOUND')
  // A text that is no emoji is for Matrix alone
  const agreed = await sendAs(eve, id, 'm.reaction', react(event, 'agreed'))
  assert.deepEqual(await heard(cast, gus), [])
  assert.deepEqual((await news()).at(-1)!.content, react(event, 'agreed'))
  const redaction = await redact(eve, id, agreed)
  const taken = await eve.get(inRoom(id, `event/${encodeURIComponent(agreed)}`))
  assert.deepEqual([taken.content, taken.unsigned.redacted_because.event_id], [{}, redaction])
})

story('T-MX17, MXR-66: answers, with what clients show that do not know them', async (cast) => {
  const { gus, eve, id, news } = await both(cast)
  gus.send(say('one\ntwo\nthree\nfour'))
  const [said] = await news()
  const answers = { 'm.relates_to': { 'm.in_reply_to': { event_id: said!.event_id } } }
  await send(eve, id, 'fine', answers)
  const [message] = await heard(cast, gus)
  const body = message!.child('body')!.text
  assert.equal(body, '> Gus: one\n> two\n> three\nfine')
  assert.equal(message!.child('reply')!.attr('id'), said!.event_id.slice(1))
  assert.equal(message!.child('reply')!.attr('to'), `${ROOM}/Gus`)
  const range = message!.child('fallback')!.child('body')!
  assert.equal(body.slice(Number(range.attr('start')), Number(range.attr('end'))), '> Gus: one\n> two\n> three\n')
  const [own] = await news()
  assert.deepEqual(own!.content, { msgtype: 'm.text', body: 'fine', ...answers })
  const quote = `> <@eve:a.example> fine\n\nold`
  await send(eve, id, quote, answers)
  assert.equal((await heard(cast, gus))[0]!.child('body')!.text, '> Gus: one\n> two\n> three\nold')
  await news()

  const fallback = `<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='7'/></fallback>`
  const reply = `<reply xmlns='urn:xmpp:reply:0' id='${own!.event_id.slice(1)}' to='${ROOM}/eve'/>`
  gus.send(say('&gt; 🐢ine\nthanks', fallback + reply))
  const [answer] = await news()
  assert.deepEqual(answer!.content, {
    'msgtype': 'm.text',
    'body': 'thanks',
    'm.relates_to': { 'm.in_reply_to': { event_id: own!.event_id } },
  })
})

story('T-MX17: a thread is one on both faces', async (cast) => {
  const { gus, eve, id, news } = await both(cast)
  gus.send(say('about tea'))
  const [root] = await news()
  const thread = (more: object): object => ({ 'm.relates_to': { rel_type: 'm.thread', event_id: root!.event_id, ...more } })
  await send(eve, id, 'green', thread({ 'is_falling_back': true, 'm.in_reply_to': { event_id: root!.event_id } }))
  const [message] = await heard(cast, gus)
  assert.equal(message!.child('thread')!.text, root!.event_id.slice(1))
  const [green] = await news()
  gus.send(say('black', `<thread>${root!.event_id.slice(1)}</thread>`), say('else', '<thread>some-other-thread</thread>'))
  const [black, other] = await news()
  const relation = { 'is_falling_back': true, 'm.in_reply_to': { event_id: root!.event_id } }
  assert.deepEqual(black!.content, { msgtype: 'm.text', body: 'black', ...thread(relation) })
  assert.equal(other!.content['m.relates_to'], undefined)
  assert.deepEqual((green!.content['m.relates_to'] as { rel_type: string }).rel_type, 'm.thread')
})

story('MXR-57: who has left does not read what was put into old messages afterwards', async (cast) => {
  const { gus, eve, id, news } = await both(cast)
  const correct = (text: string, own: string): string =>
    say(text, `<replace id='one' xmlns='urn:xmpp:message-correct:0'/>`).replace(`id='m'`, `id='${own}'`)
  gus.send(say('ther').replace(`id='m'`, `id='one'`), correct('there', 'two'))
  const [said] = await news()
  const { next_batch: since } = await eve.get('/v3/sync')
  await eve.good('POST', inRoom(id, 'leave'))
  gus.send(correct('a secret', 'three'))
  await cast.forget()
  const left = (await eve.get('/v3/sync?filter={"room":{"include_leave":true}}')).rooms.leave[id].timeline.events
  const event = encodeURIComponent(said!.event_id)
  const single = await eve.get(inRoom(id, `event/${event}`))
  const { event: between } = await eve.get(inRoom(id, `context/${event}`))
  const found = (events: readonly Event[]): Event => events.find(({ event_id: its }) => its === said!.event_id)!
  for (const one of [found(left), found(await past(eve, id)), single, between])
    assert.equal(one.unsigned['m.relations']['m.replace'].content.body, '* there')
  assert.ok(!JSON.stringify(await eve.get(`/v3/sync?since=${since}`)).includes('a secret'))
})

story('MXR-66: an answer quotes nothing from before the membership of who answers', async (cast) => {
  const alice = await open(cast, field('muc#roomconfig_persistentroom', '1'))
  alice.send(configure(field('muc#roomconfig_whois', 'anyone') + field('{urn:porchlight}history_since_membership', '1')))
  const gus = await enter(cast, 'gus', 'Gus')
  gus.send(say('a secret'))
  const [said] = await heard(cast, gus)
  await cast.server.account('eve')
  const eve = await matrixIn(cast.server)().login('eve')
  const { room_id: id } = await eve.good('POST', '/v3/join/%23den%3Aa.example')
  const answers = { 'm.relates_to': { 'm.in_reply_to': { event_id: `$${said!.child('stanza-id')!.attr('id')}` } } }
  await send(eve, id, 'what was it?', answers)
  const [answer] = await heard(cast, gus)
  assert.equal(answer!.child('body')!.text, 'what was it?')
  assert.equal(answer!.child('reply'), undefined)
})
