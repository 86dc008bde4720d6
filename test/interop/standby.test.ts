/**
 * Two servers on one PostgreSQL, of which one stands by (CL-29): the first is killed under load, or frozen. The second takes over,
 * clients find everything there that was acknowledged, and the first one writes nothing more.
 */
import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { Cluster, withoutPostgres } from '../support/postgres.ts'
import { DOMAIN, startServer, startStandingBy, type ServerProcess } from '../support/server-process.ts'
import { within } from '../support/within.ts'
import { Commuter } from './commuter.ts'

const PASSWORD = 'secret'
/** Messages that have come before the server is killed among the next ones. */
const UNDER_LOAD = 200
/** The most that may be on their way at a time, however slow the machine is. */
const ON_THE_WAY = 100
const PATIENCE_MS = 120_000
const UNLIMITED = {
  'rate': { 'stanzas-per-second': 0, 'bytes-per-second': '0 B' },
  'streams': { 'connections-per-address': 0, 'connections-per-minute': 0 },
  // Of strangers, as these are, a share only is kept
  'message-archive': { 'strangers-messages': 100_000 },
  'offline-messages': { 'messages': 10_000, 'strangers-messages': 10_000 },
}
/** One that ends by a signal, or because it was put out, fails no test. */
const unattended = (t: TestContext) => ({
  after: (work: () => Promise<void>) => t.after(() => work().catch(() => {})),
  passed: true,
  diagnostic: () => {},
})

interface Pair {
  readonly cluster: Cluster
  readonly first: ServerProcess
  readonly second: ServerProcess
  readonly monitoring: number
}
async function pair(t: TestContext): Promise<Pair> {
  const cluster = await Cluster.start('fsync=on')
  const storage = { url: await cluster.database('pair'), standby: true }
  const monitoring = await freePort()
  const first = await startServer(unattended(t), { ...UNLIMITED, storage })
  for (const name of ['romeo', 'juliet']) await first.addUser(`${name}@${DOMAIN}`, PASSWORD)
  const second = await startStandingBy(t, { ...UNLIMITED, storage, listen: { monitoring: [`127.0.0.1:${monitoring}`] } })
  t.after(() => cluster.stop('immediate')) // after the servers
  return { cluster, first, second, monitoring }
}
const person = (server: () => ServerProcess, user: string): Commuter =>
  new Commuter({ port: () => server().directTlsPort, domain: DOMAIN, user, resumes: true })

async function hears(one: Commuter, messages: number): Promise<void> {
  while (one.heard.length < messages) await setTimeout(5)
}

test(
  'CL-29: a second server is refused, or stands by: no port but that for health, and status says so',
  { skip: withoutPostgres },
  async (t) => {
    const { first, second, monitoring } = await pair(t)
    const health = await fetch(`http://127.0.0.1:${monitoring}/health`)
    assert.equal(health.status, 503)
    const said = (await health.json()) as { status: string; serving: string }
    assert.equal(said.status, 'standby')
    assert.match(said.serving, new RegExp(`data in ${first.directory}`))
    assert.match((await second.command(['status'])).stdout, /^Standing by since .*Serving is the one on .*data in/)
    const refused = await second.command(['user', 'list'])
    assert.equal(refused.code, 1)
    assert.equal(await second.stop(), 0)
    const command = await second.command(['user', 'list'])
    assert.match(command.stderr, /is used by another Porchlight \(on .*data in/)
    assert.equal(await first.stop(), 0)
    assert.equal((await second.command(['user', 'list'])).code, 0)
  },
)

test(
  'T-N02: the first server is killed under load: nothing that was acknowledged is lost',
  { skip: withoutPostgres },
  async (t) => {
    const { cluster, first, second, monitoring } = await pair(t)
    let serving = first
    const [romeo, juliet] = [person(() => serving, 'romeo'), person(() => serving, 'juliet')]
    await Promise.all([romeo.connect(), juliet.connect()])
    let sent = 0
    const load = new AbortController()
    const saying = (async () => {
      for (; !load.signal.aborted; await setTimeout(5))
        if (sent - juliet.heard.length < ON_THE_WAY) romeo.say(`juliet@${DOMAIN}`, `${sent++}`)
    })()
    await within(PATIENCE_MS, () => `messages; ${juliet.heard.length} have come`, hears(juliet, UNDER_LOAD))
    await first.kill()
    load.abort()
    await saying
    await second.serving()
    serving = second
    await Promise.all([romeo.connect(), juliet.connect()])
    await Promise.all([romeo.settle(), juliet.settle()])
    assert.ok(romeo.acknowledged.length >= UNDER_LOAD)
    const archives = await cluster.sql('pair', `select payload from archive where owner = 'juliet@${DOMAIN}'`)
    const archived = new Set(Array.from(archives.matchAll(/<body>(\d+)<\/body>/g), (match) => match[1]!))
    assert.deepEqual(
      [...romeo.acknowledged, ...juliet.heard].filter((body) => !archived.has(body)),
      [],
    )
    assert.equal((await fetch(`http://127.0.0.1:${monitoring}/health`)).status, 200)
    await Promise.all([romeo.leave(), juliet.leave()])
  },
)

test(
  'T-N03, T-N18: the first server is frozen with a transaction open: fenced, its row is not there, clients come to the second',
  { skip: withoutPostgres },
  async (t) => {
    const { cluster, first, second } = await pair(t)
    // A transaction of the first server that has its fence row, and does not end
    const holding = cluster.sql(
      'pair',
      `set application_name = 'porchlight ${await cluster.sql('pair', "select incarnation from cluster_member where state = 'up'")}';
     begin; update cluster_fence set batch = batch; create table never_there (id integer); select pg_sleep(120); commit`,
    )
    const ended = assert.rejects(holding)
    const began = performance.now()
    process.kill(first.pid, 'SIGSTOP')
    await second.serving()
    const took = performance.now() - began
    await ended
    assert.equal(await cluster.sql('pair', "select to_regclass('never_there') is null"), 't')
    const juliet = person(() => second, 'juliet')
    await juliet.connect()
    const rows = (): Promise<string> => cluster.sql('pair', 'select count(*) from account')
    const before = await rows()
    const late = first.addUser(`nurse@${DOMAIN}`, PASSWORD).catch(() => {})
    process.kill(first.pid, 'SIGCONT')
    assert.equal(await first.ended(), 69)
    await late
    assert.equal(await rows(), before, 'the frozen server has written nothing')
    assert.match(first.log, /The server must end/)
    await juliet.leave()
    t.diagnostic(`served again after ${Math.round(took)} ms`)
  },
)

function freePort(): Promise<number> {
  const probe = createServer()
  return new Promise((resolve) =>
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    }),
  )
}
