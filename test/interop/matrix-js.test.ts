/** matrix-js-sdk, unmodified and without encryption, beside a client of XMPP in one room. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { DOMAIN } from '../support/server-process.ts'
import { until } from '../support/until.ts'
import { Guest } from './in-a-room.ts'
import { Line } from './line.ts'
import { slixmppInRooms } from './makes.ts'
import { JsUser, pause, type Login } from './matrix-js/user.ts'
import { jsSdkMissing, slixmppMissing } from './programs.ts'
import { Theatre } from './stories.ts'

const PASSWORD = 'sesame open'
const ROOM = `den@conference.${DOMAIN}`
const EVE = `@eve:${DOMAIN}`

/** @returns somebody at matrix-js-sdk, for the time of `t` */
function coming(t: TestContext, line: Line) {
  return async (name: string, login: Login | null = null): Promise<JsUser> => {
    const user = new JsUser(`http://127.0.0.1:${line.port}`, name, PASSWORD, login)
    t.after(() => user.kill())
    return user.ready()
  }
}

test(
  'matrix-js-sdk and slixmpp: talk, presence, and both go on after client and server were killed',
  { skip: jsSdkMissing() || slixmppMissing() },
  async (t) => {
    const theatre = await Theatre.open(t, { matrix: { enabled: true } })
    const { server } = theatre
    for (const name of ['eve', 'fay']) await server.addUser(`${name}@${DOMAIN}`, PASSWORD)
    // Its port is another one after a restart, and the client does not look for it anew
    const line = await Line.open(t, () => server.httpPort)
    const come = coming(t, line)
    const eve = await come('eve')
    const room = await eve.order<string>('create', { alias: 'den', name: 'The den' })
    const gus = new Guest(await theatre.person(t, slixmppInRooms, 'gus'), ROOM, 'Gus')
    const GUS = `@${gus.person.jid.replace('@', ':')}`
    await gus.person.logIn()
    await gus.enter('eve')
    await eve.sees('who has come', ({ of, presence }) => of === GUS && presence === 'online')
    assert.deepEqual(await eve.order('about', { room }), { name: 'The den', members: [EVE, GUS].toSorted() })

    await t.test('what one says, the other reads', async () => {
      await eve.order('say', { room, text: 'one' })
      await gus.reads('eve', 'one')
      await gus.say('two')
      await gus.reads('Gus', 'two')
      await eve.sees('an answer', ({ body }) => body === 'two')
    })
    await t.test('each sees the presence of the other', async () => {
      await gus.person.show('away', 'at tea')
      await eve.sees('away', ({ of, presence, text }) => of === GUS && presence === 'unavailable' && text === 'at tea')
      await gus.person.show('online', '')
      eve.forget()
      await eve.order('show', { presence: 'unavailable', text: 'reading' })
      await gus.sees('eve')
      // Its next request for news says nothing of presence, which means online
      await until('the text of eve', async () => (await eve.order<string>('status', { of: EVE })) === 'reading', pause)
    })
    await t.test('a second user joins, and pages back to the beginning', async () => {
      const fay = await come('fay')
      await fay.order('join', { alias: `#den:${DOMAIN}` })
      await fay.sees('the room', ({ body }) => body === 'two')
      assert.deepEqual(await fay.order('past', { room }), ['one', 'two'])
      await fay.order('leave', { room })
      await fay.order('logout')
      await fay.kill()
    })
    await t.test('a client that was killed goes on with its token', async () => {
      const login = await eve.order<Login>('whoami')
      await eve.kill()
      await gus.say('three')
      await gus.reads('Gus', 'three')
      const again = await come('eve', login)
      assert.deepEqual(await again.order('past', { room }), ['one', 'two', 'three'])
      await again.kill()
    })
    for (const end of ['restart', 'kill'] as const)
      await t.test(end === 'kill' ? 'a server that is killed' : 'a server that is restarted', async (t) => {
        const fresh = await coming(t, line)('eve')
        fresh.forget()
        if (end === 'restart') await server.restart()
        else {
          await server.kill()
          await server.start()
        }
        await gus.person.isCutOff()
        line.cut()
        const text = `after the ${end}`
        await fresh.sees('to be in sync again', ({ state }) => state === 'SYNCING')
        await fresh.order('say', { room, text })
        await gus.person.logIn()
        await gus.enter('eve')
        await gus.say(`heard ${text}`)
        await fresh.sees('what is said then', ({ body }) => body === `heard ${text}`)
        assert.deepEqual((await fresh.order<readonly string[]>('past', { room })).slice(-2), [text, `heard ${text}`])
        await fresh.order('logout')
        await fresh.kill()
      })
  },
)
