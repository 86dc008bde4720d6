import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminCommand, takeOrders } from '../../../test/support/administration.ts'
import { memoryServer, type Client } from '../../../test/support/memory-server.ts'
import { until } from '../../../test/support/until.ts'
import type { Element } from '../../xml/element.ts'
import { adHocCommands, COMMANDS } from '../0050-ad-hoc-commands/index.ts'
import { serviceDiscovery } from '../0030-service-discovery/index.ts'
import { newAccountsOf, registration } from '../0077-registration/index.ts'
import { serviceAdministration } from './index.ts'

const ADMIN = 'http://jabber.org/protocol/admin'
const FORMS = 'jabber:x:data'
type Fields = Readonly<Record<string, string | readonly string[]>>

async function scene() {
  const server = await memoryServer({
    features: [serviceDiscovery, adHocCommands, registration, serviceAdministration],
    domains: ['example.net', 'example.org'],
    settings: {
      'service-administration': { admins: ['Boss@example.net'], viewers: ['guard@example.net'] },
      'registration': { open: true },
    },
  })
  const inactive = new Set<string>()
  const audit = takeOrders(server.server, { isInactive: ({ jid }) => inactive.has(jid.full) })
  const [boss, guard] = [await server.bind('boss@example.net', 'desk'), await server.bind('guard@example.net', 'gate')]
  return { server, audit, boss, guard, inactive }
}
let n = 0
/** Keys are made of passwords in threads, so the answer may take a while. */
async function ask(client: Client, node: string, fields: Fields | null = null, to = 'example.net'): Promise<Element> {
  const id = `a${++n}`
  await client.send(`<iq type='set' id='${id}' to='${to}'>${adminCommand(node, fields)}</iq>`)
  let answer: Element | undefined
  await until(`an answer to ${node}`, () => (answer ??= client.sent().find((e) => e.attr('id') === id)) !== undefined)
  return answer!
}

/** The values of the fields of the result. */
function resultOf(answer: Element): Readonly<Record<string, readonly string[]>> {
  const command = answer.child('command', COMMANDS)!
  assert.equal(command.attr('status'), 'completed')
  const form = command.child('x', FORMS)
  const fields = form?.elements.filter((e) => e.name === 'field' && e.attr('var') !== 'FORM_TYPE') ?? []
  return Object.fromEntries(fields.map((e) => [e.attr('var')!, e.elements.map((value) => value.text)]))
}
const errorOf = (answer: Element): string => {
  const error = answer.child('error')!
  return `${error.elements[0]!.name} ${error.attr('type')}`
}
async function nodesOf(client: Client): Promise<readonly string[]> {
  const query = `<query xmlns='http://jabber.org/protocol/disco#items' node='${COMMANDS}'/>`
  const answer = await client.ask(`<iq type='get' id='a${++n}' to='example.net'>${query}</iq>`)
  return answer.elements[0]!.elements.map((e) => e.attr('node')!).filter((node) => node.startsWith(ADMIN))
}

test('ADM-1, ADM-2: an administrator sees every command, a viewer those that change nothing, others none', async () => {
  const { server, boss, guard } = await scene()
  const user = await server.bind('romeo@example.net', 'orchard')
  const all = (await nodesOf(boss)).map((node) => node.slice(ADMIN.length + 1)).sort()
  assert.deepEqual(all, [
    'add-user',
    'announce',
    'change-user-password',
    'delete-user',
    'disable-user',
    'edit-blacklist',
    'edit-whitelist',
    'end-user-session',
    'get-active-users-list',
    'get-active-users-num',
    'get-disabled-users-list',
    'get-disabled-users-num',
    'get-idle-users-list',
    'get-idle-users-num',
    'get-online-users-list',
    'get-online-users-num',
    'get-registered-users-list',
    'get-registered-users-num',
    'get-user-lastlogin',
    'get-user-roster',
    'reenable-user',
    'restart',
    'shutdown',
    'user-stats',
  ])
  const seen = await nodesOf(guard)
  assert.ok(seen.includes(`${ADMIN}#user-stats`) && !seen.includes(`${ADMIN}#add-user`), seen.join())
  assert.deepEqual(await nodesOf(user), [])
  const info = `<query xmlns='http://jabber.org/protocol/disco#info' node='${ADMIN}#add-user'/>`
  assert.equal(errorOf(await user.ask(`<iq type='get' id='i' to='example.net'>${info}</iq>`)), 'item-not-found cancel')
  assert.equal((await boss.ask(`<iq type='get' id='i' to='example.net'>${info}</iq>`)).attr('type'), 'result')
})

test('ADM-2: forbidden, conflict, item-not-found, not-allowed, not-acceptable, and what is not built', async () => {
  const { server, audit, boss, guard } = await scene()
  const user = await server.bind('romeo@example.net', 'orchard')
  const account = { 'accountjid': 'juliet@example.net', 'password': 'sesame', 'password-verify': 'sesame' }
  for (const client of [user, guard]) assert.equal(errorOf(await ask(client, 'add-user', account)), 'forbidden auth')
  assert.equal(errorOf(await ask(user, 'set-motd')), 'forbidden auth')
  const refused = (node: string, fields: Fields | null): Promise<string> => ask(boss, node, fields).then(errorOf)
  assert.equal(await refused('add-user', { ...account, accountjid: 'romeo@example.net' }), 'conflict cancel')
  assert.equal(await refused('add-user', { ...account, 'password-verify': 'simsim' }), 'not-acceptable modify')
  assert.equal(await refused('add-user', { ...account, accountjid: 'juliet@elsewhere.example' }), 'not-acceptable modify')
  assert.equal(await refused('add-user', { accountjid: 'juliet@example.net' }), 'bad-request modify')
  assert.equal(await refused('user-stats', { accountjid: 'nobody@example.net' }), 'item-not-found cancel')
  assert.equal(await refused('end-user-session', { accountjids: 'nobody@example.net' }), 'item-not-found cancel')
  assert.equal(await refused('delete-user', { accountjids: 'boss@example.net' }), 'not-allowed cancel')
  assert.equal(await refused('delete-user', {}), 'bad-request modify')
  assert.equal(await refused('get-registered-users-list', { max_items: '7' }), 'not-acceptable modify')
  for (const node of ['set-motd', 'edit-admin', 'get-user-password'])
    assert.equal(await refused(node, null), 'feature-not-implemented cancel')
  assert.equal(await refused('make-coffee', null), 'item-not-found cancel')
  const all = { accountjids: ['romeo@example.net', 'nobody@example.net'] }
  assert.equal(await refused('delete-user', all), 'item-not-found cancel')
  assert.equal(await server.stores.accounts.exists('romeo@example.net'), true, 'none is deleted if one is unknown')
  assert.ok(
    audit.every(({ by }) => by === 'boss@example.net'),
    'nothing of others comes so far',
  )
})

test('ADM-1: accounts are made, disabled, enabled and deleted; sessions end', async () => {
  const { server, boss } = await scene()
  const form = (await ask(boss, 'add-user')).child('command', COMMANDS)!
  assert.equal(form.attr('status'), 'executing')
  assert.deepEqual(
    form.child('x', FORMS)!.elements.map((e) => e.attr('var') ?? e.name),
    ['title', 'FORM_TYPE', 'accountjid', 'password', 'password-verify'],
  )
  resultOf(await ask(boss, 'add-user', { 'accountjid': 'Juliet@example.org', 'password': 'sesame', 'password-verify': 'sesame' }))
  const juliet = await server.bind('juliet@example.org', 'balcony')
  resultOf(await ask(boss, 'end-user-session', { accountjids: 'Juliet@example.org/balcony' }))
  assert.equal(juliet.ending?.name, 'kicked')
  const again = await server.bind('juliet@example.org', 'balcony')
  resultOf(await ask(boss, 'disable-user', { accountjids: 'juliet@example.org' }))
  assert.equal(again.ending?.name, 'account-disabled')
  assert.deepEqual(resultOf(await ask(boss, 'get-disabled-users-num', null, 'example.org')), { disabledusersnum: ['1'] })
  assert.deepEqual(resultOf(await ask(boss, 'get-disabled-users-list', {}, 'example.org')), {
    disableduserjids: ['juliet@example.org'],
    disabledusersnum: ['1'],
  })
  resultOf(await ask(boss, 'reenable-user', { accountjids: 'juliet@example.org' }))
  assert.equal((await server.stores.accounts.find('juliet@example.org'))?.disabled, null)
  const before = await server.stores.accounts.credentials('juliet@example.org')
  resultOf(await ask(boss, 'change-user-password', { accountjid: 'juliet@example.org', password: 'simsim' }))
  assert.notDeepEqual(await server.stores.accounts.credentials('juliet@example.org'), before)
  resultOf(await ask(boss, 'delete-user', { accountjids: ['juliet@example.org'] }))
  assert.equal(await server.stores.accounts.exists('juliet@example.org'), false)
})

test('ADM-1: roster, last login and figures of a user', async () => {
  const { server, boss } = await scene()
  await server.contact('romeo@example.net', 'juliet@elsewhere.example', 'both')
  const none = resultOf(await ask(boss, 'get-user-lastlogin', { accountjids: 'romeo@example.net' }))
  assert.deepEqual(none['lastlogin'], ['unknown'])
  await server.bind('romeo@example.net', 'orchard')
  const answer = await ask(boss, 'get-user-roster', { accountjids: 'romeo@example.net' })
  const [item] = answer.child('command', COMMANDS)!.child('x', FORMS)!.child('query', 'jabber:iq:roster')!.elements
  assert.deepEqual([item?.attr('jid'), item?.attr('subscription')], ['juliet@elsewhere.example', 'both'])
  const at = resultOf(await ask(boss, 'get-user-lastlogin', { accountjids: 'romeo@example.net' }))['lastlogin']
  assert.match(at![0]!, /^\d{4}-\d\d-\d\dT/)
  const stats = resultOf(await ask(boss, 'user-stats', { accountjid: 'romeo@example.net' }))
  assert.deepEqual(stats['ipaddresses'], ['192.0.2.1'])
  assert.deepEqual([stats['rostersize'], stats['onlineresources'], stats['sessionstates']], [['1'], ['orchard'], ['active']])
})

test('ADM-3: active, idle, and what is only believed; each of its own domain', async () => {
  const { server, boss, guard, inactive } = await scene()
  const [romeo, juliet] = [await server.bind('romeo@example.net', '1'), await server.bind('juliet@example.net', '1')]
  await server.bind('paris@example.org', '1')
  inactive.add(guard.jid.full)
  juliet.session.disconnect()
  const figures = async (): Promise<object> => resultOf(await ask(boss, 'get-online-users-num'))
  assert.deepEqual(await figures(), { onlineusersnum: ['4'], activeusersnum: ['2'], idleusersnum: ['1'], pausedusersnum: ['1'] })
  const listed = async (node: string): Promise<unknown> => Object.values(resultOf(await ask(boss, node, {})))[0]
  assert.deepEqual(await listed('get-active-users-list'), ['boss@example.net', 'romeo@example.net'])
  await server.advance(600_000)
  await romeo.send(`<iq type='result' id='ping'/>`) // an answer is nothing that its user has done
  assert.deepEqual(await listed('get-active-users'), ['boss@example.net'])
  assert.deepEqual(await listed('get-idle-users-list'), ['guard@example.net', 'romeo@example.net'])
  await romeo.send('<presence/>')
  assert.deepEqual(await listed('get-active-users-list'), ['boss@example.net', 'romeo@example.net'])
  assert.deepEqual(resultOf(await ask(boss, 'get-registered-users-num', null, 'example.org')), { registeredusersnum: ['1'] })
  const first = resultOf(await ask(boss, 'get-registered-users-list', { max_items: 'none' }))
  assert.deepEqual(first['registeredusersnum'], ['4'])
  assert.equal(first['registereduserjids']?.length, 4)
})

test('ADM-3: each run is recorded: who, what, whom; and no password', async () => {
  const { audit, boss } = await scene()
  await ask(boss, 'add-user', { accountjid: 'juliet@example.net', password: 'sesame' })
  await ask(boss, 'user-stats', { accountjid: 'juliet@example.net' })
  const words = { way: 'client', by: 'boss@example.net', jid: 'juliet@example.net' }
  assert.deepEqual(audit, [
    { order: 'user.add', ...words },
    { order: 'user.show', ...words },
  ])
})

test('ADM-1: an announcement reaches the available users of the domain, once each', async () => {
  const { server, boss, guard } = await scene()
  const [romeo, paris] = [await server.bind('romeo@example.net', '1'), await server.bind('paris@example.org', '1')]
  for (const client of [romeo, paris]) await client.send('<presence/>')
  for (const client of [romeo, paris, guard]) client.sent()
  resultOf(await ask(boss, 'announce', { announcement: ['Down at noon', 'for a minute'] }))
  const [message, ...rest] = romeo.sent()
  assert.deepEqual(
    [message?.attr('from'), message?.attr('type'), message?.child('body')?.text, rest.length],
    ['example.net', 'headline', 'Down at noon\nfor a minute', 0],
  )
  assert.deepEqual([paris.sent(), guard.sent()], [[], []], 'of another domain, and not available')
  assert.equal(errorOf(await ask(boss, 'announce', { announcement: '' })), 'bad-request modify')
})

test('ADM-1: lists of domains are shown and come back as a whole', async () => {
  const { server, boss } = await scene()
  const edited = async (...domains: string[]) =>
    resultOf(await ask(boss, 'edit-blacklist', { blacklistjids: domains }))['blacklistjids']
  assert.deepEqual(await edited('Bad.example', '*.worse.example'), ['*.worse.example', 'bad.example'])
  const { domainLists } = server.server
  for (const [domain, barred] of [
    ['bad.example', true],
    ['a.bad.example', false],
    ['a.b.worse.example', true],
    ['worse.example', false],
  ] as const)
    assert.equal(domainLists.bars(domain), barred, domain)
  const form = (await ask(boss, 'edit-blacklist')).child('command', COMMANDS)!.child('x', FORMS)!
  assert.deepEqual(
    form.elements.find((e) => e.attr('var') === 'blacklistjids')!.elements.map((value) => value.text),
    ['*.worse.example', 'bad.example'],
  )
  assert.deepEqual(await edited(), [])
  assert.equal(errorOf(await ask(boss, 'edit-blacklist', { blacklistjids: 'somebody@bad.example' })), 'not-acceptable modify')
  assert.equal(errorOf(await ask(boss, 'edit-blacklist', { blacklistjids: 'example.org' })), 'not-acceptable modify')
  assert.equal(errorOf(await ask(boss, 'edit-blacklist', {})), 'bad-request modify')
  resultOf(await ask(boss, 'edit-whitelist', { whitelistjids: 'good.example' }))
  assert.deepEqual([domainLists.bars('good.example'), domainLists.bars('other.example')], [false, true])
})

test('nobody registers the name of an administrator', async () => {
  const { server } = await scene()
  const wanted = { username: 'Boss', password: 'long enough', domain: 'example.net', address: '192.0.2.7' }
  await server.host.registrar.delete((await server.host.accounts.load('boss@example.net'))!.bare)
  await assert.rejects(newAccountsOf(server.host).create(wanted, null), { condition: 'conflict' })
})

test('4.23: an announcement may begin with an empty line', async () => {
  const { boss } = await scene()
  const answer = await ask(boss, 'announce', { announcement: ['', 'Hello'] })
  assert.equal(answer.attr('type'), 'result')
  assert.equal(errorOf(await ask(boss, 'announce', { announcement: ['', ' '] })), 'bad-request modify')
})
test('4.2: an account that is named twice is deleted once, without an error', async () => {
  const { server, boss } = await scene()
  await server.account('romeo@example.net')
  const answer = await ask(boss, 'delete-user', { accountjids: ['romeo@example.net', 'Romeo@example.net'] })
  assert.equal(answer.attr('type'), 'result')
  assert.equal(await server.stores.accounts.exists('romeo@example.net'), false)
})

test('XEP-0050 4.4: a cancelled deletion was carried out, and so was one in the session of another command', async () => {
  const { server, boss } = await scene()
  await server.bind('romeo@example.net', 'orchard')
  const order = (node: string, change: string, fields: Fields | null = null): Promise<Element> =>
    boss.ask(
      `<iq type='set' id='a${++n}' to='example.net'>${adminCommand(node, fields).replace('<command ', `<command ${change} `)}</iq>`,
    )
  const opened = async (node: string): Promise<string> =>
    `sessionid='${(await order(node, '')).child('command', COMMANDS)!.attr('sessionid')}'`
  const romeo = { accountjids: 'romeo@example.net' }
  const [cancelled, other] = [await opened('delete-user'), await opened('disable-user')]
  assert.equal(
    (await order('delete-user', `${cancelled} action='cancel'`)).child('command', COMMANDS)!.attr('status'),
    'canceled',
  )
  for (const id of [cancelled, other, "sessionid='s'", "sessionid=''"]) {
    const answer = await order('delete-user', id, romeo)
    assert.equal(errorOf(answer), 'bad-request modify')
    assert(answer.child('error')!.child('bad-sessionid', COMMANDS))
  }
  const deleting = await opened('delete-user')
  assert.deepEqual(resultOf(await order('delete-user', deleting, romeo)), {})
  assert.equal(errorOf(await order('delete-user', deleting, romeo)), 'bad-request modify')
})
