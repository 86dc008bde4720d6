import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryServer, settled, type Client, type MemoryServer } from '../../../test/support/memory-server.ts'
import type { Element } from '../../xml/element.ts'
import { offlineMessages } from './index.ts'

const ROMEO = 'romeo@example.net'
const JULIET = 'juliet@example.net'

interface Scene {
  readonly server: MemoryServer
  readonly juliet: Client
}
async function scene(settings: object = {}): Promise<Scene> {
  const server = await memoryServer({ features: [offlineMessages], settings: { 'offline-messages': settings } })
  await server.account(ROMEO)
  return { server, juliet: await server.bind(JULIET, 'balcony') }
}
const chat = (text: string, to = ROMEO, extra = ''): string =>
  `<message type='chat' to='${to}'><body>${text}</body>${extra}</message>`
const available = (priority: number): string => `<presence><priority>${priority}</priority></presence>`

const messages = (client: Client): readonly Element[] => client.sent().filter((e) => e.name === 'message')
const bodies = (client: Client): readonly string[] => messages(client).map((e) => e.child('body')!.text)
const condition = (client: Client): readonly (string | undefined)[] =>
  messages(client).map((e) => e.child('error')?.elements[0]?.name)

test('OFF-2, XEP-0203: what was stored comes with the time of receipt when the account becomes available', async () => {
  const { server, juliet } = await scene()
  await juliet.send(
    `<message type='chat' id='m1' to='${ROMEO}'><body>Wherefore art thou?</body><x xmlns='urn:example' a='&lt;'/></message>`,
  )
  assert.deepEqual(messages(juliet), [])
  await server.advance(60_000)
  const romeo = await server.bind(ROMEO, 'orchard')
  assert.deepEqual(messages(romeo), [])
  await romeo.send('<presence/>')
  const [message, ...more] = messages(romeo)
  assert.deepEqual(more, [])
  assert.deepEqual(message!.attrs, { from: 'juliet@example.net/balcony', to: ROMEO, type: 'chat', id: 'm1' })
  assert.equal(message!.child('body')!.text, 'Wherefore art thou?')
  assert.equal(message!.child('x', 'urn:example')!.attr('a'), '<')
  assert.deepEqual(message!.child('delay', 'urn:xmpp:delay')!.attrs, { from: 'example.net', stamp: '2026-01-01T00:00:00Z' })
})

test('OFF-2: it comes once', async () => {
  const { server, juliet } = await scene()
  await juliet.send(chat('once'))
  for (const resource of ['orchard', 'street']) {
    const romeo = await server.bind(ROMEO, resource)
    await romeo.send('<presence/>')
    assert.deepEqual(bodies(romeo), resource === 'orchard' ? ['once'] : [])
    await romeo.send("<presence type='unavailable'/>")
  }
})

test('PRIO-2, PRIO-3, T-D03, T-D04: a resource of negative priority is nobody until its priority rises', async () => {
  const { server, juliet } = await scene()
  const romeo = await server.bind(ROMEO, 'orchard')
  await romeo.send(available(-1))
  await juliet.send(chat('stored'))
  await juliet.send(`<message type='headline' to='${ROMEO}'><body>dropped</body></message>`)
  await juliet.send(chat('delivered', romeo.jid.full))
  assert.deepEqual(bodies(romeo), ['delivered'])
  await romeo.send(available(-2))
  assert.deepEqual(bodies(romeo), [])
  await romeo.send(available(0))
  assert.deepEqual(bodies(romeo), ['stored'])
  await romeo.send(available(1))
  assert.deepEqual(bodies(romeo), [])
})

test('OFF-1, T-D15: headlines, groupchat and chat states alone are not stored', async () => {
  const { server, juliet } = await scene()
  await juliet.send(`<message type='headline' to='${ROMEO}'><body>news</body></message>`)
  await juliet.send(`<message type='chat' to='${ROMEO}'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`)
  assert.deepEqual(condition(juliet), [])
  await juliet.send(`<message type='groupchat' to='${ROMEO}'><body>room</body></message>`)
  assert.deepEqual(condition(juliet), ['service-unavailable'])
  const romeo = await server.bind(ROMEO, 'orchard')
  await romeo.send('<presence/>')
  assert.deepEqual(messages(romeo), [])
})

test('OFF-6: a message that must not be stored is refused to who is known, and vanishes for strangers', async () => {
  const { server, juliet } = await scene()
  const noStore = "<no-store xmlns='urn:xmpp:hints'/>"
  await juliet.send(chat('secret', ROMEO, noStore))
  assert.deepEqual(condition(juliet), [])
  const other = await memoryServer({ features: [offlineMessages] })
  await other.contact(ROMEO, JULIET, 'from')
  const known = await other.bind(JULIET, 'balcony')
  await known.send(chat('secret', ROMEO, noStore))
  assert.deepEqual(condition(known), ['service-unavailable'])
  const romeo = await server.bind(ROMEO, 'orchard')
  await romeo.send('<presence/>')
  assert.deepEqual(messages(romeo), [])
})

/** The scene, with a roster in which Romeo has Juliet, and what Romeo finds when he comes. */
async function known(settings: object): Promise<Scene & { readonly found: () => Promise<readonly string[]> }> {
  const server = await memoryServer({ features: [offlineMessages], settings: { 'offline-messages': settings } })
  await server.contact(ROMEO, JULIET, 'from')
  const found = async (): Promise<readonly string[]> => {
    const romeo = await server.bind(ROMEO, 'orchard')
    await romeo.send('<presence/>')
    const all = bodies(romeo)
    await romeo.send("<presence type='unavailable'/>")
    return all
  }
  return { server, juliet: await server.bind(JULIET, 'balcony'), found }
}

test('OFF-3, T-D14: a full store refuses, by number', async () => {
  const { juliet, found } = await known({ messages: 4 })
  for (const text of ['1', '2', '3']) await juliet.send(chat(text))
  assert.deepEqual(condition(juliet), ['service-unavailable'])
  assert.deepEqual(await found(), ['1', '2'], 'the other half is for others')
  await juliet.send(chat('4'))
  assert.deepEqual(condition(juliet), [], 'there is room again')
})

test('OFF-3: a full store refuses, by size; what is smaller still fits', async () => {
  const { server, juliet } = await known({ size: '1500 B' })
  await juliet.send(chat('1'.repeat(500)))
  await juliet.send(chat('2'.repeat(500)))
  assert.deepEqual(condition(juliet), ['service-unavailable'])
  await juliet.send(chat('3'))
  assert.deepEqual(condition(juliet), [])
  await server.contact('mercutio@example.net', JULIET, 'from')
  await juliet.send(chat('2'.repeat(500), 'mercutio@example.net'))
  assert.deepEqual(condition(juliet), [], 'each account has its own room')
})

test('a stranger who fills the store is told nothing, as if there were no such account, and friends still find room', async () => {
  const { server, juliet, found } = await known({ 'messages': 4, 'strangers-messages': 4 })
  const tybalt = await server.bind('tybalt@example.net', 'street')
  for (const text of ['t1', 't2', 't3', 't4', 't5', 't6']) {
    await tybalt.send(chat(text))
    await tybalt.send(chat(text, 'nobody@example.net'))
  }
  assert.deepEqual(messages(tybalt), [])
  await juliet.send(chat('j1'))
  assert.deepEqual(condition(juliet), [])
  assert.deepEqual(await found(), ['t1', 't2', 'j1'])
})

test('a stranger, or a friend, who has used up their share leaves room for others of their kind', async () => {
  const { server, juliet, found } = await known({ 'messages': 4, 'size': '4 KiB', 'strangers-messages': 4 })
  await server.contact(ROMEO, 'nurse@example.net', 'both')
  const [nurse, tybalt, paris] = await Promise.all(
    ['nurse', 'tybalt', 'paris'].map((name) => server.bind(`${name}@example.net`, '1')),
  )
  for (let i = 0; i < 9; i++) for (const client of [juliet, tybalt!]) await client.send(chat(client.jid.local))
  await nurse!.send(chat('nurse'))
  await paris!.send(chat('paris'))
  assert.deepEqual(condition(nurse!), [])
  assert.deepEqual(await found(), ['juliet', 'tybalt', 'juliet', 'tybalt', 'nurse', 'paris'])
})

test('a stranger with large messages fills no more than their share of the octets', async () => {
  const { server, juliet, found } = await known({ 'size': '3 KiB', 'strangers-size': '3 KiB' })
  const tybalt = await server.bind('tybalt@example.net', 'street')
  for (let i = 0; i < 9; i++) await tybalt.send(chat('t'.repeat(1000)))
  await juliet.send(chat('j'.repeat(1000)))
  assert.deepEqual(condition(juliet), [])
  assert.deepEqual(
    (await found()).map((text) => text[0]),
    ['t', 'j'],
  )
})

test('subdomains of one party have one share of the strangers’ room', async () => {
  const { server, found } = await known({ 'strangers-messages': 4 })
  for (const domain of ['a.evil.example', 'b.evil.example']) server.host.parties.learn(domain, ['one certificate'])
  const elsewhere = server.remote('evil.example')
  for (const from of ['1@a.evil.example', '2@a.evil.example', '3@a.evil.example', '4@b.evil.example', '5@good.example'])
    await elsewhere.send(`<message from='${from}' to='${ROMEO}' type='chat'><body>${from}</body></message>`)
  assert.deepEqual(await found(), ['1@a.evil.example', '2@a.evil.example', '5@good.example'])
})

test('OFF-4: the server says that it stores messages', async () => {
  const { server } = await scene()
  assert.deepEqual(server.host.disco.server.features, ['msgoffline'])
})

test('A deleted account leaves nothing to who takes its name next', async () => {
  const { server, juliet } = await scene()
  await juliet.send(chat('for the dead'))
  const bare = server.host.accounts.get(ROMEO)!.bare
  await server.host.registrar.delete(bare)
  await server.host.registrar.create(bare, 'pencil')
  await settled()
  const romeo = await server.bind(ROMEO, 'orchard')
  await romeo.send('<presence/>')
  assert.deepEqual(messages(romeo), [])
})

test('XEP-0203 4: a date that the sender has forged in our name is not kept', async () => {
  const { server, juliet } = await scene()
  await juliet.send(chat('again', ROMEO, "<delay xmlns='urn:xmpp:delay' from='example.net' stamp='2025-12-31T00:00:00Z'/>"))
  const romeo = await server.bind(ROMEO, 'orchard')
  await romeo.send('<presence/>')
  const delays = messages(romeo)[0]!.elements.filter((e) => e.name === 'delay')
  assert.deepEqual(
    delays.map((e) => e.attr('stamp')),
    ['2026-01-01T00:00:00Z'],
  )
})

test('Text beyond ASCII comes back as it was', async () => {
  const { server, juliet } = await scene()
  await juliet.send(chat('Ğüneş 🌅 &lt;&amp;'))
  const romeo = await server.bind(ROMEO, 'orchard')
  await romeo.send('<presence/>')
  assert.deepEqual(bodies(romeo), ['Ğüneş 🌅 <&'])
})

test('A session that ends while its messages are being read loses none of them', async () => {
  const { server, juliet } = await scene()
  for (let i = 0; i < 3; i++) await juliet.send(chat(String(i)))
  const romeo = await server.bind(ROMEO, 'orchard')
  void romeo.send('<presence/>')
  await romeo.send("<presence type='unavailable'/>")
  assert.deepEqual(bodies(romeo), [])
  await romeo.send('<presence/>')
  assert.deepEqual(bodies(romeo), ['0', '1', '2'])
})

test('OFF-2: more than one batch, and live messages in the middle of it, keep their order', async () => {
  const { server, juliet } = await scene()
  const expected = Array.from({ length: 120 }, (_, i) => String(i))
  for (const text of expected.slice(0, 110)) await juliet.send(chat(text))
  const romeo = await server.bind(ROMEO, 'orchard')
  void romeo.send('<presence/>')
  for (const text of expected.slice(110)) void juliet.send(chat(text))
  await settled()
  assert.deepEqual(bodies(romeo), expected)
})

type Step = { readonly by: 'juliet' | 'nurse' } | { readonly priority: number } | 'leave' | 'tick' | 'turn'
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Step>({ by: 'juliet' }, { by: 'nurse' }) },
  { weight: 2, arbitrary: fc.constantFrom<Step>({ priority: 0 }, { priority: 5 }, { priority: -1 }, 'leave') },
  { weight: 3, arbitrary: fc.constantFrom<Step>('tick', 'turn') },
)

test('OFF-2: nothing is lost, doubled or overtaken, however arrivals and presence fall together', () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { server, juliet } = await scene()
      const senders = { juliet, nurse: await server.bind('nurse@example.net', 'hall') }
      const romeo = await server.bind(ROMEO, 'orchard')
      const sent: Record<keyof typeof senders, string[]> = { juliet: [], nurse: [] }
      for (const [i, now] of steps.entries()) {
        if (now === 'turn') await settled()
        else if (now === 'tick') await undefined
        else if (now === 'leave') void romeo.send("<presence type='unavailable'/>")
        else if ('priority' in now) void romeo.send(available(now.priority))
        else {
          sent[now.by].push(`${now.by} ${i}`)
          void senders[now.by].send(chat(`${now.by} ${i}`))
        }
      }
      await romeo.send(available(1))
      await settled()
      const received = bodies(romeo)
      for (const by of ['juliet', 'nurse'] as const)
        assert.deepEqual(
          received.filter((text) => text.startsWith(by)),
          sent[by],
        )
      assert.deepEqual(server.errors, [])
    }),
    { numRuns: 60 },
  ))
