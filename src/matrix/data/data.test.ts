import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { matrixIn, type MatrixClient } from '../../../test/support/matrix-client.ts'
import { storyServer, type StoryServer } from '../../../test/support/story-server.ts'
import { jid } from '../../xmpp/jid.ts'
import { matrixOf } from '../index.ts'

let story: StoryServer

/** A client of an account that nobody else uses. */
async function come(user: string): Promise<MatrixClient> {
  await story.account(user)
  return matrixIn(story)().login(user)
}

before(async () => {
  const matrix = { 'enabled': true, 'logins-per-minute': 0, 'account-data': 10, 'account-data-size': '100 KiB', 'filters': 2 }
  story = await storyServer('memory', { settings: { matrix, 'personal-eventing': {} } })
})
after(async () => {
  assert.deepEqual(story.errors, [])
  await story.close()
})

test('account data is kept for the account and for rooms, and is nobody else’s', async () => {
  const client = await come('iris')
  const own = `/v3/user/${encodeURIComponent('@iris:a.example')}`
  assert.equal(await client.refused('GET', `${own}/account_data/im.test`), '404 M_NOT_FOUND')
  await client.good('PUT', `${own}/account_data/im.test`, { a: 1.5, b: ['ä'] })
  assert.deepEqual(await client.get(`${own}/account_data/im.test`), { a: 1.5, b: ['ä'] })
  await client.good('PUT', `${own}/rooms/!r:a.example/account_data/im.test`, { room: true })
  assert.deepEqual(await client.get(`${own}/rooms/!r:a.example/account_data/im.test`), { room: true })
  await client.good('PUT', `${own}/rooms/!r:a.example/tags/m.favourite`, { order: 0.5 })
  await client.good('PUT', `${own}/rooms/!r:a.example/tags/u.work`)
  await client.good('DELETE', `${own}/rooms/!r:a.example/tags/u.work`)
  assert.deepEqual(await client.get(`${own}/rooms/!r:a.example/tags`), { tags: { 'm.favourite': { order: 0.5 } } })
  for (const [path, code] of [
    [`/v3/user/@other:a.example/account_data/im.test`, '403 M_FORBIDDEN'],
    [`${own}/account_data/m.fully_read`, '405 M_BAD_JSON'],
    [`${own}/account_data/m.push_rules`, '405 M_BAD_JSON'],
    [`${own}/rooms/r/account_data/im.test`, '400 M_INVALID_PARAM'],
    [`${own}/account_data/${'x'.repeat(300)}`, '400 M_INVALID_PARAM'],
  ] as const)
    assert.equal(await client.refused('PUT', path, {}), code, path)
  assert.equal(await client.refused('PUT', `${own}/account_data/im.test`, []), '400 M_BAD_JSON')
})

test('MXR-151: account data is limited in octets and in number; what is there can be replaced', async () => {
  const client = await come('hera')
  const path = (type: string): string => `/v3/user/@hera:a.example/account_data/${type}`
  assert.equal(await client.refused('PUT', path('large'), { x: 'x'.repeat(70_000) }), '413 M_TOO_LARGE')
  await client.good('PUT', path('one'), { x: 'x'.repeat(60_000) })
  assert.equal(await client.refused('PUT', path('two'), { x: 'x'.repeat(60_000) }), '413 M_TOO_LARGE')
  await client.good('PUT', path('one'), { x: 'y'.repeat(60_000) })
  for (let i = 1; i < 10; i++) await client.good('PUT', path(`n${i}`))
  assert.equal(await client.refused('PUT', path('n10')), '413 M_TOO_LARGE')
  await client.good('PUT', path('n9'), { x: 1 })
})

test('account data since a number: what came later, and everything since the beginning', async () => {
  const client = await come('clio')
  const { accountData } = matrixOf(story.host)!
  const user = jid('clio@a.example')
  const types = async (since: number): Promise<string[]> => (await accountData.since(user, since)).map(({ type }) => type)
  assert.deepEqual(await types(0), ['m.push_rules', 'm.ignored_user_list'])
  const before = story.host.stores.archive.nextStream()
  assert.deepEqual(await types(before), [])
  let woken = 0
  const stop = matrixOf(story.host)!.wakes.on('clio@a.example', () => (woken += 1))
  await client.good('PUT', '/v3/user/@clio:a.example/account_data/im.test', { a: 1 })
  stop()
  assert.equal(woken, 1)
  assert.deepEqual(await types(before), ['im.test'])
})

test('MXR-98: the users whom somebody ignores are those who are blocked (XEP-0191)', async () => {
  const client = await come('juno')
  await story.account('romeo')
  const path = '/v3/user/@juno:a.example/account_data/m.ignored_user_list'
  assert.deepEqual(await client.get(path), { ignored_users: {} })
  const wanted = { ignored_users: { '@romeo:a.example': {}, '@_xmpp_paris=40b.example:a.example': {} } }
  await client.good('PUT', path, wanted)
  assert.deepEqual(await client.get(path), wanted)
  const account = (await story.server.accounts.load('juno@a.example'))!
  assert.equal(account.hidden(jid('romeo@a.example')), true)
  await client.good('PUT', path, { ignored_users: { '@romeo:a.example': {} } })
  assert.equal(account.hidden(jid('paris@b.example')), false)
  assert.equal(account.hidden(jid('romeo@a.example')), true)
  assert.equal(await client.refused('PUT', path, { ignored_users: { '@x:elsewhere.example': {} } }), '400 M_INVALID_PARAM')
  assert.equal(await client.refused('PUT', path, { ignored_users: [] }), '400 M_BAD_JSON')
})

test('filters: stored under one id for one content; shapes are checked; the oldest is forgotten', async () => {
  const client = await come('fama')
  const path = '/v3/user/@fama:a.example/filter'
  const put = async (filter: object): Promise<string> => (await client.good('POST', path, filter)).filter_id
  const filter = { room: { timeline: { limit: 8 }, state: { lazy_load_members: true } }, presence: { types: [] } }
  const id = await put(filter)
  assert.equal(await put(filter), id)
  assert.deepEqual(await client.get(`${path}/${id}`), filter)
  assert.deepEqual(await matrixOf(story.host)!.filters.named(jid('fama@a.example'), id), filter)
  for (const wrong of [
    { presence: 'not_an_object' },
    { presence: { types: 'x' } },
    { presence: { types: [0] } },
    { presence: { senders: ['x'] } },
    { room: { timeline: { limit: -1 } } },
    { room: { rooms: ['x'] } },
    { event_format: 'federation' },
  ])
    assert.equal(await client.refused('POST', path, wrong), '400 M_BAD_JSON', JSON.stringify(wrong))
  ;(story.clock as unknown as { advance(ms: number): void }).advance(1)
  await put({ presence: { limit: 1 } })
  await put({ presence: { limit: 2 } })
  assert.equal(await client.refused('GET', `${path}/${id}`), '404 M_NOT_FOUND')
})

test('push rules: the default ones, and rules of the user in front of them', async () => {
  const client = await come('echo')
  const { global } = await client.get('/v3/pushrules/')
  assert.equal(global.override.length + global.underride.length, 15)
  assert.equal(global.override[4].conditions[0].value, '@echo:a.example')
  const at = '/v3/pushrules/global'
  await client.good('PUT', `${at}/content/pun`, { actions: ['notify'], pattern: 'pun' })
  await client.good('PUT', `${at}/content/wit?before=pun`, { actions: [], pattern: 'wit' })
  await client.good('PUT', `${at}/content/jest?after=pun`, { actions: [], pattern: 'jest' })
  await client.good('PUT', `${at}/content/pun/enabled`, { enabled: false })
  await client.good('PUT', `${at}/override/.m.rule.master/enabled`, { enabled: true })
  await client.good('PUT', `${at}/content/pun/actions`, { actions: ['notify', { set_tweak: 'highlight' }] })
  const rules = (await client.get('/v3/pushrules')).global
  assert.deepEqual(
    rules.content.map((rule: { rule_id: string }) => rule.rule_id),
    ['wit', 'pun', 'jest'],
  )
  assert.equal(rules.override[0].enabled, true)
  assert.deepEqual(await client.get(`${at}/content/pun`), {
    rule_id: 'pun',
    default: false,
    enabled: false,
    actions: ['notify', { set_tweak: 'highlight' }],
    pattern: 'pun',
  })
  assert.deepEqual(await client.get(`${at}/content/pun/enabled`), { enabled: false })
  await client.good('DELETE', `${at}/content/pun`)
  assert.equal(await client.refused('GET', `${at}/content/pun`), '404 M_NOT_FOUND')
  for (const [method, path, code] of [
    ['DELETE', `${at}/override/.m.rule.master`, '400 M_INVALID_PARAM'],
    ['PUT', `${at}/none/x`, '400 M_INVALID_PARAM'],
    ['PUT', `${at}/room/.x`, '400 M_INVALID_PARAM'],
    ['PUT', `${at}/content/x`, '400 M_MISSING_PARAM'],
    ['PUT', `${at}/room/x?before=none`, '404 M_NOT_FOUND'],
    ['PUT', `${at}/override/x?after=.m.rule.master`, '400 M_MISSING_PARAM'],
  ] as const)
    assert.equal(await client.refused(method, path, { actions: [] }), code, path)
})

test('the name of a profile is the nickname of XEP-0172, both ways; others see it as its node says', async () => {
  const client = await come('thisbe')
  const path = '/v3/profile/@thisbe:a.example'
  assert.deepEqual(await client.get(path), {})
  const renamed: unknown[] = []
  matrixOf(story.host)!.profiles.watchers.push({ renamed: (user, name) => renamed.push([user.bare, name]) })
  await client.good('PUT', `${path}/displayname`, { displayname: 'Thisbe ♥' })
  assert.deepEqual(await client.get(path), { displayname: 'Thisbe ♥' })
  assert.deepEqual(renamed, [['thisbe@a.example', 'Thisbe ♥']])
  const stranger = await come('wall')
  assert.equal(await stranger.refused('GET', path), '403 M_FORBIDDEN')
  assert.equal(await stranger.refused('GET', '/v3/profile/@nobody:a.example'), '403 M_FORBIDDEN')
  assert.equal(await stranger.refused('PUT', `${path}/displayname`, { displayname: 'x' }), '403 M_FORBIDDEN')
  await story.contact('pyramus', 'thisbe', 'both')
  const friend = await matrixIn(story)().login('pyramus')
  assert.equal(await friend.refused('GET', path), '403 M_FORBIDDEN', 'as long as thisbe has no such contact')
  assert.equal(await client.refused('PUT', `${path}/displayname`, { displayname: 'x'.repeat(300) }), '413 M_TOO_LARGE')
  assert.equal(await client.refused('PUT', `${path}/displayname`, { displayname: 'x\0' }), '400 M_INVALID_PARAM')
  await client.good('PUT', `${path}/displayname`, { displayname: '' })
  assert.deepEqual(await client.get(`${path}/displayname`), {})
  assert.deepEqual(await client.get(`${path}/avatar_url`), {})
})

test('a contact sees the name', async () => {
  await story.contact('helena', 'hermia', 'both')
  await story.contact('hermia', 'helena', 'both')
  const hermia = await matrixIn(story)().login('hermia')
  await hermia.good('PUT', '/v3/profile/@hermia:a.example/displayname', { displayname: 'Hermia' })
  const helena = await matrixIn(story)().login('helena')
  assert.deepEqual(await helena.get('/v3/profile/@hermia:a.example/displayname'), { displayname: 'Hermia' })
})
