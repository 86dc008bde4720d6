/** Rooms: what is exported is imported again, and is the same. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { memoryServer, type MemoryServer } from '../../test/support/memory-server.ts'
import { seededEntropy } from '../base/entropy.ts'
import { LIMITS } from '../rooms/machine/commands.ts'
import { RoomLog, STANZAS } from '../rooms/room-log.ts'
import { settingsOf } from '../rooms/setting-words.ts'
import { jid } from '../xmpp/jid.ts'
import { serviceDiscovery } from '../xep/0030-service-discovery/index.ts'
import { multiUserChat, roomsOf } from '../xep/0045-multi-user-chat/index.ts'
import { entityCapabilities } from '../xep/0115-entity-capabilities/index.ts'
import { RoomExporting } from './exporting-rooms.ts'
import { RoomImporting } from './importing-rooms.ts'
import { Report } from './report.ts'
import { readXep0227 } from './xep0227.ts'

const DEN = 'den@conference.localhost'
const MUC = 'http://jabber.org/protocol/muc'
const MESSAGES = 450

const server = (): Promise<MemoryServer> =>
  memoryServer({
    features: [serviceDiscovery, entityCapabilities, multiUserChat],
    domains: ['localhost'],
    settings: { 'multi-user-chat': { messages: 10_000 } },
  })

async function filled(): Promise<MemoryServer> {
  const place = await server()
  const romeo = await place.bind('romeo@localhost', '1')
  const field = (name: string, value: string): string => `<field var='muc#roomconfig_${name}'><value>${value}</value></field>`
  const form =
    field('persistentroom', '1') +
    field('roomname', 'The &lt;den&gt; ö') +
    field('roomdesc', 'one\ntwo') +
    field('passwordprotectedroom', '1') +
    field('roomsecret', 'se&amp;same') +
    field('maxusers', 'none')
  const owner = (inside: string, ns = 'owner'): string =>
    `<iq type='set' id='o' to='${DEN}'><query xmlns='${MUC}#${ns}'>${inside}</query></iq>`
  for (const stanza of [
    `<presence to='${DEN}/Romeo ö'><x xmlns='${MUC}'/></presence>`,
    owner(`<x xmlns='jabber:x:data' type='submit'>${form}</x>`),
    owner(
      `<item jid='juliet@localhost' affiliation='member' nick='Julia'><reason>a &lt;friend&gt;</reason></item><item jid='spam.example' affiliation='outcast'/>`,
      'admin',
    ),
    `<iq type='set' id='c' to='${DEN}'><vCard xmlns='vcard-temp'><FN>Den</FN><PHOTO><TYPE>image/png</TYPE><BINVAL>cGljdHVyZQ==</BINVAL></PHOTO></vCard></iq>`,
    `<message type='groupchat' id='s' to='${DEN}'><subject>vows &amp; rings</subject></message>`,
  ])
    await romeo.send(stanza)
  for (let n = 1; n <= MESSAGES; n++)
    await romeo.send(
      `<message type='groupchat' id='&lt;${n}&amp;' to='${DEN}' xml:lang='de'><body>${n} &lt;ö</body><x xmlns='urn:x' a='1'><y/></x></message>`,
    )
  await romeo.send(
    `<message type='groupchat' id='r' to='${DEN}'><reactions xmlns='urn:xmpp:reactions:0' id='1'><reaction>👍</reaction></reactions></message>`,
  )
  assert.deepEqual(place.errors, [])
  return place
}
async function all(place: MemoryServer) {
  const { rooms, store } = roomsOf(place.host)!
  const room = (await rooms.find(jid(DEN)))!
  const { entries } = await new RoomLog(rooms, place.host.stores.archive).page(room, STANZAS, 10_000, 'first')
  const { payload, nick, at } = room.facts.subject!
  return {
    settings: settingsOf(room.facts.config),
    members: Array.from(room.members.values(), ({ jid, affiliation, nick, reason }) => [
      jid,
      affiliation,
      nick,
      reason,
    ]).toSorted(),
    subject: [payload.text, nick, at],
    card: await store.card(room.uid),
    pictures: room.facts.pictures,
    said: entries.map((entry) => {
      assert('fromId' in entry)
      const { id, at, by, nick, veiled, fromId, lang, payload, isRetracted } = entry
      return [id, at, by, nick, veiled, fromId, lang, payload?.text, isRetracted]
    }),
  }
}
async function exported(t: TestContext, place: MemoryServer, withKeys: boolean): Promise<string> {
  const served = roomsOf(place.host)!
  const exporting = new RoomExporting(served, place.host.stores.archive)
  const room = (await served.rooms.find(jid(DEN)))!
  let parts = ''
  let count = 0
  for (let after: number | null = null; ;) {
    const { xml, next, local } = await exporting.part(room, after, withKeys)
    parts += `<room xmlns='urn:porchlight:room:0' name='${local}'>${xml}</room>`
    count += 1
    if (next === null) break
    after = next
  }
  assert.ok(count > 3, 'the history comes in several parts')
  const folder = await mkdtemp(join(tmpdir(), 'export-rooms-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'rooms.xml')
  await writeFile(file, `<server-data xmlns='urn:xmpp:pie:0'><host jid='conference.localhost'>${parts}</host></server-data>`)
  return file
}
async function imported(place: MemoryServer, file: string): Promise<string> {
  const { clock, stores } = place.host
  const importing = new RoomImporting({
    served: roomsOf(place.host),
    archive: stores.archive,
    limits: { ...LIMITS, cardOctetsMax: 10_000 },
    clock,
    entropy: seededEntropy('import'),
    dryRun: false,
  })
  let said = ''
  const report = new Report((text) => (said += text), false)
  for await (const found of readXep0227(file, clock.now()))
    if (found.kind === 'room') report.room(found.room.jid.bare, found.room.jid.domain, await importing.take(found.room))
    else if (found.kind === 'history') report.history(found.room, found.said.length, await importing.say(found.room, found.said))
    else if (found.kind !== 'user') report.found(found)
  report.end()
  assert.ok(report.isWhole, said)
  return said
}

test('a room is the same after an export and an import: settings, people, subject, card, and what was said under the same ids', async (t) => {
  const [here, there] = [await filled(), await server()]
  const said = await imported(there, await exported(t, here, true))
  assert.match(said, /^den@conference\.localhost: a room with 3 affiliations\.$/m)
  assert.match(said, new RegExp(`^${MESSAGES + 2} messages of rooms imported\\.$`, 'm'))
  assert.doesNotMatch(said, /without|not imported/)
  const [before, after] = [await all(here), await all(there)]
  assert.equal(after.settings['password-protected'], 'yes')
  assert.equal(before.said.length, MESSAGES + 2)
  assert.deepEqual(after, before)
})
test('without keys the file does not have the password of the room, and only members may enter after the import', async (t) => {
  const [here, there] = [await filled(), await server()]
  const file = await exported(t, here, false)
  assert.match(await imported(there, file), /^  without the password, which is not in the file: only members may enter\.$/m)
  const { settings } = await all(there)
  assert.deepEqual([settings['password-protected'], settings['members-only']], ['no', 'yes'])
})
