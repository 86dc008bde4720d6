/** End-to-end keys of Matrix clients: stored, given out once, and told to those who need them (MXR-140 to 143). */
import assert from 'node:assert/strict'
import type { MatrixClient } from '../support/matrix-client.ts'
import { CURVE, keysOf, matrix, Reader, room, settings, upload } from '../support/matrix-keys.ts'
import { SigningKey } from '../support/matrix-signing.ts'
import { PASSWORD } from '../support/story-server.ts'
import { storyOn, type Cast, type Setting } from '../support/story.ts'

const MATRIX: Setting = { settings: { matrix: settings } }
type Script = (cast: Cast) => Promise<void>
const story = (name: string, script: Script): void => storyOn('memory', 'websocket')(name, MATRIX, script)
const inMemory = (name: string, script: Script): void => storyOn('memory')(name, MATRIX, script)

const named = (count: number, name = 'k'): object =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${CURVE}:${name}${i}`, { key: `${name}${i}` }]))
const query = (client: MatrixClient, ...users: readonly string[]) =>
  client.good('POST', '/v3/keys/query', { device_keys: Object.fromEntries(users.map((user) => [user, []])) })
const claim = async (client: MatrixClient, { userId, device }: MatrixClient): Promise<string> => {
  const body = { one_time_keys: { [userId]: { [device]: CURVE } } }
  const found = (await client.good('POST', '/v3/keys/claim', body)).one_time_keys[userId]?.[device] ?? {}
  return Object.keys(found).join()
}
story('MXR-140: keys are given out as they were uploaded, and every user who is asked for is in the answer', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve', 'PHONE'), await matrix(cast, 'fay', 'DESK')]
  await cast.server.account('gus')
  const own = keysOf(eve, { extra: { b: 1, a: ['ä'] } })
  await upload(eve, { device_keys: own })
  const ghost = '@_xmpp_carol=40other.example:a.example'
  const others = ['@gus:a.example', '@nobody:a.example', '@x:elsewhere.example', ghost, 'nonsense']
  const found = await query(fay, eve.userId, ...others)
  assert.deepEqual(found.device_keys[eve.userId], { PHONE: own })
  for (const id of others) assert.deepEqual(found.device_keys[id], {}, id)
  assert.deepEqual(found.failures, {})
  await eve.good('PUT', '/v3/devices/PHONE', { display_name: 'Pocket' })
  assert.deepEqual((await query(eve, eve.userId)).device_keys[eve.userId].PHONE.unsigned, { device_display_name: 'Pocket' })
  assert.equal((await query(fay, eve.userId)).device_keys[eve.userId].PHONE.unsigned, undefined)
  const asked = async (devices: readonly string[]) =>
    (await fay.good('POST', '/v3/keys/query', { device_keys: { [eve.userId]: devices } })).device_keys[eve.userId]
  assert.deepEqual([Object.keys(await asked(['PHONE'])), await asked(['OTHER'])], [['PHONE'], {}])
})

inMemory('MXR-140, MXR-143: what does not fit is refused, and nothing of it is stored', async (cast) => {
  const eve = await matrix(cast, 'eve', 'PHONE')
  const refused = (body: object) => eve.refused('POST', '/v3/keys/upload', body)
  for (const [body, code] of [
    [{ device_keys: keysOf(eve, { user_id: '@fay:a.example' }) }, '400 M_INVALID_PARAM'],
    [{ device_keys: keysOf(eve, { device_id: 'OTHER' }) }, '400 M_INVALID_PARAM'],
    [{ device_keys: keysOf(eve, { keys: { 'ed25519:OTHER': 'x' } }) }, '400 M_BAD_JSON'],
    [{ device_keys: keysOf(eve, { keys: 'x' }) }, '400 M_BAD_JSON'],
    [{ device_keys: keysOf(eve, { x: 'x'.repeat(17_000) }) }, '413 M_TOO_LARGE'],
    [{ device_keys: keysOf(eve), one_time_keys: { nameless: {} } }, '400 M_INVALID_PARAM'],
    [{ device_keys: keysOf(eve), one_time_keys: { [`${CURVE}:a`]: 5 } }, '400 M_BAD_JSON'],
    [{ device_keys: keysOf(eve), one_time_keys: named(51) }, '413 M_TOO_LARGE'],
  ] as const)
    assert.equal(await refused(body), code)
  assert.deepEqual((await query(eve, eve.userId)).device_keys, { [eve.userId]: {} })
  assert.deepEqual(await upload(eve, { one_time_keys: named(50) }), { one_time_key_counts: { [CURVE]: 50 } })
  assert.deepEqual(await upload(eve, { one_time_keys: named(50) }), { one_time_key_counts: { [CURVE]: 50 } })
  assert.equal(await refused({ one_time_keys: { [`${CURVE}:k1`]: { key: 'another' } } }), '400 M_INVALID_PARAM')
  assert.equal(await refused({ one_time_keys: named(1, 'more') }), '413 M_TOO_LARGE')
})

story('T-MX31: a hundred claims of fifty keys are fifty keys, and then the fallback key', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve', 'PHONE'), await matrix(cast, 'fay', 'DESK')]
  await upload(eve, { one_time_keys: named(50), fallback_keys: { [`${CURVE}:last`]: { key: 'last', fallback: true } } })
  const { device_one_time_keys_count: count, device_unused_fallback_key_types: unused } = await eve.get('/v3/sync')
  assert.deepEqual([count, unused], [{ [CURVE]: 50 }, [CURVE]])
  const given: string[] = []
  for (let turn = 0; turn < 4; turn++) given.push(...(await Promise.all(Array.from({ length: 25 }, () => claim(fay, eve)))))
  assert.deepEqual(new Set(given.slice(0, 50)), new Set(Object.keys(named(50))))
  assert.deepEqual(new Set(given.slice(50)), new Set([`${CURVE}:last`]))
  const after = await eve.get('/v3/sync')
  assert.deepEqual([after.device_one_time_keys_count, after.device_unused_fallback_key_types], [{ [CURVE]: 0 }, []])
  assert.equal(await claim(fay, fay), '')
})

story('T-MX32: letters to a device come in their order until the device acknowledges them', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve', 'PHONE'), await matrix(cast, 'fay', 'DESK')]
  const other = await Reader.of(await matrix(cast, 'eve', 'TABLET'))
  const reader = await Reader.of(eve)
  const send = (n: number, devices = '*') =>
    fay.good('PUT', `/v3/sendToDevice/im.test/t${n}`, { messages: { [eve.userId]: { [devices]: { n } }, '@x:y.example': {} } })
  // Of one sender ten may wait
  for (let n = 0; n < 10; n++) await send(n)
  await send(3)
  const all = Array.from({ length: 10 }, (_, n) => n)
  const peeked = async (): Promise<unknown> =>
    (await reader.peek()).to_device?.events.map((event: { content: { n: number } }) => event.content.n)
  assert.deepEqual([await peeked(), await peeked()], [all, all], 'answers that were lost are given again')
  assert.deepEqual(await other.letters(), all)
  assert.deepEqual(await other.letters(), [], 'and other devices acknowledge nothing')
  assert.deepEqual(await reader.letters(), all)
  assert.deepEqual(await reader.letters(), [])
  await send(20, 'PHONE')
  assert.deepEqual((await reader.peek()).to_device.events, [{ sender: fay.userId, type: 'im.test', content: { n: 20 } }])
  assert.deepEqual(await reader.letters(), [20])
  assert.deepEqual(await other.letters(), [])
})

story('MXR-141: a token of another device acknowledges nothing, and one without a token finds nothing again', async (cast) => {
  const phone = await Reader.of(await matrix(cast, 'eve', 'PHONE'))
  const tablet = await Reader.of(await matrix(cast, 'eve', 'TABLET'))
  const fay = await matrix(cast, 'fay', 'DESK')
  await fay.good('PUT', '/v3/sendToDevice/im.test/t', { messages: { [phone.client.userId]: { TABLET: { n: 1 } } } })
  const own = tablet.token
  assert.deepEqual(await phone.letters(), [])
  await upload(phone.client)
  await phone.news()
  tablet.token = phone.token
  assert.deepEqual(await tablet.letters(), [1], 'the token of the other device says nothing of these messages')
  tablet.token = own
  assert.deepEqual(await tablet.letters(), [1])
  assert.deepEqual(await tablet.letters(), [])
  tablet.token = null
  assert.deepEqual(await tablet.letters(), [], 'what was acknowledged is gone')
})

inMemory('MXR-141: an upload that is repeated after a claim brings back no key', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve', 'PHONE'), await matrix(cast, 'fay', 'DESK')]
  const body = { one_time_keys: named(1) }
  await upload(eve, body)
  assert.equal(await claim(fay, eve), `${CURVE}:k0`)
  assert.deepEqual(await upload(eve, body), { one_time_key_counts: { [CURVE]: 0 } })
  assert.equal(await claim(fay, eve), '')
  assert.deepEqual(await upload(eve, { one_time_keys: named(50, 'more') }), { one_time_key_counts: { [CURVE]: 50 } })
})

const MORE: Setting = { settings: { matrix: { ...settings, 'to-device': 2500 } } }
storyOn('memory')('T-MX32: of many letters each answer has a hundred, and lost answers are given again', MORE, async (cast) => {
  const [eve, fay] = [await Reader.of(await matrix(cast, 'eve', 'PHONE')), await matrix(cast, 'fay', 'DESK')]
  for (let n = 0; n < 250; n++)
    await fay.good('PUT', `/v3/sendToDevice/im.test/t${n}`, { messages: { [eve.client.userId]: { PHONE: { n } } } })
  const found: unknown[] = []
  for (const count of [100, 100, 50, 0]) {
    const before = eve.token
    for (let lost = 0; lost < 2; lost++) {
      assert.equal((await eve.letters()).length, count)
      eve.token = before
    }
    found.push(...(await eve.letters()))
  }
  assert.deepEqual(
    found,
    Array.from({ length: 250 }, (_, n) => n),
  )
})

inMemory('MXR-143: of the letters that wait the oldest are lost, and those of a sender of many first', async (cast) => {
  const eve = await Reader.of(await matrix(cast, 'eve', 'PHONE'))
  // Of one sender a tenth may wait: ten
  const senders: MatrixClient[] = []
  for (let i = 0; i < 11; i++) senders.push(await matrix(cast, `fay${i}`, 'DESK'))
  const send = (client: MatrixClient, n: number) =>
    client.good('PUT', `/v3/sendToDevice/im.test/t${n}`, { messages: { [eve.client.userId]: { PHONE: { n } } } })
  for (let n = 0; n < 100; n++) await send(senders[n % 10]!, n)
  await send(senders[0]!, 100)
  assert.deepEqual(
    await eve.letters(),
    Array.from({ length: 100 }, (_, n) => n + 1),
    'a sender of too many loses the oldest of their own',
  )
  for (let n = 0; n < 110; n++) await send(senders[Math.trunc(n / 10)]!, 200 + n)
  assert.deepEqual(
    await eve.letters(),
    Array.from({ length: 100 }, (_, n) => 210 + n),
    'of all a hundred wait',
  )
})

inMemory('MXR-129: a letter wakes a request that waits; an empty answer says what is left of the keys', async (cast) => {
  const [eve, fay] = [await Reader.of(await matrix(cast, 'eve', 'PHONE')), await matrix(cast, 'fay', 'DESK')]
  await upload(eve.client, { one_time_keys: named(3) })
  const path = `/v3/sync?timeout=30000&set_presence=offline&since=${eve.token}`
  const empty = await inTime(cast, eve.client.get(path))
  assert.deepEqual(
    [empty.next_batch, empty.device_one_time_keys_count, empty.device_unused_fallback_key_types],
    [eve.token, { [CURVE]: 3 }, []],
  )
  const again = eve.client.get(path)
  await turns()
  await fay.good('PUT', '/v3/sendToDevice/im.test/t', { messages: { [eve.client.userId]: { PHONE: { n: 1 } } } })
  const before = cast.server.clock.now()
  assert.equal((await inTime(cast, again)).to_device.events.length, 1)
  assert(cast.server.clock.now() - before < 5000)
  for (const [path, body, code] of [
    [
      '/v3/sendToDevice/im.test/t2',
      { messages: { [eve.client.userId]: { PHONE: { n: 'x'.repeat(65_536) } } } },
      '413 M_TOO_LARGE',
    ],
    ['/v3/sendToDevice/im.test/t2', { messages: { [eve.client.userId]: { PHONE: [] } } }, '400 M_BAD_JSON'],
    [`/v3/sendToDevice/${'x'.repeat(256)}/t2`, { messages: {} }, '400 M_INVALID_PARAM'],
  ] as const)
    assert.equal(await fay.refused('PUT', path, body), code)
})

inMemory('MXR-143: a name that cannot be stored is refused, and a claim of it takes no key', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve', 'PHONE'), await matrix(cast, 'fay', 'DESK')]
  const key = { first_message_index: 0, forwarded_count: 0, is_verified: false, session_data: {} }
  const backup = { algorithm: 'a', auth_data: {} }
  const { version } = await eve.good('POST', '/v3/room_keys/version', backup)
  for (const [method, path, body] of [
    ['PUT', '/v3/sendToDevice/im%00test/t', { messages: {} }],
    ['POST', '/v3/keys/upload', { one_time_keys: { [`${CURVE}:a\0`]: { key: 'a' } } }],
    ['POST', '/v3/room_keys/version', { ...backup, algorithm: 'a\0' }],
    ['PUT', `/v3/room_keys/keys/r%00/s?version=${version}`, key],
    ['PUT', `/v3/room_keys/keys?version=${version}`, { rooms: { r: { sessions: { 's\0': key } } } }],
  ] as const)
    assert.equal(await eve.refused(method, path, body), '400 M_INVALID_PARAM', path)
  assert.equal(await eve.refused('GET', `/v3/room_keys/keys/r%00?version=${version}`), '400 M_INVALID_PARAM')
  await upload(eve, { one_time_keys: named(1) })
  const asked = { [eve.userId]: { 'PHONE': CURVE, 'PHONE\0': CURVE }, [fay.userId]: { DESK: 'c\0' } }
  const { one_time_keys: given } = await fay.good('POST', '/v3/keys/claim', { one_time_keys: asked })
  assert.deepEqual(given, { [eve.userId]: { PHONE: named(1) } })
})

inMemory('MXR-141: a message for two spellings of one device is refused, and nothing of it is stored', async (cast) => {
  const [eve, fay] = [await Reader.of(await matrix(cast, 'eve', 'PHONE')), await matrix(cast, 'fay', 'DESK')]
  const messages = { '@eve:a.example': { PHONE: { n: 1 } }, '@Eve:a.example': { '*': { n: 2 } } }
  assert.equal(await fay.refused('PUT', '/v3/sendToDevice/im.test/t', { messages }), '400 M_INVALID_PARAM')
  assert.deepEqual(await eve.letters(), [])
})

inMemory('MXR-98: a user whom somebody ignores writes to none of their devices', async (cast) => {
  const [eve, fay] = [await Reader.of(await matrix(cast, 'eve', 'PHONE')), await matrix(cast, 'fay', 'DESK')]
  const ignored = { ignored_users: { [fay.userId]: {} } }
  await eve.client.good('PUT', `/v3/user/${eve.client.userId}/account_data/m.ignored_user_list`, ignored)
  await fay.good('PUT', '/v3/sendToDevice/im.test/t', { messages: { [eve.client.userId]: { '*': { n: 1 } } } })
  assert.deepEqual(await eve.letters(), [])
})

/** Until a request has come as far as it can. */
async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => void setImmediate(resolve))
}
/** Lets time pass until the request is answered; a minute at most. */
async function inTime<T>(cast: Cast, request: Promise<T>): Promise<T> {
  let isOver = false
  const answer = request.finally(() => (isOver = true))
  for (let second = 0; second < 60; second++) {
    await turns()
    if (isOver) break
    cast.pass(1000)
  }
  return answer
}

story('MXR-142: those in the same rooms are told whose keys have changed, and who is there no longer', async (cast) => {
  const [eve, fay, gus] = [
    await Reader.of(await matrix(cast, 'eve', 'PHONE')),
    await Reader.of(await matrix(cast, 'fay', 'DESK')),
    await Reader.of(await matrix(cast, 'gus', 'LAPTOP')),
  ]
  const id = await room(eve.client)
  await fay.client.good('POST', `/v3/join/${encodeURIComponent(id)}`)
  for (const one of [eve, fay]) await one.news()
  const from = fay.token
  await upload(eve.client)
  assert.deepEqual(await fay.lists(), [[eve.client.userId], []])
  assert.deepEqual(await eve.lists(), [[eve.client.userId], []], 'the user too')
  assert.deepEqual(
    [await gus.lists(), await fay.lists()],
    [
      [[], []],
      [[], []],
    ],
  )
  await upload(eve.client)
  assert.deepEqual(await fay.lists(), [[], []], 'the same keys again are no change')
  const changes = await fay.client.get(`/v3/keys/changes?from=${from}&to=${fay.token}`)
  assert.deepEqual(changes.changed, [eve.client.userId])
  assert.equal(await fay.client.refused('GET', '/v3/keys/changes?from=x'), '400 M_INVALID_PARAM')
  const tablet = await matrix(cast, 'eve', 'TABLET')
  await upload(tablet)
  await fay.news()
  await tablet.good('POST', '/v3/logout')
  assert.deepEqual(await fay.lists(), [[eve.client.userId], []])
  assert.deepEqual(Object.keys((await query(fay.client, eve.client.userId)).device_keys[eve.client.userId]), ['PHONE'])
  await eve.news()
  await fay.client.good('POST', `/v3/rooms/${encodeURIComponent(id)}/leave`)
  assert.deepEqual([(await eve.lists())[1], (await fay.lists())[1]], [[fay.client.userId], [eve.client.userId]])
  await upload(fay.client)
  assert.deepEqual(await eve.lists(), [[], []])
})

/** The three keys of a user, signed as they have to be. */
function crossKeys(userId: string) {
  const [master, self, others] = [new SigningKey(), new SigningKey(), new SigningKey()]
  const key = (usage: string, { name }: SigningKey) => ({ user_id: userId, usage: [usage], keys: { [`ed25519:${name}`]: name } })
  const body = {
    master_key: key('master', master),
    self_signing_key: master.sign(key('self_signing', self), userId),
    user_signing_key: master.sign(key('user_signing', others), userId),
  }
  return { master, self, others, body }
}

story('MXR-141: the keys of cross-signing come together, and another master key needs the password', async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve', 'PHONE'), await Reader.of(await matrix(cast, 'fay', 'DESK'))]
  const [first, second] = [crossKeys(eve.userId), crossKeys(eve.userId)]
  const path = '/v3/keys/device_signing/upload'
  for (const [body, code] of [
    [{ self_signing_key: first.body.self_signing_key }, '400 M_MISSING_PARAM'],
    [{ ...first.body, self_signing_key: second.body.self_signing_key }, '400 M_INVALID_SIGNATURE'],
    [{ ...first.body, master_key: { ...first.body.master_key, user_id: '@fay:a.example' } }, '400 M_INVALID_PARAM'],
    [{ ...first.body, master_key: first.body.self_signing_key }, '400 M_BAD_JSON'],
    [{ ...first.body, master_key: { ...first.body.master_key, keys: { 'ed25519:x': 'y' } } }, '400 M_BAD_JSON'],
  ] as const)
    assert.equal(await eve.refused('POST', path, body), code)
  assert.equal((await query(eve, eve.userId)).master_keys[eve.userId], undefined, 'all or none')
  await eve.good('POST', path, first.body)
  await eve.good('POST', path, first.body)
  const { status, json } = await eve.ask('POST', path, second.body)
  assert.deepEqual([status, json.flows], [401, [{ stages: ['m.login.password'] }]])
  const seen = await query(fay.client, eve.userId)
  assert.deepEqual(seen.master_keys[eve.userId].keys, first.body.master_key.keys)
  assert.deepEqual(seen.self_signing_keys[eve.userId], first.body.self_signing_key)
  assert.deepEqual(seen.user_signing_keys, {}, 'whom somebody has signed is their own matter')
  assert.deepEqual((await query(eve, eve.userId)).user_signing_keys[eve.userId], first.body.user_signing_key)
  const auth = { type: 'm.login.password', user: 'eve', password: PASSWORD, session: json.session }
  assert.equal((await eve.ask('POST', path, { ...second.body, auth: { ...auth, password: 'wrong' } })).status, 401)
  await eve.good('POST', path, { ...second.body, auth })
  assert.deepEqual((await query(fay.client, eve.userId)).master_keys[eve.userId].keys, second.body.master_key.keys)
})

story('MXR-140: signatures are checked, added to what was signed, and shown to those whom they concern', async (cast) => {
  const [eve, fay] = [await Reader.of(await matrix(cast, 'eve', 'PHONE')), await matrix(cast, 'fay', 'DESK')]
  const gus = await matrix(cast, 'gus', 'LAPTOP')
  const device = new SigningKey()
  const keys = device.sign(
    { ...keysOf(eve.client, { signatures: {} }), keys: { 'ed25519:PHONE': device.name } },
    eve.client.userId,
    'PHONE',
  )
  await upload(eve.client, { device_keys: keys })
  const [mine, theirs] = [crossKeys(eve.client.userId), crossKeys(fay.userId)]
  await eve.client.good('POST', '/v3/keys/device_signing/upload', mine.body)
  await fay.good('POST', '/v3/keys/device_signing/upload', theirs.body)
  const sign = async (by: MatrixClient, of: string, target: string, object: object): Promise<string> => {
    const { failures } = await by.good('POST', '/v3/keys/signatures/upload', { [of]: { [target]: object } })
    return failures[of]?.[target]?.errcode ?? 'good'
  }
  const { userId } = eve.client
  const signed = mine.self.sign(keys, userId)
  for (const [object, code] of [
    [keys, 'M_INVALID_SIGNATURE'],
    [mine.self.sign({ ...keys, algorithms: [] }, userId), 'M_INVALID_SIGNATURE'],
    [mine.others.sign(keys, userId, mine.self.name), 'M_INVALID_SIGNATURE'],
    [theirs.self.sign(keys, userId), 'M_INVALID_SIGNATURE'],
  ] as const)
    assert.equal(await sign(eve.client, userId, 'PHONE', object), code)
  assert.equal(await sign(eve.client, userId, 'NONE', signed), 'M_NOT_FOUND')
  assert.equal(await sign(eve.client, '__proto__', 'PHONE', signed), 'good', 'a name that is no key of an object is passed over')
  assert.equal(await sign(eve.client, userId, 'PHONE', signed), 'good')
  const phone = async (viewer: MatrixClient) => (await query(viewer, userId)).device_keys[userId].PHONE
  assert.deepEqual(await phone(gus), signed)
  const master = device.sign(mine.body.master_key, userId, 'PHONE')
  assert.equal(await sign(eve.client, userId, mine.master.name, master), 'good')
  assert.deepEqual((await query(gus, userId)).master_keys[userId], master)
  await eve.news()
  const verified = mine.others.sign(theirs.body.master_key, userId)
  assert.equal(await sign(gus, fay.userId, theirs.master.name, verified), 'M_INVALID_SIGNATURE')
  assert.equal(await sign(eve.client, fay.userId, theirs.master.name, verified), 'good')
  const seen = async (viewer: MatrixClient) => (await query(viewer, fay.userId)).master_keys[fay.userId]
  assert.deepEqual(
    [await seen(eve.client), await seen(gus), await seen(fay)],
    [verified, theirs.body.master_key, theirs.body.master_key],
  )
  assert.deepEqual((await eve.lists())[0].includes(fay.userId), true)
})

inMemory('MXR-142: an account that is made again has no keys of the one before it', async (cast) => {
  const eve = await matrix(cast, 'eve', 'PHONE')
  await upload(eve, { one_time_keys: { [`${CURVE}:a`]: { key: 'a' } } })
  await (await Reader.of(eve)).news()
  const desk = await cast.client('eve', 'desk')
  desk.send(`<iq type='set' id='r'><query xmlns='jabber:iq:register'><remove/></query></iq>`)
  await desk.expect(`<iq type='result' id='r'/>`)
  await desk.wire.expectStreamError('not-authorized')
  await cast.settle()
  const again = await matrix(cast, 'eve', 'PHONE')
  assert.deepEqual((await again.get('/v3/sync')).device_one_time_keys_count, { [CURVE]: 0 })
})
