/**
 * What the two engines cost, side by side: saving a roster item, what a login reads and writes, and storing a message for
 * somebody who is away; one after the other, and 64 at a time. `node bench/engines.ts`
 *
 * SQLite writes a file in the temporary directory, PostgreSQL a cluster of its own there, on a socket; both wait for the disk.
 * The CPU is that of this process: with SQLite the thread of the database is in it, PostgreSQL's own processes are not.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { SystemClock } from '../src/base/clock.ts'
import { systemEntropy } from '../src/base/entropy.ts'
import { silent } from '../src/base/log.ts'
import type { Database } from '../src/server/database.ts'
import { openPostgres } from '../src/storage/postgres.ts'
import { openSqlite } from '../src/storage/sqlite.ts'
import { openCoreStores } from '../src/storage/stores.ts'
import { CREDENTIALS, itemOf, setting } from '../src/storage/testing.ts'
import { OfflineMessages } from '../src/xep/0160-offline-messages/store.ts'
import { migrations } from '../src/xep/0160-offline-messages/tables.ts'
import { wire } from '../src/xml/wire.ts'
import { jid } from '../src/xmpp/jid.ts'
import { Packet, Payload } from '../src/xmpp/packet.ts'
import { Cluster, withoutPostgres } from '../test/support/postgres.ts'

const ACCOUNTS = 256
const CONTACTS = 20
const SECONDS = 2
const LANES = [1, 64]
const LIMIT = { messages: 1e9, octets: 1e12 }
const LIMITS = { known: LIMIT, strangers: LIMIT }

const clock = new SystemClock()
const owners = Array.from({ length: ACCOUNTS }, (_, n) => `user${n}@example.net`)

type Operation = (owner: string, n: number) => Promise<unknown>

async function operationsOn(database: Database): Promise<Readonly<Record<string, Operation>>> {
  const { accounts, rosters, lastPresence, accountArchive } = await openCoreStores(database, {
    clock,
    entropy: systemEntropy,
    epoch: 'bench',
    log: silent,
    gathers: true,
  })
  await database.migrate('xep-0160', migrations)
  const offline = new OfflineMessages(database, accountArchive)
  const versions = new Map<string, number>()
  const save: Operation = async (owner, n) => {
    const version = versions.get(owner)! + 1
    versions.set(owner, version)
    await rosters.save(
      owner,
      setting(itemOf(`contact${n % CONTACTS}@example.com`, { name: `${n}`, subscription: 'both' }), version),
    )
  }
  for (const owner of owners) {
    await accounts.create(owner, CREDENTIALS, 0)
    versions.set(owner, 0)
  }
  await Promise.all(
    owners.map(async (owner) => {
      for (let n = 0; n < CONTACTS; n++) await save(owner, n)
    }),
  )
  return {
    'roster item saved': save,
    'login': async (owner) => {
      await accounts.find(owner)
      await Promise.all([rosters.load(owner), lastPresence.load(owner), offline.after(owner, 1e12, 100)])
      lastPresence.available(owner, clock.now())
    },
    'message stored': (owner, at) => {
      const message = {
        packet: messageTo(owner),
        id: accountArchive.newId(at),
        at,
        isSent: false,
        isArchived: false,
        along: () => [],
      }
      return offline.append(owner, message, LIMITS, { pool: 'known', holder: 'a@b.example' })
    },
  }
}
const messageTo = (owner: string): Packet =>
  Packet.of({
    kind: 'message',
    type: 'chat',
    from: jid('contact@example.com/phone'),
    to: jid(owner),
    payload: Payload.ofText(wire('<body>See you at noon, in front of the old mill. Bring the others.</body>')),
  })

/** Each lane has accounts of its own: what one account does comes one after the other. */
async function measure(operation: Operation, lanes: number): Promise<string> {
  const end = performance.now() + SECONDS * 1000
  const begin = performance.now()
  const cpu = process.cpuUsage()
  let done = 0
  const lane = async (first: number): Promise<void> => {
    for (let n = 0; performance.now() < end; n++, done++) await operation(owners[(first + n * lanes) % ACCOUNTS]!, n)
  }
  await Promise.all(Array.from({ length: lanes }, (_, first) => lane(first)))
  const { user, system } = process.cpuUsage(cpu)
  const us = (total: number): string => `${Math.round(total / done)}`.padStart(6)
  return `${us((performance.now() - begin) * 1000)} us, CPU ${us(user + system)} us`
}

async function run(name: string, database: Database): Promise<void> {
  for (const [what, operation] of Object.entries(await operationsOn(database))) {
    for (const lanes of LANES) {
      const figures = await measure(operation, lanes)
      process.stdout.write(`${name.padEnd(11)} ${what.padEnd(18)} ${`${lanes}`.padStart(3)} at a time  ${figures}\n`)
    }
  }
  await database.close()
}

const directory = await mkdtemp(join(tmpdir(), 'porchlight-bench-'))
await run('SQLite', await openSqlite(join(directory, 'porchlight.db'), { clock }))
await rm(directory, { recursive: true })
if (withoutPostgres === false) {
  const cluster = await Cluster.start('fsync=on')
  await run('PostgreSQL', await openPostgres({ url: await cluster.database('bench'), password: '', clock, run: 'bench' }))
  await cluster.stop('fast')
} else process.stdout.write(`PostgreSQL: ${withoutPostgres}\n`)
