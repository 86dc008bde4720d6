/**
 * ROOM-84: the server dies right after it has answered a change of a room. What was answered holds, for those too who were in the
 * room at the last checkpoint, and they are told.
 */
import assert from 'node:assert/strict'
import { ASKING, asking } from '../support/annotations.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import {
  admin,
  codes,
  configure,
  enter,
  exit,
  field,
  join,
  left,
  occupant,
  open,
  ROOM,
  say,
  SERVICE,
  USER,
} from '../support/rooms.ts'
import { Cast, storyOn } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import type { Xml } from '../support/xml-reader.ts'
import { comeBack, enable, RESUME_MS, UNASKED } from '../support/stream-management.ts'

const story = storyOn('memory')
const OWNER_NS = 'http://jabber.org/protocol/muc#owner'

interface Dead {
  readonly next: Cast
  readonly bob: StoryClient
  readonly id: string
}

/** Bob's client is away when the room and his session are written down; then `order` is answered, and the server dies. */
async function diedAfter(cast: Cast, fields: string, ...orders: readonly string[]): Promise<Dead> {
  const alice = await open(cast, fields)
  const bob = await enter(cast, 'bob', 'Bob')
  const id = await enable(bob)
  bob.drop()
  cast.pass(5000)
  await cast.settle()
  await cast.server.server.checkpoints.write()
  await cast.forget()
  for (const order of orders) {
    alice.send(order)
    await cast.settle()
    const answers = alice.take().filter((xml) => xml.name === 'iq')
    assert.deepEqual(
      answers.map((xml) => xml.attr('type')),
      ['result'],
      order,
    )
  }
  const next = new Cast(await cast.server.crash(UNASKED))
  cast.cut()
  cast.atEnd(() => next.end())
  await next.settle()
  return { next, bob, id }
}
const back = ({ next, bob, id }: Dead): Promise<StoryClient> => comeBack(next, bob, id, 0, 0)

const kick = admin(`<item nick='Bob' role='none'><reason>go</reason></item>`)
const ban = admin(`<item jid='bob@a.example' affiliation='outcast'/>`)
const closed = configure(field('muc#roomconfig_membersonly', '1'))
const destroy = `<iq type='set' id='a' to='${ROOM}'><query xmlns='${OWNER_NS}'><destroy jid='hall@conference.a.example'><reason>old</reason></destroy></query></iq>`

const PUT_OUT = [
  ['a ban', ban, 'outcast', 301],
  ['a kick', kick, 'none', 307],
  ['a room that is for members only now', closed, 'none', 322],
] as const
for (const [what, order, affiliation, code] of PUT_OUT)
  story(`ROOM-84: ${what} that was answered holds after a crash, and who is out is told`, UNASKED, async (cast) => {
    const dead = await diedAfter(cast, field('muc#roomconfig_persistentroom', '1'), order)
    const bob = await back(dead)
    await bob.expect(left('Bob', affiliation, ` jid='${bob.jid}'/>${codes(110, code)}`))
    const pong = await bob.ask(`<iq type='get' id='p' to='${ROOM}/Bob'><ping xmlns='urn:xmpp:ping'/></iq>`)
    assert.match(pong.show(), /<not-acceptable /)
  })

story('ROOM-84, ROOM-100: a room that was destroyed is gone after a crash, and who was in it is told', UNASKED, async (cast) => {
  const dead = await diedAfter(cast, '', destroy)
  const bob = await back(dead)
  const where = `<destroy jid='hall@conference.a.example'><reason>old</reason></destroy>`
  await bob.expect(
    `<presence type='unavailable' from='${ROOM}/Bob'><x xmlns='${USER}'><item affiliation='none' role='none'/>${codes(110)}${where}</x></presence>`,
  )
})

const RAISED = [
  ['an affiliation', '', admin(`<item jid='bob@a.example' affiliation='admin'/>`), 'admin', 'moderator'],
  ['a voice that was taken', '', admin(`<item nick='Bob' role='visitor'/>`), 'none', 'visitor'],
  ['a voice', field('muc#roomconfig_moderatedroom', '1'), admin(`<item nick='Bob' role='participant'/>`), 'none', 'participant'],
] as const
for (const [what, fields, order, affiliation, role] of RAISED)
  story(`ROOM-84: ${what} holds after a crash`, UNASKED, async (cast) => {
    const dead = await diedAfter(cast, fields, order)
    const bob = await back(dead)
    await bob.expect(occupant('Bob', affiliation, role, ` jid='${bob.jid}'/>${codes(110)}`))
  })

story('ROOM-84: what has not changed since the checkpoint is not told after a crash', UNASKED, async (cast) => {
  const dead = await diedAfter(cast, '', admin(`<item jid='carol@a.example' affiliation='member'/>`))
  const bob = await back(dead)
  // Alice was connected when the server died, and her session ended with it
  await bob.expect(left('Alice', 'owner', `/>${codes(333)}`))
  await dead.next.expectNothing()
})

story('ROOM-84: who is in a room when the server stops is told so, and nothing of the others after it', UNASKED, async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  await cast.forget()
  cast.server.server.host.tell('server-stopping', { sessions: 2 })
  const stops = (nick: string): string =>
    `<presence type='unavailable' from='${ROOM}/${nick}'><x xmlns='${USER}'><item affiliation='none' role='none'/>${codes(110, 332)}</x></presence>`
  await alice.expect(stops('Alice'))
  await bob.expect(stops('Bob'))
  bob.drop()
  await cast.settle()
  assert.deepEqual(alice.take(), [])
})

/** As if the session had been written down for the last time before its client entered any room. */
async function forgetDirected({ server }: Cast, owner: string): Promise<void> {
  const { keptSessions } = server.stores
  const its = (await keptSessions.all()).filter((session) => session.owner === owner)
  assert.equal(its.length, 1)
  const state = JSON.stringify({ ...(JSON.parse(its[0]!.state) as object), directed: [] })
  await keptSessions.update(its.map((session) => ({ session: { ...session, state }, added: [], gone: [] })))
}

story(
  'ROOM-84: whose client was connected and does not come back is in doubt after a crash, and then out',
  UNASKED,
  async (cast) => {
    await open(cast, field('muc#roomconfig_persistentroom', '1'))
    const bob = await cast.client('bob', '1')
    await enable(bob)
    bob.send(join('Bob'))
    await cast.settle()
    cast.pass(5000)
    await cast.settle()
    await cast.server.server.checkpoints.write()
    await forgetDirected(cast, 'bob@a.example')
    await cast.forget()
    const next = new Cast(await cast.server.crash(UNASKED))
    cast.cut()
    cast.atEnd(() => next.end())
    await next.settle()
    const carol = await asking(next, 'carol/1')
    carol.send(join('Carol', '', ASKING.c))
    await next.forget()
    await next.advance(5000)
    const told = carol.take().map((xml) => xml.show())
    assert.match(told.join(), /from='den@conference.a.example\/Bob'.*<connection-paused\/>/)
    await next.advance(RESUME_MS)
    await carol.expect(left('Bob', 'none', `/>${codes(333)}`))
  },
)

const DAVE = 'dave@b.example/1'
const isPing = (xml: Xml): boolean => xml.child('ping') !== undefined
const fromDave = (xml: string): string => xml.replace(' to=', ` from='${DAVE}' to=`)

story(
  'ROOM-141, ROOM-84: what waited for a lost link when the server died is told when the link is back',
  UNASKED,
  async (cast) => {
    const alice = await open(cast, field('muc#roomconfig_persistentroom', '1'))
    const bob = await enter(cast, 'bob', 'Bob')
    const before = new Elsewhere(cast, 'b.example', SERVICE)
    before.answersPings = false
    await before.send(fromDave(join('Dave')))
    cast.pass(200_000) // what Dave was told long before is not told again
    alice.send(say('old'))
    await cast.settle()
    cast.pass(90_000)
    await before.take()
    before.cut() // from now on everything waits for Dave's server, and is lost with ours
    alice.send(say('news'))
    bob.send(exit('Bob'))
    cast.pass(5000)
    await cast.settle()
    await cast.server.server.checkpoints.write()
    await cast.forget()
    cast.pass(100_000) // as if nobody started it at once
    const next = new Cast(await cast.server.crash(UNASKED))
    cast.cut()
    cast.atEnd(() => next.end())
    await next.settle()
    const b = new Elsewhere(next, 'b.example', SERVICE)
    b.answersPings = false
    b.restore()

    let told: readonly Xml[] = []
    while (!told.some(isPing)) {
      await next.advance(1000)
      told = await b.take()
    }
    const ping = told.find(isPing)!
    assert.equal(ping.attr('to'), DAVE)
    await b.send(`<iq type='result' id='${ping.attr('id')!}' from='${DAVE}' to='${ping.attr('from')!}'/>`)
    await next.advance(1000)
    told = await b.take()
    const gone = told.filter((xml) => xml.attr('type') === 'unavailable').map((xml) => xml.attr('from'))
    assert.deepEqual(gone.toSorted(), [`${ROOM}/Bob`])
    assert.deepEqual(
      told.flatMap((xml) => xml.child('body')?.text ?? []),
      ['news'],
    )
    assert(told.every((xml) => !xml.show().includes('bob@a.example')))
  },
)
