import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wire } from '../../xml/wire.ts'
import { jid } from '../../xmpp/jid.ts'
import { FactBoard } from '../account/facts.ts'
import { Packet, type Kind } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Home } from './home.ts'
import { Router, type Destination } from './router.ts'

const packet = (kind: Kind, type: string, from: string, to: string): Packet =>
  Packet.of({ kind, type, from: jid(from), to: jid(to), id: wire('1') })
const nothing: Destination = { deliver() {} }
const HOME: Home = {
  exists: () => false,
  probe() {},
  pour: () => false,
  presence: () => null,
  isAvailable: () => false,
  doubted() {},
  end() {},
}

/** Destinations for example.net (accounts), rooms.example.net and irc.example.net, and what each got. */
function scene() {
  const failures: unknown[] = []
  const facts = new FactBoard(() => {})
  const router = new Router({ facts, failed: (error) => void failures.push(error) })
  const got: string[] = []
  const noting = (where: string): Destination => ({
    deliver: ({ kind, type, to }) => void got.push(`${where}: ${kind} ${type} ${to!.full}`),
  })
  router.claimAccounts('example.net', noting('accounts'), HOME)
  router.claimAccounts('example.com', noting('accounts'), HOME)
  router.claim('rooms.example.net', 'service', noting('service'))
  router.claim('irc.example.net', 'component', noting('component'))
  return { router, facts, failures, got, noting }
}

test('a domain has a kind, and a name a place', () => {
  const { router } = scene()
  const domains = ['example.net', 'rooms.example.net', 'irc.example.net', 'b.example']
  assert.deepEqual(
    domains.map((domain) => [router.kindOf(domain), router.placeOf(jid(`x@${domain}`)), router.serves(domain)]),
    [
      ['accounts', 'here', true],
      ['service', 'here', true],
      ['component', 'elsewhere', true],
      ['elsewhere', 'elsewhere', false],
    ],
  )
})

test('accounts have a home, and addresses are asked for by it', () => {
  const { router } = scene()
  const names = ['a@example.net', 'b@example.com', 'c@example.net', 'x@rooms.example.net', 'y@irc.example.net', 'z@b.example']
  assert.deepEqual(
    names.map((name) => router.homeOf(jid(name)) === HOME),
    [true, true, true, false, false, false],
  )
  const { ours, others } = router.byHome(names.map(jid))
  assert.deepEqual(
    Array.from(ours, ([home, some]) => [home === HOME, some.map(({ full }) => full)]),
    [[true, ['a@example.net', 'b@example.com', 'c@example.net']]],
  )
  assert.deepEqual(
    others.map(({ full }) => full),
    ['x@rooms.example.net', 'y@irc.example.net', 'z@b.example'],
  )
})

test('two parts of the server cannot have one domain', () => {
  const { router } = scene()
  assert.throws(() => router.claim('example.net', 'component', nothing), /Two parts of the server want the domain "example.net"/)
})

test('RFC 6120 10: the domain of the address decides who takes a stanza; without federation nobody takes those of others', () => {
  const { router, got, noting } = scene()
  void router.route(packet('message', 'chat', 'a@example.net', 'b@rooms.example.net'))
  void router.route(packet('message', 'chat', 'a@example.net', 'x@b.example'))
  router.claimRest(noting('rest'))
  void router.route(packet('message', 'chat', 'a@example.net', 'x@b.example'))
  assert.deepEqual(got, [
    'service: message chat b@rooms.example.net',
    'accounts: message error a@example.net',
    'rest: message chat x@b.example',
  ])
})

test('a refusal goes to the origin, at once or late; an error is not answered with one', async () => {
  const { router, got, failures } = scene()
  const refusal = new StanzaError('item-not-found')
  const waitsAndRefuses: Destination = { deliver: () => Promise.reject(refusal) }
  router.claim('late.example.net', 'service', waitsAndRefuses)
  await router.route(packet('iq', 'get', 'a@example.net', 'late.example.net'), jid('c@example.net'))
  await router.route(packet('message', 'error', 'a@example.net', 'late.example.net'))
  assert.deepEqual(got, ['accounts: iq error c@example.net'])
  assert.deepEqual(failures, [])
})

test('a fault of the server is told, and answered as one of the server', () => {
  const { router, got, failures } = scene()
  const fault = new Error('broken')
  router.claim('broken.example.net', 'service', {
    deliver() {
      throw fault
    },
  })
  void router.route(packet('iq', 'set', 'a@example.net', 'broken.example.net'))
  router.routeQuietly(packet('iq', 'set', 'a@example.net', 'broken.example.net'))
  assert.deepEqual(failures, [fault, fault])
  assert.deepEqual(got, ['accounts: iq error a@example.net'])
})

test('presence of our accounts is lost on a link to others, and not on the way to a service of ours', () => {
  const { router, facts } = scene()
  const lost: string[] = []
  facts.on('presence-undelivered', ({ presence: { from, to } }) => void lost.push(`${from.full} to ${to!.full}`))
  const refusal = new StanzaError('not-acceptable')
  const sent = [
    packet('presence', '', 'a@example.net', 'x@b.example'),
    packet('presence', '', 'a@example.net', 'x@irc.example.net'),
    packet('presence', '', 'a@example.net', 'r@rooms.example.net/nick'),
    packet('presence', '', 'r@rooms.example.net/nick', 'x@b.example'),
    packet('message', 'chat', 'a@example.net', 'x@b.example'),
  ]
  for (const each of sent) void router.returned(each, refusal, null)
  assert.deepEqual(lost, ['a@example.net to x@b.example', 'a@example.net to x@irc.example.net'])
})

test('the router is idle when nothing waits', async () => {
  const { router } = scene()
  let finish = (): void => {}
  router.claim('disk.example.net', 'service', { deliver: () => new Promise((resolve) => void (finish = resolve)) })
  const order: string[] = []
  const sent = router.route(packet('message', 'chat', 'a@example.net', 'disk.example.net'))
  const idle = router.whenIdle().then(() => void order.push('idle'))
  order.push('stored')
  finish()
  await Promise.all([sent, idle])
  assert.deepEqual(order, ['stored', 'idle'])
})
