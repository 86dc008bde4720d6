/** XEP-0077 3.2: what becomes of everybody and everything that an account had to do with, when it is removed. */
import assert from 'node:assert/strict'
import { bareOf, story, type Cast } from '../support/story.ts'
import { arrives, gone, item, push, rosterGet, rosterResult } from '../support/stanzas.ts'
import { jid } from '../../src/xmpp/jid.ts'

const ALICE = bareOf('alice')
const BOB = bareOf('bob')
const CAROL = bareOf('carol')
const NONE = `subscription='none'`

/** Alice and Bob see each other, Alice has asked Carol, and Dave (elsewhere) sees Alice. */
async function acquaintances(cast: Cast): Promise<string[]> {
  const toDave: string[] = []
  cast.server.host.router.claim('b.example', 'component', { deliver: (packet) => void toDave.push(String(packet.wire)) })
  await cast.rosters(['alice', 'bob', 'both'], ['bob', 'alice', 'both'], ['alice', 'dave@b.example', 'from'])
  return toDave
}

story('XEP-0077 3.2: whoever had to do with a removed account is told, and nothing of it is left', async (cast) => {
  const toDave = await acquaintances(cast)
  const [bob, carol] = await cast.clients('bob/1', 'carol/1')
  const alice = await cast.client('alice', '1')
  alice.send(`<presence type='subscribe' to='${CAROL}'/>`)
  await alice.expect(push(CAROL, `${NONE} ask='subscribe'`))
  await carol.expect(arrives('subscribe', ALICE))
  await cast.fromElsewhere(`<presence type='subscribe' from='erin@b.example' to='${ALICE}'/>`)
  await alice.expect(arrives('subscribe', 'erin@b.example'))
  await cast.settle()
  toDave.length = 0
  alice.send(`<iq type='set' id='r'><query xmlns='jabber:iq:register'><remove/></query></iq>`)
  await alice.expect(`<iq type='result' id='r'/>`)
  await alice.wire.expectStreamError('not-authorized')
  await bob.expect(
    gone(alice.jid, '', BOB),
    arrives('unsubscribe', ALICE, BOB),
    push(ALICE, `subscription='to'`),
    arrives('unsubscribed', ALICE, BOB),
    push(ALICE, NONE),
  )
  await carol.expect(arrives('unsubscribe', ALICE, CAROL))
  await cast.settle()
  assert.deepEqual(toDave, [
    `<presence from='${alice.jid}' to='dave@b.example' type='unavailable'/>`,
    `<presence from='${ALICE}' to='dave@b.example' type='unsubscribed'/>`,
    `<presence from='${ALICE}' to='erin@b.example' type='unsubscribed'/>`,
  ])
  await bob.ask(rosterGet('g'), rosterResult('g', item(ALICE, NONE)))
})

story('an account of the same name that comes later has nothing of the one before it', async (cast) => {
  await acquaintances(cast)
  const before = await cast.client('alice', '1')
  before.send(`<presence type='unavailable'><status>gone</status></presence>`)
  before.send(`<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='mallory@b.example'/></block></iq>`)
  await before.expectAll(gone(before.jid, '<status>gone</status>'), `<iq type='result' id='b'/>`)
  await before.close()
  await cast.fromElsewhere(`<message type='chat' from='dave@b.example' to='${ALICE}'><body>kept</body></message>`)
  await cast.fromElsewhere(`<presence type='subscribe' from='erin@b.example' to='${ALICE}'/>`)
  const bob = await cast.client('bob', '1')
  assert.equal(await cast.server.host.registrar.delete(jid(ALICE)), true)
  await bob.expectAll(
    arrives('unsubscribe', ALICE),
    push(ALICE, `subscription='to'`),
    arrives('unsubscribed', ALICE),
    push(ALICE, NONE),
  )
  const tables = cast.server.host.database.schema<Record<'waiting_message' | 'blocking_item', { owner: string }>>()
  for (const table of ['waiting_message', 'blocking_item'] as const)
    assert.deepEqual(await tables.selectFrom(table).select('owner').execute(), [], table)
  await cast.server.account('alice')
  const alice = await cast.client('alice', '1', { presence: null })
  alice.send('<presence/>')
  await alice.expect(`<presence from='${alice.jid}' to='*'/>`)
  await alice.ask(rosterGet('g'), rosterResult('g'))
  await alice.ask(
    `<iq type='get' id='l'><blocklist xmlns='urn:xmpp:blocking'/></iq>`,
    `<iq type='result' id='l'><blocklist xmlns='urn:xmpp:blocking'/></iq>`,
  )
})
