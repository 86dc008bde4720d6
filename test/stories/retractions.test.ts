/** XEP-0424 in the archives of accounts: whose message a retraction takes back, and in which order both are stored. */
import assert from 'node:assert/strict'
import { ask } from '../support/archive.ts'
import { enter, open, ROOM, USER } from '../support/rooms.ts'
import { bareOf, story, storyOn } from '../support/story.ts'

const BOB = bareOf('bob')
const MARK = `<x xmlns='${USER}'/>`
const chat = (to: string, id: string, inside = `<body>${id}</body>`): string =>
  `<message type='chat' id='${id}' to='${to}'>${inside}</message>`
const retract = (to: string, id: string, more = ''): string =>
  chat(to, `r-${id}`, `<retract xmlns='urn:xmpp:message-retract:1' id='${id}'/>${more}`)

story('MAM-39, MAM-20: a message that follows a retraction is not stored in front of it', { on: ['memory'] }, async (cast) => {
  const [alice, other, bob] = await cast.clients('alice/1', 'alice/2', 'bob/1')
  alice.send(chat(BOB, '1'))
  await cast.forget()
  alice.send(retract(BOB, '1'))
  other.send(chat(BOB, '2'))
  await cast.forget()
  for (const client of [alice, bob]) assert.equal((await ask(client)).said, 'retractedretract2')
})
story('MAM-39: a contact who uses the id of a message prevents nobody from taking it back', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  alice.send(chat(BOB, '1'))
  await cast.settle()
  bob.send(chat(bareOf('alice'), '1'))
  await cast.settle()
  alice.send(retract(BOB, '1'))
  await cast.forget()
  for (const client of [alice, bob]) assert.equal((await ask(client)).said, 'retracted1retract')
})

story("ROOM-117, MAM-39: an occupant of a room does not take back another's private message", async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  const carol = await enter(cast, 'carol', 'Carol')
  bob.send(chat(`${ROOM}/Alice`, '1', `<body>1</body>${MARK}`))
  await cast.settle()
  carol.send(chat(`${ROOM}/Alice`, '1', `<body>2</body>${MARK}`), retract(`${ROOM}/Alice`, '1', MARK))
  await cast.forget()
  assert.equal((await ask(alice)).said, '1retractedretract')
  bob.send(retract(`${ROOM}/Alice`, '1'))
  await cast.forget()
  assert.equal((await ask(alice)).said, 'retractedretractedretractretract')
  assert.equal((await ask(bob)).said, 'retractedretract')
})
const MEMORY = storyOn('memory')
MEMORY('ROOM-117, XEP-0421: whoever has the nickname now does not take back what another has written under it', async (cast) => {
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  bob.send(chat(`${ROOM}/Alice`, '1'), `<presence type='unavailable' to='${ROOM}/Bob'/>`)
  await cast.settle()
  const carol = await enter(cast, 'carol', 'Bob')
  carol.send(retract(`${ROOM}/Alice`, '1'))
  await cast.forget()
  assert.equal((await ask(alice)).said, '1retract')
})
