/** Files of Matrix clients are uploads of their accounts: stored once, with one name for each protocol (MXR-64, MXR-171, T-MX18). */
import assert from 'node:assert/strict'
import photon from '@silvia-odwyer/photon-node'
import { uploadsOf } from '../../src/xep/0363-http-upload/index.ts'
import { HttpVisitor } from '../support/http-visitor.ts'
import { matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import { enter, ROOM } from '../support/rooms.ts'
import { storyOn, type Cast } from '../support/story.ts'

const FREE = { 'enabled': true, 'logins-per-minute': 0, 'rooms-per-hour': 0, 'joins-per-minute': 0 }
const story = (name: string, script: (cast: Cast) => Promise<void>, uploads: object = {}): void =>
  storyOn('memory')(name, { settings: { 'matrix': FREE, 'http-upload': uploads } }, async (cast) => {
    uploadsOf(cast.server.host)!.port = 5281
    uploadsOf(cast.server.host)!.install(cast.server.host.http)
    await script(cast)
    await cast.forget()
  })
async function matrix(cast: Cast, user: string): Promise<MatrixClient> {
  await cast.server.account(user)
  return matrixIn(cast.server)().login(user)
}
const den = { preset: 'public_chat', room_alias_name: 'den' }
const room = (id: string, rest: string): string => `/v3/rooms/${encodeURIComponent(id)}/${rest}`
let transactions = 0
const send = async (client: MatrixClient, id: string, content: object, type = 'm.room.message'): Promise<string> =>
  (await client.good('PUT', room(id, `send/${type}/t${++transactions}`), content)).event_id
/** The contents of the messages of a room, the oldest first. */
const said = async (client: MatrixClient, id: string) => {
  const { chunk } = await client.get(room(id, 'messages?dir=b&limit=50'))
  const messages = chunk.filter(({ type }: { type: string }) => type === 'm.room.message')
  return messages.map(({ content }: { content: object }) => content).toReversed()
}
const PICTURE = Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1')
const idOf = (uri: string): string => uri.slice('mxc://'.length)

/** One request whose body, or whose answer, is no JSON. @param path of a URL */
async function ask(cast: Cast, method: string, path: string, token = '', body: Buffer | null = null, type = '') {
  // The address of this machine: elsewhere only https is allowed
  const visitor = HttpVisitor.of(cast.server.web(), '127.0.0.1')
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: localhost',
    ...(token === '' ? [] : [`Authorization: Bearer ${token}`]),
    ...(body === null ? [] : [`Content-Length: ${body.length}`]),
    ...(type === '' ? [] : [`Content-Type: ${type}`]),
  ]
  visitor.send(lines.join('\n'), body ?? '')
  const { status, head, body: content } = await visitor.answer()
  visitor.connection.destroy()
  return { status, head, octets: Buffer.from(content, 'latin1') }
}
const get = (cast: Cast, url: string) => ask(cast, 'GET', new URL(url).pathname)
const DOWNLOAD = '/_matrix/client/v1/media/download'
const OLD = '/_matrix/media/v3'
const download = (cast: Cast, { token }: MatrixClient, uri: string, rest = '') =>
  ask(cast, 'GET', `${DOWNLOAD}/${idOf(uri)}${rest}`, token)

interface Upload {
  readonly octets?: Buffer
  readonly type?: string
  readonly name?: string
}
const uploading = (cast: Cast, { token }: MatrixClient, { octets = PICTURE, type = 'image/png', name = 'a.png' }: Upload) =>
  ask(cast, 'POST', `${OLD}/upload?filename=${encodeURIComponent(name)}`, token, octets, type)
/** @returns the URI */
async function upload(cast: Cast, client: MatrixClient, wanted: Upload = {}): Promise<string> {
  const { status, octets } = await uploading(cast, client, wanted)
  assert.equal(status, 200, octets.toString())
  return (JSON.parse(octets.toString()) as { content_uri: string }).content_uri
}
async function notUploaded(cast: Cast, client: MatrixClient, wanted: Upload): Promise<string> {
  const { status, octets } = await uploading(cast, client, wanted)
  return `${status} ${(JSON.parse(octets.toString()) as { errcode: string }).errcode}`
}

story('MXR-171: what is uploaded is got by its id, with a token or, at the old path, without', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve'), await matrix(cast, 'fay')]
  for (const path of ['/v1/media/config', '/_matrix/media/v3/config'])
    assert.deepEqual(await eve.get(path), { 'm.upload.size': 50 * 1024 * 1024 })
  const uri = await upload(cast, eve, { name: 'at the sea.png' })
  assert.match(uri, /^mxc:\/\/a\.example\/[\w-]{22}$/)
  const { status, head, octets } = await download(cast, fay, uri)
  assert.deepEqual([status, octets], [200, PICTURE])
  assert.match(head, /^content-type: image\/png$/im)
  assert.match(head, /^content-disposition: inline; filename\*=UTF-8''at_the_sea\.png$/im)
  assert.match(head, /^content-security-policy: .*sandbox/im)
  assert.match(head, /^cross-origin-resource-policy: cross-origin$/im)
  const named = await download(cast, fay, uri, '/other%20name.png')
  assert.match(named.head, /^content-disposition: inline; filename\*=UTF-8''other%20name\.png$/im)
  const stranger = matrixIn(cast.server)()
  assert.equal(await stranger.refused('GET', `${DOWNLOAD}/${idOf(uri)}`), '401 M_MISSING_TOKEN')
  assert.deepEqual((await ask(cast, 'GET', `${OLD}/download/${idOf(uri)}`)).octets, PICTURE)
  for (const strange of ['a.example/AAAAAAAAAAAAAAAAAAAAAA', 'a.example/x', `b.example/${uri.split('/').at(-1)}`])
    assert.equal(await fay.refused('GET', `${DOWNLOAD}/${strange}`), '404 M_NOT_FOUND')
})

story('MXR-171: a file that a browser could run is saved, not shown', async (cast) => {
  const eve = await matrix(cast, 'eve')
  for (const type of ['text/html', 'image/svg+xml', 'application/javascript']) {
    const { head } = await download(cast, eve, await upload(cast, eve, { octets: Buffer.from('<script>'), type }))
    assert.match(head, /^content-disposition: attachment/im, type)
    assert.match(head, /^x-content-type-options: nosniff$/im)
  }
})

story(
  'UPL-2, UPL-4: an upload has the limits of the account',
  async (cast) => {
    const eve = await matrix(cast, 'eve')
    const refused = (size: number, type = 'image/png'): Promise<string> =>
      notUploaded(cast, eve, { octets: Buffer.alloc(size), type })
    const take = (size: number): Promise<string> => upload(cast, eve, { octets: Buffer.alloc(size) })
    assert.equal(await refused(2049), '413 M_TOO_LARGE')
    assert.equal(await refused(0), '400 M_MISSING_PARAM')
    assert.equal(await refused(10, 'no type'), '400 M_BAD_JSON')
    await take(2000)
    await take(1000)
    assert.equal(await refused(1500), '403 M_FORBIDDEN')
    const uri = await upload(cast, await matrix(cast, 'fay'), { octets: Buffer.alloc(1000) })
    await cast.advance(31 * 86_400_000)
    const gus = await matrix(cast, 'gus')
    assert.equal(await gus.refused('GET', `${DOWNLOAD}/${idOf(uri)}`), '404 M_NOT_FOUND')
  },
  { 'file-size': '2 KiB', 'quota': '4 KiB' },
)

story('T-MX18, MXR-64: a picture of a Matrix client is a URL for clients of XMPP, which needs no login', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = (await eve.good('POST', '/v3/createRoom', den)).room_id
  const gus = await enter(cast, 'gus', 'Gus')
  await cast.forget()
  const url = await upload(cast, eve, { name: 'sea.png' })
  const info = { mimetype: 'image/png', size: PICTURE.length, w: 640, h: 480 }
  const content = { msgtype: 'm.image', body: 'sea.png', url, info }
  await send(eve, id, content)
  const message = (await gus.take()).find((xml) => xml.name === 'message')
  const link = message!.child('body')!.text
  assert.match(link, /^https:\/\/a\.example:5281\/upload\/[\w-]{22}\/sea\.png$/)
  assert.equal(link.includes(url.split('/').at(-1)!), false, 'the URL cannot be made of the URI')
  assert.equal(message!.child('x')!.child('url')!.text, link)
  const file = message!.child('file-sharing')!.child('file')!
  assert.deepEqual(
    file.elements.map(({ name, text }) => [name, text]),
    [
      ['media-type', 'image/png'],
      ['name', 'sea.png'],
      ['size', String(PICTURE.length)],
      ['width', '640'],
      ['height', '480'],
    ],
  )
  assert.deepEqual((await get(cast, link)).octets, PICTURE)
  assert.deepEqual(await said(eve, id), [content])
  await send(eve, id, { ...content, body: 'Look *here*', filename: 'sea.png' })
  assert.equal((await gus.take()).find((xml) => xml.name === 'message')!.child('body')!.text, `Look *here*\n${link}`)
})

story('MXR-64: what XMPP cannot get is told in words: a file of another server, an encrypted one', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = (await eve.good('POST', '/v3/createRoom', den)).room_id
  const gus = await enter(cast, 'gus', 'Gus')
  await cast.forget()
  const uri = await upload(cast, eve)
  const encrypted = { url: uri, key: { k: 'secret' }, iv: 'x', hashes: {}, v: 'v2' }
  for (const more of [{ url: 'mxc://other.example/abc' }, { file: encrypted }, { url: 7 }]) {
    await send(eve, id, { msgtype: 'm.image', body: 'sea.png', ...more })
    const message = (await gus.take()).find((xml) => xml.name === 'message')!
    assert.equal(message.child('body')!.text, 'sea.png')
    assert.equal(message.child('x'), undefined)
  }
})

story('T-MX18, MXR-64: a picture of a client of XMPP is media, and a foreign URL stays a link', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = (await eve.good('POST', '/v3/createRoom', den)).room_id
  const gus = await enter(cast, 'gus', 'Gus')
  await cast.forget()
  gus.send(
    `<iq type='get' id='u' to='upload.a.example'><request xmlns='urn:xmpp:http:upload:0' filename='tea.jpg' size='${PICTURE.length}'/></iq>`,
  )
  const pattern = `<iq type='result' id='u' from='upload.a.example'><slot xmlns='urn:xmpp:http:upload:0'><put url='*'/><get url='*'/></slot></iq>`
  const url = (await gus.expect(pattern)).child('slot')!.child('get')!.attr('url')!
  const visitor = HttpVisitor.of(cast.server.web())
  visitor.send(`PUT ${new URL(url).pathname} HTTP/1.1\nHost: x\nContent-Length: ${PICTURE.length}`, PICTURE)
  assert.equal((await visitor.answer()).status, 201)
  visitor.connection.destroy()
  const oob = (link: string): string => `<x xmlns='jabber:x:oob'><url>${link}</url></x>`
  const say = (body: string, more: string): void =>
    gus.send(`<message type='groupchat' to='${ROOM}'><body>${body}</body>${more}</message>`)
  say(url, oob(url))
  say(`For you ${url}`, oob(url))
  say('https://evil.example/x.jpg', oob('https://evil.example/x.jpg'))
  await cast.forget()
  const [plain, captioned, foreign] = await said(eve, id)
  const common = { msgtype: 'm.image', filename: 'tea.jpg', info: { mimetype: 'image/jpeg' } }
  assert.match(plain.url, /^mxc:\/\/a\.example\//)
  assert.deepEqual(plain, { ...common, body: 'tea.jpg', url: plain.url })
  assert.deepEqual(captioned, { ...common, body: 'For you', url: plain.url })
  assert.deepEqual(foreign, { msgtype: 'm.text', body: 'https://evil.example/x.jpg' })
  assert.deepEqual((await download(cast, eve, plain.url)).octets, PICTURE)
})

storyOn('memory')(
  'MXR-64: without uploads Matrix clients can upload nothing, and are told so',
  { settings: { 'matrix': FREE, 'http-upload': { enabled: false } } },
  async (cast) => {
    const eve = await matrix(cast, 'eve')
    assert.deepEqual(await eve.get('/v1/media/config'), { 'm.upload.size': 0 })
    assert.equal(await notUploaded(cast, eve, {}), '403 M_FORBIDDEN')
    assert.equal(await eve.refused('GET', `${DOWNLOAD}/a.example/AAAAAAAAAAAAAAAAAAAAAA`), '404 M_NOT_FOUND')
  },
)
story('a picture is reduced, and what is none is refused', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const pixels = new Uint8Array(640 * 400 * 4).fill(255)
  const large = Buffer.from(new photon.PhotonImage(pixels, 640, 400).get_bytes())
  const uri = await upload(cast, eve, { octets: large })
  for (const path of ['/_matrix/client/v1/media/thumbnail', `${OLD}/thumbnail`]) {
    const answer = await ask(cast, 'GET', `${path}/${idOf(uri)}?width=32&height=32&method=crop`, eve.token)
    assert.equal(answer.status, 200)
    assert.equal(answer.octets.readUInt32BE(16), 32)
  }
  for (const type of ['text/plain', 'image/svg+xml', 'video/mp4', 'image/png']) {
    const other = await upload(cast, eve, { type })
    assert.equal(await eve.refused('GET', `/v1/media/thumbnail/${idOf(other)}?width=32&height=32`), '400 M_UNKNOWN')
  }
  assert.equal(await eve.refused('GET', `/v1/media/thumbnail/${idOf(uri)}?width=x&height=32`), '400 M_INVALID_PARAM')
})
