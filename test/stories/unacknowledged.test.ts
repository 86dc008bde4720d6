/** XEP-0198 section 4 on a whole server: nobody comes back for a session. What it has not acknowledged is neither lost nor doubled. */
import assert from 'node:assert/strict'
import { delay, gone, here } from '../support/stanzas.ts'
import { story, type Cast } from '../support/story.ts'
import { a, BOB, chat, enable, failed, got, R, resume, RESUME_MS, sync, UNASKED, inMemory } from '../support/stream-management.ts'
import { until } from '../support/until.ts'
import { refusal } from '../support/xml-pattern.ts'

const expire = (cast: Cast): Promise<void> => cast.advance(RESUME_MS)

story(
  'T-SM05: contacts see the session until its time is over, and then that it ends',
  { ...UNASKED, ...inMemory },
  async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    const id = await enable(bob)
    bob.drop()
    await sync(alice)
    await cast.advance(RESUME_MS - 1)
    await cast.expectNothing()
    cast.pass(1)
    await alice.expect(gone(bob.jid))
    const wire = await cast.authenticated('bob')
    wire.write(resume(id, 0))
    await wire.expect(failed('item-not-found', `h='0'`))
  },
)

story(
  'T-SM05: messages go into the store, with the moment at which they should have been written',
  { ...UNASKED, ...inMemory },
  async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    await enable(bob)
    cast.pass(1000)
    alice.send(chat(BOB, '1'))
    await bob.expect(got(alice.jid, BOB, '1'))
    bob.drop()
    await sync(alice)
    cast.pass(1000)
    alice.send(chat(bob.jid, '2'), `<message to='${bob.jid}' id='3'><body>normal</body></message>`)
    await sync(alice)
    await expire(cast)
    await alice.expect(gone(bob.jid))
    const again = await cast.client('bob', '2', { presence: null })
    again.send('<presence/>')
    const stamp = (seconds: number): string => delay(`2026-01-01T00:00:0${seconds}Z`)
    await again.expectAll(
      here(again.jid),
      here(alice.jid),
      got(alice.jid, BOB, '1', stamp(1)),
      got(alice.jid, bob.jid, '2', stamp(2)),
      `<message id='3' to='${bob.jid}' from='${alice.jid}'><body>normal</body>${stamp(2)}</message>`, // as the archive has it
    )
    await alice.expect(here(again.jid))
  },
)

story('T-SM05: messages go to another resource that is there', { ...UNASKED, ...inMemory }, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  await enable(bob)
  bob.drop()
  await sync(alice)
  alice.send(chat(bob.jid, 'm'))
  const other = await cast.client('bob', '2')
  await expire(cast)
  await other.expectAll(gone(bob.jid), got(alice.jid, bob.jid, 'm', delay()))
  await alice.expect(gone(bob.jid))
})

story(
  'T-SM05: what another resource has got, as itself or as a copy, does not come again',
  { ...UNASKED, ...inMemory },
  async (cast) => {
    const [alice, bob, other] = await cast.clients('alice/1', 'bob/1', 'bob/2')
    await other.ask(`<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>`)
    await enable(bob)
    bob.drop()
    alice.send(chat(BOB, 'to both'), chat(bob.jid, 'to one'), `<message to='${BOB}' id='n'><body>normal</body></message>`)
    await other.expect(
      got(alice.jid, BOB, 'to both'),
      `<message type='chat' from='${BOB}' to='${other.jid}'>*</message>`,
      `<message id='n' to='${BOB}'><body>normal</body></message>`,
    )
    await expire(cast)
    await other.expect(gone(bob.jid))
  },
)

story(
  'T-SM05: what no resource has got in the end is not lost, whoever had it as a copy',
  { ...UNASKED, ...inMemory },
  async (cast) => {
    const [alice, bob, other] = await cast.clients('alice/1', 'bob/1', 'bob/2')
    await other.ask(`<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>`)
    for (const one of [bob, other]) {
      await enable(one)
      one.drop()
    }
    await sync(alice)
    alice.send(chat(BOB, 'to both'), chat(bob.jid, 'to one'))
    await sync(alice)
    await expire(cast)
    const again = await cast.client('bob', '3', { presence: null })
    again.send('<presence/>')
    await again.expectAll(here(again.jid), got(alice.jid, BOB, 'to both', delay()), got(alice.jid, bob.jid, 'to one', delay()))
  },
)

story(
  'T-SM05: requests are answered with an error; copies, groupchat, errors, results and presence are dropped',
  { ...UNASKED, ...inMemory },
  async (cast) => {
    const [alice, bob, other] = await cast.friends('alice/1', 'bob/1', 'bob/2')
    await bob.ask(`<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>`)
    await enable(bob)
    bob.drop()
    await sync(alice)
    alice.send(
      `<iq type='get' id='1' to='${bob.jid}'><q xmlns='x'/></iq>`,
      `<iq type='result' id='2' to='${bob.jid}'/>`,
      `<message type='groupchat' id='3' to='${bob.jid}'><body>g</body></message>`,
      `<message type='chat' id='5' to='${bob.jid}'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`,
      `<message type='error' id='4' to='${bob.jid}'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
      chat(other.jid, 'copied'),
      '<presence/>',
    )
    await other.expect(got(alice.jid, other.jid, 'copied'), here(alice.jid))
    await alice.expect(here(alice.jid))
    await expire(cast)
    await alice.expectAll(refusal('iq', `id='1' from='${bob.jid}'`, 'cancel', 'service-unavailable'), gone(bob.jid))
    await other.expect(gone(bob.jid))
  },
)

story(
  'T-SM05: a message from the store that was not acknowledged goes back there, and keeps its first date',
  { ...UNASKED, ...inMemory },
  async (cast) => {
    const alice = await cast.client('alice', '1')
    await cast.server.account('bob')
    alice.send(chat(BOB, 'm'))
    await sync(alice)
    cast.pass(1000)
    const bob = await cast.client('bob', '1', { presence: null })
    await enable(bob)
    bob.send('<presence/>')
    await bob.expectAll(here(bob.jid), got(alice.jid, BOB, 'm', delay('2026-01-01T00:00:00Z')))
    bob.drop()
    await sync(alice)
    await expire(cast)
    const again = await cast.client('bob', '2', { presence: null })
    again.send('<presence/>')
    await again.expectAll(here(again.jid), got(alice.jid, BOB, 'm', delay('2026-01-01T00:00:00Z')))
  },
)

story('SM-9: whoever closes the stream without acknowledging gets the messages again', UNASKED, async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await enable(bob)
  alice.send(chat(BOB, '1'), chat(BOB, '2'))
  await bob.expect(got(alice.jid, BOB, '1'), got(alice.jid, BOB, '2'))
  bob.send(a(1))
  await bob.close()
  await bob.expect(a(0))
  const again = await cast.client('bob', '2', { presence: null })
  again.send('<presence/>')
  await again.expectAll(here(again.jid), got(alice.jid, BOB, '2', delay()))
})

story(
  'SM-9: a session that waits gives way to a new one of its resource, which gets what was meant for it',
  UNASKED,
  async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    await enable(bob)
    alice.send(chat(BOB, 'm'))
    await bob.expect(got(alice.jid, BOB, 'm'))
    bob.drop()
    const isPaused = (): boolean => [...cast.server.server.sessions.all()].some((session) => session.pause !== null)
    await until('Bob is away', isPaused, () => sync(alice))
    const again = await cast.client('bob', '1', { presence: null })
    assert.equal(again.jid, bob.jid)
    again.send('<presence/>')
    await again.expectAll(here(again.jid), here(alice.jid), got(alice.jid, BOB, 'm', delay()))
    await alice.expect(here(bob.jid))
  },
)

/** Another client of the same user, whose messages are not limited to a share. */
const NOT_AVAILABLE = { presence: null, roster: false }
story(
  'SM-12: too much for one session ends it, and nothing is lost',
  { ...inMemory, settings: { 'stream-management': { 'queue-stanzas': 5, 'ask-after-stanzas': 100, 'ask-after': '1 day' } } },
  async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    const other = await cast.client('bob', 'other', NOT_AVAILABLE)
    await enable(bob)
    const bodies = ['1', '2', '3', '4', '5', '6']
    for (const body of bodies.slice(0, 3)) other.send(chat(BOB, body))
    // More than half is full
    await bob.expectAll(...bodies.slice(0, 3).map((body) => got(other.jid, BOB, body)), R)
    for (const body of bodies.slice(3, 5)) other.send(chat(BOB, body))
    for (const body of bodies.slice(3, 5)) await bob.expect(got(other.jid, BOB, body))
    other.send(chat(BOB, '6'))
    await bob.expect(got(other.jid, BOB, '6'))
    await bob.expect(a(0))
    await bob.wire.expectStreamError('policy-violation')
    await alice.expect(gone(bob.jid))
    const again = await cast.client('bob', '2', { presence: null })
    again.send('<presence/>')
    await again.expectAll(here(again.jid), here(alice.jid), ...bodies.map((body) => got(other.jid, BOB, body, delay())))
    await alice.expect(here(again.jid))
  },
)

story(
  'SM-12: a session that waits ends when too much waits for it',
  { ...inMemory, settings: { 'stream-management': { 'queue-size': '10 KiB' } } },
  async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    const other = await cast.client('bob', 'other', NOT_AVAILABLE)
    await enable(bob)
    bob.drop()
    await sync(alice)
    for (const id of ['1', '2', '3']) other.send(chat(bob.jid, 'x'.repeat(4000), id))
    await alice.expect(gone(bob.jid))
  },
)
