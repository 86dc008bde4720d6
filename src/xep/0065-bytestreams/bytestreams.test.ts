import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { duplexPair, type Duplex } from 'node:stream'
import { test } from 'node:test'
import { memoryServer, settled, type Client } from '../../../test/support/memory-server.ts'
import { until } from '../../../test/support/until.ts'
import type { Element } from '../../xml/element.ts'
import { serviceDiscovery } from '../0030-service-discovery/index.ts'
import { bytestreams, proxyOf } from './index.ts'

const NS = 'http://jabber.org/protocol/bytestreams'
const TARGET = 'juliet@example.net/balcony'

async function opened(settings: object = {}) {
  const server = await memoryServer({ features: [serviceDiscovery, bytestreams], settings: { bytestreams: settings } })
  const proxy = proxyOf(server.host)!
  proxy.port = 7777
  const romeo = await server.bind('romeo@example.net', 'orchard')
  /** A connection to the proxy that has said its hash. */
  const connect = async (hash: string, network = ''): Promise<Party> => {
    const [near, far] = duplexPair()
    near.on('close', () => far.destroy()).on('error', () => {})
    far.on('close', () => near.destroy())
    proxy.accept(far, network)
    const party = new Party(near)
    near.write(Buffer.concat([Buffer.of(5, 1, 0, 5, 1, 0, 3, 40), Buffer.from(hash), Buffer.of(0, 0)]))
    await until('the proxy has answered', () => party.got.length >= 9 || near.destroyed)
    return party
  }
  return { server, proxy, romeo, connect }
}
class Party {
  readonly socket: Duplex
  got = Buffer.alloc(0)
  isReading = true

  constructor(socket: Duplex) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => (this.got = Buffer.concat([this.got, chunk])))
  }
  /** What came behind the replies of SOCKS5. */
  get data(): string {
    return this.got.toString('latin1', 2 + 47)
  }
  /** The reply to the request; null if there was none. */
  get reply(): number | null {
    return this.got[3] ?? null
  }
}
const hashOf = (sid: string, from: Client, target = TARGET): string =>
  createHash('sha1').update(`${sid}${from.jid.full}${target}`).digest('hex')
const activation = (sid: string, target = TARGET): string =>
  `<iq type='set' id='a' to='proxy.example.net'><query xmlns='${NS}' sid='${sid}'><activate>${target}</activate></query></iq>`
const conditionOf = (iq: Element): string => iq.child('error')!.elements[0]!.name

test('S5B-20: the domain lists the proxy while its port is open, and the proxy says where it is', async () => {
  const { server, proxy, romeo } = await opened({ host: '2001:DB8:0:0:0:0:0:1', domains: ['friends.example'] })
  const ask = `<iq type='get' id='q' to='proxy.example.net'><query xmlns='${NS}'/></iq>`
  const [streamhost] = (await romeo.ask(ask)).elements[0]!.elements
  assert.deepEqual({ ...streamhost!.attrs }, { jid: 'proxy.example.net', host: '2001:db8::1', port: '7777' })
  const info = await romeo.ask(
    `<iq type='get' id='i' to='proxy.example.net'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`,
  )
  const told = info.elements[0]!.elements.map((e) => e.attr('var') ?? `${e.attr('category')}/${e.attr('type')}`)
  assert(told.includes('proxy/bytestreams') && told.includes(NS))
  const items = async (): Promise<number> =>
    (await romeo.ask(`<iq type='get' id='l' to='example.net'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>`))
      .elements[0]!.elements.length
  assert.equal(await items(), 1)
  proxy.port = null
  assert.equal(await items(), 0)
  assert.equal(conditionOf(await romeo.ask(ask)), 'not-allowed')
  proxy.port = 7777
  for (const [domain, may] of [
    ['friends.example', true],
    ['elsewhere.example', false],
  ] as const) {
    const remote = server.remote(domain)
    const answer = await remote.ask(
      `<iq type='get' id='q' from='tybalt@${domain}/x' to='proxy.example.net'><query xmlns='${NS}'/></iq>`,
    )
    assert.equal(answer.attr('type') === 'result' || conditionOf(answer), may || 'forbidden')
  }
})

test('T-B02: two connections, the activation, and the same octets on both sides', async () => {
  const { romeo, connect } = await opened()
  const [one, other] = [await connect(hashOf('s', romeo)), await connect(hashOf('s', romeo))]
  assert.deepEqual([one.reply, other.reply], [0, 0])
  assert.equal(one.got.toString('latin1', 7, 47), hashOf('s', romeo), 'BND is DST')
  assert.equal((await connect(hashOf('s', romeo))).reply, 5, 'a third one is refused')
  assert.equal((await romeo.ask(activation('s'))).attr('type'), 'result')
  assert.equal((await connect(hashOf('s', romeo))).reply, 5, 'S5B-21: also while the two are connected')
  const text = 'But soft! '.repeat(100_000)
  one.socket.end(text)
  other.socket.write('what light')
  await until('all has come', () => other.data.length === text.length && one.data === 'what light')
  assert.equal(other.data, text)
  other.socket.end()
  await until('both are closed', () => one.socket.destroyed && other.socket.destroyed)
  assert.equal(conditionOf(await romeo.ask(activation('s'))), 'item-not-found')
  assert.equal((await connect(hashOf('s', romeo))).reply, 0, 'the next transfer')
})

test('T-B03, S5B-22: what cannot be activated', async () => {
  const { server, romeo, connect } = await opened()
  await connect(hashOf('s', romeo))
  assert.equal(conditionOf(await romeo.ask(activation('s'))), 'not-allowed')
  await connect(hashOf('s', romeo))
  assert.equal(conditionOf(await romeo.ask(activation('another'))), 'item-not-found')
  assert.equal(conditionOf(await romeo.ask(activation('s', 'juliet@example.net/tomb'))), 'item-not-found')
  const tybalt = await server.bind('tybalt@example.net', 'street')
  assert.equal(conditionOf(await tybalt.ask(activation('s'))), 'item-not-found')
  const without = `<iq type='set' id='a' to='proxy.example.net'><query xmlns='${NS}' sid='s'/></iq>`
  assert.equal(conditionOf(await romeo.ask(without)), 'bad-request')
  assert.equal((await romeo.ask(activation('s'))).attr('type'), 'result')
})

test('S5B-21: octets before the activation close the connection, and time closes a pair', async () => {
  const { server, romeo, connect } = await opened()
  const hasty = await connect(hashOf('s', romeo))
  hasty.socket.write('now')
  await until('the connection is closed', () => hasty.socket.destroyed)
  const [one, other] = [await connect(hashOf('s', romeo)), await connect(hashOf('s', romeo))]
  await server.advance(60_000)
  await until('both are closed', () => one.socket.destroyed && other.socket.destroyed)
})

test('S5B-23: a side that does not read makes the other side wait', async () => {
  const { romeo, connect } = await opened({ 'bytes-per-second': '0 B' })
  const [one, other] = [await connect(hashOf('s', romeo)), await connect(hashOf('s', romeo))]
  await romeo.ask(activation('s'))
  other.socket.pause()
  const chunk = Buffer.alloc(65_536, 'x')
  let written = 0
  while (one.socket.write(chunk) && written < 1000) {
    written += 1
    await settled()
  }
  assert(written < 20, `after ${written} chunks nothing more is taken`)
  other.socket.resume()
  await until('it goes on', () => !one.socket.writableNeedDrain)
})

test('S5B-23: the pace of all, the size of one, the idle time, and the number of transfers', async () => {
  const { server, proxy, romeo, connect } = await opened({ 'bytes-per-second': '16 KiB', 'stream-size': '1 MiB', 'streams': 1 })
  const [one, other] = [await connect(hashOf('s', romeo)), await connect(hashOf('s', romeo))]
  await romeo.ask(activation('s'))
  await connect(hashOf('t', romeo))
  await connect(hashOf('t', romeo))
  assert.equal(conditionOf(await romeo.ask(activation('t'))), 'resource-constraint')
  one.socket.write(Buffer.alloc(32_768))
  one.socket.write('.')
  await until('the first have come', () => other.data.length === 32_768)
  await settled()
  assert.equal(other.data.length, 32_768, 'the debt of a second')
  await server.advance(1000)
  await until('the last has come', () => other.data.length === 32_769)
  await server.advance(300_000)
  await until('idle', () => one.socket.destroyed && other.socket.destroyed)
  assert.equal(conditionOf(await romeo.ask(activation('t'))), 'item-not-found', 'it has waited too long')
  proxy.close()
  assert((await connect(hashOf('u', romeo))).socket.destroyed)
})

test('S5B-23: when too many wait, those that have said nothing go first', async () => {
  const { proxy, romeo, connect } = await opened({ streams: 2 })
  const [one, other] = [await connect(hashOf('s', romeo)), await connect(hashOf('s', romeo))]
  const silent = Array.from({ length: 10 }, () => {
    const [, far] = duplexPair()
    proxy.accept(far, '')
    return far
  })
  await until('they have gone', () => silent.filter(({ destroyed }) => destroyed).length === 7)
  assert(!one.socket.destroyed && !other.socket.destroyed)
  assert.equal((await romeo.ask(activation('s'))).attr('type'), 'result')
})

test('S5B-23: one user had all transfers; now half of those that others do not use', async () => {
  const { server, romeo, connect } = await opened({ streams: 4, domains: ['friends.example'] })
  const mercutio = await server.bind('mercutio@example.net', 'street')
  const transfer = async (who: Client, sid: string): Promise<string> => {
    const parties = [await connect(hashOf(sid, who)), await connect(hashOf(sid, who))]
    const answer = await who.ask(activation(sid))
    if (answer.attr('type') === 'error') for (const { socket } of parties) socket.destroy()
    return answer.attr('type') === 'error' ? conditionOf(answer) : 'activated'
  }
  const again = await server.bind('romeo@example.net', 'balcony')
  assert.deepEqual(
    [await transfer(romeo, '1'), await transfer(again, '2'), await transfer(romeo, '3')],
    ['activated', 'activated', 'resource-constraint'],
  )
  assert.deepEqual([await transfer(mercutio, '4'), await transfer(mercutio, '5')], ['activated', 'resource-constraint'])
})

test('S5B-23: waiting connections of one address kept others out', async () => {
  const { connect, romeo } = await opened({ streams: 2 })
  const hash = (i: number): string => String(i).padStart(40, '0')
  for (let i = 0; i < 10; i++) await connect(hash(i), '192.0.2.1')
  const one = await connect(hashOf('s', romeo), '198.51.100.1')
  for (let i = 10; i < 20; i++) await connect(hash(i), '192.0.2.1')
  const other = await connect(hashOf('s', romeo), '203.0.113.1')
  assert(!one.socket.destroyed && !other.socket.destroyed)
  assert.equal((await romeo.ask(activation('s'))).attr('type'), 'result')
})
