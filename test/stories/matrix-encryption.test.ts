/** Encrypted rooms of Matrix clients, and backups of their keys (MXR-73, MXR-94, MXR-143, MXR-144). */
import assert from 'node:assert/strict'
import type { MatrixClient } from '../support/matrix-client.ts'
import { matrix, Reader, room, settings, upload } from '../support/matrix-keys.ts'
import { enter } from '../support/rooms.ts'
import { storyOn, type Cast, type Setting } from '../support/story.ts'

const MATRIX: Setting = { settings: { matrix: settings } }
type Script = (cast: Cast) => Promise<void>
const story = (name: string, script: Script): void => storyOn('memory', 'websocket')(name, MATRIX, script)
const inMemory = (name: string, script: Script): void => storyOn('memory')(name, MATRIX, script)

const MEGOLM = { algorithm: 'm.megolm.v1.aes-sha2' }
const ciphertext = { ...MEGOLM, ciphertext: 'AwgA', sender_key: 'def', session_id: 'abc', device_id: 'PHONE' }
const encryption = { type: 'm.room.encryption', state_key: '', content: MEGOLM }
const inRoom = (id: string, rest: string): string => `/v3/rooms/${encodeURIComponent(id)}/${rest}`
const joined = async (client: MatrixClient, id: string): Promise<string> =>
  (await client.good('POST', `/v3/join/${encodeURIComponent(id)}`)).room_id

story('MXR-73: an encrypted message is given back as it was sent, and XMPP clients are shown a text', async (cast) => {
  const [eve, fay] = [await Reader.of(await matrix(cast, 'eve', 'PHONE')), await Reader.of(await matrix(cast, 'fay', 'DESK'))]
  const id = await room(eve.client)
  await joined(fay.client, id)
  const gus = await enter(cast, 'gus', 'Gus')
  const send = inRoom(id, 'send/m.room.encrypted/t1')
  assert.equal(await eve.client.refused('PUT', send, ciphertext), '403 M_FORBIDDEN', 'the room is not encrypted')
  for (const one of [eve, fay]) await one.news()
  const state = inRoom(id, 'state/m.room.encryption/')
  assert.equal(await fay.client.refused('PUT', state, MEGOLM), '403 M_FORBIDDEN', 'only an owner may')
  assert.equal(await eve.client.refused('PUT', state, {}), '400 M_BAD_JSON')
  await eve.client.good('PUT', state, MEGOLM)
  assert.equal(await eve.client.refused('PUT', state, { algorithm: '' }), '400 M_BAD_JSON', 'it is not switched off')
  assert.deepEqual((await fay.lists())[0].includes(eve.client.userId), true, 'whom one may encrypt for from now on')
  const { event_id: event } = await eve.client.good('PUT', send, ciphertext)
  await cast.settle()
  const heard = gus.take().findLast(({ name }) => name === 'message')!
  assert.equal(heard.child('body')!.text, 'Encrypted Matrix message; this client cannot read it')
  assert.equal(heard.child('encryption')!.attr('namespace'), 'im.porchlight:megolm')
  const { timeline } = (await fay.news()).rooms.join[id]
  const [{ type, content, sender, event_id: told }] = timeline.events
  assert.deepEqual([type, content, sender, told], ['m.room.encrypted', ciphertext, eve.client.userId, event])
  const { chunk } = await fay.client.get(inRoom(id, 'messages?dir=b&limit=1'))
  assert.deepEqual([chunk[0].type, chunk[0].content], ['m.room.encrypted', ciphertext])
  await cast.forget()
})

inMemory('MXR-94: a room is encrypted from the start if everybody who is invited can read it', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve', 'PHONE'), await matrix(cast, 'fay', 'DESK')]
  await cast.server.account('gus')
  const wish = (...invite: readonly string[]) => ({ preset: 'private_chat', invite, initial_state: [encryption] })
  const refused = (body: object) => eve.refused('POST', '/v3/createRoom', body)
  assert.equal(await refused(wish(fay.userId)), '403 M_FORBIDDEN')
  for (const one of [eve, fay]) await upload(one)
  for (const body of [wish(), wish(fay.userId, '@gus:a.example'), { ...wish(fay.userId), preset: 'public_chat' }])
    assert.equal(await refused(body), '403 M_FORBIDDEN')
  const { room_id: id } = await eve.good('POST', '/v3/createRoom', wish(fay.userId))
  assert.deepEqual(await eve.get(inRoom(id, 'state/m.room.encryption')), MEGOLM)
  const { invite_state: invited } = (await fay.get('/v3/sync')).rooms.invite[id]
  assert(invited.events.some((event: { type: string }) => event.type === 'm.room.encryption'))
  const ghost = '@_xmpp_carol=40other.example:a.example'
  const direct = (who: string) => ({ ...wish(who), is_direct: true })
  assert.equal(await refused(direct(ghost)), '403 M_FORBIDDEN', 'T-MX23: nobody is talked to in a way that they cannot read')
  const { room_id: two } = await eve.good('POST', '/v3/createRoom', direct(fay.userId))
  assert.deepEqual(await eve.get(inRoom(two, 'state/m.room.encryption')), MEGOLM)
  assert.deepEqual((await eve.get('/.well-known/matrix/client'))['io.element.e2ee'], { default: false })
  await cast.forget()
})
for (const [rule, code, e2ee] of [
  ['allow', 200, { default: false }],
  ['never', 403, { default: false, force_disable: true }],
] as const) {
  const setting: Setting = { settings: { matrix: { ...settings, encryption: rule } } }
  storyOn('memory')(`MXR-94: the operator says where rooms may be encrypted: ${rule}`, setting, async (cast) => {
    const eve = await matrix(cast, 'eve', 'PHONE')
    assert.deepEqual((await eve.get('/.well-known/matrix/client'))['io.element.e2ee'], e2ee)
    assert.equal((await eve.ask('POST', '/v3/createRoom', { initial_state: [encryption] })).status, code)
    const id = await room(eve)
    assert.equal((await eve.ask('PUT', inRoom(id, 'state/m.room.encryption/'), MEGOLM)).status, code)
  })
}

story('MXR-143, MXR-144: a backup is written to while it is the newest, and keeps the better key', async (cast) => {
  const eve = await matrix(cast, 'eve', 'PHONE')
  const path = '/v3/room_keys/version'
  assert.equal(await eve.refused('GET', path), '404 M_NOT_FOUND')
  const described = { algorithm: 'm.megolm_backup.v1', auth_data: { public_key: 'abc' } }
  const { version } = await eve.good('POST', path, described)
  const at = (rest: string, of = version): string => `/v3/room_keys/keys${rest}?version=${of}`
  const key = (index: number, text: string) => ({
    first_message_index: index,
    forwarded_count: 0,
    is_verified: false,
    session_data: { text },
  })
  const first = await eve.good('PUT', at(''), { rooms: { '!r:a.example': { sessions: { s: key(5, 'first'), t: key(1, 't') } } } })
  const second = await eve.good('PUT', at('/!r:a.example/s'), key(9, 'worse'))
  assert.deepEqual([first.count, second], [2, first], 'nothing has changed')
  const third = await eve.good('PUT', at('/!r:a.example'), { sessions: { s: key(2, 'better') } })
  assert.equal(third.count, 2)
  assert.notEqual(third.etag, first.etag)
  assert.deepEqual(await eve.get(at('/!r:a.example/s')), key(2, 'better'))
  assert.deepEqual(await eve.get(at('')), {
    rooms: { '!r:a.example': { sessions: { s: key(2, 'better'), t: key(1, 't') } } },
  })
  assert.deepEqual(
    [await eve.get(at('/!none:a.example')), await eve.refused('GET', at('/!r:a.example/none'))],
    [{ sessions: {} }, '404 M_NOT_FOUND'],
  )
  const { etag, count, ...shown } = await eve.get(path)
  assert.deepEqual([etag, count, shown], [third.etag, 2, { ...described, version }])
  await eve.good('PUT', `${path}/${version}`, { ...described, auth_data: { public_key: 'def' } })
  assert.deepEqual((await eve.get(`${path}/${version}`)).auth_data, { public_key: 'def' })
  assert.equal(await eve.refused('PUT', `${path}/${version}`, { ...described, algorithm: 'x' }), '400 M_BAD_JSON')
  const { version: newer } = await eve.good('POST', path, described)
  const late = await eve.ask('PUT', at('/!r:a.example/s'), key(0, 'late'))
  assert.deepEqual([late.status, late.json.errcode, late.json.current_version], [403, 'M_WRONG_ROOM_KEYS_VERSION', newer])
  assert.equal((await eve.good('DELETE', at('/!r:a.example/s'))).count, 1)
  await eve.good('DELETE', `${path}/${newer}`)
  assert.equal((await eve.get(path)).version, version)
  assert.equal(await eve.refused('GET', at('', newer)), '404 M_NOT_FOUND')
  for (const [body, code] of [
    [key(0, 'x'.repeat(65_536)), '413 M_TOO_LARGE'],
    [{ ...key(0, 'x'), first_message_index: -1 }, '400 M_BAD_JSON'],
  ] as const)
    assert.equal(await eve.refused('PUT', at('/!r:a.example/s'), body), code)
  for (let i = 1; i < 10; i++) await eve.good('POST', path, described)
  assert.equal(await eve.refused('POST', path, described), '413 M_TOO_LARGE')
})
