/** What the home of an account answers about it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, settled } from '../../../test/support/memory-server.ts'
import { jid } from '../../xmpp/jid.ts'
import { kicked } from '../account/endings.ts'
import type { Home } from '../routing/home.ts'

const ROMEO = jid('romeo@example.net')
const JULIET = jid('juliet@example.net')
const NOBODY = jid('nobody@example.net')
const STRANGER = jid('stranger@example.net')

/** Romeo is online, and Juliet sees him. */
async function scene() {
  const server = await memoryServer()
  await server.friends(ROMEO.bare, JULIET.bare)
  await server.account(STRANGER.bare)
  const romeo = await server.bind(ROMEO.bare, '1')
  romeo.send('<presence><show>away</show></presence>')
  await settled()
  const home: Home = server.host.router.homeOf(ROMEO)!
  return { server, romeo, home }
}

test('whether there is an account: at once if it is in memory', async () => {
  const { home } = await scene()
  assert.equal(home.exists(ROMEO), true)
  assert.equal(await home.exists(JULIET), true)
  assert.equal(await home.exists(NOBODY), false)
})

test('what a resource says of itself, to those who may see it and to its own account', async () => {
  const { home, romeo } = await scene()
  const full = romeo.session.jid
  const told = async (watcher: typeof ROMEO): Promise<readonly [string, string] | null> => {
    const presence = await home.presence(full, watcher)
    return presence === null ? null : [presence.to!.full, presence.payload.elements[0]!.text]
  }
  assert.deepEqual(await told(JULIET), [JULIET.full, 'away'])
  assert.deepEqual(await told(ROMEO), [ROMEO.full, 'away'])
  assert.equal(await told(STRANGER), null)
  assert.deepEqual(await Promise.all([JULIET, ROMEO, STRANGER].map((who) => home.isAvailable(ROMEO, who))), [true, true, false])
  for (const gone of [ROMEO.withResource('2'), NOBODY.withResource('1')]) assert.equal(await home.presence(gone, JULIET), null)
  romeo.send(`<presence type='unavailable'/>`)
  assert.equal(await told(JULIET), null)
  assert.equal(await home.isAvailable(ROMEO, JULIET), false)
})

test('a doubt is told to those who are online, each once', async () => {
  const { home, server, romeo } = await scene()
  const told: string[] = []
  server.host.on('resource-doubted', ({ resource, watchers }) => {
    told.push(`${resource.full}: ${Array.from(watchers, ({ bare }) => bare.bare).join(' ')}`)
  })
  await server.bind(JULIET.bare, '1')
  await server.host.accounts.load(STRANGER.bare)
  home.doubted(romeo.session.jid, [ROMEO, JULIET, ROMEO, STRANGER, NOBODY])
  assert.deepEqual(told, ['romeo@example.net/1: romeo@example.net juliet@example.net'])
  home.doubted(romeo.session.jid, [STRANGER, NOBODY])
  assert.equal(told.length, 1)
})

test('an order ends all sessions of an account', async () => {
  const { home, server, romeo } = await scene()
  const other = await server.bind(ROMEO.bare, '2')
  const juliet = await server.bind(JULIET.bare, '1')
  home.end(ROMEO, kicked('enough'))
  assert.deepEqual(
    [romeo, other, juliet].map(({ session }) => session.ended),
    [true, true, false],
  )
  home.end(NOBODY, kicked(''))
})
