/** Subscriptions that an application or operator orders between two users: RFC 6121 section 3 without asking them. */
import assert from 'node:assert/strict'
import { jid } from '../../src/xmpp/jid.ts'
import { StanzaError } from '../../src/xmpp/stanza-error.ts'
import { gone, here, push } from '../support/stanzas.ts'
import { bareOf, story } from '../support/story.ts'

const [ALICE, BOB] = [bareOf('alice'), bareOf('bob')]
const step = (type: string, from: string, to: string): string => `<presence type='${type}' from='${from}' to='${to}' id='*'/>`

story('RFC 6121 3.1, 3.4: who is let see sees at once, and both clients get their rosters pushed', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  const { subscriptions } = cast.server.server
  assert.equal(await subscriptions.grant(jid(ALICE), jid(BOB)), true)
  await bob.expect(push(ALICE, `subscription='none' approved='true'`), push(ALICE, `subscription='from'`))
  await alice.expect(
    push(BOB, `subscription='none' ask='subscribe'`),
    step('subscribed', BOB, ALICE),
    push(BOB, `subscription='to'`),
    here(bob.jid),
  )
  await cast.expectNothing()
  assert.equal(await subscriptions.grant(jid(ALICE), jid(BOB)), true, 'it is so already')
  await cast.expectNothing()
})

story('RFC 6121 3.2, 3.3: who is no longer let see is told that the other has gone', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  assert.equal(await cast.server.server.subscriptions.withdraw(jid(ALICE), jid(BOB)), true)
  await bob.expect(push(ALICE, `subscription='to'`))
  await alice.expect(gone(bob.jid), step('unsubscribed', BOB, ALICE), push(BOB, `subscription='from'`))
  await cast.expectNothing()
})

story(
  'without sessions the rosters change all the same; nobody is let see themselves, and only accounts of this server count',
  async (cast) => {
    for (const name of ['alice', 'bob']) await cast.server.account(name)
    const { subscriptions } = cast.server.server
    assert.equal(await subscriptions.grant(jid(ALICE), jid(BOB)), true)
    assert.equal(await subscriptions.grant(jid(BOB), jid(ALICE)), true)
    const { items } = await cast.server.stores.rosters.load(ALICE)
    assert.deepEqual(
      items.map((item) => [item.jid.bare, item.subscription, item.ask]),
      [[BOB, 'both', false]],
    )
    assert.equal(await subscriptions.grant(jid(ALICE), jid(bareOf('nobody'))), false)
    assert.equal(await subscriptions.grant(jid('romeo@elsewhere.example'), jid(ALICE)), false)
    await assert.rejects(subscriptions.grant(jid(ALICE), jid(ALICE)), StanzaError)
  },
)
