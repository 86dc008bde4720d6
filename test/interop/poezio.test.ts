/**
 * DEVIATES(22): the poezio of Debian 12, as it is, on a terminal, over TLS 1.3. Its library knows tls-unique and nothing
 * else, and binds every login by it.
 */
import assert from 'node:assert/strict'
import { chown, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SessionPage } from '../../src/admin/session-list.ts'
import { Terminal } from '../support/terminal.ts'
import { poezioMissing } from './programs.ts'
import { Theatre } from './stories.ts'

const NOBODY = 65_534
const AS_NOBODY = `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups `

test('poezio logs in over TLS 1.3, bound to it, at the first attempt', { skip: poezioMissing() }, async (t) => {
  const theatre = await Theatre.open(t)
  const { server } = theatre
  const account = await theatre.account('romeo')
  const home = await mkdtemp(join(tmpdir(), 'porchlight-poezio-'))
  let terminal: Terminal | null = null
  // poezio outlives its terminal, and is found by what stands in its home
  t.after(async () => {
    await terminal?.close()
    await rm(home, { recursive: true, force: true })
  })
  const [settings, log, certificate] = [join(home, 'poezio.cfg'), join(home, 'debug.log'), join(home, 'certificate.pem')]
  await copyFile(server.certificateFile, certificate)
  const lines = {
    jid: account.jid,
    password: account.password,
    custom_host: '127.0.0.1',
    custom_port: server.port,
    ca_cert_path: certificate,
    enable_vertical_tab_list: false,
  }
  const text = Object.entries(lines).map(([name, value]) => `${name} = ${value}`)
  await writeFile(settings, ['[Poezio]', ...text, ''].join('\n'))
  const environment = { HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, XDG_CACHE_HOME: home, LC_ALL: 'C.UTF-8' }
  // It does not run as root
  const isRoot = process.getuid!() === 0
  if (isRoot) for (const path of [home, settings, certificate]) await chown(path, NOBODY, NOBODY)
  const command = `${isRoot ? AS_NOBODY : ''}poezio -f ${settings} -d ${log}`
  terminal = await Terminal.open({ socket: join(home, 'tmux'), command, environment, directory: home })
  await terminal.shows(/Your JID is romeo/)
  const { sessions } = (await server.ask('session.list', { find: '', after: '' })) as SessionPage
  assert.deepEqual(
    sessions.map(({ jid, encryption, mechanism }) => [jid.split('/')[0], encryption, mechanism]),
    [[account.jid, 'TLSv1.3', 'SCRAM-SHA-512-PLUS']],
  )
  const attempts = (await readFile(log, 'utf8')).match(/SEND: <auth .*?mechanism="[^"]*"/g)
  assert.equal(attempts?.length, 1)
})
