/**
 * Two servers with the default limits and timers, each a process of its own, and the line between them, which can be
 * cut. For what takes time as it does in the world: nothing here stands on a clock that a test moves.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SystemClock } from '../src/base/clock.ts'
import { systemEntropy } from '../src/base/entropy.ts'
import { NO_GROUPS } from '../src/im/account.ts'
import { SqlAccounts } from '../src/storage/accounts.ts'
import { CORE, coreMigrations } from '../src/storage/core-tables.ts'
import { SqlRosters } from '../src/storage/rosters.ts'
import { openSqlite } from '../src/storage/sqlite.ts'
import { deriveCredentials } from '../src/sasl/credentials.ts'
import { jid } from '../src/xmpp/jid.ts'
import type { Afterwards } from '../test/support/afterwards.ts'
import { Line } from '../test/interop/line.ts'
import { Authority } from '../test/support/authority.ts'
import { startServer, type ServerProcess } from '../test/support/server-process.ts'
import { Session } from './load/lib/client.mjs'

export const [NEAR, FAR] = ['near.example', 'far.example'] as const
const PASSWORD = 'secret'
const ITERATIONS = 4096

export class Pair {
  readonly near: ServerProcess
  readonly far: ServerProcess
  readonly #lines: readonly Line[]

  constructor(near: ServerProcess, far: ServerProcess, lines: readonly Line[]) {
    this.near = near
    this.far = far
    this.#lines = lines
  }
  static async open(t: Afterwards, usersOf: Users): Promise<Pair> {
    const directory = mkdtempSync(join(tmpdir(), 'pair-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const authority = await Authority.found(directory)
    const ports = { near: 0, far: 0 }
    const toNear = await Line.open(t, () => ports.near)
    const toFar = await Line.open(t, () => ports.far)
    const near = await serverOf(t, NEAR, FAR, toFar.port, authority, usersOf[NEAR])
    const far = await serverOf(t, FAR, NEAR, toNear.port, authority, usersOf[FAR])
    ports.near = near.serversPort
    ports.far = far.serversPort
    return new Pair(near, far, [toNear, toFar])
  }
  cut(): void {
    for (const line of this.#lines) line.refuse()
  }
  restore(): void {
    for (const line of this.#lines) line.revive()
  }
}

/** Accounts of each domain, with their mutual contacts. */
export type Users = Readonly<Record<typeof NEAR | typeof FAR, ReadonlyMap<string, readonly string[]>>>

async function serverOf(
  t: Afterwards,
  domain: string,
  peer: string,
  port: number,
  authority: Authority,
  users: ReadonlyMap<string, readonly string[]>,
): Promise<ServerProcess> {
  const { certificateFile, keyFile } = await authority.certify(domain, { dns: [domain] })
  const server = await startServer(t, {
    server: { 'domains': [domain], 'data-directory': 'data' },
    tls: { certificate: certificateFile, key: keyFile },
    federation: { authorities: authority.file },
    peer: [{ domain: peer, route: `127.0.0.1:${port}` }],
    streams: { 'require-tls': false, 'connections-per-address': 0, 'connections-per-minute': 0, 'logins-per-second': 0 },
    log: { level: 'warn', format: 'json' },
  })
  await server.stop()
  await populate(join(server.directory, 'data'), users)
  await server.start()
  return server
}
async function populate(directory: string, users: ReadonlyMap<string, readonly string[]>): Promise<void> {
  const clock = new SystemClock()
  const database = await openSqlite(join(directory, 'porchlight.db'), { clock })
  await database.migrate(CORE, coreMigrations)
  const accounts = new SqlAccounts(database)
  const rosters = new SqlRosters(database, clock, 'provisioned')
  const credentials = await deriveCredentials(PASSWORD, ITERATIONS, systemEntropy)
  for (const [owner, contacts] of users) {
    await accounts.create(owner, credentials, clock.now())
    let { version } = await rosters.load(owner)
    await Promise.all(
      contacts.map((bare) => {
        const contact = jid(bare)
        const item = { jid: contact, name: '', groups: NO_GROUPS, subscription: 'both' as const, ask: false, approved: false }
        version += 1
        return rosters.save(owner, { contact, item, pending: null, version, pushed: true })
      }),
    )
  }
  await database.close()
}

/** Somebody who has logged in, without presence yet. @param hears what comes: one stanza, as text */
export async function online(
  t: Afterwards,
  server: ServerProcess,
  bare: string,
  hears: (stanza: string) => void,
): Promise<Session> {
  const [user, domain] = bare.split('@') as [string, string]
  const at = {
    host: '127.0.0.1',
    port: server.port,
    domain,
    tls: 'none',
    mech: 'SCRAM-SHA-1',
    resource: 'bench',
    roster: true,
  } as const
  const session = new Session(at, 0, user, PASSWORD)
  t.after(() => session.reset())
  session.onStanza = (s, text, start, tagEnd, end) => {
    const stanza = text.slice(start, end)
    if (stanza.startsWith('<iq') && !stanza.includes('disco#info')) s.answerIq(text, start, tagEnd, end)
    else hears(stanza)
  }
  await new Promise<void>((ready, failed) => {
    session.onReady = () => ready()
    session.onFail = (_, why) => failed(new Error(`${bare} cannot log in: ${why}`))
    session.connect()
  })
  return session
}

/** Until it is so. @throws Error when it does not come to be */
export async function until(what: string, longestSeconds: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const since = performance.now()
  while (!(await isSo())) {
    if (performance.now() - since > longestSeconds * 1000)
      throw new Error(`it did not come to be in ${longestSeconds} seconds: ${what}`)
    await sleep(50)
  }
}
export const sleep = (ms: number): Promise<void> => new Promise((over) => void setTimeout(over, ms))

/** Runs one measurement, and ends what it has started. */
export async function measured(what: (t: Afterwards) => Promise<void>): Promise<void> {
  const ends: (() => unknown)[] = []
  const t = { after: (end: () => unknown) => void ends.unshift(end), passed: false, diagnostic: (): void => {} }
  try {
    await what(t)
    t.passed = true
  } finally {
    for (const end of ends) await Promise.resolve(end()).catch((error: unknown) => console.error(error))
  }
}
