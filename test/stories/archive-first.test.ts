/** What waits for a user whose client logs in by Bind 2 (XEP-0386): the archive comes first, for clients that ask it. */
import assert from 'node:assert/strict'
import { ask, form, field, idIn, MAM } from '../support/archive.ts'
import { cleared, label, labelling } from '../support/labels.ts'
import { BIND2, featuresAfter, identifierOf, logIn } from '../support/sasl2.ts'
import { enable, UNASKED } from '../support/stream-management.ts'
import { bareOf, PASSWORD, story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import type { WireClient } from '../support/wire-client.ts'
import type { Xml } from '../support/xml-reader.ts'

const ALICE = bareOf('alice')
const BOB = bareOf('bob')
const IN_MEMORY = { on: ['memory tls'] } as const
const WAIT_MS = 5000
/** The archive does not keep it. */
const HELD = `<no-permanent-store xmlns='urn:xmpp:hints'/>`

const chat = (to: string, body: string, more = ''): string =>
  `<message type='chat' id='m${body}' to='${to}'><body>${body}</body>${more}</message>`

/** Bob, who is away, has got 1, 2 and 3. @param second what the second one has */
async function missed(cast: Cast, second = HELD): Promise<StoryClient> {
  await cast.befriend('alice', 'bob')
  const alice = await cast.client('alice', '1')
  alice.send(chat(BOB, '1'), chat(BOB, '2', second), chat(BOB, '3'))
  await cast.settle()
  return alice
}
interface Bound {
  readonly wire: WireClient
  readonly success: Xml
  readonly bob: StoryClient
}
async function bound(cast: Cast): Promise<Bound> {
  const wire = await cast.secured()
  const success = await logIn(wire, 'bob', PASSWORD, { inline: `<bind xmlns='${BIND2}'/>` })
  await featuresAfter(wire)
  return { wire, success, bob: cast.adopt(wire, identifierOf(success)) }
}
/** Bodies in their order; with "!" if the archive has the message. */
const delivered = (client: StoryClient): string =>
  client
    .take()
    .filter(({ name }) => name === 'message')
    .map((message) => `${message.child('body')!.text}${idIn(message) === undefined ? '' : '!'}`)
    .join(' ')
const available = async (cast: Cast, bob: StoryClient): Promise<string> => {
  bob.send('<presence/>')
  await cast.settle()
  return delivered(bob)
}

story('T-A07, MAM-29: a client that binds by Bind 2 and asks its archive gets nothing twice', IN_MEMORY, async (cast) => {
  await missed(cast, '')
  const { bob, success } = await bound(cast)
  const [start, end] = success.child('bound')!.child('metadata')!.elements
  assert.equal(await available(cast, bob), '')
  const { said, ids } = await ask(bob)
  assert.deepEqual([said, ids[0], ids[2]], ['123', start!.attr('id'), end!.attr('id')])
  cast.pass(2 * WAIT_MS)
  await cast.settle()
  assert.equal(delivered(bob), '')
  bob.drop()
  const again = await cast.client('bob', '1', { presence: null })
  assert.equal(await available(cast, again), '')
  await cast.forget()
})

story('T-A07, MAM-29: the archive may be asked before presence, for a part, or only where it ends', IN_MEMORY, async (cast) => {
  const alice = await missed(cast)
  const questions: readonly ((bob: StoryClient) => Promise<unknown>)[] = [
    (bob) => bob.ask(`<iq type='get' id='ends'><metadata xmlns='${MAM}'/></iq>`),
    (bob) => ask(bob, form(field('with', 'carol@a.example'))),
  ]
  let body = 3
  for (const question of questions) {
    const { bob } = await bound(cast)
    await question(bob)
    assert.equal(await available(cast, bob), body === 3 ? '2' : '')
    bob.drop()
    await cast.settle()
    alice.send(chat(BOB, String((body += 1))))
    await cast.settle()
  }
  await cast.forget()
})

story('MAM-29: a client that binds by Bind 2 and knows no archive never saw what had waited for it', IN_MEMORY, async (cast) => {
  const alice = await missed(cast)
  const { bob } = await bound(cast)
  const carol = await cast.client('carol', '1')
  assert.equal(await available(cast, bob), '')
  for (const [client, body] of [
    [alice, '4'],
    [carol, '5'],
    [alice, '6'],
  ] as const) {
    client.send(chat(BOB, body))
    await cast.settle()
  }
  assert.equal(delivered(bob), '5!', 'what comes now waits only behind what its sender has sent before')
  cast.pass(WAIT_MS - 1)
  await cast.settle()
  assert.equal(delivered(bob), '')
  cast.pass(1)
  await cast.settle()
  assert.equal(delivered(bob), '1! 2 3! 4! 6!')
  alice.send(chat(BOB, '7'))
  await cast.settle()
  assert.equal(delivered(bob), '7!')
  await cast.forget()
})

story(
  'RFC 6120 10.1: a message overtook what its sender had sent before, at a client that asks its archive',
  IN_MEMORY,
  async (cast) => {
    const alice = await missed(cast)
    const { bob } = await bound(cast)
    assert.equal(await available(cast, bob), '')
    alice.send(chat(BOB, '4'))
    await cast.settle()
    assert.equal(delivered(bob), '')
    bob.send(`<iq type='get' id='ends'><metadata xmlns='${MAM}'/></iq>`)
    await cast.settle()
    assert.equal(delivered(bob), '2 4!')
    await cast.forget()
  },
)

story(
  'MAM-29: what was being sent to a client that reads slowly came to another one, which had read it in its archive',
  { ...IN_MEMORY, settings: { 'stream-management': { ...UNASKED.settings['stream-management'], 'queue-stanzas': 20 } } },
  async (cast) => {
    await cast.befriend('alice', 'bob')
    const alice = await cast.client('alice', '1')
    for (let i = 1; i <= 20; i += 1) alice.send(chat(BOB, String(i)))
    await cast.settle()
    const slow = await cast.client('bob', 'slow', { presence: null })
    await enable(slow)
    slow.send('<presence/>')
    while ((await slow.next('a message')).name !== 'message');
    const { bob } = await bound(cast)
    bob.send('<presence/>', `<iq type='get' id='ends'><metadata xmlns='${MAM}'/></iq>`)
    for (let round = 0; round < 3; round += 1) await bob.fence()
    assert.equal(delivered(bob), '')
    slow.drop()
    await cast.forget()
  },
)

story('MAM-29: what comes between binding and presence is delivered, whatever is asked', IN_MEMORY, async (cast) => {
  const alice = await missed(cast)
  const { bob } = await bound(cast)
  await ask(bob, form(field('with', 'carol@a.example')))
  alice.send(chat(BOB, '4'))
  await cast.settle()
  assert.equal(await available(cast, bob), '2 4!')
  await cast.forget()
})

story('MAM-29: another client of the user is not kept waiting', IN_MEMORY, async (cast) => {
  await missed(cast)
  const { bob } = await bound(cast)
  assert.equal(await available(cast, bob), '')
  const other = await cast.client('bob', 'old', { presence: null })
  assert.equal(await available(cast, other), '1! 2 3!')
  await cast.forget()
})

story(
  'XEP-0386 3.2: a binding that does not succeed took what had waited',
  { on: ['memory tls'], limits: { resources: 1 } },
  async (cast) => {
    await missed(cast)
    const first = await cast.client('bob', '1', { presence: null })
    const wire = await cast.secured()
    const success = await logIn(wire, 'bob', PASSWORD, { inline: `<bind xmlns='${BIND2}'/>` })
    assert.equal(success.child('bound'), undefined)
    assert.equal(await available(cast, first), '1! 2 3!')
    assert.equal(ALICE, 'alice@a.example')
    wire.link.drop()
    await cast.forget()
  },
)

story(
  'LAB-28, MAM-29: what its label keeps out of an archive that is asked waits on',
  { ...IN_MEMORY, labelling: labelling() },
  async (cast) => {
    const clear = (clearance: string): Promise<void> => cleared(cast.server, { [ALICE]: 'secret', [BOB]: clearance })
    await clear('secret')
    await cast.befriend('alice', 'bob')
    const alice = await cast.client('alice', '1')
    alice.send(chat(BOB, '1', label('secret')), chat(BOB, '2'))
    await cast.settle()
    await clear('public')
    const { bob } = await bound(cast)
    assert.equal((await ask(bob)).said, '2')
    await cast.settle()
    bob.drop()
    await cast.settle()
    await clear('secret')
    const again = await cast.client('bob', '1', { presence: null })
    assert.equal(await available(cast, again), '1!')
    await cast.forget()
  },
)
