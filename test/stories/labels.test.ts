/** XEP-0258: who may send and receive which message, by labels and clearances (docs/labels.md). */
import assert from 'node:assert/strict'
import { cleared, label, labelling, policy, strict } from '../support/labels.ts'
import { ask, field, form, page } from '../support/archive.ts'
import { a, comeBack, enable, R, UNASKED } from '../support/stream-management.ts'
import { jid } from '../../src/xmpp/jid.ts'
import { bareOf, story, type Cast } from '../support/story.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import type { StoryClient } from '../support/story-client.ts'
import { refusal } from '../support/xml-pattern.ts'
import type { Xml } from '../support/xml-reader.ts'

const ALICE = bareOf('alice')
const BOB = bareOf('bob')
const NS = 'urn:xmpp:sec-label:0'
const CATALOG = 'urn:xmpp:sec-label:catalog:2'
const LABELS = { labelling: labelling() }
const MEMORY = { ...LABELS, on: ['memory'] as const }

const chat = (to: string, inside: string, id = 'm'): string => `<message type='chat' id='${id}' to='${to}'>${inside}</message>`
const secret = (to: string, text = 'secret', id = 'm'): string => chat(to, `<body>${text}</body>${label('secret')}`, id)
const denied = (from: string, id = 'm'): string => refusal('message', `id='${id}' from='${from}'`, 'auth', 'forbidden')
const withheld = ({ server }: Cast): readonly string[] =>
  server.host.labels!.audit.recent.map(({ point, subject, label: id, denial }) => `${point} ${subject} ${id} ${denial.rule}`)
/** Alice may see everything but projects; Bob what the others have. */
async function scene(cast: Cast, of: Readonly<Record<string, string>> = {}): Promise<readonly [StoryClient, StoryClient]> {
  await cleared(cast.server, { [ALICE]: 'secret', ...of })
  return cast.friends('alice/1', 'bob/1')
}
async function catalogue(who: StoryClient, to: string | null): Promise<Xml> {
  const asked = to === null ? '' : ` to='${to}'`
  const iq = await who.ask(`<iq type='get' id='c' to='a.example'><catalog xmlns='${CATALOG}'${asked}/></iq>`)
  return iq.child('catalog')!
}
/** The selectors of the items; the default one has an asterisk. */
const offered = (catalog: Xml): readonly string[] =>
  catalog.elements.map((item) => `${item.attr('selector')}${item.attr('default') === 'true' ? '*' : ''}`)

story(
  'T-Y02, LAB-23, LAB-25: what bob may not see is refused to alice and reaches nobody; what alice may not use as well',
  LABELS,
  async (cast) => {
    const [alice, bob] = await scene(cast)
    alice.send(secret(bob.jid))
    await alice.expect(denied(bob.jid))
    alice.send(secret(BOB))
    await alice.expect(denied(BOB))
    bob.send(secret(ALICE))
    await bob.expect(denied(ALICE))
    assert.deepEqual(withheld(cast), [`send ${BOB} secret level`, `delivery ${BOB} secret level`, `delivery ${BOB} secret level`])
    for (const client of [alice, bob]) assert.equal((await ask(client)).said, '', 'what is refused is in no archive')

    await cleared(cast.server, { [BOB]: 'secret' })
    alice.send(secret(bob.jid, 'now'))
    await bob.expect(`<message type='chat' id='m' from='${alice.jid}'>*</message>`)
  },
)

story('T-Y03: a message without a label has the default one', LABELS, async (cast) => {
  const [alice, bob] = await scene(cast)
  bob.send(chat(alice.jid, '<body>hello</body>'))
  await alice.expect(`<message type='chat' id='m' from='${bob.jid}'><body>hello</body></message>`)
})
story(
  'T-Y03: without a default label messages need one; without a default clearance users do',
  { labelling: labelling(policy(strict)) },
  async (cast) => {
    const [alice, bob] = await scene(cast)
    alice.send(chat(bob.jid, '<body>hello</body>'))
    await alice.expect(denied(bob.jid))
    bob.send(chat(alice.jid, `<body>hello</body>${label('unclassified')}`))
    await bob.expect(denied(alice.jid))
    assert.deepEqual(withheld(cast), [`send ${BOB} unclassified no clearance`, `send ${ALICE} null no label`])
  },
)

story(
  'T-Y04, T-Y05, LAB-31: a label on presence or a request is refused without it; an error with a label is dropped',
  LABELS,
  async (cast) => {
    const [alice, bob] = await scene(cast)
    alice.send(`<presence id='p'>${label('unclassified')}</presence>`)
    const [p] = [await alice.expect(refusal('presence', `id='p'`, 'modify', 'bad-request'))]
    assert(!p.show().includes('securitylabel'))
    alice.send(`<iq type='set' id='i' to='${bob.jid}'><x xmlns='urn:x'><y>${label('unclassified')}</y></x></iq>`)
    await alice.expect(refusal('iq', `id='i'`, 'modify', 'bad-request'))
    alice.send(`<message type='error' id='e' to='${bob.jid}'>${label('unclassified')}<error type='cancel'/></message>`)
    alice.send(`<message type='chat' id='f' to='${bob.jid}'><body>x</body><securitylabel xmlns='${NS}'/></message>`)
    await alice.expect(refusal('message', `id='f'`, 'modify', 'bad-request'))
  },
)

story('LAB-22: a forged marking and forged equivalents do not get through', LABELS, async (cast) => {
  const [alice, bob] = await scene(cast, { [BOB]: 'secret' })
  const forged = label('secret')
    .replace('<label>', `<displaymarking>UNCLASSIFIED</displaymarking><label>`)
    .replace('</securitylabel>', `<equivalentlabel><x xmlns='urn:b:harmless'/></equivalentlabel></securitylabel>`)
  alice.send(chat(bob.jid, `<body>x</body>${forged}`))
  const got = await bob.expect(`<message type='chat' id='m' from='${alice.jid}'>*</message>`)
  const its = got.child('securitylabel')!
  const marking = its.child('displaymarking')!
  assert.deepEqual(
    [marking.text, marking.attr('bgcolor'), its.elements.map(({ name }) => name)],
    ['SECRET', 'red', ['displaymarking', 'label']],
  )
})

story('LAB-25, LAB-34: nobody learns of accounts: a stranger is answered as if there were none', LABELS, async (cast) => {
  await cleared(cast.server, { [ALICE]: 'secret', [bareOf('carol')]: 'secret' })
  const [alice, carol] = await cast.clients('alice/1', 'carol/1')
  await cast.server.account('bob')
  for (const to of [BOB, bareOf('nobody')]) alice.send(secret(to, 'x', to))
  await cast.settle()
  alice.send(secret(carol.jid))
  await carol.expect(`<message type='chat' id='m' from='${alice.jid}'>*</message>`)
  const [ofBob, ofNobody, ofServer] = [
    await catalogue(alice, BOB),
    await catalogue(alice, bareOf('nobody')),
    await catalogue(alice, null),
  ]
  assert.deepEqual(offered(ofBob), offered(ofNobody))
  assert.deepEqual(offered(ofBob), offered(ofServer))
})

story('T-Y01, LAB-34: the catalogue of a user has what both may see, and one default', LABELS, async (cast) => {
  const [alice, bob] = await scene(cast, { [BOB]: 'restricted' })
  const own = await catalogue(alice, 'a.example')
  assert.deepEqual(own.attrs, {
    to: 'a.example',
    name: 'Example labels',
    desc: 'Choose what the message may be shown to',
    size: '4',
    restrict: 'true',
  })
  assert.deepEqual(offered(own), [
    'UNCLASSIFIED*',
    'Classified|RESTRICTED',
    'Classified|CONFIDENTIAL, Verona and Mantua',
    'Classified|SECRET',
  ])
  assert.deepEqual(offered(await catalogue(alice, BOB)), ['UNCLASSIFIED*', 'Classified|RESTRICTED'])
  assert.deepEqual(offered(await catalogue(bob, ALICE)), ['UNCLASSIFIED*', 'Classified|RESTRICTED'])
  assert.deepEqual(
    offered(await catalogue(alice, 'romeo@elsewhere.example')),
    ['UNCLASSIFIED*'],
    'another domain has the default clearance',
  )
  const restricted = own.elements[1]!.child('securitylabel')!
  assert.deepEqual(
    restricted.elements.map(({ name }) => name),
    ['displaymarking', 'label', 'equivalentlabel'],
  )
  await alice.ask(
    `<iq type='get' id='c' to='a.example'><catalog xmlns='${CATALOG}' to='a@b@c'/></iq>`,
    refusal('iq', `id='c' from='a.example'`, 'modify', 'jid-malformed'),
  )
  const info = await alice.ask(`<iq type='get' id='d' to='a.example'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`)
  const features = info.child('query')!.elements.map((e) => e.attr('var'))
  assert(features.includes(NS) && features.includes(CATALOG))
})

story('LAB-21: the clearance of a group counts for those who have none of their own', LABELS, async (cast) => {
  for (const name of ['alice', 'bob']) await cast.server.account(name)
  const { groups } = cast.server.server
  for (const name of ['Staff', 'Orchard']) await groups.create(name)
  await groups.join('Staff', [ALICE, BOB])
  await groups.join('Orchard', [ALICE, BOB])
  await cleared(cast.server, { Staff: 'restricted', Orchard: 'secret-orchard' })
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  const orchard = chat(bob.jid, `<body>x</body>${label('secret-orchard')}`)
  alice.send(orchard)
  await bob.expect(`<message type='chat' id='m' from='${alice.jid}'>*</message>`)
  await cleared(cast.server, { [BOB]: 'restricted' })
  alice.send(orchard)
  await alice.expect(denied(bob.jid))
  await groups.delete('Orchard')
  await cast.forget()
  alice.send(orchard)
  await alice.expect(denied(bob.jid))
  assert.deepEqual(
    cast.server.host.labels!.clearances.all.map(({ subject }) => subject),
    [BOB, 'Staff'],
  )
})

story(
  'T-Y07, LAB-24, LAB-25: messages of other servers are judged by their equivalents, and dropped without a word',
  LABELS,
  async (cast) => {
    const [, bob] = await scene(cast, { [BOB]: 'restricted' })
    const foreign = (inside: string): string =>
      `<message type='chat' id='m' from='rosaline@mantua.example/1' to='${bob.jid}'><body>x</body><securitylabel xmlns='${NS}'>${inside}</securitylabel></message>`
    const own = `<label><x xmlns='urn:example:mantua:own'/></label>`
    await cast.fromElsewhere(
      foreign(`${own}<equivalentlabel><label xmlns='urn:example:mantua:label'>RISERVATO</label></equivalentlabel>`),
    )
    const got = await bob.expect(`<message type='chat' id='m' from='rosaline@mantua.example/1'>*</message>`)
    const its = got.child('securitylabel')!
    assert.deepEqual(
      [its.child('displaymarking')!.text, its.child('label')!.elements[0]!.ns],
      ['RESTRICTED', 'urn:example:mantua:own'],
    )
    await cast.fromElsewhere(foreign(own))
    await cast.fromElsewhere(secret(bob.jid).replace('<message', `<message from='rosaline@mantua.example/1'`))
    await cast.settle()
    assert.deepEqual(withheld(cast), [`delivery ${BOB} secret level`, `delivery ${BOB} null no label`])
  },
)

story('LAB-32: the subject of a room is free, and no other message that looks like one', LABELS, async (cast) => {
  const [alice, bob] = await scene(cast)
  const subject = `<subject>secret</subject>${label('secret')}`
  alice.send(chat(bob.jid, subject).replace(`type='chat'`, `type='groupchat'`))
  await alice.expect(denied(bob.jid))
  await cast.fromElsewhere(`<message type='groupchat' from='room@b.example/R' to='${bob.jid}'>${subject}</message>`)
  const room = 'den@conference.a.example'
  for (const [who, nick] of [
    [alice, 'A'],
    [bob, 'B'],
  ] as const)
    who.send(`<presence to='${room}/${nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`)
  alice.send(
    `<iq type='set' id='o' to='${room}'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>`,
  )
  await cast.settle()
  bob.send(`<presence to='${room}/B'><x xmlns='http://jabber.org/protocol/muc'/></presence>`)
  await cast.forget()
  alice.send(`<message type='groupchat' id='s' to='${room}'><subject>Plans</subject><x xmlns='urn:x'>secret</x></message>`)
  const got = await bob.expect(`<message type='groupchat' id='s' from='${room}/A'>*</message>`)
  assert(got.show().includes('Plans') && !got.show().includes('secret'), got.show())
  await alice.expect(`<message type='groupchat' id='s' from='${room}/A'>*</message>`)
})

for (const bounces of [false, true])
  story(
    `LAB-25, ROOM-80: what is withheld puts nobody out of a room elsewhere (bounce-remote ${bounces})`,
    { ...LABELS, on: ['memory'], settings: { 'security-labels': { 'bounce-remote': bounces } } },
    async (cast) => {
      await scene(cast, { [BOB]: 'restricted' })
      const bob = cast.known('bob@a.example/1')
      const b = new Elsewhere(cast)
      bob.send(`<presence to='room@b.example/Bob'><x xmlns='http://jabber.org/protocol/muc'/></presence>`)
      await b.expect(`<presence from='${bob.jid}' to='room@b.example/Bob'>*</presence>`)
      const said = secret(bob.jid).replace(`type='chat'`, `type='groupchat'`)
      await b.send(said.replace('<message', `<message from='room@b.example/Romeo'`))
      await b.expectNothing()
      await b.send(said.replace('<message', `<message from='other@b.example/Romeo'`))
      await b.expect(`<message type='error' id='m' from='${bob.jid}' to='other@b.example/Romeo'>*</message>`)
      assert.deepEqual(withheld(cast), [`delivery ${BOB} secret level`, `delivery ${BOB} secret level`])
      await cast.expectNothing()
    },
  )

story('LAB-28: what waited while the clearance was lowered waits on, and comes when it is raised again', LABELS, async (cast) => {
  const clear = (clearance: string): Promise<void> => cleared(cast.server, { [ALICE]: 'secret', [BOB]: clearance })
  await clear('secret')
  await cast.befriend('alice', 'bob')
  const alice = await cast.client('alice', '1')
  for (let i = 0; i < 10; i++) alice.send(i % 2 === 0 ? secret(BOB, String(i), `m${i}`) : chat(BOB, `<body>${i}</body>`, `m${i}`))
  await cast.settle()
  await clear('restricted')
  const bob = await cast.client('bob', '1', { presence: null })
  bob.send('<presence/>')
  await cast.settle()
  const came = bob.take().filter(({ name }) => name === 'message')
  assert.equal(came.map((xml) => xml.child('body')!.text).join(''), '13579')
  await cast.forget()
  assert.deepEqual(withheld(cast), [`offline ${BOB} secret level`])
  assert.equal(cast.server.host.labels!.audit.recent[0]!.count, 5)
  await clear('secret')
  for (const i of [0, 2, 4, 6, 8]) await bob.expect(`<message type='chat' id='m${i}' from='${alice.jid}'>*</message>`)
})

story(
  'LAB-28: what a login was not given comes with a later one if the clearance was raised in between',
  LABELS,
  async (cast) => {
    const clear = (clearance: string): Promise<void> => cleared(cast.server, { [ALICE]: 'secret', [BOB]: clearance })
    await clear('secret')
    await cast.befriend('alice', 'bob')
    const alice = await cast.client('alice', '1')
    alice.send(secret(BOB), chat(BOB, '<body>open</body>', 'o'))
    await cast.settle()
    const logsIn = async (): Promise<readonly (string | null)[]> => {
      const bob = await cast.client('bob', '1', { presence: null })
      bob.send('<presence/>')
      await cast.settle()
      const came = bob.take().filter(({ name }) => name === 'message')
      await bob.close()
      await cast.settle()
      return came.map((xml) => xml.attr('id') ?? null)
    }
    await clear('public')
    assert.deepEqual([await logsIn(), await logsIn()], [['o'], []])
    await clear('secret')
    assert.deepEqual(await logsIn(), ['m'])
    await cast.forget()
  },
)

story('T-Y06, LAB-28: an archive without what its owner may not see: pages, numbers, ids and ends', LABELS, async (cast) => {
  const [alice, bob] = await scene(cast, { [BOB]: 'secret' })
  for (let i = 1; i <= 8; i++) alice.send(i % 2 === 0 ? secret(bob.jid, String(i)) : chat(bob.jid, `<body>${i}</body>`))
  await cast.forget()
  const whole = await ask(bob)
  assert.deepEqual([whole.said, whole.end], ['12345678', 'true'])
  await cleared(cast.server, { [BOB]: 'restricted' })
  const asked = async (inside: string): Promise<string> => {
    const { said, end, count } = await ask(bob, inside)
    return `${said} ${end}${count === undefined ? '' : ` ${count}`}`
  }
  const hidden = whole.ids[1]!
  assert.equal(await asked(''), '1357 true')
  assert.equal(await asked(page('<max>4</max>')), '1357 true', 'complete although something hidden is behind it')
  assert.equal(await asked(page('<max>3</max>')), '135 more')
  assert.equal(await asked(page('<max>4</max><before/>')), '1357 true')
  assert.equal(await asked(page(`<max>2</max><before>${whole.ids[6]!}</before>`)), '35 more')
  assert.equal(await asked(`<flip-page/>${page('<max>2</max><before/>')}`), '75 more')
  assert.equal(await asked(page('<max>0</max>')), ' more 4')
  for (const inside of [page(`<after>${hidden}</after>`), form(field('ids', hidden)), form(field('after-id', hidden))])
    assert.equal(await asked(inside), ' item-not-found', inside)
  assert.equal(await asked(form(field('{urn:xmpp:fulltext:0}fulltext', '2'))), ' true', 'a search finds nothing that is hidden')
  const ends = await bob.ask(`<iq type='get' id='e'><metadata xmlns='urn:xmpp:mam:2'/></iq>`)
  assert.deepEqual(
    ends.child('metadata')!.elements.map((e) => e.attr('id')),
    [whole.ids[0], whole.ids[6]],
  )
  assert.equal((await ask(alice)).said, '12345678')
})

story('T-Y06: no copy, no push and no octet of the log for what is withheld', { ...LABELS, on: ['memory'] }, async (cast) => {
  const [alice, bob] = await scene(cast)
  const other = await cast.client('bob', '2')
  for (const client of [bob, other]) await client.ask(`<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>`)
  await cast.forget()
  alice.send(secret(bob.jid, 'quicksilver'))
  await alice.expect(denied(bob.jid))
  bob.send(secret(alice.jid, 'quicksilver'))
  await bob.expect(denied(alice.jid))
  await cast.fromElsewhere(secret(bob.jid, 'quicksilver').replace('<message', `<message from='rosaline@mantua.example/1'`))
  await cast.settle()
  assert(!JSON.stringify(cast.server.logged).includes('quicksilver'))
  assert.equal(cast.server.logged.filter(({ message }) => message === 'Withheld by a security label').length, 3)
})

story('LAB-21: an account that is deleted and made anew has no clearance', MEMORY, async (cast) => {
  await cleared(cast.server, { [BOB]: 'secret' })
  const { clearances } = cast.server.host.labels!
  const kinds = (): readonly string[] => clearances.sourcesOf(jid(BOB)).map(({ kind }) => kind)
  assert.deepEqual(kinds(), ['account'])
  await cast.server.host.registrar.delete(jid(BOB))
  await cast.server.account('bob')
  assert.deepEqual(kinds(), ['default'])
  await cleared(cast.server, { [BOB]: 'restricted' })
  await cast.settle()
  assert.deepEqual(kinds(), ['account'], 'what was given after that stays')
})

for (const isLowered of [true, false])
  story(
    `LAB-28: what waits for the client of a paused session is judged when it comes back (clearance ${isLowered ? 'lowered' : 'as before'})`,
    { ...LABELS, ...UNASKED },
    async (cast) => {
      const [alice, bob] = await scene(cast, { [BOB]: 'secret' })
      const other = await cast.client('bob', '2')
      const id = await enable(bob)
      bob.send(`<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>`)
      await bob.expect(`<iq type='result' id='c'/>`)
      alice.send(secret(bob.jid, '1', '1'), chat(bob.jid, '<body>2</body>', '2'))
      await bob.expect(`<message type='chat' id='1' from='${alice.jid}'>*</message>`)
      await bob.expect(`<message type='chat' id='2' from='${alice.jid}'>*</message>`)
      bob.drop()
      alice.send(secret(bob.jid, '3', '3'), chat(bob.jid, '<body>4</body>', '4'), secret(other.jid, '5', '5'))
      alice.send(chat(bob.jid, `<body>6</body>${label('secret')}<no-store xmlns='urn:xmpp:hints'/>`, '6'))
      await cast.forget()
      if (isLowered) await cleared(cast.server, { [BOB]: 'restricted' })
      // It has received the result and the first message
      const again = await comeBack(cast, bob, id, 2, 1)
      const came = isLowered ? ['2', '4'] : ['2', '3', '4', 'copy', '6']
      for (const one of came) assert.equal((await again.next('a message')).attr('id') ?? 'copy', one)
      again.send(a(2 + came.length), R)
      await again.expect(a(1))
      const session = [...cast.server.host.sessions.all()].find((one) => one.jid.full === bob.jid)
      assert.equal(session!.room.unacknowledged, 0, 'both count the same')
      await cast.settle()
      const told = alice.take().map((xml) => `${xml.attr('type')} ${xml.attr('id')}`)
      assert.deepEqual(told, isLowered ? ['error 6'] : [], 'the archive keeps the others')
      if (!isLowered) return
      await cleared(cast.server, { [BOB]: 'secret' })
      await again.expect(`<message type='chat' id='3' from='${alice.jid}'>*</message>`)
    },
  )

story(
  'LAB-28: a stored message that a paused session has not received stays stored when the clearance is lowered',
  { ...LABELS, ...UNASKED },
  async (cast) => {
    await cleared(cast.server, { [ALICE]: 'secret', [BOB]: 'secret' })
    await cast.befriend('alice', 'bob')
    const alice = await cast.client('alice', '1')
    alice.send(secret(BOB, '1', '1'), chat(BOB, '<body>2</body>', '2'))
    await cast.settle()
    const bob = await cast.client('bob', '1', { presence: null })
    const id = await enable(bob)
    bob.send('<presence/>')
    for (let messages = 0; messages < 2;) if ((await bob.next('a message')).name === 'message') messages += 1
    bob.drop()
    await cast.forget()
    await cleared(cast.server, { [BOB]: 'restricted' })
    const again = await comeBack(cast, bob, id, 0, 1)
    await cast.settle()
    const messages = (): readonly string[] =>
      again
        .take()
        .filter(({ name }) => name === 'message')
        .map((xml) => xml.attr('id')!)
    assert.deepEqual(messages(), ['2'])
    await cleared(cast.server, { [BOB]: 'secret' })
    await cast.settle()
    assert.deepEqual(messages(), ['1'])
    await cast.forget()
  },
)

story(
  'LAB-28: a change of a clearance lets the server look again at what waits for those alone whom it concerns',
  MEMORY,
  async (cast) => {
    await cleared(cast.server, { [ALICE]: 'secret', [BOB]: 'secret' })
    await cast.befriend('alice', 'bob')
    const alice = await cast.client('alice', '1')
    alice.send(secret(BOB))
    await cast.settle()
    await cleared(cast.server, { [BOB]: 'restricted' })
    await cast.client('bob', '1')
    const looked = (): number => withheld(cast).filter((line) => line.startsWith('offline')).length
    const before = looked()
    assert(before > 0)
    for (const other of [{ [ALICE]: 'restricted' }, { 'b.example': 'secret' }]) await cleared(cast.server, other)
    const { groups } = cast.server.server
    await groups.create('Staff')
    await cleared(cast.server, { Staff: 'secret' })
    await cast.settle()
    assert.equal(looked(), before)
    await cleared(cast.server, { [BOB]: 'public' })
    await cast.settle()
    assert.equal(looked(), before + 1)
  },
)

story('LAB-6: an error of a message carries nothing past the policy', { labelling: labelling(policy(strict)) }, async (cast) => {
  await cleared(cast.server, { [ALICE]: 'secret', [BOB]: 'public', 'b.example': 'public' })
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'
  const text = (words: string): string => `<text xmlns='${STANZAS}'>${words}</text>`
  const error = `<error type='wait'><forbidden xmlns='${STANZAS}'>quicksilver</forbidden>${text('quicksilver')}<x xmlns='urn:x'>quicksilver</x></error>`
  const failed = (to: string): string => `<message type='error' id='e' to='${to}'><body>quicksilver</body>${error}</message>`
  const rest = `<error type='wait'><forbidden xmlns='${STANZAS}'/></error>`
  alice.send(failed(bob.jid))
  await bob.expect(`<message type='error' id='e' from='${alice.jid}'>${rest}</message>`)
  const b = new Elsewhere(cast)
  alice.send(failed('romeo@b.example/1'))
  await b.expect(`<message type='error' id='e' from='${alice.jid}' to='romeo@b.example/1'>${rest}</message>`)
  await b.send(failed(bob.jid).replace('<message', `<message from='romeo@b.example/1'`))
  await bob.expect(`<message type='error' id='e' from='romeo@b.example/1'>${rest}</message>`)
  alice.send(chat(bob.jid, `<body>x</body>`))
  const refused = await alice.expect(denied(bob.jid))
  assert(refused.show().includes('clearance'), 'what the server itself says is in it')
})
