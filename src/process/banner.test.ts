import assert from 'node:assert/strict'
import { test } from 'node:test'
import { banner, type BannerParts } from './banner.ts'
import { adminPage } from './board.ts'
import type { OpenPort } from './ports.ts'
import { shellWord } from './shell-word.ts'

const port = (what: OpenPort['what'], host: string, number: number): OpenPort => ({
  what,
  address: { host, port: number },
  close: () => Promise.resolve(),
})
const FINGERPRINT = '0123456789abcdef'.repeat(4)

function lines(parts: Partial<BannerParts>): readonly string[] {
  return banner({
    version: '1.0.0',
    domains: ['example.org'],
    ports: [port('c2s', '::', 5222), port('http', '127.0.0.1', 5280)],
    invokedAs: 'porchlight',
    configFile: null,
    platform: 'linux',
    selfSignedSha256: FINGERPRINT,
    inMemory: false,
    dataDirectory: '/srv/data',
    ...parts,
  }).split('\n')
}

test('the start prints the addresses that the server listens on, and the whole fingerprint', () => {
  const said = lines({ ports: [port('c2s', '192.0.2.7', 5223), port('http', '::1', 8080)] })
  assert.match(said[3]!, new RegExp(`server 192\\.0\\.2\\.7 port 5223; .* SHA-256 ${FINGERPRINT}$`))
  assert.match(said[4]!, /http:\/\/\[::1\]:8080\/ in a browser/)
  assert.match(lines({ ports: [port('https', '::', 5281)] })[4]!, /https:\/\/127\.0\.0\.1:5281\/ in a browser/)
  assert.doesNotMatch(lines({ ports: [] })[4]!, /browser/)
})

test('commands can be copied into a shell', () => {
  assert.match(
    lines({ configFile: '/my servers/a.toml' })[2]!,
    /porchlight user --config '\/my servers\/a\.toml' add romeo@example\.org/,
  )
  assert.match(lines({ configFile: '/srv/a.toml' })[4]!, /porchlight status --config \/srv\/a\.toml$/)
  assert.equal(shellWord("it's", 'linux'), `'it'\\''s'`)
  assert.equal(shellWord('C:\\Program Files\\a.toml', 'win32'), '"C:\\Program Files\\a.toml"')
  assert.equal(shellWord('', 'linux'), "''")
})

test("the link to the operator's view leads to where a browser is let in", () => {
  assert.equal(adminPage([port('https', '::', 5281), port('http', '127.0.0.1', 5280)]), 'http://127.0.0.1:5280/admin')
  assert.equal(adminPage([port('http', '10.0.0.5', 5280), port('https', '10.0.0.5', 5281)]), 'https://10.0.0.5:5281/admin')
  assert.equal(adminPage([port('http', '0.0.0.0', 80)]), 'http://127.0.0.1:80/admin')
  assert.equal(adminPage([port('http', '10.0.0.5', 5280)]), null)
})
