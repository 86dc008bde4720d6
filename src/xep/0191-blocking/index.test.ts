import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer, settled, type Client, type MemoryServer } from '../../../test/support/memory-server.ts'
import { LOGOUT } from '../../server/account/endings.ts'
import type { Element } from '../../xml/element.ts'
import { blocking } from './index.ts'

const ALICE = 'alice@a.example'
const BOB = 'bob@a.example'
const BLOCKED = 'urn:xmpp:blocking'

let iqs = 0
const list = (): string => `<iq type='get' id='q${(iqs += 1)}'><blocklist xmlns='${BLOCKED}'/></iq>`
const change = (name: string, ...jids: readonly string[]): string =>
  `<iq type='set' id='q${(iqs += 1)}'><${name} xmlns='${BLOCKED}'>${jids.map((jid) => `<item jid='${jid}'/>`).join('')}</${name}></iq>`
const items = (e: Element): readonly (string | undefined)[] => e.elements.map((item) => item.attr('jid'))
const conditionOf = (e: Element): string | undefined => e.child('error')?.elements[0]?.name
/** `type from` of each presence. */
const presences = (elements: readonly Element[]): readonly string[] =>
  elements.filter((e) => e.name === 'presence').map((e) => `${e.attr('type') ?? 'available'} ${e.attr('from')}`)

const start = (settings: object = {}): Promise<MemoryServer> =>
  memoryServer({ features: [blocking], domains: ['a.example'], settings: { blocking: settings } })

/** Two available friends. */
async function friends(): Promise<{ server: MemoryServer; alice: Client; bob: Client }> {
  const server = await start()
  await server.friends(ALICE, BOB)
  const alice = await server.bind(ALICE, 'hall')
  const bob = await server.bind(BOB, 'phone')
  await alice.send('<presence/>')
  await bob.send('<presence/>')
  return { server, alice, bob: forget(bob, alice) }
}
function forget(first: Client, ...clients: readonly Client[]): Client {
  for (const client of [first, ...clients]) client.sent()
  return first
}

test('XEP-0191 3.1: the server says that it can block', async () => {
  assert.deepEqual((await start()).host.disco.server.features, [BLOCKED])
})

test('XEP-0191 3.2: an empty list, and one with entries in the order of blocking', async () => {
  const { server, alice } = await friends()
  const empty = await alice.ask(list())
  assert.deepEqual(items(empty.child('blocklist', BLOCKED)!), [])
  await alice.send(change('block', 'z@b.example'))
  await server.advance(1)
  await alice.send(change('block', 'b.example', 'y@b.example/Resource'))
  const full = await alice.ask(list())
  assert.deepEqual(items(full.child('blocklist', BLOCKED)!), ['z@b.example', 'b.example', 'y@b.example/Resource'])
})

test('T-BLK1, BLK-1: a blocked contact sees each available resource go, once; the list and subscriptions say the rest', async () => {
  const { server, alice, bob } = await friends()
  const tablet = await server.bind(ALICE, 'tablet')
  await tablet.send('<presence/>')
  await server.bind(ALICE, 'unavailable')
  await alice.send(`<presence to='${bob.jid.full}'/>`)
  forget(alice, bob, tablet)
  const answer = await alice.ask(change('block', BOB))
  assert.equal(answer.attr('type'), 'result')
  assert.deepEqual(answer.elements, [])
  assert.deepEqual(presences(bob.sent()), [`unavailable ${ALICE}/hall`, `unavailable ${ALICE}/tablet`])
  await alice.send(change('block', BOB))
  assert.deepEqual(bob.sent(), [], 'he knows')
  assert.equal(server.host.accounts.get(ALICE)!.roster.item(BOB)!.subscription, 'both')
  await alice.send("<presence type='unavailable'/>")
  assert.deepEqual(bob.sent(), [])
})

test('BLK-1: who was sent presence directly sees it go, once, and a stranger hears nothing', async () => {
  const server = await start()
  const alice = await server.bind(ALICE, 'hall')
  const stranger = await server.bind('s@a.example', 'x')
  const eve = await server.bind('eve@a.example', 'x')
  await alice.send(`<presence to='${stranger.jid.full}'/>`)
  forget(alice, stranger)
  await alice.send(change('block', 's@a.example', 'eve@a.example'))
  assert.deepEqual(presences(stranger.sent()), [`unavailable ${ALICE}/hall`])
  assert.deepEqual(eve.sent(), [])
  await alice.send(change('unblock'))
  await alice.send("<presence type='unavailable'/>")
  assert.deepEqual(stranger.sent(), [])
})

test('BLK-5: pushes go to the resources that have asked for the list, before the result', async () => {
  const { server, alice } = await friends()
  const asked = await server.bind(ALICE, 'asked')
  const silent = await server.bind(ALICE, 'silent')
  await asked.ask(list())
  await alice.ask(list())
  const requests = [change('block', 'x@b.example'), change('unblock', 'x@b.example'), change('unblock')]
  for (const [i, request] of requests.entries()) {
    await alice.send(request)
    const [push, result] = alice.sent()
    assert.equal(result!.attr('type'), 'result')
    const [other, ...more] = asked.sent()
    assert.deepEqual(more, [])
    for (const [e, to] of [
      [push!, alice],
      [other!, asked],
    ] as const) {
      assert.equal(e.attr('type'), 'set')
      assert.equal(e.attr('to'), to.jid.full)
      assert.equal(e.attr('from'), ALICE)
      const command = e.child(i === 0 ? 'block' : 'unblock', BLOCKED)!
      assert.deepEqual(items(command), i === 2 ? [] : ['x@b.example'])
    }
    assert.notEqual(push!.attr('id'), other!.attr('id'))
  }
  assert.deepEqual(silent.sent(), [])
})

test('T-BLK2, BLK-2: what a blocked contact sends', async () => {
  const { alice, bob } = await friends()
  await alice.ask(change('block', BOB))
  forget(alice, bob)
  for (const to of [ALICE, alice.jid.full]) {
    await bob.send(`<message type='chat' to='${to}'><body>x</body></message>`)
    const [refused, ...more] = bob.sent()
    assert.equal(conditionOf(refused!), 'service-unavailable')
    assert.deepEqual(more, [])
    assert.equal(
      conditionOf(await bob.ask(`<iq type='get' id='i' to='${to}'><query xmlns='jabber:iq:version'/></iq>`)),
      'service-unavailable',
    )
    const silent = [
      ...['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed', 'probe', 'unavailable', 'error'].map(
        (type) => `<presence type='${type}' to='${to}'/>`,
      ),
      `<presence to='${to}'/>`,
      `<iq type='result' id='r' to='${to}'/>`,
      `<iq type='error' id='r' to='${to}'><error type='cancel'/></iq>`,
      `<message type='error' to='${to}'><error type='cancel'/></message>`,
    ]
    for (const stanza of silent) {
      await bob.send(stanza)
      assert.deepEqual(
        bob.sent().filter((e) => e.attr('from')?.startsWith(ALICE)),
        [],
        stanza,
      )
    }
  }
  await bob.send('<presence><show>away</show></presence>')
  assert.deepEqual(alice.sent(), [])
})

test('T-BLK3, BLK-3: what the user sends to a blocked contact is refused; broadcasts pass over him', async () => {
  const { alice, bob } = await friends()
  await alice.ask(change('block', BOB))
  forget(alice, bob)
  for (const stanza of [
    `<message type='chat' id='m' to='${BOB}'/>`,
    `<iq type='get' id='m' to='${bob.jid.full}'><x xmlns='y'/></iq>`,
    `<presence id='m' to='${BOB}'/>`,
  ]) {
    await alice.send(stanza)
    const [refused, ...more] = alice.sent()
    assert.deepEqual(more, [])
    assert.equal(refused!.attr('type'), 'error')
    assert.equal(refused!.attr('id'), 'm')
    assert.equal(refused!.attr('from')!.startsWith(BOB), true)
    const error = refused!.child('error')!
    assert.equal(error.attr('type'), 'cancel')
    assert.deepEqual(
      error.elements.map((e) => `${e.name} ${e.ns}`),
      ['not-acceptable urn:ietf:params:xml:ns:xmpp-stanzas', 'blocked urn:xmpp:blocking:errors'],
    )
  }
  await alice.send(`<iq type='result' id='m' to='${bob.jid.full}'/>`)
  await alice.send('<presence><show>away</show></presence>')
  assert.deepEqual(presences(alice.sent()), [`available ${ALICE}/hall`])
  assert.deepEqual(bob.sent(), [])
})

test('T-BLK4: an unblocked contact sees the current presence, and the user sees his', async () => {
  const { alice, bob } = await friends()
  await alice.ask(change('block', BOB))
  await alice.send('<presence><show>dnd</show></presence>')
  await bob.send('<presence><show>xa</show></presence>')
  forget(alice, bob)
  await alice.ask(change('unblock', BOB))
  const [seen, ...more] = bob.sent()
  assert.deepEqual(more, [])
  assert.equal(seen!.attr('from'), `${ALICE}/hall`)
  assert.equal(seen!.child('show')!.text, 'dnd')
  const bobs = alice.sent().filter((e) => e.name === 'presence')
  assert.deepEqual(
    bobs.map((e) => `${e.attr('from')} ${e.child('show')?.text}`),
    [`${BOB}/phone xa`],
  )
  await bob.send(`<message type='chat' to='${ALICE}'><body>at last</body></message>`)
  assert.equal(alice.sent().length, 1)
})

test('T-BLK4: a contact who may not see the user is shown nothing when he is unblocked', async () => {
  const server = await start()
  await server.contact(ALICE, BOB, 'to')
  const alice = await server.bind(ALICE, 'hall')
  const bob = await server.bind(BOB, 'phone')
  await alice.send('<presence/>')
  await bob.send('<presence/>')
  await alice.ask(change('block', BOB))
  forget(alice, bob)
  await alice.ask(change('unblock', BOB))
  assert.deepEqual(bob.sent(), [])
})

test('T-BLK5: a domain is blocked with everybody and everything there', async () => {
  const server = await start()
  await server.contact(ALICE, 'x@b.example', 'both')
  await server.contact(ALICE, 'b.example/gateway', 'from')
  const there = server.remote('b.example')
  const alice = await server.bind(ALICE, 'hall')
  await alice.send('<presence/>')
  await alice.send("<presence to='room@b.example/alice'/>")
  forget(alice)
  there.sent()
  await alice.ask(change('block', 'b.example'))
  const told = there.sent().map((e) => `${e.attr('type')} ${e.attr('to')}`)
  assert.deepEqual(told.toSorted(), [
    'unavailable b.example/gateway',
    'unavailable room@b.example/alice',
    'unavailable x@b.example',
  ])
  for (const from of ['b.example', 'y@b.example/z', 'room@b.example/eve']) {
    assert.equal(
      conditionOf(await there.ask(`<iq type='get' id='1' from='${from}' to='${ALICE}'><q xmlns='x'/></iq>`)),
      'service-unavailable',
    )
    await there.send(`<presence from='${from}' to='${ALICE}'/>`)
  }
  assert.deepEqual(alice.sent(), [])
})

test('BLK-1: one resource of a contact: it sees the user go and come, the others see nothing', async () => {
  const { server, alice, bob } = await friends()
  const laptop = await server.bind(BOB, 'laptop')
  await laptop.send('<presence/>')
  forget(alice, bob, laptop)
  await alice.ask(change('block', bob.jid.full))
  assert.deepEqual([presences(bob.sent()), presences(laptop.sent())], [[`unavailable ${ALICE}/hall`], []])
  await alice.ask(change('unblock', bob.jid.full))
  assert.deepEqual([presences(bob.sent()), presences(laptop.sent())], [[`available ${ALICE}/hall`], []])
})

test('A contact who stays blocked by another entry sees nothing of either change', async () => {
  const { alice, bob } = await friends()
  await alice.ask(change('block', 'a.example'))
  forget(alice, bob)
  await alice.ask(change('block', BOB))
  await alice.ask(change('unblock', 'a.example'))
  assert.deepEqual(bob.sent(), [])
  await alice.ask(change('unblock'))
  assert.deepEqual(presences(bob.sent()), [`available ${ALICE}/hall`])
})

test('XEP-0191 3.3: errors', async () => {
  const { alice } = await friends()
  assert.equal(conditionOf(await alice.ask(change('block'))), 'bad-request')
  assert.equal(conditionOf(await alice.ask(change('block', 'x@b.example', '@'))), 'jid-malformed')
  assert.equal(
    conditionOf(await alice.ask(`<iq type='set' id='q'><block xmlns='${BLOCKED}'><item/></block></iq>`)),
    'bad-request',
  )
  assert.equal((await alice.ask(change('unblock', 'nobody@b.example'))).attr('type'), 'result')
  const left = await alice.ask(list())
  assert.deepEqual(items(left.child('blocklist', BLOCKED)!), [], 'a refused request has blocked nobody')
})

test('Only the user himself sees and changes his list', async () => {
  const { alice, bob } = await friends()
  for (const request of [list(), change('block', 'x@b.example')]) {
    const asked = request.replace('<iq ', `<iq to='${ALICE}' `)
    assert.equal((await bob.ask(asked)).attr('type'), 'error')
    const own = await alice.ask(asked)
    assert.equal(own.attr('type'), 'result')
  }
})

test('A full list takes no more, but can be emptied', async () => {
  const server = await start({ entries: 2 })
  const alice = await server.bind(ALICE, 'hall')
  assert.equal((await alice.ask(change('block', 'a@b.example', 'c@b.example'))).attr('type'), 'result')
  assert.equal((await alice.ask(change('block', 'a@b.example'))).attr('type'), 'result')
  assert.equal(conditionOf(await alice.ask(change('block', 'd@b.example'))), 'policy-violation')
  await alice.ask(change('unblock', 'a@b.example'))
  assert.equal((await alice.ask(change('block', 'd@b.example'))).attr('type'), 'result')
})

test('Addresses are prepared: what is blocked in capitals is blocked', async () => {
  const { alice, bob } = await friends()
  await alice.ask(change('block', 'BOB@A.example'))
  forget(alice, bob)
  await bob.send(`<message to='${ALICE}'><body>x</body></message>`)
  assert.deepEqual(alice.sent(), [])
  const blocked = await alice.ask(list())
  assert.deepEqual(items(blocked.child('blocklist', BLOCKED)!), [BOB])
})

test('BLK-7: the invitation of a blocked contact through a room is dropped, that of another is not', async () => {
  const { server, alice } = await friends()
  const rooms = server.remote('rooms.example')
  await alice.ask(change('block', BOB))
  forget(alice)
  const invite = (from: string): string =>
    `<message from='room@rooms.example' to='${ALICE}'><x xmlns='http://jabber.org/protocol/muc#user'><invite from='${from}'/></x></message>`
  await rooms.send(invite(`${BOB}/phone`))
  assert.deepEqual([alice.sent(), rooms.sent()], [[], []])
  await rooms.send(invite('carol@a.example/x'))
  await rooms.send(invite('@'))
  assert.equal(alice.sent().length, 2)
})

test('XEP-0191 5, note: the user cannot lock himself out', async () => {
  const server = await start()
  const alice = await server.bind(ALICE, 'hall')
  const tablet = await server.bind(ALICE, 'tablet')
  await alice.ask(change('block', ALICE, 'a.example'))
  await tablet.send('<presence/>')
  await alice.send(`<message type='chat' to='${tablet.jid.full}'><body>note</body></message>`)
  assert.equal(tablet.sent().filter((e) => e.name === 'message').length, 1)
  assert.equal((await alice.ask(change('unblock'))).attr('type'), 'result')
})

test('The list is kept: an account that was not in memory hides from the one that it has blocked', async () => {
  const server = await memoryServer({ features: [blocking], domains: ['a.example'], limits: { 'idle-accounts': 0 } })
  await server.friends(ALICE, BOB)
  await server.friends('carol@a.example', BOB)
  const alice = await server.bind(ALICE, 'hall')
  await alice.ask(change('block', BOB))
  server.host.sessions.end(alice.session, LOGOUT)
  await settled()
  assert.equal(server.host.accounts.get(ALICE), undefined)
  const bob = await server.bind(BOB, 'phone')
  await bob.send('<presence/>')
  assert.deepEqual(presences(bob.sent()), [`available ${BOB}/phone`, 'unavailable carol@a.example'])
  await bob.send(`<presence type='probe' to='${ALICE}'/>`)
  assert.deepEqual(bob.sent(), [])
  await bob.send(`<message type='chat' to='${ALICE}'><body>x</body></message>`)
  assert.equal(conditionOf(bob.sent()[0]!), 'service-unavailable')
  const again = await server.bind(ALICE, 'hall')
  const blocked = await again.ask(list())
  assert.deepEqual(items(blocked.child('blocklist', BLOCKED)!), [BOB])
})

test('BLK-6: the request of a blocked contact is kept, and not shown as long as he is blocked', async () => {
  const server = await start()
  const bob = await server.bind(BOB, 'phone')
  await server.account(ALICE)
  await bob.send(`<presence type='subscribe' to='${ALICE}'/>`)
  const alice = await server.bind(ALICE, 'hall')
  await alice.ask(change('block', BOB))
  await alice.send('<presence/>')
  const requests = (): number => presences(alice.sent()).filter((p) => p.startsWith('subscribe')).length
  assert.equal(requests(), 0)
  await alice.ask(change('unblock', BOB))
  await alice.send("<presence type='unavailable'/>")
  await alice.send('<presence/>')
  assert.equal(requests(), 1)
})

test('A deleted account leaves its block list to nobody', async () => {
  const { server, alice } = await friends()
  await alice.ask(change('block', BOB))
  await server.host.registrar.delete(alice.jid.asBare)
  await settled()
  const heir = await server.bind(ALICE, 'hall')
  const blocked = await heir.ask(list())
  assert.deepEqual(items(blocked.child('blocklist', BLOCKED)!), [])
})
