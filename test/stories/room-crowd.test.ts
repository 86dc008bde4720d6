/** Large rooms: what many people, and much presence, do to those who are there (XEP-0045). */
import assert from 'node:assert/strict'
import { roomsOf } from '../../src/xep/0045-multi-user-chat/index.ts'
import { jid } from '../../src/xmpp/jid.ts'
import {
  admin,
  codes,
  configure,
  done,
  enter,
  exit,
  field,
  jidOf,
  join,
  left,
  MUC,
  occupant,
  open,
  ROOM,
  said,
  say,
  STEP,
  SUBJECT,
  told,
  USER,
} from '../support/rooms.ts'
import { Cast, story, type Transport } from '../support/story.ts'
import { comeBack, resumable } from '../support/annotations.ts'
import { UNASKED } from '../support/stream-management.ts'
import type { Xml } from '../support/xml-reader.ts'

/** People from another server enter, each with so many octets of presence. */
async function crowd(cast: Cast, count: number, octets: number): Promise<void> {
  const status = `<status>${'x'.repeat(octets)}</status>`
  for (let i = 0; i < count; i++) {
    await cast.fromElsewhere(join(`P${i}`, '', status).replace('<presence', `<presence from='p${i}@elsewhere.example/1'`))
    if (i % 5 === 0) await cast.settle()
  }
  await cast.forget()
}

story('ROOM-151: one who enters is shown all, however much that is, and stays', async (cast) => {
  const alice = await open(cast)
  await crowd(cast, 60, 20_000)
  const bob = await cast.client('bob', '1')
  bob.send(join('Bob'))
  await bob.expect(`<presence from='${ROOM}/Alice'>*</presence>`)
  // What is said meanwhile comes after the list
  alice.send(say('welcome'))
  for (let i = 0; i < 60; i++) await bob.expect(`<presence from='${ROOM}/P${i}'>*</presence>`)
  await bob.expect(`<presence from='${ROOM}/Bob' id='j'>*</presence>`)
  await bob.expectAll(SUBJECT, said('Alice', 'welcome'))
  await cast.settle()
  alice.take()
  alice.send(say('still here?'))
  await bob.expect(said('Alice', 'still here?'))
  await alice.expect(said('Alice', 'still here?'))
})

/** So many people of another server are in the room, as if they had been there before a restart. */
async function occupied(cast: Cast, count: number): Promise<void> {
  const { rooms } = roomsOf(cast.server.host)!
  const { uid } = (await rooms.find(jid(ROOM)))!
  rooms.release(ROOM)
  const occupants = Array.from({ length: count }, (_, i) => {
    const bare = `p${i}@elsewhere.example`
    const session = [`${bare}/1`, 'xmpp', '', null, 0, 0, [], 0] as const
    return { nick: `P${i}`, bare, id: `id${i}`, affiliation: 'none', role: 'participant', sessions: [session] } as const
  })
  rooms.restore(ROOM, { uid, occupants })
}
const loud = {
  settings: { 'multi-user-chat': { 'quiet-above': 0, 'domain-sessions': 5000 } },
  on: ['memory'] as const satisfies readonly Transport[],
}
story('T-M23, ROOM-53: one enters among two thousand, and the room goes on meanwhile', loud, async (cast) => {
  cast.server.host.router.claimRest({ deliver: () => {} }) // the others read all, and need not answer
  const first = await open(cast, field('muc#roomconfig_persistentroom', '1') + field('muc#roomconfig_maxusers', 'none'))
  first.send(exit('Alice'))
  await cast.settle()
  await occupied(cast, 2000)
  const alice = await enter(cast, 'alice', 'Alice', '', '2')
  const bob = await cast.client('bob', '1')
  bob.send(join('Bob'))
  await bob.expect(`<presence from='${ROOM}/P0'>*</presence>`) // and the others follow
  alice.send(say('welcome'))
  const meanwhile = (i: number, rest: string): Promise<void> =>
    cast.fromElsewhere(`<presence from='p${i}@elsewhere.example/1' to='${ROOM}/P${i}'${rest}`)
  await meanwhile(1, ` type='unavailable'/>`)
  await meanwhile(1500, ` type='unavailable'/>`)
  await meanwhile(2, `><show>away</show></presence>`)
  await meanwhile(1501, `><show>away</show></presence>`)
  await meanwhile(2000, `><x xmlns='${MUC}'/></presence>`)
  alice.send(say('again'))
  const got: Xml[] = []
  while (!got.some((xml) => xml.child('body')?.text === 'again')) {
    await cast.settle()
    got.push(...bob.take())
  }
  const self = got.findIndex((xml) => xml.attr('from') === `${ROOM}/Bob`)
  assert.ok(got.slice(0, self).every(({ name, attrs }) => name === 'presence' && attrs['from'] !== `${ROOM}/Bob`))
  const subject = got.findIndex((xml) => xml.name === 'message')
  assert.deepEqual([subject, got[subject]!.child('subject')?.text], [self + 1, ''])
  assert.deepEqual(
    got.flatMap((xml) => xml.child('body')?.text ?? []),
    ['welcome', 'again'],
  )
  // What Bob believes is what the room has
  const seen = new Map([['P0', '']])
  for (const xml of got.filter(({ name }) => name === 'presence')) {
    const nick = xml.attr('from')!.slice(ROOM.length + 1)
    if (xml.attr('type') === 'unavailable') seen.delete(nick)
    else seen.set(nick, xml.child('show')?.text ?? '')
  }
  const { occupants } = roomsOf(cast.server.host)!.rooms.held(jid(ROOM))!
  assert.equal(seen.size, 2001) // two have left, one has come, Alice and Bob
  assert.deepEqual([...seen.keys()].toSorted(), [...occupants.keys()].toSorted())
  assert.deepEqual([seen.get('P2'), seen.get('P1501'), seen.has('P1'), seen.has('P1500')], ['away', 'away', false, false])
  await cast.forget()
})

const status = (i: number): string => `<status>${i}</status>`

story('ROOM-157: of presence that changes too fast the newest is told when it is its turn', { on: ['memory'] }, async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  for (let i = 1; i <= 9; i++) bob.send(`<presence to='${ROOM}/Bob'>${status(i)}</presence>`)
  await cast.settle()
  const shows = (i: number, of: string): string => occupant('Bob', 'none', 'participant', of, '', status(i))
  for (let i = 1; i <= 5; i++) await alice.expect(shows(i, jidOf(bob)))
  for (let i = 1; i <= 5; i++) await bob.expect(shows(i, jidOf(bob) + codes(110)))
  await cast.advance(2000)
  await alice.expect(shows(9, jidOf(bob)))
  await bob.expect(shows(9, jidOf(bob) + codes(110)))
  await cast.advance(10_000)
})

story('ROOM-157: what waits of a client that has left is told to nobody', { on: ['memory'] }, async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  for (let i = 1; i <= 9; i++) bob.send(`<presence to='${ROOM}/Bob'>${status(i)}</presence>`)
  bob.send(`<presence type='unavailable' to='${ROOM}/Bob'/>`)
  await cast.forget()
  await cast.advance(20_000)
  void alice
})

const few = { 'multi-user-chat': { 'notices': 2, 'domain-sessions': 2, 'entries': 4 } }
story(
  'ROOM-32: those in the room are told at once of all who are not there, and one person brings about only so many messages to these',
  { settings: few },
  async (cast) => {
    const alice = await open(cast)
    const absent = [await cast.client('carol', '1'), await cast.client('dave', '1'), await cast.client('eve', '1')]
    alice.send(admin(absent.map(({ jid }) => `<item jid='${jid}' affiliation='member'/>`).join('')))
    await alice.expect(done)
    const item = (jid: string): string => `<item affiliation='member' role='none' jid='${jid.split('/')[0]}'/>`
    const items = absent.map(({ jid }) => item(jid)).join('')
    await alice.expect(`<message from='${ROOM}'><x xmlns='${USER}'>${items}${STEP}</x></message>`)
    for (const one of absent.slice(0, 2))
      await one.expect(`<message from='${ROOM}'><x xmlns='${USER}'>${item(one.jid)}${codes(101)}</x></message>`)
  },
)

story('ROOM-109: one other domain fills no room', { settings: few, on: ['memory'] }, async (cast) => {
  const alice = await open(cast)
  for (let i = 0; i < 4; i++)
    await cast.fromElsewhere(join(`P${i}`).replace('<presence', `<presence from='p${i}@elsewhere.example/1'`))
  for (let i = 0; i < 2; i++) await alice.expect(occupant(`P${i}`, 'none', 'participant', ` jid='p${i}@elsewhere.example/1'/>`))
})

story('ROOM-157: one person enters only so often', { settings: few, on: ['memory'] }, async (cast) => {
  const alice = await open(cast)
  for (let i = 0; i < 3; i++) alice.send(join('Alice'))
  await cast.forget()
  alice.send(join('Alice'))
  await alice.expect(
    `<presence type='error' from='${ROOM}/Alice' id='j'><x xmlns='${MUC}'/><error type='wait' by='${ROOM}'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>*</error></presence>`,
  )
})

const hushed = { 'multi-user-chat': { 'quiet-above': 3 } }
story(
  'ROOM-153: in a quiet room those who only listen are shown to moderators, and to all when they speak',
  { settings: hushed },
  async (cast) => {
    const alice = await open(cast)
    const others = [await enter(cast, 'bob', 'Bob'), await enter(cast, 'carol', 'Carol')]
    await cast.forget()
    const dave = await cast.client('dave', '1')
    dave.send(join('Dave'))
    for (const nick of ['Alice', 'Bob', 'Carol']) await dave.expect(`<presence from='${ROOM}/${nick}'>*</presence>`)
    await dave.expect(occupant('Dave', 'none', 'participant', jidOf(dave) + codes(110)))
    await dave.expectAll(SUBJECT, told(104))
    await alice.expect(occupant('Dave', 'none', 'participant', jidOf(dave)))
    for (const one of others) await one.expect(occupant('Dave', 'none', 'participant', '/>'))
    for (const one of [alice, ...others]) await one.expect(told(104))
    // Now it is quiet: Eve is seen by Alice, and sees her
    const eve = await cast.client('eve', '1')
    eve.send(join('Eve'))
    await eve.expect(occupant('Alice', 'owner', 'moderator', '/>'))
    await eve.expect(occupant('Eve', 'none', 'participant', jidOf(eve) + codes(110)))
    await eve.expect(SUBJECT)
    await alice.expect(occupant('Eve', 'none', 'participant', jidOf(eve)))
    await cast.settle()
    eve.send(say('hello'))
    for (const one of [...others, dave]) await one.expect(occupant('Eve', 'none', 'participant', '/>'))
    for (const one of [alice, ...others, dave, eve]) await one.expect(said('Eve', 'hello'))
    // Those who saw each other before still hear of each other
    dave.send(exit('Dave'))
    await cast.settle()
    await dave.expect(left('Dave', 'none', ` jid='${dave.jid}'/>${codes(110)}`))
    await alice.expect(left('Dave', 'none', ` jid='${dave.jid}'/>`))
    for (const one of others) await one.expect(left('Dave', 'none', '/>'))
    const info = await eve.ask(`<iq type='get' id='d' to='${ROOM}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`)
    assert.ok(info.show().includes('is_quiet'))
    // Quiet no more: who is there is shown to all
    for (const one of others.splice(1)) one.send(exit('Carol'))
    alice.send(exit('Alice'))
    await cast.forget()
  },
)

story('ROOM-153: a room that is quiet no more shows those of whom it was silent', { settings: hushed }, async (cast) => {
  const alice = await open(cast)
  const [bob, carol, dave] = [
    await enter(cast, 'bob', 'Bob'),
    await enter(cast, 'carol', 'Carol'),
    await enter(cast, 'dave', 'Dave'),
  ]
  const eve = await enter(cast, 'eve', 'Eve')
  alice.send(configure(field('{urn:porchlight}quiet', '0'), 'a'))
  await alice.expect(done)
  for (const one of [alice, bob, carol, dave, eve]) await one.expect(told(104))
  for (const one of [bob, carol, dave]) await one.expectAll(told(104), occupant('Eve', 'none', 'participant', '/>'))
  await eve.expectAll(told(104), ...['Bob', 'Carol', 'Dave'].map((nick) => occupant(nick, 'none', 'participant', '/>')))
  await alice.expect(told(104))
})

const RUSH = { on: ['memory'] as const, settings: { 'multi-user-chat': { rush: 1 } } }
/** What waits is told. */
async function settled(cast: Cast): Promise<void> {
  await cast.settle()
  cast.pass(250)
  await cast.forget()
}
story(
  'ROOM-152: in a rush those who are in are told of others a moment later, and of each the newest alone',
  RUSH,
  async (cast) => {
    const alice = await open(cast)
    for (const name of ['bob', 'carol']) await enter(cast, name, name)
    await settled(cast) // from now on it is a rush
    const [dave, erin, frank] = await cast.clients('dave/1', 'erin/1', 'frank/1')
    dave.send(join('Dave'))
    erin.send(join('Erin'), `<presence to='${ROOM}/Erin'><show>away</show></presence>`)
    await cast.settle()
    dave.send(exit('Dave'))
    await cast.settle()
    assert.deepEqual(
      dave
        .take()
        .map((xml) => xml.attr('type'))
        .at(-1),
      'unavailable',
      'who does it is told at once',
    )
    erin.take()
    frank.send(join('Frank'))
    await cast.settle()
    const shown = frank.take().flatMap((xml) => (xml.name === 'presence' ? xml.attr('from')!.slice(ROOM.length + 1) : []))
    assert.deepEqual(shown, ['Alice', 'bob', 'carol', 'Erin', 'Frank'])
    assert.deepEqual(alice.take(), [])
    cast.pass(250)
    await alice.expect(occupant('Erin', 'none', 'participant', jidOf(erin), '', '<show>away</show>'))
    await alice.expect(occupant('Frank', 'none', 'participant', jidOf(frank)))
    // Erin was shown Dave when she entered
    await erin.expectAll(left('Dave', 'none', '/>'), occupant('Frank', 'none', 'participant', '/>'))
    for (const client of [dave, frank]) assert.deepEqual(client.take(), [])
    await cast.forget()
  },
)
story('ROOM-152: nothing overtakes what waits: a message, a private message, a question, a kick', RUSH, async (cast) => {
  const alice = await open(cast)
  for (const name of ['bob', 'carol']) await enter(cast, name, name)
  await settled(cast)
  const people = await cast.clients('dave/1', 'erin/1', 'frank/1', 'grace/1')
  const asks = [
    say('hi'),
    `<message type='chat' id='p' to='${ROOM}/Alice'><body>psst</body></message>`,
    `<iq type='get' id='q' to='${ROOM}/Alice'><query xmlns='jabber:iq:version'/></iq>`,
  ]
  for (const [i, one] of people.entries()) {
    one.send(join(`N${i}`), asks[i] ?? '')
    await cast.settle()
    if (i === 3) alice.send(admin(`<item nick='N3' role='none'/>`))
    await cast.settle()
    const told = alice.take().map((xml) => `${xml.name} ${xml.attr('type') ?? ''}`)
    const second = ['message groupchat', 'message chat', 'iq get', 'presence unavailable'][i]
    assert.deepEqual(
      told.filter((one) => one !== 'iq result'),
      ['presence ', second],
    )
  }
  await cast.forget()
})
story(
  'ROOM-84, ROOM-152: what waits when the server is restarted is told all the same',
  { ...RUSH, ...UNASKED, settings: { ...UNASKED.settings, ...RUSH.settings } },
  async (cast) => {
    const alice = await open(cast, field('muc#roomconfig_persistentroom', '1'))
    const [bob, carol, dave] = [
      await enter(cast, 'bob', 'bob'),
      await enter(cast, 'carol', 'carol'),
      await enter(cast, 'dave', 'dave'),
    ]
    await settled(cast)
    const id = await resumable(alice)
    const erin = await enter(cast, 'erin', 'Erin')
    await resumable(erin)
    assert.deepEqual(alice.take(), [])
    const next = new Cast(await cast.server.restart({ ...UNASKED, settings: { ...UNASKED.settings, ...RUSH.settings } }))
    for (const client of [bob, carol, dave]) client.take() // they are told that the server stops
    cast.atEnd(() => next.end())
    const back = await comeBack(next, alice, id)
    await next.settle()
    const shown = back.take().map((xml) => [xml.attr('from'), xml.attr('type')])
    // The clients of the others cannot resume
    const gone = ['bob', 'carol', 'dave'].map((nick) => [`${ROOM}/${nick}`, 'unavailable'])
    assert.deepEqual(shown, [[`${ROOM}/Erin`, undefined], ...gone])
    await next.forget()
  },
)
