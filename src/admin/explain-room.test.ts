import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer } from '../../test/support/memory-server.ts'
import { passive } from '../server/links/links.ts'
import { jid } from '../xmpp/jid.ts'
import { Payload } from '../xmpp/packet.ts'
import { features } from '../xep/catalogue.ts'
import { roomsOf } from '../xep/0045-multi-user-chat/index.ts'
import { CommandError, commandsOf, runCommand } from './command.ts'
import { explainRoomCommand, type RoomExplanation } from './explain-room.ts'

const DEN = 'den@conference.example.net'
const join = (nick: string): string => `<presence to='${DEN}/${nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`
const UNLOCK = `<iq type='set' id='u' to='${DEN}'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>`

async function scene() {
  const server = await memoryServer({ features, settings: { ping: { idle: '1 day' } } })
  server.host.router.claimRest({ deliver: () => undefined }) // what goes to other servers is on its way
  const rooms = roomsOf(server.host)
  const commands = commandsOf(explainRoomCommand(server.host, rooms))
  const explain = (nick: string, room = DEN) => runCommand(commands, 'explain.room', { room, nick }) as Promise<RoomExplanation>
  const alice = await server.bind('alice@example.net', 'desk')
  await alice.send(join('Alice'))
  await alice.send(UNLOCK)
  /** Dave is on another server. */
  const dave = async (): Promise<void> => {
    const as = jid('dave@elsewhere.example/1')
    const presence = { payload: Payload.empty, lang: null, priority: 0 }
    const enter = {
      do: 'enter',
      as,
      face: 'xmpp',
      nick: 'Dave',
      password: null,
      presence,
      wantsDoubts: true,
      history: null,
      affiliationsSince: null,
      byStanding: false,
    } as const
    const actor = { jid: as.bare, session: as, transaction: null }
    await rooms!.rooms.perform({ address: jid(DEN), actor, command: enter, create: null, answered: null })
  }
  return { server, explain, alice, dave }
}
const words = ({ reasons }: RoomExplanation): string => reasons.map((r) => r.words).join('\n')

test('an occupant that is there: real address, rank, connection, and since when', async () => {
  const { server, explain } = await scene()
  const told = await explain('Alice')
  assert.equal(told.verdict, `Alice (alice@example.net) is in ${DEN} with 1 client.`)
  assert.deepEqual([told.jid, told.role, told.affiliation], ['alice@example.net', 'moderator', 'owner'])
  assert.deepEqual(told.resources[0]?.confidence, 'live')
  assert.match(words(told), /alice@example\.net\/desk: a client of this server, connected by memory from 192\.0\.2\.1:50000\./)
  assert.match(words(told), /0 of 0 other clients in the room ask for annotations/)
  assert.equal(told.reasons.find(({ words }) => words.includes('last presence'))?.since, server.clock.now())
  assert.deepEqual(told.remedies, [])
})

test('ROOM-140: a client without a connection, before and after others are told of it', async () => {
  const { server, explain, alice } = await scene()
  alice.session.disconnect()
  server.host.sessions.waitFor(alice.session, 300_000)
  const before = await explain('Alice')
  assert.match(before.verdict, /is not confirmed at this moment\. Others have not been told so/)
  assert.equal(before.resources[0]?.confidence, 'paused')
  await server.advance(3000)
  const { verdict, remedies, reasons } = await explain('Alice')
  assert.match(verdict, /^Whether Alice \(alice@example\.net\) is still in .* is not known: its client has lost its connection/)
  assert.match(remedies.join(), /alice@example\.net\/desk comes back; if it does not in time/)
  assert.ok(reasons.some(({ about, words }) => about === 'history' && words === 'alice@example.net/desk: lost its connection.'))
})

test('ROOM-140: an occupant behind a link that is lost, and one that has not answered since it is back', async () => {
  const { server, explain, dave } = await scene()
  let heardAt = server.clock.now()
  const link = server.host.links.of('conference.example.net', 'elsewhere.example', { ...passive, heardAt: () => heardAt })
  link.opened()
  await dave()
  const live = await explain('Dave')
  assert.equal(live.verdict, `Dave (dave@elsewhere.example) is in ${DEN} with 1 client.`)
  await server.advance(60_000)
  heardAt = server.clock.now()
  const later = (await explain('Dave')).resources[0]
  assert.deepEqual([later?.confidence, later?.confirmedBy], ['live', 'link'])
  link.closed(false)
  await server.advance(120_000)
  const lost = await explain('Dave')
  assert.match(lost.verdict, /^Whether Dave .* is not known: the link to its server is lost/)
  assert.equal(lost.resources[0]?.confidence, 'link-lost')
  assert.match(words(lost), /The link from conference\.example\.net to elsewhere\.example is down; occupants have been told/)
  assert.match(lost.remedies.join(), /The link to elsewhere\.example comes back\. After \[multi-user-chat\] link-keep/)
  link.opened()
  await server.advance(1)
  const back = await explain('Dave')
  assert.match(back.verdict, /is not known/)
  assert.equal(back.resources[0]?.confidence, 'unknown')
})

test('nobody of that nickname, and no such room', async () => {
  const { explain } = await scene()
  assert.equal((await explain('alice')).nick, 'Alice', 'there cannot be both')
  await assert.rejects(explain('Bob'), /Nobody with the nickname "Bob" is in den@.* `room show den@/)
  await assert.rejects(explain('Alice', 'attic@conference.example.net'), CommandError)
})
