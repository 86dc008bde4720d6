/**
 * What it costs to keep a message in the archive: the CPU of the whole process, the thread of the database with it, for
 * appends of one and of a hundred in a tick, against a file. `node bench/micro/archive.ts`
 */
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

function next(): ArchiveEntry {
  const owner = `user${(n += 1) % OWNERS}@a.example`
  const seq = (seqs.get(owner) ?? 0) + 1
  seqs.set(owner, seq)
  return {
    owner,
    seq,
    id: archive.newId(Date.now()),
    stream: archive.nextStream(),
    time: Date.now(),
    withBare: `contact${n % 50}@b.example`,
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
/** Microseconds of CPU for each message. */
async function costOf(messages: number, inATick: number): Promise<number> {
  const begin = process.cpuUsage()
  for (let done = 0; done < messages; done += inATick) {
    const appends = Array.from({ length: inATick }, () => archive.append([next()]))
    await tickOver()
    await Promise.all(appends)
  }
  const { user, system } = process.cpuUsage(begin)
  return (user + system) / messages
}

for (const inATick of [1, 10, 100]) {
  await costOf(MESSAGES / 20, inATick)
  const figures = [await costOf(MESSAGES / 4, inATick), await costOf(MESSAGES / 4, inATick), await costOf(MESSAGES / 4, inATick)]
  console.log(`${inATick} in a tick: ${figures.map((us) => us.toFixed(1)).join(', ')} us a message`)
}
await database.close()
await rm(directory, { recursive: true })
