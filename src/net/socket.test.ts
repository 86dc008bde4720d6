import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createSecureContext } from 'node:tls'
import { SystemClock } from '../base/clock.ts'
import { seededEntropy } from '../base/entropy.ts'
import { selfSigned } from './self-signed.ts'
import { NetSocket } from './socket.ts'
import { asServer, contextOptions, serverOptions } from './tls-options.ts'

const directory = await mkdtemp(join(tmpdir(), 'porchlight-'))
after(() => rm(directory, { recursive: true }))
const files = await selfSigned(directory, ['localhost'], new SystemClock(), seededEntropy('socket'))
const [cert, key] = [await readFile(files.chainFile, 'utf8'), await readFile(files.keyFile, 'utf8')]
const context = createSecureContext({ ...contextOptions, cert, key })
const over = asServer(serverOptions({ secureContextFor: () => context }, { alpn: null, askForCertificate: false }))

/** A record of a handshake that ends too early. */
const PART = Buffer.from('1603010200', 'hex')

for (const [what, octets] of [
  ['before its TLS handshake', Buffer.alloc(0)],
  ['in its TLS handshake', PART],
] as const) {
  test(`a connection that ends after STARTTLS and ${what} is closed at once`, async (t) => {
    const port = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
    t.after(() => port.close())
    await once(port, 'listening')
    const client = connect((port.address() as AddressInfo).port, '127.0.0.1')
    t.after(() => client.destroy())
    client.on('error', () => {}) // how it is closed does not matter here
    const [raw] = (await once(port, 'connection')) as [Socket]
    t.after(() => raw.destroy())
    const told = new Promise<string>((tell) => {
      const handler = { data() {}, secured() {}, ended: () => tell('ended'), closed: () => tell('closed') }
      new NetSocket(raw, handler).startTls(over)
    })
    client.end(octets)
    assert.equal(await told, 'closed')
  })
}
