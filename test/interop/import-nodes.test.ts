/** `porchlight import`: what slixmpp has published on Debian's Prosody comes here as it was, and goes on by `porchlight export`. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { Authority } from '../support/authority.ts'
import { DOMAIN, startServer } from '../support/server-process.ts'
import type { Account } from './person.ts'
import { PYTHON, slixmppMissing } from './programs.ts'
import { NameServer } from './servers/name-server.ts'
import { OtherServer } from './servers/other-server.ts'
import { prosody } from './servers/prosody.ts'

const SCRIPT = join(import.meta.dirname, 'slixmpp/nodes.py')

interface Place {
  readonly host: string
  readonly port: number
  readonly certificateFile: string
}
async function play({ jid, password }: Account, { host, port, certificateFile }: Place, what: 'keep' | 'find'): Promise<unknown> {
  const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, jid, password, host, String(port), certificateFile, what], {
    timeout: 100_000,
  })
  return JSON.parse(stdout)
}

async function folder(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'moving-nodes-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

test('nodes from Prosody, and on to another server of ours', { skip: prosody.missing || slixmppMissing() }, async (t) => {
  const directory = await folder(t)
  const { port: namePort } = await NameServer.open(t)
  const authority = await Authority.found(directory)
  const certified = await authority.certify(DOMAIN, { dns: [DOMAIN] })
  const settings = { domain: DOMAIN, certified, certifiedBy: authority.file, authority: null, namePort }
  const there = await OtherServer.open(t, prosody, settings)
  const juliet = await there.account('juliet')
  await play(juliet, there, 'keep')
  await there.kill()

  const found = {
    'picture': true,
    'picture in the card': true,
    'bookmarks': [['tea@conference.localhost', 'Tea & größer', 'Me']],
    'access': 'whitelist',
  }
  const here = await startServer(t)
  await here.stop()
  assert.match((await here.command(['import', there.file('data')])).stdout, /^juliet@localhost: .*3 nodes of PEP/m)
  await here.start()
  assert.deepEqual(
    await play(juliet, { ...here, host: DOMAIN, port: here.port, certificateFile: here.certificateFile }, 'find'),
    found,
  )

  const file = join(directory, 'juliet.xml')
  await writeFile(file, (await here.command(['export', juliet.jid, '--keys'])).stdout)
  const next = await startServer(t)
  await next.stop()
  assert.match((await next.command(['import', file])).stdout, /^1 account imported\.$/m)
  await next.start()
  assert.deepEqual(await play(juliet, { host: DOMAIN, port: next.port, certificateFile: next.certificateFile }, 'find'), found)
})
