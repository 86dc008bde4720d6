/** How much one session may send: nothing of it ends the session. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Element } from '../../xml/element.ts'
import { STANZA_ERRORS as STANZAS } from '../../xmpp/ns.ts'
import { memoryServer, settled, type Client, type MemoryOptions, type MemoryServer } from '../../../test/support/memory-server.ts'

const ROMEO = 'romeo@example.net'
const JULIET = 'juliet@example.net'

interface Scene {
  readonly server: MemoryServer
  readonly romeo: Client
  /** What Juliet was sent of Romeo since this was last called: a body, a status, or the type. */
  told(): readonly string[]
}
async function scene(rate: NonNullable<MemoryOptions['rate']>): Promise<Scene> {
  const server = await memoryServer({ rate })
  await server.friends(ROMEO, JULIET)
  const juliet = await server.bind(JULIET, '1')
  juliet.send('<presence/>')
  const romeo = await server.bind(ROMEO, '1')
  romeo.send('<presence/>')
  await settled()
  for (const client of [romeo, juliet]) client.sent()
  const told = (): readonly string[] =>
    juliet
      .sent()
      .map((e) => e.elements.find(({ name }) => name === 'body' || name === 'status')?.text ?? e.attr('type') ?? e.name)
  return { server, romeo, told }
}
const send = (client: Client, ...stanzas: readonly string[]): void => stanzas.forEach((one) => client.send(one))
const chat = (body: string): string => `<message to='${JULIET}' type='chat'><body>${body}</body></message>`
/** Ids of the stanzas that went beyond a limit. */
function refused(client: Client): readonly (string | undefined)[] {
  const isRefusal = (e: Element): boolean => e.child('error')?.child('policy-violation', STANZAS) !== undefined
  return client
    .sent()
    .filter(isRefusal)
    .map((e) => e.attr('id'))
}
const status = (text: string): string => `<presence><status>${text}</status></presence>`

test('stanzas beyond the burst wait for their time, in order', async () => {
  const { server, romeo, told } = await scene({ 'burst': 3, 'stanzas-per-second': 1 })
  for (const body of ['1', '2', '3', '4']) romeo.send(chat(body))
  assert.deepEqual(told(), ['1', '2'], 'the first of three was his presence')
  await server.advance(1000)
  assert.deepEqual(told(), ['3'])
  await server.advance(1000)
  assert.deepEqual(told(), ['4'])
  assert.equal(romeo.session.ended, false)
})

test('a large stanza costs what it weighs', async () => {
  const { server, romeo, told } = await scene({ 'bytes-per-second': 1000 })
  send(romeo, chat('x'.repeat(5000)), chat('y'.repeat(1000)))
  assert.deepEqual(told(), [])
  await server.advance(1500)
  const lengths = (): readonly number[] => told().map(({ length }) => length)
  assert.deepEqual(lengths(), [5000])
  await server.advance(1500)
  assert.deepEqual(lengths(), [1000])
})

test('of presence broadcasts that are too many the newest is sent when its time has come, and what follows it waits', async () => {
  const { server, romeo, told } = await scene({ 'presence-per-10-seconds': 2 })
  send(romeo, status('1'), status('2'), status('3'), chat('after'))
  assert.deepEqual(told(), ['1'])
  await server.advance(5000)
  assert.deepEqual(told(), ['3', 'after'])
})

test('a presence that waits is dropped when the client goes unavailable', async () => {
  const { server, romeo, told } = await scene({ 'presence-per-10-seconds': 1 })
  send(romeo, status('late'), `<presence type='unavailable'/>`)
  assert.deepEqual(told(), ['unavailable'])
  await server.advance(60_000)
  assert.deepEqual(told(), [])
})

test('a request to the server does not wait for a presence that does', async () => {
  const { romeo } = await scene({ 'presence-per-10-seconds': 1 })
  send(romeo, status('late'), `<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>`)
  const answer = romeo.sent().find((e) => e.attr('id') === 'r')
  assert.equal(answer?.attr('type'), 'result')
})

test('new addresses beyond the limit of a second are refused; contacts and old ones are not', async () => {
  const { server, romeo, told } = await scene({ 'recipients-per-second': 1 })
  const write = (user: string): string => `<message to='${user}@example.net' id='${user}'><body>hello</body></message>`
  send(romeo, write('a'), write('b'), write('a'), chat('friend'))
  await settled()
  assert.deepEqual(refused(romeo), ['b'])
  assert.deepEqual(told(), ['friend'])
  await server.advance(1000)
  romeo.send(write('b'))
  await settled()
  assert.deepEqual(refused(romeo), [])
})

test('without limits nothing waits', async () => {
  const { romeo, told } = await scene({})
  for (let i = 0; i < 100; i++) romeo.send(status(String(i)))
  assert.equal(told().length, 100)
})
