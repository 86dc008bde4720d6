/** XEP-0133: administrators give orders in their own clients; nobody else can. */
import assert from 'node:assert/strict'
import { adminCommand, takeOrders } from '../support/administration.ts'
import { here } from '../support/stanzas.ts'
import { DOMAIN, PASSWORD, story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { A, B, federation } from '../support/two-servers.ts'
import { refusal } from '../support/xml-pattern.ts'

const COMMANDS = 'http://jabber.org/protocol/commands'
const ITEMS = 'http://jabber.org/protocol/disco#items'
const ADMIN = 'http://jabber.org/protocol/admin'
const LISTED = ['presence-policy', 'strangers', 'search', 'urn:xmpp:invite#invite']

const SETTINGS = { settings: { 'service-administration': { admins: [`boss@${DOMAIN}`] } } }
const account = (user: string): string => `${user}@${DOMAIN}`
const order = (node: string, fields: Parameters<typeof adminCommand>[1], to = DOMAIN): string =>
  `<iq type='set' id='o' to='${to}'>${adminCommand(node, fields)}</iq>`
const done = (node: string, from = DOMAIN): string =>
  `<iq type='result' id='o' from='${from}'><command xmlns='${COMMANDS}' node='${ADMIN}#${node}' sessionid='*' status='completed'>*</command></iq>`

async function nodesOf(client: StoryClient): Promise<readonly string[]> {
  client.send(`<iq type='get' id='n' to='${DOMAIN}'><query xmlns='${ITEMS}' node='${COMMANDS}'/></iq>`)
  const answer = await client.expect(`<iq type='result' id='n' from='${DOMAIN}'><query xmlns='${ITEMS}' node='*'>*</query></iq>`)
  return answer.child('query')!.elements.map((e) => e.attr('node')!)
}

const ends = (client: StoryClient, condition: string, text: string): Promise<unknown> =>
  client.wire.expectStreamError(condition, `<text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>${text}</text>`)

story('T-ADM1, ADM-1: an administrator adds, disables and deletes a user', SETTINGS, async (cast: Cast) => {
  takeOrders(cast.server.server)
  const boss = await cast.client('boss', '1')
  const may = async (user: string): Promise<string> => (await (await cast.secured()).authenticate(user, PASSWORD)).show()
  const fields = { 'accountjid': account('newt'), 'password': PASSWORD, 'password-verify': PASSWORD }
  await boss.ask(order('add-user', fields), done('add-user'))
  assert.match(await may('newt'), /^<success/)
  await boss.ask(order('add-user', fields), refusal('iq', `id='o' from='${DOMAIN}'`, 'cancel', 'conflict'))
  const newt = await cast.client('newt', '1')
  await boss.ask(order('disable-user', { accountjids: account('newt') }), done('disable-user'))
  await ends(newt, 'not-authorized', 'The account is disabled')
  assert.match(await may('newt'), /<account-disabled/)
  await boss.ask(order('reenable-user', { accountjids: account('newt') }), done('reenable-user'))
  assert.match(await may('newt'), /^<success/)
  await boss.ask(order('delete-user', { accountjids: account('newt') }), done('delete-user'))
  assert.match(await may('newt'), /<not-authorized/)
})

story('T-ADM2, ADM-2: others see none of it, and may do nothing', SETTINGS, async (cast) => {
  const audit = takeOrders(cast.server.server)
  const [boss, eve] = [await cast.client('boss', '1'), await cast.client('eve', '1')]
  assert.deepEqual((await nodesOf(eve)).toSorted(), LISTED.toSorted())
  assert.equal((await nodesOf(boss)).length, LISTED.length + 24)
  const forbidden = refusal('iq', `id='o' from='${DOMAIN}'`, 'auth', 'forbidden')
  for (const node of ['add-user', 'delete-user', 'shutdown', 'get-user-password'])
    await eve.ask(order(node, { accountjids: account('boss') }), forbidden)
  assert.deepEqual(audit, [])
})

story('ADM-1: an administrator who ends their own sessions is answered before the stream ends', SETTINGS, async (cast) => {
  takeOrders(cast.server.server)
  const [boss, desk] = [await cast.client('boss', '1'), await cast.client('boss', '2')]
  boss.send(order('end-user-session', { accountjids: account('boss') }))
  await boss.expect(`<presence type='unavailable' from='${desk.jid}'/>`)
  await boss.expect(done('end-user-session'))
  for (const client of [boss, desk]) await ends(client, 'policy-violation', 'Closed by an operator')
  const again = await cast.client('boss', '1')
  again.send(order('end-user-session', { accountjids: `${account('boss')}/1` }))
  await again.expect(done('end-user-session'))
  await ends(again, 'policy-violation', 'Closed by an operator')
})

story('ADM-1: an administrator who changes their own password is answered before the stream ends', SETTINGS, async (cast) => {
  takeOrders(cast.server.server)
  const [boss, desk] = [await cast.client('boss', '1'), await cast.client('boss', '2')]
  boss.send(order('change-user-password', { accountjid: account('boss'), password: 'wherefore art thou' }))
  await boss.expect(`<presence type='unavailable' from='${desk.jid}'/>`)
  await boss.expect(done('change-user-password'))
  for (const client of [boss, desk]) await ends(client, 'reset', 'The password was changed')
  assert.match(await (await (await cast.secured()).authenticate('boss', PASSWORD)).show(), /<not-authorized/)
  assert.match(await (await (await cast.secured()).authenticate('boss', 'wherefore art thou')).show(), /^<success/)
})

const REALM = { a: { settings: { 'service-administration': { admins: ['boss@a.example'] } } } }
const ping = `<iq type='get' id='p' to='${B}'><ping xmlns='urn:xmpp:ping'/></iq>`
const pong = `<iq type='result' id='p' from='${B}'/>`
const away = `<presence><show>away</show></presence>`

federation(
  'T-ADM3: a domain that is blocked is cut off at once, in both directions, until it is unblocked',
  REALM,
  async (realm) => {
    takeOrders(realm.a.story.server, { enforce: () => realm.a.peers.federation.enforce() })
    const [alice, dave] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
    const boss = await realm.client('boss@a.example/1')
    assert.ok(realm.a.streams().length > 0)
    await boss.ask(order('edit-blacklist', { blacklistjids: 'B.example' }, A), done('edit-blacklist', A))
    realm.isTogether = false
    await realm.until('the streams are closed', () => realm.a.streams().length === 0)
    await alice.ask(ping, refusal('iq', `id='p' from='${B}'`, 'cancel', 'not-allowed'))
    dave.send(away)
    await dave.expect(here(dave.jid, '<show>away</show>', dave.bare))
    await realm.pass(10_000, 5000)
    assert.equal(realm.a.streams().length, 0, 'what the other side tries is refused')
    await boss.ask(order('edit-blacklist', { blacklistjids: 'other.example' }, A), done('edit-blacklist', A))
    realm.isTogether = true
    await realm.forget()
    await alice.ask(ping, pong)
    await realm.forget()
  },
)

federation('T-ADM4: with a list of allowed domains, nothing passes from or to others', REALM, async (realm) => {
  takeOrders(realm.a.story.server, { enforce: () => realm.a.peers.federation.enforce() })
  const [alice, boss] = await realm.clients('alice@a.example/1', 'boss@a.example/1')
  const allow = async (...whitelistjids: string[]): Promise<void> =>
    void (await boss.ask(order('edit-whitelist', { whitelistjids }, A), done('edit-whitelist', A)))
  await allow('*.other.example')
  realm.isTogether = false
  await alice.ask(ping, refusal('iq', `id='p' from='${B}'`, 'cancel', 'not-allowed'))
  await allow('*.example')
  await alice.ask(ping, pong)
  realm.isTogether = true
  await realm.forget()
})
