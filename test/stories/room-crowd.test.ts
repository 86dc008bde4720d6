/** Large rooms: what many people, and much presence, do to those who are there (XEP-0045). */
import assert from 'node:assert/strict'
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
import { story, type Cast } from '../support/story.ts'

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
story('ROOM-32: one person brings about only so many messages to people who are not there', { settings: few }, async (cast) => {
  const alice = await open(cast)
  const absent = [await cast.client('carol', '1'), await cast.client('dave', '1'), await cast.client('eve', '1')]
  alice.send(admin(absent.map(({ jid }) => `<item jid='${jid}' affiliation='member'/>`).join('')))
  await alice.expect(done)
  const item = (jid: string): string => `<item affiliation='member' role='none' jid='${jid.split('/')[0]}'/>`
  for (const { jid } of absent) await alice.expect(`<message from='${ROOM}'><x xmlns='${USER}'>${item(jid)}${STEP}</x></message>`)
  for (const one of absent.slice(0, 2))
    await one.expect(`<message from='${ROOM}'><x xmlns='${USER}'>${item(one.jid)}${codes(101)}</x></message>`)
})

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
