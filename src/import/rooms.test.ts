/** Rooms of Prosody and ejabberd, as these have written them. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { seededEntropy } from '../base/entropy.ts'
import { memoryServer } from '../../test/support/memory-server.ts'
import { LIMITS } from '../rooms/machine/commands.ts'
import type { Room } from '../rooms/machine/room.ts'
import { settingsOf } from '../rooms/setting-words.ts'
import { jid } from '../xmpp/jid.ts'
import { multiUserChat, roomsOf } from '../xep/0045-multi-user-chat/index.ts'
import { serviceDiscovery } from '../xep/0030-service-discovery/index.ts'
import { entityCapabilities } from '../xep/0115-entity-capabilities/index.ts'
import { isEjabberdDump, readEjabberdDump } from './ejabberd-rooms.ts'
import type { Found } from './found.ts'
import { RoomImporting } from './importing-rooms.ts'
import { isProsodyFolder, readProsody } from './prosody.ts'
import { Report } from './report.ts'

const NOW = Date.UTC(2026, 11, 1)
const CELL = 'cell@conference.localhost'

async function folderOf(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'import-rooms-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text, 'latin1')
  }
  return folder
}
async function place(limits: Partial<typeof LIMITS> = {}) {
  const server = await memoryServer({ features: [serviceDiscovery, entityCapabilities, multiUserChat], domains: ['localhost'] })
  const served = roomsOf(server.host)!
  const entropy = seededEntropy('import')
  const take = async (source: AsyncIterable<Found>, dryRun = false): Promise<string> => {
    const { clock } = server.host
    const { archive } = server.host.stores
    const importing = new RoomImporting({
      served,
      archive,
      limits: { ...LIMITS, cardOctetsMax: 1000, ...limits },
      clock,
      entropy,
      dryRun,
    })
    let said = ''
    const report = new Report((text) => (said += text), dryRun)
    for await (const found of source)
      if (found.kind === 'room') report.room(found.room.jid.bare, found.room.jid.domain, await importing.take(found.room))
      else if (found.kind === 'history')
        report.history(found.room, found.said.length, await importing.say(found.room, found.said))
      else if (found.kind !== 'user') report.found(found)
    report.end()
    return said
  }
  const room = async (address = CELL): Promise<Room> => (await served.rooms.find(jid(address)))!
  return { server, take, room }
}
const affiliations = ({ members }: Room): readonly string[] =>
  Array.from(members.values(), (m) => `${m.jid} ${m.affiliation}${m.nick === null ? '' : ` ${m.nick}`} ${m.reason}`.trim()).sort()
const COMMON = {
  'name': 'The Friar’s cell',
  'description': 'Where größer & <smaller> meet',
  'persistent': 'yes',
  'public': 'yes',
  'password-protected': 'yes',
  'whois': 'anyone',
  'change-subject': 'yes',
}
function assertCommon(room: Room): void {
  const settings = settingsOf(room.facts.config)
  assert.deepEqual(Object.fromEntries(Object.keys(COMMON).map((word) => [word, settings[word]])), COMMON)
  assert.equal(room.facts.config.password, 'sesame')
  const { payload, nick } = room.facts.subject!
  assert.deepEqual([payload.child('subject')?.text, nick], ['Vows & <rings>', 'Friar'])
}

/** Prosody 0.12.3. */
const PROSODY = `return {
	["juliet@localhost"] = "member";
	["tybalt@localhost"] = "outcast";
	["_jid"] = "cell@conference.localhost";
	["_affiliation_data"] = {};
	["romeo@localhost"] = "admin";
	["friar@localhost"] = "owner";
	["_data"] = {
		["language"] = "en";
		["whois"] = "anyone";
		["subject"] = "Vows & <rings>";
		["subject_time"] = 1796080079;
		["subject_from"] = "cell@conference.localhost/Friar";
		["moderated"] = true;
		["persistent"] = true;
		["password"] = "sesame";
		["changesubject"] = true;
		["name"] = "The Friar\\226\\128\\153s cell";
		["description"] = "Where gr\\195\\182\\195\\159er & <smaller> meet";
		["occupant_id_salt"] = "6e23d266-5c76-4b2f-817d-025798dd8f6d";
	};
};
`

test('a room of Prosody: configuration, affiliations, a reserved nickname, the subject with its time', async (t) => {
  const withNick = PROSODY.replace(
    '["_affiliation_data"] = {};',
    '["_affiliation_data"] = { ["juliet@localhost"] = { ["reserved_nickname"] = "Giulietta" } };',
  )
  const folder = await folderOf(t, { 'conference%2elocalhost/config/cell.dat': withNick })
  assert.ok(await isProsodyFolder(folder))
  const { take, room, server } = await place()
  assert.match(await take(readProsody(folder, NOW), true), /^1 room would be imported\.$/m)
  assert.equal(await room(), null)
  assert.match(await take(readProsody(folder, NOW)), /^cell@conference\.localhost: a room with 4 affiliations\.$/m)
  assert.match(await take(readProsody(folder, NOW)), /exists already; not changed\.\n[^]*^1 room existed already\.$/m)
  const cell = await room()
  assertCommon(cell)
  assert.equal(cell.facts.config.moderated, true)
  assert.equal(cell.facts.subject!.at, 1_796_080_079_000)
  assert.deepEqual(affiliations(cell), [
    'friar@localhost owner',
    'juliet@localhost member Giulietta',
    'romeo@localhost admin',
    'tybalt@localhost outcast',
  ])
  const romeo = await server.bind('romeo@localhost', '1')
  await romeo.send(
    `<presence to='${CELL}/Giulietta'><x xmlns='http://jabber.org/protocol/muc'><password>sesame</password></x></presence>`,
  )
  assert.match(romeo.texts().join(), /<conflict/, 'the nickname is reserved')
  await romeo.send(
    `<presence to='${CELL}/R'><x xmlns='http://jabber.org/protocol/muc'><password>sesame</password></x></presence>`,
  )
  const subject = romeo.texts().at(-1)!
  assert.match(
    subject,
    /from='cell@conference\.localhost\/Friar'.*<subject>Vows &amp; &lt;rings&gt;<\/subject>.*stamp='2026-11-30T/,
  )
  assert.doesNotMatch(subject, /occupant-id/, 'who set it is not known')
})

test('rooms of Prosody: older files, rooms that were not to stay, other domains, and what is no room', async (t) => {
  const folder = await folderOf(t, {
    'conference%2elocalhost/config/old.dat':
      'return { ["jid"] = "old@conference.localhost"; ["_data"] = { ["persistent"] = true; ["hidden"] = true; ["members_only"] = true; ["presence_broadcast"] = { ["moderator"] = true; } }; ["_affiliations"] = { ["romeo@localhost"] = "owner"; ["localhost"] = "member"; ["@@"] = "admin"; } };',
    'conference%2elocalhost/config/gone.dat': 'return { ["_data"] = { ["name"] = "x" } };',
    'conference%2elocalhost/config/other.dat': 'return { ["x"] = 1 };',
    'conference%2elocalhost/config/code.dat': 'return os.execute("true")',
    'muc%2eelsewhere/config/far.dat': 'return { ["_data"] = { ["persistent"] = true } };',
  })
  const { take, room } = await place()
  const said = await take(readProsody(folder, NOW))
  assert.match(
    said,
    /^old@conference\.localhost: a room with 1 affiliation\.\n  without the affiliation "member" of localhost\.\n  without the affiliation of "@@", which is no address\.$/m,
  )
  assert.match(said, /^Not imported: gone@conference\.localhost, a room that was not to stay\.$/m)
  assert.match(said, /other\.dat: not read: it has no "_data"/)
  assert.match(said, /code\.dat: not read: /)
  assert.match(said, /^1 room of muc\.elsewhere not imported: this server has no rooms there\. See \[multi-user-chat\] prefix/m)
  const { config } = (await room('old@conference.localhost')).facts
  assert.deepEqual([config.public, config.membersOnly, config.presenceBroadcast], [false, true, ['moderator']])
})

/** ejabberd 23.01, `ejabberdctl dump_table FILE muc_room`. */
const EJABBERD = `{tables,[{muc_room,[{record_name,muc_room},{attributes,[name_host,opts]}]}]}.
{muc_room,{<<"cell">>,<<"conference.localhost">>},
          [{title,<<84,104,101,32,70,114,105,97,114,226,128,153,115,32,99,101,
                    108,108>>},
           {description,<<87,104,101,114,101,32,103,114,195,182,195,159,101,
                          114,32,38,32,60,115,109,97,108,108,101,114,62,32,
                          109,101,101,116>>},
           {allow_change_subj,true},
           {allow_query_users,true},
           {allow_private_messages,true},
           {allow_private_messages_from_visitors,anyone},
           {allow_visitor_status,true},
           {allow_visitor_nickchange,true},
           {public,true},
           {public_list,true},
           {persistent,true},
           {moderated,true},
           {members_by_default,true},
           {members_only,false},
           {allow_user_invites,false},
           {password_protected,true},
           {captcha_protected,false},
           {password,<<"sesame">>},
           {anonymous,false},
           {logging,false},
           {max_users,200},
           {allow_voice_requests,true},
           {allow_subscription,false},
           {mam,false},
           {presence_broadcast,[moderator,participant,visitor]},
           {voice_request_min_interval,1800},
           {vcard,<<>>},
           {vcard_xupdate,undefined},
           {pubsub,<<>>},
           {enable_hats,false},
           {lang,<<>>},
           {captcha_whitelist,[]},
           {affiliations,[{{<<"friar">>,<<"localhost">>,<<>>},{owner,<<>>}},
                          {{<<"juliet">>,<<"localhost">>,<<>>},{member,<<>>}},
                          {{<<"romeo">>,<<"localhost">>,<<>>},
                           {admin,<<"a good pupil">>}},
                          {{<<"tybalt">>,<<"localhost">>,<<>>},
                           {outcast,<<"rude">>}}]},
           {roles,[{{<<"juliet">>,<<"localhost">>,<<>>},participant},
                   {{<<"romeo">>,<<"localhost">>,<<>>},moderator}]},
           {subject,[{text,<<>>,<<"Vows & <rings>">>}]},
           {subject_author,<<"Friar">>},
           {hats_users,[]},
           {hibernation_time,undefined},
           {subscribers,[]}]}.
`

test('a room of ejabberd: configuration, affiliations with reasons, the subject', async (t) => {
  const other = '{roster,{<<"a">>,<<"b">>},\n        "{muc_room,"}.\n'
  const folder = await folderOf(t, { 'dump.txt': EJABBERD + other, 'all.xml': '<server-data/>' })
  assert.equal(await isEjabberdDump(join(folder, 'all.xml')), false)
  assert.equal(await isEjabberdDump(join(folder, 'dump.txt')), true)
  const { take, room } = await place()
  const said = await take(readEjabberdDump(join(folder, 'dump.txt')))
  assert.match(said, /^cell@conference\.localhost: a room with 4 affiliations\.$/m)
  assert.match(said, /^1 room imported\.$/m)
  const cell = await room()
  assertCommon(cell)
  // Newcomers had voice: members_by_default
  assert.deepEqual([cell.facts.config.moderated, cell.facts.config.archived], [false, false])
  assert.deepEqual(affiliations(cell), [
    'friar@localhost owner',
    'juliet@localhost member',
    'romeo@localhost admin a good pupil',
    'tybalt@localhost outcast rude',
  ])
})

test('rooms of ejabberd that are damaged hinder no others; settings and people beyond the limits are named', async (t) => {
  const dump = [
    '{tables,[{muc_room,[{record_name,muc_room},{attributes,[name_host,opts]}]}]}.',
    '{muc_room,{<<"broken">>,<<"conference.localhost">>},[{title,<<"x">>}.',
    '{muc_room,{<<"odd">>,<<"conference.localhost">>},<<"no options">>}.',
    '{muc_room,{<<"temporary">>,<<"conference.localhost">>},[{persistent,false}]}.',
    '{muc_room,{<<"crowded">>,<<"conference.localhost">>},[{max_users,9000},{moderated,true},{members_by_default,false},{title,<<"a\\nb">>},{affiliations,[{{<<"a">>,<<"localhost">>,<<>>},member},{{<<"o">>,<<"localhost">>,<<>>},owner},{{<<>>,<<"spam.example">>,<<>>},{outcast,<<>>}}]},{subject,<<"old">>},{subject_author,{<<"F">>,{jid}}}]}.',
  ].join('\n')
  const folder = await folderOf(t, { 'dump.txt': `${dump}\n` })
  const { take, room } = await place({ affiliationsMax: 2 })
  const said = await take(readEjabberdDump(join(folder, 'dump.txt')))
  assert.equal(said.match(/a room in .*dump\.txt: not read: /g)?.length, 1)
  assert.match(said, /^Not imported: a room that was not to stay\.$/m)
  assert.match(said, /^  without the setting occupants-max, which must be from 1 to 5000\.$/m)
  assert.match(said, /^  without the setting name, which has a character that cannot be written\.$/m)
  assert.match(said, /^  without 1 affiliations: a room holds 2\.$/m)
  const crowded = await room('crowded@conference.localhost')
  assert.deepEqual(affiliations(crowded), ['o@localhost owner', 'spam.example outcast'])
  assert.deepEqual([crowded.facts.config.moderated, crowded.facts.subject?.nick], [true, 'F'])
})
