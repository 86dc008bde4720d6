/** matrix-js-sdk with its encryption: people read each other, on every device, over a restart and from a backup; others do not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DOMAIN } from '../support/server-process.ts'
import { until } from '../support/until.ts'
import { Guest } from './in-a-room.ts'
import { Line } from './line.ts'
import { slixmppInRooms } from './makes.ts'
import { JsUser, pause, type Login } from './matrix-js/user.ts'
import { PATIENCE_MS } from './person.ts'
import { jsSdkMissing, slixmppMissing } from './programs.ts'
import { Theatre } from './stories.ts'

const PASSWORD = 'sesame open'
const [EVE, FAY] = [`@eve:${DOMAIN}`, `@fay:${DOMAIN}`]
const SHOWN = 'Encrypted Matrix message; this client cannot read it'

test('matrix-js-sdk with its encryption, beside slixmpp', { skip: jsSdkMissing() || slixmppMissing() }, async (t) => {
  const theatre = await Theatre.open(t, { matrix: { enabled: true } })
  const { server } = theatre
  for (const name of ['eve', 'fay']) await server.addUser(`${name}@${DOMAIN}`, PASSWORD)
  // Its port is another one after a restart, and the client does not look for it anew
  const line = await Line.open(t, () => server.httpPort)
  const come = async (name: string): Promise<JsUser> => {
    const user = new JsUser(`http://127.0.0.1:${line.port}`, name, PASSWORD)
    t.after(() => user.kill())
    return user.ready(true)
  }
  /** Until the client reads exactly these of the encrypted messages in the room. */
  const reads = (user: JsUser, room: string, ...texts: readonly (string | null)[]): Promise<void> =>
    until(
      `to read ${texts.join()}`,
      async () => JSON.stringify(await user.order('read', { room })) === JSON.stringify(texts),
      pause,
      3 * PATIENCE_MS,
    )
  const hasRoom = (user: JsUser, room: string): Promise<void> => {
    const about = (): Promise<boolean> =>
      user.order('about', { room }).then(
        () => true,
        () => false,
      )
    return until(`to have ${room}`, about, pause, 3 * PATIENCE_MS)
  }
  const knows = (user: JsUser, of: string, devices: number): Promise<void> =>
    until(
      `to know ${devices} devices of ${of}`,
      async () => (await user.order<readonly unknown[]>('devices', { of })).length === devices,
      pause,
      3 * PATIENCE_MS,
    )
  const [eve, fay] = [await come('eve'), await come('fay')]
  await knows(eve, FAY, 1)
  const room = await eve.order<string>('createEncrypted', { invite: [FAY] })
  await until('the invitation', () => fay.order('join', { alias: room }).then(() => true), pause)
  await knows(fay, EVE, 1)

  await t.test('two read each other', async () => {
    await eve.order('say', { room, text: 'one' })
    await reads(fay, room, 'one')
    await fay.order('say', { room, text: 'two' })
    await reads(eve, room, 'one', 'two')
  })
  for (const end of ['restart', 'kill'] as const)
    await t.test(`over a server that is ${end === 'kill' ? 'killed' : 'restarted'}`, async () => {
      for (const one of [eve, fay]) one.forget()
      if (end === 'restart') await server.restart()
      else {
        await server.kill()
        await server.start()
      }
      line.cut()
      for (const one of [eve, fay]) await one.sees('to be in sync again', ({ state }) => state === 'SYNCING')
      const before = await eve.order<readonly string[]>('read', { room })
      await eve.order('say', { room, text: `after the ${end}` })
      await fay.sees('what is said then', ({ body }) => body === `after the ${end}`)
      await reads(fay, room, ...before, `after the ${end}`)
    })
  await t.test('from a backup a new device reads what was said before it came', async () => {
    const key = await eve.order<string>('secure')
    const before = await eve.order<readonly string[]>('read', { room })
    // One key of each of the two who have spoken
    await until('the backup', async () => (await eve.order<number>('backedUp')) >= 2, pause, 3 * PATIENCE_MS)
    const desk = await come('eve')
    await hasRoom(desk, room)
    assert((await desk.order<number>('restore', { key })) >= 2)
    await reads(desk, room, ...before)
    const { device } = await desk.order<Login>('whoami')
    const isSigned = async (by: JsUser): Promise<boolean> =>
      (await by.order<readonly (readonly [string, boolean])[]>('devices', { of: EVE })).some(([id, is]) => id === device && is)
    await until('the new device to be signed', () => isSigned(fay), pause, 3 * PATIENCE_MS)
    await fay.order('say', { room, text: 'for both' })
    for (const one of [eve, desk]) await reads(one, room, ...before, 'for both')
    await desk.order('logout')
    await desk.kill()
    await knows(fay, EVE, 1)
  })
  await t.test('in a room with clients of XMPP, these are shown a text in its place', async () => {
    const den = await eve.order<string>('create', { alias: 'den', name: 'The den' })
    const gus = new Guest(await theatre.person(t, slixmppInRooms, 'gus'), `den@conference.${DOMAIN}`, 'Gus')
    await gus.person.logIn()
    await gus.enter('eve')
    await fay.order('join', { alias: `#den:${DOMAIN}` })
    await hasRoom(fay, den)
    await assert.rejects(fay.order('switchOn', { room: den }), /M_FORBIDDEN/)
    await eve.order('switchOn', { room: den })
    await until('the room to be encrypted', () => eve.order<boolean>('isEncrypted', { room: den }), pause, 3 * PATIENCE_MS)
    await eve.order('say', { room: den, text: 'secret' })
    await gus.reads('eve', SHOWN)
    await reads(fay, den, 'secret')
    await gus.say('what was that?')
    await fay.sees('what was not encrypted', ({ body }) => body === 'what was that?')
  })
})
