/** XEP-0198 section 5 on a whole server: connections break, and clients come back for their sessions. */
import assert from 'node:assert/strict'
import { delay, gone, here, push, rosterSet } from '../support/stanzas.ts'
import { bareOf, PASSWORD, story } from '../support/story.ts'
import {
  a,
  ALICE,
  BOB,
  chat,
  comeBack,
  enable,
  failed,
  got,
  inMemory,
  R,
  resume,
  resumed,
  SM,
  sync,
  tooHigh,
  UNASKED,
} from '../support/stream-management.ts'
import type { WireClient } from '../support/wire-client.ts'

const EVERYWHERE = { ...UNASKED, on: ['memory', 'tcp', 'websocket in memory', 'websocket', 'bosh in memory'] } as const

story(
  'T-SM02: a session that is resumed has everything once and in order, and contacts see nothing',
  EVERYWHERE,
  async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    const id = await enable(bob)
    alice.send(chat(BOB, '1'), chat(BOB, '2'))
    await bob.expect(got(alice.jid, BOB, '1'), got(alice.jid, BOB, '2'))
    bob.drop()
    alice.send(chat(BOB, '3'), chat(bob.jid, '4'), chat(BOB, '5'))
    await sync(alice)
    const again = await comeBack(cast, bob, id, 1, 0)
    await again.expect(
      got(alice.jid, BOB, '2', delay()),
      got(alice.jid, BOB, '3', delay()),
      got(alice.jid, bob.jid, '4', delay()),
      got(alice.jid, BOB, '5', delay()),
    )
    again.send(chat(alice.jid, 'here'), R)
    await alice.expect(got(bob.jid, alice.jid, 'here'))
    await again.expect(a(1))
  },
)

story('T-SM02: roster pushes and answers wait too, and of presence the newest', { ...UNASKED, ...inMemory }, async (cast) => {
  const [alice, bob, other] = await cast.friends('alice/1', 'bob/1', 'bob/2')
  const id = await enable(bob)
  bob.drop()
  await sync(alice)
  for (const show of ['away', 'dnd', 'xa']) {
    alice.send(`<presence><show>${show}</show></presence>`)
    for (const one of [alice, other]) await one.expect(here(alice.jid, `<show>${show}</show>`))
  }
  other.send(rosterSet('r', `<item jid='x@y'/>`))
  await other.expect(push('x@y', `subscription='none'`), `<iq type='result' id='r'/>`)
  const again = await comeBack(cast, bob, id, 0, 0)
  await again.expectAll(here(alice.jid, '<show>xa</show>'), push('x@y', `subscription='none'`))
})

story(
  'T-SM02: the connection breaks in the middle of a stanza: that one is not handled, those before are',
  UNASKED,
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    const id = await enable(bob)
    bob.send(chat(alice.jid, 'whole'), chat(alice.jid, 'half').slice(0, -20))
    await alice.expect(got(bob.jid, alice.jid, 'whole'))
    bob.drop()
    const again = await comeBack(cast, bob, id, 0, 1)
    again.send(chat(alice.jid, 'half'))
    await alice.expect(got(bob.jid, alice.jid, 'half'))
  },
)

story('T-SM02: the connection breaks in the middle of an acknowledgement: nothing is acknowledged', UNASKED, async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  const id = await enable(bob)
  alice.send(chat(bob.jid, 'm'))
  await bob.expect(got(alice.jid, bob.jid, 'm'))
  bob.send(a(1).slice(0, -4))
  await sync(alice)
  bob.drop()
  const again = await comeBack(cast, bob, id, 0, 0)
  await again.expect(got(alice.jid, bob.jid, 'm', delay()))
})

story('T-SM02: connections that break again and again; the counts go on', UNASKED, async (cast) => {
  const [alice, first] = await cast.friends('alice/1', 'bob/1')
  const id = await enable(first)
  let bob = first
  for (let round = 0; round < 5; round++) {
    bob.drop()
    alice.send(chat(BOB, `${round}`))
    await sync(alice)
    bob = await comeBack(cast, first, id, round, round)
    await bob.expect(got(alice.jid, BOB, `${round}`, delay()))
    bob.send(chat(alice.jid, `echo ${round}`))
    await alice.expect(got(first.jid, alice.jid, `echo ${round}`))
  }
})

story(
  'T-SM04: the old connection is still open: it is closed with a conflict, and what came on it counts',
  UNASKED,
  async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    const id = await enable(bob)
    bob.send(chat(bareOf('nobody'), 'on its way'), chat(alice.jid, 'm'))
    await alice.expect(got(bob.jid, alice.jid, 'm'))
    const again = await comeBack(cast, bob, id, 0, 2)
    await bob.wire.expectStreamError('conflict')
    alice.send(chat(BOB, 'n'))
    await again.expect(got(alice.jid, BOB, 'n'))
  },
)

story(
  'T-SM04: what came on the old connection and still waits for its turn is done first, and counts',
  { ...UNASKED, ...inMemory, rate: { 'burst': 40, 'stanzas-per-second': 10 } },
  async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    const id = await enable(bob)
    const bodies = Array.from({ length: 60 }, (_, i) => `${i}`)
    bob.send(...bodies.map((body) => chat(alice.jid, body)))
    await alice.expect(...bodies.slice(0, 20).map((body) => got(bob.jid, alice.jid, body)))
    const wire = await cast.authenticated('bob')
    wire.write(resume(id, 0))
    await bob.wire.expectStreamError('conflict')
    assert.deepEqual(wire.arrived, [])
    for (const body of bodies.slice(20)) {
      cast.pass(100)
      await alice.expect(got(bob.jid, alice.jid, body))
    }
    await wire.expect(resumed(id, 60))
    cast.adopt(wire, bob.jid)
  },
)

story('SM-5: a session that waits, and one that goes on, are told of once', { ...UNASKED, ...inMemory }, async (cast) => {
  const bob = await cast.client('bob', '1')
  const facts: string[] = []
  for (const fact of ['session-paused', 'session-resumed', 'session-ended'] as const) {
    cast.server.host.on(fact, () => void facts.push(fact))
  }
  const id = await enable(bob)
  bob.drop()
  const second = await comeBack(cast, bob, id, 0, 0)
  assert.deepEqual(facts.splice(0), ['session-paused', 'session-resumed'])
  const third = await comeBack(cast, bob, id, 0, 0)
  await second.wire.expectStreamError('conflict')
  assert.deepEqual(facts.splice(0), ['session-paused', 'session-resumed'])
  await third.close()
  await third.expect(a(0))
  assert.deepEqual(facts, ['session-ended'])
})

story('T-SM04: two connections come back for one session: the last has it', UNASKED, async (cast) => {
  const alice = await cast.client('alice', '1')
  const id = await enable(alice)
  alice.drop()
  const wires = await Promise.all([cast.authenticated('alice'), cast.authenticated('alice')])
  for (const wire of wires) wire.write(resume(id, 0))
  for (const wire of wires) await wire.expect(resumed(id, 0))
  const isRefused = (wire: WireClient): Promise<boolean> =>
    sync(cast.adopt(wire, alice.jid)).then(
      () => false,
      () => true,
    )
  assert.deepEqual((await Promise.all(wires.map(isRefused))).sort(), [false, true])
})

story(
  'T-SM03: an unknown name, and that of another account: item-not-found, and binding is still possible',
  UNASKED,
  async (cast) => {
    const alice = await cast.client('alice', '1')
    const id = await enable(alice)
    const wire = await cast.authenticated('bob')
    for (const name of [id, 'unknown', '']) {
      wire.write(resume(name, 0))
      assert.equal((await wire.expect(failed('item-not-found'))).attr('h'), undefined)
    }
    wire.write(resume(id, 'x'))
    await wire.expect(failed('bad-request'))
    wire.write(`<resume xmlns='${SM}' h='0'/>`)
    await wire.expect(failed('bad-request'))
    await wire.bind('1')
    await sync(alice)
  },
)

story('T-SM03: guessing names is limited', UNASKED, async (cast) => {
  const wire = await cast.authenticated('bob')
  for (let i = 0; i < 20; i++) {
    wire.write(resume(`guess ${i}`, 0))
    await wire.expect(failed('item-not-found'))
  }
  wire.write(resume('one too many', 0))
  await wire.expectStreamError('policy-violation')
})

story(
  'T-SM07: after </stream:stream> the session is over at once, and its client is told what was handled',
  UNASKED,
  async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    const id = await enable(bob)
    bob.send(chat(alice.jid, 'm'))
    await bob.close()
    await bob.expect(a(1))
    await alice.expect(got(bob.jid, alice.jid, 'm'), gone(bob.jid))
    const wire = await cast.authenticated('bob')
    wire.write(resume(id, 0))
    await wire.expect(failed('item-not-found', `h='1'`))
    assert.equal(await wire.bind('1'), bob.jid)
  },
)

story('T-SM06: a resumption with too high a count is a stream error, and the session is over', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const id = await enable(bob)
  bob.drop()
  const wire = await cast.authenticated('bob')
  wire.write(resume(id, 1))
  await wire.expectStreamError('undefined-condition', tooHigh(1, 0))
  await alice.expect(gone(bob.jid))
})

story('SM-6: a client that has forgotten what it had acknowledged cannot resume', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const id = await enable(bob)
  alice.send(chat(bob.jid, 'm'))
  await bob.expect(got(alice.jid, bob.jid, 'm'))
  bob.send(a(1), R)
  await bob.expect(a(0))
  bob.drop()
  const wire = await cast.authenticated('bob')
  wire.write(resume(id, 0))
  await wire.expect(failed('item-not-found', `h='0'`))
  await alice.expect(gone(bob.jid))
})

story(
  'T-CSI3: a resumed client is active, and gets what was held back behind what it had missed',
  { ...UNASKED, ...inMemory },
  async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    const id = await enable(bob)
    bob.send(`<inactive xmlns='urn:xmpp:csi:0'/>`)
    await sync(bob)
    alice.send('<presence><show>away</show></presence>')
    await alice.expect(here(alice.jid, '<show>away</show>'))
    alice.send(`<message type='chat' to='${BOB}' id='1'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`)
    await sync(alice)
    bob.drop()
    const again = await comeBack(cast, bob, id, 1, 1)
    await again.expect(
      here(alice.jid, '<show>away</show>'),
      `<message type='chat' id='1' from='${alice.jid}'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`,
    )
    alice.send('<presence/>')
    await again.expect(here(alice.jid))
    await alice.expect(here(alice.jid))
  },
)

story('SM-5: carbons and directed presence are as they were', UNASKED, async (cast) => {
  const [alice, bob, carol] = await cast.clients('alice/1', 'bob/1', 'carol/1')
  const other = await cast.client('bob', '2')
  await bob.ask(`<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>`)
  bob.send(`<presence to='${carol.jid}'/>`)
  await carol.expect(here(bob.jid))
  const id = await enable(bob)
  bob.drop()
  const again = await comeBack(cast, bob, id, 0, 0)
  alice.send(chat(other.jid, 'm'))
  await other.expect(got(alice.jid, other.jid, 'm'))
  await again.expect(`<message type='chat' from='${BOB}'>*</message>`)
  await again.close()
  await again.expect(a(0))
  await carol.expect(gone(bob.jid))
  await other.expect(gone(bob.jid))
})

for (const [transport, other] of [
  ['starttls', 'direct tls'],
  ['starttls', 'websocket with tls'],
  ['memory', 'websocket in memory'],
  ['websocket in memory', 'memory'],
  ['memory', 'bosh in memory'],
  ['bosh in memory', 'memory'],
] as const) {
  story(`SM-6: over ${other} it is the same session`, { on: [transport], ...UNASKED }, async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    const id = await enable(bob)
    bob.drop()
    alice.send(chat(BOB, 'm'))
    await sync(alice)
    const there = await comeBack(cast, bob, id, 0, 0, other)
    await there.expect(got(alice.jid, BOB, 'm', delay()))
    alice.send(chat(BOB, 'n'))
    await there.expect(got(alice.jid, BOB, 'n'))
    const back = await comeBack(cast, bob, id, 1, 0)
    await there.wire.expectStreamError('conflict')
    await back.expect(got(alice.jid, BOB, 'n', delay()))
  })
}

story('SM-6: the language is that of the new stream', { ...UNASKED, ...inMemory }, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const id = await enable(bob)
  bob.drop()
  const wire = await cast.wire()
  for (const step of ['log in', 'resume']) {
    await wire.open({ lang: 'de' })
    await wire.features()
    if (step === 'log in') await wire.authenticate('bob', PASSWORD)
  }
  wire.write(resume(id, 0))
  await wire.expect(resumed(id, 0))
  cast.adopt(wire, bob.jid).send(chat(ALICE, 'Guten Tag'))
  assert.equal((await alice.expect(got(bob.jid, ALICE, 'Guten Tag'))).attr('xml:lang'), 'de')
})

story(
  'SM-6: where the operator wants no resumption, it is not implemented',
  { ...inMemory, settings: { 'stream-management': { 'resume-time': '0 s' } } },
  async (cast) => {
    const wire = await cast.authenticated('alice')
    wire.write(resume('x', 0))
    await wire.expect(failed('feature-not-implemented'))
    await wire.bind('1')
  },
)

story(
  'SM-6: what does not fit into the window comes as the client acknowledges, and breaks nothing',
  { ...UNASKED, streams: { 'output-queue': 700_000 } },
  async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    const id = await enable(bob)
    bob.drop()
    const body = 'x'.repeat(50_000)
    const bodies = Array.from({ length: 40 }, (_, i) => `${i}${body}`)
    for (const [i, one] of bodies.entries()) alice.send(chat(BOB, one, `${i}`))
    await sync(alice)
    const again = await comeBack(cast, bob, id, 0, 0)
    let read = 0
    while (read < bodies.length) {
      const next = await again.wire.element('a message, or a request')
      if (next.name === 'r') again.send(a(read))
      else {
        assert.equal(next.child('body')!.text, bodies[read++])
        assert(next.elements.some((e) => e.name === 'delay'))
      }
    }
  },
)
