/**
 * Restarts and crashes while clients write two hundred messages a second, here and to another server: what a server has
 * acknowledged has arrived or is still to come, once and in its order, whoever the addressee is.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { Authority } from '../support/authority.ts'
import { startServer, type ServerProcess } from '../support/server-process.ts'
import { Commuter } from './commuter.ts'

const [A, B] = ['a.example', 'b.example'] as const
const PER_SECOND = 200
const PASSWORD = 'secret'
/** Whoever writes is not what is tested. */
const UNLIMITED = {
  'rate': { 'stanzas-per-second': 0, 'bytes-per-second': '0 B' },
  'offline-messages': {
    'messages': 100_000,
    'size': '100 MiB',
    'strangers-messages': 100_000,
    'strangers-size': '100 MiB',
  },
  'message-archive': { messages: 200_000 },
  'streams': { 'connections-per-address': 0, 'connections-per-minute': 0 },
}

type Trust = 'require-certificate' | 'allow-dialback'

/** Two servers that know each other, on ports that stay the same over restarts. */
async function twoServers(t: TestContext, trust: Trust): Promise<readonly [ServerProcess, ServerProcess]> {
  const directory = await mkdtemp(join(tmpdir(), 'restart-under-load-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const authority = await Authority.found(directory)
  const ports = await Promise.all([freePort(), freePort()])
  const open = async (i: 0 | 1): Promise<ServerProcess> => {
    const [domain, other] = i === 0 ? [A, B] : [B, A]
    const { certificateFile, keyFile } = await authority.certify(domain, { dns: [domain] })
    const isCertified = trust === 'require-certificate'
    // One user writes all of it, and how long a start takes is the machine's affair: the queue has room for that
    const room = { 'queue-stanzas': 20_000, 'queue-size': '40 MiB' }
    const federation = { trust, 'stanzas-per-second': 0, 'bytes-per-second': '0 B', ...room }
    return startServer(t, {
      ...UNLIMITED,
      server: { 'domains': [domain], 'data-directory': 'data' },
      listen: { s2s: [`127.0.0.1:${ports[i]}`] },
      federation: isCertified ? { ...federation, authorities: authority.file } : federation,
      ...(isCertified && { tls: { certificate: certificateFile, key: keyFile } }),
      peer: [{ domain: other, route: `127.0.0.1:${ports[1 - i]}` }],
    })
  }
  return [await open(0), await open(1)]
}

function freePort(): Promise<number> {
  const probe = createServer()
  return new Promise((resolve) =>
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    }),
  )
}

function commuter(server: ServerProcess, jid: string, resumes: boolean): Commuter {
  const [user, domain] = jid.split('@') as [string, string]
  return new Commuter({ port: () => server.directTlsPort, domain, user, resumes })
}

/** Messages by number, each from its own sender to its own addressee, until it is told to stop. */
class Load {
  sent = 0
  readonly #ways: readonly (readonly [from: Commuter, to: string])[]
  #isOver = false
  #isPaused = false
  readonly #done: Promise<void>

  constructor(...ways: readonly (readonly [from: Commuter, to: string])[]) {
    this.#ways = ways
    this.#done = this.#write()
  }
  /** Nothing is written from now on, or is again. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused
  }
  async stop(): Promise<void> {
    this.#isOver = true
    await this.#done
  }
  /** What has come is everything, once and in its order. */
  check({ heard }: Commuter): void {
    const all = Array.from({ length: this.sent }, (_, i) => `${i}`)
    const missing = all.filter((body) => !heard.includes(body))
    const doubled = heard.filter((body, i) => heard.indexOf(body) !== i)
    assert.deepEqual({ missing, doubled }, { missing: [], doubled: [] })
    assert.deepEqual(heard, all, 'in order')
  }
  async #write(): Promise<void> {
    let due = 0
    for (let last = performance.now(); !this.#isOver; await setTimeout(5)) {
      const now = performance.now()
      if (!this.#isPaused) due += ((now - last) / 1000) * PER_SECOND
      last = now
      for (; this.sent < due; this.sent++) for (const [from, to] of this.#ways) from.say(to, `${this.sent}`)
    }
  }
}

const TIMES = 3
const BETWEEN_MS = 1500
/** For so long is written to a server that is not there; a machine with much to do may need longer for the start than the queue has room. */
const AWAY_MS = 2000
/** Restarts it under load. */
async function restarted(server: ServerProcess, load: Load): Promise<void> {
  const restart = server.restart()
  const tooLong = new AbortController()
  void setTimeout(AWAY_MS, null, { signal: tooLong.signal }).then(
    () => load.pause(true),
    () => {},
  )
  await restart
  tooLong.abort()
}

/** Everybody is back, and has heard and said everything. */
async function quiet(load: Load, all: readonly Commuter[]): Promise<void> {
  await setTimeout(BETWEEN_MS)
  await load.stop()
  await Promise.all(all.map((one) => one.settle()))
}

test('a server restarted under load has lost and doubled nothing that it acknowledged', async (t) => {
  const server = await startServer(t, { ...UNLIMITED, server: { 'domains': [A], 'data-directory': 'data' } })
  const person = async (name: string, resumes: boolean): Promise<Commuter> => {
    await server.addUser(`${name}@${A}`, PASSWORD)
    return commuter(server, `${name}@${A}`, resumes)
  }
  const [romeo, juliet, paris, nurse] = [
    await person('romeo', true),
    await person('juliet', true),
    await person('paris', true),
    await person('nurse', false),
  ]
  const rosaline = await person('rosaline', false)
  const here = [romeo, juliet, paris, nurse]
  await Promise.all(here.map((one) => one.connect()))
  const load = new Load([romeo, `juliet@${A}`], [paris, `rosaline@${A}`], [juliet, `nurse@${A}`])
  for (let i = 0; i < TIMES; i++) {
    await setTimeout(BETWEEN_MS)
    await restarted(server, load)
    await Promise.all(here.map((one) => one.connect()))
    load.pause(false)
  }
  await quiet(load, here)
  await rosaline.connect()
  await rosaline.settle()
  for (const one of [juliet, nurse, rosaline]) load.check(one)
  for (const one of [romeo, juliet, paris]) assert.equal(one.resumptions, TIMES)
  await Promise.all([...here, rosaline].map((one) => one.leave()))
})

for (const trust of ['require-certificate', 'allow-dialback'] as const) {
  for (const which of [0, 1] as const) {
    test(`a restart of ${which === 0 ? 'the server that calls' : 'the server that is called'} loses and doubles nothing between two, with ${trust}`, async (t) => {
      const servers = await twoServers(t, trust)
      const [a, b] = servers
      await Promise.all([a.addUser(`romeo@${A}`, PASSWORD), b.addUser(`juliet@${B}`, PASSWORD)])
      const people = [commuter(a, `romeo@${A}`, true), commuter(b, `juliet@${B}`, true)] as const
      const [romeo, juliet] = people
      await Promise.all(people.map((one) => one.connect()))
      const load = new Load([romeo, `juliet@${B}`], [juliet, `romeo@${A}`])
      for (let i = 0; i < TIMES; i++) {
        await setTimeout(BETWEEN_MS)
        await restarted(servers[which], load)
        await people[which].connect()
        load.pause(false)
      }
      await quiet(load, people)
      for (const one of people) {
        assert.deepEqual(one.refused, [])
        load.check(one)
      }
      await Promise.all(people.map((one) => one.leave()))
    })
  }
}

for (const trust of ['require-certificate', 'allow-dialback'] as const) {
  test(`a server that is killed and comes back: nobody who wrote to it is refused, with ${trust}`, async (t) => {
    const [a, b] = await twoServers(t, trust)
    await Promise.all([a.addUser(`romeo@${A}`, PASSWORD), b.addUser(`juliet@${B}`, PASSWORD)])
    const juliet = commuter(b, `juliet@${B}`, true)
    await juliet.connect()
    const load = new Load([juliet, `romeo@${A}`])
    for (let i = 0; i < TIMES; i++) {
      await setTimeout(BETWEEN_MS)
      await a.kill()
      await setTimeout(AWAY_MS)
      load.pause(true)
      await a.start()
      load.pause(false)
    }
    await quiet(load, [juliet])
    const romeo = commuter(a, `romeo@${A}`, false)
    await romeo.connect()
    await romeo.settle()
    assert.deepEqual(juliet.refused, [])
    const heard = new Set(romeo.heard)
    const missing = Array.from({ length: load.sent }, (_, i) => `${i}`).filter((body) => !heard.has(body))
    // Who counts no stanzas cannot know what had got through when the other side died
    if (trust === 'require-certificate') assert.deepEqual(missing, [])
    await Promise.all([juliet, romeo].map((one) => one.leave()))
  })
}
