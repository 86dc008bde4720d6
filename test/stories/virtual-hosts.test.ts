/** Several domains of one server: to each other they are what domains of different servers are, without a way between. */
import assert from 'node:assert/strict'
import { componentsOf } from '../support/component.ts'
import { arrives, gone, here, item, push, rosterGet, rosterResult } from '../support/stanzas.ts'
import { bareOf, story as everywhere, type Cast, type Setting } from '../support/story.ts'

const ALICE = bareOf('alice')
const DORA = 'dora@b.example'
const GATEWAY = 'gw.b.example'
const TWO = { domains: ['a.example', 'b.example'] }

const story = (name: string, script: (cast: Cast) => Promise<void>, more: Setting = {}): void =>
  everywhere(name, { ...TWO, ...more }, script)

/** In the order in which the one waits for the other. */
async function becomeFriends(cast: Cast) {
  const alice = await cast.client('alice', '1')
  const dora = await cast.client(DORA, '1')
  alice.send(`<presence type='subscribe' to='${DORA}'/>`)
  await alice.expect(push(DORA, `subscription='none' ask='subscribe'`))
  await dora.expect(arrives('subscribe', ALICE, DORA))
  dora.send(`<presence type='subscribed' to='${ALICE}'/>`)
  await dora.expect(push(ALICE, `subscription='from'`))
  await alice.expect(arrives('subscribed', DORA, ALICE), push(DORA, `subscription='to'`), here(dora.jid))
  dora.send(`<presence type='subscribe' to='${ALICE}'/>`)
  await dora.expect(push(ALICE, `subscription='from' ask='subscribe'`))
  await alice.expect(arrives('subscribe', DORA, ALICE))
  alice.send(`<presence type='subscribed' to='${DORA}'/>`)
  await alice.expect(push(DORA, `subscription='both'`))
  await dora.expect(arrives('subscribed', ALICE, DORA), push(ALICE, `subscription='both'`), here(alice.jid))
  return { alice, dora }
}

story('RFC 6121 3.1, 4.4, 4.5: users of two domains become contacts, and see each other change and go', async (cast) => {
  const { alice, dora } = await becomeFriends(cast)
  alice.send('<presence><show>away</show></presence>')
  await dora.expect(here(alice.jid, '<show>away</show>', DORA))
  await alice.expect(here(alice.jid, '<show>away</show>'))
  dora.send(`<message to='${ALICE}' type='chat'><body>hello</body></message>`)
  await alice.expect(`<message from='${dora.jid}' to='${ALICE}' type='chat'><body>hello</body></message>`)
  dora.drop()
  await alice.expect(gone(dora.jid))
  assert.deepEqual([...cast.server.host.links.all()], [], 'there is no link between two domains of one server')
})

story('4.3: a login learns of those at the other domain, be they there or gone', async (cast) => {
  await cast.rosters(['alice', DORA, 'both'], [DORA, 'alice', 'both'])
  await cast.rosters(['alice', 'eve@b.example', 'to'], ['eve@b.example', 'alice', 'from'])
  const eve = await cast.client('eve@b.example', '1')
  await eve.close()
  const dora = await cast.client(DORA, '1', { presence: '<presence><status>tea</status></presence>' })
  const alice = await cast.client('alice', '1', { presence: null })
  alice.send('<presence/>')
  await alice.expectAll(
    here(alice.jid),
    here(dora.jid, '<status>tea</status>'),
    gone('eve@b.example', `<delay xmlns='urn:xmpp:delay' from='b.example' stamp='*'/>`),
  )
  await dora.expect(here(alice.jid))
})

story('3.2, 3.3: a subscription between two domains ends on both sides', async (cast) => {
  const { alice, dora } = await becomeFriends(cast)
  alice.send(`<presence type='unsubscribe' to='${DORA}'/>`)
  await dora.expect(arrives('unsubscribe', ALICE, DORA), push(ALICE, `subscription='to'`))
  await alice.expectAll(push(DORA, `subscription='from'`), gone(dora.jid))
  alice.send(`<presence type='unsubscribed' to='${DORA}'/>`)
  await dora.expect(gone(alice.jid), arrives('unsubscribed', ALICE, DORA), push(ALICE, `subscription='none'`))
  await alice.expect(push(DORA, `subscription='none'`))
})

story('RFC 7622 3.2: the same name at two domains is two people', async (cast) => {
  await cast.rosters(['alice', 'bob', 'from'])
  const one = await cast.client('alice', '1')
  const other = await cast.client('alice@b.example', '1')
  await other.ask(rosterGet('r'), rosterResult('r'))
  await one.ask(rosterGet('r'), rosterResult('r', item(bareOf('bob'), `subscription='from'`)))
  one.send(`<message to='alice@b.example'><body>am I you?</body></message>`)
  await other.expect(`<message from='${one.jid}' to='alice@b.example'><body>am I you?</body></message>`)
  one.send('<presence><show>dnd</show></presence>')
  await one.expect(here(one.jid, '<show>dnd</show>'))
})

story('RFC 6120 8.1.2.1: nobody speaks for his namesake at the other domain', async (cast) => {
  const other = await cast.client('alice@b.example', '1')
  const one = await cast.client('alice', '1')
  one.send(`<message from='${other.jid}' to='${other.jid}'><body>?</body></message>`)
  await one.wire.expectStreamError('invalid-from')
})

story('XEP-0114: users of both domains have a component among their contacts', async (cast) => {
  const bot = `bot@${GATEWAY}`
  await cast.rosters(['alice', bot, 'both'], [DORA, bot, 'both'])
  const component = await (await componentsOf(cast, GATEWAY)).connected()
  for (const [user, bare] of [
    ['alice', ALICE],
    [DORA, DORA],
  ] as const) {
    const client = await cast.client(user, '1')
    await component.expect(here(client.jid, '', bot), `<presence type='probe' from='${bare}' to='${bot}'/>`)
    component.send(`<presence from='${bot}/x' to='${bare}'/>`)
    await client.expect(here(`${bot}/x`, '', bare))
  }
})

story(
  'COMP-5, PSA-20: a component has a link to each domain, and its loss is told for those that look',
  async (cast) => {
    await cast.rosters([DORA, GATEWAY, 'to'])
    const facts: string[] = []
    for (const kind of ['link-down', 'link-up', 'link-mended'] as const)
      cast.server.host.on(kind, ({ local, remote }) => facts.push(`${kind} ${local} ${remote}`))
    const backstage = await componentsOf(cast, GATEWAY)
    const component = await backstage.connected()
    const dora = await cast.client(DORA, '1')
    await component.expect(`<presence type='probe' from='${DORA}' to='${GATEWAY}'/>`)
    component.wire.link.drop()
    await cast.advance(120_000)
    assert.deepEqual(facts, [`link-down b.example ${GATEWAY}`])
    const again = await backstage.connected()
    await cast.advance(2000)
    const ours = [...cast.server.host.router.here()] // with accounts or a service behind them
    assert.deepEqual(
      facts.slice(1).toSorted(),
      [...ours.map((local) => `link-mended ${local} ${GATEWAY}`), `link-up b.example ${GATEWAY}`].toSorted(),
    )
    await again.expect(`<presence type='probe' from='${DORA}' to='${GATEWAY}'/>`)
    again.send(`<presence from='${GATEWAY}' to='${DORA}'/>`)
    await dora.expect(here(GATEWAY, '', DORA))
  },
  { on: ['memory'] },
)
