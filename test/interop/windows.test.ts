/**
 * XEP-0402, XEP-0384, XEP-0084 and XEP-0045 with the windows of Dino and Gajim, on a screen that nobody sees. Nobody clicks: both enter
 * a room because another client has put it into the bookmarks, and each shows the picture of the other.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { slixmppMissing, PYTHON, windowsMissing } from './programs.ts'

const SCRIPTS = join(import.meta.dirname, 'windows')
const PORCHLIGHT = join(import.meta.dirname, '../../bin/porchlight.js')
const CONFIGURATION = `[server]
domains = ["localhost"]
data-directory = "data"
[listen]
c2s = ["127.0.0.1:5222"]
c2s-direct-tls = []
s2s = []
s2s-direct-tls = []
http = ["127.0.0.1:0"]
https = ["127.0.0.1:0"]
[sasl]
iterations = 4096
`
/** Without rights of its own: a user of these namespaces alone, who is not root, since Gajim does not run for root. */
const APART = ['-U', '--map-user=1000', '--map-group=1000', '--keep-caps', '-mnp', '--fork', '--kill-child', '--mount-proc']

test(
  'Dino and Gajim: devices, a room out of the bookmarks, pictures',
  { skip: windowsMissing() || slixmppMissing() },
  async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'windows-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    t.after(async () => {
      if (!t.passed) t.diagnostic(await readFile(join(directory, 'server.log'), 'utf8').catch(() => 'The server has not started'))
    })
    await writeFile(join(directory, 'porchlight.toml'), CONFIGURATION)
    const args = [...APART, 'sh', join(SCRIPTS, 'play.sh'), process.execPath, PORCHLIGHT, PYTHON, SCRIPTS]
    const { stdout } = await promisify(execFile)('unshare', args, { cwd: directory, timeout: 300_000 })
    assert.deepEqual(JSON.parse(stdout), {
      devices: [1, 1],
      room: ['Host', 'Juliet', 'Romeo'],
      read: true,
      pictures: true,
    })
  },
)
