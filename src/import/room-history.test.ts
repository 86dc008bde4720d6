/** The history of rooms of Prosody and ejabberd, as these have written it. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { seededEntropy } from '../base/entropy.ts'
import { memoryServer } from '../../test/support/memory-server.ts'
import { LIMITS } from '../rooms/machine/commands.ts'
import { EVERYTHING, RoomLog } from '../rooms/room-log.ts'
import { jid } from '../xmpp/jid.ts'
import { serviceDiscovery } from '../xep/0030-service-discovery/index.ts'
import { multiUserChat, roomsOf } from '../xep/0045-multi-user-chat/index.ts'
import { entityCapabilities } from '../xep/0115-entity-capabilities/index.ts'
import { readEjabberdDump } from './ejabberd-rooms.ts'
import type { Found } from './found.ts'
import { RoomImporting } from './importing-rooms.ts'
import { readProsody } from './prosody.ts'
import { Report } from './report.ts'

const CELL = 'cell@conference.localhost'

async function folderOf(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'import-history-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text, 'latin1')
  }
  return folder
}
/** @returns what was reported, and the log of the room: time, author, nickname, id, text */
async function imported(source: AsyncIterable<Found>) {
  const server = await memoryServer({ features: [serviceDiscovery, entityCapabilities, multiUserChat], domains: ['localhost'] })
  const served = roomsOf(server.host)!
  const { clock } = server.host
  const { archive } = server.host.stores
  const importing = new RoomImporting({
    served,
    archive,
    limits: { ...LIMITS, cardOctetsMax: 1000 },
    clock,
    entropy: seededEntropy('i'),
    dryRun: false,
  })
  let report = ''
  const reporting = new Report((text) => (report += text), false)
  for await (const found of source)
    if (found.kind === 'room') reporting.room(found.room.jid.bare, found.room.jid.domain, await importing.take(found.room))
    else if (found.kind === 'history')
      reporting.history(found.room, found.said.length, await importing.say(found.room, found.said))
    else if (found.kind !== 'user') reporting.found(found)
  reporting.end()
  const room = await served.rooms.find(jid(CELL))
  const page = room === null ? null : await new RoomLog(served.rooms, archive).page(room, EVERYTHING, 100, 'first')
  const entries = page?.entries ?? []
  const log = entries.map((entry) => {
    const text =
      'payload' in entry && entry.payload !== null ? entry.payload.elements.map((e) => `${e.name} ${e.text}`.trim()) : []
    return [entry.at, entry.by, entry.nick, 'fromId' in entry ? entry.fromId : null, entry.kind, ...text]
  })
  return { server, report, log, entries }
}

const PROSODY = `return {
	["_jid"] = "${CELL}";
	["friar@localhost"] = "owner";
	["_data"] = { ["persistent"] = true; ["whois"] = "anyone"; ["name"] = "Cell" };
};
`
/** As mod_muc_mam and mod_storage_internal of Prosody 0.12 write it. */
const PROSODY_LOG = `item({
	["key"] = "k1", ["when"] = 1796080079.25, ["with"] = "message<groupchat",
	["name"] = "message", ["attr"] = { ["from"] = "${CELL}/Friar", ["type"] = "groupchat", ["id"] = "a1", ["stamp"] = "2026-12-01T00:00:00Z" },
	[1] = { ["name"] = "body", ["attr"] = {}, [1] = "good morrow <&" },
	[2] = { ["name"] = "x", ["attr"] = { ["xmlns"] = "http://jabber.org/protocol/muc#user" }, [1] = { ["name"] = "item", ["attr"] = { ["jid"] = "friar@localhost" } } },
	[3] = { ["name"] = "occupant-id", ["attr"] = { ["xmlns"] = "urn:xmpp:occupant-id:0", ["id"] = "theirs" } },
});
item({
	["key"] = "k2", ["when"] = 1796080080, ["with"] = "presence",
	["name"] = "presence", ["attr"] = { ["from"] = "${CELL}/Romeo" },
});
item({
	["key"] = "k3", ["when"] = 1796080081, ["with"] = "message<groupchat",
	["name"] = "message", ["attr"] = { ["from"] = "${CELL}/Romeo", ["type"] = "groupchat" },
	[1] = { ["name"] = "subject", ["attr"] = {}, [1] = "vows" },
});
item({
	["key"] = "k4", ["when"] = 1796080081, ["with"] = "message<groupchat",
	["name"] = "message", ["attr"] = { ["from"] = "${CELL}/Romeo", ["type"] = "groupchat" },
	[1] = { ["name"] = "composing", ["attr"] = { ["xmlns"] = "http://jabber.org/protocol/chatstates" } },
});
item({
	["key"] = "k5", ["when"] = 1796080081, ["with"] = "message<groupchat",
	["name"] = "message", ["attr"] = { ["from"] = "${CELL}/Romeo", ["type"] = "groupchat", ["id"] = "a5" },
	[1] = { ["name"] = "retracted", ["attr"] = { ["xmlns"] = "urn:xmpp:message-retract:1", ["stamp"] = "2026-12-01T00:00:00Z" } },
});
`

test('the archive of a room of Prosody: what was said, by whom as far as that is known, and nothing else', async (t) => {
  const folder = await folderOf(t, {
    'conference%2elocalhost/config/cell.dat': PROSODY,
    'conference%2elocalhost/muc_log/cell.list': PROSODY_LOG,
  })
  const { server, report, log, entries } = await imported(readProsody(folder, 0))
  assert.match(report, /^3 messages of rooms imported\.$/m)
  assert.deepEqual(log, [
    [1_796_080_079_250, 'friar@localhost', 'Friar', 'a1', 'message', 'body good morrow <&'],
    [1_796_080_081_000, null, 'Romeo', null, 'subject', 'subject vows'],
    [1_796_080_081_001, null, 'Romeo', 'a5', 'message', 'retracted'],
  ])
  assert.deepEqual(
    entries.map(({ seq, isRetracted, veiled }) => [seq, isRetracted, veiled]),
    [
      [1, false, false],
      [2, false, false],
      [3, true, false],
    ],
  )
  const romeo = await server.bind('romeo@localhost', '1')
  await romeo.send(`<presence to='${CELL}/R'><x xmlns='http://jabber.org/protocol/muc'/></presence>`)
  const history = romeo.texts().join()
  assert.match(history, /from='cell@conference\.localhost\/Friar'[^]*good morrow/)
  // What is said now comes behind it
  await romeo.send(`<message type='groupchat' to='${CELL}'><body>now</body></message>`)
  assert.match(romeo.texts().join(), /<body>now/)
  assert.deepEqual(server.errors, [])
})

/** ejabberd 23.01. */
const said = (
  micros: number,
  room: string,
  kind: string,
  body: string,
): string => `{archive_msg,{<<"${room}">>,<<"conference.localhost">>},
             <<"1796080079${micros}">>,
             {1796,80079,${micros}},
             {<<"friar">>,<<"localhost">>,<<"phone">>},
             {<<"friar">>,<<"localhost">>,<<>>},
             {xmlel,<<"message">>,
                    [{<<"xml:lang">>,<<"de">>},
                     {<<"type">>,<<"groupchat">>},
                     {<<"id">>,<<"${body}">>}],
                    [{xmlel,<<"body">>,[],[{xmlcdata,<<"${body}">>}]},
                     {xmlel,<<"stanza-id">>,
                            [{<<"xmlns">>,<<"urn:xmpp:sid:0">>},{<<"by">>,<<"${room}@conference.localhost">>},{<<"id">>,<<"1">>}],
                            []}]},
             <<"Friar">>,${kind}}.`

test('the archive of rooms in a dump of ejabberd: in the order of its times, the rooms wherever they stand', async (t) => {
  const dump = [
    '{tables,[{archive_msg,[{record_name,archive_msg}]},{muc_room,[{record_name,muc_room}]}]}.',
    said(500_000, 'cell', 'groupchat', 'second'),
    said(123_456, 'cell', 'groupchat', 'first'),
    said(600_000, 'cell', 'chat', 'private'),
    said(600_000, 'nowhere', 'groupchat', 'lost'),
    '{archive_msg,{<<"cell">>,<<"conference.localhost">>},<<"x">>,never,a,b,c,<<"F">>,groupchat,<<>>}.',
    '{muc_room,{<<"cell">>,<<"conference.localhost">>},[{persistent,true},{mam,true},{affiliations,[]}]}.',
  ].join('\n')
  const folder = await folderOf(t, { 'dump.txt': `${dump}\n` })
  const { report, log, entries } = await imported(readEjabberdDump(join(folder, 'dump.txt')))
  assert.match(report, /^2 messages of rooms imported\.$/m)
  assert.match(
    report,
    /^1 message of nowhere@conference\.localhost not imported: the room was not imported, or it has no archive\.$/m,
  )
  assert.match(report, /^Not imported: messages of rooms that are damaged: 1\.$/m)
  assert.deepEqual(log, [
    [1_796_080_079_123, 'friar@localhost', 'Friar', 'first', 'message', 'body first'],
    [1_796_080_079_500, 'friar@localhost', 'Friar', 'second', 'message', 'body second'],
  ])
  assert.equal(entries[0]!.veiled, true)
})
