import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer } from '../../../test/support/memory-server.ts'
import { bringing, originOf } from '../../rooms/bringing.ts'
import { LIMITS } from '../../rooms/machine/commands.ts'
import { DEFAULTS } from '../../rooms/machine/config.ts'
import type { Element } from '../../xml/element.ts'
import { jid } from '../../xmpp/jid.ts'
import { RSM } from '../../xmpp/result-set.ts'
import { features } from '../catalogue.ts'
import { roomsOf } from './index.ts'
import { MUC_ADMIN } from './ns.ts'

const ROOM = 'hall@conference.example.net'
const MEMBERS = 3000

const memberOf = (i: number): string => `member${i}@example.net`
const ask = (more = '', attributes = ''): string =>
  `<iq type='get' id='l' to='${ROOM}' ${attributes}><query xmlns='${MUC_ADMIN}'><item affiliation='member'/>${more}</query></iq>`
const page = (inside: string): string => `<set xmlns='${RSM}'>${inside}</set>`
const jidsIn = (answer: Element): readonly (string | undefined)[] =>
  answer.child('query', MUC_ADMIN)!.elements.flatMap((e) => (e.name === 'item' ? [e.attr('jid')] : []))
const setIn = (answer: Element): Record<string, string> =>
  Object.fromEntries(
    answer
      .child('query', MUC_ADMIN)!
      .child('set', RSM)!
      .elements.map(({ name, text }) => [name, text]),
  )

/** A room for members with thousands of them, and two owners: one here, one at another server. */
async function hall(count = MEMBERS) {
  const server = await memoryServer({ features })
  const members = [
    ...Array.from({ length: count }, (_, i) => ({ jid: memberOf(i), affiliation: 'member' }) as const),
    ...['alice@example.net', 'eve@elsewhere.example'].map((who) => ({ jid: who, affiliation: 'owner' }) as const),
  ].map((member) => ({ ...member, nick: null, reason: '' }))
  const { clock, entropy } = server.host
  const config = { ...DEFAULTS, persistent: true, membersOnly: true }
  const plan = bringing(originOf(jid(ROOM), clock, entropy), { config, subject: null, card: null, members }, LIMITS)
  await roomsOf(server.host)!.store.save(plan, [], true)
  return server
}

test('ROOM-27: a list of thousands is sent as a whole to users of this server, and in pages to others and to those who ask', async () => {
  const server = await hall()
  const alice = await server.bind('alice@example.net', 'phone')
  const whole = jidsIn(await alice.ask(ask()))
  assert.deepEqual(new Set(whole), new Set(Array.from({ length: MEMBERS }, (_, i) => memberOf(i))))

  const some = await alice.ask(ask(page('<max>2</max>')))
  assert.deepEqual(jidsIn(some), whole.slice(0, 2))
  assert.deepEqual(setIn(some), { first: whole[0], last: whole[1], count: String(MEMBERS) })

  const eve = server.remote('elsewhere.example')
  const from = `from='eve@elsewhere.example/1'`
  const seen: (string | undefined)[] = []
  for (let answer = await eve.ask(ask('', from)); jidsIn(answer).length > 0;) {
    assert.equal(setIn(answer)['count'], String(MEMBERS))
    seen.push(...jidsIn(answer))
    answer = await eve.ask(ask(page(`<after>${seen.at(-1)}</after>`), from))
  }
  assert.deepEqual(seen, whole)
})

test('ROOM-157: of a room that is full of affiliations every page is given, and no other affiliation', async () => {
  const count = LIMITS.affiliationsMax - 2
  const server = await hall(count)
  const alice = await server.bind('alice@example.net', 'phone')
  const seen = new Set<string | undefined>()
  for (let answer = await alice.ask(ask()); jidsIn(answer).length > 0;) {
    const jids = jidsIn(answer)
    assert.equal(setIn(answer)['count'], String(count))
    assert(jids.length <= 500)
    for (const one of jids) seen.add(one)
    answer = await alice.ask(ask(page(`<after>${jids.at(-1)}</after>`)))
  }
  assert.equal(seen.size, count)
  const affiliate = (who: string, affiliation: string): string =>
    `<iq type='set' id='l' to='${ROOM}'><query xmlns='${MUC_ADMIN}'><item jid='${who}' affiliation='${affiliation}'/></query></iq>`
  const conditionOf = async (xml: string) => (await alice.ask(xml)).child('error', 'jabber:client')?.elements[0]?.name
  assert.equal(await conditionOf(affiliate('mallory@example.net', 'member')), 'resource-constraint')
  assert.equal(await conditionOf(affiliate(memberOf(7), 'admin')), undefined)
  assert.equal(await conditionOf(affiliate(memberOf(8), 'none')), undefined)
  assert.equal(await conditionOf(affiliate('mallory@example.net', 'member')), undefined)
})

test('ROOM-51: a room for members that has thousands of them is entered by each, and by nobody else', async () => {
  const server = await hall()
  const enter = (nick: string): string => `<presence to='${ROOM}/${nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`
  const [one, stranger] = [await server.bind(memberOf(2999), 'phone'), await server.bind('mallory@example.net', 'phone')]
  await one.send(enter('One'))
  assert.equal(one.sent()[0]!.attr('from'), `${ROOM}/One`)
  await stranger.send(enter('Two'))
  assert.equal(stranger.sent()[0]!.attr('type'), 'error')
})
