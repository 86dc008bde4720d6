/** An account that an operator has disabled: RFC 6120 6.5.1 and 7.6.2.2, and what becomes of its sessions and contacts. */
import assert from 'node:assert/strict'
import { jid } from '../../src/xmpp/jid.ts'
import { logIn } from '../support/sasl2.ts'
import { gone, here, item, rosterGet, rosterResult } from '../support/stanzas.ts'
import { bareOf, PASSWORD, story, type Cast } from '../support/story.ts'
import { bindRequest, SASL } from '../support/wire-client.ts'

const ALICE = bareOf('alice')
const BOB = bareOf('bob')
const REASON = 'Write to the postmaster'
const WORDS = `The account is disabled: ${REASON}`

const disable = async ({ server }: Cast): Promise<void> =>
  assert.equal(await server.host.registrar.disable(jid(ALICE), REASON), true)

story('6.5.1: whoever knows the password of a disabled account is told, and nobody else', async (cast) => {
  await cast.server.account('alice')
  await disable(cast)
  const owner = await cast.secured()
  const told = `<account-disabled/><text xml:lang='en'>${WORDS}</text>`
  assert.equal((await owner.authenticate('alice', PASSWORD)).show(SASL), `<failure>${told}</failure>`)
  const refused = async (user: string): Promise<string> => {
    const stranger = await cast.secured()
    return (await stranger.authenticate(user, 'a guess')).show()
  }
  assert.match(await refused('alice'), /<not-authorized/)
  assert.equal(await refused('alice'), await refused('nobody'))
  assert.equal(await cast.server.host.registrar.enable(jid(ALICE)), true)
  assert.equal((await owner.authenticate('alice', PASSWORD)).name, 'success')
})

story('XEP-0388: the same in the other profile', { on: ['memory tls'] }, async (cast) => {
  await cast.server.account('alice')
  await disable(cast)
  const failure = await logIn(await cast.secured(), 'alice', PASSWORD)
  assert.deepEqual(
    failure.elements.map((e) => [e.name, e.text]),
    [
      ['account-disabled', ''],
      ['text', WORDS],
    ],
  )
  assert.match((await logIn(await cast.secured(), 'alice', 'a guess')).show(), /<not-authorized/)
})

story('sessions of an account that is disabled end, its contacts see it go, and its roster is kept', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  await disable(cast)
  const text = `<text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>${WORDS}</text>`
  await alice.wire.expectStreamError('not-authorized', text)
  await bob.expect(gone(alice.jid))
  await bob.ask(rosterGet('r'), rosterResult('r', item(ALICE, `subscription='both'`)))
  await cast.server.host.registrar.enable(jid(ALICE))
  const again = await cast.client('alice', '1', { presence: null })
  await again.ask(rosterGet('r'), rosterResult('r', item(BOB, `subscription='both'`)))
  again.send('<presence/>')
  await again.expectAll(here(again.jid), here(bob.jid))
  await bob.expect(here(again.jid))
})

story('a session that waits for its client ends too', { on: ['memory'] }, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  alice.send(`<enable xmlns='urn:xmpp:sm:3' resume='true'/>`)
  await alice.expect(`<enabled xmlns='urn:xmpp:sm:3' resume='true' id='*' max='*'/>`)
  alice.drop()
  await cast.expectNothing()
  await disable(cast)
  await bob.expect(gone(alice.jid))
})

story('7.6.2.2: an account that is disabled between login and binding binds nothing', async (cast) => {
  const wire = await cast.authenticated('alice')
  await disable(cast)
  wire.write(bindRequest('1'))
  const error = (await wire.element('a refusal')).child('error')!
  assert.equal(error.elements.map((e) => e.name).join(), 'not-allowed,text')
  assert.equal(error.child('text')!.text, WORDS)
  assert.equal(cast.server.host.sessions.size, 0)
})

story('a disabled account is so after a restart too', { on: ['memory'] }, async (cast) => {
  await cast.server.account('alice')
  await disable(cast)
  cast.server.host.accounts.forget(ALICE)
  assert.match((await (await cast.secured()).authenticate('alice', PASSWORD)).show(), /<account-disabled/)
})
