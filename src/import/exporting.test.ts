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
import { pepOf, portingOf } from '../xep/0163-personal-eventing/index.ts'
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
  const body = (text: string): Payload => Payload.of(el('body', 'jabber:client', {}, text))
  for (let n = 1; n <= 150; n++) {
    const message = {
      kind: 'message',
      type: 'chat',
      from: jid('romeo@montague.net/x'),
      to: jid(JULIET),
      id: wire(`&lt;${n}&amp;`),
      payload: body(`${n} <ö`),
    } as const
    await new OfflineMessages(database).append(JULIET, Packet.of(message), SENT + n * 1000, offlineLimits(OFFLINE), IMPORTED)
  }
}
async function all({ host }: MemoryServer): Promise<unknown> {
  const { database, stores } = host
  const { items, pending } = await stores.rosters.load(JULIET)
  const messages = await new OfflineMessages(database).after(JULIET, 0, 1000)
  return {
    credentials: await stores.accounts.credentials(JULIET),
    items: items.map(({ jid: { full }, ...item }) => ({ full, ...item })).toSorted((a, b) => (a.full < b.full ? -1 : 1)),
    pending: pending.map(({ stanza }) => decode(stanza.wire)),
    blocked: (await new BlockLists(database).load(JULIET)).map(({ full }) => full).toSorted(),
    card: await new Cards(database).read(JULIET),
    elements: await new PrivateElements(database).all(JULIET),
    nodes: await nodesIn(database),
    messages: messages.map(({ packet, receivedAt }) => [decode(packet.wire), receivedAt]),
  }
}

async function nodesIn(database: Database): Promise<unknown> {
  const store = await NodeStore.open(database)
  const all = (await store.load(JULIET)).toSorted((a, b) => (a.origin.name < b.origin.name ? -1 : 1))
  const shown = all.map(async (node) => ({
    name: node.origin.name,
    config: node.config,
    affiliations: node.affiliations,
    items: (await store.items(node, [...node.items.values()])).map(({ id, at, payload }) => [id, at, decode(payload.text)]),
  }))
  return Promise.all(shown)
}

async function exported({ host }: MemoryServer, withKeys: boolean): Promise<string> {
  const exporting = new Exporting(host, portingOf(host))
  const parts: string[] = []
  for (let part = 0; part < exporting.parts; part++) parts.push(await exporting.part(JULIET, part, withKeys))
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
