/** contrib/deploy-certificate as certbot and lego call it, and the running server that takes up what it has put there. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { connect } from 'node:tls'
import { SystemClock } from '../../src/base/clock.ts'
import { systemEntropy } from '../../src/base/entropy.ts'
import { selfSigned } from '../../src/net/self-signed.ts'
import { startServer, type ServerProcess } from '../support/server-process.ts'
import { within } from '../support/within.ts'

const HOOK = join(import.meta.dirname, '../../contrib/deploy-certificate')
const PATIENCE_MS = 20_000
const skip = process.platform === 'win32' ? 'it is for systems with a shell' : false

interface Place {
  readonly directory: string
  /** Where the server looks. */
  readonly target: string
  hook(environment: Readonly<Record<string, string>>): void
}

function place(t: TestContext): Place {
  const directory = mkdtempSync(join(tmpdir(), 'porchlight-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const target = join(directory, 'etc')
  mkdirSync(target)
  const own = { PORCHLIGHT_DIRECTORY: target, PORCHLIGHT_GROUP: String(process.getgid!()) }
  const hook: Place['hook'] = (environment) => {
    const env = { PATH: process.env['PATH'], ...own, ...environment }
    const { status, stderr } = spawnSync('/bin/sh', [HOOK], { env, encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  }
  return { directory, target, hook }
}

async function made(directory: string, name: string): Promise<{ readonly chainFile: string; readonly keyFile: string }> {
  const folder = join(directory, name)
  mkdirSync(folder)
  return selfSigned(folder, ['localhost'], new SystemClock(), systemEntropy)
}

/** SHA-256 of what the server shows. */
function shown(server: ServerProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: server.directTlsPort, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

test('a certificate of certbot, then one of lego: the server shows each without a restart', { skip }, async (t) => {
  const { directory, target, hook } = place(t)
  const [first, second] = [await made(directory, 'first'), await made(directory, 'second')]
  const lineage = join(directory, 'live')
  mkdirSync(lineage)
  copyFileSync(first.chainFile, join(lineage, 'fullchain.pem'))
  copyFileSync(first.keyFile, join(lineage, 'privkey.pem'))
  hook({ RENEWED_LINEAGE: lineage })
  const [certificate, key] = [join(target, 'certificate.pem'), join(target, 'key.pem')]
  assert.deepEqual(
    [certificate, key].map((file) => (statSync(file).mode & 0o777).toString(8)),
    ['644', '640'],
  )
  const server = await startServer(t, { tls: { certificate, key } })
  const before = await shown(server)
  hook({ LEGO_CERT_PATH: second.chainFile, LEGO_CERT_KEY_PATH: second.keyFile })
  const { stdout } = await server.command(['status', '--json'])
  process.kill((JSON.parse(stdout) as { pid: number }).pid, 'SIGHUP')
  const changed = async (): Promise<void> => {
    while ((await shown(server)) === before) await setTimeout(50)
  }
  await within(PATIENCE_MS, 'the new certificate', changed())
})
