/** A process that dies at any moment: what it was told is stored is there, and nothing is there by half. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sharedCluster, withoutPostgres } from '../../test/support/postgres.ts'
import { SystemClock } from '../base/clock.ts'
import { SqlRosters } from './rosters.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'

const OWNERS = Array.from({ length: 8 }, (_, i) => `romeo${i}@example.net`)
const directory = mkdtempSync(join(tmpdir(), 'porchlight-'))
after(() => rmSync(directory, { recursive: true }))

/**
 * Lets the writer work on `file` until it has acknowledged `enough` changes, kills it, and returns the last
 * acknowledged version of each roster.
 */
function writeAndDie(file: string, enough: number): Promise<Map<string, number>> {
  const writer = spawn(process.execPath, [fileURLToPath(new URL('./crash-writer.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const acknowledged = new Map<string, number>()
  let [rest, lines] = ['', 0]
  writer.stdout.setEncoding('utf8').on('data', (text: string) => {
    const whole = (rest + text).split('\n')
    rest = whole.pop()!
    for (const line of whole) {
      const [owner, version] = line.split(' ') as [string, string]
      acknowledged.set(owner, Number(version))
      if (++lines === enough) writer.kill('SIGKILL')
    }
  })
  writer.stdin.end([file, ...OWNERS].join('\n'))
  return new Promise((resolve, reject) => {
    writer.once('error', reject)
    writer.once('close', (_, signal) =>
      signal === 'SIGKILL' ? resolve(acknowledged) : reject(new Error('the writer ended by itself')),
    )
  })
}

/** Every acknowledged change is in the file, and no change is there in part. Returns how many changes there are. */
async function inspect(file: string, acknowledged: ReadonlyMap<string, number>): Promise<number> {
  const clock = new SystemClock()
  const database = file.startsWith('postgresql:')
    ? await openPostgres({
        url: file,
        password: '',
        clock,
        run: 'after',
        member: { identity: 'crash', place: 'here', role: 'alone' },
      })
    : await openSqlite(file, { clock })
  try {
    const rosters = new SqlRosters(database, clock, 'after')
    let changes = 0
    for (const owner of OWNERS) {
      const told = acknowledged.get(owner) ?? 0
      const { version, items, pending } = await rosters.load(owner)
      assert.ok(version >= told, `${owner}: ${told} was acknowledged, ${version} is stored`)
      const all = Array.from({ length: version }, (_, i) => i + 1)
      assert.deepEqual(
        items.map((item) => Number(item.name)).sort((a, b) => a - b),
        all,
      )
      assert.deepEqual(
        pending.map(({ stanza }) => stanza.payload.text),
        all.map((n) => `<n>${n}</n>`),
      )
      assert.deepEqual(
        (await rosters.changesSince(owner, 0))!.items.map((entry) => entry.version),
        all,
      )
      changes += version
    }
    return changes
  } finally {
    await database.close()
  }
}

test('what was acknowledged survives SIGKILL, whole (SQLite)', () => survives(join(directory, 'crash.db'), [1, 7, 64, 333, 150]))

test('what was acknowledged survives SIGKILL, whole (PostgreSQL)', { skip: withoutPostgres }, async () => {
  await survives(await (await sharedCluster()).schema(), [7, 150])
})

/** @param rounds after how many acknowledgements the writer is killed */
async function survives(file: string, rounds: readonly number[]): Promise<void> {
  const acknowledged = new Map<string, number>()
  let acknowledgements = 0
  // How many is the same in every run; where in its work the writer then is, never.
  for (const enough of rounds) {
    for (const [owner, version] of await writeAndDie(file, enough)) acknowledged.set(owner, version)
    acknowledgements += enough
    assert.ok((await inspect(file, acknowledged)) >= acknowledgements)
  }
}
