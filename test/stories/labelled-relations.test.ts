/** XEP-0258, decision 40: what is said about a message in a room, of which not everybody may learn that it was said. */
import assert from 'node:assert/strict'
import { field } from '../support/archive.ts'
import { cleared, label, labelling } from '../support/labels.ts'
import { enter, error, open, ROOM } from '../support/rooms.ts'
import { bareOf, Cast, story } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'

const MEMORY = { labelling: labelling(), on: ['memory'] as const }
const CLEARANCE = field('{urn:xmpp:sec-label:0}room_clearance', 'secret')
const UNARCHIVED = field('muc#roomconfig_enablearchiving', '0')
const NO_STORE = "<no-store xmlns='urn:xmpp:hints'/>"

/** Alice and Bob (SECRET), and Carol (RESTRICTED). */
async function scene(cast: Cast, fields = ''): Promise<readonly [StoryClient, StoryClient, StoryClient]> {
  await cleared(cast.server, { [bareOf('alice')]: 'secret', [bareOf('bob')]: 'secret', [bareOf('carol')]: 'restricted' })
  const alice = await open(cast, CLEARANCE + fields)
  const bob = await enter(cast, 'bob', 'Bob')
  const carol = await enter(cast, 'carol', 'Carol')
  await cast.forget()
  return [alice, bob, carol]
}
const groupchat = (id: string, inside: string): string => `<message type='groupchat' id='${id}' to='${ROOM}'>${inside}</message>`
const whisper = (nick: string, id: string, inside: string): string =>
  `<message type='chat' id='${id}' to='${ROOM}/${nick}'>${inside}</message>`
const heard = (id: string): string => `<message type='groupchat' id='${id}' from='${ROOM}/Alice'>*</message>`
const missing = (id: string) => error('message', `id='${id}' from='${ROOM}'`, 'cancel', 'item-not-found')
/** Somebody says a secret, with the id `s`. */
async function secret(cast: Cast, by: StoryClient, more = ''): Promise<void> {
  by.send(groupchat('s', `<body>x</body>${label('secret')}${more}`))
  await cast.forget()
}

const CORRECTION = "<body>edited</body><replace xmlns='urn:xmpp:message-correct:0' id='s'/>"
const REACTION = "<reactions xmlns='urn:xmpp:reactions:0' id='s'><reaction>x</reaction></reactions>"
const MARKER = "<displayed xmlns='urn:xmpp:chat-markers:0' id='s'/>"
const REPLY = "<body>so it is</body><reply xmlns='urn:xmpp:reply:0' id='s'/>"
const REFERENCE =
  "<body>look</body><reference xmlns='urn:xmpp:reference:0' type='data' uri='xmpp:lab@conference.a.example?;id=s'/>"
const RECEIPT = "<received xmlns='urn:xmpp:receipts' id='s'/>"

story('LAB-27: the correction of a secret that the room has not kept went to everybody', MEMORY, async (cast) => {
  const [alice, , carol] = await scene(cast)
  await secret(cast, alice, NO_STORE)
  for (const more of ['', NO_STORE]) {
    alice.send(groupchat('c', CORRECTION + more))
    await alice.expect(missing('c'))
  }
  assert.deepEqual(carol.take(), [])
})

story('LAB-27: in a room without an archive what named a secret went to everybody after a restart', MEMORY, async (cast) => {
  const before = await scene(cast, UNARCHIVED + field('muc#roomconfig_persistentroom', '1'))
  await secret(cast, before[0])
  const next = new Cast(await cast.server.restart({ labelling: labelling() }, 1000))
  for (const client of before) client.take()
  const alice = await enter(next, 'alice', 'Alice')
  const carol = await enter(next, 'carol', 'Carol')
  await next.forget()
  for (const inside of [CORRECTION, REACTION, RECEIPT, MARKER, REPLY, REFERENCE]) {
    alice.send(groupchat('c', inside))
    await alice.expect(missing('c'))
    alice.send(whisper('Carol', 'p', inside))
    await alice.expect(error('message', `id='p' from='${ROOM}/Carol'`, 'cancel', 'item-not-found'))
  }
  assert.deepEqual(carol.take(), [])
  alice.send(groupchat('f', `<body>x</body><file xmlns='urn:x' id='s'/>`))
  for (const client of [alice, carol]) await client.expect(heard('f'))
})

story('LAB-27: in a room that takes no secrets nothing that names a forgotten message is refused', MEMORY, async (cast) => {
  const alice = await open(cast, UNARCHIVED)
  alice.send(groupchat('n', REACTION))
  await alice.expect(heard('n'))
})

story('LAB-27: a private message about a secret of the room went to somebody who had not heard it', MEMORY, async (cast) => {
  const [alice, bob, carol] = await scene(cast)
  await secret(cast, bob)
  for (const inside of [REACTION, RECEIPT, MARKER, REPLY]) {
    alice.send(whisper('Carol', 'p', inside), whisper('Bob', 'p', inside))
    const came = await bob.expect(`<message type='chat' id='p' from='${ROOM}/Alice'>*</message>`)
    assert.match(came.show(), /MQYCAQQGASk=/, 'the label of the secret')
  }
  await cast.settle()
  assert.deepEqual(carol.take(), [])
})

story('LAB-27: a private message about a private one has no lower label, and what all may know passes', MEMORY, async (cast) => {
  const [alice, bob, carol] = await scene(cast)
  alice.send(whisper('Bob', 's', `<body>x</body>${label('secret')}`), whisper('Carol', 'o', '<body>open</body>'))
  await bob.expect(`<message type='chat' id='s' from='${ROOM}/Alice'>*</message>`)
  await carol.expect(`<message type='chat' id='o' from='${ROOM}/Alice'>*</message>`)
  alice.send(whisper('Bob', 'c', CORRECTION))
  assert.match((await bob.expect(`<message type='chat' id='c' from='${ROOM}/Alice'>*</message>`)).show(), /MQYCAQQGASk=/)
  bob.send(whisper('Alice', 'd', RECEIPT))
  assert.match((await alice.expect(`<message type='chat' id='d' from='${ROOM}/Bob'>*</message>`)).show(), /MQYCAQQGASk=/)
  carol.send(whisper('Alice', 'e', RECEIPT.replace("id='s'", "id='o'")))
  await alice.expect(`<message type='chat' id='e' from='${ROOM}/Carol'>*</message>`)
  alice.send(whisper('Carol', 'f', CORRECTION.replace("id='s'", "id='o'")))
  await carol.expect(`<message type='chat' id='f' from='${ROOM}/Alice'>*</message>`)
  alice.send(whisper('Carol', 'g', CORRECTION))
  await alice.expect(error('message', `id='g' from='${ROOM}/Carol'`, 'cancel', 'item-not-found'))
})

for (const [where, fields] of [
  ['a room', ''],
  ['a room without an archive', UNARCHIVED],
] as const)
  story(
    `LAB-27: in ${where} what named the secret of another by the id of its stanza went to everybody`,
    MEMORY,
    async (cast) => {
      const [alice, bob, carol] = await scene(cast, fields)
      await secret(cast, bob)
      for (const inside of [REACTION, RECEIPT, REFERENCE]) {
        alice.send(groupchat('n', inside))
        for (const client of [alice, bob]) await client.expect(heard('n'))
      }
      await cast.settle()
      assert.deepEqual(carol.take(), [])
    },
  )
