/**
 * What it costs to keep a message in the archive: the CPU of the whole process, the thread of the database with it, and what it
 * writes (of Linux), for appends of one and of a hundred in a tick, against a file. `node bench/micro/archive.ts`
 */
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SystemClock } from '../../src/base/clock.ts'
import { systemEntropy } from '../../src/base/entropy.ts'
import { tickOver } from '../../src/base/tick.ts'
import type { ArchiveEntry } from '../../src/server/archive.ts'
import { SqlArchive } from '../../src/storage/archive.ts'
import { openSqlite } from '../../src/storage/sqlite.ts'

const OWNERS = 200
const MESSAGES = 12_000
const BODY = '<body>See you at noon, in front of the old mill. Bring the others.</body>'

const directory = await mkdtemp(join(tmpdir(), 'archive-'))
const database = await openSqlite(join(directory, 'porchlight.db'), { clock: new SystemClock() })
const archive = await SqlArchive.open(database, systemEntropy)
const seqs = new Map<string, number>()
let n = 0

function next(isOfRoom: boolean): ArchiveEntry {
  n += 1
  const owner = isOfRoom ? `Kb3f0pXs9TqWmZ1yL7cVu${n % OWNERS}` : `user${n % OWNERS}@a.example`
  const seq = (seqs.get(owner) ?? 0) + 1
  seqs.set(owner, seq)
  return {
    owner,
    seq,
    id: archive.newId(Date.now()),
    stream: archive.nextStream(),
    time: Date.now(),
    withBare: isOfRoom ? null : `contact${n % 50}@b.example`,
    withFull: `contact${n % 50}@b.example/phone.1234`,
    nick: null,
    kind: 'message',
    key: null,
    target: null,
    fromId: `msg-${n}`,
    device: null,
    transaction: null,
    lang: 'en',
    payload: BODY,
    mx: null,
    flags: 0,
  }
}
/** Octets that this process has written; 0 where the system does not say. */
function written(): number {
  const file = '/proc/self/io'
  return existsSync(file) ? Number(/^wchar: (\d+)$/m.exec(readFileSync(file, 'utf8'))![1]) : 0
}
/** Microseconds of CPU and octets written for each message. */
async function costOf(
  messages: number,
  inATick: number,
  isOfRoom: boolean,
): Promise<{ readonly us: number; readonly octets: number }> {
  const before = written()
  const begin = process.cpuUsage()
  for (let done = 0; done < messages; done += inATick) {
    const appends = Array.from({ length: inATick }, () => archive.append([next(isOfRoom)]))
    await tickOver()
    await Promise.all(appends)
  }
  const { user, system } = process.cpuUsage(begin)
  return { us: (user + system) / messages, octets: (written() - before) / messages }
}

for (const isOfRoom of [false, true])
  for (const inATick of [1, 10, 100]) {
    await costOf(MESSAGES / 20, inATick, isOfRoom)
    const figures = []
    for (let run = 0; run < 3; run++) figures.push(await costOf(MESSAGES / 4, inATick, isOfRoom))
    const us = figures.map((figure) => figure.us.toFixed(1)).join(', ')
    const kilobytes = Math.max(...figures.map(({ octets }) => octets)) / 1000
    console.log(`${isOfRoom ? 'room' : 'account'}, ${inATick} in a tick: ${us} us a message, ${kilobytes.toFixed(1)} KB written`)
  }
await database.close()
await rm(directory, { recursive: true })
