/** XEP-0363: a file is announced in XMPP, put once over HTTP, and got by everybody who has its URL. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { HttpRoutes } from '../../src/base/http.ts'
import { silent } from '../../src/base/log.ts'
import { TrustedProxies } from '../../src/net/http-peer.ts'
import { HttpPort } from '../../src/net/http-port.ts'
import type { Host } from '../../src/server/feature.ts'
import { OperatingError } from '../../src/server/ports.ts'
import type { FileStore } from '../../src/server/files.ts'
import { uploadsOf } from '../../src/xep/0363-http-upload/index.ts'
import { filesInFolder } from '../support/files-folder.ts'
import { HttpVisitor } from '../support/http-visitor.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { bareOf, DOMAIN, storyOn, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { until } from '../support/until.ts'
import { refusal } from '../support/xml-pattern.ts'

const SERVICE = `upload.${DOMAIN}`
const UPLOAD = 'urn:xmpp:http:upload:0'
const PURPOSE = 'urn:xmpp:http:upload:purpose:0'
const DAY_MS = 86_400_000

const story = storyOn('memory')

/** The port for files, with some of its visitors. */
class Site {
  readonly port: HttpPort

  constructor(cast: Cast) {
    const host = cast.server.host as Host
    const routes = new HttpRoutes()
    uploadsOf(host)!.install(routes)
    uploadsOf(host)!.port = 5281
    const log = { ...silent, error: (fields: object) => assert.fail(String((fields as { err: unknown }).err)) }
    const admission = { enter: () => true, left() {} }
    this.port = new HttpPort({ routes, log, admission, clock: host.clock, proxies: new TrustedProxies([]), requestMs: 20_000 })
  }
  /** One request on a connection of its own, which is closed afterwards. */
  async ask(method: string, url: string, headers: Readonly<Record<string, string>> = {}, body = '') {
    const visitor = HttpVisitor.of(this.port)
    const length = method === 'PUT' && headers['transfer-encoding'] === undefined ? { 'content-length': String(body.length) } : {}
    const lines = Object.entries({ host: 'x', ...length, ...headers }).map(([name, value]) => `\n${name}: ${value}`)
    visitor.send(`${method} ${new URL(url).pathname} HTTP/1.1${lines.join('')}`, body)
    const { status, head, body: content } = await visitor.answer()
    visitor.connection.destroy()
    const header = (name: string): string | null => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim() ?? null
    return { status, header, content }
  }
}

const request = (attrs: string, inside = ''): string =>
  `<iq type='get' id='u' to='${SERVICE}'><request xmlns='${UPLOAD}' ${attrs}>${inside}</request></iq>`
const refused = (type: string, condition: string, more = ''): string =>
  refusal('iq', `id='u' from='${SERVICE}'`, type, condition, more)

async function slot(client: StoryClient, size: number, type = 'image/png', name = 'a picture.png', inside = ''): Promise<string> {
  client.send(request(`filename='${name}' size='${size}' content-type='${type}'`, inside))
  const pattern = `<iq type='result' id='u' from='${SERVICE}'><slot xmlns='${UPLOAD}'><put url='*'/><get url='*'/></slot></iq>`
  const answer = (await client.expect(pattern)).child('slot')!
  const [put, get] = [answer.child('put')!.attr('url')!, answer.child('get')!.attr('url')!]
  assert.equal(put, get)
  return put
}

story('UPL-1: the service says what it is, and where it is only while it can be reached', async (cast) => {
  const alice = await cast.client('alice', '1')
  alice.send(request(`filename='x' size='1'`))
  await alice.expect(refused('cancel', 'not-allowed'))
  new Site(cast)
  const info = 'http://jabber.org/protocol/disco#info'
  alice.send(`<iq type='get' id='i' to='${SERVICE}'><query xmlns='${info}'/></iq>`)
  const query = (await alice.expect(`<iq type='result' id='i'><query xmlns='${info}'>*</query></iq>`)).child('query')!
  const told = query.elements.map((e) => e.attr('var') ?? `${e.attr('category')}/${e.attr('type')}`)
  for (const one of ['store/file', UPLOAD, `${PURPOSE}#profile`, `${PURPOSE}#ephemeral`]) assert(told.includes(one), one)
  assert.match(query.show(), /max-file-size.*52428800/)
  const url = new URL(await slot(alice, 5, 'text/plain', '../très cool.jpg'))
  assert.equal(url.origin, `https://${DOMAIN}:5281`)
  assert.match(url.pathname, /^\/upload\/[\w-]{22}\/tr%C3%A8s_cool\.jpg$/)
})

story(
  'UPL-2: what is refused in XMPP',
  { settings: { 'http-upload': { 'quota': '2 KiB', 'file-size': '1500 B', 'files': 3 } } },
  async (cast) => {
    new Site(cast)
    const alice = await cast.client('alice', '1')
    alice.send(request(`filename='x' size='1501'`))
    await alice.expect(
      refused(
        'modify',
        'not-acceptable',
        `<file-too-large xmlns='${UPLOAD}'><max-file-size>1500</max-file-size></file-too-large>`,
      ),
    )
    for (const wrong of [
      `filename='' size='1'`,
      `size='1'`,
      `filename='x'`,
      `filename='x' size='0'`,
      `filename='x' size='-1'`,
      `filename='x' size='1e3'`,
      `filename='x' size='1' content-type='nonsense'`,
    ]) {
      alice.send(request(wrong))
      await alice.expect(refused('modify', 'bad-request'))
    }
    alice.send(request(`filename='x' size='1'`, `<ephemeral xmlns='${PURPOSE}' expire-before='2001-01-01T00:00:00Z'/>`))
    await alice.expect(refused('modify', 'bad-request'))
    await slot(alice, 1500)
    alice.send(request(`filename='x' size='1000'`))
    await alice.expect(refused('wait', 'resource-constraint', `<retry xmlns='${UPLOAD}' stamp='2026-01-01T00:05:00Z'/>`))
    await slot(alice, 500)
    await slot(alice, 48)
    alice.send(request(`filename='x' size='1'`))
    await alice.expect(refused('wait', 'resource-constraint', `<retry xmlns='${UPLOAD}' stamp='*'/>`))
    const bob = await cast.client('bob', '1')
    await slot(bob, 1500, 'image/png', 'x', `<profile xmlns='${PURPOSE}'/>`)
    await slot(bob, 1500)
    await cast.fromElsewhere(
      `<iq type='get' id='u' from='tybalt@elsewhere.example/x' to='${SERVICE}'><request xmlns='${UPLOAD}' filename='x' size='1'/></iq>`,
    )
  },
)

story('T-W07, UPL-3: a file is put once, with the length and the type of its slot', async (cast) => {
  const site = new Site(cast)
  const alice = await cast.client('alice', '1')
  const url = await slot(alice, 9)
  assert.equal((await site.ask('GET', url)).status, 404, 'not there yet')
  assert.equal((await site.ask('PUT', url, {}, 'But soft! What light')).status, 413)
  assert.equal((await site.ask('PUT', url, {}, 'But')).status, 400)
  assert.equal((await site.ask('PUT', url, { 'transfer-encoding': 'chunked' }, '0\r\n\r\n')).status, 411)
  assert.equal((await site.ask('PUT', url, { 'content-type': 'text/html' }, 'But soft!')).status, 415)
  assert.equal((await site.ask('PUT', url.replace('picture', 'page'), {}, 'But soft!')).status, 404)
  assert.equal((await site.ask('POST', url)).status, 405)
  const put = await site.ask('PUT', url, {}, 'But soft!')
  assert.deepEqual([put.status, put.header('access-control-allow-origin')], [201, '*'])
  assert.equal((await site.ask('PUT', url, {}, 'But hard!')).status, 409)
  const late = await slot(alice, 9, 'IMAGE/PNG')
  assert.equal(
    (await site.ask('PUT', late, { 'content-type': 'image/png; x=y', 'expect': '100-continue' }, 'But soft!')).status,
    100,
  )
  await until('it is there', async () => (await site.ask('HEAD', late)).status === 200)
  cast.pass(1)
  const never = await slot(alice, 9)
  await cast.advance(300_000)
  assert.equal((await site.ask('PUT', never, {}, 'But soft!')).status, 404, 'too late')
  assert.equal((await site.ask('GET', url)).content, 'But soft!')
})

story('UPL-3: a file is got whole or in part, cached for ever, and can do nothing', async (cast) => {
  const site = new Site(cast)
  const alice = await cast.client('alice', '1')
  const url = await slot(alice, 9)
  await site.ask('PUT', url, {}, 'But soft!')
  const whole = await site.ask('GET', url)
  assert.deepEqual([whole.status, whole.content], [200, 'But soft!'])
  const headers = {
    'content-type': 'image/png',
    'content-length': '9',
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    'content-disposition': `inline; filename*=UTF-8''a_picture.png`,
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    'access-control-allow-origin': '*',
  }
  for (const [name, value] of Object.entries(headers)) assert.equal(whole.header(name), value, name)
  assert.match(whole.header('cache-control')!, /^max-age=2592000, immutable$/)
  const head = await site.ask('HEAD', url)
  assert.deepEqual([head.status, head.header('content-length'), head.content], [200, '9', ''])
  const part = await site.ask('GET', url, { range: 'bytes=4-7' })
  assert.deepEqual([part.status, part.header('content-range'), part.content], [206, 'bytes 4-7/9', 'soft'])
  assert.equal((await site.ask('GET', url, { range: 'bytes=9-' })).status, 416)
  const tag = whole.header('etag')!
  assert.equal((await site.ask('GET', url, { 'if-none-match': `"x", W/${tag}` })).status, 304)
  assert.equal((await site.ask('GET', url, { 'range': 'bytes=4-7', 'if-range': '"x"' })).status, 200)
  const page = await slot(alice, 9, 'text/html', 'evil.html')
  await site.ask('PUT', page, { 'content-type': 'text/html' }, '<script>.')
  assert.equal((await site.ask('GET', page)).header('content-disposition'), `attachment; filename*=UTF-8''evil.html`)
  const asked = await site.ask('OPTIONS', url)
  assert.deepEqual([asked.status, asked.header('access-control-allow-methods')], [204, 'GET, HEAD, PUT, OPTIONS'])
})

story('UPL-4: files expire, those of a profile stay, and all go with the account', async (cast) => {
  const site = new Site(cast)
  const alice = await cast.client('alice', '1')
  const put = async (inside: string): Promise<string> => {
    const url = await slot(alice, 1, 'image/png', 'x.png', inside)
    assert.equal((await site.ask('PUT', url, {}, 'x')).status, 201)
    return url
  }
  const urls = [
    await put(`<message xmlns='${PURPOSE}'/>`),
    await put(`<profile xmlns='${PURPOSE}'/>`),
    await put(`<ephemeral xmlns='${PURPOSE}' expire-before='2026-01-02T00:00:00Z'/>`),
  ]
  const statuses = async (): Promise<readonly number[]> => {
    const all: number[] = []
    for (const url of urls) all.push((await site.ask('GET', url)).status)
    return all
  }
  assert.deepEqual(await statuses(), [200, 200, 200])
  cast.pass(DAY_MS)
  assert.deepEqual(await statuses(), [200, 200, 404])
  cast.pass(29 * DAY_MS)
  assert.deepEqual(await statuses(), [404, 200, 404])
  const bob = await cast.client('bob', '1')
  const of = await slot(bob, 1)
  await site.ask('PUT', of, {}, 'x')
  const names = [urls[1]!, of].map((url) => url.split('/')[4]!)
  const { files, registrar } = cast.server.host as Host
  await registrar.delete(jid(bareOf('bob')))
  const isThere = async (name: string): Promise<boolean> => {
    const file = await files.open(name)
    await file?.close()
    return file !== null
  }
  await until('the file is gone', async () => !(await isThere(names[1]!)))
  assert.equal((await site.ask('GET', of)).status, 404)
  assert(await isThere(names[0]!))
  bob.take()
})

const transfersOf = (cast: Cast): number =>
  cast.server.host.metrics.gauges.find(({ name }) => name === 'porchlight_file_transfers')!.read()

story('UPL-3: downloads whose clients go at once are over, however many there are', async (cast) => {
  const site = new Site(cast)
  const alice = await cast.client('alice', '1')
  const url = await slot(alice, 300_000)
  assert.equal((await site.ask('PUT', url, {}, 'x'.repeat(300_000))).status, 201)
  const listening = await site.port.listen('127.0.0.1', 0, null)
  for (let round = 0; round < 30; round += 1)
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const socket = connect(listening.port, '127.0.0.1').on('error', () => {})
        socket.write(`GET ${new URL(url).pathname} HTTP/1.1\r\nhost: x\r\n\r\n`, () => socket.resetAndDestroy())
        await once(socket, 'close')
      }),
    )
  await until('all are over', () => transfersOf(cast) === 0)
  assert.equal((await site.ask('GET', url)).content.length, 300_000)
  await listening.close()
})

story(
  'UPL-3: one address has at most half of what the others leave of the transfers, on one connection or on many',
  { settings: { 'http-upload': { transfers: 8 } } },
  async (cast) => {
    const site = new Site(cast)
    const alice = await cast.client('alice', '1')
    const url = await slot(alice, 300_000)
    await site.ask('PUT', url, {}, 'x'.repeat(300_000))
    const get = `GET ${new URL(url).pathname} HTTP/1.1\nhost: x`
    const visitors: HttpVisitor[] = []
    for (const [address, taken] of [
      ['192.0.2.9', 4],
      ['2001:db8::1', 6],
      ['2001:db8::2', 6],
      ['198.51.100.1', 7],
    ] as const) {
      const slow = HttpVisitor.of(site.port, address)
      slow.connection.pause()
      visitors.push(slow)
      for (let request = 0; request < 6; request += 1) slow.send(get)
      await until('it has its share', () => transfersOf(cast) === taken)
      const other = HttpVisitor.of(site.port, address)
      other.send(get)
      visitors.push(other)
      assert.equal((await other.answer()).status, 503)
      assert.equal(transfersOf(cast), taken)
    }
    for (const { connection } of visitors) connection.destroy()
    await until('all are over', () => transfersOf(cast) === 0)
    assert.equal((await site.ask('GET', url)).status, 200)
  },
)

/** A disk that is full, as long as the test says so. */
class Disk implements FileStore {
  readonly #folder = filesInFolder()
  isFull = true

  async write(name: string, pieces: AsyncIterable<Buffer>): Promise<void> {
    const { isFull } = this
    const limited = async function* (): AsyncGenerator<Buffer, void> {
      for await (const piece of pieces) {
        if (isFull) throw new OperatingError('A file could not be stored (no space left)', true)
        yield piece
      }
    }
    await this.#folder.write(name, limited())
  }
  open(name: string) {
    return this.#folder.open(name)
  }
  remove(name: string): Promise<void> {
    return this.#folder.remove(name)
  }
}
const disk = new Disk()

story(
  'UPL-3, UPL-4: a full disk, a cut and a stalled upload leave nothing, and the file can come again',
  { files: disk, settings: { 'http-upload': { transfers: 1 } } },
  async (cast) => {
    const site = new Site(cast)
    const alice = await cast.client('alice', '1')
    const url = await slot(alice, 9)
    assert.equal((await site.ask('PUT', url, {}, 'But soft!')).status, 507)
    disk.isFull = false
    const other = await slot(alice, 1)
    await site.ask('PUT', other, {}, 'x')
    const isBusy = async (): Promise<boolean> => (await site.ask('GET', other)).status === 503
    for (const end of [(one: HttpVisitor) => one.connection.destroy(), () => cast.pass(20_000)]) {
      const visitor = HttpVisitor.of(site.port)
      visitor.send(`PUT ${new URL(url).pathname} HTTP/1.1\nhost: x\ncontent-length: 9`, 'But')
      await until('the upload has begun', isBusy)
      end(visitor)
      await visitor.closed()
      await until('it is over', async () => !(await isBusy()))
    }
    assert.equal((await site.ask('GET', url)).status, 404)
    await until('it is stored', async () => (await site.ask('PUT', url, {}, 'But soft!')).status === 201)
    await until('it can be read', async () => (await site.ask('GET', url)).content === 'But soft!')
  },
)
