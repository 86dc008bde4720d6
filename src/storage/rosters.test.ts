import assert from 'node:assert/strict'
import { RosterConflict, type PendingRequest, type RosterChange } from '../server/ports.ts'
import { encode, escape, wire } from '../xml/wire.ts'
import { jid, type Jid } from '../xmpp/jid.ts'
import { Packet, Payload } from '../xmpp/packet.ts'
import { parseVersion, versionText } from '../im/roster.ts'
import { SqlRosters } from './rosters.ts'
import { contract } from '../../test/support/contract.ts'
import { itemOf, setting } from './testing.ts'

const ROMEO = 'romeo@example.net'
const JULIET = 'juliet@example.com'
const NURSE = 'nurse@example.com'
const DAY = 86_400_000

function requestFrom(contact: string, receivedAt: number): PendingRequest {
  const payload = Payload.ofText(wire(`<status>${escape('Ich möchte dich <sehen> 🙂')}</status>`))
  const extra = wire(" x:y='z'")
  const stanza = Packet.of({
    kind: 'presence',
    type: 'subscribe',
    from: jid(contact),
    to: jid(ROMEO),
    id: escape("it's"),
    lang: encode('de'),
    extra,
    payload,
  })
  return { from: jid(contact), stanza, receivedAt }
}
const asking = (request: PendingRequest, version: number): RosterChange => ({
  contact: request.from,
  item: null,
  pending: request,
  version,
  pushed: false,
})
const removing = (contact: string, version: number): RosterChange => ({
  contact: jid(contact),
  item: null,
  pending: null,
  version,
  pushed: true,
})

contract('2.1.2: an item comes back with all that it had', async (open) => {
  const { rosters, clock } = await open(ROMEO)
  const base = clock.now()
  const full = itemOf(JULIET, {
    name: 'Jülïet "🌹"',
    groups: ['Freunde & Feinde', '', '["x"]'],
    subscription: 'to',
    ask: true,
    approved: true,
  })
  const gateway = itemOf('gateway.example/registered', { subscription: 'both' })
  await rosters.save(ROMEO, setting(full, base + 1))
  await rosters.save(ROMEO, setting(gateway, base + 2))
  const { version, items, pending } = await rosters.load(ROMEO)
  assert.equal(version, base + 2)
  assert.deepEqual(pending, [])
  assert.deepEqual(items.map((item) => item.jid.full).sort(), ['gateway.example/registered', JULIET])
  const { jid: address, ...rest } = items.find((item) => item.jid.full === JULIET)!
  assert.deepEqual(
    [address.local, address.domain, rest],
    ['juliet', 'example.com', { name: full.name, groups: full.groups, subscription: 'to', ask: true, approved: true }],
  )
})

contract('3.1.3: a request comes back as the stanza that it was, octet for octet', async (open) => {
  const { rosters, clock } = await open(ROMEO)
  const request = requestFrom(JULIET, 77)
  await rosters.save(ROMEO, asking(request, clock.now()))
  const { items, pending } = await rosters.load(ROMEO)
  assert.deepEqual(items, [])
  assert.deepEqual(
    pending.map((p) => [p.from.full, p.receivedAt, p.stanza.wire]),
    [[JULIET, 77, request.stanza.wire]],
  )
})

contract('3.1.3: requests come in the order in which their senders first asked', async (open) => {
  const { rosters, clock } = await open(ROMEO)
  const version = clock.now()
  await rosters.save(ROMEO, asking(requestFrom(NURSE, 10), version))
  await rosters.save(ROMEO, asking(requestFrom(JULIET, 20), version))
  await rosters.save(ROMEO, asking(requestFrom(NURSE, 30), version))
  const { pending } = await rosters.load(ROMEO)
  assert.deepEqual(
    pending.map((p) => [p.from.full, p.receivedAt]),
    [
      [NURSE, 30],
      [JULIET, 20],
    ],
  )
})

contract('a change that was decided on another roster is refused whole', async (open) => {
  const { rosters, clock } = await open(ROMEO)
  const base = clock.now()
  await rosters.save(ROMEO, setting(itemOf(JULIET), base + 1))
  await assert.rejects(rosters.save(ROMEO, setting(itemOf(NURSE), base + 1)), RosterConflict)
  await assert.rejects(rosters.save(ROMEO, setting(itemOf(NURSE), base + 3)), RosterConflict)
  await assert.rejects(rosters.save(ROMEO, asking(requestFrom(NURSE, 1), base)), RosterConflict)
  await assert.rejects(rosters.save('nobody@example.net', setting(itemOf(NURSE), 1)), RosterConflict)
  const { version, items, pending } = await rosters.load(ROMEO)
  assert.deepEqual([version, items.length, pending.length], [base + 1, 1, 0])
})

contract('RVER-3: what was missed, each contact once, in the order of modification, removals too', async (open) => {
  const { rosters, clock } = await open(ROMEO)
  const base = clock.now()
  await rosters.save(ROMEO, setting(itemOf(JULIET), base + 1))
  await rosters.save(ROMEO, setting(itemOf(NURSE), base + 2))
  await rosters.save(ROMEO, setting(itemOf(JULIET, { name: 'J' }), base + 3))
  await rosters.save(ROMEO, removing(NURSE, base + 4))
  const changes = async (since: number) => {
    const found = await rosters.changesSince(ROMEO, since)
    return found === null
      ? null
      : [found.version, ...found.items.map(({ version, jid: { full }, item }) => [version, full, item?.name ?? null])]
  }
  assert.deepEqual(await changes(base), [base + 4, [base + 3, JULIET, 'J'], [base + 4, NURSE, null]])
  assert.deepEqual(await changes(base + 3), [base + 4, [base + 4, NURSE, null]])
  assert.deepEqual(await changes(base + 4), [base + 4])
  assert.equal(await changes(base + 5), null, 'never had this version')
  assert.equal(await changes(base - 1), null, 'older than the account')
  assert.equal(await rosters.changesSince('nobody@example.net', 0), null)
})

contract('RVER-4: what the client cannot see gets no version, and leaves a removal known', async (open) => {
  const { rosters, clock } = await open(ROMEO)
  const base = clock.now()
  await rosters.save(ROMEO, setting(itemOf(JULIET), base + 1))
  await rosters.save(ROMEO, {
    contact: jid(JULIET),
    item: itemOf(JULIET, { subscription: 'to' }),
    pending: requestFrom(JULIET, 5),
    version: base + 1,
    pushed: false,
  })
  assert.deepEqual((await rosters.changesSince(ROMEO, base + 1))!.items, [])
  await rosters.save(ROMEO, removing(JULIET, base + 2))
  await rosters.save(ROMEO, asking(requestFrom(JULIET, 9), base + 2))
  const { items } = (await rosters.changesSince(ROMEO, base + 1))!
  assert.deepEqual(
    items.map(({ version, item }) => [version, item]),
    [[base + 2, null]],
  )
})

contract('RVER-6: removals are known for 90 days, then the full roster is needed', async (open) => {
  const { rosters, clock } = await open(ROMEO)
  const base = clock.now()
  await rosters.save(ROMEO, setting(itemOf(JULIET), base + 1))
  await rosters.save(ROMEO, removing(JULIET, base + 2))
  await rosters.save(ROMEO, setting(itemOf(NURSE), base + 3))
  clock.advance(90 * DAY)
  assert.equal(await rosters.purge(clock.now()), 0)
  assert.equal((await rosters.changesSince(ROMEO, base + 1))!.items.length, 2)
  clock.advance(1)
  assert.equal(await rosters.purge(clock.now()), 1)
  assert.equal(await rosters.changesSince(ROMEO, base + 1), null)
  assert.deepEqual(
    (await rosters.changesSince(ROMEO, base + 2))!.items.map(({ jid: { full } }) => full),
    [NURSE],
  )
  assert.equal((await rosters.load(ROMEO)).items.length, 1)
})

contract('a purge lets each roster forget its own removals and no others', async (open) => {
  const { rosters, clock } = await open(ROMEO, 'benvolio@example.net', 'tybalt@example.net')
  const base = clock.now()
  await rosters.save(ROMEO, removing(JULIET, base + 1))
  clock.advance(60 * DAY)
  await rosters.save(ROMEO, removing(NURSE, base + 2))
  await rosters.save('tybalt@example.net', removing(NURSE, base + 1))
  clock.advance(60 * DAY)
  assert.equal(await rosters.purge(clock.now()), 1)
  const known = (owner: string, since: number) =>
    rosters.changesSince(owner, since).then((changes) => changes?.items.length ?? null)
  assert.deepEqual([await known(ROMEO, base), await known(ROMEO, base + 1)], [null, 1])
  assert.deepEqual([await known('tybalt@example.net', base), await known('benvolio@example.net', base)], [1, 0])
})

contract('a purge never makes a roster claim to know again what it has forgotten, even if the clock went back', async (open) => {
  const { rosters, clock } = await open(ROMEO)
  const base = clock.now()
  await rosters.save(ROMEO, removing(JULIET, base + 1))
  clock.advance(-5 * DAY)
  await rosters.save(ROMEO, removing(NURSE, base + 2))
  await rosters.purge(base + 88 * DAY)
  assert.equal(await rosters.changesSince(ROMEO, base + 1), null)
  await rosters.purge(base + 100 * DAY)
  assert.equal(await rosters.changesSince(ROMEO, base + 1), null)
  assert.deepEqual((await rosters.changesSince(ROMEO, base + 2))!.items, [])
})

contract('relations: every owner that is an account, how it stands to the contact, and when it was last seen', async (open) => {
  const { rosters, lastPresence, clock } = await open(ROMEO, 'benvolio@example.net', 'tybalt@example.net', 'paris@example.net')
  const base = clock.now()
  await rosters.save(ROMEO, setting(itemOf(JULIET, { subscription: 'both' }), base + 1))
  await rosters.save('benvolio@example.net', setting(itemOf(NURSE, { subscription: 'from' }), base + 1))
  await rosters.save('tybalt@example.net', setting(itemOf(JULIET, { subscription: 'from' }), base + 1))
  await rosters.save('paris@example.net', setting(itemOf(JULIET, { subscription: 'from' }), base + 1))
  await rosters.save('paris@example.net', removing(JULIET, base + 2))
  lastPresence.unavailable(ROMEO, { at: 5, payload: Payload.ofText(wire('<status>bye</status>')) })
  lastPresence.available('tybalt@example.net', 6)
  const relations = await rosters.relations(JULIET, [
    ROMEO,
    'nobody@example.net',
    'benvolio@example.net',
    'tybalt@example.net',
    'paris@example.net',
  ])
  const rows = relations.map(({ owner, subscription, last }) => [
    owner,
    subscription,
    last === null ? null : [last.at, last.payload.text],
  ])
  assert.deepEqual(rows.sort(), [
    ['benvolio@example.net', 'none', null],
    ['paris@example.net', 'none', null],
    [ROMEO, 'both', [5, '<status>bye</status>']],
    ['tybalt@example.net', 'from', null],
  ])
  assert.deepEqual(await rosters.relations(JULIET, []), [])
})

contract('relations: lists of any length', async (open) => {
  const names = Array.from({ length: 1203 }, (_, i) => `user${i}@example.net`)
  const { rosters } = await open(...names)
  for (const n of [1, 2, 3, 255, 256, 257, 499, 500, 501, 512, 1000, 1203]) {
    const owners = (await rosters.relations(JULIET, names.slice(0, n))).map(({ owner }) => owner)
    assert.equal(new Set(owners).size, n)
    assert.equal(owners.length, n)
  }
})

contract('RVER-6: after a backup was put back, a version of before means nothing', async (open) => {
  const lost = await open(ROMEO)
  const restored = await open(ROMEO)
  const base = lost.clock.now()
  for (const { rosters } of [lost, restored]) await rosters.save(ROMEO, setting(itemOf(JULIET), base + 1))
  await lost.rosters.save(ROMEO, setting(itemOf(NURSE), base + 2))
  const versionOf = async (rosters: SqlRosters): Promise<string> => {
    const { version, epoch } = await rosters.load(ROMEO)
    return versionText(version, epoch)
  }
  const [ofBackup, ofLost] = [await versionOf(restored.rosters), await versionOf(lost.rosters)]
  const again = new SqlRosters(restored.database, restored.clock, 'e2')
  assert.equal(await versionOf(again), ofBackup, 'what has not changed since is still true')
  for (const n of [2, 3]) await again.save(ROMEO, setting(itemOf(`paris${n}@example.com`), base + n))
  const { epoch, version } = await again.load(ROMEO)
  assert.equal(parseVersion(ofLost, epoch), null, 'a client that knows it needs the full roster')
  assert.equal(parseVersion(versionText(version, epoch), epoch), base + 3)
})

contract('SUB-11: the request that the user made is kept until it is answered', async (open) => {
  const { rosters, clock } = await open(ROMEO)
  const base = clock.now()
  const { stanza } = requestFrom(JULIET, 0)
  const mine = stanza.with({ from: jid(ROMEO), to: jid(JULIET), id: null })
  await rosters.save(ROMEO, setting(itemOf(JULIET, { ask: true }), base + 1))
  await rosters.keepRequest(ROMEO, mine.with({ payload: Payload.empty }), 3)
  await rosters.keepRequest(ROMEO, mine, 5)
  const kept = async (): Promise<unknown> => (await rosters.keptRequests(ROMEO)).map((r) => [r.stanza.wire, r.sentAt])
  assert.deepEqual(await kept(), [[mine.wire, 5]])
  await rosters.save(ROMEO, setting(itemOf(JULIET, { ask: true, name: 'J' }), base + 2))
  assert.deepEqual(await kept(), [[mine.wire, 5]])
  await rosters.save(ROMEO, setting(itemOf(JULIET, { subscription: 'to' }), base + 3))
  assert.deepEqual(await kept(), [])
})

contract('a farewell is kept, once for each contact, until it is confirmed, old, or the account is gone', async (open) => {
  const { rosters, accounts, clock } = await open(ROMEO)
  const [one, other] = [JULIET, 'nurse@example.com'].map((contact) => jid(contact)) as [Jid, Jid]
  const now = clock.now()
  await rosters.keepFarewell(ROMEO, { contact: one, saidAt: now, times: 1 })
  await rosters.keepFarewell(ROMEO, { contact: one, saidAt: now + 5, times: 2 })
  await rosters.keepFarewell(ROMEO, { contact: other, saidAt: now + 1, times: 1 })
  const kept = async (): Promise<unknown> =>
    (await rosters.farewells(ROMEO)).map((f) => [f.contact.full, f.saidAt - now, f.times])
  assert.deepEqual(await kept(), [
    [one.full, 5, 2],
    [other.full, 1, 1],
  ])
  await rosters.purge(now + 3 + 90 * 86_400_000)
  assert.deepEqual(await kept(), [[one.full, 5, 2]])
  await rosters.dropFarewell(ROMEO, one.full)
  assert.deepEqual(await kept(), [])
  await rosters.keepFarewell(ROMEO, { contact: one, saidAt: now, times: 1 })
  await accounts.delete(ROMEO)
  assert.deepEqual(await kept(), [])
})
