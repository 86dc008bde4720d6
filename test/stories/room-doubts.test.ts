/** XEP-0310 4.3: occupants of whom nobody knows whether they are still there. */
import assert from 'node:assert/strict'
import { answer, asking, ASKING, isQuestion, comeBack, lose, loseAgain, PSA } from '../support/annotations.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import { story, type Cast, type Transport } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { choosePolicy } from '../../src/server/account/choose-policy.ts'
import type { SharePaused } from '../../src/im/presence-policy.ts'
import type { Xml } from '../support/xml-reader.ts'
import { federation, type Realm } from '../support/two-servers.ts'

const SERVICE = 'conference.a.example'
const ROOM = `den@${SERVICE}`
const MUC = 'http://jabber.org/protocol/muc'
const SM = { 'ask-after': '1 day', 'ask-after-stanzas': 100_000, 'resume-time': '5 minutes' }
const patient = { settings: { 'stream-management': SM }, on: ['memory'] as const satisfies readonly Transport[] }

const join = (nick: string, inside = ''): string => `<presence to='${ROOM}/${nick}'>${inside}<x xmlns='${MUC}'/></presence>`
const UNLOCK = `<iq type='set' id='u' to='${ROOM}'><query xmlns='${MUC}#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>`
const annotation = (doubt: string): string =>
  `<state-annotation xmlns='${PSA}' from='${SERVICE}'>${doubt === '' ? '' : `<${doubt}/>`}</state-annotation>`
const shown = (nick: string, item: string, more = ''): string =>
  `<presence from='${ROOM}/${nick}'><x xmlns='${MUC}#user'><item ${item}/></x><occupant-id xmlns='urn:xmpp:occupant-id:0' id='*'/>${more}</presence>`
const BOB = `affiliation='none' role='participant'`

async function enter(cast: Cast | Realm, client: StoryClient, nick: string, ...more: readonly string[]): Promise<StoryClient> {
  client.send(join(nick, nick === 'Alice' ? ASKING.c : ''), ...more)
  await cast.settle()
  const question = client.take().find(isQuestion)
  if (question !== undefined) answer(client, question, ASKING.query)
  await cast.forget()
  return client
}

story(
  'ROOM-130, ROOM-131, T-M22: a client that is away is annotated for those who ask, and never leaves',
  patient,
  async (cast) => {
    const alice = await enter(cast, await asking(cast, 'alice/1'), 'Alice', UNLOCK)
    await enter(cast, await cast.client('carol', '1'), 'Carol') // who does not ask
    const bob = await enter(cast, await cast.client('bob', '1'), 'Bob')
    const id = await lose(cast, bob)
    await cast.advance(2999)
    await cast.expectNothing()
    await cast.advance(1)
    await alice.expect(shown('Bob', `${BOB} jid='${bob.jid}'`, annotation('connection-paused')))
    await comeBack(cast, bob, id)
    await alice.expect(shown('Bob', `${BOB} jid='${bob.jid}'`, annotation('')))
  },
)

story('T-M15: a connection breaks without stream management: the occupant has left', patient, async (cast) => {
  const alice = await enter(cast, await asking(cast, 'alice/1'), 'Alice', UNLOCK)
  const bob = await enter(cast, await cast.client('bob', '1'), 'Bob')
  const other = await enter(cast, await cast.client('bob', '2'), 'Bob')
  const id = await lose(cast, other)
  bob.drop()
  await cast.advance(3000)
  // One client of the two is gone, and the other one is away: now nobody knows whether Bob is there
  await alice.expect(shown('Bob', `${BOB} jid='${bob.bare}/2'`, annotation('connection-paused')))
  const back = await comeBack(cast, other, id)
  await alice.expect(shown('Bob', `${BOB} jid='${bob.bare}/2'`, annotation('')))
  await cast.forget()
  back.drop() // a client that has resumed may do so again
  await cast.advance(5 * 60_000)
  await cast.settle()
  const last = alice.take().at(-1)!
  assert.deepEqual([last.attr('type'), last.attr('from')], ['unavailable', `${ROOM}/Bob`])
})

story('ROOM-139: the pauses of a client that comes and goes are told once in a minute', patient, async (cast) => {
  const alice = await enter(cast, await asking(cast, 'alice/1'), 'Alice', UNLOCK)
  const bob = await enter(cast, await cast.client('bob', '1'), 'Bob')
  const id = await lose(cast, bob)
  await cast.advance(3000)
  const doubted = shown('Bob', `${BOB} jid='${bob.jid}'`, annotation('connection-paused'))
  await alice.expect(doubted)
  const back = await comeBack(cast, bob, id)
  await alice.expect(shown('Bob', `${BOB} jid='${bob.jid}'`, annotation('')))
  await loseAgain(cast, back)
  await cast.advance(59_999)
  await cast.expectNothing()
  await cast.advance(1)
  await alice.expect(doubted)
})

story('PSA-35, ROOM-130: a user who does not share pauses is not annotated in rooms', patient, async (cast) => {
  const alice = await enter(cast, await asking(cast, 'alice/1'), 'Alice', UNLOCK)
  const bob = await enter(cast, await cast.client('bob', '1'), 'Bob')
  const choose = (sharePaused: SharePaused): Promise<unknown> =>
    choosePolicy(cast.server.host, bob.bare, { lastSeen: null, sharePaused })
  await choose('none')
  await lose(cast, bob)
  await cast.advance(60_000)
  await cast.expectNothing()
  await choose('contacts')
  await cast.advance(3000)
  await alice.expect(shown('Bob', `${BOB} jid='${bob.jid}'`, annotation('connection-paused')))
  await choose('local')
  await alice.expect(shown('Bob', `${BOB} jid='${bob.jid}'`, annotation('')))
})

story('ROOM-83: a client elsewhere that was silent for hours is asked whether it is there, once', patient, async (cast) => {
  cast.server.host.tell('sessions-restored', { sessions: 0 }) // as at every start of a server
  await cast.advance(1000)
  const b = new Elsewhere(cast, 'b.example', SERVICE)
  const alice = await enter(cast, await cast.client('alice', '1'), 'Alice', UNLOCK)
  await b.send(`<presence from='dave@b.example/1' to='${ROOM}/Dave'><x xmlns='${MUC}'/></presence>`)
  await cast.forget()
  await b.take()
  /** How often the client is asked in this time; the time ends with the first question. */
  const asked = async (ms: number, step: number): Promise<readonly Xml[]> => {
    for (let passed = 0; passed < ms; passed += step) {
      await cast.advance(step)
      const pings = (await b.take()).filter((xml) => xml.child('ping') !== undefined && xml.attr('to') === 'dave@b.example/1')
      if (pings.length > 0) return pings
    }
    return []
  }
  const [HOUR, MINUTE] = [3_600_000, 60_000]
  assert.equal((await asked(5.5 * HOUR, 30 * MINUTE)).length, 0)
  assert.equal((await asked(HOUR, 10 * MINUTE)).length, 1) // and does not answer
  assert.equal((await asked(5.5 * HOUR, 30 * MINUTE)).length, 0)
  await b.send(`<presence from='dave@b.example/1' to='${ROOM}/Dave'><show>away</show></presence>`)
  await cast.forget()
  assert.equal((await asked(5.5 * HOUR, 30 * MINUTE)).length, 0)
  const [ping] = await asked(HOUR, MINUTE / 2)
  await cast.expectNothing()
  const gone = `<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`
  await b.send(`<iq type='error' id='${ping!.attr('id')!}' from='dave@b.example/1' to='${ping!.attr('from')!}'>${gone}</iq>`)
  const left = await alice.expect(`<presence type='unavailable' from='${ROOM}/Dave'>*</presence>`)
  assert.deepEqual(left.child('x')!.child('status')!.attr('code'), '333')
})

story('ROOM-136: what the server of an occupant says against their presence is told to those who ask', patient, async (cast) => {
  const b = new Elsewhere(cast)
  const alice = await enter(cast, await asking(cast, 'alice/1'), 'Alice', UNLOCK)
  const carol = await enter(cast, await cast.client('carol', '1'), 'Carol') // who does not ask
  const dave = 'dave@b.example/1'
  const says = (inside: string): string => `<presence from='${dave}' to='${ROOM}/Dave'>${inside}</presence>`
  const theirs = (by: string, doubt: string): string =>
    `<state-annotation xmlns='${PSA}' from='${by}'>${doubt}</state-annotation>`
  await b.send(says(`<x xmlns='${MUC}'/>`))
  await cast.forget()
  await b.send(says(theirs('b.example', '<connection-paused/>')))
  await alice.expect(shown('Dave', `${BOB} jid='${dave}'`, annotation('connection-paused')))
  await cast.expectNothing()
  await b.send(says(theirs('b.example', '<connection-paused/>')), says(theirs('c.example', '<server-unavailable/>')))
  await alice.expect(shown('Dave', `${BOB} jid='${dave}'`, annotation(''))) // the second is not theirs to say, and says nothing
  await b.send(says(theirs('b.example', '<connection-paused/>')), says(theirs('b.example', '')))
  await alice.expect(
    shown('Dave', `${BOB} jid='${dave}'`, annotation('connection-paused')),
    shown('Dave', `${BOB} jid='${dave}'`, annotation('')),
  )
  assert.deepEqual(carol.take(), [])
})

/** Nothing gets through any more, and what there was breaks. */
async function cut(realm: Realm): Promise<void> {
  realm.isTogether = false
  realm.zone.isDown = true
  for (const stream of realm.a.streams()) stream.destroy()
  await realm.until('b.example has noticed', () => realm.b.streams().length === 0)
}

const serving = { shows: { dns: ['a.example', SERVICE] } }
federation(
  'T-M26, ROOM-137: occupants behind a broken link are annotated, asked when it is back, and never left',
  { a: serving },
  async (realm) => {
    realm.zone.services.set(SERVICE, { port: realm.a.port, directTls: false })
    const dave = await realm.client('dave@b.example/1')
    const alice = await realm.client('alice@a.example/1', { presence: null })
    await enter(realm, alice, 'Alice', `<presence>${ASKING.c}</presence>`, UNLOCK)
    await enter(realm, dave, 'Dave')
    await cut(realm)
    const doubted = await heard(realm, alice, (xml) => xml.child('state-annotation')?.child('server-unavailable') !== undefined)
    assert.equal(doubted.attr('from'), `${ROOM}/Dave`)
    realm.zone.isDown = false
    const ping = await heard(realm, dave, (xml) => xml.name === 'iq' && xml.child('ping') !== undefined)
    assert.equal(ping.attr('from'), ROOM)
    dave.send(`<iq type='result' id='${ping.attr('id')!}' to='${ROOM}'/>`)
    const certain = await heard(realm, alice, (xml) => xml.child('state-annotation')?.elements.length === 0)
    assert.equal(certain.attr('from'), `${ROOM}/Dave`)
    realm.isTogether = true
    await realm.forget()
  },
)

for (const [then, answer, isThere] of [
  ['a client that knows no pings is there', `type='result'`, true],
  ['a server says it for a client that is gone', `type='error'`, false],
] as const)
  federation(`ROOM-137: service-unavailable to a ping is no proof: ${then}`, { a: serving }, async (realm) => {
    realm.zone.services.set(SERVICE, { port: realm.a.port, directTls: false })
    const dave = await realm.client('dave@b.example/1')
    const alice = await realm.client('alice@a.example/1', { presence: null })
    await enter(realm, alice, 'Alice', `<presence>${ASKING.c}</presence>`, UNLOCK)
    await enter(realm, dave, 'Dave')
    await cut(realm)
    await heard(realm, alice, (xml) => xml.child('state-annotation')?.child('server-unavailable') !== undefined)
    realm.zone.isDown = false
    const ping = await heard(realm, dave, (xml) => xml.name === 'iq' && xml.child('ping') !== undefined)
    dave.send(`<iq type='error' id='${ping.attr('id')!}' to='${ROOM}'>${UNAVAILABLE}</iq>`)
    const info = await heard(realm, dave, (xml) => xml.name === 'iq' && xml.child('query') !== undefined)
    dave.send(`<iq ${answer} id='${info.attr('id')!}' to='${ROOM}'>${isThere ? '' : UNAVAILABLE}</iq>`)
    const last = await heard(realm, alice, ({ name, attrs }) => name === 'presence' && attrs['from'] === `${ROOM}/Dave`)
    assert.equal(last.attr('type'), isThere ? undefined : 'unavailable')
    assert.equal(last.child('state-annotation')?.elements.length, isThere ? 0 : undefined)
    realm.isTogether = true
    await realm.forget()
  })
const UNAVAILABLE = `<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`

federation(
  'ROOM-137: what a client behind a broken link could not be told it is told when it is there still',
  { a: serving },
  async (realm) => {
    const [alice, carol, dave] = await three(realm)
    await cut(realm)
    carol.send(`<presence type='unavailable' to='${ROOM}/Carol'/>`)
    alice.send(`<message type='groupchat' id='m1' to='${ROOM}'><body>Carol has left us</body></message>`)
    await realm.pass(60_000)
    realm.zone.isDown = false
    await answered(realm, dave)
    const seen = dave.take().map((xml) => `${xml.attr('type') ?? ''} ${xml.attr('from')!} ${xml.child('body')?.text ?? ''}`)
    assert.deepEqual(
      seen.filter((line) => line.includes(ROOM) && !line.startsWith('get')),
      [
        `unavailable ${ROOM}/Carol `,
        ` ${ROOM}/Alice `,
        ` ${ROOM}/Dave `,
        `groupchat ${ROOM}/Alice Carol has left us`,
        `groupchat ${ROOM} `,
      ],
    )
    realm.isTogether = true
    await realm.forget()
  },
)
federation('ROOM-137: a client behind a broken link that is gone is out of the room', { a: serving }, async (realm) => {
  const [alice, , dave] = await three(realm)
  await cut(realm)
  dave.drop()
  await realm.pass(1000)
  realm.zone.isDown = false
  const gone = await heard(realm, alice, (xml) => xml.attr('type') === 'unavailable')
  assert.equal(gone.attr('from'), `${ROOM}/Dave`)
  realm.isTogether = true
  await realm.forget()
})
federation('ROOM-122: a client that was put out behind a broken link is told so', { a: serving }, async (realm) => {
  const [alice, , dave] = await three(realm)
  await cut(realm)
  alice.send(`<iq type='set' id='k' to='${ROOM}'><query xmlns='${MUC}#admin'><item nick='Dave' role='none'/></query></iq>`)
  await realm.pass(60_000)
  realm.zone.isDown = false
  const gone = await heard(realm, dave, (xml) => xml.attr('type') === 'unavailable')
  assert.equal(gone.attr('from'), `${ROOM}/Dave`)
  realm.isTogether = true
  await realm.forget()
})

/** Alice, who made the room and asks for annotations, and Carol are here, Dave is elsewhere. */
async function three(realm: Realm): Promise<readonly [StoryClient, StoryClient, StoryClient]> {
  realm.zone.services.set(SERVICE, { port: realm.a.port, directTls: false })
  const [carol, dave] = [await realm.client('carol@a.example/1'), await realm.client('dave@b.example/1')]
  const alice = await realm.client('alice@a.example/1', { presence: null })
  await enter(realm, alice, 'Alice', `<presence>${ASKING.c}</presence>`, UNLOCK)
  await enter(realm, carol, 'Carol')
  await enter(realm, dave, 'Dave')
  return [alice, carol, dave]
}
/** The client is asked whether it is there, and says so. */
async function answered(realm: Realm, client: StoryClient): Promise<void> {
  const ping = await heard(realm, client, (xml) => xml.name === 'iq' && xml.child('ping') !== undefined)
  client.send(`<iq type='result' id='${ping.attr('id')!}' to='${ping.attr('from')!}'/>`)
  await realm.pass(1000)
}
/** Time passes until the client has received that. */
async function heard(realm: Realm, client: StoryClient, isIt: (xml: Xml) => boolean): Promise<Xml> {
  for (let i = 0; i < 300; i++) {
    const found = client.take().find(isIt)
    if (found !== undefined) return found
    await realm.pass(1000)
  }
  throw new Error(`${client.jid} has not received it`)
}
