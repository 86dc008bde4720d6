/** XEP-0045: the scripts of the specification that no other page of stories plays. */
import assert from 'node:assert/strict'
import {
  admin,
  codes,
  configure,
  done,
  enter,
  error,
  exit,
  field,
  ID,
  jidOf,
  join,
  left,
  MUC,
  occupant,
  open,
  OWNER,
  ROOM,
  say,
  SUBJECT,
  told,
  USER,
} from '../support/rooms.ts'
import type { StoryClient } from '../support/story-client.ts'
import { story, type Cast } from '../support/story.ts'

const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'
const MAM = `<query xmlns='urn:xmpp:mam:2'/>`
const ask = (type: string, inside: string, to = ROOM): string => `<iq type='${type}' id='a' to='${to}'>${inside}</iq>`
/** Somebody from another server enters. */
const guest = (nick: string): string => join(nick).replace('<presence', `<presence from='guest@elsewhere.example/1'`)

story('T-M03: real addresses are for moderators, or for all, who are told so', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  alice.take()
  const carol = await cast.client('carol', '1')
  carol.send(join('Carol'))
  await carol.expect(occupant('Alice', 'owner', 'moderator', '/>'), occupant('Bob', 'none', 'participant', '/>'))
  await carol.expect(occupant('Carol', 'none', 'participant', jidOf(carol) + codes(110)), SUBJECT)
  await alice.expect(occupant('Carol', 'none', 'participant', jidOf(carol)))
  await bob.expect(occupant('Carol', 'none', 'participant', '/>'))
  alice.send(configure(field('muc#roomconfig_whois', 'anyone'), 'a'))
  await cast.forget()
  const dave = await cast.client('dave', '1')
  dave.send(join('Dave'))
  await dave.expect(occupant('Alice', 'owner', 'moderator', jidOf(alice)), occupant('Bob', 'none', 'participant', jidOf(bob)))
  await dave.expect(occupant('Carol', 'none', 'participant', jidOf(carol)))
  await dave.expect(occupant('Dave', 'none', 'participant', jidOf(dave) + codes(100, 110)), SUBJECT)
  await cast.forget()
})

story('T-M06, ROOM-59, ROOM-110: presence of somebody who only thinks to be in the room', async (cast) => {
  await open(cast)
  const bob = await cast.client('bob', '1')
  bob.send(`<presence to='${ROOM}/Bob'/>`)
  await bob.expect(left('Bob', 'none', `/>${codes(110, 307, 333)}`))
  bob.send(exit('Bob'))
})

story('T-M08, ROOM-70: two presences for another nickname', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  alice.take()
  bob.send(`<presence to='${ROOM}/Alice'/>`)
  await bob.expect(error('presence', `from='${ROOM}/Alice'`, 'cancel', 'conflict'))
  bob.send(`<presence to='${ROOM}/Rob'/>`)
  await bob.expect(left('Bob', 'none', ` jid='${bob.jid}' nick='Rob'/>${codes(303, 110)}`, '', 'participant'))
  await bob.expect(occupant('Rob', 'none', 'participant', jidOf(bob) + codes(110)))
  await alice.expect(left('Bob', 'none', ` jid='${bob.jid}' nick='Rob'/>${codes(303)}`, '', 'participant'))
  await alice.expect(occupant('Rob', 'none', 'participant', jidOf(bob)))
})

story('T-M14, ROOM-93, ROOM-167: the room becomes members-only', async (cast) => {
  const alice = await open(cast)
  const [bob, carol] = [await enter(cast, 'bob', 'Bob'), await enter(cast, 'carol', 'Carol')]
  alice.send(admin(`<item jid='carol@a.example' affiliation='member'/>`))
  await cast.forget()
  alice.send(configure(field('muc#roomconfig_membersonly', '1'), 'a'))
  const why = ` jid='${bob.jid}'><actor nick='Alice' jid='*'/></item>`
  await bob.expect(left('Bob', 'none', ` jid='${bob.jid}'><actor nick='Alice'/></item>${codes(322, 110)}`))
  await alice.expect(done)
  await alice.expectAll(told(104), left('Bob', 'none', `${why}${codes(322)}`))
  await carol.expectAll(told(104), left('Bob', 'none', `><actor nick='Alice'/></item>${codes(322)}`))
})

/** What an error in answer to a stanza of the room does to the stay of its sender (XEP-0045 18.1.2). */
const ENDS = ['gone', 'item-not-found', 'recipient-unavailable', 'redirect', 'remote-server-not-found', 'remote-server-timeout']
const ENDS_TOO = ['service-unavailable', 'internal-server-error', 'jid-malformed']
const STAYS = ['not-acceptable', 'forbidden', 'policy-violation', 'resource-constraint', 'feature-not-implemented']

story(
  'T-M16, T-M33, ROOM-80: an error that says that the receiver is gone ends its stay, and no other',
  { on: ['memory'] },
  async (cast) => {
    const alice = await open(cast)
    for (const condition of [...ENDS, ...ENDS_TOO, ...STAYS])
      for (const kind of ['message', 'presence', 'iq']) {
        await cast.fromElsewhere(guest('Guest'))
        await cast.forget()
        const type = kind === 'message' ? `<body>x</body>` : ''
        await cast.fromElsewhere(
          `<${kind} type='error' id='e' from='guest@elsewhere.example/1' to='${ROOM}${kind === 'iq' ? '/Alice' : ''}'>${type}<error type='cancel'><${condition} xmlns='${STANZAS}'/></error></${kind}>`,
        )
        const isOut = kind !== 'iq' && !STAYS.includes(condition)
        if (isOut) await alice.expect(left('Guest', 'none', ` jid='guest@elsewhere.example/1'/>${codes(333)}`))
        await cast.expectNothing()
        await cast.fromElsewhere(exit('Guest').replace('<presence', `<presence from='guest@elsewhere.example/1'`))
        await cast.forget()
        await cast.advance(10_000)
      }
  },
)

story('T-M17, ROOM-100: each is told by their own nickname where to go', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  alice.take()
  const destroy = `<destroy jid='cave@conference.a.example'><reason>too small</reason></destroy>`
  alice.send(ask('set', `<query xmlns='${OWNER}'>${destroy}</query>`))
  const gone = (nick: string): string =>
    `<presence type='unavailable' from='${ROOM}/${nick}'><x xmlns='${USER}'><item affiliation='none' role='none'/>${codes(110)}${destroy}</x>${ID}</presence>`
  await alice.expect(gone('Alice'), done)
  await bob.expect(gone('Bob'))
})

story('T-M20, ROOM-113: the archive for an outcast, a stranger and a member of a members-only room', async (cast) => {
  const alice = await open(cast, field('muc#roomconfig_membersonly', '1'))
  alice.send(
    admin(`<item jid='bob@a.example' affiliation='member'/><item jid='eve@a.example' affiliation='outcast'/>`),
    say('hi'),
  )
  await cast.forget()
  const query = `<iq type='set' id='a' to='${ROOM}'>${MAM}</iq>`
  for (const name of ['eve', 'carol']) {
    const other = await cast.client(name, '1')
    other.send(query)
    await other.expect(error('iq', `id='a' from='${ROOM}'`, 'auth', 'forbidden'))
  }
  const bob = await cast.client('bob', '1')
  bob.send(query)
  await cast.settle()
  const [found, fin] = bob.take()
  const message = found!.child('result')!.child('forwarded')!.child('message')!
  assert.deepEqual([message.attr('to'), message.attr('from')], [undefined, `${ROOM}/Alice`])
  assert.equal(fin!.child('fin')!.attr('complete'), 'true')
})

story('T-M21, ROOM-66: a ping of oneself tells whether one is in', async (cast) => {
  await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  await cast.forget()
  const ping = ask('get', `<ping xmlns='urn:xmpp:ping'/>`, `${ROOM}/Bob`)
  bob.send(ping)
  await bob.expect(`<iq type='result' id='a' from='${ROOM}/Bob'/>`)
  bob.send(exit('Bob'))
  await cast.forget()
  bob.send(ping)
  await bob.expect(error('iq', `id='a' from='${ROOM}/Bob'`, 'cancel', 'not-acceptable'))
})

story('T-M31, ROOM-92: a form with fields that nobody knows, one with few fields, and one that is cancelled', async (cast) => {
  const alice = await open(cast)
  const form = async (): Promise<string> => (await alice.ask(ask('get', `<query xmlns='${OWNER}'/>`))).show()
  const before = await form()
  alice.send(configure(field('muc#roomconfig_colour', 'red'), 'a'))
  await alice.expect(done)
  alice.send(ask('set', `<query xmlns='${OWNER}'><x xmlns='jabber:x:data' type='cancel'/></query>`))
  await alice.expect(done)
  assert.equal(await form(), before)
  alice.send(configure(field('muc#roomconfig_passwordprotectedroom', '1') + field('muc#roomconfig_roomname', 'x'), 'a'))
  await alice.expect(error('iq', `id='a' from='${ROOM}'`, 'modify', 'not-acceptable'))
  assert.equal(await form(), before)
  alice.send(configure(field('muc#roomconfig_roomname', 'The den'), 'a'))
  await alice.expect(done, told(104))
  assert.ok((await form()).includes('The den'))
})

/** The nicknames that a client shows, from what it has received. */
function view(client: StoryClient): readonly string[] {
  const shown = new Set<string>()
  for (const xml of client.take()) {
    if (xml.name !== 'presence') continue
    const nick = xml.attr('from')!.slice(ROOM.length + 1)
    if (xml.attr('type') === undefined) shown.add(nick)
    else shown.delete(nick)
  }
  return [...shown].toSorted()
}
async function storm(cast: Cast, count: number): Promise<readonly StoryClient[]> {
  const clients: StoryClient[] = []
  for (let i = 0; i < count; i++) clients.push(await cast.client(`user${i}`, '1'))
  for (const [i, client] of clients.entries())
    client.send(join(`N${i}`), `<presence to='${ROOM}/N${i}'><show>away</show></presence>`)
  for (const [i, client] of clients.entries()) if (i % 5 === 4) client.send(exit(`N${i}`))
  await cast.settle()
  return clients.filter((_, i) => i % 5 !== 4)
}

story('T-M32, ROOM-152: when many enter and leave at once, all who are in see the same', { on: ['memory'] }, async (cast) => {
  const alice = await open(cast, field('muc#roomconfig_maxusers', 'none'))
  const clients = await storm(cast, 30)
  const nicks = ['Alice', ...Array.from({ length: 30 }, (_, i) => i).flatMap((i) => (i % 5 === 4 ? [] : [`N${i}`]))].toSorted()
  for (const client of clients) assert.deepEqual(view(client), nicks)
  assert.deepEqual(
    view(alice),
    nicks.filter((nick) => nick !== 'Alice'),
  )
  await cast.forget()
})

story('T-M37, ROOM-104: somebody asks to be registered, an owner agrees, and they go again', async (cast) => {
  const alice = await open(cast, field('muc#roomconfig_membersonly', '1') + field('muc#roomconfig_persistentroom', '1'))
  const bob = await cast.client('bob', '1')
  const register = (inside: string, type = 'set'): string => ask(type, `<query xmlns='jabber:iq:register'>${inside}</query>`)
  const form = `<x xmlns='jabber:x:data' type='submit'>${field('FORM_TYPE', `${MUC}#register`)}${field('muc#register_roomnick', 'Bobby')}</x>`
  bob.send(register(form))
  await bob.expect(done)
  const asked = await alice.expect(`<message from='${ROOM}'><x xmlns='jabber:x:data' type='form'>*</x></message>`)
  assert.ok(asked.show().includes('bob@a.example'))
  const answer =
    field('FORM_TYPE', `${MUC}#register`) +
    field('muc#register_jid', 'bob@a.example') +
    field('muc#register_roomnick', 'Bobby') +
    field('muc#register_allow', '1')
  alice.send(`<message to='${ROOM}'><x xmlns='jabber:x:data' type='submit'>${answer}</x></message>`)
  await cast.forget()
  bob.send(join('Bobby'))
  await cast.forget()
  bob.send(ask('get', `<ping xmlns='urn:xmpp:ping'/>`, `${ROOM}/Bobby`))
  await bob.expect(`<iq type='result' id='a' from='${ROOM}/Bobby'/>`)
  bob.send(register('<remove/>'))
  await cast.forget()
  assert.ok(!(await bob.ask(register('', 'get'))).show().includes('registered'))
})
