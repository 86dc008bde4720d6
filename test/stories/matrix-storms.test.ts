/** Many requests for news of one device at the same time. */
import assert from 'node:assert/strict'
import { matrixAtPort, matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import { storyOn, type Cast, type Setting } from '../support/story.ts'

const MATRIX: Setting = {
  settings: { matrix: { 'enabled': true, 'logins-per-minute': 0, 'rooms-per-hour': 0, 'joins-per-minute': 0 } },
}
const story = (name: string, script: (cast: Cast) => Promise<void>): void =>
  storyOn('memory', 'websocket')(name, MATRIX, async (cast) => {
    await script(cast)
    await cast.forget()
  })

async function matrix(cast: Cast, user: string): Promise<MatrixClient> {
  await cast.server.account(user)
  const come = cast.transport === 'memory' ? matrixIn(cast.server) : matrixAtPort(cast.server.port!)
  return come().login(user)
}
const room = (id: string, rest: string): string => `/v3/rooms/${encodeURIComponent(id)}/${rest}`

/** Lets 100 ms pass where time stands still. */
async function moment(cast: Cast): Promise<void> {
  for (let span = 0; span < 100 && cast.transport === 'memory'; span += 20) {
    await turns()
    cast.pass(20)
  }
}
/** Octets in memory pass within so many turns of the event loop. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise((next) => setImmediate(next))
}

story('MXR-130: four waiting requests of one device are all answered', async (cast) => {
  const eve = await matrix(cast, 'eve')
  const fay = await matrix(cast, 'fay')
  const { room_id: id } = await eve.good('POST', '/v3/createRoom', { preset: 'public_chat', room_alias_name: 'den' })
  await fay.good('POST', room(id, 'join'))
  const { next_batch: since } = await fay.get('/v3/sync')
  const waiting = [1, 2, 3, 4].map(() => fay.begin('GET', `/v3/sync?since=${since}&timeout=30000`))
  await cast.settle()
  await eve.good('PUT', room(id, 'send/m.room.message/one'), { msgtype: 'm.text', body: 'wake up' })
  await moment(cast)
  for (const { answer } of waiting) {
    const { status, json } = await answer
    assert.equal(status, 200, JSON.stringify(json))
    assert.equal(json.rooms.join[id].timeline.events.at(-1).content.body, 'wake up')
  }
})
