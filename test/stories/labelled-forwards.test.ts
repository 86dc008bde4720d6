/** XEP-0258, decision 40: what carries a labelled message (XEP-0297) repeats it, and is never labelled lower than it. */
import assert from 'node:assert/strict'
import { ask, field } from '../support/archive.ts'
import { cleared, label, labelling } from '../support/labels.ts'
import { enter, open, ROOM } from '../support/rooms.ts'
import { bareOf, story, type Cast } from '../support/story.ts'
import { refusal } from '../support/xml-pattern.ts'
import type { Xml } from '../support/xml-reader.ts'

const [ALICE, BOB, CAROL] = [bareOf('alice'), bareOf('bob'), bareOf('carol')]
const LABELS = { labelling: labelling() }
const CLEARANCE = field('{urn:xmpp:sec-label:0}room_clearance', 'secret')
const DEFAULT = field('{urn:xmpp:sec-label:0}default_label', 'restricted')

/** A message as a client forwards it. */
const carried = (id: string, inside = ''): string =>
  `<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='x@y.example'><body>x</body>${label(id)}${inside}</message></forwarded>`
const WAYS: Readonly<Record<string, string>> = {
  'a forwarded message': carried('secret'),
  'a forwarded message with a lower label on the outside': carried('secret') + label('restricted'),
  'a forwarded message in a forwarded message': carried('restricted', carried('secret')),
  'the second of two': carried('unclassified') + `<x xmlns='urn:x'>${carried('secret')}</x>`,
}
const APART = carried('secret-orchard') + label('confidential-verona-mantua')
const chat = (to: string, id: string, inside: string): string => `<message type='chat' id='${id}' to='${to}'>${inside}</message>`
const groupchat = (id: string, inside: string): string => `<message type='groupchat' id='${id}' to='${ROOM}'>${inside}</message>`
const denied = (to: string, id: string): string => refusal('message', `id='${id}' from='${to}'`, 'auth', 'forbidden')
/** The marking of each label of the message itself. */
const ownLabels = (came: Xml): readonly (string | undefined)[] =>
  came.elements.flatMap((e) => (e.name === 'securitylabel' ? [e.child('displaymarking')?.text] : []))
const asAll = (cast: Cast): Promise<void> => cleared(cast.server, { [ALICE]: 'secret', [BOB]: 'secret', [CAROL]: 'restricted' })

for (const [what, inside] of Object.entries(WAYS)) {
  story(`LAB-25: ${what} of a higher label goes to no person who may not have it`, LABELS, async (cast) => {
    await asAll(cast)
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    alice.send(chat(bob.jid, 'f', `<body>look</body>${inside}`))
    const came = await bob.expect(`<message type='chat' id='f' from='${alice.jid}'>*</message>`)
    assert.deepEqual(ownLabels(came), ['SECRET'])
    await cleared(cast.server, { [BOB]: 'restricted' })
    alice.send(chat(bob.jid, 'g', inside))
    await alice.expect(denied(bob.jid, 'g'))
    bob.send(chat(alice.jid, 'h', inside))
    await bob.expect(denied(alice.jid, 'h'))
    assert.equal((await ask(bob)).said, '')
  })

  story(`LAB-27: ${what} of a higher label is heard in a room by those who may have it`, LABELS, async (cast) => {
    await asAll(cast)
    const alice = await open(cast, CLEARANCE + DEFAULT)
    const bob = await enter(cast, 'bob', 'Bob')
    const carol = await enter(cast, 'carol', 'Carol')
    await cast.forget()
    alice.send(groupchat('f', `<body>look</body>${inside}`), chat(`${ROOM}/Carol`, 'p', inside))
    const came = await bob.expect(`<message type='groupchat' id='f' from='${ROOM}/Alice'>*</message>`)
    assert.deepEqual(ownLabels(came), ['SECRET'])
    await alice.expect(`<message type='groupchat' id='f' from='${ROOM}/Alice'>*</message>`)
    await cast.settle()
    assert.deepEqual(carol.take(), [])
  })
}

story('LAB-26: a room labels what carries a lower label as what has none', LABELS, async (cast) => {
  await asAll(cast)
  const alice = await open(cast, CLEARANCE + DEFAULT)
  alice.send(groupchat('f', carried('unclassified')))
  const came = await alice.expect(`<message type='groupchat' id='f' from='${ROOM}/Alice'>*</message>`)
  assert.deepEqual(ownLabels(came), ['RESTRICTED'])
})

story('LAB-25: what carries a label that cannot be compared with its own is refused', LABELS, async (cast) => {
  await cleared(cast.server, { [ALICE]: 'secret-orchard', [BOB]: 'secret-orchard' })
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  alice.send(chat(bob.jid, 'f', APART))
  await alice.expect(denied(bob.jid, 'f'))
})

story('LAB-25: what another server forwards has the label of what it carries here', LABELS, async (cast) => {
  await cleared(cast.server, { [BOB]: 'secret', 'mantua.example': 'secret', [CAROL]: 'restricted' })
  const [bob, carol] = await cast.clients('bob/1', 'carol/1')
  const from = 'rosaline@mantua.example/1'
  for (const to of [carol.jid, bob.jid])
    await cast.fromElsewhere(`<message type='chat' id='f' from='${from}' to='${to}'>${carried('secret')}</message>`)
  const came = await bob.expect(`<message type='chat' id='f' from='${from}'>*</message>`)
  assert.deepEqual(ownLabels(came), ['SECRET'])
  await cast.settle()
  assert.deepEqual(carol.take(), [])
})
