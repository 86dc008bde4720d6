import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, type Client, type MemoryServer } from '../../../test/support/memory-server.ts'
import type { Element } from '../../xml/element.ts'
import { offlineMessages } from '../0160-offline-messages/index.ts'
import { blocking } from '../0191-blocking/index.ts'
import { carbons } from './index.ts'

const ALICE = 'alice@a.example'
const BOB = 'bob@a.example'
const CARBONS = 'urn:xmpp:carbons:2'
const FORWARD = 'urn:xmpp:forward:0'

const turn = (name: 'enable' | 'disable'): string => `<iq type='set' id='c'><${name} xmlns='${CARBONS}'/></iq>`
const chat = (to: string, extra = ''): string => `<message type='chat' id='m1' to='${to}'><body>Ğ&amp;</body>${extra}</message>`

interface Scene {
  readonly server: MemoryServer
  /** Without carbons. */
  readonly one: Client
  /** With carbons, and of lower priority than the first. */
  readonly two: Client
  readonly bob: Client
}
async function scene(): Promise<Scene> {
  const server = await memoryServer({ features: [offlineMessages, blocking, carbons], domains: ['a.example'] })
  const one = await server.bind(ALICE, '1')
  const two = await server.bind(ALICE, '2')
  const bob = await server.bind(BOB, 'x')
  await one.send('<presence><priority>5</priority></presence>')
  await two.send('<presence/>')
  await bob.send('<presence/>')
  assert.equal((await two.ask(turn('enable'))).attr('type'), 'result')
  for (const client of [one, two, bob]) client.sent()
  return { server, one, two, bob }
}
/** What the copy carries, after everything round it was checked. */
function copyIn(e: Element, direction: 'sent' | 'received', owner: Client): Element {
  assert.deepEqual({ from: e.attr('from'), to: e.attr('to') }, { from: owner.jid.bare, to: owner.jid.full })
  const [wrapper, ...rest] = e.elements
  assert.deepEqual(rest, [])
  assert(wrapper!.is(direction, CARBONS))
  const [forwarded, ...others] = wrapper!.elements
  assert.deepEqual(others, [])
  assert(forwarded!.is('forwarded', FORWARD))
  const [message, ...more] = forwarded!.elements
  assert.deepEqual(more, [])
  assert(message!.is('message', 'jabber:client'))
  assert.equal(e.attr('type'), message!.attr('type'))
  return message!
}

test('XEP-0280 3: the server says that it copies, and by which rules', async () => {
  const { server } = await scene()
  assert.deepEqual(
    server.host.disco.server.features.filter((f) => f.startsWith('urn:xmpp:carbons')),
    [CARBONS, 'urn:xmpp:carbons:rules:0'],
  )
})

test('T-CAR1: what one client sends, the other gets a copy of, in a wrapper from the bare JID', async () => {
  const { one, two, bob } = await scene()
  await one.send(chat(BOB))
  const [original] = bob.sent()
  const [copy, ...more] = two.sent()
  assert.deepEqual(more, [])
  const message = copyIn(copy!, 'sent', two)
  assert.deepEqual(message.attrs, { from: `${ALICE}/1`, to: BOB, type: 'chat', id: 'm1' })
  assert.deepEqual(message.children, original!.children)
  assert.deepEqual(one.sent(), [])
})

test('T-CAR2: a message to one full JID: a copy to the other, and only the original to the one', async () => {
  const { one, two, bob } = await scene()
  await bob.send(chat(one.jid.full))
  const [original, ...extra] = one.sent()
  assert.deepEqual(extra, [])
  assert.equal(original!.attr('to'), one.jid.full)
  const [copy, ...more] = two.sent()
  assert.deepEqual(more, [])
  assert.deepEqual(copyIn(copy!, 'received', two).attrs, { from: bob.jid.full, to: one.jid.full, type: 'chat', id: 'm1' })
})

test('PRIO-4, T-D01: chat to the bare JID: the original to the highest priority, a copy to the rest', async () => {
  const { one, two, bob } = await scene()
  await bob.send(chat(ALICE))
  assert.equal(one.sent()[0]!.child('body')!.text, 'Ğ&')
  assert.equal(copyIn(two.sent()[0]!, 'received', two).attr('to'), ALICE)
  await bob.send(`<message to='${ALICE}'><body>to all</body></message>`)
  for (const client of [one, two])
    assert.deepEqual(
      client.sent().map((e) => e.child('body')?.text),
      ['to all'],
    )
})

test('T-CAR3: private, groupchat and what a room passes on are not copied', async () => {
  const { server, one, two, bob } = await scene()
  const secret = `<private xmlns='${CARBONS}'/><no-copy xmlns='urn:xmpp:hints'/>`
  await one.send(chat(bob.jid.full, secret))
  const [sent] = bob.sent()
  assert.deepEqual(
    sent!.elements.map((e) => e.name),
    ['body', 'private', 'no-copy'],
    'section 9: nothing is taken out',
  )
  await bob.send(chat(one.jid.full, secret))
  await one.send(`<presence to='${bob.jid.full}'/>`) // no stranger from here on
  await bob.send(`<message type='groupchat' to='${one.jid.full}'><body>x</body></message>`)
  const rooms = server.remote('rooms.example')
  await rooms.send(
    `<message type='chat' from='room@rooms.example/nick' to='${one.jid.full}'><body>x</body><x xmlns='http://jabber.org/protocol/muc#user'/></message>`,
  )
  assert.equal(one.sent().length, 3)
  assert.deepEqual(two.sent(), [])
  await one.send(
    `<message type='chat' to='room@rooms.example/nick'><body>x</body><x xmlns='http://jabber.org/protocol/muc#user'/></message>`,
  )
  assert.equal(two.sent().length, 1)
})

test('T-CAR4, SEC-7: a forged copy does not arrive, however it is written', async () => {
  const { server, one, two, bob } = await scene()
  const there = server.remote('b.example')
  const inside = `<forwarded xmlns='${FORWARD}'><message xmlns='jabber:client' from='${BOB}' to='${ALICE}'><body>x</body></message></forwarded>`
  for (const direction of ['received', 'sent']) {
    for (const ns of [CARBONS, 'urn:xmpp:carbons&#58;2']) {
      await bob.send(chat(ALICE, `<${direction} xmlns='${ns}'>${inside}</${direction}>`))
      await there.send(
        `<message from='dave@b.example' to='${one.jid.full}'><${direction} xmlns='${ns}'>${inside}</${direction}></message>`,
      )
    }
  }
  assert.deepEqual([one.sent(), two.sent(), bob.sent(), there.sent()], [[], [], [], []])
  await bob.send(chat(ALICE, "<received xmlns='urn:xmpp:receipts' id='1'/>"))
  assert.equal(one.sent().length, 1)
})

test('XEP-0280 10.1: switching on and off, as often as one likes', async () => {
  const { one, two } = await scene()
  for (const [name, copies] of [
    ['enable', 1],
    ['enable', 1],
    ['disable', 0],
    ['disable', 0],
    ['enable', 1],
  ] as const) {
    assert.equal((await two.ask(turn(name))).attr('type'), 'result')
    await one.send(chat(BOB))
    assert.equal(two.sent().length, copies)
  }
})

test('Nobody switches on the copies of somebody else', async () => {
  const { one, bob } = await scene()
  assert.equal((await bob.ask(turn('enable').replace('<iq ', `<iq to='${ALICE}' `))).attr('type'), 'error')
  assert.equal((await bob.ask(turn('enable').replace('<iq ', `<iq to='${one.jid.full}' `))).attr('type'), 'error')
})

test("XEP-0280 7, 8: among the user's own clients each gets a message once", async () => {
  const { server, one, two } = await scene()
  const three = await server.bind(ALICE, '3')
  await three.ask(turn('enable'))
  await one.ask(turn('enable'))
  await one.send(chat(two.jid.full))
  assert.deepEqual(
    two.sent().map((e) => e.child('body')?.text),
    ['Ğ&'],
  )
  assert.equal(copyIn(three.sent()[0]!, 'received', three).attr('to'), two.jid.full)
  assert.deepEqual(one.sent(), [])
})

test('XEP-0280 6.1: the error to a message that was copied is copied too; another is not', async () => {
  const { server, one, two } = await scene()
  const there = server.remote('b.example')
  const error = (id: string): string =>
    `<message type='error' id='${id}' from='dave@b.example' to='${one.jid.full}'><error type='cancel'/></message>`
  await one.send("<message type='chat' id='copied' to='dave@b.example'><body>x</body></message>")
  await one.send("<message type='headline' id='not' to='dave@b.example'><body>x</body></message>")
  assert.equal(two.sent().length, 1)
  await there.send(error('not'))
  assert.deepEqual(two.sent(), [])
  await there.send(error('copied'))
  assert.equal(copyIn(two.sent()[0]!, 'received', two).attr('id'), 'copied')
  assert.equal(one.sent().length, 2)
})

test('XEP-0280 10.3: an error that a copy is answered with reaches nobody', async () => {
  const { one, two, bob } = await scene()
  await one.send(chat(BOB))
  two.sent()
  bob.sent()
  await two.send(`<message type='error' id='m1' to='${ALICE}'><error type='cancel'/></message>`)
  assert.deepEqual([one.sent(), two.sent(), bob.sent()], [[], [], []])
})

test('BLK-7: what is not sent is not copied', async () => {
  const { one, two } = await scene()
  await one.ask(`<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='${BOB}'/></block></iq>`)
  await one.send(chat(BOB))
  assert.equal(one.sent()[0]!.attr('type'), 'error')
  assert.deepEqual(two.sent(), [])
})

test('XEP-0280 7: a client with carbons that is not available sees what is stored for the others', async () => {
  const { one, two, bob } = await scene()
  await one.send("<presence type='unavailable'/>")
  await two.send('<presence><priority>-1</priority></presence>')
  one.sent()
  two.sent()
  await bob.send(chat(ALICE))
  assert.equal(copyIn(two.sent()[0]!, 'received', two).attr('id'), 'm1')
  await one.send('<presence/>')
  assert.equal(one.sent().filter((e) => e.name === 'message').length, 1)
})
