/** ROOM-137, ROOM-140: an occupant whose server dies and comes back, as the room shows them and as `explain room` explains them. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as later } from 'node:timers/promises'
import { within } from '../support/within.ts'
import { Guest } from './in-a-room.ts'
import { slixmppInRooms } from './makes.ts'
import type { Endpoints } from './person.ts'
import { ejabberd } from './servers/ejabberd.ts'
import { roomsOf, type OtherMake } from './servers/other-server.ts'
import { prosody } from './servers/prosody.ts'
import { accountOf, openTwoServers, OURS, stateOfLink, THEIRS, type TwoServers } from './servers/two-servers.ts'

const ROOM = `orchard@${roomsOf(OURS)}`
const PATIENCE_MS = 60_000

interface Explained {
  readonly verdict: string
  readonly resources: readonly { readonly confidence: string }[]
  readonly reasons: readonly { readonly words: string }[]
}
const explain = ({ ours }: TwoServers): Promise<Explained> =>
  ours.ask('explain.room', { room: ROOM, nick: 'Juliet' }) as Promise<Explained>

async function play(t: TestContext, make: OtherMake): Promise<void> {
  const two = await openTwoServers(t, make, 'certificates', { grace: '2 s' }) // the watched links are counted once a second
  const { ours, theirs } = two
  const door: Endpoints = Object.create(two.door, { host: { value: '127.0.0.1' } }) // slixmpp looks for the name of the domain then
  const romeo = new Guest(await slixmppInRooms.come(door, await accountOf(two, 'romeo')), ROOM, 'Romeo')
  const juliet = new Guest(await slixmppInRooms.come(theirs, await theirs.account('juliet')), ROOM, 'Juliet')
  t.after(() => Promise.all([romeo, juliet].map(({ person }) => person.close())))
  await Promise.all([romeo, juliet].map(({ person }) => person.logIn()))
  await romeo.found()
  await juliet.enter('Romeo')
  await romeo.sees('Juliet')
  const live = await explain(two)
  assert.equal(live.verdict, `Juliet (juliet@${THEIRS}) is in ${ROOM} with 1 client.`)
  assert.ok(
    live.reasons.some(({ words }) => words === `The link from ${roomsOf(OURS)} to ${THEIRS} is up.`),
    JSON.stringify(live),
  )

  await theirs.crash()
  await stateOfLink(ours, 'down', roomsOf(OURS))
  const lost = await explain(two)
  assert.match(lost.verdict, /^Whether Juliet .* is not known: the link to its server is lost/)
  assert.equal(lost.resources[0]!.confidence, 'link-lost')

  await theirs.start()
  const gone = async (): Promise<void> => {
    const nobody = /Nobody with the nickname "Juliet"/
    for (;;) {
      const now = await explain(two).catch((error: Error) => error)
      if (now instanceof Error) return assert.match(now.message, nobody)
      assert.match(now.verdict, /is not known/, 'what nobody has confirmed is not called live')
      await later(100)
    }
  }
  await within(PATIENCE_MS, 'Juliet, who is not there any more, to be gone', gone())
}

for (const make of [prosody, ejabberd])
  test(`${make.name} dies and comes back without its users`, { skip: make.missing || slixmppInRooms.missing }, (t) =>
    play(t, make),
  )
