import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Authority, authorityOver, AUTHORITY, extension, TRUE, type Manner } from '../../test/support/authority.ts'
import { der, SEQUENCE } from './der.ts'
import { Anchors, isServerTrusted } from './server-chain.ts'

const NOW = Date.UTC(2026, 0, 1)
const DAY = 86_400_000
const NAMES = { dns: ['a.example'] }
const root = mkdtempSync(join(tmpdir(), 'porchlight-chain-'))
after(() => rmSync(root, { recursive: true }))

async function authority(name: string): Promise<Authority> {
  const directory = join(root, name)
  mkdirSync(directory)
  return Authority.found(directory, name)
}
const read = (file: string): X509Certificate => new X509Certificate(readFileSync(file))
const trusting = ({ file }: Authority): Anchors => new Anchors(readFileSync(file, 'utf8'))

const escalus = await authority('Escalus')
const tybalt = await authority('Tybalt')
let made = 0
async function server(from: Authority, manner: Manner = { serversOnly: true }): Promise<X509Certificate> {
  return read((await from.certify(`server${(made += 1)}`, NAMES, manner)).certificateFile)
}
const holds = (certificate: X509Certificate, between: readonly Authority[] = [], trusted = escalus): boolean =>
  isServerTrusted(
    certificate,
    between.map(({ file }) => read(file)),
    trusting(trusted),
    NOW,
  )

test('RFC 5280 6.1: a certificate for servers only holds when an authority that we trust has signed it', async () => {
  assert.ok(holds(await server(escalus)))
  assert.ok(!holds(await server(tybalt)), 'of another authority')
  assert.ok(!holds(await server(escalus), [], tybalt), 'that is not trusted')
})

test('RFC 5280 4.1.2.5: not when it has expired, or is not valid yet', async () => {
  assert.ok(!holds(await server(escalus, { serversOnly: true, to: NOW - DAY })))
  assert.ok(!holds(await server(escalus, { serversOnly: true, from: NOW + DAY })))
})

test('RFC 5280 6.1: through authorities in between that the server has shown, in any order', async () => {
  const prince = await escalus.deputy('Prince')
  const friar = await prince.deputy('Friar')
  const certificate = await server(friar)
  assert.ok(holds(certificate, [prince, friar]))
  assert.ok(holds(certificate, [friar, tybalt, prince]))
  assert.ok(!holds(certificate, [friar]), 'one is missing')
  assert.ok(!holds(certificate, [tybalt]))
})

test('RFC 5280 4.2.1.9: not through one that is no authority, or that has more below it than it may', async () => {
  const impostor = await escalus.deputy('Impostor', [])
  assert.ok(!holds(await server(impostor), [impostor]))
  const last = await escalus.deputy('Last', authorityOver(0))
  assert.ok(holds(await server(last), [last]))
  const oneMore = await last.deputy('One more')
  assert.ok(!holds(await server(oneMore), [oneMore, last]))
})

test('RFC 5280 4.2: what is not understood is refused: name constraints, critical extensions', async () => {
  const constrained = await escalus.deputy('Constrained', [...AUTHORITY, extension('2.5.29.30', der(SEQUENCE))])
  assert.ok(!holds(await server(constrained), [constrained]))
  const unknown = extension('1.2.3.4', der(SEQUENCE), TRUE)
  assert.ok(!holds(await server(escalus, { serversOnly: true, extensions: [unknown] })))
  assert.ok(holds(await server(escalus, { serversOnly: true, extensions: [extension('1.2.3.4', der(SEQUENCE))] })))
})
