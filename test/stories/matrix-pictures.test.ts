/** Pictures of people and rooms, of Matrix clients and XMPP clients: one for both. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { uploadsOf } from '../../src/xep/0363-http-upload/index.ts'
import { HttpVisitor } from '../support/http-visitor.ts'
import { matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import { enter, ROOM } from '../support/rooms.ts'
import { storyOn, type Cast } from '../support/story.ts'

const FREE = { 'enabled': true, 'logins-per-minute': 0, 'rooms-per-hour': 0, 'joins-per-minute': 0 }
const story = (name: string, script: (cast: Cast) => Promise<void>): void =>
  storyOn('memory')(name, { settings: { matrix: FREE } }, async (cast) => {
    uploadsOf(cast.server.host)!.port = 5281
    await script(cast)
    await cast.forget()
  })
async function matrix(cast: Cast, user: string): Promise<MatrixClient> {
  await cast.server.account(user)
  return matrixIn(cast.server)().login(user)
}
const room = (id: string, rest: string): string => `/v3/rooms/${encodeURIComponent(id)}/${rest}`
const picture = (rest: string): Buffer => Buffer.from(`\x89PNG\r\n\x1a\n${rest}`, 'latin1')
const hashOf = (octets: Buffer): string => createHash('sha1').update(octets).digest('hex')

/** One request whose body, or whose answer, is no JSON. */
async function ask(cast: Cast, method: string, path: string, token: string, body: Buffer | null = null) {
  const visitor = HttpVisitor.of(cast.server.web(), '127.0.0.1')
  const length = body === null ? '' : `\nContent-Length: ${body.length}\nContent-Type: image/png`
  visitor.send(`${method} ${path} HTTP/1.1\nHost: localhost\nAuthorization: Bearer ${token}${length}`, body ?? '')
  const { status, body: content } = await visitor.answer()
  visitor.connection.destroy()
  return { status, octets: Buffer.from(content, 'latin1') }
}
async function upload(cast: Cast, { token }: MatrixClient, octets: Buffer): Promise<string> {
  const answer = await ask(cast, 'POST', '/_matrix/media/v3/upload', token, octets)
  return (JSON.parse(answer.octets.toString()) as { content_uri: string }).content_uri
}
const got = (cast: Cast, { token }: MatrixClient, uri: string, what = 'download') =>
  ask(cast, 'GET', `/_matrix/client/v1/media/${what}/${uri.slice('mxc://'.length)}?width=96&height=96`, token)
const pictureOf = ({ userId }: MatrixClient): string => `/v3/profile/${encodeURIComponent(userId)}/avatar_url`

story('a picture that a Matrix client sets is the avatar of XMPP clients, and the other way round', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const phone = await cast.client('eve', 'phone')
  await cast.forget()
  assert.deepEqual(await eve.get(pictureOf(eve)), {})
  const mine = picture('one')
  await eve.good('PUT', pictureOf(eve), { avatar_url: await upload(cast, eve, mine) })
  await cast.forget()
  phone.send(`<iq type='get' id='v'><vCard xmlns='vcard-temp'/></iq>`)
  const card = await phone.expect(`<iq type='result' id='v'><vCard xmlns='vcard-temp'>*</vCard></iq>`)
  assert.equal(card.child('vCard')!.child('PHOTO')!.child('BINVAL')!.text, mine.toString('base64'))
  const { avatar_url: uri } = await eve.get(pictureOf(eve))
  for (const what of ['download', 'thumbnail']) assert.deepEqual((await got(cast, eve, uri, what)).octets, mine)
  assert.equal((await eve.get(`/v3/profile/${encodeURIComponent(eve.userId)}`)).avatar_url, uri)

  const other = picture('two')
  const photo = `<PHOTO><TYPE>image/png</TYPE><BINVAL>${other.toString('base64')}</BINVAL></PHOTO>`
  phone.send(`<iq type='set' id='w'><vCard xmlns='vcard-temp'>${photo}</vCard></iq>`)
  await cast.forget()
  const { avatar_url: next } = await eve.get(pictureOf(eve))
  assert.notEqual(next, uri)
  assert.deepEqual((await got(cast, eve, next)).octets, other)
  assert.equal((await got(cast, eve, uri)).status, 404, 'the picture of before is nobody’s')
  await eve.good('PUT', pictureOf(eve), { avatar_url: '' })
  await cast.forget()
  assert.deepEqual(await eve.get(pictureOf(eve)), {})
})

story('a picture is shown to those who may see it, and is a picture', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve'), await matrix(cast, 'fay')]
  await eve.good('PUT', pictureOf(eve), { avatar_url: await upload(cast, eve, picture('mine')) })
  const { avatar_url: uri } = await eve.get(pictureOf(eve))
  assert.equal((await got(cast, fay, uri)).status, 404)
  const stranger = await ask(cast, 'GET', `/_matrix/media/v3/download/${uri.slice('mxc://'.length)}`, '')
  assert.notEqual(stranger.status, 200)
  assert.equal(await fay.refused('PUT', pictureOf(eve), { avatar_url: '' }), '403 M_FORBIDDEN')
  const put = (uri: unknown): Promise<string> => eve.refused('PUT', pictureOf(eve), { avatar_url: uri })
  assert.equal(await put('https://a.example/x.png'), '400 M_BAD_JSON')
  assert.equal(await put('mxc://a.example/AAAAAAAAAAAAAAAAAAAAAA'), '404 M_NOT_FOUND')
  assert.equal(await put(await upload(cast, eve, Buffer.from('<svg/>'))), '400 M_BAD_JSON')
  assert.equal(await put(await upload(cast, eve, Buffer.alloc(200_000))), '413 M_TOO_LARGE')
})

story('XEP-0486: the picture of a room is one for both, also if no Matrix client has looked', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = (await eve.good('POST', '/v3/createRoom', { preset: 'public_chat', room_alias_name: 'den' })).room_id
  const gus = await enter(cast, 'gus', 'Gus')
  await cast.forget()
  const { next_batch: since } = await eve.get('/v3/sync')
  const mine = picture('a room')
  const avatar = room(id, 'state/m.room.avatar')
  await eve.good('PUT', avatar, { url: await upload(cast, eve, mine) })
  await cast.forget()
  gus.send(`<iq type='get' id='v' to='${ROOM}'><vCard xmlns='vcard-temp'/></iq>`)
  const card = await gus.expect(`<iq type='result' id='v' from='${ROOM}'><vCard xmlns='vcard-temp'>*</vCard></iq>`)
  assert.equal(card.child('vCard')!.child('PHOTO')!.child('BINVAL')!.text, mine.toString('base64'))
  const { url } = await eve.get(avatar)
  assert.ok(url.includes(hashOf(mine)))
  assert.deepEqual((await got(cast, eve, url)).octets, mine)
  const told = (await eve.get(`/v3/sync?since=${since}`)).rooms.join[id].timeline.events
  assert.deepEqual(
    told.map(({ type, content }: { type: string; content: { url: string } }) => [type, content.url]),
    [['m.room.avatar', url]],
  )
  const fay = await matrix(cast, 'fay')
  await fay.good('POST', room(id, 'join'))
  assert.equal(await fay.refused('PUT', avatar, { url }), '403 M_FORBIDDEN')
  await eve.good('PUT', avatar, {})
  await cast.forget()
  assert.deepEqual(await eve.get(avatar), {})

  await eve.good('PUT', room(id, 'state/m.room.power_levels'), {
    users: { [eve.userId]: 100, '@gus:a.example': 100 },
  })
  await cast.forget()
  const other = picture('another')
  const photo = `<PHOTO><TYPE>image/png</TYPE><BINVAL>${other.toString('base64')}</BINVAL></PHOTO>`
  gus.send(`<iq type='set' id='w' to='${ROOM}'><vCard xmlns='vcard-temp'>${photo}</vCard></iq>`)
  await cast.forget()
  assert.ok((await eve.get(avatar)).url.includes(hashOf(other)))
  await cast.advance(17 * 60_000)
  gus.send(`<iq type='set' id='x' to='${ROOM}'><vCard xmlns='vcard-temp'/></iq>`)
  await cast.forget()
  await eve.get('/v3/sync')
  await cast.forget()
  assert.deepEqual(await eve.get(avatar), {})
})

story('XEP-0486: a room is made with its picture, or not at all', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const mine = picture('from the first')
  const wish = (url: string): object => ({
    preset: 'public_chat',
    room_alias_name: 'den',
    initial_state: [{ type: 'm.room.avatar', content: { url } }],
  })
  const missing = wish('mxc://a.example/AAAAAAAAAAAAAAAAAAAAAA')
  assert.equal(await eve.refused('POST', '/v3/createRoom', missing), '404 M_NOT_FOUND')
  const id = (await eve.good('POST', '/v3/createRoom', wish(await upload(cast, eve, mine)))).room_id
  await cast.settle()
  const { url } = await eve.get(room(id, 'state/m.room.avatar'))
  assert.deepEqual((await got(cast, eve, url)).octets, mine)
  const gus = await enter(cast, 'gus', 'Gus')
  await cast.forget()
  gus.send(`<iq type='get' id='v' to='${ROOM}'><vCard xmlns='vcard-temp'/></iq>`)
  const card = await gus.expect(`<iq type='result' id='v' from='${ROOM}'><vCard xmlns='vcard-temp'>*</vCard></iq>`)
  assert.equal(card.child('vCard')!.child('PHOTO')!.child('BINVAL')!.text, mine.toString('base64'))
})
