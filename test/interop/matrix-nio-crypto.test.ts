/** matrix-nio with its encryption (olm), unmodified: two users read each other. */
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { DOMAIN, startServer } from '../support/server-process.ts'
import { nioMissing, PYTHON } from './programs.ts'

const PASSWORD = 'sesame open'
const olmMissing = (): string | false => {
  const { status } = spawnSync(PYTHON, ['-c', 'import olm, peewee, atomicwrites, cachetools'], { stdio: 'ignore' })
  return status === 0 ? false : 'the Debian package python3-olm, or another one that nio encrypts with, is not installed'
}

test('matrix-nio with its encryption: two users read each other', { skip: nioMissing() || olmMissing() }, async (t) => {
  const server = await startServer(t, { matrix: { enabled: true } })
  for (const name of ['eve', 'fay']) await server.addUser(`${name}@${DOMAIN}`, PASSWORD)
  const folder = await mkdtemp(join(tmpdir(), 'porchlight-nio-'))
  t.after(() => rm(folder, { recursive: true }))
  const args = [join(import.meta.dirname, 'matrix/nio_crypto.py'), `http://127.0.0.1:${server.httpPort}`, PASSWORD, folder]
  const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: 300_000 })
  assert.deepEqual(JSON.parse(stdout), { [`@fay:${DOMAIN}`]: [['one', true]], [`@eve:${DOMAIN}`]: [['two', true]] })
})
