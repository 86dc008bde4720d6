import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemEntropy } from '../base/entropy.ts'
import { ConfigError, sentence } from '../config/problem.ts'
import { makeCertificate } from '../net/certificate-making.ts'
import { inspect } from './inspection.ts'
import { readSetup } from './setup.ts'

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

/** What `porchlight check` says: mistakes, or else notes. The name of the file is left out. */
async function check(directory: string, toml: string): Promise<readonly string[]> {
  const file = join(directory, 'porchlight.toml')
  writeFileSync(file, toml)
  try {
    const setup = readSetup({ configFile: null, fresh: false, directory, platform: 'linux' })
    const notes = await inspect(setup, 'linux', NOW)
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
  assert.deepEqual(await check(folder(t), '[listen]\nc2s = ["127.0.0.1:5222", "192.0.2.7:5222"]\n'), [
    ':2: [listen] c2s: "192.0.2.7:5222" cannot be opened: this machine has no such address. Name one that it has, or "[::]" for all.',
  ])
})

test('ports that stay closed are not looked at', async (t) => {
  assert.deepEqual(await check(folder(t), '[listen]\ns2s = ["192.0.2.7:5269", "[::]:5222"]\n[federation]\nenabled = false\n'), [])
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
    /^:2: \[server\] data-directory: the path of the control socket, .+, is longer than the 107 octets.*\. Name a shorter one/,
  )
})

test('monitoring that the world can reach is noted', async (t) => {
  assert.match(
    (await check(folder(t), '[listen]\nmonitoring = ["[::]:9090"]\n')).join(),
    /^Note :2: \[listen\] monitoring: "\[::\]:9090" can be reached from elsewhere, .+\. Write "127\.0\.0\.1:9090"/,
  )
})
