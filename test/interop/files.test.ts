/** XEP-0363, 0065, 0047: files between clients that others have written. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { DOMAIN, startServer, type ServerSettings } from '../support/server-process.ts'
import { PYTHON, slixmppMissing } from './programs.ts'

const PASSWORD = 'sesame open'
const [ALICE, BOB] = [`alice@${DOMAIN}`, `bob@${DOMAIN}`]

const skip = slixmppMissing()

async function play(t: TestContext, script: string, settings: ServerSettings): Promise<unknown> {
  const server = await startServer(t, settings)
  for (const jid of [ALICE, BOB]) await server.addUser(jid, PASSWORD)
  const file = join(import.meta.dirname, 'slixmpp', script)
  const args = [file, ALICE, BOB, PASSWORD, String(server.port), server.certificateFile, DOMAIN]
  const env = { ...process.env, SSL_CERT_FILE: server.certificateFile }
  const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: 150_000, env })
  return JSON.parse(stdout)
}

test('slixmpp sends a file through the proxy, and inside stanzas: T-B01, T-B02', { skip }, async (t) => {
  assert.deepEqual(await play(t, 'bytestreams.py', { bytestreams: { host: '127.0.0.1' } }), {
    'proxies': { [`proxy.${DOMAIN}`]: '127.0.0.1' },
    'through the proxy': true,
    'in IQs': [65_535, true],
    'in messages': [65_535, true],
  })
})

test('slixmpp uploads files, many at a time, and others get them: UPL-1, UPL-3, T-W07', { skip }, async (t) => {
  assert.deepEqual(await play(t, 'upload.py', {}), {
    'services': [`upload.${DOMAIN}`],
    'largest': 52_428_800,
    'same octets': true,
    'type': 'image/png',
    'a part': true,
    'at once': 12,
    'too large': 'FileTooBig',
  })
})
