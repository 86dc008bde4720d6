/** XEP-0313: what strangers can add to an archive, how large it becomes, and how much of it is read at a time. */
import assert from 'node:assert/strict'
import { ask, idIn } from '../support/archive.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import { bareOf, story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'

const ALICE = bareOf('alice')
const BOB = bareOf('bob')
const TWO_MINUTES = 120_000

const chat = (to: string, body: string): string =>
  `<message type='chat' id='m${body.slice(0, 4)}' to='${to}'><body>${body}</body></message>`
const numbered = (to: string, from: number, upTo: number): readonly string[] =>
  Array.from({ length: upTo - from + 1 }, (_, i) => chat(to, `${from + i},`))
const numbers = (from: number, upTo: number): string => Array.from({ length: upTo - from + 1 }, (_, i) => `${from + i},`).join('')

/** The bodies of what the client has received, those in the archive with "!". */
const received = (client: StoryClient): string =>
  client
    .take()
    .filter(({ name }) => name === 'message')
    .map((message) => `${message.child('body')!.text}${idIn(message) === undefined ? '' : '!'}`)
    .join('')
async function found(client: StoryClient): Promise<string> {
  return (await ask(client)).said
}
async function withFriend(cast: Cast): Promise<{ readonly alice: StoryClient; readonly bob: StoryClient }> {
  await cast.befriend('alice', 'bob')
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await cast.forget()
  return { alice, bob }
}
const STRANGERS = (messages: number, more: object = {}) => ({ 'message-archive': { 'strangers-messages': messages, ...more } })

story(
  'MAM-41: strangers had the whole archive; now each has half of what is free, and more is delivered all the same',
  { settings: STRANGERS(8, { messages: 20 }) },
  async (cast) => {
    const [eve, mallory] = await cast.clients('eve/1', 'mallory/1')
    const { alice, bob } = await withFriend(cast)
    alice.send(...numbered(BOB, 1, 3))
    await cast.settle()
    eve.send(...numbered(BOB, 100, 119))
    await cast.settle()
    mallory.send(...numbered(BOB, 200, 204))
    await cast.settle()
    alice.send(...numbered(BOB, 4, 12))
    await cast.settle()
    const all = received(bob)
    assert.equal(all.replaceAll('!', ''), numbers(1, 3) + numbers(100, 119) + numbers(200, 204) + numbers(4, 12))
    assert.equal(await found(bob), numbers(1, 3) + numbers(100, 103) + numbers(200, 201) + numbers(4, 12))
    assert.equal(all.split('!').length - 1, 12 + 4 + 2, 'what has an id is archived')
    assert.equal(await found(eve), numbers(100, 119), 'the stranger has said it')
    await cast.forget()
  },
)

story('MAM-41: a stranger to whom the user has written is none', { settings: STRANGERS(4) }, async (cast) => {
  const [bob, eve] = await cast.clients('bob/1', 'eve/1')
  eve.send(...numbered(BOB, 1, 3))
  await cast.settle()
  bob.send(chat(eve.jid, '4,'))
  await cast.settle()
  eve.send(...numbered(BOB, 5, 9))
  await cast.settle()
  assert.equal(received(bob), '1,!2,!3,5,!6,!7,!8,!9,!')
  assert.equal(await found(bob), '1,2,4,5,6,7,8,9,')
  await cast.forget()
})

story(
  'MAM-41: users of another server have one share, whatever their names are',
  { on: ['memory'], settings: STRANGERS(4) },
  async (cast) => {
    const bob = await cast.client('bob', '1')
    const elsewhere = new Elsewhere(cast)
    for (const n of [1, 2, 3])
      await elsewhere.send(`<message type='chat' from='eve${n}@b.example/1' to='${BOB}'><body>${n},</body></message>`)
    assert.equal(received(bob), '1,!2,!3,')
    assert.equal(await found(bob), '1,2,')
    await cast.forget()
  },
)

story(
  'MAM-41: octets of strangers; what waits for a user who is away, and has no room in the archive, is delivered',
  { settings: { 'message-archive': { 'strangers-size': '1 KB' } } },
  async (cast) => {
    const [eve] = await cast.clients('eve/1')
    await cast.server.account('bob')
    const long = (n: number): string => `${n}${'x'.repeat(300)}`
    eve.send(...[1, 2, 3].map((n) => chat(BOB, long(n))))
    await cast.settle()
    const bob = await cast.client('bob', '1', { presence: null })
    bob.send('<presence/>')
    await cast.settle()
    assert.equal(received(bob), `${long(1)}!${long(2)}${long(3)}`)
    assert.equal(await found(bob), long(1))
    await cast.forget()
  },
)

story(
  'MAM-23: an archive has a size, and loses the oldest messages beyond it',
  { on: ['memory'], settings: { 'message-archive': { size: '1 MiB' } } },
  async (cast) => {
    const { alice, bob } = await withFriend(cast)
    const large = (n: number): string => `${n}${'x'.repeat(100_000)}`
    for (let n = 1; n <= 30; n++) {
      alice.send(chat(BOB, large(n)))
      await cast.settle()
    }
    await cast.forget()
    assert.equal((await ask(bob)).ids.length > 0, true)
    await cast.advance(TWO_MINUTES)
    await cast.forget()
    for (const client of [bob, alice]) {
      const kept: string[] = []
      for (let after = ''; ;) {
        const { messages, ids, end } = await ask(client, `<set xmlns='http://jabber.org/protocol/rsm'>${after}</set>`)
        kept.push(...messages.map((message) => message.child('body')!.text.replaceAll('x', '')))
        if (end === 'true') break
        after = `<after>${ids.at(-1)!}</after>`
      }
      assert.deepEqual(kept.at(-1), '30')
      assert.ok(kept.length >= 8 && kept.length <= 11, `${kept.length} messages are left`)
    }
    assert.equal(ALICE, alice.bare)
  },
)
