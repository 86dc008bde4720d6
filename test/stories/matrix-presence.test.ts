/** Matrix clients and XMPP clients of one server see each other's presence: over HTTP, and over a restart. */
import assert from 'node:assert/strict'
import { commandsOf, runCommand } from '../../src/admin/command.ts'
import { explainCommand, type Explanation } from '../../src/admin/explain-commands.ts'
import { sessionCommands } from '../../src/admin/session-commands.ts'
import { matrixOf } from '../../src/matrix/index.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { asking, ASKING, isQuestion, says } from '../support/annotations.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import { matrixIn, type MatrixClient } from '../support/matrix-client.ts'
import { gone, here } from '../support/stanzas.ts'
import { bareOf, Cast, DOMAIN, storyOn, type Setting } from '../support/story.ts'

const story = storyOn('memory')
const MATRIX = { settings: { matrix: { enabled: true } } }
const UNPACED = { settings: { matrix: { 'enabled': true, 'presence-per-minute': 0 } } }
const SECOND = 1000
const ALICE = jid(bareOf('alice'))

const presenceOf = (cast: Cast) => matrixOf(cast.server.host)!.presence
const path = (user: string): string => `/v3/presence/${encodeURIComponent(user)}/status`
/** A Matrix client of that user. */
async function element(cast: Cast, user: string): Promise<MatrixClient> {
  return matrixIn(cast.server)().login(user)
}
/** A request for news of the device that is under way. */
async function polling(cast: Cast, { userId, device }: MatrixClient): Promise<() => void> {
  const user = jid(bareOf(userId.slice(1, userId.indexOf(':'))))
  const over = await presenceOf(cast).asked(user, device, 'online')
  await cast.settle()
  return over
}
/** The address of the one device of Alice that is there. */
function onlyDevice(cast: Cast): string {
  const all = presenceOf(cast).endpointsOf(ALICE)
  assert.equal(all.length, 1)
  return all[0]!.jid.full
}
async function restarted(cast: Cast, options: Setting = MATRIX): Promise<Cast> {
  const next = new Cast(await cast.server.restart(options, SECOND))
  cast.atEnd(() => next.end())
  return next
}

story('S1, S2: users see their own status, and XMPP contacts see it too', MATRIX, async (cast) => {
  await cast.befriend('alice', 'bob')
  const [bob] = await cast.clients('bob/1')
  const alice = await element(cast, 'alice')
  assert.deepEqual(await alice.get(path(alice.userId)), { presence: 'offline' })
  assert.deepEqual(await alice.good('PUT', path(alice.userId), { presence: 'online', status_msg: 'Testing something' }), {})
  await cast.settle()
  const device = onlyDevice(cast)
  await bob.expect(here(device, '<status>Testing something</status>'))
  assert.deepEqual(await alice.get(path(alice.userId)), {
    presence: 'online',
    last_active_ago: 0,
    status_msg: 'Testing something',
    currently_active: true,
  })
  cast.pass(10 * SECOND)
  assert.equal((await alice.get(path(alice.userId))).last_active_ago, 10_000, 'S20')
  cast.pass(20 * SECOND + 1)
  await bob.expect(gone(device, '<status>Testing something</status>'))
  assert.equal((await alice.get(path(alice.userId))).presence, 'offline')
})

story('S21, S14: what is wrong with a request is said; of strangers nothing is learnt', UNPACED, async (cast) => {
  await cast.server.account('alice')
  await cast.server.account('carol')
  const alice = await element(cast, 'alice')
  const mine = path(alice.userId)
  for (const [body, error] of [
    ['[', '400 M_NOT_JSON'],
    [[], '400 M_BAD_JSON'],
    [{}, '400 M_BAD_JSON'],
    [{ presence: 'here' }, '400 M_BAD_JSON'],
    [{ presence: 'busy' }, '400 M_BAD_JSON'],
    [{ presence: 'online', status_msg: 5 }, '400 M_BAD_JSON'],
    [{ presence: 'online', status_msg: '\u0001' }, '400 M_BAD_JSON'],
    [{ presence: 'online', status_msg: 'é'.repeat(257) }, '400 M_TOO_LARGE'],
  ] as const)
    assert.equal(await alice.refused('PUT', mine, body), error, JSON.stringify(body))
  await alice.good('PUT', mine, { presence: 'online', status_msg: null, more: 1 })
  const carol = alice.userId.replace('alice', 'carol')
  assert.equal(await alice.refused('PUT', path(carol), { presence: 'online' }), '403 M_FORBIDDEN')
  assert.equal(await alice.refused('GET', path(carol)), '403 M_FORBIDDEN')
  assert.equal(await alice.refused('GET', path(carol.replace('carol', 'nobody'))), '403 M_FORBIDDEN')
  assert.equal(await alice.refused('GET', path('carol')), '400 M_INVALID_PARAM')
})

story('S23: too many changes are refused, and change nothing', MATRIX, async (cast) => {
  await cast.server.account('alice')
  const alice = await element(cast, 'alice')
  for (let i = 0; i < 5; i++) await alice.good('PUT', path(alice.userId), { presence: 'online', status_msg: `${i}` })
  const { status, json, head } = await alice.ask('PUT', path(alice.userId), { presence: 'unavailable' })
  assert.deepEqual([status, json.errcode, json.retry_after_ms], [429, 'M_LIMIT_EXCEEDED', 5000])
  assert.match(head, /retry-after: 5/i)
  assert.equal((await alice.get(path(alice.userId))).status_msg, '4')
  cast.pass(5 * SECOND)
  await alice.good('PUT', path(alice.userId), { presence: 'unavailable' })
})

story('F2: contacts without a room see each other', MATRIX, async (cast) => {
  await cast.befriend('alice', 'bob')
  await cast.clients('bob/1')
  const alice = await element(cast, 'alice')
  const bob = alice.userId.replace('alice', 'bob')
  assert.equal((await alice.get(path(bob))).presence, 'online')
})

story(
  'a restart: a Matrix device that comes back was never away; one that does not is gone after its time',
  MATRIX,
  async (cast) => {
    await cast.befriend('alice', 'bob')
    const [alice, lazy] = [await element(cast, 'alice'), await element(cast, 'alice')]
    await polling(cast, alice)
    await polling(cast, lazy)
    const before = presenceOf(cast).endpointsOf(ALICE)
    assert.equal(before.length, 2)
    const next = await restarted(cast)
    const bob = await asking(next, 'bob/1')
    await next.forget()
    const over = await polling(next, alice)
    await next.advance(29 * SECOND)
    await next.forget()
    const there = presenceOf(next).endpointsOf(ALICE)
    assert.deepEqual(new Set(there.map(({ jid: { full } }) => full)), new Set(before.map(({ jid: { full } }) => full)))
    await next.advance(2 * SECOND)
    const goes = before.find(({ device }) => device === lazy.device)!
    await bob.expect(gone(goes.jid.full))
    over()
    await next.forget()
  },
)

story('a restart: contacts who are shown the doubt about a device are told of its end', MATRIX, async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await element(cast, 'alice')
  await polling(cast, alice)
  const next = await restarted(cast)
  const bob = await asking(next, 'bob/1')
  const device = onlyDevice(next)
  await next.advance(4 * SECOND)
  await next.expectNothing()
  await polling(next, alice)
  await bob.expect(here(device, says(DOMAIN, '')))
})

story('explain and the audit know Matrix devices', MATRIX, async (cast) => {
  await cast.befriend('alice', 'bob')
  const bob = await asking(cast, 'bob/1')
  const alice = await element(cast, 'alice')
  const over = await polling(cast, alice)
  const device = onlyDevice(cast)
  const explained = async (): Promise<Explanation> => {
    const commands = commandsOf(explainCommand(cast.server.host))
    return (await runCommand(commands, 'explain.presence', { watcher: bob.bare, contact: ALICE.bare })) as Explanation
  }
  const live = await explained()
  assert.equal(live.verdict, `${ALICE.bare} is available to ${bob.bare} with 1 resource.`)
  assert.deepEqual(
    live.resources.map(({ jid: who, confidence }) => [who, confidence]),
    [[device, 'live']],
  )
  over()
  await cast.advance(4 * SECOND)
  const paused = await explained()
  assert.equal(paused.resources[0]!.confidence, 'paused')
  const tag = device.slice(device.indexOf('/') + 1)
  assert(
    paused.reasons.some(({ words }) => words.includes(`${tag}: available with priority 0; its client has no request under way`)),
  )
  assert(paused.reasons.some(({ words }) => words.includes(`was shown ${tag} as available, with its connection paused`)))
  const seen = await runCommand(commandsOf(explainCommand(cast.server.host)), 'explain.presence', {
    watcher: ALICE.bare,
    contact: bob.bare,
  })
  assert((seen as Explanation).reasons.some(({ words }) => words === `Its Matrix clients are told that ${bob.bare} is online.`))
  await polling(cast, alice)
  await cast.advance(80 * SECOND)
  await cast.forget()
  const kick = commandsOf(...sessionCommands(cast.server.host, 10))
  assert.deepEqual(await runCommand(kick, 'session.kick', { jid: device, reason: '' }), { jid: device, ended: 1 })
  await cast.settle()
  assert.deepEqual(presenceOf(cast).endpointsOf(ALICE), [])
  await cast.forget()
  for (const what of ['ghosts', 'leaks', 'flaps', 'false_offline'])
    assert.equal(cast.server.host.metrics.counters.find(({ name }) => name === `porchlight_audit_${what}_total`)!.value, 0, what)
})

story('F4: the last one who goes is the last one who was seen', MATRIX, async (cast) => {
  await cast.befriend('alice', 'bob')
  const [bob] = await cast.clients('bob/1')
  const [phone] = await cast.clients('alice/phone')
  const alice = await element(cast, 'alice')
  const over = await polling(cast, alice)
  await cast.forget()
  phone.send(`<presence type='unavailable'><status>first</status></presence>`)
  await bob.expect(gone(phone.jid, '<status>first</status>'))
  await phone.close()
  over()
  await cast.advance(31 * SECOND)
  await cast.forget()
  await cast.advance(60 * SECOND)
  bob.send(`<iq type='get' id='l' to='${phone.bare}'><query xmlns='jabber:iq:last'/></iq>`)
  await bob.expect(
    `<iq type='result' id='l' from='${phone.bare}' to='${bob.jid}'><query xmlns='jabber:iq:last' seconds='60'/></iq>`,
  )
})

story('contacts on other servers are told of the doubt, and of its end after a restart', MATRIX, async (cast) => {
  await cast.rosters(['alice', 'juliet@b.example', 'both'])
  const alice = await element(cast, 'alice')
  const b = new Elsewhere(cast)
  const over = await polling(cast, alice)
  const device = onlyDevice(cast)
  const [juliet, orchard] = ['juliet@b.example', 'juliet@b.example/orchard']
  await b.expect(here(device, '', juliet), `<presence type='probe' from='${ALICE.bare}' to='${juliet}'/>`)
  await b.send(`<presence from='${orchard}' to='${ALICE.bare}'>${ASKING.c}</presence>`)
  await b.expectNothing()
  over()
  await cast.advance(4 * SECOND)
  const [question] = await b.take()
  assert(question !== undefined && isQuestion(question))
  await b.send(`<iq type='result' from='${orchard}' to='${ALICE.bare}' id='${question.attr('id')!}'>${ASKING.query}</iq>`)
  await b.expect(here(device, says(DOMAIN, 'connection-paused'), orchard))
  const next = await restarted(cast)
  const again = new Elsewhere(next)
  again.restore()
  await polling(next, alice)
  await again.expect(here(device, says(DOMAIN, ''), orchard))
})

story('S26: presence is switched off: those who know of somebody are told once that they are offline', MATRIX, async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await element(cast, 'alice')
  const bob = jid(bareOf('bob'))
  const news = async (at: Cast, position: number): Promise<readonly string[]> => {
    const events = await presenceOf(at).since(bob, position, at.server.host.stores.archive.nextStream(), [])
    return events.map(({ sender, content: { presence } }) => `${sender} ${presence}`)
  }
  const { archive } = cast.server.host.stores
  const over = await polling(cast, alice)
  assert.deepEqual(await news(cast, 0), [`${alice.userId} online`])
  const known = archive.nextStream()
  over()
  await cast.advance(SECOND)
  const next = await restarted(cast, { settings: { matrix: { enabled: true, presence: false } } })
  await polling(next, alice)
  assert.deepEqual(await news(next, known), [`${alice.userId} offline`])
  assert.deepEqual(await news(next, next.server.host.stores.archive.nextStream()), [])
  const again = matrixIn(next.server)()
  Object.assign(again, { token: alice.token })
  assert.deepEqual(await again.get(path(alice.userId)), { presence: 'offline' })
})

/** What a contact of Alice with a Matrix client is told of her at first. */
async function toldOf(cast: Cast): Promise<string> {
  const all = await presenceOf(cast).since(jid(bareOf('bob')), null, Number.MAX_SAFE_INTEGER, [])
  return all.map(({ content: { presence } }) => presence).join()
}
async function crashed(cast: Cast, options: Setting): Promise<Cast> {
  await cast.server.server.checkpoints.write()
  const next = new Cast(await cast.server.crash(options))
  cast.atEnd(() => next.end())
  return next
}

story('a crash: contacts see a device as before, until it is there again or gone', MATRIX, async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await element(cast, 'alice')
  await polling(cast, alice)
  const device = onlyDevice(cast)
  await cast.advance(10 * SECOND)
  const next = await crashed(cast, MATRIX)
  const bob = await next.client('bob', '1', { presence: null })
  bob.send('<presence/>')
  await bob.expectAll(here(bob.jid), here(device))
  assert.equal(await toldOf(next), 'online,online', 'with bob')
  await next.advance(31 * SECOND)
  await bob.expect(gone(device))
  assert.equal(await toldOf(next), 'online')
})

const FORGETFUL = { ...MATRIX, limits: { 'session-checkpoint': 0 } }
story('a crash without memory of devices: what was told of a user holds for a while', FORGETFUL, async (cast) => {
  await cast.befriend('alice', 'bob')
  const alice = await element(cast, 'alice')
  await polling(cast, alice)
  await cast.advance(10 * SECOND)
  const next = await crashed(cast, FORGETFUL)
  assert.deepEqual([presenceOf(next).endpointsOf(ALICE), await toldOf(next)], [[], 'online'])
  await next.advance(61 * SECOND)
  assert.equal(await toldOf(next), '')
})
