import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createSecureContext, TLSSocket, connect as tlsConnect, type ConnectionOptions, type SecureContext } from 'node:tls'
import { seededEntropy } from '../base/entropy.ts'
import { SystemClock } from '../base/clock.ts'
import { unbound, type ChannelBindings } from '../base/channel-binding.ts'
import { channelBindings, serverEndPoint } from './channel-binding.ts'
import { der, OBJECT_IDENTIFIER, oid, SEQUENCE, tagged } from './der.ts'
import { selfSigned } from './self-signed.ts'
import { contextOptions, serverOptions } from './tls-options.ts'

const directory = await mkdtemp(join(tmpdir(), 'porchlight-'))
after(() => rm(directory, { recursive: true }))
const files = await selfSigned(directory, ['localhost'], new SystemClock(), seededEntropy('serial'))
const cert = await readFile(files.chainFile, 'utf8')
const key = await readFile(files.keyFile, 'utf8')
const { raw } = new X509Certificate(cert)

/** One handshake, client and server on a plain connection as after STARTTLS. */
async function handshake(
  client: ConnectionOptions,
  context: SecureContext,
): Promise<{ client: TLSSocket; server: TLSSocket; bindings: ChannelBindings; close(): void }> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const plain = connect((listener.address() as AddressInfo).port, '127.0.0.1')
  const [accepted] = (await once(listener, 'connection')) as [Socket]
  const options = { ...serverOptions({ secureContextFor: () => context }, { alpn: null, askForCertificate: false }) }
  const server = new TLSSocket(accepted, options)
  const secured = tlsConnect({ socket: plain, servername: 'localhost', ca: cert, ...client })
  server.on('error', () => {})
  await Promise.all([once(server, 'secure'), once(secured, 'secureConnect')])
  const close = (): void => {
    secured.destroy()
    server.destroy()
    listener.close()
  }
  return { client: secured, server, bindings: channelBindings(server), close }
}

const exported = (socket: TLSSocket): Buffer => socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
const context = createSecureContext({ ...contextOptions, cert, key })
const END_POINT = createHash('sha256').update(raw).digest()

test('RFC 9266, RFC 5929: both ends of a TLS 1.3 connection have the same binding data', async () => {
  const { client, bindings, close } = await handshake({}, context)
  assert.equal(client.getProtocol(), 'TLSv1.3')
  assert.deepEqual(bindings.types, ['tls-exporter', 'tls-server-end-point'])
  assert.deepEqual(bindings.data('tls-exporter'), exported(client))
  assert.deepEqual(bindings.data('tls-server-end-point'), END_POINT)
  close()
})

test('DEVIATES(22): tls-unique of TLS 1.3 is not offered; what there is of it is the same at both ends and never twice', async () => {
  const [one, other] = [await handshake({}, context), await handshake({}, context)]
  for (const { client, bindings } of [one, other]) assert.deepEqual(bindings.data('tls-unique'), client.getFinished())
  assert.notDeepEqual(one.bindings.data('tls-unique'), other.bindings.data('tls-unique'))
  one.close()
  other.close()
})

test('RFC 9266 section 2, RFC 5929 section 3: TLS 1.2 with the extended master secret', async () => {
  const { client, bindings, close } = await handshake({ maxVersion: 'TLSv1.2' }, context)
  assert.deepEqual(bindings.types, ['tls-exporter', 'tls-unique', 'tls-server-end-point'])
  assert.deepEqual(bindings.data('tls-exporter'), exported(client))
  assert.deepEqual(bindings.data('tls-unique'), client.getFinished())
  close()
})

test('RFC 9266 section 2: TLS 1.2 without the extended master secret has neither', async () => {
  const SSL_OP_NO_EXTENDED_MASTER_SECRET = 1
  const { bindings, close } = await handshake({ maxVersion: 'TLSv1.2', secureOptions: SSL_OP_NO_EXTENDED_MASTER_SECRET }, context)
  assert.deepEqual(bindings.types, ['tls-server-end-point'])
  assert.equal(bindings.data('tls-exporter'), null)
  assert.equal(bindings.data('tls-unique'), null)
  close()
})

test('RFC 9266 4.2: a client cannot renegotiate', async () => {
  const { client, server, close } = await handshake({ maxVersion: 'TLSv1.2' }, context)
  const refused = once(server, 'error').catch(() => [])
  client.on('error', () => {})
  client.renegotiate({}, () => {})
  const [error] = await Promise.race([once(client, 'error'), refused])
  assert.match((error as NodeJS.ErrnoException).code!, /NO_RENEGOTIATION|HANDSHAKE_FAILURE/)
  close()
})

test('RFC 5929 4.1: of several certificates it is the one that the client was shown, also when they change', async () => {
  const others = await selfSigned(
    await mkdtemp(join(directory, 'other-')),
    ['localhost'],
    new SystemClock(),
    seededEntropy('other'),
  )
  const otherCert = await readFile(others.chainFile, 'utf8')
  const another = createSecureContext({ ...contextOptions, cert: otherCert, key: await readFile(others.keyFile, 'utf8') })
  const otherEndPoint = createHash('sha256').update(new X509Certificate(otherCert).raw).digest()
  const ca = [cert, otherCert]
  for (const servername of ['localhost', '']) {
    for (const [shown, endPoint] of [
      [context, END_POINT],
      [another, otherEndPoint],
      [context, END_POINT],
    ] as const) {
      const { bindings, close } = await handshake({ ca, servername, checkServerIdentity: () => undefined }, shown)
      close()
      assert.deepEqual(bindings.data('tls-server-end-point'), endPoint, servername)
    }
  }
})

test('a channel without TLS has no bindings', () => {
  assert.deepEqual([unbound.types, unbound.data('tls-exporter')], [[], null])
})

/** As much of a certificate as tells its signature algorithm. */
const signedWith = (algorithm: string, ...parameters: readonly Buffer[]): Buffer =>
  der(SEQUENCE, der(SEQUENCE), der(SEQUENCE, der(OBJECT_IDENTIFIER, oid(algorithm)), ...parameters), der(3, Buffer.alloc(1)))
const pss = (hash: string): Buffer => der(SEQUENCE, der(tagged(0), der(SEQUENCE, der(OBJECT_IDENTIFIER, oid(hash)))))

test('RFC 5929 4.1: the hash is that of the signature, SHA-256 for MD5 and SHA-1, undefined without one', () => {
  const cases: readonly [Buffer, string | null][] = [
    [signedWith('1.2.840.113549.1.1.4'), 'sha256'],
    [signedWith('1.2.840.113549.1.1.5'), 'sha256'],
    [signedWith('1.2.840.113549.1.1.11'), 'sha256'],
    [signedWith('1.2.840.113549.1.1.12'), 'sha384'],
    [signedWith('1.2.840.113549.1.1.13'), 'sha512'],
    [signedWith('1.2.840.10045.4.1'), 'sha256'],
    [signedWith('1.2.840.10045.4.3.2'), 'sha256'],
    [signedWith('1.2.840.10045.4.3.3'), 'sha384'],
    [signedWith('1.2.840.10045.4.3.4'), 'sha512'],
    [signedWith('1.2.840.113549.1.1.10', pss('2.16.840.1.101.3.4.2.2')), 'sha384'],
    [signedWith('1.2.840.113549.1.1.10', der(SEQUENCE)), 'sha256'],
    [signedWith('1.3.101.112'), null],
    [signedWith('1.2.3.4'), null],
    [Buffer.from('nonsense'), null],
  ]
  for (const [certificate, hash] of cases) {
    assert.deepEqual(serverEndPoint(certificate), hash === null ? null : createHash(hash).update(certificate).digest())
  }
})
