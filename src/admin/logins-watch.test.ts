import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silent } from '../base/log.ts'
import { LOGOUT } from '../server/account/endings.ts'
import { memoryServer, type MemoryServer } from '../../test/support/memory-server.ts'
import { LoginsWatch } from './logins-watch.ts'

interface Watched {
  readonly server: MemoryServer
  readonly watch: LoginsWatch
  readonly lines: readonly (readonly [message: string, fields: object])[]
  readonly counted: (name: string) => number
}
async function watched(): Promise<Watched> {
  const server = await memoryServer()
  const lines: (readonly [string, object])[] = []
  const log = { ...silent, info: (fields: object, message: string) => void lines.push([message, fields]) }
  const watch = new LoginsWatch({ ...server.host, log })
  const { counters } = server.host.metrics
  return { server, watch, lines, counted: (name) => counters.find((counter) => counter.name === name)!.value }
}
const failure = {
  account: 'romeo@example.net',
  address: '192.0.2.7',
  mechanism: 'PLAIN',
  condition: 'not-authorized',
  isRare: true,
}

test('a login and the end of its session leave a line each', async () => {
  const { server, lines, counted } = await watched()
  const { session } = await server.bind('romeo@example.net', 'orchard')
  const { info } = session.connection!
  server.host.sessions.end(session, LOGOUT)
  assert.deepEqual(lines, [
    ['Client logged in', { jid: 'romeo@example.net/orchard', ...info }],
    ['Session ended', { jid: 'romeo@example.net/orchard', reason: 'logout' }],
  ])
  assert.deepEqual([counted('porchlight_logins_total'), counted('porchlight_sessions_ended_total')], [1, 1])
})

test('a failed login is logged with its reason; of too many, each is counted and the log stays short', async () => {
  const { server, watch, lines, counted } = await watched()
  server.host.tell('login-failed', failure)
  for (let i = 0; i < 9; i++) server.host.tell('login-failed', { ...failure, isRare: false })
  const { account, address, mechanism, condition: reason } = failure
  assert.deepEqual(lines, [['Login failed', { account, address, mechanism, reason }]])
  assert.equal(counted('porchlight_login_failures_total'), 10)
  assert.deepEqual(watch.report(), [{ account, address, mechanism, reason, count: 10, lastAt: server.clock.now() }])
})

test('the last failures are shown, the newest first, and no more than a hundred', async () => {
  const { server, watch } = await watched()
  for (let i = 0; i < 300; i++)
    server.host.tell('login-failed', { ...failure, address: `192.0.2.${i}`, mechanism: 'X'.repeat(9999) })
  const report = watch.report()
  assert.deepEqual([report.length, report[0]?.address, report[0]?.mechanism?.length], [100, '192.0.2.299', 64])
})
