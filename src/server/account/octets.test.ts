/** What is counted in items has a size as well: few large things are no way round a limit for many small ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, type Client } from '../../../test/support/memory-server.ts'
import { blocking } from '../../xep/0191-blocking/index.ts'

const ROMEO = 'romeo@example.net'
const NAME = 'n'.repeat(1000)

const conditionOf = (answer: { child(name: string): { readonly elements: readonly { name: string }[] } | undefined }): string =>
  answer.child('error')?.elements[0]?.name ?? 'none'

const groups = (count: number): string => Array.from({ length: count }, (_, i) => `<group>${i}${NAME}</group>`).join('')
const put = async (client: Client, contact: string, content: string): Promise<string> =>
  conditionOf(
    await client.ask(
      `<iq type='set' id='set'><query xmlns='jabber:iq:roster'><item jid='${contact}'>${content}</item></query></iq>`,
    ),
  )

test('a roster is full by octets: few contacts with many long groups', async () => {
  const server = await memoryServer({ limits: { 'roster-size': 30_000 } })
  const romeo = await server.bind(ROMEO, 'orchard')
  assert.equal(await put(romeo, 'a@elsewhere.example', groups(20)), 'none')
  assert.equal(await put(romeo, 'b@elsewhere.example', groups(20)), 'policy-violation')
  assert.equal(romeo.session.account.roster.size, 1)
  assert.equal(await put(romeo, 'a@elsewhere.example', groups(40)), 'policy-violation', 'a larger one in its place')
  assert.equal(await put(romeo, 'a@elsewhere.example', groups(2)), 'none', 'less is always possible')
  assert.equal(await put(romeo, 'b@elsewhere.example', groups(20)), 'none')
})

test('what a roster takes up is known after a change as after reading it', async () => {
  const server = await memoryServer({ limits: { 'idle-accounts': 0 } })
  const romeo = await server.bind(ROMEO, 'orchard')
  const { roster } = romeo.session.account
  assert.equal(roster.octets, 0)
  await put(romeo, 'a@elsewhere.example', groups(3))
  await put(romeo, 'b@elsewhere.example', groups(2))
  await put(romeo, 'a@elsewhere.example', groups(1))
  const counted = roster.octets
  assert.ok(counted > 3000)
  await romeo.send(
    `<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='b@elsewhere.example' subscription='remove'/></query></iq>`,
  )
  assert.ok(roster.octets < counted)
  const before = roster.octets
  server.host.accounts.forget(ROMEO)
  assert.equal((await server.host.accounts.load(ROMEO))!.roster.octets, before)
})

test('requests that wait have a size together, and one party leaves room for others', async () => {
  const server = await memoryServer({ limits: { 'pending-size': 20_000 } })
  await server.account(ROMEO)
  const remote = server.remote('elsewhere.example')
  const ask = (from: string): Promise<void> =>
    remote.send(`<presence type='subscribe' from='${from}' to='${ROMEO}'><status>${'x'.repeat(3500)}</status></presence>`)
  for (let i = 0; i < 10; i++) await ask(`u${i}@elsewhere.example`)
  const { roster } = (await server.host.accounts.load(ROMEO))!
  assert.equal(roster.pendingCount, 3)
  await ask('x@other.example')
  assert.equal(roster.pendingCount, 4)
  assert.ok(roster.pendingOctets <= 20_000)
})

test('a presence that is too large to be kept is refused', async () => {
  const server = await memoryServer({ limits: { 'presence-size': 1000 } })
  const romeo = await server.bind(ROMEO, 'orchard')
  await romeo.send(`<presence id='p'><status>${'x'.repeat(1000)}</status></presence>`)
  assert.equal(conditionOf(romeo.sent().find((e) => e.attr('type') === 'error')!), 'policy-violation')
  assert.equal(romeo.session.presence, null)
  await romeo.send(`<presence><status>${'x'.repeat(900)}</status></presence>`)
  assert.notEqual(romeo.session.presence, null)
})

test('addresses that presence was sent to directly have a size together', async () => {
  const server = await memoryServer({ limits: { 'directed-size': 3000 } })
  const romeo = await server.bind(ROMEO, 'orchard')
  server.remote('elsewhere.example')
  for (let i = 0; i < 5; i++) await romeo.send(`<presence to='${i}${'r'.repeat(900)}@elsewhere.example'/>`)
  assert.equal(romeo.session.directed!.size, 3)
  const errors = romeo.sent().filter((e) => e.attr('type') === 'error')
  assert.deepEqual(errors.map(conditionOf), ['resource-constraint', 'resource-constraint'])
})

test('a block list is full by octets', async () => {
  const server = await memoryServer({ features: [blocking], settings: { blocking: { size: '2 KiB' } } })
  const romeo = await server.bind(ROMEO, 'orchard')
  const block = async (jid: string): Promise<string> =>
    conditionOf(await romeo.ask(`<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='${jid}'/></block></iq>`))
  for (const i of [1, 2]) assert.equal(await block(`${i}${'b'.repeat(900)}@elsewhere.example`), 'none')
  assert.equal(await block(`3${'b'.repeat(900)}@elsewhere.example`), 'policy-violation')
  assert.equal(romeo.session.account.besideOctets > 1800, true)
})

test('accounts without a session stay in memory as long as all of them together are small enough', async () => {
  const server = await memoryServer({ limits: { 'idle-accounts-size': 100_000 } })
  for (let i = 0; i < 10; i++) {
    const client = await server.bind(`user${i}@example.net`, 'x')
    await put(client, 'a@elsewhere.example', groups(30))
    await client.send(`<presence type='unavailable'/>`)
    server.host.sessions.end(client.session, { name: 'logout', condition: null, text: null, specific: null, resumable: false })
  }
  const { accounts } = server.host
  assert.equal(accounts.get('user0@example.net'), undefined)
  assert.notEqual(accounts.get('user9@example.net'), undefined)
  assert.ok(accounts.size <= 3, `${accounts.size} accounts`)
})
