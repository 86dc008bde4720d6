import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { HttpVisitor } from '../../test/support/http-visitor.ts'
import { until } from '../../test/support/until.ts'
import { HttpRefusal, HttpRoutes, type HttpExchange } from '../base/http.ts'
import { silent } from '../base/log.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { TrustedProxies } from './http-peer.ts'
import { HttpPort } from './http-port.ts'

const BODY_MAX = 10

/** Latin1 has none of these: the low octets of the first are a quotation mark. */
const FOREIGN = 'Ģ آدم ☃'

class Site {
  readonly clock = new ManualClock()
  readonly routes = new HttpRoutes()
  readonly errors: object[] = []
  readonly port: HttpPort
  /** Those that have come to '/wait'. */
  readonly waiting: HttpExchange[] = []

  constructor() {
    const log = { ...silent, error: (fields: object) => void this.errors.push(fields) }
    const { clock, routes } = this
    const admission = { enter: () => true, left() {} }
    this.port = new HttpPort({ routes, clock, log, admission, proxies: new TrustedProxies([]), requestMs: 10_000 })
    routes.at('/echo', async (exchange) => {
      exchange.allow('POST', 'HEAD')
      exchange.reply(200, { 'x-query': exchange.query }, await exchange.body(BODY_MAX))
    })
    routes.at('/text', (exchange) => exchange.reply(200, {}, FOREIGN))
    routes.at('/refusal', () => {
      throw new HttpRefusal(403, FOREIGN)
    })
    routes.at('/wait', (exchange) => void this.waiting.push(exchange))
    routes.at('/fail', () => Promise.reject(new Error('broken')))
    routes.at('/throw', () => {
      throw new Error('broken')
    })
    routes.upgradeAt('/up', ({ socket, head }) => socket.write(`up ${head}`))
    routes.upgradeAt('/no', () => {
      throw new HttpRefusal(403, 'No', { 'x-why': 'because' })
    })
    routes.upgradeAt('/refusal', () => {
      throw new HttpRefusal(403, FOREIGN)
    })
    routes.upgradeAt('/fail', () => {
      throw new Error('broken')
    })
  }
  connect(): HttpVisitor {
    return HttpVisitor.of(this.port)
  }
}

test('a request with two Hosts is refused, be it for an upgrade', async () => {
  for (const head of ['GET /nothing HTTP/1.1', 'GET /up HTTP/1.1\nconnection: upgrade\nupgrade: x']) {
    const visitor = new Site().connect()
    visitor.send(`${head}\nhost: a.example\nhost: b.example`)
    assert.equal((await visitor.answer()).status, 400)
  }
})

test('texts are sent as UTF-8: no character of a name becomes another one, and none is missing', async () => {
  const upgrade = '\nconnection: upgrade\nupgrade: x'
  for (const [path, more, text] of [
    ['/text', '', FOREIGN],
    ['/refusal', '', `${FOREIGN}\n`],
    ['/refusal', upgrade, `${FOREIGN}\n`],
  ] as const) {
    const visitor = new Site().connect()
    visitor.send(`GET ${path} HTTP/1.1\nhost: x${more}`)
    const { head, body } = await visitor.answer()
    assert.equal(Buffer.from(body, 'latin1').toString(), text)
    assert.match(head, new RegExp(`content-length: ${Buffer.byteLength(text)}`, 'i'))
  }
})

test('requests are answered by the owners of their paths, one after the other on one connection', async () => {
  const site = new Site()
  const visitor = site.connect()
  visitor.send('POST /echo?a=b HTTP/1.1\nhost: x\ncontent-length: 5', 'hello')
  const { status, head, body } = await visitor.answer()
  assert.deepEqual([status, /x-query: (.*)/.exec(head)![1], body], [200, 'a=b', 'hello'])
  visitor.send('GET /nothing HTTP/1.1\nhost: x')
  assert.equal((await visitor.answer()).status, 404)
  visitor.send('GET /echo HTTP/1.1\nhost: x')
  const refused = await visitor.answer()
  assert.deepEqual([refused.status, /allow: (.*)/.exec(refused.head)![1]], [405, 'POST, HEAD'])
})

test('what goes wrong is answered with 500 and logged', async () => {
  const site = new Site()
  const visitor = site.connect()
  for (const path of ['/fail', '/throw']) {
    visitor.send(`GET ${path} HTTP/1.1\nhost: x`)
    const { status, body } = await visitor.answer()
    assert.equal(status, 500)
    assert.ok(!body.includes('broken'))
  }
  assert.equal(site.errors.length, 2)
})

test('limits: a body that says that it is too large, and one that turns out to be', async () => {
  for (const [head, body] of [
    ['content-length: 11', '01234567890'],
    ['transfer-encoding: chunked', '6\r\n012345\r\n6\r\n012345\r\n0\r\n\r\n'],
  ] as const) {
    const visitor = new Site().connect()
    visitor.send(`POST /echo HTTP/1.1\nhost: x\n${head}`, body)
    const { status, head: answer } = await visitor.answer()
    assert.equal(status, 413)
    assert.match(answer, /connection: close/i)
    await visitor.closed()
  }
})

test('limits: headers that are too large', async () => {
  const visitor = new Site().connect()
  visitor.send(`GET / HTTP/1.1\nhost: x\nx: ${'x'.repeat(20_000)}`)
  assert.match((await visitor.answer()).head, /^HTTP\/1.1 431/)
  await visitor.closed()
})

for (const [what, text] of [
  ['nothing', ''],
  ['half of its headers', 'GET / HTTP/1.1\r\nhost: x\r\n'],
  ['half of its body', 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhe'],
] as const) {
  test(`limits: a client that sends ${what} is cut`, async () => {
    const site = new Site()
    const visitor = site.connect()
    visitor.connection.write(text)
    await new Promise(setImmediate)
    site.clock.advance(9999)
    assert.ok(!visitor.connection.destroyed)
    site.clock.advance(1)
    await visitor.closed()
  })
}

test('an answer may take its time; the next request has its own', async () => {
  const site = new Site()
  const visitor = site.connect()
  visitor.send('GET /wait HTTP/1.1\nhost: x')
  await until('the request has come', () => site.waiting.length > 0)
  site.clock.advance(3_600_000)
  site.waiting[0]!.reply(200, {}, 'at last')
  assert.equal((await visitor.answer()).body, 'at last')
  site.clock.advance(9999)
  visitor.send('GET /nothing HTTP/1.1\nhost: x')
  assert.equal((await visitor.answer()).status, 404)
  await new Promise(setImmediate)
  site.clock.advance(10_000)
  await visitor.closed()
})

test('whoever waits for an answer and goes is known to be gone; a second answer is nobody’s', async () => {
  const site = new Site()
  const visitor = site.connect()
  visitor.send('GET /wait HTTP/1.1\nhost: x')
  await until('the request has come', () => site.waiting.length > 0)
  const [exchange] = site.waiting
  const lost = new Promise<void>((resolve) => exchange!.onLost(resolve))
  visitor.connection.destroy()
  await lost
  exchange!.reply(200, {}, 'too late')
  exchange!.reply(200, {}, 'and again')
})

test('whoever is gone before anybody has asked is known to be gone', async () => {
  const site = new Site()
  const visitor = site.connect()
  visitor.send('GET /wait HTTP/1.1\nhost: x')
  await until('the request has come', () => site.waiting.length > 0)
  visitor.connection.destroy()
  await new Promise(setImmediate)
  await new Promise<void>((resolve) => site.waiting[0]!.onLost(resolve))
})

test('a request that is answered before its body has come leaves the connection a deadline', async () => {
  const site = new Site()
  const visitor = site.connect()
  visitor.send('POST /text HTTP/1.1\nhost: x\ncontent-length: 5', 'he')
  assert.equal((await visitor.answer()).status, 200)
  visitor.connection.write('llo')
  await new Promise(setImmediate)
  site.clock.advance(10_000)
  await visitor.closed()
})

test('whoever has asked for more than one answer and goes is known to be gone for each', async () => {
  const site = new Site()
  const visitor = site.connect()
  let streamed = 0
  site.routes.at('/stream', async (exchange) => {
    await exchange.stream(200, {}, 300_000, async function* () {
      yield Buffer.alloc(300_000)
    })
    streamed += 1
  })
  for (const path of ['/wait', '/stream', '/wait', '/stream']) visitor.send(`GET ${path} HTTP/1.1\nhost: x`)
  await until('the requests have come', () => site.waiting.length === 2)
  const lost = site.waiting.map((exchange) => new Promise<void>((resolve) => exchange.onLost(resolve)))
  visitor.connection.destroy()
  await Promise.all(lost)
  await until('nothing is written any more', () => streamed === 2)
})

const UPGRADE = 'host: x\nconnection: upgrade\nupgrade: other'

test('another protocol is spoken where somebody speaks it', async () => {
  const site = new Site()
  const visitor = site.connect()
  visitor.send(`GET /up?x HTTP/1.1\n${UPGRADE}`, 'first')
  await once(visitor.connection, 'data')
  assert.equal(visitor.text, 'up first')
  site.clock.advance(3_600_000)
  assert.ok(!visitor.connection.destroyed, 'its time is its owner’s')
})

test('another protocol is refused: elsewhere as a request like others, by its owner, or since it failed', async () => {
  const site = new Site()
  const elsewhere = site.connect()
  elsewhere.send(`GET /echo HTTP/1.1\n${UPGRADE}`)
  assert.equal((await elsewhere.answer()).status, 405)
  const refused = site.connect()
  refused.send(`GET /no HTTP/1.1\n${UPGRADE}`)
  const { status, head, body } = await refused.answer()
  assert.deepEqual([status, body, /x-why: (.*)/.exec(head)![1]], [403, 'No\n', 'because'])
  const failed = site.connect()
  failed.send(`GET /fail HTTP/1.1\n${UPGRADE}`)
  assert.equal((await failed.answer()).status, 500)
  assert.equal(site.errors.length, 1)
})

test('when it closes, whoever asks for nothing is cut, and whoever waits is answered and told that it was the last', async () => {
  const site = new Site()
  const listening = await site.port.listen('127.0.0.1', 0, null)
  const idle = site.connect()
  const busy = site.connect()
  busy.send('GET /wait HTTP/1.1\nhost: x')
  await until('the request has come', () => site.waiting.length > 0)
  await listening.close()
  await idle.closed()
  site.waiting[0]!.reply(200, {}, 'the last')
  assert.equal((await busy.answer()).body, 'the last')
})
