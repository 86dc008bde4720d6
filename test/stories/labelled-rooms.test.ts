/** XEP-0258 5.2: rooms in which people of different clearances meet. */
import assert from 'node:assert/strict'
import type { Entry } from '../../src/rooms/log.ts'
import { RoomLog } from '../../src/rooms/room-log.ts'
import { roomsOf } from '../../src/xep/0045-multi-user-chat/index.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { ask, field, form, idIn, page } from '../support/archive.ts'
import { cleared, label, labelling, policy, strict } from '../support/labels.ts'
import { configure, enter, error, exit, join, MUC, open, OWNER, ROOM, say, SERVICE, USER } from '../support/rooms.ts'
import { enable } from '../support/stream-management.ts'
import { bareOf, story, type Cast } from '../support/story.ts'
import type { Xml } from '../support/xml-reader.ts'
import type { StoryClient } from '../support/story-client.ts'

const ALICE = bareOf('alice')
const BOB = bareOf('bob')
const CAROL = bareOf('carol')
const NS = 'urn:xmpp:sec-label:0'
const CATALOG = 'urn:xmpp:sec-label:catalog:2'
const LABELS = { labelling: labelling() }
const MEMORY = { ...LABELS, on: ['memory'] as const }

const own = (name: string, value: string): string => field(`{${NS}}${name}`, value)
const labelled = (text: string, id: string): string => say(text, label(id)).replace(`id='m'`, `id='${text}'`)
const heard = (nick: string, text: string): string => `<message type='groupchat' id='${text}' from='${ROOM}/${nick}'>*</message>`
const CLEARANCES = { [ALICE]: 'secret-orchard', [BOB]: 'secret', [CAROL]: 'restricted' }
/** Alice (everything), Bob (SECRET) and Carol (RESTRICTED) are in a room that takes everything. */
async function scene(
  cast: Cast,
  fields = own('room_clearance', 'secret-orchard'),
): Promise<readonly [StoryClient, StoryClient, StoryClient]> {
  await cleared(cast.server, CLEARANCES)
  const alice = await open(cast, fields)
  const bob = await enter(cast, 'bob', 'Bob')
  return [alice, bob, await enter(cast, 'carol', 'Carol')]
}
/** One message of each grade, said by Alice; nobody remembers them. */
const GRADES = { u: 'unclassified', r: 'restricted', s: 'secret', o: 'secret-orchard' }
async function talked(cast: Cast, alice: StoryClient): Promise<void> {
  for (const round of ['1', '2'])
    for (const [letter, id] of Object.entries(GRADES)) {
      alice.send(labelled(`${letter}${round}`, id))
      await cast.settle()
    }
}
const withheld = ({ server }: Cast): readonly string[] =>
  server.host.labels!.audit.recent.map(({ point, subject, label: id, count }) => `${point} ${subject} ${id} ${count}`)

story('T-Y06, LAB-27: each hears what they are cleared for, live and privately', LABELS, async (cast) => {
  const [alice, bob, carol] = await scene(cast)
  await talked(cast, alice)
  for (const round of ['1', '2']) {
    await alice.expect(...['u', 'r', 's', 'o'].map((letter) => heard('Alice', `${letter}${round}`)))
    await bob.expect(...['u', 'r', 's'].map((letter) => heard('Alice', `${letter}${round}`)))
    await carol.expect(...['u', 'r'].map((letter) => heard('Alice', `${letter}${round}`)))
  }
  const whisper = (to: string, id: string): string =>
    `<message type='chat' id='w${id}' to='${ROOM}/${to}'><body>x</body>${label(id)}</message>`
  for (const id of ['secret', 'restricted']) alice.send(whisper('Carol', id))
  await carol.expect(`<message type='chat' id='wrestricted' from='${ROOM}/Alice'>*</message>`)
  assert(withheld(cast).includes(`occupant ${CAROL} secret 1`))
  assert(withheld(cast).includes(`occupant ${BOB} secret-orchard 2`), 'one line for all who do not hear it')
  bob.send(`<message type='groupchat' to='${ROOM}'><subject>Plans</subject></message>`)
  await bob.expect(error('message', `from='${ROOM}'`, 'auth', 'forbidden'))
  alice.send(`<message type='groupchat' to='${ROOM}'><subject>Plans</subject></message>`)
  for (const client of [alice, bob, carol])
    await client.expect(`<message type='groupchat' from='${ROOM}/Alice'><subject>Plans</subject>*</message>`)
})

story(
  'T-Y06, LAB-27: the history and the archive have for each what they are cleared for, and no trace of the rest',
  LABELS,
  async (cast) => {
    const [alice, bob, carol] = await scene(cast)
    await talked(cast, alice)
    const live = alice.take().filter(({ name }) => name === 'message')
    await cast.forget()
    const ids = new Map(live.map((message) => [message.child('body')!.text, idIn(message)!]))
    const historyOf = async (who: StoryClient, nick: string, inside: string): Promise<string> => {
      who.send(exit(nick))
      who.send(join(nick, inside))
      await cast.settle()
      return who
        .take()
        .map((xml) => xml.child('body')?.text ?? '')
        .join('')
    }
    assert.equal(await historyOf(carol, 'Carol', ''), 'u1r1u2r2')
    assert.equal(await historyOf(carol, 'Carol', `<history maxstanzas='3'/>`), 'r1u2r2', 'as many as were asked for')
    assert.equal(await historyOf(bob, 'Bob', ''), 'u1r1s1u2r2s2')
    await cast.forget()

    const found = async (who: StoryClient, inside: string): Promise<string> => {
      const { said, end, count } = await ask(who, inside, ROOM)
      return `${said} ${end}${count === undefined ? '' : ` ${count}`}`
    }
    assert.equal(await found(alice, ''), 'u1r1s1o1u2r2s2o2 true')
    assert.equal(await found(bob, ''), 'u1r1s1u2r2s2 true')
    assert.equal(await found(carol, ''), 'u1r1u2r2 true')
    assert.equal(await found(carol, page('<max>4</max>')), 'u1r1u2r2 true')
    assert.equal(await found(carol, page('<max>3</max>')), 'u1r1u2 more')
    assert.equal(await found(carol, page('<max>2</max><before/>')), 'u2r2 more')
    assert.equal(await found(carol, `<flip-page/>${page(`<max>2</max><before>${ids.get('r2')!}</before>`)}`), 'u2r1 more')
    assert.equal(await found(carol, page('<max>0</max>')), ' more 4')
    assert.equal(await found(carol, form(field('with', `${ROOM}/Alice`))), 'u1r1u2r2 true')
    for (const hidden of ['s1', 'o2'])
      for (const inside of [page(`<after>${ids.get(hidden)!}</after>`), form(field('ids', ids.get(hidden)!))])
        assert.equal(await found(carol, inside), ' item-not-found')
    const before = withheld(cast).length
    const ends = await carol.ask(`<iq type='get' id='e' to='${ROOM}'><metadata xmlns='urn:xmpp:mam:2'/></iq>`)
    assert.deepEqual(
      ends.child('metadata')!.elements.map((e) => e.attr('id')),
      [ids.get('u1'), ids.get('r2')],
    )
    assert.equal(withheld(cast).length, before + 1, 'what is withheld is recorded here too')
  },
)

story('LAB-27: what is taken back leaves a trace for those alone who could read it', MEMORY, async (cast) => {
  const [alice, bob, carol] = await scene(cast)
  alice.send(labelled('s', 'secret'))
  const id = idIn(await alice.expect(heard('Alice', 's')))!
  await cast.forget()
  alice.send(`<message type='groupchat' id='t' to='${ROOM}'><retract xmlns='urn:xmpp:message-retract:1' id='${id}'/></message>`)
  for (const client of [alice, bob]) await client.expect(heard('Alice', 't'))
  assert.equal((await ask(bob, '', ROOM)).messages.length, 2)
  assert.equal((await ask(carol, '', ROOM)).messages.length, 0)
})

story(
  'LAB-27: what names a message has no lower label than it, and to who may not see that one it is not there',
  MEMORY,
  async (cast) => {
    const [alice, bob, carol] = await scene(cast)
    alice.send(labelled('s', 'secret'))
    const hidden = idIn(await alice.expect(heard('Alice', 's')))!
    alice.send(labelled('r', 'restricted'))
    const open = idIn(await alice.expect(heard('Alice', 'r')))!
    await cast.forget()
    const groupchat = (id: string, inside: string): string =>
      `<message type='groupchat' id='${id}' to='${ROOM}'>${inside}</message>`
    const ways = (id: string): readonly string[] => [
      `<displayed xmlns='urn:xmpp:chat-markers:0' id='${id}'/>`,
      `<received xmlns='urn:xmpp:receipts' id='${id}'/>`,
      `<body>yes</body><reply xmlns='urn:xmpp:reply:0' id='${id}' to='${ROOM}/Alice'/>`,
      `<apply-to xmlns='urn:xmpp:fasten:0' id='${id}'><x xmlns='urn:x'/></apply-to>`,
    ]
    for (const inside of [...ways(hidden), ways('s')[2]!]) {
      alice.send(groupchat('n', inside))
      for (const client of [alice, bob]) await client.expect(heard('Alice', 'n'))
    }
    assert.deepEqual(carol.take(), [])
    for (const inside of ways(open)) {
      alice.send(groupchat('n', inside))
      for (const client of [alice, bob, carol]) await client.expect(heard('Alice', 'n'))
    }
    const reaction = (id: string): string =>
      `<reactions xmlns='urn:xmpp:reactions:0' id='${id}'><reaction>x</reaction></reactions>`
    for (const id of [hidden, 'nothing'])
      for (const inside of [...ways(id), reaction(id)]) {
        carol.send(groupchat('c', inside))
        await carol.expect(error('message', `id='c' from='${ROOM}'`, 'cancel', 'item-not-found'))
      }
    await cast.forget()
    alice.send(groupchat('many', Array.from({ length: 21 }, (_, i) => `<x xmlns='urn:x' id='${i}'/>`).join('')))
    await alice.expect(error('message', `id='many'`, 'modify', 'bad-request'))
  },
)

story('LAB-26, LAB-33: the room takes what its clearance grants, and labels what has no label', LABELS, async (cast) => {
  await cleared(cast.server, { [ALICE]: 'secret', [BOB]: 'restricted' })
  const alice = await open(cast)
  alice.send(labelled('x', 'restricted'))
  await alice.expect(error('message', `id='x' from='${ROOM}'`, 'auth', 'forbidden'))
  alice.send(configure(own('room_clearance', 'restricted') + own('default_label', 'restricted')))
  await cast.forget()
  const bob = await enter(cast, 'bob', 'Bob')
  await cast.forget()
  alice.send(say('hello'))
  const got = await bob.expect(`<message type='groupchat' id='m' from='${ROOM}/Alice'>*</message>`)
  await alice.expect(`<message type='groupchat' id='m' from='${ROOM}/Alice'>*</message>`)
  assert.equal(got.child('securitylabel')!.child('displaymarking')!.text, 'RESTRICTED')
  alice.send(labelled('y', 'secret'))
  await alice.expect(error('message', `id='y' from='${ROOM}'`, 'auth', 'forbidden'))
  bob.send(`<message type='chat' id='w' to='${ROOM}/Alice'><body>x</body>${label('unclassified')}</message>`)
  await alice.expect(`<message type='chat' id='w' from='${ROOM}/Bob'>*</message>`)
  assert.deepEqual(withheld(cast), [`room ${ROOM} secret 1`, `room ${ROOM} restricted 1`])
})

story(
  'LAB-30, LAB-33: nobody enters without the clearance; who loses it is put out; owners give what they have',
  LABELS,
  async (cast) => {
    await cleared(cast.server, { [ALICE]: 'secret', [CAROL]: 'restricted' })
    const alice = await open(cast)
    const carol = await enter(cast, 'carol', 'Carol')
    const [form1] = [await alice.ask(`<iq type='get' id='f' to='${ROOM}'><query xmlns='${OWNER}'/></iq>`)]
    const fields = form1
      .child('query')!
      .child('x')!
      .elements.filter((e) => e.attr('var')?.startsWith(`{${NS}}`) === true)
    const optionsOf = (i: number): readonly string[] =>
      fields[i]!.elements.filter(({ name }) => name === 'option').map((o) => o.child('value')!.text)
    assert.deepEqual(
      fields.map((e) => e.attr('var')!.slice(NS.length + 2)),
      ['room_label', 'room_clearance', 'default_label'],
    )
    assert.deepEqual(optionsOf(0), ['', 'unclassified', 'restricted', 'confidential-verona-mantua', 'secret'])
    assert.deepEqual(optionsOf(1), ['', 'public', 'restricted', 'secret'], 'mantua has a nation that alice has not')
    for (const [name, value] of [
      ['room_label', 'secret-orchard'],
      ['room_clearance', 'secret-orchard'],
      ['default_label', 'nothing'],
    ] as const) {
      alice.send(configure(own(name, value)))
      await alice.expect(error('iq', `id='u' from='${ROOM}'`, 'modify', 'not-acceptable'))
    }
    alice.send(configure(own('room_label', 'secret')))
    await cast.settle()
    const told = carol.take().map((xml) => xml.show())
    assert(
      told.some((text) => text.includes("code='321'") && text.includes("code='110'")),
      told.join('\n'),
    )
    assert(!told.some((text) => text.includes("code='104'") && text.includes('unavailable')))
    await cast.forget()
    carol.send(join('Carol'))
    const refused = error('presence', `id='j' from='${ROOM}/Carol'`, 'auth', 'forbidden')
    await carol.expect(refused.replace('<error ', `<x xmlns='${MUC}'/><error `))
    assert.equal((await ask(carol, '', ROOM)).end, 'forbidden')
    alice.send(`<presence to='${ROOM}/Alice'>${label('unclassified')}</presence>`)
    await alice.expect(`<presence type='error' from='${ROOM}/Alice'>*</presence>`)
  },
)

story('LAB-27: the reason of an invitation with a label is not repeated without it', MEMORY, async (cast) => {
  await cleared(cast.server, CLEARANCES)
  const alice = await open(cast, own('room_clearance', 'secret-orchard'))
  const bob = await cast.client('bob', '1')
  const about = (name: string, mark: string): string =>
    `<message to='${ROOM}'><x xmlns='${USER}'><${name} to='${BOB}'><reason>quicksilver</reason></${name}></x>${mark}</message>`
  const told = async (who: StoryClient, xml: string, by: StoryClient): Promise<string> => {
    by.send(xml)
    await cast.settle()
    return who
      .take()
      .map((one) => one.show())
      .join('')
  }
  for (const mark of ['', label('secret-orchard')]) {
    const invited = await told(bob, about('invite', mark), alice)
    assert(invited.includes('<invite ') && invited.includes('quicksilver') === (mark === ''), invited)
    const declined = await told(alice, about('decline', mark.replace(label('secret-orchard'), label('secret'))), bob)
    assert(declined.includes('<decline ') && declined.includes('quicksilver') === (mark === ''), declined)
  }
})

story(
  'LAB-26: the label of the room is put on, said to all and in private, and the speaker needs it',
  { labelling: labelling(policy(strict)), on: ['memory'] },
  async (cast) => {
    await cleared(cast.server, { [ALICE]: 'secret', [BOB]: 'secret', [CAROL]: 'public' })
    const alice = await open(cast, own('room_clearance', 'restricted') + own('default_label', 'restricted'))
    const [bob, carol] = [await enter(cast, 'bob', 'Bob'), await enter(cast, 'carol', 'Carol')]
    const whisper = (to: string): string => `<message type='chat' id='w' to='${ROOM}/${to}'><body>x</body></message>`
    alice.send(say('hello'), whisper('Bob'))
    for (const from of [`type='groupchat' id='m' from='${ROOM}/Alice'`, `type='chat' id='w' from='${ROOM}/Alice'`]) {
      const got = await bob.expect(`<message ${from}>*</message>`)
      assert.equal(got.child('securitylabel')?.child('displaymarking')?.text, 'RESTRICTED')
    }
    await alice.expect(`<message type='groupchat' id='m' from='${ROOM}/Alice'>*</message>`)
    alice.send(whisper('Carol'))
    carol.send(say('hello'), whisper('Bob'))
    await carol.expect(error('message', `id='m' from='${ROOM}'`, 'auth', 'forbidden'))
    await carol.expect(error('message', `id='w' from='${ROOM}/Bob'`, 'auth', 'forbidden'))
    assert(withheld(cast).includes(`send ${CAROL} restricted 1`))
  },
)

story('T-Y01, LAB-34: the catalogue of a room, asked of the server and of the room', LABELS, async (cast) => {
  const [, bob] = await scene(cast, own('default_label', 'restricted') + own('room_clearance', 'restricted'))
  const offered = async (to: string, about: string): Promise<readonly string[]> => {
    const iq = await bob.ask(`<iq type='get' id='c' to='${to}'><catalog xmlns='${CATALOG}' to='${about}'/></iq>`)
    return iq.child('catalog')!.elements.map((item) => `${item.attr('selector')}${item.attr('default') === 'true' ? '*' : ''}`)
  }
  for (const to of ['a.example', ROOM]) assert.deepEqual(await offered(to, ROOM), ['UNCLASSIFIED', 'Classified|RESTRICTED*'])
  assert.deepEqual(await offered('a.example', `nothing@${SERVICE}`), await offered('a.example', 'a.example'))
  const info = await bob.ask(`<iq type='get' id='d' to='${ROOM}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`)
  const features = info.child('query')!.elements.map((e) => e.attr('var'))
  assert(features.includes(NS) && features.includes(CATALOG))
})

story('LAB-27: clearances and labels hold over a restart', MEMORY, async (cast) => {
  const clients = await scene(cast, own('room_clearance', 'secret-orchard') + field('muc#roomconfig_persistentroom', '1'))
  await talked(cast, clients[0])
  await cast.forget()
  const { host } = await cast.server.restart(LABELS)
  for (const client of clients) client.take()
  assert.deepEqual(
    host.labels!.clearances.all.map(({ subject, clearance }) => [subject, clearance]),
    Object.entries(CLEARANCES),
  )
  const room = await roomsOf(host)!.rooms.find(jid(ROOM))
  assert.equal(room!.facts.config.clearance, 'secret-orchard')
  const log = new RoomLog(roomsOf(host)!.rooms, host.stores.archive)
  const { labels } = host
  const mayRead =
    (who: string) =>
    (entry: Entry): boolean =>
      'payload' in entry && labels!.mayHave(jid(who), labels!.labelOf(entry.payload!))
  const seen = await Promise.all([ALICE, BOB, CAROL].map((who) => log.lastSaid(room!, 20, mayRead(who))))
  assert.deepEqual(
    seen.map(({ length }) => length),
    [8, 6, 4],
  )
})

story(
  'T-Y06, LAB-37: no octet of any line of the log has what was said, from whichever point it was withheld',
  MEMORY,
  async (cast) => {
    const [alice, bob, carol] = await scene(cast)
    const text = 'quicksilver'
    alice.send(say(text, label('secret')))
    alice.send(`<message type='chat' id='w' to='${ROOM}/Carol'><body>${text}</body>${label('secret')}</message>`)
    carol.send(say(text, label('secret')))
    alice.send(configure(own('room_clearance', 'public')))
    await cast.settle()
    alice.send(say(text, label('secret')))
    await cast.settle()
    assert.equal(carol.take().filter((xml) => xml.show().includes(text)).length, 0)
    await cast.forget()
    assert.equal((await ask(carol, '', ROOM)).said, '')
    assert.equal((await ask(bob, '', ROOM)).said, text)
    const lines = cast.server.logged.map((line) => JSON.stringify(line))
    assert(lines.length >= 5 && lines.every((line) => !line.includes(text)), lines.join('\n'))
  },
)

story('LAB-30: whoever loses the clearance for the label of a room is put out of it, and of no other', LABELS, async (cast) => {
  await cleared(cast.server, { [ALICE]: 'secret', [BOB]: 'secret' })
  const { groups } = cast.server.server
  await cast.server.account('carol')
  await groups.create('Staff')
  await groups.join('Staff', [CAROL])
  await cleared(cast.server, { Staff: 'secret' })
  const alice = await open(cast, own('room_label', 'secret') + own('room_clearance', 'secret'))
  const [bob, carol] = [await enter(cast, 'bob', 'Bob'), await enter(cast, 'carol', 'Carol')]
  const other = 'free@conference.a.example'
  bob.send(join('Bob', '', '', other))
  await cast.forget()
  const putOut = async (who: StoryClient, nick: string): Promise<void> => {
    await cast.settle()
    const ofRooms = ({ attrs }: Xml): boolean => attrs['from']?.includes('conference') === true
    const [told, more] = who.take().filter(ofRooms)
    assert.equal(more, undefined)
    assert.deepEqual([told!.attr('type'), told!.attr('from')], ['unavailable', `${ROOM}/${nick}`])
    assert(
      ["code='321'", "code='110'"].every((code) => told!.show().includes(code)),
      told!.show(),
    )
    const seen = alice.take().find(ofRooms)
    assert.deepEqual([seen!.attr('type'), seen!.attr('from')], ['unavailable', `${ROOM}/${nick}`])
  }
  await cleared(cast.server, { [BOB]: 'restricted' })
  await putOut(bob, 'Bob')
  await cast.forget()
  await groups.leave('Staff', [CAROL])
  await putOut(carol, 'Carol')
  alice.send(labelled('x', 'secret'))
  await alice.expect(heard('Alice', 'x'))
  bob.send(`<message type='groupchat' id='m' to='${other}'><body>I am here still</body></message>`)
  await bob.expect(`<message type='groupchat' id='m' from='${other}/Bob'>*</message>`)
})

const LOWER = policy((toml) =>
  toml.replace('id = "secret"\nclassification = "SECRET"', 'id = "secret"\nclassification = "RESTRICTED"'),
)
for (const [what, its, inside] of [
  ['the same', policy(), 1],
  ['a lower one', LOWER, 0],
] as const)
  story(`LAB-30: whoever is not cleared any more after a restart is put out: the clearance is ${what}`, MEMORY, async (cast) => {
    await cleared(cast.server, { [ALICE]: 'secret', [BOB]: 'secret' })
    const alice = await open(cast, own('room_label', 'secret') + field('muc#roomconfig_persistentroom', '1'))
    const bob = await enter(cast, 'bob', 'Bob')
    await enable(bob)
    bob.drop()
    await cast.settle()
    const { host } = await cast.server.restart({ labelling: labelling(its) })
    const room = await roomsOf(host)!.rooms.find(jid(ROOM))
    await cast.settle()
    assert.equal(room!.occupants.size, inside)
    alice.take()
  })

story('LAB-30: a room with a label says nothing of itself to those who may not enter', LABELS, async (cast) => {
  await cleared(cast.server, { [ALICE]: 'secret', [BOB]: 'restricted' })
  const alice = await open(
    cast,
    own('room_label', 'secret') + field('muc#roomconfig_roomname', 'quicksilver') + field('muc#roomconfig_publicroom', '1'),
  )
  const bob = await cast.client('bob', '1')
  const free = `free@${SERVICE}`
  for (const one of ['a', 'b'])
    bob.send(join('Bob', '', '', one + free), configure(field('muc#roomconfig_publicroom', '1')).replace(ROOM, one + free))
  await cast.forget()
  const DISCO = 'http://jabber.org/protocol/disco'
  const iqs = [
    `<query xmlns='${DISCO}#info'/>`,
    `<query xmlns='${DISCO}#info' node='x-roomuser-item'/>`,
    `<query xmlns='${DISCO}#items'/>`,
    `<vCard xmlns='vcard-temp'/>`,
    `<query xmlns='jabber:iq:register'/>`,
    `<query xmlns='urn:xmpp:mam:2'/>`,
    `<catalog xmlns='${CATALOG}'/>`,
    `<query xmlns='${OWNER}'/>`,
  ]
  for (const inside of iqs) {
    const asked = `<iq type='get' id='q' to='${ROOM}'>${inside}</iq>`
    await bob.ask(asked, error('iq', `id='q' from='${ROOM}'`, 'auth', 'forbidden'))
    assert((await alice.ask(asked)).attr('type') === 'result' || inside.includes('x-roomuser-item'), inside)
  }
  const catalogue = async (about: string): Promise<string> => {
    const iq = await bob.ask(`<iq type='get' id='c' to='a.example'><catalog xmlns='${CATALOG}' to='${about}'/></iq>`)
    return iq.show().replaceAll(about, '')
  }
  assert.equal(await catalogue(ROOM), await catalogue(`nothing@${SERVICE}`))
  const listed = async (who: StoryClient, set = ''): Promise<readonly string[]> => {
    const iq = await who.ask(`<iq type='get' id='l' to='${SERVICE}'><query xmlns='${DISCO}#items'>${set}</query></iq>`)
    const items = iq.child('query')!.elements.filter(({ name }) => name === 'item')
    return items.map((item) => item.attr('jid')!.slice(0, 2))
  }
  assert.deepEqual(await listed(alice), ['af', 'bf', 'de'])
  assert.deepEqual(await listed(bob), ['af', 'bf'])
  assert.deepEqual(await listed(bob, page('<max>1</max><before/>').replace(/<\/?x[^>]*>/g, '')), ['bf'])
})

for (const [of, with_, result] of [
  ['secret', 'restricted', 'secret'],
  ['secret', 'secret-orchard', 'secret-orchard'],
  ['restricted', 'unclassified', 'restricted'],
  ['secret', 'confidential-verona-mantua', null],
] as const)
  story(
    `LAB-27: what takes a message labelled ${of} back with the label ${with_} is labelled ${String(result)}`,
    MEMORY,
    async (cast) => {
      const [alice, bob, carol] = await scene(cast)
      alice.send(labelled('s', of))
      await cast.settle()
      const its = alice.take().find(({ name, attrs }) => name === 'message' && attrs['id'] === 's')!
      await cast.forget()
      const retract = `<retract xmlns='urn:xmpp:message-retract:1' id='${idIn(its)!}'/>`
      alice.send(`<message type='groupchat' id='t' to='${ROOM}'>${retract}${label(with_)}</message>`)
      await cast.settle()
      if (result === null) return void (await alice.expect(error('message', `id='t' from='${ROOM}'`, 'auth', 'forbidden')))
      const got = await alice.expect(heard('Alice', 't'))
      const expected = policy().labels.get(result)!
      assert.equal(got.child('securitylabel')!.child('displaymarking')!.text, expected.marking!.text)
      const hear = (who: string): boolean => cast.server.host.labels!.mayHave(jid(who), expected)
      for (const [client, who] of [
        [bob, BOB],
        [carol, CAROL],
      ] as const)
        assert.equal(client.take().length, hear(who) ? 1 : 0, who)
    },
  )

story(
  'LAB-27: a moderator takes back nothing that they may not read, and does not learn whether it is there',
  MEMORY,
  async (cast) => {
    const [alice, bob] = await scene(cast)
    alice.send(`<iq type='set' id='a' to='${ROOM}'><query xmlns='${MUC}#admin'><item nick='Bob' role='moderator'/></query></iq>`)
    alice.send(labelled('o', 'secret-orchard'))
    await cast.settle()
    const its = alice.take().find(({ name, attrs }) => name === 'message' && attrs['id'] === 'o')!
    await cast.forget()
    const before = withheld(cast).length
    for (const id of [idIn(its)!, 'nothing']) {
      const moderate = `<moderate xmlns='urn:xmpp:message-moderate:1' id='${id}'><retract xmlns='urn:xmpp:message-retract:1'/></moderate>`
      await bob.ask(
        `<iq type='set' id='m' to='${ROOM}'>${moderate}</iq>`,
        error('iq', `id='m' from='${ROOM}'`, 'cancel', 'item-not-found'),
      )
    }
    assert.equal(withheld(cast).length, before + 1, 'what is withheld is recorded')
  },
)
