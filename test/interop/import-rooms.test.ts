/** `porchlight import`: a room that slixmpp has made on Debian's Prosody and ejabberd comes here as it was. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { Authority } from '../support/authority.ts'
import { DOMAIN, startServer } from '../support/server-process.ts'
import { PYTHON, slixmppMissing } from './programs.ts'
import { ejabberd } from './servers/ejabberd.ts'
import { NameServer } from './servers/name-server.ts'
import { OtherServer, roomsOf, type OtherMake } from './servers/other-server.ts'
import { prosody } from './servers/prosody.ts'

const SCRIPT = join(import.meta.dirname, 'slixmpp/make_room.py')
const ROOM = `cell@${roomsOf(DOMAIN)}`

interface Source {
  readonly make: OtherMake
  /** Stops it, and says where its rooms are. */
  leave(there: OtherServer): Promise<string>
  /** What it has in its own way. */
  readonly settings: Readonly<Record<string, string>>
  readonly reason: string
}

const archivingProsody: OtherMake = {
  ...prosody,
  async prepare(server) {
    const program = await prosody.prepare(server)
    const file = server.file('prosody.cfg.lua')
    await writeFile(file, `${await readFile(file, 'utf8')}modules_enabled = { "muc_mam" }\n`)
    return program
  },
}
const fromProsody: Source = {
  make: archivingProsody,
  async leave(there) {
    await there.kill()
    return there.file('data')
  },
  settings: { moderated: 'yes', archived: 'yes' },
  reason: '', // it does not keep reasons
}
const openEjabberd: OtherMake = {
  ...ejabberd,
  async prepare(server) {
    const program = await ejabberd.prepare(server)
    const file = server.file('ejabberd.yml')
    const allowed = (await readFile(file, 'utf8'))
      .replace('export_piefxis]', 'export_piefxis, dump]')
      .replace('  mod_muc:\n', '  mod_mam: {default: always}\n  mod_muc:\n    default_room_options: {mam: true}\n')
    await writeFile(file, allowed)
    return program
  },
}
const fromEjabberd: Source = {
  make: openEjabberd,
  async leave(there) {
    const file = there.file('rooms.txt')
    const body = JSON.stringify({ file })
    const answer = await fetch(`http://${there.host}:${there.otherPort}/api/dump`, { method: 'POST', body })
    assert.ok(answer.ok, await answer.text())
    await there.kill()
    return file
  },
  settings: { moderated: 'no', archived: 'yes' },
  reason: 'a good pupil',
}

async function open(t: TestContext, make: OtherMake): Promise<OtherServer> {
  const directory = await mkdtemp(join(tmpdir(), 'moving-rooms-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const { port: namePort } = await NameServer.open(t)
  const authority = await Authority.found(directory)
  const certified = await authority.certify(DOMAIN, { dns: [DOMAIN] })
  return OtherServer.open(t, make, { domain: DOMAIN, certified, certifiedBy: authority.file, authority: null, namePort })
}

async function move(t: TestContext, { make, leave, settings, reason }: Source): Promise<void> {
  const there = await open(t, make)
  const friar = await there.account('friar')
  const args = [SCRIPT, friar.jid, friar.password, there.host, String(there.port), there.certificateFile, ROOM]
  await promisify(execFile)(PYTHON, args, { timeout: 90_000 })
  const place = await leave(there)

  const here = await startServer(t)
  await here.stop()
  const done = await here.command(['import', place])
  assert.match(done.stdout, new RegExp(`^${ROOM}: a room with 4 affiliations\\.$`, 'm'))
  assert.match(done.stdout, /^1 room imported\.$/m)
  assert.match(done.stdout, /^[23] messages of rooms imported\.$/m)
  const { stdout: written } = await here.command(['export', ROOM])
  const said = [...written.matchAll(/<result [^]*?<\/result>/g)].map(([xml]) => xml).filter((xml) => xml.includes('<body>'))
  assert.equal(said.length, 2, written) // whether the subject is in the archive is the server's choice
  for (const [i, text] of ['<body>Good morrow', '<body>größer &amp; &lt;smaller&gt;'].entries()) {
    const xml = said[i]!
    assert.ok(xml.includes(text), xml)
    assert.match(xml, new RegExp(`from='${ROOM}/Friar'[^]*jid='friar@${DOMAIN}'`))
  }
  await here.start()
  const shown = JSON.parse((await here.command(['room', 'show', ROOM, '--json'])).stdout) as Shown
  const wanted = {
    'name': 'The Friar’s cell',
    'description': 'Where größer & <smaller> meet',
    'persistent': 'yes',
    'public': 'yes',
    'change-subject': 'yes',
    'password-protected': 'yes',
    'whois': 'anyone',
    ...settings,
  }
  assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((word) => [word, shown.settings[word]])), wanted)
  assert.equal(shown.subject.text, 'Vows & <rings>')
  assert.deepEqual(
    shown.affiliations.map(({ jid, affiliation }) => [jid, affiliation]),
    [
      [`friar@${DOMAIN}`, 'owner'],
      [`juliet@${DOMAIN}`, 'member'],
      [`romeo@${DOMAIN}`, 'admin'],
      [`tybalt@${DOMAIN}`, 'outcast'],
    ],
  )
  assert.equal(shown.affiliations[2]!.reason, reason)
}
interface Shown {
  readonly settings: Readonly<Record<string, string>>
  readonly subject: { readonly text: string }
  readonly affiliations: readonly { readonly jid: string; readonly affiliation: string; readonly reason: string }[]
}

test('a room from Prosody', { skip: prosody.missing || slixmppMissing() }, (t) => move(t, fromProsody))
test('a room from ejabberd', { skip: ejabberd.missing || slixmppMissing() }, (t) => move(t, fromEjabberd))
