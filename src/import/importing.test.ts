/** From files of other servers to accounts: each format, what is taken, what is named, and that it is all or nothing. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { memoryServer, type MemoryServer } from '../../test/support/memory-server.ts'
import { seededEntropy } from '../base/entropy.ts'
import { defaultLimits } from '../im/account.ts'
import { verifyPassword } from '../sasl/credentials.ts'
import { NodeStore } from '../pubsub/store.ts'
import type { Database } from '../server/database.ts'
import { decode } from '../xml/wire.ts'
import { passwordKeys } from '../xmpp/credentials.ts'
import { jid } from '../xmpp/jid.ts'
import { BlockLists } from '../xep/0191-blocking/store.ts'
import { PrivateElements } from '../xep/0049-private-xml/store.ts'
import { features } from '../xep/catalogue.ts'
import { portingOf } from '../xep/0163-personal-eventing/index.ts'
import { Cards } from '../xep/0054-vcard-temp/store.ts'
import { OfflineMessages } from '../xep/0160-offline-messages/store.ts'
import type { Found } from './found.ts'
import { Importing, type ImportOptions } from './importing.ts'
import { readProsody } from './prosody.ts'
import { Report } from './report.ts'
import { SplitError, Splitter } from './splitter.ts'
import { ImportedUser } from './user.ts'
import { readXep0227 } from './xep0227.ts'

const NOW = Date.UTC(2026, 0, 1)
const DOMAIN = 'capulet.com'
const JULIET = `juliet@${DOMAIN}`

/** Files by name, in a folder that goes away with the test. */
async function folderOf(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'import-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return folder
}

interface Place {
  readonly server: MemoryServer
  readonly options: ImportOptions
}
async function place(): Promise<Place> {
  const server = await memoryServer({ features, domains: [DOMAIN] })
  const { database, clock } = server.host
  const offline = { 'messages': 2, 'size': 100_000, 'strangers-messages': 0, 'strangers-size': 0, 'archive-wait': 0 }
  const entropy = seededEntropy('import')
  return {
    server,
    options: {
      database,
      domains: [DOMAIN],
      limits: defaultLimits,
      offline,
      cards: { size: 1000 },
      nodes: portingOf(server.host),
      archive: server.host.stores.accountArchive,
      privates: { 'elements': 2, 'element-size': 1000, 'size': 2000 },
      iterations: 1,
      clock,
      entropy,
      dryRun: false,
    },
  }
}

/** What is printed. */
async function imported({ options }: Place, source: AsyncIterable<Found>, dryRun = false): Promise<string> {
  let said = ''
  const importing = new Importing({ ...options, dryRun })
  const report = new Report((text) => (said += text), dryRun)
  for await (const found of source)
    if (found.kind === 'user') report.user(found.user.jid.bare, found.user.jid.domain, await importing.take(found.user))
    else if (found.kind !== 'room' && found.kind !== 'history') report.found(found)
  report.end()
  return said
}

/** Name, access model, affiliations, items. */
async function nodesIn(database: Database): Promise<unknown> {
  const store = await NodeStore.open(database)
  const loaded = await store.load(JULIET, await store.names(JULIET, '', 64))
  const all = [...loaded.values()].toSorted((a, b) => (a.origin.name < b.origin.name ? -1 : 1))
  const shown = all.map(async (node) => [
    node.origin.name,
    node.config.access_model,
    [...node.affiliations].map((one) => one.join(' ')),
    (await store.items(node, [...node.items.values()])).map(({ id, payload }) => `${id} ${decode(payload.text)}`),
  ])
  return Promise.all(shown)
}

const USER = `<user name='juliet' password='o romeo'>
  <presence xmlns='jabber:client' type='subscribe' id='x1' from='mercutio@montague.net'><nick xmlns='http://jabber.org/protocol/nick'>M</nick></presence>
  <presence xmlns='jabber:client' type='subscribe' from='romeo@montague.net'/>
  <query xmlns='jabber:iq:roster'>
    <item jid='Romeo@montague.net' name='R&amp;ö' subscription='both'><group>Friends</group><group>Friends</group></item>
    <item jid='nurse@capulet.com' ask='subscribe' approved='true'/>
    <item jid='@@'/>
  </query>
  <offline-messages>
    <message xmlns='jabber:client' from='romeo@montague.net/orchard' to='juliet@capulet.com/balcony' type='chat' id='m1' xml:lang='it'>
      <body>Neither, fair saint, größer</body>
      <delay xmlns='urn:xmpp:delay' from='capulet.com' stamp='1969-07-21T00:32:29Z'>Offline Storage</delay>
    </message>
    <message xmlns='jabber:client' from='romeo@montague.net' type='odd'/>
  </offline-messages>
  <blocklist xmlns='urn:xmpp:blocking'><item jid='tybalt@example.com'/></blocklist>
  <vCard xmlns='vcard-temp'><FN>Juliet</FN><x xmlns='urn:x'/></vCard>
  <query xmlns='jabber:iq:private'><storage xmlns='storage:rosternotes'>é</storage><x xmlns='urn:x'/><y xmlns='urn:x'/></query>
  <vCard xmlns='urn:ietf:params:xml:ns:vcard-4.0'/>
  <pubsub xmlns='http://jabber.org/protocol/pubsub'>
    <items node='urn:xmpp:bookmarks:1'><item id='a@c.example'><conference xmlns='urn:xmpp:bookmarks:1' name='ö'/></item><item id='b@c.example'/></items>
    <items node='large'><item id='1'><x xmlns='urn:x'>${'x'.repeat(70_000)}</x></item></items>
  </pubsub>
  <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
    <configure node='large'><x xmlns='jabber:x:data' type='submit'><field var='pubsub#access_model'><value>open</value></field><field var='pubsub#odd'/></x></configure>
    <affiliations node='large'><affiliation jid='romeo@montague.net/x' affiliation='member'/><affiliation jid='@@' affiliation='owner'/></affiliations>
  </pubsub>
</user>`
const FILE = `<?xml version='1.0'?><!-- <user> --><server-data xmlns='urn:xmpp:pie:0'>
 <host jid='capulet.com'>${USER}<pubsub xmlns='x'><user/></pubsub><user name='empty'/></host>
 <host jid='montague.net'><user name='romeo' password='x'/></host>
</server-data>`

test('XEP-0227: a user with all that can be taken, and by name what cannot', async (t) => {
  const here = await place()
  const file = join(await folderOf(t, { 'all.xml': FILE }), 'all.xml')
  const words = `juliet@capulet.com: 2 contacts, 1 request to answer, 1 blocked, 1 stored message, vCard, private data, 2 nodes of PEP.
  without the contact "@@", which is no address.
  without a message of the type "odd".
  without vCard (urn:ietf:params:xml:ns:vcard-4.0).
  without the private data "urn:x y", which is too large or has no namespace.
  without an item of the node "large": too large, or too many.
empty@capulet.com: not imported: it has neither a password nor usable keys.
`
  const rest = `1 account of montague.net not imported: name the domain in [server] domains, and import again.
Not imported: capulet.com: pubsub.
`
  const { accounts, rosters } = here.server.host.stores
  const dry = await imported(here, readXep0227(file, NOW), true)
  assert.equal(dry, `${words}\n1 account would be imported; nothing was changed.\n${rest}`)
  assert.equal(await accounts.exists(JULIET), false)
  assert.equal(await imported(here, readXep0227(file, NOW)), `${words}\n1 account imported.\n${rest}`)

  const { hash, keys } = passwordKeys((await accounts.credentials(JULIET))!)
  assert.ok(await verifyPassword(hash, keys, ['o romeo']))
  const { items, pending } = await rosters.load(JULIET)
  const shown = items.map(({ jid: { full }, ...item }) => ({ jid: full, ...item })).toSorted((a, b) => (a.jid < b.jid ? -1 : 1))
  assert.deepEqual(shown, [
    { jid: 'nurse@capulet.com', name: '', groups: [], subscription: 'none', ask: true, approved: true },
    { jid: 'romeo@montague.net', name: 'R&ö', groups: ['Friends'], subscription: 'both', ask: false, approved: false },
  ])
  assert.deepEqual(
    pending.map(({ stanza }) => decode(stanza.wire)),
    [
      `<presence from='mercutio@montague.net' to='juliet@capulet.com' type='subscribe' id='x1'><nick xmlns='http://jabber.org/protocol/nick'>M</nick></presence>`,
    ],
  )
  const { database } = here.server.host
  assert.deepEqual(
    (await new BlockLists(database).load(JULIET)).map(({ full }) => full),
    ['tybalt@example.com'],
  )
  assert.equal(await new Cards(database).read(JULIET), "<vCard xmlns='vcard-temp'><FN>Juliet</FN><x xmlns='urn:x'/></vCard>")
  assert.deepEqual(await new PrivateElements(database).all(JULIET), [
    "<storage xmlns='storage:rosternotes'>é</storage>",
    "<x xmlns='urn:x'/>",
  ])
  assert.deepEqual(await nodesIn(database), [
    ['large', 'open', ['romeo@montague.net member'], []],
    [
      'urn:xmpp:bookmarks:1',
      'whitelist',
      [],
      ["a@c.example <conference xmlns='urn:xmpp:bookmarks:1' name='ö'/>", 'b@c.example '],
    ],
  ])
  const [message] = await new OfflineMessages(database, here.server.host.stores.accountArchive).after(JULIET, 0, 10)
  assert.equal(message!.receivedAt, Date.UTC(1969, 6, 21, 0, 32, 29))
  assert.equal(
    decode(message!.packet.wire),
    `<message from='romeo@montague.net/orchard' to='juliet@capulet.com/balcony' type='chat' id='m1' xml:lang='it'><body>Neither, fair saint, größer</body></message>`,
  )
})

test('who is here already is left as he is, with all that he has', async (t) => {
  const here = await place()
  const file = join(await folderOf(t, { 'all.xml': FILE }), 'all.xml')
  await here.server.host.registrar.create(jid(JULIET), 'another')
  const said = await imported(here, readXep0227(file, NOW))
  assert.match(said, /^juliet@capulet\.com: exists already; not changed\.$/m)
  assert.deepEqual((await here.server.host.stores.rosters.load(JULIET)).items, [])
})

test('XEP-0227 5: files that include others, from their folder and no other', async (t) => {
  const here = await place()
  const folder = await folderOf(t, {
    'in/all.xml': `<server-data xmlns='urn:xmpp:pie:0' xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='capulet.com.xml'/><xi:include href='../secret.xml'/><xi:include href='none.xml'/></server-data>`,
    'in/capulet.com.xml': `<host xmlns='urn:xmpp:pie:0' xmlns:xi='http://www.w3.org/2001/XInclude' jid='capulet.com'><xi:include href='capulet.com/juliet.xml'/></host>`,
    'in/capulet.com/juliet.xml': USER.replace('<user', `<user xmlns='urn:xmpp:pie:0'`),
    'secret.xml': FILE,
  })
  const said = await imported(here, readXep0227(join(folder, 'in/all.xml'), NOW))
  assert.match(said, /^juliet@capulet\.com: 2 contacts/m)
  assert.match(said, /"\.\.\/secret\.xml" is not included: it is outside the folder/)
  assert.match(said, /none\.xml: not read: ENOENT/)
  assert.match(said, /^1 account imported\.$/m)
})

test('XEP-0227: in whatever pieces a file is read', () => {
  const text = Buffer.from(FILE).toString('latin1')
  const split = (size: number): unknown[] => {
    const splitter = new Splitter()
    const pieces: unknown[] = []
    for (let i = 0; i < text.length; i += size) pieces.push(...splitter.push(text.slice(i, i + size)))
    splitter.end()
    return pieces
  }
  const whole = split(text.length)
  assert.equal(whole.length, 6)
  for (const size of [1, 2, 3, 7, 64, 1000]) assert.deepEqual(split(size), whole, `pieces of ${size}`)
})

test('XEP-0227: whatever stands in a file, it is split or refused, and the pieces in which it is read do not matter', () => {
  const tokens = [
    '<server-data>',
    '</server-data>',
    "<host jid='a'>",
    '</host>',
    '<user name="b">',
    '</user>',
    '<user/>',
    '<x>',
    '</x>',
    '<x/>',
  ]
  const odd = [
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    '?>',
    '<',
    '>',
    '"',
    "'",
    ' ',
    'text',
    '<!DOCTYPE',
    "<xi:include href='f'/>",
    '&lt;',
  ]
  const split = (text: string, size: number): unknown => {
    const splitter = new Splitter()
    const pieces: unknown[] = []
    try {
      for (let i = 0; i < text.length; i += size) for (const piece of splitter.push(text.slice(i, i + size))) pieces.push(piece)
      splitter.end()
      return pieces
    } catch (error) {
      if (error instanceof SplitError) return [...pieces, 'refused']
      throw error
    }
  }
  const file = fc.array(fc.constantFrom(...tokens, ...tokens, ...odd), { maxLength: 30 }).map((all) => all.join(''))
  fc.assert(
    fc.property(file, fc.integer({ min: 1, max: 9 }), (text, size) =>
      assert.deepEqual(split(text, size), split(text, 1 + text.length)),
    ),
  )
  fc.assert(fc.property(file, (text) => void split(`<server-data><host jid='a'>${text}</host></server-data>`, 5)))
})

test('XEP-0227: files that are none', async (t) => {
  const files = {
    'half.xml': FILE.slice(0, -20),
    'other.xml': '<rss/>',
    'doctype.xml': '<!DOCTYPE x [<!ENTITY a "aaaa">]><server-data/>',
    'binary.xml': '\0\x01\x02',
    'bad-user.xml': `<server-data xmlns='urn:xmpp:pie:0'><host jid='capulet.com'><user name='a'><b></c></user><user name='juliet' password='x'/></host></server-data>`,
  }
  const folder = await folderOf(t, files)
  for (const name of Object.keys(files))
    assert.match(await imported(await place(), readXep0227(join(folder, name), NOW)), /not read: /, name)
  assert.match(
    await imported(await place(), readXep0227(join(folder, 'bad-user.xml'), NOW)),
    /^1 account imported\.$/m,
    'the others are',
  )
  await assert.rejects(imported(await place(), readXep0227(join(folder, 'absent.xml'), NOW)), { code: 'ENOENT' })
})

/** As Prosody 0.12.3 has written them. */
const PROSODY = {
  'capulet%2ecom/accounts/juliet.dat': `return {
	["iteration_count"] = 10000;
	["salt"] = "fd922c3d-d449-443f-af90-8b869588726c";
	["server_key"] = "7f6854e7295cd7ac8278fa78f921065804f6ebbf";
	["stored_key"] = "53a2d127f17404741ef96f1707e3a240fe2d5b86";
};
`,
  'capulet%2ecom/accounts/the%2enurse.dat': 'return { ["password"] = "pa\\"ss\\\\w\\195\\182rd"; ["disabled"] = true; };\n',
  'capulet%2ecom/accounts/broken.dat': 'return os.execute("true")\n',
  'capulet%2ecom/roster/juliet.dat': `return {
	[false] = {
		["version"] = 6;
		["pending"] = {
			["tybalt@capulet.com"] = {
				["attr"] = {
					["type"] = "subscribe";
					["to"] = "juliet@capulet.com";
					["xml:lang"] = "en";
					["from"] = "tybalt@capulet.com";
				};
				["name"] = "presence";
			};
			["mercutio@montague.net"] = true;
		};
	};
	["romeo@montague.net"] = {
		["groups"] = {
			["Friends"] = true;
		};
		["name"] = "R\\195\\182meo";
		["subscription"] = "both";
	};
};
`,
  'capulet%2ecom/roster/the%2enurse.dat': 'return { ["x"] = ',
  'capulet%2ecom/blocklist/juliet.dat':
    'return {\n\t[false] = {\n\t\t["created"] = 1795287817;\n\t};\n\t["paris@verona.it"] = 1795287818;\n};\n',
  'capulet%2ecom/archive/juliet.list': [
    ['romeo@montague.net/orchard', 'juliet@capulet.com', 'a1', 'Wherefore?'],
    ['juliet@capulet.com/balcony', 'romeo@montague.net', "b'2", 'Therefore'],
    ['romeo@montague.net/orchard', 'juliet@capulet.com', 'a1', 'Once more'],
  ]
    .map(
      ([from, to, key, body], n) => `item({
	{
		"${body}";
		["attr"] = {};
		["name"] = "body";
	};
	["attr"] = {
		["type"] = "chat";
		["to"] = "${to}";
		["from"] = "${from}";
	};
	["name"] = "message";
	["key"] = "${key}";
	["with"] = "romeo@montague.net";
	["when"] = ${1795280000 + n};
});
`,
    )
    .join(''),
  'capulet%2ecom/offline/juliet.list': [1, 2, 3]
    .map(
      (n) => `item({
	{
		"Good night ${n}, gr\\195\\182\\195\\159er & <3";
		["attr"] = {};
		["name"] = "body";
	};
	["attr"] = {
		["type"] = "chat";
		["to"] = "juliet@capulet.com";
		["stamp"] = "2026-11-21T19:03:38Z";
		["from"] = "romeo@montague.net/orchard";
	};
	["name"] = "message";
	["when"] = 1795287818;
});
`,
    )
    .join(''),
  'capulet%2ecom/vcard4/juliet.dat': 'return {};',
  'capulet%2ecom/vcard/juliet.dat': `return {
	["name"] = "vCard";
	["attr"] = {
		["xmlns"] = "vcard-temp";
	};
	[1] = {
		["name"] = "FN";
		["attr"] = {
			["xmlns"] = "vcard-temp";
		};
		[1] = "J & ö";
	};
};
`,
  'capulet%2ecom/pep/juliet.dat': `return {
	["urn:xmpp:avatar:metadata"] = {
		["name"] = "urn:xmpp:avatar:metadata";
		["config"] = {
			["access_model"] = "open";
			["max_items"] = 1;
			["persist_items"] = true;
		};
		["affiliations"] = {
			["tybalt@capulet.com"] = "outcast";
		};
		["subscribers"] = {};
	};
	["http://jabber.org/protocol/mood"] = true;
};
`,
  'capulet%2ecom/pep_urn%3axmpp%3aavatar%3ametadata/juliet.list': `item({
	{
		["name"] = "info";
		["attr"] = {
			["xmlns"] = "urn:xmpp:avatar:metadata";
			["id"] = "x";
		};
	};
	["name"] = "metadata";
	["with"] = "juliet@capulet.com";
	["when"] = 1795287818;
	["key"] = "k1";
	["attr"] = {
		["xmlns"] = "urn:xmpp:avatar:metadata";
		["stamp"] = "2026-11-21T19:03:38Z";
	};
});
item({
	["name"] = "no key";
});
`,
  'capulet%2ecom/private/juliet.dat': `return {
	["storage:storage:rosternotes"] = {
		["name"] = "storage";
		["attr"] = {
			["xmlns"] = "storage:rosternotes";
		};
	};
	["broken"] = "no element";
};
`,
}

test('Prosody: keys are kept, what does not fit or cannot be read is named, and files are data', async (t) => {
  const here = await place()
  const folder = await folderOf(t, PROSODY)
  const said = await imported(here, readProsody(folder, NOW))
  assert.match(
    said,
    /^juliet@capulet\.com: 1 contact, 2 requests to answer, 1 blocked, 2 stored messages, 3 archived messages, vCard, private data, 2 nodes of PEP; old keys\.$/m,
  )
  assert.match(said, /^ {2}without a stored message, for which the store has no room\.$/m)
  assert.match(said, /^the\.nurse@capulet\.com: 0 contacts, disabled\.$/m)
  assert.match(said, /^ {2}without an item of the node "urn:xmpp:avatar:metadata", which is damaged\.$/m)
  assert.match(said, /^ {2}without the private data "broken", which is damaged\.$/m)
  assert.match(said, /^ {2}without the rest of roster\/the%2enurse\.dat, which cannot be read: line 1: /m)
  assert.match(said, /accounts\/broken\.dat: not read: line 1: /)
  assert.match(said, /^Not imported: capulet\.com: vcard4 \(1 file\)\.$/m)
  assert.match(said, /^1 account of capulet\.com with old keys\. Until they have new ones, capulet\.com offers only SCRAM-SHA-1/m)

  const { database } = here.server.host
  assert.deepEqual(await nodesIn(database), [
    ['http://jabber.org/protocol/mood', 'presence', [], []],
    [
      'urn:xmpp:avatar:metadata',
      'open',
      ['tybalt@capulet.com outcast'],
      [`k1 <metadata xmlns='urn:xmpp:avatar:metadata'><info id='x'/></metadata>`],
    ],
  ])
  assert.equal(await new Cards(database).read(JULIET), "<vCard xmlns='vcard-temp'><FN>J &amp; ö</FN></vCard>")
  assert.deepEqual(await new PrivateElements(database).all(JULIET), ["<storage xmlns='storage:rosternotes'/>"])
  const { accounts, rosters } = here.server.host.stores
  assert.deepEqual(await accounts.credentials(JULIET), {
    'sha-1': {
      iterations: 10000,
      salt: Buffer.from('fd922c3d-d449-443f-af90-8b869588726c').toString('base64'),
      storedKey: Buffer.from('53a2d127f17404741ef96f1707e3a240fe2d5b86', 'hex').toString('base64'),
      serverKey: Buffer.from('7f6854e7295cd7ac8278fa78f921065804f6ebbf', 'hex').toString('base64'),
    },
  })
  assert.ok((await accounts.find('the.nurse@capulet.com'))!.disabled !== null)
  assert.equal((await accounts.find(JULIET))!.disabled, null)
  const nurse = passwordKeys((await accounts.credentials('the.nurse@capulet.com'))!)
  assert.ok(await verifyPassword(nurse.hash, nurse.keys, ['pa"ss\\wörd']))
  const { items } = await rosters.load(JULIET)
  assert.deepEqual([items[0]!.name, items[0]!.groups, items[0]!.subscription], ['Römeo', ['Friends'], 'both'])
  const everything = { after: null, before: null, withBare: null, withFull: null, start: null, end: null }
  const archived = await here.server.host.stores.accountArchive.page(jid(JULIET), everything, 10, 'first')
  assert.deepEqual(
    archived.entries.map(({ id, at, isSent, packet }) => [
      id.length === 22 ? 'new' : id,
      at,
      isSent,
      packet.payload.child('body')!.text,
    ]),
    [
      ['a1', 1_795_280_000_000, false, 'Wherefore?'],
      ['new', 1_795_280_001_000, true, 'Therefore'],
      ['new', 1_795_280_002_000, false, 'Once more'],
    ],
  )
  const messages = await new OfflineMessages(here.server.host.database, here.server.host.stores.accountArchive).after(
    JULIET,
    0,
    10,
  )
  assert.deepEqual(
    messages.map(({ packet, receivedAt }) => [packet.payload.child('body')!.text, receivedAt]),
    [1, 2].map((n) => [`Good night ${n}, größer & <3`, Date.UTC(2026, 10, 21, 19, 3, 38)]),
  )
  assert.match(
    await imported(here, readProsody(join(folder, 'capulet%2ecom'), NOW)),
    /^2 accounts existed already\.$/m,
    'one domain alone',
  )
})

test("ejabberd 23.01's own export: keys in base64 twice are taken, and its preparation of passwords with them", async () => {
  const here = await place()
  const options = { ...here.options, domains: ['capulet.example'] }
  const file = new URL('../../test/support/ejabberd-23.01/server.xml', import.meta.url)
  const said = await imported({ ...here, options }, readXep0227(fileURLToPath(file), NOW))
  assert.ok(
    said.startsWith(`juliet@capulet.example: 1 contact, 1 blocked, 1 stored message; old keys.
  without the privacy rule "deny the jid "paris@verona.example"" (message), which a block list cannot express.
  without the privacy rule "deny the subscription "none"" (presence-out), which a block list cannot express.
  without the privacy list "at work", which is not the default.
`),
    said,
  )
  assert.match(said, /^4 accounts imported\.\n4 accounts of capulet\.example with old keys\. Until .* offers only SCRAM-SHA-1/m)
  const { accounts } = here.server.host.stores
  const isRight = async (name: string, password: string): Promise<boolean> => {
    const { hash, keys } = passwordKeys((await accounts.credentials(`${name}@capulet.example`))!)
    return verifyPassword(hash, keys, [password])
  }
  for (const name of ['juliet', 'romeo', 'tybalt']) assert.ok(await isRight(name, "nobody's password"))
  assert.ok(await isRight('nurse', 'x21⁄2fi'), 'as ejabberd has prepared "x²½ﬁ"')
  assert.equal(await isRight('nurse', "nobody's password"), false)
})

test('keys of any other length stay damaged, be they in base64 once, twice or thrice', () => {
  const octets = (n: number): string => Buffer.alloc(n, 7).toString('base64')
  const again = (text: string): string => Buffer.from(text).toString('base64')
  const taken = (salt: string, storedKey: string, serverKey: string, iterations = 4096): boolean => {
    const user = new ImportedUser('juliet', DOMAIN, NOW)
    user.addKeys('SCRAM-SHA-1', { iterations, salt, storedKey, serverKey })
    return user.credentials !== null
  }
  const [key, salt] = [octets(20), octets(16)]
  assert.ok(taken(salt, key, key))
  assert.ok(taken(again(salt), again(key), again(key)))
  assert.equal(taken(salt, again(key), key), false)
  assert.equal(taken(salt, again(key), again(key)), false, 'the salt too, or none')
  assert.equal(taken(again(again(salt)), again(again(key)), again(again(key))), false)
  assert.equal(taken(again(salt), again(octets(32)), again(octets(32))), false)
  assert.equal(taken(salt, key, key, 1e300), false)
  assert.equal(taken(salt, key, key, 0.5), false)
})
