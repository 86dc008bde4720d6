/** XEP-0258, decision 40: what is said to one person about another message is never labelled lower than that message. */
import assert from 'node:assert/strict'
import { ask } from '../support/archive.ts'
import { cleared, label, labelling } from '../support/labels.ts'
import { bareOf, Cast, story } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { refusal } from '../support/xml-pattern.ts'

const [ALICE, BOB] = [bareOf('alice'), bareOf('bob')]
const LABELS = { labelling: labelling() }
const UNARCHIVED = { ...LABELS, settings: { 'message-archive': { enabled: false } } }
const MEMORY = { ...LABELS, on: ['memory'] as const }

const chat = (to: string, id: string, inside: string): string => `<message type='chat' id='${id}' to='${to}'>${inside}</message>`
const denied = (to: string, id: string): string => refusal('message', `id='${id}' from='${to}'`, 'auth', 'forbidden')
const unknown = (to: string, id: string): string => refusal('message', `id='${id}' from='${to}'`, 'cancel', 'item-not-found')

const ABOUT: Readonly<Record<string, (id: string) => string>> = {
  'a correction (XEP-0308)': (id) => `<body>edited</body><replace xmlns='urn:xmpp:message-correct:0' id='${id}'/>`,
  'a retraction (XEP-0424)': (id) => `<retract xmlns='urn:xmpp:message-retract:1' id='${id}'/>`,
  'a reaction (XEP-0444)': (id) => `<reactions xmlns='urn:xmpp:reactions:0' id='${id}'><reaction>x</reaction></reactions>`,
  'a marker (XEP-0333)': (id) => `<displayed xmlns='urn:xmpp:chat-markers:0' id='${id}'/>`,
  'a receipt (XEP-0184)': (id) => `<received xmlns='urn:xmpp:receipts' id='${id}'/>`,
  'a reference (XEP-0372)': (id) =>
    `<body>see there</body><reference xmlns='urn:xmpp:reference:0' type='data' uri='xmpp:${BOB}?message;id=${id}'/>`,
  'a reply (XEP-0461)': (id) => `<body>as you say</body><reply xmlns='urn:xmpp:reply:0' to='${ALICE}' id='${id}'/>`,
}

/** Alice and Bob (SECRET): each has told the other a secret, `a` and `b`. */
async function scene(cast: Cast): Promise<readonly [StoryClient, StoryClient]> {
  await cleared(cast.server, { [ALICE]: 'secret', [BOB]: 'secret' })
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  alice.send(chat(bob.jid, 'a', `<body>x</body>${label('secret')}`))
  bob.send(chat(alice.jid, 'b', `<body>y</body>${label('secret')}`))
  await cast.forget()
  return [alice, bob]
}

for (const [archive, settings] of [
  ['an archive', LABELS],
  ['no archive', UNARCHIVED],
] as const)
  for (const [what, about] of Object.entries(ABOUT))
    story(`LAB-25: with ${archive}, ${what} has no lower label than the message that it names`, settings, async (cast) => {
      const [alice, bob] = await scene(cast)
      for (const id of ['a', 'b']) {
        alice.send(chat(bob.jid, 'c', about(id)))
        const came = await bob.expect(`<message type='chat' id='c' from='${alice.jid}'>*</message>`)
        assert.match(came.show(), /MQYCAQQGASk=/, 'the label of the other one')
        assert.match(came.show(), new RegExp(`id=['"]?${id}['"]`))
      }
      await cleared(cast.server, { [BOB]: 'restricted' })
      for (const id of ['a', 'b']) {
        alice.send(chat(bob.jid, 'd', about(id)))
        await alice.expect(denied(bob.jid, 'd'))
      }
      if (archive === 'an archive') assert.equal((await ask(bob)).said, '', 'nothing of it is in the archive of the other one')
    })

for (const [what, about] of Object.entries(ABOUT))
  story(`LAB-25: ${what} of a message that was refused does not go to somebody who may not have it`, LABELS, async (cast) => {
    await cleared(cast.server, { [ALICE]: 'secret' })
    const [alice, carol] = await cast.friends('alice/1', 'carol/1')
    alice.send(chat(carol.jid, 's', `<body>x</body>${label('secret')}`))
    await alice.expect(denied(carol.jid, 's'))
    alice.send(chat(carol.jid, 'c', about('s')))
    await alice.expect(unknown(carol.jid, 'c'))
    carol.send(chat(alice.jid, 'd', about('s')))
    await alice.expect(`<message type='chat' id='d' from='${carol.jid}'>*</message>`)
    alice.send(chat(carol.jid, 'e', `<body>open</body>`), chat(carol.jid, 'f', about('e')))
    for (const id of ['e', 'f']) await carol.expect(`<message type='chat' id='${id}' from='${alice.jid}'>*</message>`)
    alice.send(chat(carol.jid, 'g', `<file xmlns='urn:x' id='unheard-of'/><body>of another kind</body>`))
    await carol.expect(`<message type='chat' id='g' from='${alice.jid}'>*</message>`)
  })

story('LAB-25: what names a message is judged by the archive after a restart', MEMORY, async (cast) => {
  const [alice, bob] = await scene(cast)
  const next = new Cast(await cast.server.restart(LABELS, 1000))
  for (const client of [alice, bob]) client.take()
  const [alice2, bob2] = await next.clients('alice/1', 'bob/1')
  await cleared(next.server, { [BOB]: 'restricted' })
  for (const id of ['a', 'b']) {
    alice2.send(chat(bob2.jid, 'd', ABOUT['a reaction (XEP-0444)']!(id)))
    await alice2.expect(denied(bob2.jid, 'd'))
  }
})

story('LAB-25: labels that cannot be compared: what names the message is refused', LABELS, async (cast) => {
  await cleared(cast.server, { [ALICE]: 'secret-orchard', [BOB]: 'secret-orchard' })
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  alice.send(chat(bob.jid, 'a', `<body>x</body>${label('confidential-verona-mantua')}`))
  await bob.expect(`<message type='chat' id='a' from='${alice.jid}'>*</message>`)
  alice.send(chat(bob.jid, 'c', ABOUT['a correction (XEP-0308)']!('a') + label('secret-orchard')))
  await alice.expect(denied(bob.jid, 'c'))
})

story('LAB-25: what another server sends about a secret has its label here', LABELS, async (cast) => {
  await cleared(cast.server, { [BOB]: 'secret', 'mantua.example': 'secret' })
  const bob = await cast.client('bob', '1')
  const from = 'rosaline@mantua.example/1'
  const send = (id: string, inside: string): Promise<void> =>
    cast.fromElsewhere(`<message type='chat' id='${id}' from='${from}' to='${bob.jid}'>${inside}</message>`)
  await send('a', `<body>x</body>${label('secret')}`)
  await bob.expect(`<message type='chat' id='a' from='${from}'>*</message>`)
  await send('c', ABOUT['a correction (XEP-0308)']!('a'))
  const came = await bob.expect(`<message type='chat' id='c' from='${from}'>*</message>`)
  assert.match(came.show(), /MQYCAQQGASk=/)
})
