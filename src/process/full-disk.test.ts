/**
 * The whole server on a file system that is really full: a small one of its own, which only root can mount. Where that cannot be
 * done the test is skipped, and says so.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeSync, openSync, closeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { tcpLink } from '../../test/support/link.ts'
import { startServer, type ServerProcess } from '../../test/support/server-process.ts'
import { item, rosterSet } from '../../test/support/stanzas.ts'
import { WireClient } from '../../test/support/wire-client.ts'

const PASSWORD = 'open sesame'
const ATTEMPTS = 200

/** Null: it cannot be mounted, and `why` was told. */
function smallDisk(why: (reason: string) => void): string | null {
  const place = mkdtempSync(join(tmpdir(), 'porchlight-disk-'))
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', place], { encoding: 'utf8' })
  if (status === 0) return place
  rmSync(place, { recursive: true })
  why(`a small file system cannot be mounted: ${error?.message ?? stderr.trim()}`)
  return null
}
function remove(disk: string): void {
  spawnSync('umount', [disk])
  rmSync(disk, { recursive: true })
}

/** A server that has its data on that disk. */
async function serverOn(t: TestContext, disk: string): Promise<ServerProcess> {
  try {
    return await startServer(t, {}, undefined, ['sh', '-c', `ln -s '${disk}' data && exec "$@"`, 'sh'])
  } finally {
    t.after(() => remove(disk)) // when the server has stopped
  }
}

/** Writes until there is no room for one more octet. */
function fill(file: string): void {
  const to = openSync(file, 'w')
  try {
    for (let size = 1 << 20; size > 0; size >>= 1)
      try {
        for (;;) writeSync(to, Buffer.alloc(size))
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
      }
  } finally {
    closeSync(to)
  }
}

async function health({ monitoringPort }: ServerProcess): Promise<readonly [code: number, status: string, reason: string]> {
  const response = await fetch(`http://127.0.0.1:${monitoringPort}/health`)
  const { status, reason = '' } = (await response.json()) as { readonly status: string; readonly reason?: string }
  return [response.status, status, reason]
}

/** Puts contacts into the roster until one is refused, or that many are in it. The condition of the error; null: none was refused. */
async function addContacts(client: WireClient, attempts: number): Promise<string | null> {
  for (let i = 0; i < attempts; i++) {
    client.write(rosterSet('r', item(`contact${i}@elsewhere.example`, `name='${'n'.repeat(1000)}'`)))
    const answer = await client.element('the answer')
    if (answer.attr('type') === 'error') return answer.child('error')!.elements[0]!.name
  }
  return null
}

test('/health says that the disk is full while nothing can be stored, and that all is well when there is room again', async (t) => {
  const disk = smallDisk((reason) => t.skip(reason))
  if (disk === null) return
  const server = await serverOn(t, disk)
  await server.addUser('romeo@localhost', PASSWORD)
  const romeo = new WireClient(await tcpLink(server.port), 'localhost')
  await romeo.login('romeo', PASSWORD, 'x', { startTls: true })
  assert.equal(await addContacts(romeo, 1), null)
  assert.deepEqual(await health(server), [200, 'ok', ''])

  fill(join(disk, 'filler'))
  assert.equal(await addContacts(romeo, ATTEMPTS), 'resource-constraint')
  const [code, status, reason] = await health(server)
  assert.deepEqual([code, status], [503, 'database-unavailable'])
  assert.match(reason, /full/i)
  assert.deepEqual(await health(server), [503, 'database-unavailable', reason], 'asking changes nothing')

  rmSync(join(disk, 'filler'))
  assert.equal(await addContacts(romeo, 1), null)
  assert.deepEqual(await health(server), [200, 'ok', ''])
  assert.notEqual(server.complaints().length, 0, 'the log says why')
  server.log = ''
})
