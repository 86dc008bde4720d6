import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemEntropy } from '../base/entropy.ts'
import { ConfigError, sentence } from '../config/problem.ts'
import { makeCertificate } from '../net/certificate-making.ts'
import { inspect } from './inspection.ts'
import { readSetup } from './setup.ts'
import { Authority } from '../../test/support/authority.ts'
import { openSqlite } from '../storage/sqlite.ts'
import { SystemClock } from '../base/clock.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 5, 15)

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'porchlight-inspection-'))
  t.after(() => rmSync(made, { recursive: true }))
  return made
}

async function certificate(directory: string, name: string, domains: readonly string[], from: number, to: number): Promise<void> {
  const { chain, key } = await makeCertificate(domains, from, to, systemEntropy)
  writeFileSync(join(directory, `${name}.crt`), chain)
  writeFileSync(join(directory, `${name}.key`), key)
}

/** Others may use the usual ports meanwhile. */
const NO_PORTS = `\n[listen]\nc2s = ["127.0.0.1:0"]\n${['c2s-direct-tls', 's2s', 's2s-direct-tls', 'http', 'https', 'monitoring', 'bytestreams'].map((option) => `${option} = []\n`).join('')}`

/** Ports of which only those for clients are open. */
const only = (options: string): string =>
  `[listen]\n${options}\ns2s = []\ns2s-direct-tls = []\nhttp = []\nhttps = []\nmonitoring = []\nbytestreams = []\n`

/** What `porchlight check` says: mistakes, or else notes. The name of the file is left out. */
async function check(directory: string, toml: string, held: readonly string[] = []): Promise<readonly string[]> {
  const file = join(directory, 'porchlight.toml')
  writeFileSync(file, toml.includes('[listen]') ? toml : toml + NO_PORTS)
  try {
    const setup = readSetup({ configFile: null, fresh: false, directory, platform: 'linux' })
    const notes = await inspect(setup, { platform: 'linux', now: NOW, held })
    return notes.map((note) => `Note ${sentence(setup.problem(note)).slice(file.length)}`)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map((problem) => sentence(problem).slice(file.length))
  }
}

const tls = (name: string): string => `[tls]\ncertificate = "${name}.crt"\nkey = "${name}.key"\n`

test('an expired certificate, and one that is not valid yet, are mistakes', async (t) => {
  const place = folder(t)
  await certificate(place, 'old', ['localhost'], NOW - 90 * DAY, NOW - DAY)
  await certificate(place, 'young', ['localhost'], NOW + DAY, NOW + 90 * DAY)
  assert.deepEqual(await check(place, tls('old')), [
    `:2: [tls] certificate: ${place}/old.crt expired on 2026-06-14. Renew it; the server takes the new one without a restart.`,
  ])
  assert.deepEqual(await check(place, tls('young')), [
    `:2: [tls] certificate: ${place}/young.crt is not valid before 2026-06-16. Correct this machine's clock, or wait.`,
  ])
})

test('a certificate that ends this week, or names none of the domains, is noted', async (t) => {
  const place = folder(t)
  await certificate(place, 'ending', ['localhost'], NOW - 90 * DAY, NOW + 6 * DAY)
  await certificate(place, 'good', ['localhost'], NOW - 90 * DAY, NOW + 8 * DAY)
  await certificate(place, 'foreign', ['a.example'], NOW - DAY, NOW + 90 * DAY)
  assert.match(
    (await check(place, tls('ending'))).join(),
    /^Note :2: \[tls\] certificate: .*ending\.crt expires on 2026-06-21\. Renew/,
  )
  assert.deepEqual(await check(place, tls('good')), [])
  assert.match((await check(place, tls('foreign'))).join(), /^Note :2: \[tls\] certificate: no certificate names localhost/)
})

test('each service that other servers may want to reach is noted if no certificate names it', async (t) => {
  const place = folder(t)
  await certificate(place, 'bare', ['localhost'], NOW - DAY, NOW + 90 * DAY)
  await certificate(place, 'whole', ['localhost', 'conference.localhost'], NOW - DAY, NOW + 90 * DAY)
  const open = `${NO_PORTS.replace('s2s = []', 's2s = ["127.0.0.1:0"]')}\n`
  const notes = async (name: string, more = ''): Promise<readonly string[]> =>
    (await check(place, tls(name) + open + more)).filter((note) => note.includes('conference'))
  assert.deepEqual(await notes('bare'), [
    'Note :2: [tls] certificate: no certificate names conference.localhost, so people on many other servers cannot use what is there. Get a certificate that names it too, or switch [multi-user-chat] off.',
  ])
  assert.deepEqual(await notes('whole'), [])
  assert.deepEqual(await notes('bare', '[multi-user-chat]\nenabled = false\n'), [])
  const component = '[[component]]\ndomain = "conference.localhost"\nsecret = "a secret that is long enough"\n'
  assert.deepEqual(await notes('bare', component), [])
  assert.deepEqual(
    (await check(place, tls('bare'))).filter((note) => note.includes('conference')),
    [],
    'no port for servers',
  )
})

test('each mistake in certificates has its line, option and remedy, and hides no other', async (t) => {
  const place = folder(t)
  await certificate(place, 'a', ['localhost'], NOW - DAY, NOW + 90 * DAY)
  await certificate(place, 'b', ['localhost'], NOW - DAY, NOW + 90 * DAY)
  writeFileSync(join(place, 'text'), 'hello')
  const found = await check(
    place,
    '[tls]\ncertificate = ["a.crt", "text", "a.crt", "gone.crt"]\nkey = ["b.key", "a.key", "text", "a.key"]\nclient-authorities = "gone.pem"\n[federation]\nauthorities = "gone.pem"\n',
  )
  const expected = [
    /^:2: \[tls\] certificate: .*text does not begin with a certificate in PEM.*\. Name a PEM file/,
    /^:2: \[tls\] certificate: .*gone\.crt cannot be read.*\. Name a PEM file/,
    /^:3: \[tls\] key: the key in .*b\.key is not that of the first certificate in .*a\.crt\. Name the PEM file with this/,
    /^:3: \[tls\] key: .*text holds no private key in PEM.*\. Name the PEM file/,
    /^:4: \[tls\] client-authorities: .*gone\.pem cannot be read.*\. Name a PEM file/,
    /^:6: \[federation\] authorities: .*gone\.pem cannot be read.*\. Name a PEM file/,
  ]
  assert.equal(found.length, expected.length, found.join('\n'))
  for (const [i, words] of expected.entries()) assert.match(found[i]!, words)
})

test('an address that the machine does not have is a mistake', async (t) => {
  assert.deepEqual(await check(folder(t), only('c2s = ["127.0.0.1:0", "192.0.2.7:5222"]\nc2s-direct-tls = []')), [
    ':2: [listen] c2s: "192.0.2.7:5222" cannot be opened: this machine has no such address. Name an address of this machine, or "[::]" for all.',
  ])
})

test('ports that stay closed are not looked at', async (t) => {
  assert.deepEqual(
    await check(folder(t), `${NO_PORTS.replace('s2s = []', 's2s = ["192.0.2.7:5269"]')}[federation]\nenabled = false\n`),
    [],
  )
})

test('a data directory that cannot be made is a mistake, and nothing is left of the attempt', async (t) => {
  const place = folder(t)
  writeFileSync(join(place, 'file'), '')
  assert.match(
    (await check(place, '[server]\ndata-directory = "file/data"\n')).join(),
    /^:2: \[server\] data-directory: .*file\/data cannot be used \(.+\)\. Name a directory/,
  )
  assert.match(
    (await check(place, '[server]\ndata-directory = "file"\n')).join(),
    /^:2: \[server\] data-directory: .* cannot be used/,
  )
  assert.match(
    (await check(place, '[server]\ndata-directory = "/proc/data"\n')).join(),
    /^:2: \[server\] data-directory: .* cannot be/,
  )
  assert.deepEqual(await check(place, '[server]\ndata-directory = "deep/er/data"\n'), [])
  assert.deepEqual(readdirSync(place), ['file', 'porchlight.toml'])
})

test('a control socket whose path no socket can have is a mistake', async (t) => {
  assert.match(
    (await check(folder(t), `[server]\ndata-directory = "${'long'.repeat(30)}"\n`)).join(),
    /^:2: \[server\] data-directory: the path of the control socket, .+, is longer than the 103 octets.*\. Name a shorter path/,
  )
})

test('monitoring that the world can reach is noted', async (t) => {
  assert.match(
    (await check(folder(t), NO_PORTS.replace('monitoring = []', 'monitoring = ["[::]:0"]'))).join(),
    /^Note :9: \[listen\] monitoring: "\[::\]:0" can be reached from other machines, .+\. Write "127\.0\.0\.1:9090"/,
  )
})

async function takenPort(t: TestContext): Promise<number> {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  return (other.address() as AddressInfo).port
}

test('a port that another program uses is a mistake; one that the server itself has open is none', async (t) => {
  const port = await takenPort(t)
  const toml = only(`c2s = ["127.0.0.1:${port}"]\nc2s-direct-tls = []`)
  assert.deepEqual(await check(folder(t), toml), [
    `:2: [listen] c2s: "127.0.0.1:${port}" cannot be opened: another program uses this port. Stop it, or write another port into the configuration.`,
  ])
  assert.deepEqual(await check(folder(t), toml, [`127.0.0.1:${port}`]), [])
})

test('the same port under two names of one address is a mistake', async (t) => {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as AddressInfo
  await new Promise((done) => free.close(done))
  assert.match(
    (await check(folder(t), only(`c2s = ["127.0.0.1:${port}"]\nc2s-direct-tls = ["localhost:${port}"]`))).join(),
    /^:3: \[listen\] c2s-direct-tls: "localhost:\d+" cannot be opened: another program uses this port/,
  )
})

test('a control socket where something else is, or nothing can be made, is a mistake', async (t) => {
  const place = folder(t)
  writeFileSync(join(place, 'letters'), 'dear')
  for (const path of ['letters', '.', 'letters/socket', '/proc/nowhere/socket'])
    assert.match(
      (await check(place, `[admin]\ncontrol-socket = "${path}"\n`)).join(),
      /^:2: \[admin\] control-socket: the control socket cannot be created at .+\. Name a path/,
    )
  assert.equal(readFileSync(join(place, 'letters'), 'utf8'), 'dear')
})

test('a file of PEM that holds something else is called what it is', async (t) => {
  const place = folder(t)
  await certificate(place, 'a', ['localhost'], NOW - DAY, NOW + 90 * DAY)
  await certificate(place, 'b', ['localhost'], NOW - DAY, NOW + 90 * DAY)
  const [a, b, key] = ['a.crt', 'b.crt', 'a.key'].map((name) => readFileSync(join(place, name), 'utf8'))
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
  })
  const cases: readonly (readonly [string, string | Buffer, string | Buffer, RegExp])[] = [
    ['key first', key!, key!, /^:2: \[tls\] certificate: .*: it holds a private key\. Name/],
    ['DER', new X509Certificate(a!).raw, key!, /^:2: \[tls\] certificate: .*: it seems to be DER or PKCS #12; openssl/],
    ['empty', '', key!, /^:2: \[tls\] certificate: .*: it is empty\./],
    ['cut', a!.slice(0, 300), key!, /^:2: \[tls\] certificate: .*: it is damaged\./],
    ['passphrase', a!, pair.privateKey, /^:3: \[tls\] key: .*: it has a passphrase; openssl pkey/],
    ['no key', a!, b!, /^:3: \[tls\] key: .*: it holds a certificate\./],
    ['order', b! + a!, key!, /^:2: \[tls\] certificate: .* are in the wrong order: that of the server must be the first\./],
    [
      'chain',
      a! + b!,
      key!,
      /^Note :2: \[tls\] certificate: others may refuse .*c\.crt: certificate 2 in it is not that of the issuer/,
    ],
  ]
  for (const [name, chain, secret, expected] of cases) {
    writeFileSync(join(place, 'c.crt'), chain)
    writeFileSync(join(place, 'c.key'), secret)
    assert.match((await check(place, tls('c'))).join('\n'), expected, name)
  }
})

test('a file of authorities in which there is none is a mistake', async (t) => {
  const place = folder(t)
  writeFileSync(join(place, 'text'), 'hello')
  assert.deepEqual(await check(place, '[tls]\nclient-authorities = "text"\n'), [
    `:2: [tls] client-authorities: ${place}/text holds no certificate in PEM: it is no PEM file. Name a PEM file that the server's user may read, or leave the option out.`,
  ])
})

test('a configuration that is not UTF-8 is called so, with the line', (t) => {
  const place = folder(t)
  writeFileSync(join(place, 'porchlight.toml'), Buffer.from('[server]\ndomains = ["b\xfccher.example"]\n', 'latin1'))
  assert.throws(() => readSetup({ configFile: null, fresh: false, directory: place, platform: 'linux' }), {
    message: `${place}/porchlight.toml:2: this is not UTF-8. Save the file as UTF-8 in your editor.`,
  })
})

test('RFC 5280 4.2.1.12: a certificate that is for clients only is a mistake', async (t) => {
  const place = folder(t)
  const authority = await Authority.found(place)
  const names = { dns: ['localhost'] }
  await authority.certify('client', names, { clientsOnly: true })
  await authority.certify('server', names, { serversOnly: true })
  const forClients = await check(place, tls('client'))
  assert.equal(forClients.length, 1, forClients.join())
  assert.match(
    forClients[0]!,
    /^:2: \[tls\] certificate: .*client\.crt is for clients only: .+\. Get a certificate whose extended key usage includes serverAuth\./,
  )
  assert.doesNotMatch((await check(place, tls('server'))).join(), /clients only/)
})

test('a database that is damaged, at its head or in its middle, is a mistake; one that is sound or empty is none', async (t) => {
  const place = folder(t)
  const data = join(place, 'data')
  const file = join(data, 'porchlight.db')
  const toml = '[server]\ndata-directory = "data"\n'
  mkdirSync(data)
  const database = await openSqlite(file, { clock: new SystemClock() })
  await database.write({ sql: 'create table a (b text)', parameters: [] })
  for (let i = 0; i < 20; i++) await database.write({ sql: 'insert into a values (?)', parameters: ['x'.repeat(4000)] })
  await database.close()
  const sound = readFileSync(file)
  assert.deepEqual(await check(place, toml), [])
  const inTheMiddle = Buffer.from(sound)
  for (let page = 2 * 4096; page < sound.length; page += 4096) inTheMiddle.fill(0xff, page, page + 100)
  for (const octets of [Buffer.from('Dear Juliet'), sound.subarray(0, 6000), inTheMiddle]) {
    writeFileSync(file, octets)
    const found = await check(place, toml)
    assert.equal(found.length, 1, found.join())
    assert.match(
      found[0]!,
      /^:2: \[server\] data-directory: The database .+porchlight\.db is damaged .+\. Stop the server, .+ restore a backup\./,
    )
    assert.deepEqual(readFileSync(file), octets, 'it is as it was')
  }
  writeFileSync(file, '')
  assert.deepEqual(await check(place, toml), [])
  assert.deepEqual(readdirSync(data), ['porchlight.db'])
})

test('a server that would listen nowhere is a mistake; one without a port for clients, or with an open one in the clear, is noted', async (t) => {
  const place = folder(t)
  assert.deepEqual(await check(place, only('c2s = []\nc2s-direct-tls = []')), [
    ':2: [listen] c2s: nobody could reach the server: it would listen nowhere. Write an address for clients, such as "[::]:5222", or leave the section out.',
  ])
  assert.match(
    (
      await check(place, NO_PORTS.replace('c2s = ["127.0.0.1:0"]', 'c2s = []').replace('s2s = []', 's2s = ["127.0.0.1:0"]'))
    ).join(),
    /^Note :3: \[listen\] c2s: no client can reach the server\. Write/,
  )
  assert.match(
    (await check(place, NO_PORTS.replace('http = []', 'http = ["0.0.0.0:0"]'))).join(),
    /^Note :7: \[listen\] http: "0\.0\.0\.0:0" can be reached from other machines, and its traffic is not encrypted.+ TLS /,
  )
})
