/** Our users in rooms of other servers (ROOM-120 to 124, XEP-0410): after a loss the server finds out whether they are still in. */
import assert from 'node:assert/strict'
import { asking, comeBack, doubtedSince, lose as loseClient, PSA, resumable } from '../support/annotations.ts'
import { ANNOUNCED_MS, Elsewhere } from '../support/elsewhere.ts'
import { Cast, storyOn } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { UNASKED } from '../support/stream-management.ts'
import type { Xml } from '../support/xml-reader.ts'

const story = storyOn('memory')
const MUC = 'http://jabber.org/protocol/muc'
const ROOM = 'den@b.example'
const USER = `affiliation='none' role='participant'`
/** Jitter, and a moment. */
const ASKED_MS = 6000

const item = (more = ''): string => `<x xmlns='${MUC}#user'><item ${USER}/>${more}</x>`
const presenceOf = (nick: string, to: string, inside = item()): string =>
  `<presence from='${ROOM}/${nick}' to='${to}'>${inside}</presence>`
const OUT = `<presence type='unavailable' from='${ROOM}/Alice'><x xmlns='${MUC}#user'><item affiliation='none' role='none'/><status code='110'/><status code='333'/></x></presence>`
const GONE = `<presence type='unavailable' from='${ROOM}/Bob'><x xmlns='${MUC}#user'><item affiliation='none' role='none'/></x></presence>`
const OWN = item(`<status code='110'/>`)

/** Alice is in a room elsewhere, where Bob is too. */
async function enter(cast: Cast, alice: StoryClient): Promise<Elsewhere> {
  const b = new Elsewhere(cast)
  b.answersPings = false
  alice.send(`<presence to='${ROOM}/Alice'><x xmlns='${MUC}'/></presence>`)
  await cast.settle()
  await b.send(presenceOf('Bob', alice.jid), presenceOf('Alice', alice.jid, OWN))
  await cast.forget()
  await b.take()
  return b
}
/** The questions about her that have come to the room. */
async function questions(b: Elsewhere, what = 'ping'): Promise<readonly Xml[]> {
  const all = await b.take()
  return all.filter((xml) => xml.attr('to')!.startsWith(ROOM) && xml.child(what) !== undefined)
}
async function ping(cast: Cast, b: Elsewhere, alice: StoryClient): Promise<Xml> {
  await cast.advance(ASKED_MS)
  const all = await questions(b)
  assert.deepEqual(
    all.map((xml) => [xml.attr('from'), xml.attr('to')]),
    [[alice.jid, `${ROOM}/Alice`]],
  )
  return all[0]!
}
const reply = (question: Xml, type: string, inside = ''): string =>
  `<iq type='${type}' id='${question.attr('id')!}' from='${question.attr('to')!}' to='${question.attr('from')!}'>${inside}</iq>`
const refuse = (question: Xml, condition: string, type = 'cancel'): string =>
  reply(question, 'error', `<error type='${type}'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`)

/** The link breaks for a moment, of which nobody is told. */
async function lose(cast: Cast, b: Elsewhere): Promise<void> {
  b.cut()
  b.restore()
  await cast.settle()
}

for (const condition of ['not-acceptable', 'forbidden', 'bad-request'])
  story(`ROOM-122, ROOM-124: after a loss the room answers ${condition}: the client is told that it is out`, async (cast) => {
    const alice = await cast.client('alice', '1')
    const b = await enter(cast, alice)
    await lose(cast, b)
    await b.send(refuse(await ping(cast, b, alice), condition))
    await alice.expect(OUT)
    await lose(cast, b)
    await cast.advance(ASKED_MS)
    assert.deepEqual(await questions(b), [])
  })
for (const condition of ['service-unavailable', 'feature-not-implemented'])
  story(`ROOM-122: the room answers ${condition}: the client is in, and hears nothing of it`, async (cast) => {
    const alice = await cast.client('alice', '1')
    const b = await enter(cast, alice)
    await lose(cast, b)
    await b.send(refuse(await ping(cast, b, alice), condition))
    await cast.expectNothing()
    await lose(cast, b)
    await b.send(reply(await ping(cast, b, alice), 'result'))
    await cast.expectNothing()
  })
for (const [condition, isOut] of [
  ['item-not-found', true],
  ['gone', true],
  ['forbidden', false],
] as const)
  story(`ROOM-122: item-not-found, and whether there is such a room is answered ${condition}`, async (cast) => {
    const alice = await cast.client('alice', '1')
    const b = await enter(cast, alice)
    await lose(cast, b)
    await b.send(refuse(await ping(cast, b, alice), 'item-not-found'))
    const [question] = await questions(b, 'query')
    await b.send(refuse(question!, condition))
    if (isOut) await alice.expect(OUT)
    else await cast.expectNothing()
  })

for (const [how, part] of [
  ['its connection breaks', (b: Elsewhere) => b.cut()],
  ['it closes its streams properly', (b: Elsewhere) => b.part()],
] as const)
  story(
    `T-M27, ROOM-122: the service of a room elsewhere restarts, and ${how}: its client is told in 15 seconds`,
    async (cast) => {
      const alice = await cast.client('alice', '1')
      const b = await enter(cast, alice)
      part(b)
      await cast.advance(5000)
      b.restore()
      await cast.settle()
      await b.send(refuse(await ping(cast, b, alice), 'not-acceptable'))
      await alice.expect(OUT)
    },
  )
story('ROOM-122: a link that is opened again and again: the room is asked once in a minute', async (cast) => {
  const alice = await cast.client('alice', '1')
  const b = await enter(cast, alice)
  const again = async (): Promise<void> => {
    b.part()
    b.restore()
    await cast.settle()
  }
  await again()
  await b.send(reply(await ping(cast, b, alice), 'result'))
  await again()
  await cast.advance(ASKED_MS)
  assert.deepEqual(await questions(b), [])
  await cast.advance(60_000)
  await again()
  await ping(cast, b, alice)
})

const ASKS = `<presence to='${ROOM}/Alice'><x xmlns='${MUC}'/></presence>`
const LEAVES = (alice: StoryClient): string => `<presence type='unavailable' from='${alice.jid}' to='${ROOM}/Alice'/>`
/** Alice asks to enter, and knows Bob; the link breaks before the room has said that she is in. */
async function half(cast: Cast, alice: StoryClient): Promise<Elsewhere> {
  const b = new Elsewhere(cast)
  b.answersPings = false
  alice.send(ASKS)
  await cast.settle()
  await b.send(presenceOf('Bob', alice.jid))
  await cast.forget()
  await b.take()
  await lose(cast, b)
  return b
}
story('ROOM-122: a join whose answer was lost in part: the client and the room are both told that it is not in', async (cast) => {
  const alice = await cast.client('alice', '1')
  const b = await half(cast, alice)
  await b.send(reply(await ping(cast, b, alice), 'result'))
  await alice.expect(OUT)
  await b.expect(LEAVES(alice))
  await lose(cast, b)
  await cast.advance(ASKED_MS)
  assert.deepEqual(await questions(b), [], 'it is neither in nor on its way')
})
story('ROOM-122: the same, and the room does not have the client: it need not be told', async (cast) => {
  const alice = await cast.client('alice', '1')
  const b = await half(cast, alice)
  await b.send(refuse(await ping(cast, b, alice), 'not-acceptable'))
  await alice.expect(OUT)
  await b.expectNothing()
})
story('ROOM-122: the request was only late: the room answers it before the ping, and the client is in', async (cast) => {
  const alice = await cast.client('alice', '1')
  const b = await half(cast, alice)
  const question = await ping(cast, b, alice)
  await b.send(presenceOf('Alice', alice.jid, OWN), reply(question, 'result'))
  await alice.expect(presenceOf('Alice', alice.jid, OWN))
  await b.expectNothing()
})
story('ROOM-122: the client asks anew meanwhile: the answer to the first ping does not concern that', async (cast) => {
  const alice = await cast.client('alice', '1')
  const b = await half(cast, alice)
  const question = await ping(cast, b, alice)
  alice.send(ASKS)
  await cast.settle()
  await b.take()
  await b.send(reply(question, 'result'))
  await cast.expectNothing()
  await b.expectNothing()
})
for (const [how, ends] of [
  [
    'is refused',
    async (b: Elsewhere, alice: StoryClient) =>
      b.send(
        `<presence type='error' from='${ROOM}/Alice' to='${alice.jid}'><error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>`,
      ),
  ],
  [
    'is taken back',
    async (b: Elsewhere, alice: StoryClient) => (
      alice.send(`<presence type='unavailable' to='${ROOM}/Alice'/>`),
      void (await b.take())
    ),
  ],
] as const)
  story(`ROOM-122: a join that ${how} is not asked about after a loss`, async (cast) => {
    const alice = await cast.client('alice', '1')
    const b = new Elsewhere(cast)
    b.answersPings = false
    alice.send(ASKS)
    await cast.settle()
    await b.take()
    await ends(b, alice)
    await cast.forget()
    await lose(cast, b)
    await cast.advance(ASKED_MS)
    assert.deepEqual(await questions(b), [])
  })
story(
  'ROOM-122: a restart of ours while a client asks to enter: it and the room are told that it is not in',
  UNASKED,
  async (cast) => {
    const alice = await cast.client('alice', '1')
    await half(cast, alice)
    const id = await resumable(alice)
    const next = new Cast(await cast.server.restart(UNASKED, 1000))
    cast.atEnd(() => next.end())
    const b = new Elsewhere(next)
    b.answersPings = false
    b.restore()
    await b.send(reply(await ping(next, b, alice), 'result'))
    await b.expect(LEAVES(alice))
    const back = await comeBack(next, alice, id)
    await back.expect(OUT)
  },
)

story('ROOM-122: no answer and errors that decide nothing: it is asked again', async (cast) => {
  const alice = await cast.client('alice', '1')
  const b = await enter(cast, alice)
  await lose(cast, b)
  await b.send(refuse(await ping(cast, b, alice), 'remote-server-timeout', 'wait'))
  await cast.advance(60_000)
  await b.send(refuse(await ping(cast, b, alice), 'policy-violation', 'wait'))
  await cast.advance(60_000)
  await ping(cast, b, alice) // which nobody answers
  await cast.advance(30_000 + 60_000 - ASKED_MS)
  await b.send(refuse(await ping(cast, b, alice), 'not-acceptable'))
  await alice.expect(OUT)
})

story('ROOM-121, ROOM-122: occupants are in doubt until the room says that the client is in', async (cast) => {
  const alice = await asking(cast, 'alice/1')
  const b = await enter(cast, alice)
  b.cut()
  await cast.advance(ANNOUNCED_MS)
  const doubt = `<state-annotation xmlns='${PSA}' from='a.example'><server-unavailable/><description xml:lang='en'>*</description>${doubtedSince()}</state-annotation>`
  await alice.expectAll(presenceOf('Bob', alice.jid, item() + doubt), presenceOf('Alice', alice.jid, OWN + doubt))
  b.restore()
  await cast.settle()
  await b.send(reply(await ping(cast, b, alice), 'result'))
  const none = `<state-annotation xmlns='${PSA}' from='a.example'/>`
  await alice.expectAll(presenceOf('Bob', alice.jid, item() + none), presenceOf('Alice', alice.jid, OWN + none))
})
story('ROOM-122: out after an outage: the others, whom the client was told to doubt, are gone too', async (cast) => {
  const alice = await asking(cast, 'alice/1')
  const b = await enter(cast, alice)
  b.cut()
  await cast.advance(ANNOUNCED_MS)
  await cast.forget()
  b.restore()
  await cast.settle()
  await b.send(refuse(await ping(cast, b, alice), 'not-acceptable'))
  await alice.expectAll(GONE, OUT)
})

story(
  'ROOM-130: a client that is away is annotated in rooms elsewhere that understand it, until it is back',
  UNASKED,
  async (cast) => {
    for (const understands of [true, false]) {
      const alice = await cast.client('alice', '1')
      const b = await enter(cast, alice)
      const id = await loseClient(cast, alice)
      await cast.advance(2999)
      await b.expectNothing()
      await cast.advance(1)
      const [question] = await b.take()
      if (understands) assert.deepEqual([question!.attr('from'), question!.attr('to')], ['a.example', 'b.example'])
      await b.send(
        reply(
          question!,
          'result',
          `<query xmlns='http://jabber.org/protocol/disco#info'>${understands ? `<feature var='${PSA}'/>` : ''}</query>`,
        ),
      )
      const says = (doubt: string): string =>
        `<presence from='${alice.jid}' to='${ROOM}/Alice'><state-annotation xmlns='${PSA}' from='a.example'>${doubt}</state-annotation></presence>`
      if (understands) await b.expect(says(`<connection-paused/>*`))
      const back = await comeBack(cast, alice, id)
      if (understands) await b.expect(says(''))
      await b.expectNothing()
      back.send(`<presence type='unavailable' to='${ROOM}/Alice'/>`)
      back.send(`<presence type='unavailable'/>`)
      await b.take()
      await cast.advance(3_600_001) // the answer is forgotten
      await cast.forget()
    }
  },
)
story('ROOM-120: another nickname is asked for; who has left is not asked about', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  const b = await enter(cast, alice)
  alice.send(`<presence to='${ROOM}/Alicia'/>`)
  await cast.settle()
  const renamed = `<x xmlns='${MUC}#user'><item ${USER} nick='Alicia'/><status code='303'/><status code='110'/></x>`
  await b.send(
    `<presence type='unavailable' from='${ROOM}/Alice' to='${alice.jid}'>${renamed}</presence>`,
    presenceOf('Alicia', alice.jid, OWN),
    presenceOf('Stranger', bob.jid, OWN), // who has never been there
  )
  await cast.forget()
  await lose(cast, b)
  await cast.advance(ASKED_MS)
  const [question, ...more] = await questions(b)
  assert.deepEqual([question!.attr('to'), more], [`${ROOM}/Alicia`, []])
  await b.send(reply(question!, 'result'))
  alice.send(`<presence type='unavailable' to='${ROOM}/Alicia'/>`)
  await b.send(`<presence type='unavailable' from='${ROOM}/Alicia' to='${alice.jid}'>${OWN}</presence>`)
  await cast.forget()
  await lose(cast, b)
  await cast.advance(ASKED_MS)
  assert.deepEqual(await questions(b), [])
})

story('ROOM-123: a restart of ours: it is asked for a client that sleeps, and the news waits for it', UNASKED, async (cast) => {
  const alice = await cast.client('alice', '1')
  await enter(cast, alice)
  const id = await resumable(alice)
  const next = new Cast(await cast.server.restart(UNASKED, 1000))
  cast.atEnd(() => next.end())
  const b = new Elsewhere(next)
  b.answersPings = false
  b.restore()
  await b.send(refuse(await ping(next, b, alice), 'not-acceptable'))
  const back = await comeBack(next, alice, id)
  await back.expect(OUT)
})
