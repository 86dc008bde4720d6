/** RFC 6121 section 8.5: which resources get a message or an IQ, and what its sender learns. */
import assert from 'node:assert/strict'
import { bareOf, story, type Cast } from '../support/story.ts'
import { delay, here } from '../support/stanzas.ts'
import type { StoryClient } from '../support/story-client.ts'
import { refusal } from '../support/xml-pattern.ts'

const BOB = bareOf('bob')
const NOBODY = bareOf('nobody')
const TYPES = ['normal', 'chat', 'groupchat', 'headline', 'error'] as const
type Type = (typeof TYPES)[number]
const ERROR = `<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`

const attrOf = (type: string): string => (type === 'normal' ? '' : ` type='${type}'`)
/** What the message says, and the same as a pattern. */
const contentOf = (type: string): string => `<body>Hark</body>${type === 'error' ? ERROR : ''}`
const message = (to: string, type: string = 'chat', id = 'm'): string =>
  `<message to='${to}' id='${id}'${attrOf(type)}>${contentOf(type)}</message>`
const got = (from: StoryClient, to: string, type: string = 'chat', more = ''): string =>
  `<message from='${from.jid}' to='${to}' id='m'${attrOf(type)}>${contentOf(type)}${more}</message>`
const unavailable = (kind: string, from: string, id = 'm'): string =>
  refusal(kind, `id='${id}' from='${from}'`, 'cancel', 'service-unavailable')

const withPriority = (cast: Cast, resource: string, priority: number): Promise<StoryClient> =>
  cast.client('bob', resource, { presence: `<presence><priority>${priority}</priority></presence>` })

story('T-D01: a chat message goes to the most available resource, as it was addressed', async (cast) => {
  const alice = await cast.client('alice', '1')
  const bob1 = await withPriority(cast, '1', 5)
  await withPriority(cast, '2', 1)
  alice.send(message(BOB))
  await bob1.expect(got(alice, BOB))
})

for (const type of ['normal', 'headline']) {
  story(`T-D02: a ${type} message goes to all resources that want some`, async (cast) => {
    const alice = await cast.client('alice', '1')
    const bob1 = await withPriority(cast, '1', 5)
    const bob2 = await withPriority(cast, '2', 0)
    await withPriority(cast, '3', -1)
    alice.send(message(BOB, type))
    for (const bob of [bob1, bob2]) await bob.expect(got(alice, BOB, type))
  })
}

story('T-D03, T-D04: a resource of negative priority gets what names it, and the rest when it changes its mind', async (cast) => {
  const alice = await cast.client('alice', '1')
  const bob = await withPriority(cast, '1', -1)
  alice.send(message(BOB), message(BOB, 'headline'), message(bob.jid))
  await bob.expect(got(alice, bob.jid))
  await cast.expectNothing()
  bob.send('<presence><priority>0</priority></presence>')
  await bob.expectAll(here(bob.jid, '<priority>0</priority>'), got(alice, BOB, 'chat', delay()))
})

story('T-D05: a groupchat message to an account is refused, whatever the account', async (cast) => {
  const [alice] = await cast.clients('alice/1', 'bob/1')
  await cast.server.account('carol')
  const answers: string[] = []
  for (const to of [BOB, bareOf('carol'), NOBODY]) {
    alice.send(message(to, 'groupchat'))
    answers.push((await alice.expect(unavailable('message', to))).show().replaceAll(to, 'X'))
  }
  assert.equal(new Set(answers).size, 1, 'all alike')
})

story('T-D06: a chat message for a resource that has gone', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  alice.send(message(`${BOB}/gone`))
  await bob.expect(got(alice, `${BOB}/gone`))
})

story('T-D07: a normal message for a resource that has gone', async (cast) => {
  const [alice] = await cast.friends('alice/1', 'bob/1')
  const dave = await cast.client('dave', 'x')
  dave.send(message(`${BOB}/gone`, 'normal'))
  await cast.expectNothing()
  alice.send(message(`${BOB}/gone`, 'normal'))
  await alice.expect(unavailable('message', `${BOB}/gone`))
})

story('a groupchat message to a resource that is gone is answered, to strangers and without an account too', async (cast) => {
  const [room] = await cast.clients('dave/x', 'bob/1')
  const answers: string[] = []
  for (const to of [`${BOB}/gone`, `${NOBODY}/gone`]) {
    room.send(message(to, 'groupchat'))
    answers.push((await room.expect(unavailable('message', to))).show().replaceAll(to, 'X'))
  }
  assert.equal(new Set(answers).size, 1, 'alike')
})

for (const subscription of ['none', 'to'] as const)
  story(
    `a contact (${subscription}) who may not see a user learns from no kind of message which resources are there`,
    async (cast) => {
      await cast.rosters(['bob', bareOf('dave'), subscription])
      const [dave, bob] = await cast.clients('dave/x', 'bob/1')
      const answersFor = async (to: string): Promise<readonly string[]> => {
        for (const type of TYPES) dave.send(message(to, type))
        dave.send(`<message to='${to}' id='m' type='chat'><body>Hark</body><no-store xmlns='urn:xmpp:hints'/></message>`)
        dave.send(`<iq to='${to}' id='m' type='get'><query xmlns='jabber:iq:version'/></iq>`)
        await cast.settle()
        bob.take()
        return dave.take().map((e) => e.show().replaceAll(to, 'X'))
      }
      const there = await answersFor(bob.jid)
      assert.equal(there.length, 2, 'the groupchat and the request')
      assert.deepEqual(await answersFor(`${BOB}/gone`), there)
      bob.send(`<presence type='unavailable'/>`)
      await cast.settle()
      assert.deepEqual(await answersFor(`${BOB}/gone`), there)
    },
  )

story('T-D08: messages to nobody', async (cast) => {
  const alice = await cast.client('alice', '1')
  for (const to of [NOBODY, `${NOBODY}/x`]) for (const type of TYPES) if (type !== 'groupchat') alice.send(message(to, type))
  await cast.expectNothing()
  for (const to of [NOBODY, `${NOBODY}/x`]) alice.send(message(to, 'groupchat'))
  await alice.expect(unavailable('message', NOBODY), unavailable('message', `${NOBODY}/x`))
})

story('T-D09: an error for an account', async (cast) => {
  const [alice] = await cast.clients('alice/1', 'bob/1')
  alice.send(message(BOB, 'error'))
})

const ping = (to: string, type = 'get'): string => `<iq type='${type}' id='m' to='${to}'><q xmlns='urn:example:q'/></iq>`

story('T-D10: an IQ for a resource, from a stranger, a subscriber, and one that was sent presence', async (cast) => {
  await cast.rosters(['bob', 'carol', 'from'], ['carol', 'bob', 'to'])
  const [bob, alice, carol, dave] = await cast.clients('bob/1', 'alice/1', 'carol/1', 'dave/1')
  bob.send(`<presence to='${dave.jid}'/>`)
  await dave.expect(here(bob.jid))
  await alice.ask(ping(bob.jid), unavailable('iq', bob.jid))
  await cast.expectNothing()
  for (const entitled of [carol, dave]) {
    entitled.send(ping(bob.jid))
    await bob.expect(`<iq type='get' id='m' from='${entitled.jid}' to='${bob.jid}'><q xmlns='urn:example:q'/></iq>`)
    bob.send(`<iq type='result' id='m' to='${entitled.jid}'/>`)
    await entitled.expect(`<iq type='result' id='m' from='${bob.jid}'/>`)
  }
})

story(
  'RFC 6121 8.5.3.1: a configuration for test suites lets strangers query each other',
  { presence: { 'queries-by-strangers': true } },
  async (cast) => {
    const [alice, bob] = [await cast.client('alice', '1'), await cast.client('bob', '2')]
    alice.send(ping(bob.jid))
    await bob.expect(`<iq type='get' id='m' from='${alice.jid}' to='${bob.jid}'><q xmlns='urn:example:q'/></iq>`)
  },
)

story('T-D11: an answer reaches the resource, whoever sends it', async (cast) => {
  const [bob, alice] = await cast.clients('bob/1', 'alice/1')
  alice.send(`<iq type='result' id='m' to='${bob.jid}'/>`)
  await bob.expect(`<iq type='result' id='m' from='${alice.jid}' to='${bob.jid}'/>`)
  alice.send(
    `<iq type='result' id='m' to='${BOB}'/>`,
    `<iq type='result' id='m' to='${BOB}/none'/>`,
    `<iq type='error' id='m' to='${BOB}'>${ERROR}</iq>`,
  )
})

story('T-D12: an IQ for a resource that is not there, and for an account that is not', async (cast) => {
  const [alice] = await cast.clients('alice/1', 'bob/1')
  const answers: string[] = []
  for (const to of [`${BOB}/none`, `${NOBODY}/x`, BOB, NOBODY]) {
    answers.push((await alice.ask(ping(to), unavailable('iq', to))).show().replaceAll(to, 'X'))
  }
  assert.equal(new Set(answers).size, 1, 'all alike')
})

// T-D13: RFC 6121 8.5.4, Table 1, through real traffic

/** D delivered to the named one, D/E only what a friend sends, M to the most available, A to all that are not negative, O stored, E an error, S nothing. */
type Letter = 'D' | 'D/E' | 'M' | 'A' | 'O' | 'E' | 'S' | 'S/E'
type Row = readonly [
  condition: string,
  priorities: readonly number[],
  to: 'bare' | 'match' | 'no match',
  letters: readonly [normal: Letter, chat: Letter, groupchat: Letter, headline: Letter, error: Letter],
]

// prettier-ignore
const TABLE: readonly Row[] = [
  ['nobody is there',        [],         'bare',     ['O',   'O', 'E',   'S',   'S']],
  ['nobody is there',        [],         'no match', ['S/E', 'O', 'E',   'S',   'S']],
  ['only negative',          [-1, -2],   'bare',     ['O',   'O', 'E',   'S',   'S']],
  ['only negative',          [-1, -2],   'match',    ['D',   'D', 'D/E', 'D',   'D']],
  ['only negative',          [-1, -2],   'no match', ['S/E', 'O', 'E',   'S',   'S']],
  ['one not negative',       [0, -1],    'bare',     ['A',   'A', 'E',   'A',   'S']],
  ['one not negative',       [0, -1],    'match',    ['D',   'D', 'D/E', 'D',   'D']],
  ['one not negative',       [0, -1],    'no match', ['S/E', 'A', 'E',   'S',   'S']],
  ['several not negative',   [1, 3, 3, -1], 'bare',  ['A',   'M', 'E',   'A',   'S']],
  ['several not negative',   [1, 3, 3, -1], 'match', ['D',   'D', 'D/E', 'D',   'D']],
  ['several not negative',   [1, 3, 3, -1], 'no match', ['S/E', 'M', 'E', 'S', 'S']],
]

for (const [condition, priorities, address, letters] of TABLE) {
  story(`T-D13: ${condition}, ${address}`, async (cast) => {
    await cast.befriend('bob', 'alice')
    const [friend, stranger] = await cast.clients('alice/1', 'dave/1')
    const bobs: StoryClient[] = []
    for (const [i, priority] of priorities.entries()) bobs.push(await withPriority(cast, String(i), priority))
    await cast.settle()
    friend.take()
    const to = address === 'bare' ? BOB : address === 'match' ? bobs.at(-1)!.jid : `${BOB}/none`
    const stored: { readonly from: StoryClient; readonly type: Type }[] = []
    for (const [column, type] of TYPES.entries()) {
      for (const from of [stranger, friend]) {
        const cell = letters[column]!
        const letter = cell === 'D/E' ? (from === friend ? 'D' : 'E') : cell
        from.send(message(to, type))
        const highest = Math.max(...priorities)
        const receivers =
          letter === 'D'
            ? bobs.slice(-1)
            : letter === 'A'
              ? bobs.filter((_, i) => priorities[i]! >= 0)
              : letter === 'M'
                ? bobs.filter((_, i) => priorities[i] === highest)
                : []
        for (const bob of receivers) await bob.expect(got(from, to, type))
        if (letter === 'E' || (letter === 'S/E' && from === friend)) await from.expect(unavailable('message', to))
        if (letter === 'O') stored.push({ from, type })
        await cast.expectNothing()
      }
    }
    if (stored.length === 0) return
    const late = await cast.client('bob', 'late', { presence: null })
    late.send('<presence/>')
    await late.expect(here(late.jid))
    const friends = [here(friend.jid), ...bobs.map((bob) => `<presence from='${bob.jid}'>*</presence>`)]
    await late.expectAll(...friends, ...stored.map(({ from, type }) => got(from, to, type, delay())))
    for (const other of [...bobs, friend]) await other.expect(here(late.jid))
  })
}

story('T-D14: the store for messages is full', { settings: { 'offline-messages': { messages: 4 } } }, async (cast) => {
  await cast.server.contact(BOB, bareOf('alice'), 'from')
  const alice = await cast.client('alice', '1')
  alice.send(message(BOB), message(BOB))
  await cast.expectNothing()
  alice.send(message(BOB, 'chat', 'third'))
  await alice.expect(unavailable('message', BOB, 'third'))
})

story('T-D15: what is not worth keeping', async (cast) => {
  const alice = await cast.client('alice', '1')
  await cast.server.account('bob')
  alice.send(
    `<message to='${BOB}' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`,
    message(BOB, 'headline'),
  )
  alice.send(message(BOB, 'groupchat'))
  await alice.expect(unavailable('message', BOB))
  const bob = await cast.client('bob', '1', { presence: null })
  bob.send('<presence/>')
  await bob.expect(here(bob.jid))
})
