import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect as connectPlain, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { connect, createSecureContext, type TLSSocket } from 'node:tls'
import { SystemClock } from '../base/clock.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { seededEntropy } from '../base/entropy.ts'
import { Admission, listen, type Listening } from './listener.ts'
import { selfSigned } from './self-signed.ts'
import { contextOptions, serverOptions } from './tls-options.ts'

const clock = new SystemClock()
const directory = await mkdtemp(join(tmpdir(), 'porchlight-'))
after(() => rm(directory, { recursive: true }))
const files = await selfSigned(directory, ['localhost'], clock, seededEntropy('listener'))
const [cert, key] = [await readFile(files.chainFile, 'utf8'), await readFile(files.keyFile, 'utf8')]
const context = createSecureContext({ ...contextOptions, cert, key })

test('connections of one /64 count together, at a time and in a minute; a neighbour has limits of its own', () => {
  const admission = new Admission({ perAddress: 2, perMinute: 3 }, new ManualClock())
  assert.equal(admission.enter('2001:db8::1'), true)
  assert.equal(admission.enter('2001:db8::2'), true)
  assert.equal(admission.enter('2001:db8::3'), false, 'two at a time')
  admission.left('2001:db8::1')
  assert.equal(admission.enter('2001:db8::4'), true)
  admission.left('2001:db8::2')
  assert.equal(admission.enter('2001:db8::5'), false, 'three in a minute')
  assert.equal(admission.enter('2001:db8:0:1::1'), true)
})

interface Line {
  readonly port: number
  /** Those who wait, the first to have come first. */
  readonly waiting: { readonly raw: Socket; readonly admit: () => void }[]
  readonly accepted: Socket[]
  /** Resolves with the next one who stands in the line, or is accepted. */
  next(what: 'waiting' | 'accepted'): Promise<void>
}

/** A port with direct TLS on which each handshake has to wait; `isFull` turns away whoever comes. */
async function lined(t: TestContext, isFull = (): boolean => false): Promise<Line> {
  const [waiting, accepted]: [Line['waiting'], Socket[]] = [[], []]
  const told = { waiting: (): void => {}, accepted: (): void => {} }
  const listening: Listening = await listen({
    host: '127.0.0.1',
    port: 0,
    admission: new Admission({ perAddress: 0, perMinute: 0 }, clock),
    tls: {
      options: () => serverOptions({ secureContextFor: () => context }, { alpn: null, askForCertificate: false }),
      withinMs: 10_000,
      clock,
      turn(raw) {
        if (isFull()) throw new Error('full')
        const turn = new Promise<void>((admit) => waiting.push({ raw, admit }))
        told.waiting()
        return turn
      },
    },
    accept(socket) {
      accepted.push(socket)
      told.accepted()
    },
  })
  t.after(() => {
    for (const socket of [...accepted, ...waiting.map(({ raw }) => raw)]) socket.destroy()
    return listening.close()
  })
  return { port: listening.port, waiting, accepted, next: (what) => new Promise((resolve) => (told[what] = resolve)) }
}

function client(t: TestContext, port: number): TLSSocket {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: cert })
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  return socket
}

test('a handshake of direct TLS begins when its turn has come, with what was sent before', async (t) => {
  const line = await lined(t)
  const stands = line.next('waiting')
  const first = client(t, line.port)
  const secured = once(first, 'secureConnect')
  await stands
  client(t, line.port)
  await line.next('waiting')
  assert.equal(line.accepted.length, 0)
  const accepted = line.next('accepted')
  line.waiting[0]!.admit()
  await Promise.all([secured, accepted])
  first.write('hello')
  const [heard] = (await once(line.accepted[0]!, 'data')) as [Buffer]
  assert.equal(heard.toString(), 'hello')
  assert.equal(line.accepted.length, 1, 'the second waits yet')
})

test('who has gone while it waited is not accepted', async (t) => {
  const line = await lined(t)
  const stands = line.next('waiting')
  const socket = client(t, line.port)
  await stands
  const { raw, admit } = line.waiting[0]!
  const gone = once(raw, 'close')
  socket.destroy()
  raw.destroy()
  await gone
  admit()
  const another = client(t, line.port)
  await line.next('waiting')
  const accepted = line.next('accepted')
  line.waiting[1]!.admit()
  await Promise.all([accepted, once(another, 'secureConnect')])
  assert.equal(line.accepted.length, 1)
})

/** A port with direct TLS, at which an address may have so many connections. Each handshake may begin at once, or never. */
async function counted(
  t: TestContext,
  perAddress: number,
  isTurn: boolean,
): Promise<{ readonly port: number; readonly accepted: Promise<void> }> {
  const accepted = Promise.withResolvers<void>()
  const open: Socket[] = []
  const options = () => serverOptions({ secureContextFor: () => context }, { alpn: null, askForCertificate: false })
  const turn = (): Promise<void> | null => (isTurn ? null : new Promise(() => {}))
  const listening = await listen({
    host: '127.0.0.1',
    port: 0,
    admission: new Admission({ perAddress, perMinute: 0 }, clock),
    tls: { options, withinMs: 60_000, clock, turn },
    accept(socket) {
      open.push(socket)
      accepted.resolve()
    },
  })
  t.after(() => {
    for (const socket of open) socket.destroy()
    void listening.close() // when the other side is closed too
  })
  return { port: listening.port, accepted: accepted.promise }
}

const HELLO = Buffer.from([22, 3, 1, 2, 0, 1]) // the beginning of a ClientHello
for (const [what, octets] of [
  ['before the handshake', Buffer.alloc(0)],
  ['in the handshake', HELLO],
] as const) {
  for (const isTurn of [true, false]) {
    test(`connections that end ${what}${isTurn ? '' : ', while they wait for their turn,'} lock nobody out`, async (t) => {
      const { port } = await counted(t, 2, isTurn)
      for (let i = 0; i < 10; i++) {
        const probe = connectPlain({ port, host: '127.0.0.1', allowHalfOpen: true })
        t.after(() => probe.destroy())
        await once(probe, 'connect')
        probe.end(octets)
        probe.resume()
        await Promise.race([once(probe, 'end'), once(probe, 'close')]) // the server has noticed, and closed its side
      }
    })
  }
}

test('a client that speaks at once behind its handshake is heard', async (t) => {
  const { port, accepted } = await counted(t, 2, true)
  const socket = client(t, port)
  socket.write('hello')
  await accepted
})

test('a connection for which there is no place in the line is closed', async (t) => {
  const { port, accepted } = await lined(t, () => true)
  const socket = client(t, port)
  await new Promise((resolve) => socket.once('close', resolve))
  assert.deepEqual(accepted, [])
})
