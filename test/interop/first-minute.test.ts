/**
 * The first minute of a stranger: a clone of the repository, `npm start`, and what the five lines say that it prints.
 * Whoever does that has two users talking. Only the ports are not the usual ones: others may use those.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startServer } from '../support/server-process.ts'
import { Terminal } from '../support/terminal.ts'
import { slixmpp, xmppJs } from './makes.ts'
import type { Endpoints } from './person.ts'
import { tmuxMissing } from './programs.ts'
import { becomeContacts, skipped } from './stories.ts'

const ROOT = join(import.meta.dirname, '../..')
const FREE_PORTS = `[listen]
c2s = ["127.0.0.1:0"]
c2s-direct-tls = ["127.0.0.1:0"]
http = ["127.0.0.1:0"]
https = ["127.0.0.1:0"]
bytestreams = ["127.0.0.1:0"]
monitoring = ["127.0.0.1:0"]
`
/** A stranger's own Node.js starts what they type, whatever version it is, and not the one that npm has brought. */
const OWN_PATH = process.env['PATH']!.split(delimiter)
  .filter((directory) => !directory.includes('node_modules'))
  .join(delimiter)

interface Said extends Endpoints {
  readonly addRomeo: string
  readonly addJuliet: string
  readonly fingerprint: string
  readonly look: string
}

/** What a reader takes from the lines, and nothing that they do not say. */
function read(banner: string, directory: string): Said {
  const find = (pattern: RegExp): readonly string[] =>
    pattern.exec(banner)?.slice(1) ?? assert.fail(`${pattern} is not in\n${banner}`)
  const [data] = find(/data in (.+); Ctrl-C/)
  const [directTls] = find(/direct TLS \S+:(\d+)/)
  const [addRomeo, juliet] = find(/^ {2}Add users {3}(.+?) {4}and the same for (\S+)$/m)
  const [host, port, fingerprint] = find(
    /^ {2}Connect .* as romeo@localhost, server (\S+) port (\d+); trust .* SHA-256 ([0-9a-f]{64})$/m,
  )
  const [look] = find(/^ {2}Look {8}http:\/\/127\.0\.0\.1:\d+\/ in a browser, or (.+)$/m)
  assert.equal(host, '127.0.0.1')
  return {
    directory,
    port: Number(port),
    directTlsPort: Number(directTls),
    httpsPort: null,
    certificateFile: join(data!, 'self-signed.crt'),
    addRomeo: addRomeo!,
    addJuliet: addRomeo!.replace('romeo@localhost', juliet!),
    fingerprint: fingerprint!,
    look: look!,
  }
}

async function keyboard(t: TestContext, directory: string, name: string): Promise<Terminal> {
  const environment = { PS1: '> ', PATH: OWN_PATH }
  const terminal = await Terminal.open({ socket: join(directory, name), command: 'sh', environment, directory })
  t.after(() => terminal.close())
  return terminal
}

async function addByHand(terminal: Terminal, command: string, jid: string, password: string): Promise<void> {
  await terminal.type(command)
  await terminal.shows(new RegExp(`Password of ${jid}: *$`, 'm'))
  await terminal.type(password)
  await terminal.shows(new RegExp(`Password of ${jid}: *\\n+Once more: *$`, 'm'))
  await terminal.type(password)
  await terminal.shows(new RegExp(`^${jid} can log in now`, 'm'))
  const screen = await terminal.screen()
  assert.ok(!screen.includes(password), `the password is shown:\n${screen.trimEnd()}`)
}

/** What the lines say is done, on a terminal in the directory in which the server was started. */
async function follow(t: TestContext, said: Said, terminal: Terminal): Promise<void> {
  await addByHand(terminal, said.addRomeo, 'romeo@localhost', 'but soft')
  await addByHand(terminal, said.addJuliet, 'juliet@localhost', 'o romeo')

  const { raw } = new X509Certificate(readFileSync(said.certificateFile))
  const sha256 = createHash('sha256').update(raw).digest('hex')
  assert.ok(sha256.startsWith(said.fingerprint.toLowerCase()), `${sha256} begins with ${said.fingerprint}`)

  const romeo = await xmppJs.come(said, { jid: 'romeo@localhost', password: 'but soft' })
  t.after(() => romeo.close())
  const juliet = await slixmpp.come(said, { jid: 'juliet@localhost', password: 'o romeo' })
  t.after(() => juliet.close())
  await becomeContacts(romeo, juliet)
  await juliet.say(romeo.jid, 'it works')
  await romeo.reads(juliet.jid, 'it works')
  await terminal.type(said.look)
  await terminal.shows(/^Online +2 accounts with 2 sessions/m)
}

/** The files that git has, as they are now, and what `npm ci` installs and makes. False: this is no repository. */
function clone(directory: string): boolean {
  const { status, stdout } = spawnSync('git', ['-C', ROOT, 'ls-files', '-z'], { encoding: 'utf8' })
  if (status !== 0) return false
  for (const file of stdout.split('\0'))
    if (file !== '' && existsSync(join(ROOT, file))) cpSync(join(ROOT, file), join(directory, file))
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'))
  const { status: prepared, stderr } = spawnSync('npm', ['run', 'prepare'], { cwd: directory, encoding: 'utf8' })
  assert.equal(prepared, 0, stderr)
  return true
}

const skip = tmuxMissing() || skipped(slixmpp)

test('a clone', { skip }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'porchlight-clone-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  if (!clone(directory)) return t.skip('this is not a git repository: there is nothing to clone')
  writeFileSync(join(directory, 'porchlight.toml'), FREE_PORTS)

  await t.test('npm start, what it says, and Ctrl-C', async (t) => {
    const server = await keyboard(t, directory, 'server')
    await server.type('npm start')
    const [banner] = await server.shows(/^Porchlight [\d.]+ serves localhost;[^]* {2}Look .*$/m)
    const said = read(banner.replaceAll(/ +$/gm, ''), directory)
    assert.equal(said.certificateFile, join(directory, 'data', 'self-signed.crt'))
    await follow(t, said, await keyboard(t, directory, 'user'))

    await server.press('C-c')
    const [screen] = await server.shows(/[^]* info {2}Stopped\s+> *$/m)
    assert.doesNotMatch(screen, / (warn|error|fatal) {2}/)
  })
})

test('a server that is configured elsewhere', { skip }, async (t) => {
  const server = await startServer(t)
  await t.test('what it says', async (t) => {
    const said = read(server.banner.join('\n'), server.directory)
    assert.equal(said.port, server.port)
    assert.equal(said.certificateFile, server.certificateFile)
    await follow(t, said, await keyboard(t, server.directory, 'user'))
  })
})
