/** Groups of the operator: their members see each other without asking. */
import assert from 'node:assert/strict'
import type { Groups } from '../../src/server/contacts/groups.ts'
import { here } from '../support/stanzas.ts'
import { bareOf, Cast, DOMAIN, story } from '../support/story.ts'
import { refusal } from '../support/xml-pattern.ts'

const IN_MEMORY = { on: ['memory'] as const }
const ALICE = bareOf('alice')
const BOB = bareOf('bob')
const CAROL = bareOf('carol')
const ROSTER = 'jabber:iq:roster'
const groupsOf = ({ server }: Cast): Groups => server.server.groups
const item = (jid: string, attrs: string, ...groups: readonly string[]): string =>
  `<item jid='${jid}' ${attrs}>${groups.map((group) => `<group>${group}</group>`).join('')}</item>`
const push = (inside: string): string =>
  `<iq type='set' id='*' from='*' to='*'><query xmlns='${ROSTER}' ver='*'>${inside}</query></iq>`
/** What the roster of `owner` says: contact, subscription and groups of each item. */
const rosterOf = async (cast: Cast, owner: string): Promise<readonly string[]> =>
  (await cast.server.stores.rosters.load(owner)).items.map((i) => [i.jid.bare, i.subscription, ...i.groups].join(' ')).sort()

async function made(cast: Cast, name: string, ...members: readonly string[]): Promise<void> {
  for (const member of members) await cast.server.account(member)
  await groupsOf(cast).create(name)
  assert.deepEqual(await groupsOf(cast).join(name, members), [])
}

story(
  'GRP-1: members have each other in their rosters at once, and see each other; whoever leaves does not',
  IN_MEMORY,
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    await made(cast, 'Team', ALICE, BOB, CAROL)
    await cast.settle()
    const both = (jid: string): string => item(jid, `subscription='both'`, 'Team')
    await alice.expect(push(both(BOB)), push(both(CAROL)), here(bob.jid))
    await bob.expect(push(both(ALICE)), push(both(CAROL)), here(alice.jid))
    const carol = await cast.client('carol', '1', { presence: null })
    carol.send('<presence/>')
    await cast.settle()
    for (const other of [alice, bob]) await other.expect(here(carol.jid))
    carol.take()

    await groupsOf(cast).leave('Team', [BOB])
    await cast.settle()
    const [ofAlice, ofBob] = [alice.take(), bob.take()].map((all) => all.map((e) => e.show()))
    assert.equal(ofAlice!.filter((text) => text.includes('unavailable')).length, 1)
    assert.equal(ofBob!.filter((text) => text.includes('unavailable')).length, 2)
    assert.deepEqual([await rosterOf(cast, BOB), await rosterOf(cast, ALICE)], [[], [`${CAROL} both Team`]])
    await cast.forget()
  },
)

story(
  'GRP-2: users cannot break what a group has made, for themselves or others, and may rename and sort it',
  IN_MEMORY,
  async (cast) => {
    await made(cast, 'Team', ALICE, BOB)
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    const set = (inside: string): string => `<iq type='set' id='s'><query xmlns='${ROSTER}'>${inside}</query></iq>`
    await alice.ask(set(`<item jid='${BOB}' subscription='remove'/>`), refusal('iq', `id='s' from='*'`, 'cancel', 'not-allowed'))
    for (const type of ['unsubscribe', 'unsubscribed']) {
      alice.send(`<presence type='${type}' to='${BOB}' id='u'/>`)
      await alice.expect(refusal('presence', `id='u' from='*'`, 'cancel', 'not-allowed'))
    }
    alice.send(set(item(BOB, `name='Bobby'`, 'Friends')))
    await cast.settle()
    alice.take()
    assert.deepEqual(await rosterOf(cast, ALICE), [`${BOB} both Friends`])
    await bob.expect()
    await groupsOf(cast).delete('Team')
    await cast.settle()
    assert.deepEqual(
      [await rosterOf(cast, ALICE), await rosterOf(cast, BOB)],
      [[`${BOB} none Friends`], []],
      'what the user has made of it stays',
    )
    await cast.forget()
  },
)

story('GRP-3: a contact of the user is one afterwards, as before; two groups in common are two', IN_MEMORY, async (cast) => {
  await cast.rosters([ALICE, BOB, 'to'], [BOB, ALICE, 'from'])
  await made(cast, 'Team', ALICE, BOB)
  await made(cast, 'Choir', ALICE, BOB)
  assert.deepEqual(await rosterOf(cast, ALICE), [`${BOB} both Team Choir`])
  await groupsOf(cast).leave('Team', [ALICE])
  assert.deepEqual(await rosterOf(cast, ALICE), [`${BOB} both Choir`])
  await groupsOf(cast).delete('Choir')
  assert.deepEqual([await rosterOf(cast, ALICE), await rosterOf(cast, BOB)], [[`${BOB} to`], [`${ALICE} from`]])
  const range = { domain: DOMAIN, from: { owner: '', contact: '' }, accountsMax: 10, mend: false }
  assert.deepEqual((await cast.server.server.rosterAudit.page(range)).findings, [])
})

story('GRP-4: a deleted account is gone from the rosters of its groups', IN_MEMORY, async (cast) => {
  await made(cast, 'Team', ALICE, BOB)
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  bob.send(`<iq type='set' id='r'><query xmlns='jabber:iq:register'><remove/></query></iq>`)
  await cast.settle().catch(() => undefined)
  await groupsOf(cast).finish()
  assert.deepEqual(await rosterOf(cast, ALICE), [])
  assert.deepEqual(groupsOf(cast).all, [['Team', [ALICE]]])
  assert.match(
    alice
      .take()
      .map((e) => e.show())
      .join(''),
    /unavailable.*subscription='remove'/s,
  )
  await cast.forget().catch(() => undefined)
})

story('GRP-5: a change that was under way when the server died is finished at the next start', IN_MEMORY, async (cast) => {
  for (const name of [ALICE, BOB]) await cast.server.account(name)
  const { groups } = cast.server.stores
  await groups.create('Team')
  const link = { before: null, state: 'joining' } as const
  const pairs = [
    { owner: ALICE, contact: BOB, ...link },
    { owner: BOB, contact: ALICE, ...link },
  ]
  await groups.join(
    [
      { name: 'Team', account: ALICE },
      { name: 'Team', account: BOB },
    ],
    pairs,
  )
  await groupsOf(cast).load()
  await groupsOf(cast).finish()
  assert.deepEqual([await rosterOf(cast, ALICE), await rosterOf(cast, BOB)], [[`${BOB} both Team`], [`${ALICE} both Team`]])
  assert.deepEqual(await groups.unfinished(), [])
})

for (const how of ['crash', 'restart'] as const)
  story(
    `GRP-1: after a ${how} the group is there, its members see each other, and whoever leaves does not`,
    IN_MEMORY,
    async (cast) => {
      await cast.clients('alice/1', 'bob/1')
      await made(cast, 'Team', ALICE, BOB, CAROL)
      await groupsOf(cast).leave('Team', [CAROL])
      await cast.forget()
      const next = new Cast(await cast.server[how]({}))
      cast.cut()
      cast.atEnd(() => next.end())
      await cast.forget()
      await groupsOf(next).load() // as the process does at its start
      assert.deepEqual(groupsOf(next).all, [['Team', [ALICE, BOB]]])
      const [alice, bob] = await next.clients('alice/2', 'bob/2')
      bob.send('<presence><show>away</show></presence>')
      await alice.expect(here(bob.jid, '<show>away</show>'))
      await groupsOf(next).leave('Team', [BOB])
      await next.settle()
      assert.ok(alice.take().some((e) => e.attr('type') === 'unavailable' && e.attr('from') === bob.jid))
      assert.deepEqual([await rosterOf(next, ALICE), await rosterOf(next, BOB), await rosterOf(next, CAROL)], [[], [], []])
      await next.forget()
    },
  )

story('GRP-1: whoever could not be taken out on disk is a member as before', IN_MEMORY, async (cast) => {
  await made(cast, 'Team', ALICE, BOB)
  const { groups } = cast.server.stores
  const leave = groups.leave.bind(groups)
  groups.leave = () => Promise.reject(new Error('the disk is full'))
  await assert.rejects(groupsOf(cast).leave('Team', [BOB]))
  assert.deepEqual([...groupsOf(cast).members('Team')!].sort(), [ALICE, BOB])
  groups.leave = leave
  await groupsOf(cast).leave('Team', [BOB])
  assert.deepEqual([...groupsOf(cast).members('Team')!], [ALICE])
  assert.deepEqual(await rosterOf(cast, BOB), [])
})
