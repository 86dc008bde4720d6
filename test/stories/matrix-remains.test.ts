/** What is left of rooms for Matrix clients when time has passed, an account has gone, or Matrix was switched off. */
import assert from 'node:assert/strict'
import { MatrixRoomStore } from '../../src/matrix/rooms/store.ts'
import { roomsOf } from '../../src/xep/0045-multi-user-chat/index.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { storedJid } from '../../src/xmpp/stored-jid.ts'
import { matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import { enter, ROOM } from '../support/rooms.ts'
import { Cast, storyOn, type Setting } from '../support/story.ts'
import { until } from '../support/until.ts'

const FREE = {
  'enabled': true,
  'logins-per-minute': 0,
  'rooms-per-hour': 0,
  'joins-per-minute': 0,
  'sends-per-second': 0,
}
const MATRIX: Setting = { settings: { matrix: FREE } }
const story = (name: string, setting: Setting, script: (cast: Cast) => Promise<void>): void =>
  storyOn('memory')(name, setting, async (cast) => {
    await script(cast)
    await cast.forget()
  })
async function matrix(cast: Cast, user: string): Promise<MatrixClient> {
  await cast.server.account(user)
  return matrixIn(cast.server)().login(user)
}
const create = async (client: MatrixClient): Promise<string> =>
  (await client.good('POST', '/v3/createRoom', { preset: 'public_chat', room_alias_name: 'den' })).room_id
const room = (id: string, rest: string): string => `/v3/rooms/${encodeURIComponent(id)}/${rest}`
const message = (body: string): object => ({ msgtype: 'm.text', body })

const SHORT: Setting = { settings: { 'matrix': FREE, 'multi-user-chat': { 'log-messages': 100, 'messages': 10_000 } } }
story('MXR-172: states that Matrix clients have set outlive the messages of their time, and a restart', SHORT, async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve'), await matrix(cast, 'fay')]
  const id = await create(eve)
  await eve.good('PUT', room(id, 'state/org.example.x/k'), { n: 0 })
  const { next_batch: since } = await eve.get('/v3/sync')
  await eve.good('PUT', room(id, 'state/org.example.x/k'), { n: 1 })
  await fay.good('POST', room(id, 'join'))
  await eve.good('POST', room(id, 'leave'))
  await eve.good('POST', room(id, 'join'))
  for (let n = 0; n < 120; n++) await fay.good('PUT', room(id, `send/m.room.message/t${n}`), message(`m${n}`))
  await cast.advance(3 * 60_000)
  const next = await cast.server.restart(SHORT)
  const again = matrixIn(next)()
  again.token = eve.token
  assert.deepEqual(await again.get(room(id, 'state/org.example.x/k')), { n: 1 })
  assert.equal((await again.get(room(id, 'state/m.room.create'))).creator, eve.userId)
  const { state, timeline } = (await again.get(`/v3/sync?since=${since}`)).rooms.join[id]
  assert.equal(timeline.limited, true)
  const told = state.events.find(({ type }: { type: string }) => type === 'org.example.x')
  assert.deepEqual(told.content, { n: 1 }, 'who was away meanwhile is told what has changed')
  await next.close()
})

story('ROOM-7: somebody who makes a deleted account anew gets nothing of its rooms', MATRIX, async (cast) => {
  const [eve, fay] = [await matrix(cast, 'eve'), await matrix(cast, 'fay')]
  const id = await create(eve)
  await fay.good('POST', room(id, 'join'))
  const { event_id: event } = await eve.good('PUT', room(id, 'send/m.room.message/1'), message('read this'))
  await fay.good('POST', room(id, `receipt/m.read/${encodeURIComponent(event)}`))
  await fay.good('POST', room(id, 'leave'))
  await fay.good('POST', room(id, 'forget'))
  const store = await MatrixRoomStore.open(cast.server.host.database)
  const { uid } = (await roomsOf(cast.server.host)!.rooms.find(storedJid(ROOM)))!
  const left = async () => [(await store.receipts(uid)).length, (await store.forgotten('fay@a.example')).size]
  assert.deepEqual(await left(), [1, 1])
  assert.equal(await cast.server.host.registrar.delete(jid('fay@a.example')), true)
  await until('nothing is left of fay', async () => (await left()).every((count) => count === 0))
  assert.ok(!JSON.stringify((await eve.get('/v3/sync')).rooms.join[id].ephemeral).includes('fay'))
})

story('MXR-51: with Matrix switched off after a crash nobody sees its devices in rooms', MATRIX, async (cast) => {
  const eve = await matrix(cast, 'eve')
  await create(eve)
  await eve.get('/v3/sync')
  await enter(cast, 'gus', 'Gus')
  await cast.server.server.checkpoints.write()
  const next = new Cast(await cast.server.crash({ settings: { matrix: { enabled: false } } }))
  cast.cut()
  cast.atEnd(() => next.end())
  const nicks = async (): Promise<readonly string[]> => {
    const { occupants } = (await roomsOf(next.server.host)!.rooms.find(storedJid(ROOM)))!
    return [...occupants.keys()]
  }
  assert.ok((await nicks()).includes('Gus'))
  await until('the device has left', async () => !(await nicks()).includes('eve'))
})

const FEW: Setting = { settings: { matrix: { ...FREE, 'invites-per-minute': 1 } } }
story('MXR-151: invitations have one pace, however they are made', FEW, async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = await create(eve)
  const invite = (who: string) =>
    ['PUT', room(id, `state/m.room.member/${encodeURIComponent(`@${who}:a.example`)}`), { membership: 'invite' }] as const
  await eve.good(...invite('ann'))
  await eve.good('POST', room(id, 'invite'), { user_id: '@bob:a.example' })
  assert.equal(await eve.refused(...invite('cid')), '429 M_LIMIT_EXCEEDED')
})

story('MXR-54: a name that changes all the time is taken in rooms at a pace, and the last one comes', MATRIX, async (cast) => {
  const eve = await matrix(cast, 'eve')
  const id = await create(eve)
  for (let n = 1; n <= 20; n++) {
    await eve.good('PUT', `/v3/profile/${encodeURIComponent(eve.userId)}/displayname`, { displayname: `Eve ${n}` })
    await cast.settle()
  }
  await cast.advance(30_000)
  const { displayname } = await eve.get(room(id, `state/m.room.member/${encodeURIComponent(eve.userId)}`))
  assert.equal(displayname, 'Eve 20')
  const { chunk } = await eve.get(room(id, 'messages?dir=b&limit=100'))
  const names = chunk.filter(({ type }: { type: string }) => type === 'm.room.member')
  assert.ok(names.length <= 8, `${names.length} changes were told`)
})
