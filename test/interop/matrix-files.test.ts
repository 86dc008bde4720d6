/** T-MX18: pictures between matrix-js-sdk and slixmpp, both unmodified. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DOMAIN } from '../support/server-process.ts'
import { Guest } from './in-a-room.ts'
import { slixmppInRooms } from './makes.ts'
import { JsUser } from './matrix-js/user.ts'
import { jsSdkMissing, slixmppMissing } from './programs.ts'
import { Theatre } from './stories.ts'

const PASSWORD = 'sesame open'
const ROOM = `den@conference.${DOMAIN}`
const EVE = `@eve:${DOMAIN}`
/** One white pixel. */
const PICTURE =
  '89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082'

test(
  'matrix-js-sdk and slixmpp: a picture of each is seen by the other',
  { skip: jsSdkMissing() || slixmppMissing() },
  async (t) => {
    const theatre = await Theatre.open(t, { matrix: { enabled: true } })
    const { server } = theatre
    await server.addUser(`eve@${DOMAIN}`, PASSWORD)
    const eve = new JsUser(`http://127.0.0.1:${server.httpPort}`, 'eve', PASSWORD)
    t.after(() => eve.kill())
    await eve.ready()
    const room = await eve.order<string>('create', { alias: 'den', name: 'The den' })
    const gus = new Guest(await theatre.person(t, slixmppInRooms, 'gus'), ROOM, 'Gus')
    await gus.person.logIn()
    await gus.enter('eve')
    const GUS = `@${gus.person.jid.replace('@', ':')}`

    await t.test('of matrix-js-sdk, got by its URL without a login', async () => {
      const url = await eve.order<string>('upload', { hex: PICTURE, name: 'sea.png', type: 'image/png' })
      assert.equal(await eve.order('fetch', { url }), PICTURE)
      assert.equal(await eve.order('fetch', { url, width: 96 }), PICTURE)
      await eve.order('picture', { room, url, name: 'sea.png' })
      const { body } = await gus.person.next('message', ROOM)
      assert.match(body, /^https:\/\/.*\/sea\.png$/)
      assert.equal(await gus.person.order({ do: 'fetch', url: body }), PICTURE)
    })
    await t.test('of slixmpp, as an image event', async () => {
      await gus.person.order({ do: 'share', room: ROOM, name: 'tea.png', hex: PICTURE })
      await eve.sees('a picture', ({ from, kind }) => from === GUS && kind === 'm.image')
      const { body, url } = eve.shown.find(({ from, kind }) => from === GUS && kind === 'm.image')!
      assert.equal(body, 'tea.png')
      assert.equal(await eve.order('fetch', { url }), PICTURE)
    })
    await t.test('of the user', async () => {
      const url = await eve.order<string>('upload', { hex: PICTURE, name: 'me.png', type: 'image/png' })
      await eve.order('portrait', { url })
      const { avatar_url: shown } = await eve.order<{ avatar_url: string }>('profile', { of: EVE })
      assert.equal(await eve.order('fetch', { url: shown }), PICTURE)
    })
  },
)
