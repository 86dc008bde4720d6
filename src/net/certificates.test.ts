import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect, TLSSocket } from 'node:tls'
import { SystemClock } from '../base/clock.ts'
import { seededEntropy } from '../base/entropy.ts'
import { silent, type Fields, type Log } from '../base/log.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { CertificateError, usualAuthorities, type CertificateSource } from './certificate-files.ts'
import { Certificates } from './certificates.ts'
import { selfSigned } from './self-signed.ts'
import { serverOptions } from './tls-options.ts'

const DAY = 86_400_000
const root = await mkdtemp(join(tmpdir(), 'porchlight-'))
after(() => rm(root, { recursive: true }))

let made = 0
const certificateFor = (domains: readonly string[], directory = join(root, `${made++}`)): Promise<CertificateSource> =>
  selfSigned(directory, domains, new SystemClock(), seededEntropy(directory))
/** `source` as its files are, under names that no file of the others has. */
async function copyOf(source: CertificateSource): Promise<CertificateSource> {
  const copy = { chainFile: join(root, `${made++}.crt`), keyFile: join(root, `${made++}.key`), domains: source.domains }
  await overwrite(copy, source)
  return copy
}
async function overwrite(target: CertificateSource, source: CertificateSource): Promise<void> {
  await copyFile(source.chainFile, target.chainFile)
  await copyFile(source.keyFile, target.keyFile)
}
const fingerprint = async (source: CertificateSource): Promise<string> =>
  new X509Certificate(await readFile(source.chainFile)).fingerprint256.replaceAll(':', '').toLowerCase()

class Noting implements Log {
  readonly lines: string[] = []
  debug(): void {}
  info(_: Fields, message: string): void {
    this.lines.push(`info ${message}`)
  }
  warn(): void {}
  error(fields: Fields, message: string): void {
    this.lines.push(`error ${message}: ${String(fields['reason'])}`)
  }
}

const [one, two, wild] = [
  await certificateFor(['one.example']),
  await certificateFor(['two.example', 'chat.two.example']),
  await certificateFor(['*.three.example']),
]

test('self-signed: names, addresses of localhost, ten years, a key that only its owner can read', async () => {
  const source = await certificateFor(['localhost', 'b\u00fccher.example'])
  const certificate = new X509Certificate(await readFile(source.chainFile))
  assert.equal(
    certificate.subjectAltName,
    'DNS:localhost, DNS:xn--bcher-kva.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
  )
  assert.equal(certificate.ca, false)
  assert.equal((await stat(source.keyFile)).mode & 0o777, 0o600)
  assert.ok(certificate.verify(certificate.publicKey))
  assert.deepEqual(source.domains, ['localhost', 'xn--bcher-kva.example'])
})

test('self-signed: made once, again when it lacks a domain, is broken, or has expired', async () => {
  const directory = join(root, 'kept')
  const first = await fingerprint(await certificateFor(['a.example'], directory))
  assert.equal(await fingerprint(await certificateFor(['a.example'], directory)), first)
  const second = await fingerprint(await certificateFor(['a.example', 'b.example'], directory))
  assert.notEqual(second, first)
  assert.equal(await fingerprint(await certificateFor(['b.example'], directory)), second)
  await writeFile(join(directory, 'self-signed.key'), 'broken')
  const third = await fingerprint(await certificateFor(['b.example'], directory))
  assert.notEqual(third, second)
  const later = new ManualClock(new SystemClock().now() + 3651 * DAY)
  assert.notEqual(await fingerprint(await selfSigned(directory, ['b.example'], later, seededEntropy('later'))), third)
})

test('RFC 6066 section 3: the certificate for a name: given, named by itself, by a wildcard, or the default', async () => {
  const given = { ...one, domains: ['one.example', 'elsewhere.example'] }
  const certificates = await Certificates.load([given, two, wild], usualAuthorities, silent)
  const chosen = async (name: string | null): Promise<string> => {
    const { fingerprint: print } = certificates.certificateFor(name)
    return print === (await fingerprint(one)) ? 'one' : print === (await fingerprint(two)) ? 'two' : 'wild'
  }
  const expected = {
    'one.example': 'one',
    'elsewhere.example': 'one',
    'two.example': 'two',
    'TWO.example': 'two',
    'two.example.': 'two',
    'chat.two.example': 'two',
    'x.three.example': 'wild',
    'three.example': 'one',
    'x.y.three.example': 'one',
    'unknown.example': 'one',
    '': 'one',
    '.three.example': 'one',
    '.': 'one',
  }
  for (const [name, which] of Object.entries(expected)) assert.equal(await chosen(name), which, name)
  assert.equal(await chosen(null), 'one')
  assert.equal(certificates.all.length, 3)
})

test('certificates: one that cannot be used is refused at the start, in words', async () => {
  const missing = { ...one, chainFile: join(root, 'missing.crt') }
  const mixed = { ...one, keyFile: two.keyFile }
  const swapped = { ...one, chainFile: one.keyFile }
  const keyless = { ...one, keyFile: one.chainFile }
  for (const [source, words] of [
    [missing, /missing\.crt cannot be read: there is no such file/],
    [mixed, /is not that of the first certificate/],
    [swapped, /does not begin with a certificate/],
    [keyless, /holds no private key/],
  ] as const) {
    await assert.rejects(
      Certificates.load([two, source], usualAuthorities, silent),
      (e) => e instanceof CertificateError && words.test(e.message),
    )
  }
  await assert.rejects(Certificates.load([], usualAuthorities, silent), CertificateError)
})

test('certificates: reload takes a good one, and keeps the old one instead of a broken one', async () => {
  const source = await copyOf(one)
  const log = new Noting()
  const certificates = await Certificates.load([source], usualAuthorities, log)
  const context = certificates.secureContextFor(null)
  const options = serverOptions(certificates, { alpn: null, askForCertificate: false })

  await copyFile(two.chainFile, source.chainFile)
  assert.equal(await certificates.reload(), false, 'the key has not come yet')
  assert.equal(certificates.secureContextFor('two.example'), context)
  assert.match(
    log.lines.join(),
    /^error The new certificate cannot be used; the old one stays in use: the key in .* is not that of/,
  )

  await copyFile(two.keyFile, source.keyFile)
  assert.equal(await certificates.reload(), true)
  assert.equal(certificates.certificateFor(null).fingerprint, await fingerprint(two))
  assert.equal(certificates.certificateFor('chat.two.example').fingerprint, await fingerprint(two))
  assert.equal(log.lines[1], 'info Certificate replaced')
  assert.notEqual(options.secureContext, context, 'options made before are for connections made after')
  assert.equal(options.secureContext, certificates.secureContextFor(null))
})

test('certificates: what has not changed is not read again, and a broken one is complained of once', async () => {
  const source = await copyOf(one)
  const log = new Noting()
  const certificates = await Certificates.load([source], usualAuthorities, log)
  const context = certificates.secureContextFor(null)
  assert.equal(await certificates.refreshChanged(), true)
  assert.equal(certificates.secureContextFor(null), context)
  await writeFile(source.keyFile, 'broken')
  assert.equal(await certificates.refreshChanged(), false)
  assert.equal(await certificates.refreshChanged(), true)
  assert.equal(log.lines.length, 1)
  await overwrite(source, two)
  assert.equal(await certificates.refreshChanged(), true)
  assert.equal(certificates.certificateFor(null).fingerprint, await fingerprint(two))
})

test('certificates: watching looks at every interval, until it is cancelled', async () => {
  const source = await copyOf(one)
  const clock = new ManualClock()
  const replaced = Promise.withResolvers<void>()
  const certificates = await Certificates.load([source], usualAuthorities, { ...silent, info: () => replaced.resolve() })
  const watch = certificates.watch(clock, 60_000)
  await overwrite(source, two)
  clock.advance(59_999)
  assert.equal(certificates.certificateFor(null).fingerprint, await fingerprint(one))
  clock.advance(1)
  await replaced.promise
  assert.equal(certificates.certificateFor(null).fingerprint, await fingerprint(two))

  watch.cancel()
  await overwrite(source, one)
  clock.advance(3_600_000)
  // Queued behind a look at the files, if there were one.
  await certificates.refreshChanged()
  assert.equal(certificates.certificateFor(null).fingerprint, await fingerprint(one), 'and by hand it still works')
})

test('certificates: when the first of them expires', async () => {
  const short = await selfSigned(
    join(root, 'short'),
    ['short.example'],
    new ManualClock(Date.UTC(2020, 0, 1)),
    seededEntropy('short'),
  )
  const certificates = await Certificates.load([one, short], usualAuthorities, silent)
  assert.equal(certificates.expiresAt, Date.UTC(2020, 0, 1) + 3650 * DAY)
})

test('RFC 6066, RFC 7301: over a socket SNI chooses the certificate, ALPN the protocol; no session is resumed', async () => {
  const certificates = await Certificates.load([one, two], usualAuthorities, silent)
  const server = createServer((plain) => {
    const socket = new TLSSocket(plain, serverOptions(certificates, { alpn: ['xmpp-client'], askForCertificate: true }))
    socket.on('error', () => {})
    socket.on('secure', () => socket.end('.'))
  })
  after(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sessions: Buffer[] = []
  const dial = async (servername: string, ALPNProtocols?: string[], session?: Buffer): Promise<TLSSocket> => {
    const ca = [await readFile(one.chainFile), await readFile(two.chainFile)]
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername,
      ca,
      ...(ALPNProtocols === undefined ? {} : { ALPNProtocols }),
      ...(session === undefined ? {} : { session }),
    })
    socket.on('session', (session: Buffer) => sessions.push(session))
    await once(socket, 'secureConnect')
    return socket
  }
  const socket = await dial('chat.two.example', ['xmpp-client'])
  assert.equal(socket.authorized, true)
  assert.equal(socket.getPeerX509Certificate()!.fingerprint256.replaceAll(':', '').toLowerCase(), await fingerprint(two))
  assert.equal(socket.alpnProtocol, 'xmpp-client')
  assert.equal((socket.getEphemeralKeyInfo() as { name?: string }).name, 'X25519')
  socket.resume()
  await once(socket, 'end')
  const without = await dial('one.example')
  assert.equal(without.alpnProtocol, false)
  await assert.rejects(dial('one.example', ['http/1.1']), /alert|ALPN|protocol/i)
  for (const session of sessions) {
    const again = await dial('chat.two.example', ['xmpp-client'], session)
    assert.equal(again.isSessionReused(), false)
    again.destroy()
  }
  without.destroy()
  socket.destroy()
})
