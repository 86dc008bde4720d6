/** XEP-0313: everything that users say is in their archives, once, and their clients find it there. */
import assert from 'node:assert/strict'
import { ask, field, form, idIn, MAM, page } from '../support/archive.ts'
import { bareOf, story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'

const ALICE = bareOf('alice')
const BOB = bareOf('bob')
const CARBONS = 'urn:xmpp:carbons:2'
const SID = 'urn:xmpp:sid:0'

const chat = (to: string, body: string, more = ''): string =>
  `<message type='chat' id='m${body}' to='${to}'><body>${body}</body>${more}</message>`
async function copying(client: StoryClient): Promise<void> {
  await client.ask(`<iq type='set' id='carbons'><enable xmlns='${CARBONS}'/></iq>`, `<iq type='result' id='carbons'/>`)
}
/** Alice and Bob have said '1' to '5' in turn, a second after each other where time can be moved. */
async function talked(cast: Cast): Promise<{ readonly alice: StoryClient; readonly bob: StoryClient }> {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  for (const [i, [who, other]] of [
    [alice, bob],
    [bob, alice],
    [alice, bob],
    [bob, alice],
    [alice, bob],
  ].entries()) {
    who!.send(chat(i % 2 === 0 ? other!.bare : other!.jid, String(i + 1)))
    await other!.expect(`<message type='chat' from='${who!.jid}' id='m${i + 1}'>*</message>`)
    if (cast.transport === 'memory') cast.pass(1000)
  }
  return { alice, bob }
}

story(
  'T-A01, MAM-26, MAM-27: three clients with carbons: one entry, and the same id on all copies; none for others',
  async (cast) => {
    const [one, two, three, bob, phone] = await cast.clients('alice/1', 'alice/2', 'alice/3', 'bob/1', 'bob/2')
    for (const client of [one, two, three, phone]) await copying(client)
    await cast.forget()
    bob.send(chat(one.jid, '1'))
    const live = await one.expect(`<message type='chat' from='${bob.jid}' id='m1'>*</message>`)
    const copies = await Promise.all(
      [two, three].map((client) => client.expect(`<message type='chat' from='${ALICE}'>*</message>`)),
    )
    const sent = await phone.expect(`<message type='chat' from='${BOB}'>*</message>`)
    const inside = (copy: typeof live): typeof live => copy.elements[0]!.child('forwarded')!.child('message')!
    assert.equal(live.child('stanza-id')!.attr('by'), ALICE)
    assert.deepEqual(
      copies.map((copy) => idIn(inside(copy))),
      [idIn(live), idIn(live)],
    )
    assert.equal(inside(sent).child('stanza-id')!.attr('by'), BOB)
    assert.equal(idIn(inside(sent)), idIn(live), 'MXR-167: one id in both archives')
    for (const [who, from] of [
      [two, bob],
      [phone, bob],
    ] as const) {
      const { said, ids, messages, end } = await ask(who)
      assert.deepEqual([said, ids, end], ['1', [idIn(live)], 'true'])
      assert.deepEqual(messages[0]!.attrs, { 'type': 'chat', 'id': 'm1', 'from': from.jid, 'to': one.jid, 'xml:lang': 'en' })
      assert.equal(messages[0]!.child('stanza-id'), undefined)
    }
    one.send(chat(ALICE, '2'))
    await cast.forget()
    assert.equal((await ask(three, page('<max>1</max><before/>'))).said, '2')
    assert.equal((await ask(three)).said, '12', 'MAM-26: a message to oneself is there once')
    assert.equal((await ask(three, form(field('with', ALICE)))).said, '2', 'MAM-33')
  },
)

story('T-A02, T-A03, T-A04, MAM-30 to MAM-34: pages, filters, errors', async (cast) => {
  const { alice, bob } = await talked(cast)
  const all = await ask(bob)
  assert.deepEqual([all.said, all.end], ['12345', 'true'])
  const asked = async (inside: string): Promise<string> => {
    const { said, end } = await ask(bob, inside)
    return `${said} ${end}`
  }
  assert.equal(await asked(page('<max>2</max>')), '12 more')
  assert.equal(await asked(page(`<max>2</max><after>${all.ids[3]!}</after>`)), '5 true')
  assert.equal(await asked(page('<max>2</max><before/>')), '45 more')
  assert.equal(await asked(`<flip-page/>${page(`<max>2</max><before>${all.ids[3]!}</before>`)}`), '32 more')
  assert.equal((await ask(bob, page('<max>0</max>'))).count, '5')
  assert.equal(await asked(form(field('with', ALICE))), '12345 true')
  assert.equal(await asked(form(field('with', alice.jid))), '12345 true')
  assert.equal(await asked(form(field('with', `${ALICE}/2`))), ' true')
  assert.equal(await asked(form(field('with', BOB))), ' true')
  assert.equal(await asked(form(field('after-id', all.ids[0]!) + field('before-id', all.ids[4]!))), '234 true')
  assert.equal(await asked(form(field('ids', all.ids[3]!, all.ids[0]!, all.ids[3]!))), '14 true')
  const between = await asked(form(field('start', all.stamps[1]!) + field('end', all.stamps[3]!)))
  if (cast.transport === 'memory') assert.equal(between, '234 true')
  assert.equal(await asked(form(field('start', '2040-01-01T00:00:00Z') + field('end', '2030-01-01T00:00:00Z'))), ' true')
  assert.equal(await asked(form(field('include-groupchat', 'true'))), '12345 true')
  assert.equal(await asked(page('<after>nothing</after>')), ' item-not-found')
  assert.equal(await asked(form(field('ids', 'nothing'))), ' item-not-found')
  assert.equal(await asked(form(field('before-id', 'nothing'))), ' item-not-found')
  assert.equal(await asked(form(field('colour', 'red'))), ' feature-not-implemented')
  assert.equal(await asked(form(field('start', 'yesterday'))), ' bad-request')
  assert.equal(await asked(form(field('with', '@'))), ' bad-request')
  assert.equal(await asked(page('<max>-1</max>')), ' bad-request')
  assert.equal(await asked(page('<index>2</index>')), ' feature-not-implemented')
  const shown = await bob.ask(`<iq type='get' id='form'><query xmlns='${MAM}'/></iq>`)
  assert.deepEqual(
    shown
      .child('query')!
      .child('x')!
      .elements.map((e) => e.attr('var')),
    ['FORM_TYPE', 'with', 'start', 'end', 'before-id', 'after-id', 'ids', 'include-groupchat', '{urn:xmpp:fulltext:0}fulltext'],
  )
})

story(
  'MAM-40: a search finds the messages that have all the words, page by page, in one conversation or in all',
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    const texts = ['The <b>Café</b> &amp; tea', 'tea at five', 'Cafe at FIVE', 'nothing']
    for (const text of texts) {
      alice.send(`<message type='chat' to='${bob.jid}'><body>${text.replaceAll('<', '&lt;')}</body></message>`)
      await bob.expect(`<message type='chat' from='${alice.jid}'>*</message>`)
    }
    const full = (words: string): string => field('{urn:xmpp:fulltext:0}fulltext', words)
    const search = async (words: string, more = '', paging = ''): Promise<readonly string[]> => {
      const { messages, end } = await ask(bob, form(full(words) + more) + paging)
      return [...messages.map((message) => message.child('body')!.text), end]
    }
    const [first, second, third] = ['The <b>Café</b> & tea', 'tea at five', 'Cafe at FIVE']
    assert.deepEqual(await search('CAFE'), [first, third, 'true'])
    assert.deepEqual(await search(' five  at '), [second, third, 'true'])
    assert.deepEqual(await search('&lt;b>'), [first, 'true'])
    assert.deepEqual(await search('body'), ['true'], 'the words of XML are not searched')
    assert.deepEqual(await search('cafe', field('with', ALICE)), [first, third, 'true'])
    assert.deepEqual(await search('cafe', field('with', `${ALICE}/2`)), ['true'])
    assert.deepEqual(await search('', '', page('<max>1</max>')), [first, 'more'], 'no words are no filter')
    const newest = await ask(bob, form(full('cafe')) + page('<max>1</max><before/>'))
    assert.deepEqual([newest.said, newest.end], [third, 'more'])
    assert.deepEqual(await search('cafe', '', page(`<max>1</max><before>${newest.ids[0]!}</before>`)), [first, 'true'])
    assert.equal((await ask(bob, form(full('tea')) + page('<max>0</max>'))).count, '2')
    assert.deepEqual(await search('a b c d e f g h i j k'), ['bad-request'])
  },
)

story('T-A05, MAM-35, SEC-7: nobody reads the archive of somebody else, nor learns whether there is one', async (cast) => {
  await talked(cast)
  const eve = await cast.client('eve', '1')
  for (const to of [ALICE, bareOf('nobody')]) {
    assert.equal((await ask(eve, '', to)).end, 'forbidden')
    for (const [type, name] of [
      ['get', 'metadata'],
      ['get', 'query'],
      ['get', 'prefs'],
    ])
      await eve.ask(
        `<iq type='${type}' id='e' to='${to}'><${name} xmlns='${MAM}'/></iq>`,
        `<iq type='error' id='e' from='${to}'>*</iq>`,
      )
  }
  assert.equal((await ask(eve)).said, '')
})

story('T-A06, MAM-27: an id in the name of an account that others have made up is removed', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  const forged = (by: string): string => `<stanza-id xmlns='${SID}' by='${by}' id='forged'/>`
  bob.send(chat(ALICE, '1', forged(ALICE) + forged(BOB) + forged('room@elsewhere.example')))
  const { elements } = await alice.expect(`<message type='chat' id='m1'>*</message>`)
  const ids = elements.filter((e) => e.name === 'stanza-id').map((e) => [e.attr('by'), e.attr('id') === 'forged'])
  assert.deepEqual(ids, [
    ['room@elsewhere.example', true],
    [ALICE, false],
  ])
  assert.equal((await ask(alice)).said, '1')
})

story('T-A08, MAM-34: the ends of an archive, and what an account says of it', async (cast) => {
  const { bob } = await talked(cast)
  const metadata = `<iq type='get' id='m'><metadata xmlns='${MAM}'/></iq>`
  const carol = await cast.client('carol', '1')
  assert.deepEqual((await carol.ask(metadata)).child('metadata')!.elements, [])
  const { ids, stamps } = await ask(bob)
  assert.deepEqual(
    (await bob.ask(metadata)).child('metadata')!.elements.map((e) => [e.name, e.attr('id'), e.attr('timestamp')]),
    [
      ['start', ids[0], stamps[0]],
      ['end', ids[4], stamps[4]],
    ],
  )
  const info = `<query xmlns='http://jabber.org/protocol/disco#info'/>`
  const featuresOf = async (to: string): Promise<readonly (string | undefined)[]> =>
    (await bob.ask(`<iq type='get' id='d' to='${to}'>${info}</iq>`)).child('query')!.elements.map((e) => e.attr('var'))
  for (const feature of [MAM, `${MAM}#extended`, `${MAM}#groupchat-field`, SID]) {
    assert((await featuresOf(BOB)).includes(feature), feature)
    // Some clients look for the archive itself at the domain (PEP-8)
    assert.equal((await featuresOf('a.example')).includes(feature), [MAM, `${MAM}#extended`].includes(feature), feature)
  }
})

story('MAM-25, MAM-28: what is not archived', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await bob.ask(`<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='eve@a.example'/></block></iq>`)
  const eve = await cast.client('eve', '1')
  eve.send(chat(BOB, 'e'))
  alice.send(
    chat(BOB, '1', `<no-store xmlns='urn:xmpp:hints'/>`),
    chat(BOB, '2', `<no-permanent-store xmlns='urn:xmpp:hints'/>`),
    `<message type='chat' to='${BOB}'><active xmlns='http://jabber.org/protocol/chatstates'/></message>`,
    `<message type='headline' to='${BOB}'><body>3</body></message>`,
    // Refused or dropped by the account: nobody has that resource
    `<message to='${BOB}/9'><body>4</body></message>`,
    `<message type='chat' to='${BOB}'><displayed xmlns='urn:xmpp:chat-markers:0' id='1'/></message>`,
  )
  await cast.forget()
  assert.equal((await ask(bob)).said, 'displayed')
  assert.equal((await ask(alice)).said, '4displayed', 'what was sent was said, whatever became of it')
})

story('MAM-37: users choose whose messages are archived', async (cast) => {
  await cast.befriend('alice', 'bob')
  const [alice, bob, eve] = await cast.clients('alice/1', 'bob/1', 'eve/1')
  const set = (inside: string, byDefault: string): string =>
    `<iq type='set' id='p'><prefs xmlns='${MAM}' default='${byDefault}'>${inside}</prefs></iq>`
  const shown = await bob.ask(`<iq type='get' id='p'><prefs xmlns='${MAM}'/></iq>`)
  assert.equal(shown.child('prefs')!.attr('default'), 'always')
  const talk = async (): Promise<void> => {
    alice.send(chat(BOB, 'a'))
    eve.send(chat(BOB, 'e'))
    bob.send(chat(eve.jid, 'b'))
    await cast.forget()
  }
  const found = async (): Promise<string> => [...(await ask(bob)).said].toSorted().join('')
  const jid = (text: string): string => `<jid>${text}</jid>`
  await bob.ask(
    set('<always/><never/>', 'roster'),
    `<iq type='result' id='p'><prefs xmlns='${MAM}' default='roster'><always/><never/></prefs></iq>`,
  )
  await talk()
  assert.equal(await found(), 'a')
  await bob.ask(set(`<always>${jid(eve.jid)}</always><never>${jid(ALICE)}</never>`, 'never'))
  await talk()
  assert.equal(await found(), 'abe')
  await bob.ask(set('', 'sometimes'), `<iq type='error' id='p'>*</iq>`)
  assert.equal((await ask(alice)).said, 'aa', 'each for their own archive')
})

story(
  'MAM-37: the operator has decided',
  { settings: { 'message-archive': { 'users-choose': false, 'default': 'never' } } },
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    const refused = await bob.ask(`<iq type='set' id='p'><prefs xmlns='${MAM}' default='always'/></iq>`)
    assert.equal(refused.child('error')!.elements[0]!.name, 'forbidden')
    alice.send(chat(BOB, '1'))
    assert.equal(idIn(await bob.expect(`<message type='chat' id='m1'>*</message>`)), undefined)
    assert.equal((await ask(bob)).said, '')
  },
)

story('MAM-22: what cannot be stored is delivered without an id', { on: ['memory'] }, async (cast) => {
  const { alice, bob } = await talked(cast)
  const { database } = cast.server.host
  await database.write({ sql: 'alter table archive rename to away', parameters: [] })
  alice.send(chat(BOB, '6'))
  assert.equal(idIn(await bob.expect(`<message type='chat' id='m6'>*</message>`)), undefined)
  await database.write({ sql: 'alter table away rename to archive', parameters: [] })
  alice.send(chat(BOB, '7'))
  assert.notEqual(idIn(await bob.expect(`<message type='chat' id='m7'>*</message>`)), undefined)
  assert.equal((await ask(bob)).said, '123457')
})

story('MAM-20: an account that takes the name of a deleted one finds nothing of it', async (cast) => {
  const { alice, bob } = await talked(cast)
  bob.drop()
  await cast.server.host.registrar.delete((await cast.server.host.accounts.load(BOB))!.bare)
  await cast.server.account('bob')
  alice.send(chat(BOB, '6'))
  await cast.settle()
  const again = await cast.client('bob', '2', { presence: null })
  assert.equal((await ask(again)).said, '6')
  assert.equal((await ask(alice)).said, '123456')
})

/** Bob, who is away, has got these; the second one the archive does not keep. */
async function missed(cast: Cast): Promise<StoryClient> {
  await cast.befriend('alice', 'bob')
  const alice = await cast.client('alice', '1')
  alice.send(chat(BOB, '1'), chat(BOB, '2', `<no-permanent-store xmlns='urn:xmpp:hints'/>`), chat(BOB, '3'))
  await cast.settle()
  return alice
}
const delivered = (client: StoryClient): string =>
  client
    .take()
    .filter(({ name }) => name === 'message')
    .map((message) => `${message.child('body')!.text}${idIn(message) === undefined ? '' : '!'}`)
    .join(' ')

story('T-A07, MAM-29: what came while a user was away is delivered once, and is in the archive once', async (cast) => {
  const alice = await missed(cast)
  const bob = await cast.client('bob', '1', { presence: null })
  bob.send('<presence/>')
  await cast.settle()
  assert.equal(delivered(bob), '1! 2 3!')
  assert.equal((await ask(bob)).said, '13')
  const again = await cast.client('bob', '2', { presence: null })
  again.send('<presence/>')
  await cast.settle()
  assert.equal(delivered(again), '')
  alice.take()
  assert.equal((await ask(alice)).said, '13')
  await cast.forget()
})

story('T-A07, MAM-29: what a client has found in the archive before it is available it does not get again', async (cast) => {
  const alice = await missed(cast)
  const bob = await cast.client('bob', '1', { presence: null })
  assert.equal((await ask(bob, page('<max>1</max>'))).said, '1')
  bob.send('<presence/>')
  await cast.settle()
  assert.equal(delivered(bob), '2 3!')
  alice.send(chat(BOB, '4'))
  await cast.forget()
  assert.equal((await ask(bob, page('<max>1</max><before/>'))).said, '4')
  await cast.forget()
})

story('MAM-39: what its author takes back is gone from both archives; others take back nothing', async (cast) => {
  const { alice, bob } = await talked(cast)
  const retract = (to: string, id: string): string =>
    `<message type='chat' id='r${id}' to='${to}'><retract xmlns='urn:xmpp:message-retract:1' id='${id}'/></message>`
  bob.send(retract(ALICE, 'm1')) // Alice has said that
  alice.send(retract(BOB, 'm3'))
  await cast.forget()
  for (const client of [alice, bob]) {
    const { said, messages, ids } = await ask(client)
    assert.equal(said, '12retracted45retractretract')
    assert.deepEqual([messages[2]!.elements.length, messages[2]!.elements[0]!.attr('id')], [1, 'rm3'])
    assert.equal((await ask(client, form(field('ids', ids[2]!)))).said, 'retracted')
  }
})

story(
  'MAM-23: an archive keeps so many messages, and for so long',
  { on: ['memory'], settings: { 'message-archive': { messages: 3, keep: '1 hour' } } },
  async (cast) => {
    const { alice, bob } = await talked(cast)
    const { ids } = await ask(bob)
    await cast.advance(2 * 60_000)
    await cast.forget()
    assert.equal((await ask(bob)).said, '345')
    assert.equal((await ask(bob, form(field('ids', ids[0]!)))).end, 'item-not-found')
    await cast.advance(61 * 60_000)
    await cast.forget()
    assert.equal((await ask(bob)).said, '')
    alice.send(chat(BOB, '6'))
    await cast.forget()
    assert.equal((await ask(bob)).said, '6')
    assert.equal((await ask(alice)).said, '6')
  },
)
