/** XEP-0045 7.4, 7.5, 7.10, 8.1: what people in a room say to each other, and what is kept of it (XEP-0313, 0424, 0425). */
import assert from 'node:assert/strict'
import {
  admin,
  configure,
  done,
  enter,
  error,
  exit,
  field,
  ID,
  join,
  open,
  OWNER,
  ROOM,
  said,
  say,
  USER,
} from '../support/rooms.ts'
import type { StoryClient } from '../support/story-client.ts'
import { story, type Cast } from '../support/story.ts'

const MAM = 'urn:xmpp:mam:2'
const FORM = 'jabber:x:data'
const STANZA_ID = `<stanza-id xmlns='urn:xmpp:sid:0' id='*' by='${ROOM}'/>`

/** The messages in the archive of the room. @param fields of the query */
async function archived(cast: Cast, who: StoryClient, fields = '') {
  who.send(`<iq type='set' id='q' to='${ROOM}'><query xmlns='${MAM}'><x xmlns='${FORM}' type='submit'>${fields}</x></query></iq>`)
  await cast.settle()
  const got = who.take()
  const iq = got.find((xml) => xml.name === 'iq')!
  if (iq.attr('type') === 'error') return iq.child('error')!
  return got.flatMap((xml) => xml.child('result')?.child('forwarded')?.child('message') ?? [])
}
async function bodies(cast: Cast, who: StoryClient): Promise<readonly (string | undefined)[]> {
  const messages = await archived(cast, who)
  assert(Array.isArray(messages))
  return messages.map((xml) => xml.child('body')?.text)
}
const groupchat = (inside: string, id = 'm'): string => `<message type='groupchat' id='${id}' to='${ROOM}'>${inside}</message>`
const from = (nick: string, inside: string): string =>
  `<message type='groupchat' id='*' from='${ROOM}/${nick}'>${inside}${ID}</message>`

story('T-M09, ROOM-63: a visitor and a stranger do not speak', async (cast) => {
  const alice = await open(cast, field('muc#roomconfig_moderatedroom', '1'))
  const bob = await enter(cast, 'bob', 'Bob')
  alice.take()
  bob.send(say('may I?'))
  await bob.expect(error('message', `id='m' from='${ROOM}'`, 'auth', 'forbidden'))
  const eve = await cast.client('eve', '1')
  eve.send(say('me too'))
  await eve.expect(error('message', `id='m' from='${ROOM}'`, 'modify', 'not-acceptable'))
  alice.send(groupchat('<body>no</body>', 'own-id'))
  const reflected = `<message type='groupchat' id='own-id' from='${ROOM}/Alice'><body>no</body>${ID}${STANZA_ID}</message>`
  await alice.expect(reflected)
  await bob.expect(reflected)
})

story(
  'T-M10, ROOM-64: private messages go to every client of the other, and only between people who are in the room',
  async (cast) => {
    const alice = await open(cast)
    const bob = await enter(cast, 'bob', 'Bob')
    const other = await enter(cast, 'bob', 'Bob', '', '2')
    alice.take()
    alice.send(`<message type='chat' id='p' to='${ROOM}/Bob'><body>psst</body></message>`)
    const psst = `<message type='chat' id='p' from='${ROOM}/Alice'><body>psst</body><x xmlns='${USER}'/>${ID}</message>`
    await bob.expect(psst)
    await other.expect(psst)
    alice.send(`<message type='groupchat' id='g' to='${ROOM}/Bob'><body>all</body></message>`)
    await alice.expect(error('message', `id='g' from='${ROOM}/Bob'`, 'modify', 'bad-request'))
    alice.send(`<message type='chat' id='n' to='${ROOM}/Nobody'><body>?</body></message>`)
    await alice.expect(error('message', `id='n' from='${ROOM}/Nobody'`, 'cancel', 'item-not-found'))
    const eve = await cast.client('eve', '1')
    eve.send(`<message type='chat' id='e' to='${ROOM}/Bob'><body>hi</body></message>`)
    await eve.expect(error('message', `id='e' from='${ROOM}/Bob'`, 'modify', 'not-acceptable'))
    assert.deepEqual(await bodies(cast, alice), [])
  },
)

story('T-M11, ROOM-67: a subject has no body, and is for those who may set it', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  alice.take()
  bob.send(groupchat('<subject>mine</subject>'))
  await bob.expect(error('message', `id='m' from='${ROOM}'`, 'auth', 'forbidden'))
  alice.send(groupchat('<subject>a</subject><body>b</body>'))
  for (const one of [alice, bob]) await one.expect(from('Alice', `<subject>a</subject><body>b</body>${STANZA_ID}`))
  alice.send(groupchat('<subject>fire</subject>'))
  for (const one of [alice, bob]) await one.expect(from('Alice', `<subject>fire</subject>${STANZA_ID}`))
  const carol = await cast.client('carol', '1')
  carol.send(join('Carol', `<history maxstanzas='0'/>`))
  await cast.settle()
  const subject = carol.take().find((xml) => xml.name === 'message')
  assert.equal(subject!.child('subject')!.text, 'fire')
  assert.equal(subject!.attr('from'), `${ROOM}/Alice`)
  await cast.forget()
})

story('T-M18, ROOM-110: nobody speaks for the room about who they are, or what was taken back', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  alice.take()
  const forged = [
    `<x xmlns='${USER}'><status code='110'/></x>`,
    `<occupant-id xmlns='urn:xmpp:occupant-id:0' id='alice'/>`,
    `<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='${ROOM}'/>`,
    `<delay xmlns='urn:xmpp:delay' from='${ROOM}' stamp='2020-01-01T00:00:00Z'/>`,
    `<retracted xmlns='urn:xmpp:message-retract:1' id='1' stamp='2020-01-01T00:00:00Z'/>`,
    `<moderated xmlns='urn:xmpp:message-moderate:1' by='${ROOM}/Alice'/>`,
    `<apply-to xmlns='urn:xmpp:fasten:0' id='1'><moderated xmlns='urn:xmpp:message-moderate:0' by='${ROOM}/Alice'/></apply-to>`,
  ]
  bob.send(say('hi', forged.join('')))
  await bob.expect(said('Bob', 'hi'))
  await alice.expect(said('Bob', 'hi'))
  bob.send(say('hi', forged[1]))
  const got = await bob.expect(said('Bob', 'hi'))
  assert.notEqual(got.child('occupant-id')!.attr('id'), 'alice')
  await alice.expect(said('Bob', 'hi'))
})

story(
  'T-M19, ROOM-66, ROOM-141: questions between people in a room show no real address, not in an error either',
  async (cast) => {
    const alice = await open(cast)
    const [bob, carol] = [await enter(cast, 'bob', 'Bob'), await enter(cast, 'carol', 'Carol')]
    alice.take()
    bob.take()
    const version = `<query xmlns='jabber:iq:version'/>`
    bob.send(`<iq type='get' id='v' to='${ROOM}/Carol'>${version}</iq>`)
    const asked = await carol.expect(`<iq type='get' id='*' from='${ROOM}/Bob'>${version}</iq>`)
    assert.notEqual(asked.attr('id'), 'v')
    const stanzas = 'urn:ietf:params:xml:ns:xmpp-stanzas'
    carol.send(
      `<iq type='error' id='${asked.attr('id')}' to='${ROOM}/Bob'><error type='cancel' by='${carol.jid}'><not-acceptable xmlns='${stanzas}'/></error></iq>`,
    )
    const answer = await bob.expect(
      `<iq type='error' id='v' from='${ROOM}/Carol'><error type='cancel'><not-acceptable xmlns='${stanzas}'/></error></iq>`,
    )
    assert.ok(!answer.show().includes('carol@'))
    // An answer from somebody who was not asked is nobody's
    carol.send(`<iq type='result' id='v' to='${ROOM}/Bob'/>`)
  },
)

story('RFC 6120 8.2.3: a question to somebody who leaves the room is answered at once', { on: ['memory'] }, async (cast) => {
  const alice = await open(cast)
  const query = `<query xmlns='jabber:iq:version'/>`
  const ask = (nick: string): string => `<iq type='get' id='v' to='${ROOM}/${nick}'>${query}</iq>`
  for (const leave of ['exit', 'kick', 'lost', 'destroy'] as const) {
    const bob = await enter(cast, 'bob', 'Bob')
    alice.send(ask('Bob'))
    const asked = await bob.expect(`<iq type='get' id='*' from='${ROOM}/Alice'>${query}</iq>`)
    bob.send(ask('Alice'))
    await cast.settle()
    alice.take()
    if (leave === 'exit') bob.send(exit('Bob'))
    else if (leave === 'kick') alice.send(admin(`<item nick='Bob' role='none'/>`))
    else if (leave === 'destroy') alice.send(`<iq type='set' id='d' to='${ROOM}'><query xmlns='${OWNER}'><destroy/></query></iq>`)
    else bob.drop()
    await cast.settle()
    const answers = (who: StoryClient): readonly string[] =>
      who.take().flatMap((xml) => (xml.attr('id') === 'v' ? xml.child('error')!.elements.map(({ name }) => name) : []))
    assert.deepEqual(answers(alice), ['item-not-found', 'text'], leave)
    if (leave === 'lost') continue
    assert.deepEqual(answers(bob), [leave === 'destroy' ? 'item-not-found' : 'not-acceptable', 'text'], leave)
    bob.send(`<iq type='result' id='${asked.attr('id')}' to='${ROOM}/Alice'/>`) // too late
    await cast.settle()
    assert.deepEqual(alice.take(), [])
  }
})
story('RFC 6120 8.2.3: a question to somebody in a room who does not answer gets an error', { on: ['memory'] }, async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  alice.take()
  bob.send(`<iq type='get' id='v' to='${ROOM}/Alice'><query xmlns='jabber:iq:version'/></iq>`)
  await alice.expect(`<iq type='get' id='*' from='${ROOM}/Bob'><query xmlns='jabber:iq:version'/></iq>`)
  await cast.advance(5 * 60_000)
  await bob.expect(error('iq', `id='v' from='${ROOM}/Alice'`, 'wait', 'remote-server-timeout'))
})

story('MAM-25, ROOM-61, ROOM-111: what is not to be kept is said and not kept', async (cast) => {
  const alice = await open(cast)
  const hint = (name: string): string => `<${name} xmlns='urn:xmpp:hints'/>`
  const passing = [
    `<body>secret</body>${hint('no-store')}`,
    `<body>short</body>${hint('no-permanent-store')}`,
    `<composing xmlns='http://jabber.org/protocol/chatstates'/>`,
    '',
  ]
  for (const inside of passing) {
    alice.send(groupchat(inside))
    await alice.expect(from('Alice', inside))
  }
  alice.send(say('kept'))
  await alice.expect(said('Alice', 'kept'))
  assert.deepEqual(await bodies(cast, alice), ['kept'])
  const bob = await cast.client('bob', '1')
  bob.send(join('Bob'))
  await cast.settle()
  assert.deepEqual(
    bob.take().flatMap((xml) => xml.child('body')?.text ?? []),
    ['kept'],
  )
  await cast.forget()
})

story('MAM-33, MAM-38, ROOM-113: real addresses in the archive are for those who may see them', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  bob.send(say('veiled'))
  await cast.settle()
  alice.send(configure(field('muc#roomconfig_whois', 'anyone'), 'a'))
  await cast.settle()
  bob.send(say('open'))
  await cast.forget()
  const withBob = field('with', 'bob@a.example')
  const seen = async (who: StoryClient, fields = '') => {
    const found = await archived(cast, who, fields)
    assert(Array.isArray(found))
    const items = (xml: (typeof found)[number]) => xml.child('x')?.child('item')?.attr('jid') ?? 'nobody'
    return found.map((xml) => `${xml.child('body')?.text} by ${items(xml)}`)
  }
  assert.deepEqual(await seen(alice), ['veiled by bob@a.example', 'open by bob@a.example'])
  assert.deepEqual(await seen(alice, withBob), ['veiled by bob@a.example', 'open by bob@a.example'])
  assert.deepEqual(await seen(bob), ['veiled by nobody', 'open by bob@a.example'])
  assert.deepEqual(await seen(bob, withBob), ['open by bob@a.example'])
  alice.send(configure(field('muc#roomconfig_whois', 'moderators'), 'a'))
  await cast.forget()
  const refused = await archived(cast, bob, withBob)
  assert(!Array.isArray(refused))
  assert.equal(refused.attr('by'), ROOM)
  assert.equal(refused.elements[0]!.name, 'forbidden')
})

story('ROOM-114: a moderator takes a message back in the old form, and only once', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  alice.take()
  bob.send(say('oops'))
  const [live] = [await alice.expect(said('Bob', 'oops'))]
  await bob.expect(said('Bob', 'oops'))
  const id = live.child('stanza-id')!.attr('id')
  const inside = `<moderate xmlns='urn:xmpp:message-moderate:0'><retract xmlns='urn:xmpp:message-retract:0'/><reason>rude</reason></moderate>`
  const ask = `<iq type='set' id='a' to='${ROOM}'><apply-to xmlns='urn:xmpp:fasten:0' id='${id}'>${inside}</apply-to></iq>`
  alice.send(ask)
  const by = `by='${ROOM}/Alice'`
  const told = `<message type='groupchat' id='*' from='${ROOM}'>
    <retract xmlns='urn:xmpp:message-retract:1' id='${id}'><moderated xmlns='urn:xmpp:message-moderate:1' ${by}>${ID}</moderated><reason>rude</reason></retract>
    <apply-to xmlns='urn:xmpp:fasten:0' id='${id}'><moderated xmlns='urn:xmpp:message-moderate:0' ${by}><retract xmlns='urn:xmpp:message-retract:0'/><reason>rude</reason></moderated></apply-to>
    ${STANZA_ID}</message>`
  await alice.expect(told)
  await bob.expect(told)
  await alice.expect(done)
  alice.send(ask)
  await alice.expect(done)
  const messages = await archived(cast, alice)
  assert(Array.isArray(messages))
  assert.ok(messages.every((xml) => xml.attr('id') !== undefined))
})

story('every error of a room names it, and junk is refused', async (cast) => {
  const alice = await open(cast)
  const query = (inside: string, ns: string, type = 'get'): string =>
    `<iq type='${type}' id='e' to='${ROOM}'><query xmlns='${ns}'>${inside}</query></iq>`
  alice.send(query(`<item affiliation='king'/>`, 'http://jabber.org/protocol/muc#admin'))
  await alice.expect(error('iq', `id='e' from='${ROOM}'`, 'modify', 'bad-request'))
  alice.send(query(`<x xmlns='${FORM}' type='submit'>${field('colour', 'red')}</x>`, MAM, 'set'))
  await alice.expect(error('iq', `id='e' from='${ROOM}'`, 'cancel', 'feature-not-implemented'))
  alice.send(query(`<x xmlns='${FORM}' type='submit'>${field('start', 'yesterday')}</x>`, MAM, 'set'))
  await alice.expect(error('iq', `id='e' from='${ROOM}'`, 'modify', 'bad-request'))
})
