import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect, TLSSocket } from 'node:tls'
import { SystemClock, type Clock } from '../base/clock.ts'
import { seededEntropy } from '../base/entropy.ts'
import { silent } from '../base/log.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { usualAuthorities, type CertificateSource } from './certificate-files.ts'
import { certificateNames } from './certificate-names.ts'
import { Certificates } from './certificates.ts'
import { verifiedCertificate } from './peer-certificate.ts'
import { selfSigned } from './self-signed.ts'
import { serverOptions } from './tls-options.ts'

const root = await mkdtemp(join(tmpdir(), 'porchlight-'))
after(() => rm(root, { recursive: true }))
const made = (name: string, clock: Clock = new SystemClock()): Promise<CertificateSource> =>
  selfSigned(join(root, name), [`${name}.example`], clock, seededEntropy(name))
const server = await made('server')

/** The names of the certificate that the server accepts from a client that comes with `client`. */
async function accepted(client: CertificateSource | null, trusted: CertificateSource): Promise<readonly string[] | null> {
  const certificates = await Certificates.load(
    [server],
    { ...usualAuthorities, ofClients: await readFile(trusted.chainFile, 'utf8') },
    silent,
  )
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const own = client === null ? {} : { cert: await readFile(client.chainFile), key: await readFile(client.keyFile) }
  const dialled = connect({
    port: (listener.address() as AddressInfo).port,
    host: '127.0.0.1',
    ca: await readFile(server.chainFile),
    servername: 'server.example',
    ...own,
  })
  const [plain] = (await once(listener, 'connection')) as [Socket]
  const socket = new TLSSocket(plain, serverOptions(certificates, { alpn: null, askForCertificate: true }))
  await once(socket, 'secure')
  const certificate = verifiedCertificate(socket)
  socket.destroy()
  dialled.destroy()
  listener.close()
  return certificate === null ? null : certificateNames(certificate.raw).dnsNames
}

test('RFC 6120 13.7.2: a client certificate counts when an authority that we trust stands for it', async () => {
  const [juliet, romeo] = [await made('juliet'), await made('romeo')]
  assert.deepEqual(await accepted(juliet, juliet), ['juliet.example'])
  assert.equal(await accepted(romeo, juliet), null)
  assert.equal(await accepted(null, juliet), null)
})

test('RFC 6120 13.7.2: an expired client certificate does not', async () => {
  const old = await made('old', new ManualClock(Date.UTC(2000, 0, 1)))
  assert.equal(await accepted(old, old), null)
})

test('RFC 6120 13.7.2: without a verdict there is no certificate', () => {
  const mute = { _handle: {}, getPeerX509Certificate: () => assert.fail('asked') } as unknown as TLSSocket
  assert.equal(verifiedCertificate(mute), null)
})
