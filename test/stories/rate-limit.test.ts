/** What happens to those who send too much (SEC-14, SEC-16): they wait, nobody is lied to, and nobody else suffers. */
import assert from 'node:assert/strict'
import { bareOf, DOMAIN, story, type Cast } from '../support/story.ts'
import { arrives, gone, here } from '../support/stanzas.ts'
import type { StoryClient } from '../support/story-client.ts'

const BOB = bareOf('bob')
const PRESENCE = { on: ['memory'], rate: { 'presence-per-10-seconds': 10 } } as const

const state = (n: number): string => `<status>${n}</status>`
const broadcast = (n: number): string => `<presence>${state(n)}</presence>`

/** Two friends, and the first has no broadcast left: he has sent those from 0 to 9, and `more` that wait. */
async function exhausted(cast: Cast, more: number): Promise<readonly [alice: StoryClient, bob: StoryClient]> {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  await cast.advance(60_000)
  for (let i = 0; i < 10 + more; i++) alice.send(broadcast(i))
  for (let i = 0; i < 10; i++) for (const client of [alice, bob]) await client.expect(here(alice.jid, state(i)))
  await bob.fence()
  assert.deepEqual([...alice.take(), ...bob.take()], [])
  return [alice, bob]
}

story('T-P23: of a storm of presence everybody gets the last', PRESENCE, async (cast) => {
  const [alice, bob] = await exhausted(cast, 90)
  cast.pass(999)
  await bob.fence()
  assert.deepEqual(bob.take(), [])
  cast.pass(1)
  for (const client of [alice, bob]) await client.expect(here(alice.jid, state(99)))
  cast.pass(60_000)
  await cast.expectNothing()
  alice.send(broadcast(100))
  for (const client of [alice, bob]) await client.expect(here(alice.jid, state(100)))
})

story('T-P23: presence that is not too much is not held back', PRESENCE, async (cast) => {
  const [alice, bob] = await exhausted(cast, 0)
  for (let i = 10; i < 15; i++) {
    await cast.advance(1000)
    alice.send(broadcast(i))
    for (const client of [alice, bob]) await client.expect(here(alice.jid, state(i)))
  }
})

story('SEC-16: what is held back does not come after the end', PRESENCE, async (cast) => {
  const [alice, bob] = await exhausted(cast, 5)
  alice.send(`<presence type='unavailable'>${state(99)}</presence>`)
  for (const client of [alice, bob]) await client.expect(gone(alice.jid, state(99)))
  await cast.advance(30_000)
  await cast.expectNothing()
})

for (const end of ['drop', 'close'] as const) {
  story(`SEC-16: what is held back does not come after the end of the session (${end})`, PRESENCE, async (cast) => {
    const [alice, bob] = await exhausted(cast, 5)
    if (end === 'drop') alice.drop()
    else await alice.close()
    await bob.expect(gone(alice.jid))
    await cast.advance(30_000)
  })
}

story('SEC-16: initial presence that is held back comes, with all that belongs to it', PRESENCE, async (cast) => {
  const [alice, bob] = await exhausted(cast, 0)
  alice.send(`<presence type='unavailable'/>`, broadcast(10))
  for (const client of [alice, bob]) await client.expect(gone(alice.jid))
  await bob.fence()
  bob.send('<presence><show>away</show></presence>')
  await bob.expect(here(bob.jid, '<show>away</show>'))
  cast.pass(1000)
  await bob.expect(here(alice.jid, state(10)))
  await alice.expect(here(alice.jid, state(10)), here(bob.jid, '<show>away</show>'))
})

story('SEC-16, RFC 6120 10.1: nothing that others get overtakes what is held back', PRESENCE, async (cast) => {
  const [alice, bob] = await exhausted(cast, 2)
  alice.send(
    `<message to='${BOB}'><body>after</body></message>`,
    `<presence to='${BOB}'><show>dnd</show></presence>`,
    broadcast(12),
    broadcast(13),
  )
  await bob.fence()
  assert.deepEqual(bob.take(), [])
  cast.pass(1000)
  await bob.expect(
    here(alice.jid, state(11)),
    `<message from='${alice.jid}'><body>after</body></message>`,
    here(alice.jid, '<show>dnd</show>'),
  )
  await alice.expect(here(alice.jid, state(11)))
  await bob.fence()
  cast.pass(1000)
  for (const client of [alice, bob]) await client.expect(here(alice.jid, state(13)))
})

story('SEC-16: a subscription waits for the presence before it', PRESENCE, async (cast) => {
  const [alice, bob] = await exhausted(cast, 1)
  alice.send(`<presence type='unsubscribed' to='${BOB}'/>`)
  await bob.fence()
  assert.deepEqual(bob.take(), [])
  cast.pass(1000)
  await bob.expect(here(alice.jid, state(10)), gone(alice.jid), arrives('unsubscribed', alice.bare), `<iq type='set'>*</iq>`)
  await alice.expect(here(alice.jid, state(10)), `<iq type='set'>*</iq>`)
})

story('SEC-16: what the server itself is asked does not wait', PRESENCE, async (cast) => {
  const [alice, bob] = await exhausted(cast, 1)
  await alice.ask(
    `<iq type='get' id='p' to='${DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>`,
    `<iq type='result' id='p' from='${DOMAIN}'/>`,
  )
  cast.pass(1000)
  for (const client of [alice, bob]) await client.expect(here(alice.jid, state(10)))
})

story(
  'SEC-14: too many stanzas wait, and arrive in their order',
  { on: ['memory'], rate: { 'stanzas-per-second': 100, 'burst': 50 } },
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    await cast.advance(10_000)
    cast.pass(10_000)
    for (let i = 0; i < 1000; i++) alice.send(`<message type='headline' to='${bob.jid}' id='${i}'><body>${i}</body></message>`)
    const got: string[] = []
    const collect = async (): Promise<number> => {
      await bob.fence()
      got.push(...bob.take().map((xml) => xml.attr('id')!))
      return got.length
    }
    assert.equal(await collect(), 50)
    assert.ok(alice.isOpen)
    for (let i = 1; i <= 50; i++) {
      cast.pass(10)
      assert.equal(await collect(), 50 + i)
    }
    while (got.length < 1000) {
      cast.pass(10)
      await collect()
    }
    assert.deepEqual(
      got,
      got.map((_, i) => String(i)),
    )
    cast.pass(10_000)
  },
)

for (const [what, one] of [
  ['elements that are no stanzas', `<r xmlns='urn:xmpp:sm:3'/>`],
  ['stanzas to what is no address', `<message to='@'/>`],
] as const) {
  story(`SEC-14: too many ${what} wait`, { on: ['memory'], rate: { 'bytes-per-second': 1000 } }, async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    cast.pass(60_000)
    alice.send(one.repeat(60))
    await bob.fence()
    assert.equal(alice.take().length, 40)
    cast.pass(1000)
    await bob.fence()
    for (let i = 0; i < 20; i++) {
      cast.pass(100)
      await bob.fence()
    }
    assert.equal(alice.take().length, 20)
  })
}

story('SEC-14: too many octets wait', { on: ['memory'], rate: { 'bytes-per-second': 10_000 } }, async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  cast.pass(60_000)
  const body = 'x'.repeat(9900 - '<body></body>'.length)
  for (let i = 0; i < 6; i++) alice.send(`<message type='headline' to='${bob.jid}'><body>${body}</body></message>`)
  await bob.fence()
  assert.equal(bob.take().length, 4)
  for (let i = 0; i < 2; i++) {
    cast.pass(1000)
    await bob.fence()
    assert.equal(bob.take().length, 1)
  }
  cast.pass(60_000)
})

story(
  'SEC-14: a client that has sent too much and is gone is gone',
  { on: ['memory'], rate: { 'stanzas-per-second': 100, 'burst': 50 } },
  async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    await cast.advance(10_000)
    for (let i = 0; i < 80; i++) alice.send(`<message to='${bob.jid}'><body>${i}</body></message>`)
    await bob.fence()
    alice.drop()
    for (let i = 0; i < 50; i++) {
      cast.pass(10)
      await bob.fence()
    }
    const got = bob.take()
    assert.deepEqual(
      got.map((xml) => xml.name),
      [...Array.from({ length: 80 }, () => 'message'), 'presence'],
    )
    assert.equal(got.at(-1)!.attr('type'), 'unavailable')
  },
)
