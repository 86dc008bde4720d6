/**
 * Clients come, lose their connection, come back or do not, and write to each other meanwhile, with checkpoints in between:
 * afterwards the server has nothing more in memory than before. `npm run test:endurance`
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import v8 from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { ManualClock } from '../../src/base/manual-clock.ts'
import { bareOf, DOMAIN, PASSWORD, storyServer, type StoryServer } from '../support/story-server.ts'
import { ENABLE } from '../support/stream-management.ts'
import { WireClient } from '../support/wire-client.ts'

const ACCOUNTS = 100
/** Each account has two clients in a round. */
const LOGINS_IN_A_ROUND = ACCOUNTS * 2
/** Until everything that is remembered up to a limit has reached it. */
const ROUNDS_BEFORE = 52
const ROUNDS = 100
const FRIENDS = 2
/** Longer than a session waits for its client. */
const LATER = 301_000
const PATIENCE = 20_000

v8.setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const turn = (): Promise<void> => new Promise((next) => void setImmediate(next))

async function heap(): Promise<number> {
  for (let i = 0; i < 5; i++) {
    await turn()
    collect()
  }
  return process.memoryUsage().heapUsed
}
const nameOf = (i: number): string => `user${i % ACCOUNTS}`

async function comes(server: StoryServer, user: string, resource: string): Promise<WireClient> {
  const client = new WireClient(await server.connect(), DOMAIN, PATIENCE)
  await client.login(user, PASSWORD, resource)
  client.write(`${ENABLE}<presence/>`)
  return client
}

async function round(server: StoryServer, n: number): Promise<void> {
  const { checkpoints, sessions } = server.server
  const clock = server.clock as ManualClock
  const clients: WireClient[] = []
  for (let i = 0; i < ACCOUNTS; i++)
    for (const resource of ['phone', 'desk']) clients.push(await comes(server, nameOf(i), resource))
  // Each message goes to two sessions, and neither acknowledges it
  for (const [i, client] of clients.entries())
    client.write(`<message type='chat' id='n${n}-${i}' to='${bareOf(nameOf(i + 1))}'><body>${n} ${i}</body></message>`)
  for (let i = 0; i < 5; i++) await turn()
  for (const { link } of clients) link.drop()
  for (let i = 0; i < 5; i++) await turn()
  clock.advance(2000)
  await checkpoints.write()
  clock.advance(10_000)
  await checkpoints.write()
  clock.advance(LATER)
  for (let i = 0; i < 2000 && (i < 20 || sessions.size > 0); i++) await turn()
  assert.equal(sessions.size, 0)
  await checkpoints.write()
}

test('20,000 logins, with sessions that wait and with checkpoints, leave the heap as it was', { timeout: 580_000 }, async (t) => {
  const server = await storyServer('memory', { settings: { 'offline-messages': { messages: 5, size: '4 KiB' } } })
  for (let i = 0; i < ACCOUNTS; i++)
    for (let k = 1; k <= FRIENDS; k++) {
      await server.contact(nameOf(i), nameOf(i + k), 'both')
      await server.contact(nameOf(i + k), nameOf(i), 'both')
    }
  for (let n = 0; n < ROUNDS_BEFORE; n++) await round(server, n)
  const before = await heap()
  for (let n = 0; n < ROUNDS; n++) await round(server, n)
  const after = await heap()
  const growth = after / before - 1
  t.diagnostic(
    `${ROUNDS * LOGINS_IN_A_ROUND} logins; heap ${(before / 1e6).toFixed(1)} MB before, ${(after / 1e6).toFixed(1)} MB after`,
  )
  assert.ok(growth < 0.05, `the heap has grown by ${(growth * 100).toFixed(1)} %`)
  await server.close()
})
