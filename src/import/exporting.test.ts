/** XEP-0227: what is exported is imported again, and is the same. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { memoryServer, type MemoryServer } from '../../test/support/memory-server.ts'
import { seededEntropy } from '../base/entropy.ts'
import { defaultsOf } from '../base/settings.ts'
import { defaultLimits } from '../im/account.ts'
import { SqlRosters } from '../storage/rosters.ts'
import { serverFor } from '../pubsub/nodes.ts'
import { NodeStore } from '../pubsub/store.ts'
import type { Database } from '../server/database.ts'
import { el } from '../xml/element.ts'
import { decode, wire } from '../xml/wire.ts'
import { jid } from '../xmpp/jid.ts'
import { Packet, Payload } from '../xmpp/packet.ts'
import { privateSettings, storedElement } from '../xep/0049-private-xml/index.ts'
import { PrivateElements } from '../xep/0049-private-xml/store.ts'
import { newCard, VCARD } from '../xep/0054-vcard-temp/index.ts'
import { features } from '../xep/catalogue.ts'
import { nodesOf, pepOf, portingOf } from '../xep/0163-personal-eventing/index.ts'
import { Cards } from '../xep/0054-vcard-temp/store.ts'
import { offlineLimits, offlineSettings } from '../xep/0160-offline-messages/settings.ts'
import { IMPORTED } from '../xep/0160-offline-messages/shares.ts'
import { OfflineMessages } from '../xep/0160-offline-messages/store.ts'
import { BlockLists } from '../xep/0191-blocking/store.ts'
import { Exporting } from './exporting.ts'
import { Importing } from './importing.ts'
import { readXep0227 } from './xep0227.ts'

const JULIET = 'juliet@capulet.com'
const SENT = Date.UTC(2026, 1, 3, 4, 5, 6)
const OFFLINE = defaultsOf(offlineSettings)

const server = (): Promise<MemoryServer> => memoryServer({ features, domains: ['capulet.com'] })

/** Everything that an account can have. */
async function fill({ host }: MemoryServer): Promise<void> {
  const { database } = host
  const { accountArchive } = host.stores
  await host.registrar.create(jid(JULIET), 'o romeo')
  const contact = { subscription: 'both', ask: false, approved: false, groups: ['Fri & nds', 'ö'], name: "R'<ö" } as const
  const nurse = { subscription: 'none', ask: true, approved: true, groups: [], name: '' } as const
  const from = jid('mercutio@montague.net')
  const nick = Payload.of(el('nick', 'http://jabber.org/protocol/nick', {}, 'M'))
  const request = Packet.of({ kind: 'presence', type: 'subscribe', from, to: jid(JULIET), payload: nick })
  await database.atomically(
    new SqlRosters(database, host.clock, '').contents(
      JULIET,
      1,
      [
        { jid: jid('romeo@montague.net'), ...contact },
        { jid: jid('nurse@capulet.com'), ...nurse },
      ],
      [{ from, stanza: request, receivedAt: 1 }],
    ),
  )
  await new BlockLists(database).add(JULIET, [jid('tybalt@capulet.com/x'), jid('paris.example')], 1)
  await new Cards(database).write(JULIET, newCard(el('vCard', VCARD, {}, el('FN', VCARD, {}, 'J & ö'), el('x', 'urn:x'))), 1)
  await new PrivateElements(database).write(JULIET, [el('a', 'urn:1', {}, 'é'), el('b', 'urn:1')].map(storedElement))
  const item = (id: string, text: string) => ({ id, payload: Payload.of(el('x', 'urn:x', {}, text)) })
  await pepOf(host).publish(jid(JULIET), 'urn:xmpp:bookmarks:1', [item('a@b.example', 'ö <'), item('b@b.example', '2')])
  await pepOf(host).publish(jid(JULIET), 'urn:example:open', [item('1', 'x')], { access_model: 'open', title: 'T <é' })
  const romeo = 'romeo@montague.net/x'
  await nodesOf(host).perform({
    owner: JULIET,
    name: 'urn:example:open',
    actor: { ...serverFor('romeo@montague.net'), full: romeo },
    command: { do: 'subscribe', jid: romeo, subid: 's', options: {} },
    make: null,
  })
  const past = (text: string, at: number, isSent: boolean) => {
    const [from, to] = [jid('romeo@montague.net/x'), jid(`${JULIET}/balcony`)]
    const packet = Packet.of({
      kind: 'message',
      type: 'chat',
      from: isSent ? to : from,
      to: isSent ? from : to,
      payload: body(text),
    })
    return accountArchive.append(JULIET, { packet, id: accountArchive.newId(at), at, isSent })
  }
  const body = (text: string): Payload => Payload.of(el('body', 'jabber:client', {}, text))
  for (let n = 1; n <= 600; n++) await past(`past ${n} <ö`, SENT - 1_000_000 + n * 1000, n % 2 === 0)
  for (let n = 1; n <= 150; n++) {
    const message = {
      kind: 'message',
      type: 'chat',
      from: jid('romeo@montague.net/x'),
      to: jid(JULIET),
      id: wire(`&lt;${n}&amp;`),
      payload: body(`${n} <ö`),
    } as const
    const at = SENT + n * 1000
    const kept = {
      packet: Packet.of(message),
      id: accountArchive.newId(at),
      at,
      isSent: false,
      isArchived: false,
      along: () => [],
    }
    await new OfflineMessages(database, accountArchive).append(JULIET, kept, offlineLimits(OFFLINE), IMPORTED)
  }
}
const EVERYTHING = { after: null, before: null, withBare: null, withFull: null, start: null, end: null }
async function all({ host }: MemoryServer): Promise<unknown> {
  const { database, stores } = host
  const { items, pending } = await stores.rosters.load(JULIET)
  const messages = await new OfflineMessages(database, stores.accountArchive).after(JULIET, 0, 1000)
  return {
    credentials: await stores.accounts.credentials(JULIET),
    items: items.map(({ jid: { full }, ...item }) => ({ full, ...item })).toSorted((a, b) => (a.full < b.full ? -1 : 1)),
    pending: pending.map(({ stanza }) => decode(stanza.wire)),
    blocked: (await new BlockLists(database).load(JULIET)).map(({ full }) => full).toSorted(),
    card: await new Cards(database).read(JULIET),
    elements: await new PrivateElements(database).all(JULIET),
    nodes: await nodesIn(database),
    archived: (await stores.accountArchive.page(jid(JULIET), EVERYTHING, 1000, 'first')).entries.map(({ id, at, packet }) => [
      id,
      at,
      decode(packet.wire),
    ]),
    messages: messages.map(({ packet, receivedAt }) => [decode(packet.wire), receivedAt]),
  }
}

async function nodesIn(database: Database): Promise<unknown> {
  const store = await NodeStore.open(database)
  const loaded = await store.load(JULIET, await store.names(JULIET, '', 64))
  const all = [...loaded.values()].toSorted((a, b) => (a.origin.name < b.origin.name ? -1 : 1))
  const shown = all.map(async (node) => ({
    name: node.origin.name,
    config: node.config,
    affiliations: node.affiliations,
    subscriptions: Array.from(node.subscriptions.values(), ({ jid, state }) => [jid, state]),
    items: (await store.items(node, [...node.items.values()])).map(({ id, at, payload }) => [id, at, decode(payload.text)]),
  }))
  return Promise.all(shown)
}

async function exported({ host }: MemoryServer, withKeys: boolean): Promise<string> {
  const exporting = new Exporting(host, portingOf(host))
  const parts: string[] = []
  for (let part: number | null = 0; part !== null;) {
    const { xml, next }: Awaited<ReturnType<Exporting['part']>> = await exporting.part(JULIET, part, withKeys)
    parts.push(xml)
    part = next
  }
  return parts.join('')
}

async function imported(t: TestContext, xml: string): Promise<MemoryServer> {
  const folder = await mkdtemp(join(tmpdir(), 'export-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'all.xml')
  await writeFile(
    file,
    `<server-data xmlns='urn:xmpp:pie:0'><host jid='capulet.com'><user name='juliet'>${xml}</user></host></server-data>`,
  )
  const place = await server()
  const { database, clock } = place.host
  const importing = new Importing({
    database,
    clock,
    domains: ['capulet.com'],
    limits: defaultLimits,
    offline: OFFLINE,
    cards: { size: 100_000 },
    privates: defaultsOf(privateSettings),
    nodes: portingOf(place.host),
    archive: place.host.stores.accountArchive,
    iterations: 1,
    entropy: seededEntropy('export'),
    dryRun: false,
  })
  for await (const found of readXep0227(file, 1)) {
    assert(found.kind === 'user')
    assert.deepEqual(found.user.leftOut, [])
    const outcome = await importing.take(found.user)
    assert(outcome.kind === 'taken')
    assert.deepEqual(outcome.leftOut, [])
  }
  return place
}

test('XEP-0227: an account that is exported and imported has everything that it had', async (t) => {
  const before = await server()
  await fill(before)
  const after = await imported(t, await exported(before, true))
  assert.deepEqual(await all(after), await all(before))
})

test('XEP-0227: keys are exported only if the operator wants them; an account without anything is exported', async () => {
  const place = await server()
  await place.host.registrar.create(jid(JULIET), 'o romeo')
  assert.equal(await exported(place, false), "<query xmlns='jabber:iq:roster'/>")
  const withKeys = await exported(place, true)
  for (const mechanism of ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512']) assert(withKeys.includes(`mechanism='${mechanism}'`))
})
