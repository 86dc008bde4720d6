/** XEP-0401, 0379, 0445: links that make an account where registration is closed, and two people each other's contacts. */
import assert from 'node:assert/strict'
import { invitationsOf } from '../../src/xep/0401-invitations/index.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { here } from '../support/stanzas.ts'
import { bareOf, Cast, DOMAIN, story } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { refusal } from '../support/xml-pattern.ts'
import type { WireClient } from '../support/wire-client.ts'

const COMMANDS = 'http://jabber.org/protocol/commands'
const TOKEN = 'urn:xmpp:ibr-token:0'
const PARS = 'urn:xmpp:pars:0'
const users = { on: ['memory'] as const, settings: { invitations: { accounts: 'users', url: 'https://chat.example' } } }
const ALICE = bareOf('alice')
const BOB = bareOf('bob')

const command = (node: string, inside = ''): string =>
  `<iq type='set' id='c' to='${DOMAIN}'><command xmlns='${COMMANDS}' node='urn:xmpp:invite#${node}' action='execute'>${inside}</command></iq>`
const submitted = (fields: Readonly<Record<string, string>>): string =>
  `<x xmlns='jabber:x:data' type='submit'>${Object.entries(fields)
    .map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`)
    .join('')}</x>`

/** What the command answers: the fields of the result. */
async function invited(client: StoryClient, node = 'invite', inside = ''): Promise<Readonly<Record<string, string>>> {
  const answer = await client.ask(command(node, inside))
  const fields = answer
    .child('command')!
    .child('x')!
    .elements.map((e) => [e.attr('var'), e.child('value')!.text])
  return Object.fromEntries(fields) as Record<string, string>
}
const tokenIn = (uri: string): string => /preauth=([^;]+)/.exec(uri)![1]!

/** A stream of somebody without an account. */
async function newcomer(cast: Cast): Promise<WireClient> {
  const wire = await cast.wire()
  await wire.open()
  return wire
}
const offered = async (wire: WireClient): Promise<readonly string[]> =>
  (await wire.features()).elements.filter(({ name }) => name === 'register').map(({ ns }) => ns)
const preauth = (token: string): string => `<iq type='set' id='p'><preauth xmlns='${PARS}' token='${token}'/></iq>`
const register = (name: string): string =>
  `<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>${name}</username><password>open sesame</password></query></iq>`
/** The condition of the error, or 'result'. */
async function outcome(wire: WireClient, xml: string): Promise<string> {
  wire.write(xml)
  const answer = await wire.element('an answer')
  return answer.attr('type') === 'result' ? 'result' : answer.child('error')!.elements[0]!.name
}

story('INV-1: a link of a user makes an account on a closed server, and the two are contacts', users, async (cast) => {
  const alice = await cast.client('alice', '1')
  const closed = await newcomer(cast)
  assert.deepEqual(await offered(closed), [], 'nothing is offered while there is no invitation')
  assert.equal(await outcome(closed, register('eve')), 'service-unavailable')

  const { 'FORM_TYPE': kind, uri, expire, 'landing-url': page } = await invited(alice)
  const token = tokenIn(uri!)
  assert.deepEqual(
    [kind, uri, page, expire],
    [
      'urn:xmpp:invite#invitation',
      `xmpp:${encodeURIComponent('alice')}@${DOMAIN}?roster;preauth=${token};ibr=y`,
      `https://chat.example/invite#${token}`,
      '2026-01-08T00:00:00Z',
    ],
  )
  const wire = await newcomer(cast)
  assert.deepEqual(await offered(wire), ['http://jabber.org/features/iq-register', TOKEN, 'urn:xmpp:invite'])
  assert.equal(await outcome(wire, preauth('0123456789abcdef01234567')), 'item-not-found')
  assert.equal(await outcome(wire, register('eve')), 'not-allowed')
  assert.equal(await outcome(wire, preauth(token)), 'result')
  assert.equal(await outcome(wire, register('alice')), 'conflict', 'the invitation is not used up by that')
  assert.equal(await outcome(wire, register('Newt')), 'result')
  await cast.settle()
  const pushes = alice.take().flatMap((e) => e.child('query')?.child('item') ?? [])
  assert.deepEqual(
    [pushes.at(-1)!.attr('jid'), pushes.at(-1)!.attr('subscription')],
    [bareOf('newt'), 'both'],
    'XEP-0401 5: a push',
  )

  assert.equal(await outcome(wire, register('eve')), 'not-allowed', 'it is used up')
  assert.equal(await outcome(await again(cast), preauth(token)), 'item-not-found')
  const newt = await cast.client('newt', '1')
  newt.send('<presence><show>away</show></presence>')
  await alice.expect(here(newt.jid, '<show>away</show>'))
  await cast.forget()
})
async function again(cast: Cast): Promise<WireClient> {
  const wire = await newcomer(cast)
  await wire.features()
  return wire
}

story('INV-2: a request with a token is granted and answered in kind, once, whoever may write', users, async (cast) => {
  const [alice, bob, eve] = await cast.clients('alice/1', 'bob/1', 'eve/1')
  await cast.server.host.stores.accounts.setPolicy(ALICE, { lastSeen: null, sharePaused: null, strangers: 'none' })
  const token = tokenIn((await invited(alice))['uri']!)
  const subscribe = (shown: string): string =>
    `<presence type='subscribe' to='${ALICE}'><preauth xmlns='${PARS}' token='${shown}'/></presence>`
  bob.send(`<presence type='subscribed' to='${ALICE}'/>${subscribe(token)}`)
  await cast.settle()
  alice.take()
  bob.take()
  for (const [owner, contact] of [
    [ALICE, BOB],
    [BOB, ALICE],
  ] as const)
    assert.equal(
      (await cast.server.stores.rosters.load(owner)).items.find((item) => item.jid.bare === contact)?.subscription,
      'both',
    )
  eve.send(subscribe(token))
  await cast.settle()
  eve.take()
  assert.equal((await cast.server.stores.rosters.load(ALICE)).items.length, 1, 'the token was good once')
  await cast.forget()
})

story(
  'INV-3: invitations have limits, expire, are revoked, and go with their inviter',
  {
    on: ['memory'],
    settings: { invitations: { 'accounts': 'users', 'open': 2, 'per-day': 3, 'lifetime': '2 minutes' } },
  },
  async (cast) => {
    const alice = await cast.client('alice', '1')
    await cast.server.account('carol')
    const invitations = invitationsOf(cast.server.host)
    const refused = refusal('iq', `id='c' from='*'`, 'modify', 'policy-violation')
    const tokens: string[] = []
    for (let i = 0; i < 2; i++) tokens.push(tokenIn((await invited(alice))['uri']!))
    await alice.ask(command('invite'), refused)
    assert.equal(await invitations.revoke((await invitations.find(tokens[0]!))!.id), true)
    assert.equal(await invitations.find(tokens[0]!), null)
    assert.notEqual(await invitations.find(tokens[1]!), null)
    await cast.advance(120_000)
    assert.equal(await invitations.find(tokens[1]!), null, 'it has expired')
    for (let i = 0; i < 2; i++) await invited(alice)
    await alice.ask(command('invite'), refused)

    const wish = { domain: DOMAIN, name: '', makesAccount: true, makesContact: true, usesMax: 5, note: '', lifetime: null }
    const { token } = await invitations.create({ ...wish, inviter: bareOf('carol') })
    await cast.server.host.registrar.delete(jid(bareOf('carol')))
    assert.equal(await invitations.find(token), null, 'the inviter is gone')
  },
)

story(
  'INV-4: an inviter chooses the name, which nobody else can have; others make invitations without an account',
  {
    on: ['memory'],
    settings: { invitations: { inviters: [ALICE] }, registration: { open: true } },
  },
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    assert.match((await invited(bob))['uri']!, /^xmpp:bob@a\.example\?roster;preauth=[0-9a-f]{24}$/)
    await bob.ask(command('create-account'), refusal('iq', `id='c' from='*'`, 'auth', 'forbidden'))
    const { uri } = await invited(alice, 'create-account', submitted({ 'username': 'Juliet', 'roster-subscription': 'true' }))
    assert.equal(uri, `xmpp:juliet@${DOMAIN}?register;preauth=${tokenIn(uri!)}`)
    const wire = await again(cast)
    assert.equal(await outcome(wire, register('juliet')), 'conflict', 'reserved')
    assert.equal(await outcome(wire, preauth(tokenIn(uri!))), 'result')
    assert.equal(await outcome(wire, register('romeo')), 'not-acceptable')
    assert.equal(await outcome(wire, register('juliet')), 'result')
    await cast.settle()
    assert.deepEqual(
      (await cast.server.stores.rosters.load(bareOf('juliet'))).items.map((item) => item.jid.bare),
      [ALICE],
    )
    await cast.forget()
  },
)

story(
  'INV-1, RFC 6120 4.3.5: a client need not wait for an answer before its next request, and the server of the stream is asked',
  { on: ['memory', 'tcp', 'websocket'], settings: users.settings },
  async (cast) => {
    const alice = await cast.client('alice', '1')
    const token = tokenIn((await invited(alice))['uri']!)
    const wire = await again(cast)
    const to = (xml: string, domain: string): string => xml.replace(`<iq `, `<iq to='${domain}' `)
    assert.equal(await outcome(wire, to(preauth(token), 'elsewhere.example')), 'service-unavailable')
    assert.equal(await outcome(wire, register('newt')), 'not-allowed', 'no invitation was shown')
    const requests = [to(preauth(token), DOMAIN), to(register('newt'), 'b.example'), register('newt'), register('eve')]
    if (cast.transport === 'websocket') for (const request of requests) wire.write(request)
    else wire.write(requests.join(''))
    const answers: string[] = []
    for (const _ of requests) {
      const answer = await wire.element('an answer')
      answers.push(answer.attr('type') === 'result' ? 'result' : answer.child('error')!.elements[0]!.name)
    }
    assert.deepEqual(answers, ['result', 'service-unavailable', 'result', 'not-allowed'])
    wire.write(`<message to='${ALICE}'/>`)
    await wire.expectStreamError('not-authorized')
    await cast.forget()
  },
)

for (const how of ['crash', 'restart'] as const)
  story(
    `INV-1, INV-3: after a ${how} an invitation is good as often as before, and one that was used up is not`,
    users,
    async (cast) => {
      const alice = await cast.client('alice', '1')
      const token = tokenIn((await invited(alice))['uri']!)
      await cast.forget()
      const restarted = async (old: Cast): Promise<Cast> => {
        const next = new Cast(await old.server[how](users))
        old.cut()
        old.atEnd(() => next.end())
        return next
      }
      const next = await restarted(cast)
      const back = await next.client('alice', '2')
      const wire = await again(next)
      assert.equal(await outcome(wire, preauth(token)), 'result')
      assert.equal(await outcome(wire, register('newt')), 'result')
      await next.settle()
      back.take()
      const { rosters } = next.server.stores
      assert.deepEqual(
        (await rosters.load(bareOf('newt'))).items.map((item) => [item.jid.bare, item.subscription]),
        [[ALICE, 'both']],
      )
      const last = await restarted(next)
      assert.equal(await outcome(await again(last), preauth(token)), 'item-not-found')
      await cast.forget()
    },
  )

const asking = (token: string): string =>
  `<presence type='subscribe' to='${ALICE}'><preauth xmlns='${PARS}' token='${token}'/></presence>`
const contactsOf = async (cast: Cast, owner: string): Promise<readonly string[]> =>
  (await cast.server.stores.rosters.load(owner)).items.map(({ jid: contact }) => contact.bare)
const invitation = { domain: DOMAIN, name: '', makesAccount: true, makesContact: true, usesMax: 1, note: '', lifetime: null }

story(
  'INV-1, INV-2: an invitation was used up although the inviter had no room for one more contact',
  { ...users, limits: { 'roster-items': 1 } },
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    const invitations = invitationsOf(cast.server.host)
    alice.send(`<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='full@b.example'/></query></iq>`)
    await cast.settle()
    const { token } = await invitations.create({ ...invitation, inviter: ALICE })
    const wire = await again(cast)
    assert.equal(await outcome(wire, preauth(token)), 'result')
    assert.equal(await outcome(wire, register('newt')), 'resource-constraint')
    assert.equal(await cast.server.host.stores.accounts.exists(bareOf('newt')), false)
    bob.send(asking(token))
    await cast.settle()
    assert.deepEqual(await contactsOf(cast, ALICE), ['full@b.example'])
    assert.equal((await invitations.find(token))?.uses, 0)
    alice.send(
      `<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='full@b.example' subscription='remove'/></query></iq>`,
    )
    await cast.settle()
    bob.send(asking(token))
    await cast.settle()
    assert.deepEqual(await contactsOf(cast, ALICE), [BOB])
    assert.equal(await invitations.find(token), null)
    await cast.forget()
  },
)
story('INV-2: a token of an inviter who was disabled made contacts', users, async (cast) => {
  await cast.server.account('alice')
  const bob = await cast.client('bob', '1')
  const { host } = cast.server
  const { token } = await invitationsOf(host).create({ ...invitation, makesAccount: false, inviter: ALICE })
  await host.registrar.disable(jid(ALICE), '')
  await cast.settle()
  bob.send(asking(token))
  await cast.settle()
  assert.deepEqual(await contactsOf(cast, ALICE), [])
  await host.registrar.enable(jid(ALICE))
  bob.send(asking(token))
  await cast.settle()
  assert.deepEqual(await contactsOf(cast, ALICE), [BOB], 'it is good again when the inviter is')
  await cast.forget()
})
