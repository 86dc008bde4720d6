/** matrix-js-sdk, unmodified, in conversations of two with clients of XMPP: on the same server, and on another one. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { DOMAIN } from '../support/server-process.ts'
import { until } from '../support/until.ts'
import { Line } from './line.ts'
import { slixmpp, xmppJs } from './makes.ts'
import { JsUser, pause, type Login } from './matrix-js/user.ts'
import { jsSdkMissing, slixmppMissing } from './programs.ts'
import { prosody } from './servers/prosody.ts'
import { openTwoServers, OURS } from './servers/two-servers.ts'
import { Theatre } from './stories.ts'

const PASSWORD = 'sesame open'

/** @returns somebody at matrix-js-sdk, for the time of `t` */
const coming =
  (t: TestContext, line: Line) =>
  async (name: string, login: Login | null = null): Promise<JsUser> => {
    const user = new JsUser(`http://127.0.0.1:${line.port}`, name, PASSWORD, login)
    t.after(() => user.kill())
    return user.ready()
  }
const sees = (user: JsUser, text: string): Promise<void> => user.sees(text, ({ body }) => body === text)

test(
  'matrix-js-sdk and slixmpp: each begins a conversation, and it goes on after a restart',
  { skip: jsSdkMissing() || slixmppMissing() },
  async (t) => {
    const theatre = await Theatre.open(t, { matrix: { enabled: true } })
    const { server } = theatre
    for (const name of ['eve', 'fay']) await server.addUser(`${name}@${DOMAIN}`, PASSWORD)
    const line = await Line.open(t, () => server.httpPort)
    const come = coming(t, line)
    const gus = await theatre.person(t, slixmpp, 'gus')
    await gus.logIn()
    const GUS = `@${gus.jid.replace('@', ':')}`
    const [eve, fay] = [await come('eve'), await come('fay')]
    const EVE = `eve@${DOMAIN}`

    let room = ''
    await t.test('the Matrix client begins, and is granted what it asks', async () => {
      room = await eve.order<string>('talk', { with: GUS })
      await gus.seesRequest(EVE)
      await eve.order('say', { room, text: 'good morrow' })
      await gus.reads(EVE, 'good morrow')
      await gus.approve(EVE)
      await gus.say(EVE, 'is the day so young')
      await sees(eve, 'is the day so young')
      await until('gus to be a member', async () => (await eve.order('member', { room, of: GUS })) === 'join', pause)
      assert.deepEqual(await eve.order('direct'), { [GUS]: [room] })
      assert.equal(await eve.order('talk', { with: GUS }), room)
    })
    await t.test('the XMPP client begins: it is an invitation, which names who invites', async () => {
      await gus.say(`fay@${DOMAIN}`, 'we have met')
      await until('the invitation', async () => (await fay.order<readonly unknown[]>('invited')).length === 1, pause)
      const [[id, by]] = await fay.order<[[string, string]]>('invited')
      assert.equal(by, GUS)
      await fay.order('join', { alias: id })
      await sees(fay, 'we have met')
      await fay.order('say', { room: id, text: 'so we have' })
      await gus.reads(`fay@${DOMAIN}`, 'so we have')
    })
    await t.test('after a restart of the server both go on, and the past is there', async () => {
      await server.restart()
      await gus.isCutOff()
      line.cut()
      eve.forget()
      await eve.sees('to be in sync again', ({ state }) => state === 'SYNCING')
      await gus.logIn()
      await gus.say(EVE, 'here again')
      await sees(eve, 'here again')
      await eve.order('say', { room, text: 'and I' })
      await gus.reads(EVE, 'and I')
      const all = ['good morrow', 'is the day so young', 'here again', 'and I']
      assert.deepEqual(await eve.order('past', { room }), all)
    })
    await t.test('what was said while the client was gone, it is told with its old token', async () => {
      const login = await eve.order<Login>('whoami')
      await eve.kill()
      await gus.say(EVE, 'art thou gone so')
      await gus.settle()
      const again = await come('eve', login)
      await until(
        'what was missed',
        async () => (await again.order<readonly string[]>('past', { room })).at(-1) === 'art thou gone so',
        pause,
      )
    })
  },
)

test(
  'matrix-js-sdk and somebody on a Prosody: a conversation that is begun by name, granted, and spoken both ways',
  { skip: jsSdkMissing() || prosody.missing },
  async (t) => {
    const two = await openTwoServers(t, prosody, 'certificates', {}, { matrix: { enabled: true } })
    const { ours, theirs } = two
    await ours.addUser(`romeo@${OURS}`, PASSWORD)
    const line = await Line.open(t, () => ours.httpPort)
    const romeo = await coming(t, line)('romeo')
    const juliet = await xmppJs.come(theirs, await theirs.account('juliet'))
    t.after(() => juliet.close())
    await juliet.logIn()
    const ROMEO = `romeo@${OURS}`
    const JULIET = `@_xmpp_${juliet.jid.replace('@', '=40')}:${OURS}`
    const room = await romeo.order<string>('talk', { with: JULIET })
    await juliet.seesRequest(ROMEO)
    assert.equal(await romeo.order('member', { room, of: JULIET }), 'invite')
    await juliet.approve(ROMEO)
    await until('juliet to be a member', async () => (await romeo.order('member', { room, of: JULIET })) === 'join', pause)
    await romeo.order('say', { room, text: 'good night' })
    await juliet.reads(ROMEO, 'good night')
    await juliet.say(ROMEO, 'a thousand times')
    await sees(romeo, 'a thousand times')
    assert.equal(await romeo.order('talk', { with: JULIET }), room)
    assert.deepEqual(await romeo.order('past', { room }), ['good night', 'a thousand times'])
  },
)
