/** XEP-0198 sections 3, 4 and 6 on a whole server: how stream management begins, and what client and server tell each other. */
import assert from 'node:assert/strict'
import { delay, gone, here, push, rosterSet } from '../support/stanzas.ts'
import { PASSWORD, story } from '../support/story.ts'
import {
  a,
  ALICE,
  BOB,
  chat,
  comeBack,
  ENABLE,
  enable,
  failed,
  got,
  inMemory,
  R,
  resume,
  SM,
  sync,
  tooHigh,
  UNASKED,
} from '../support/stream-management.ts'
import { until } from '../support/until.ts'
import { refusal } from '../support/xml-pattern.ts'

const NO_ARCHIVE = { 'message-archive': { enabled: false } }

story('SM-1: it is offered after authentication, not before', async (cast) => {
  const wire = await cast.wire()
  await wire.open()
  assert.equal((await wire.features()).child('sm'), undefined)
  await cast.server.account('alice')
  await wire.authenticate('alice', 'open sesame')
  await wire.open()
  assert.equal((await wire.features()).child('sm')?.ns, SM)
})

story('SM-1: before authentication nothing of it can be had', async (cast) => {
  const wire = await cast.secured()
  for (const early of [ENABLE, resume('x', 0)]) {
    wire.write(early)
    await wire.expect(failed('unexpected-request'))
  }
  await cast.server.account('alice')
  assert.equal((await wire.authenticate('alice', PASSWORD)).name, 'success')
})

story('SM-1: before a resource is bound it cannot be enabled, and the client may go on to bind', async (cast) => {
  const wire = await cast.authenticated('alice')
  for (const early of [ENABLE, R, a(0)]) {
    wire.write(early)
    await wire.expect(failed('unexpected-request'))
  }
  assert.equal(await wire.bind('1'), `${ALICE}/1`)
})

story('SM-1: enabling it twice is a stream error', async (cast) => {
  const alice = await cast.client('alice', '1')
  await enable(alice)
  alice.send(ENABLE)
  await alice.expect(a(0))
  await alice.wire.expectStreamError('policy-violation')
})

story('SM-1: without it being enabled, its other elements fail and the session goes on', async (cast) => {
  const alice = await cast.client('alice', '1')
  alice.send(R, a(0), resume('x', 0))
  for (let i = 0; i < 3; i++) await alice.expect(failed('unexpected-request'))
  await sync(alice)
})

story('SM-4: a client that does not want to resume gets no name for its session', async (cast) => {
  const alice = await cast.client('alice', '1')
  alice.send(`<enable xmlns='${SM}'/>`)
  await alice.expect(`<enabled xmlns='${SM}'/>`)
  await cast.expectNothing()
  alice.drop()
  await until('the session ends', () => cast.server.server.sessions.size === 0)
})

for (const [wanted, granted] of [
  ["max='60'", '60'],
  ["max='86400'", '300'],
  ["max='0'", '300'],
  ["max='soon'", '300'],
  ['', '300'],
] as const) {
  story(`SM-4: of "${wanted}" the client gets ${granted} seconds`, inMemory, async (cast) => {
    const alice = await cast.client('alice', '1')
    alice.send(`<enable xmlns='${SM}' resume='1' ${wanted}/>`)
    await alice.expect(`<enabled xmlns='${SM}' resume='true' id='*' max='${granted}'/>`)
  })
}

story(
  'SM-4: where the operator wants no resumption there is none',
  { ...inMemory, settings: { 'stream-management': { 'resume-time': '0 s' } } },
  async (cast) => {
    const alice = await cast.client('alice', '1')
    alice.send(ENABLE)
    await alice.expect(`<enabled xmlns='${SM}'/>`)
  },
)

for (const location of ['node1.example.org:5222', '[2001:db8::1]:5223', 'node1.example.org']) {
  const setting = { ...inMemory, settings: { 'stream-management': { 'resume-location': location } } }
  story(`SM-4: the client is told where to come back: ${location}`, setting, async (cast) => {
    const alice = await cast.client('alice', '1')
    alice.send(ENABLE)
    await alice.expect(`<enabled xmlns='${SM}' resume='true' id='*' max='*' location='${location}'/>`)
  })
}

// Acknowledging

story('T-SM01, SM-2, SM-3: stanzas are counted from <enable/> on, and nothing else is', UNASKED, async (cast) => {
  const alice = await cast.client('alice', '1')
  await enable(alice)
  alice.send(R, `<presence to='x@a.example'/>`, R, R, chat(`nobody@a.example`, 'x'), `<iq type='result' id='1'/>`, ' \n', a(0), R)
  await alice.expect(a(0), a(1), a(1), a(3))
})

story('SM-2: what is refused is handled too', UNASKED, async (cast) => {
  const alice = await cast.client('alice', '1')
  await enable(alice)
  alice.send(`<message to='@' id='1'/>`, `<iq type='error' to='@' id='2'/>`, `<iq type='nothing' id='3'/>`, R)
  await alice.expect(
    refusal('message', `id='1'`, 'modify', 'jid-malformed'),
    refusal('iq', `id='3'`, 'modify', 'bad-request'),
    a(3),
  )
})

story('SM-3: the answer comes when everything before is done: what goes into the store is there', UNASKED, async (cast) => {
  const [alice] = await cast.clients('alice/1')
  await cast.server.account('bob')
  await enable(alice)
  alice.send(chat(BOB, 'm'), R)
  await alice.expect(a(1))
  const bob = await cast.client('bob', '1', { presence: null })
  bob.send('<presence/>')
  await bob.expectAll(here(bob.jid), got(alice.jid, BOB, 'm', delay()))
})

story('SM-2: everything that the server writes as a stanza is counted', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  await enable(alice)
  bob.send(chat(alice.jid, 'm'), '<presence><show>away</show></presence>')
  alice.send(`<message to='@' id='1'/>`, rosterSet('r', `<item jid='x@y'/>`), '<presence/>')
  await bob.expectAll(here(bob.jid, '<show>away</show>'), here(alice.jid))
  await alice.expectAll(
    got(bob.jid, alice.jid, 'm'),
    here(bob.jid, '<show>away</show>'),
    here(alice.jid),
    refusal('message', `id='1'`, 'modify', 'jid-malformed'),
    push('x@y', `subscription='none'`),
    `<iq type='result' id='r'/>`,
  )
  alice.send(a(7))
  await alice.expect(a(3))
  await alice.wire.expectStreamError('undefined-condition', tooHigh(7, 6))
  await bob.expect(gone(alice.jid))
})

story(
  'T-SM06: acknowledging more than was sent is a stream error, and what was not acknowledged is not lost',
  UNASKED,
  async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    await enable(bob)
    alice.send(chat(BOB, 'm'))
    await bob.expect(got(alice.jid, BOB, 'm'))
    bob.send(a(2 ** 32 - 1))
    await bob.expect(a(0))
    await bob.wire.expectStreamError('undefined-condition', tooHigh(2 ** 32 - 1, 1))
    await alice.expect(gone(bob.jid))
    const again = await cast.client('bob', '2', { presence: null })
    again.send('<presence/>')
    await again.expectAll(here(again.jid), here(alice.jid), got(alice.jid, BOB, 'm', delay()))
    await alice.expect(here(again.jid))
  },
)

for (const h of ['', '-1', '1.5', 'x', '4294967296', '99999999999999999999999']) {
  story(`SM-8: h='${h}' is no count`, inMemory, async (cast) => {
    const alice = await cast.client('alice', '1')
    await enable(alice)
    alice.send(a(h))
    await alice.expect(a(0))
    await alice.wire.expectStreamError('bad-format')
  })
}

story(
  '4: the server asks after so many stanzas, once, behind all that is written in the same turn',
  // In one turn only if none of them waits for the disk
  { ...inMemory, settings: { 'stream-management': { 'ask-after-stanzas': 3, 'ask-after': '1 day' }, ...NO_ARCHIVE } },
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    await enable(bob)
    const say = (...bodies: readonly string[]): void => alice.send(...bodies.map((body) => chat(bob.jid, body)))
    const hear = (...bodies: readonly string[]): Promise<unknown> =>
      bob.expect(...bodies.map((body) => got(alice.jid, bob.jid, body)))
    say('1', '2', '3', '4')
    await hear('1', '2', '3', '4')
    await bob.expect(R)
    say('5', '6', '7')
    await hear('5', '6', '7')
    bob.send(a(4))
    await bob.expect(R)
    bob.send(a(7))
    say('8', '9')
    await hear('8', '9')
    assert.equal(bob.wire.arrived.length, 0)
    await sync(bob)
    await bob.expect(R)
  },
)

story(
  '4: the server asks a while after the first of a few stanzas',
  { ...inMemory, settings: { 'stream-management': { 'ask-after': '2 s' } } },
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    await enable(bob)
    alice.send(chat(bob.jid, 'm'))
    await bob.expect(got(alice.jid, bob.jid, 'm'))
    cast.pass(1999)
    await sync(alice)
    assert.equal(bob.wire.arrived.length, 0)
    cast.pass(1)
    await bob.expect(R)
  },
)

story(
  'T-SM02 over half-open TCP: a client that was asked and is silent has lost its connection; its session waits',
  { ...inMemory, settings: { 'stream-management': { 'answer-timeout': '20 s' } } },
  async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    const id = await enable(bob)
    alice.send(chat(bob.jid, 'm'))
    await bob.expect(got(alice.jid, bob.jid, 'm'))
    cast.pass(1000)
    await bob.expect(R)
    for (const span of [10_000, 10_000]) cast.pass(span)
    await bob.wire.expectStreamError('connection-timeout')
    const again = await comeBack(cast, bob, id, 0, 0)
    await again.expect(got(alice.jid, bob.jid, 'm', delay()))
  },
)

story(
  '4: a client that was asked and sends anything at all is there',
  { ...inMemory, settings: { 'stream-management': { 'answer-timeout': '20 s' } } },
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    await enable(bob)
    alice.send(chat(bob.jid, 'm'))
    await bob.expect(got(alice.jid, bob.jid, 'm'))
    cast.pass(1000)
    await bob.expect(R)
    for (let i = 0; i < 5; i++) {
      cast.pass(10_000)
      await sync(bob)
    }
  },
)
