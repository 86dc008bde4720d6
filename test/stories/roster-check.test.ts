/** `porchlight roster check`: what two rosters disagree about, seen by the operator and set right under the users' eyes. */
import assert from 'node:assert/strict'
import { silent } from '../../src/base/log.ts'
import { request, rosterItem } from '../support/im-recorder.ts'
import { mendRosters } from '../../src/process/roster-mending.ts'
import type { PendingRequest, RosterItem } from '../../src/im/account.ts'
import type { AuditPage, Finding } from '../../src/server/contacts/roster-audit.ts'
import { arrives, gone, here, push } from '../support/stanzas.ts'
import { bareOf, story, type Cast } from '../support/story.ts'

const ALICE = bareOf('alice')
const TWO = ['a.example', 'b.example']
const BOB = bareOf('bob')

/** Writes into a roster what no stanza could have. Before its owner logs in. */
async function written(cast: Cast, owner: string, item: RosterItem | null, pending: PendingRequest | null = null): Promise<void> {
  const { stores } = cast.server
  await cast.server.account(owner)
  const { version } = await stores.rosters.load(owner)
  const contact = (item?.jid ?? pending?.from)!
  await stores.rosters.save(owner, { contact, item, pending, version: version + 1, pushed: true })
}

/** All pages, each of one account. */
async function check(cast: Cast, fix: boolean, domain = 'a.example'): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (let place: AuditPage['next'] = { owner: '', contact: '' }; place !== null;) {
    const page: AuditPage = await cast.server.server.rosterAudit.page({ domain, from: place, accountsMax: 1, mend: fix })
    findings.push(...page.findings)
    place = page.next
  }
  return findings
}
const whats = (findings: readonly Finding[]) => findings.map((f) => ('owner' in f ? f.what.join() : f.what))

story('4.3.2 rule 1: who believes to see somebody that does not show himself is told; the dry run tells nobody', async (cast) => {
  await cast.rosters(['alice', 'bob', 'both'], ['bob', 'alice', 'to'])
  const { version } = await cast.server.stores.rosters.load(ALICE)
  assert.deepEqual(await check(cast, false), [
    { what: 'unshown', watcher: ALICE, watching: 'sees', shower: BOB, showing: 'nothing', mended: null },
  ])
  assert.equal((await cast.server.stores.rosters.load(ALICE)).version, version)
  assert.equal((await check(cast, true))[0]!.mended, true)
  assert.equal((await cast.server.stores.rosters.load(ALICE)).items[0]!.subscription, 'from')
})

story('T-S21: a login asks, and so ends what only one roster believes in', async (cast) => {
  await cast.rosters(['alice', 'bob', 'both'], ['bob', 'alice', 'to'])
  const bob = await cast.client('bob', '1')
  const alice = await cast.client('alice', '1', { presence: null })
  bob.take()
  alice.send('<presence/>')
  await alice.expectAll(here(alice.jid), arrives('unsubscribed', BOB, ALICE), push(BOB, `subscription='from'`))
  await bob.expect(here(alice.jid))
  assert.deepEqual(await check(cast, true), [])
})

story('A.3.2: who shows himself to somebody that does not look any more is told, and stops', async (cast) => {
  await cast.rosters(['alice', 'bob', 'none'], ['bob', 'alice', 'from'])
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  alice.take()
  await check(cast, true)
  await bob.expect(arrives('unsubscribe', ALICE, BOB), push(ALICE, `subscription='none'`))
  await alice.expect(gone(bob.jid))
})

story('T-S22: a granted request (3.1.3 rule 2) whose answer got lost is answered again, and presence follows', async (cast) => {
  await written(cast, ALICE, rosterItem(BOB, 'none', false, true))
  await cast.rosters(['bob', 'alice', 'from'])
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  const [found, ...more] = await check(cast, true)
  assert.deepEqual(
    [found, ...more].map((f) => f!.mended),
    [true],
  )
  assert.deepEqual(whats([found!]), ['ungranted'])
  await alice.expect(arrives('subscribed', BOB, ALICE), push(BOB, `subscription='to'`), here(bob.jid))
  assert.deepEqual(await check(cast, true), [])
})

story('SUB-11: a request that got lost is sent again; one that nobody makes any more is forgotten', async (cast) => {
  await written(cast, ALICE, rosterItem(BOB, 'none', false, true))
  await written(cast, BOB, null, request(bareOf('carol'), BOB))
  await cast.server.account('carol')
  const [, bob] = await cast.clients('alice/1', 'bob/1')
  bob.take()
  assert.deepEqual(whats(await check(cast, false)), ['unheard', 'withdrawn'])
  assert.deepEqual(
    (await check(cast, true)).map((f) => f.mended),
    [true, true],
  )
  await bob.expectAll(arrives('subscribe', ALICE, BOB), arrives('unsubscribe', bareOf('carol'), BOB))
  assert.deepEqual(await check(cast, false), [])
})

story('XEP-0191: a request that is not heard because its sender is blocked stays what it is', async (cast) => {
  await written(cast, ALICE, rosterItem(BOB, 'none', false, true))
  await cast.server.account(BOB)
  const [, bob] = await cast.clients('alice/1', 'bob/1')
  await bob.ask(`<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='${ALICE}'/></block></iq>`)
  assert.deepEqual(await check(cast, true), [])
})

story('8.5.1: an account that is gone is not seen; a request to one that never was may wait for ever', async (cast) => {
  await written(cast, ALICE, rosterItem(bareOf('ghost'), 'both'))
  await written(cast, ALICE, rosterItem(bareOf('typo'), 'none', false, true))
  assert.deepEqual(await check(cast, true), [
    { what: 'unshown', watcher: ALICE, watching: 'sees', shower: bareOf('ghost'), showing: null, mended: true },
    { what: 'unwanted', watcher: bareOf('ghost'), watching: 'nothing', shower: ALICE, showing: 'shows', mended: true },
  ])
  const { items } = await cast.server.stores.rosters.load(ALICE)
  assert.deepEqual(items.map((item) => [item.jid.local, item.subscription, item.ask]).sort(), [
    ['ghost', 'none', false],
    ['typo', 'none', true],
  ])
})

story('two domains: who is at one of them is compared with who is at the other, once', { domains: TWO }, async (cast) => {
  const dora = 'dora@b.example'
  await cast.rosters(['alice', dora, 'to'], [dora, 'alice', 'none'], [dora, 'bob', 'to'])
  await cast.server.account('bob')
  assert.deepEqual(whats(await check(cast, false)), ['unshown'])
  assert.deepEqual(whats(await check(cast, false, 'b.example')), ['unshown'])
  for (const domain of TWO)
    assert.deepEqual(
      (await check(cast, true, domain)).map((f) => f.mended),
      [true],
    )
  for (const domain of TWO) assert.deepEqual(await check(cast, true, domain), [])
})

story('what makes no sense is taken out, with a push to who looks', async (cast) => {
  await written(cast, ALICE, rosterItem(ALICE, 'both'))
  await written(cast, ALICE, rosterItem(`${BOB}/phone`, 'none'))
  await written(cast, ALICE, rosterItem('dave@d.example', 'to', false, true))
  const alice = await cast.client('alice', '1')
  assert.deepEqual(whats(await check(cast, false)), ['own-address', 'resource', 'needless-ask'])
  await cast.expectNothing()
  assert.deepEqual(
    (await check(cast, true)).map((f) => f.mended),
    [true, true, true],
  )
  await alice.expect(
    push(ALICE, `subscription='remove'`),
    push(`${BOB}/phone`, `subscription='remove'`),
    push('dave@d.example', `subscription='to'`),
  )
  assert.deepEqual(await check(cast, true), [])
})

story(
  'after a crash, what two rosters disagree about is set right in the background, and logged',
  { on: ['memory'] },
  async (cast) => {
    await cast.rosters(['alice', 'bob', 'both'], ['bob', 'alice', 'to'])
    for (let i = 0; i < 45; i++) await cast.server.account(bareOf(`zoe${i}`))
    const alice = await cast.client('alice', '1', { presence: null })
    const said: object[] = []
    const note = (fields: object): void => void said.push(fields)
    const { rosterAudit } = cast.server.server
    const { clock, domains } = cast.server.host
    mendRosters({ audit: rosterAudit, domains, clock, log: { ...silent, info: note, warn: note, error: note } })
    await cast.advance(4999)
    await cast.expectNothing()
    for (let i = 0; i < 50 && said.length < 2; i++) await cast.advance(100)
    await alice.expect(arrives('unsubscribed', BOB, ALICE), push(BOB, `subscription='from'`))
    assert.deepEqual(said, [
      { what: 'unshown', watcher: ALICE, contact: BOB, mended: true },
      { accounts: 47, contacts: 2, disagreements: 1, mended: 1 },
    ])
    assert.deepEqual(await check(cast, false), [])
  },
)

story('what was shown of a contact here is closed when a refused probe shows that there is no subscription', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const { stores, server } = cast.server
  const account = server.accounts.get(BOB)!
  const item = { ...account.roster.item(ALICE)!, subscription: 'none' as const }
  const change = { contact: item.jid, item, pending: null, version: account.roster.version + 1, pushed: true }
  await stores.rosters.save(BOB, change)
  account.roster.apply(change, stores.rosters.epoch) // as a crash may leave it
  alice.send(`<presence type='probe' to='${BOB}'/>`)
  await alice.expectAll(arrives('unsubscribed', BOB, ALICE), push(BOB, `subscription='from'`), gone(bob.jid, '', ALICE))
})
