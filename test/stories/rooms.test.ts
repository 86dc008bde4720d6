/** XEP-0045: people in a room, as their clients see it. */
import {
  admin,
  codes,
  done,
  enter,
  error,
  ID,
  jidOf,
  join,
  left,
  MUC,
  occupant,
  open,
  OWNER,
  ROOM,
  said,
  say,
  SUBJECT,
  USER,
} from '../support/rooms.ts'
import { Cast, story } from '../support/story.ts'
import { comeBack, enable, UNASKED } from '../support/stream-management.ts'

story('T-M01, ROOM-53, ROOM-54: others first, then oneself, then the subject', async (cast) => {
  const alice = await open(cast)
  const bob = await cast.client('bob', '1')
  bob.send(join('Bob'))
  await bob.expect(occupant('Alice', 'owner', 'moderator', '/>'))
  await bob.expect(occupant('Bob', 'none', 'participant', jidOf(bob) + codes(110), `id='j'`))
  await bob.expect(SUBJECT)
  await alice.expect(occupant('Bob', 'none', 'participant', jidOf(bob)))
})

story('T-M02, ROOM-63: what is said reaches all, with the id of who said it', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  bob.send(say('hi'))
  await bob.expect(said('Bob', 'hi'))
  await alice.expect(said('Bob', 'hi'))
  const eve = await cast.client('eve', '1')
  eve.send(say('boo'))
  await eve.expect(error('message', `id='m' from='${ROOM}'`, 'modify', 'not-acceptable'))
})

story('ROOM-30: a kick reaches the kicked, then the answer, then the others', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  const carol = await enter(cast, 'carol', 'Carol')
  alice.send(admin(`<item nick='Bob' role='none'><reason>out</reason></item>`))
  const why = `<actor nick='Alice'/><reason>out</reason></item>`
  const known = `<actor nick='Alice' jid='alice@a.example'/><reason>out</reason></item>`
  await bob.expect(left('Bob', 'none', ` jid='${bob.jid}'>${why}${codes(307, 110)}`))
  await carol.expect(left('Bob', 'none', `>${why}${codes(307)}`))
  await alice.expect(done)
  await alice.expect(left('Bob', 'none', ` jid='${bob.jid}'>${known}${codes(307)}`))
})

story('ROOM-70: another nickname', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  bob.send(`<presence to='${ROOM}/Robert'/>`)
  await bob.expect(
    left('Bob', 'none', ` jid='${bob.jid}' nick='Robert'/>${codes(303, 110)}`).replace("role='none'", "role='participant'"),
  )
  await bob.expect(occupant('Robert', 'none', 'participant', jidOf(bob) + codes(110)))
  await alice.expect(
    left('Bob', 'none', ` jid='${bob.jid}' nick='Robert'/>${codes(303)}`).replace("role='none'", "role='participant'"),
  )
  await alice.expect(occupant('Robert', 'none', 'participant', jidOf(bob)))
})

story('ROOM-64: a private message, and its refusal', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  bob.send(`<message type='chat' id='p' to='${ROOM}/Alice'><body>psst</body></message>`)
  await alice.expect(
    `<message type='chat' id='p' from='${ROOM}/Bob'><body>psst</body><x xmlns='${USER}'/><occupant-id xmlns='urn:xmpp:occupant-id:0' id='*'/></message>`,
  )
  bob.send(`<message type='chat' id='q' to='${ROOM}/Nobody'><body>psst</body></message>`)
  await bob.expect(error('message', `id='q' from='${ROOM}/Nobody'`, 'cancel', 'item-not-found'))
})

story('ROOM-75, ROOM-76: who leaves or loses the connection is gone', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  bob.send(`<presence type='unavailable' to='${ROOM}/Bob'><status>bye</status></presence>`)
  await bob.expect(left('Bob', 'none', ` jid='${bob.jid}'/>${codes(110)}`).replace(' ><x', '><status>bye</status><x'))
  await alice.expect(left('Bob', 'none', ` jid='${bob.jid}'/>`).replace(' ><x', '><status>bye</status><x'))
  const carol = await enter(cast, 'carol', 'Carol')
  carol.drop()
  await alice.expect(left('Carol', 'none', ` jid='${carol.jid}'/>`))
})

story('ROOM-93: the configuration changes, and all are told what', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  alice.send(
    `<iq type='set' id='a' to='${ROOM}'><query xmlns='${OWNER}'><x xmlns='jabber:x:data' type='submit'><field var='muc#roomconfig_roomname'><value>Den</value></field><field var='x'><value>y</value></field><field var='muc#roomconfig_whois'><value>anyone</value></field></x></query></iq>`,
  )
  const told = `<message type='groupchat' from='${ROOM}'><x xmlns='${USER}'>${codes(172, 104)}</x></message>`
  await alice.expect(done)
  await alice.expect(told)
  await bob.expect(told)
  // Alice, as a moderator, has seen Bob's address already
  await bob.expect(occupant('Alice', 'owner', 'moderator', jidOf(alice)))
})

story('ROOM-100, ROOM-103: destroyed, and gone', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  alice.send(
    `<iq type='set' id='a' to='${ROOM}'><query xmlns='${OWNER}'><destroy jid='new@conference.a.example'><reason>moved</reason></destroy></query></iq>`,
  )
  const destroyed = (nick: string): string =>
    left(nick, 'none', `/><destroy jid='new@conference.a.example'><reason>moved</reason></destroy>${codes(110)}`)
  await bob.expect(destroyed('Bob'))
  await alice.expect(destroyed('Alice'))
  await alice.expect(done)
  bob.send(join('Bob'))
  await bob.expect(
    `<presence type='error' id='j' from='${ROOM}/Bob'><x xmlns='${MUC}'/><error by='${ROOM}' type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>xmpp:new@conference.a.example?join</gone>*</error></presence>`,
  )
})

story('ROOM-66: a ping of oneself, and of another', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  const ping = (nick: string): string => `<iq type='get' id='s' to='${ROOM}/${nick}'><ping xmlns='urn:xmpp:ping'/></iq>`
  bob.send(ping('Bob'))
  await bob.expect(`<iq type='result' id='s' from='${ROOM}/Bob'/>`)
  bob.send(ping('Alice'))
  const asked = await alice.expect(`<iq type='get' id='*' from='${ROOM}/Bob'><ping xmlns='urn:xmpp:ping'/></iq>`)
  alice.send(`<iq type='result' id='${asked.attr('id')!}' to='${ROOM}/Bob'/>`)
  await bob.expect(`<iq type='result' id='s' from='${ROOM}/Alice'/>`)
  const eve = await cast.client('eve', '1')
  eve.send(ping('Alice'))
  await eve.expect(error('iq', `id='s' from='${ROOM}/Alice'`, 'cancel', 'not-acceptable'))
})

story('a presence that is too large is refused, and nobody is shown it', async (cast) => {
  const alice = await open(cast)
  const large = `<status>${'x'.repeat(33_000)}</status>`
  alice.send(`<presence id='l' to='${ROOM}/Alice'>${large}</presence>`)
  await alice.expect(error('presence', `id='l' from='${ROOM}/Alice'`, 'modify', 'policy-violation'))
  const bob = await cast.client('bob', '1')
  bob.send(join('Bob').replace('<x ', `${large}<x `))
  await bob.expect(
    `<presence type='error' id='j' from='${ROOM}/Bob'><x xmlns='${MUC}'/><error by='${ROOM}' type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>*</error></presence>`,
  )
})

story('ROOM-68: a probe in the name of a person who is in the room tells nobody to be out', async (cast) => {
  await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  bob.send(`<presence type='probe' to='${ROOM}/Alice'/>`)
  await bob.expect(occupant('Alice', 'owner', 'moderator', '/>'))
  const eve = await cast.client('eve', '1')
  eve.send(`<presence type='probe' to='${ROOM}/Alice'/>`)
  await eve.expect(
    `<presence type='unavailable' from='${ROOM}/Alice'><x xmlns='${USER}'><item affiliation='none' role='none'/>${codes(110, 333)}</x>${ID}</presence>`,
  )
})

story(
  'T-M34, ROOM-84: over a restart nobody leaves the room, and nobody is told anything',
  { ...UNASKED, on: ['memory'] },
  async (cast) => {
    const alice = await open(cast)
    const bob = await enter(cast, 'bob', 'Bob')
    const carol = await enter(cast, 'carol', 'Carol')
    await cast.forget()
    const [a, b] = [await enable(alice), await enable(bob)]
    carol.send('</stream:stream>')
    await alice.expect(left('Carol', 'none', ` jid='${carol.jid}'/>`))
    await bob.expect(left('Carol', 'none', '/>'))
    const next = new Cast(await cast.server.restart(UNASKED, 1000))
    cast.atEnd(() => next.end())
    const again = await comeBack(next, alice, a, 1, 0)
    const bobAgain = await comeBack(next, bob, b, 1, 0)
    bobAgain.send(say('still here'))
    const said = `<message type='groupchat' id='m' from='${ROOM}/Bob' to='*'><body>still here</body><occupant-id xmlns='urn:xmpp:occupant-id:0' id='*'/><stanza-id xmlns='urn:xmpp:sid:0' id='*' by='${ROOM}'/></message>`
    await again.expect(said)
    await bobAgain.expect(said)
    await next.expectNothing()
  },
)

story('ROOM-157: many invitations in one message count as many', async (cast) => {
  const alice = await open(cast)
  const invite = (count: number): string => {
    const invites = Array.from({ length: count }, () => `<invite to='bob@a.example'/>`).join('')
    return `<message id='i' to='${ROOM}'><x xmlns='${USER}'>${invites}</x></message>`
  }
  const bob = await cast.client('bob', '1')
  alice.send(invite(21))
  await alice.expect(error('message', `id='i' from='${ROOM}'`, 'wait', 'policy-violation'))
  alice.send(invite(20))
  for (let i = 0; i < 20; i++) await bob.expect(`<message from='${ROOM}'>*</message>`)
  alice.send(invite(1))
  await alice.expect(error('message', `id='i' from='${ROOM}'`, 'wait', 'policy-violation'))
})
