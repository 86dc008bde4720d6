/** XEP-0313 in rooms: who may read what was said, page by page. */
import assert from 'node:assert/strict'
import { story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import type { Xml } from '../support/xml-reader.ts'

const ROOM = 'den@conference.a.example'
const MUC = 'http://jabber.org/protocol/muc'
const MAM = 'urn:xmpp:mam:2'

const join = (nick: string): string => `<presence to='${ROOM}/${nick}'><x xmlns='${MUC}'/></presence>`
const form = (fields: string): string => `<x xmlns='jabber:x:data' type='submit'>${fields}</x>`
const field = (name: string, ...values: readonly string[]): string =>
  `<field var='${name}'>${values.map((value) => `<value>${value}</value>`).join('')}</field>`
const page = (inside: string): string => `<set xmlns='http://jabber.org/protocol/rsm'>${inside}</set>`
const configure = (fields: string): string =>
  `<iq type='set' id='c' to='${ROOM}'><query xmlns='${MUC}#owner'>${form(fields)}</query></iq>`
const say = (text: string): string => `<message type='groupchat' id='${text}' to='${ROOM}'><body>${text}</body></message>`

/** Alice and Bob have said '1' to '5' in turn. */
async function talked(cast: Cast): Promise<{ readonly alice: StoryClient; readonly bob: StoryClient }> {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  alice.send(join('Alice'), configure(''))
  await cast.settle()
  bob.send(join('Bob'))
  await cast.settle()
  for (const [i, who] of [alice, bob, alice, bob, alice].entries()) {
    who.send(say(String(i + 1)))
    await cast.settle()
  }
  await cast.forget()
  return { alice, bob }
}
/** What a query finds: the bodies, how it ended, and the ids. */
async function found(cast: Cast, who: StoryClient, inside: string) {
  who.send(`<iq type='set' id='q' to='${ROOM}'><query xmlns='${MAM}' queryid='f'>${inside}</query></iq>`)
  await cast.settle()
  const got = who.take()
  const results = got.flatMap((xml) => xml.child('result') ?? [])
  const iq = got.find((xml) => xml.name === 'iq')!
  for (const result of results) assert.equal(result.attr('queryid'), 'f')
  const message = (result: Xml): Xml => result.child('forwarded')!.child('message')!
  return {
    said: results.map((result) => message(result).child('body')?.text ?? 'subject').join(''),
    authors: results
      .map((result) =>
        message(result)
          .attr('from')!
          .slice(ROOM.length + 1),
      )
      .join(' '),
    ids: results.map((result) => result.attr('id')!),
    count: iq.child('fin')?.child('set')?.child('count')?.text,
    end: iq.attr('type') === 'error' ? iq.child('error')!.elements[0]!.name : (iq.child('fin')!.attr('complete') ?? 'more'),
  }
}

story('MAM-30 to MAM-34: pages forwards and backwards, by nickname, by ids, flipped', async (cast) => {
  const { alice, bob } = await talked(cast)
  const all = await found(cast, bob, '')
  assert.deepEqual([all.said, all.authors, all.end], ['12345', 'Alice Bob Alice Bob Alice', 'true'])
  const ask = async (inside: string): Promise<string> => {
    const { said, end } = await found(cast, bob, inside)
    return `${said} ${end}`
  }
  assert.equal(await ask(page('<max>2</max>')), '12 more')
  assert.equal(await ask(page(`<max>2</max><after>${all.ids[1]!}</after>`)), '34 more')
  assert.equal(await ask(page(`<max>2</max><after>${all.ids[3]!}</after>`)), '5 true')
  assert.equal(await ask(page('<max>2</max><before/>')), '45 more')
  assert.equal(await ask(page(`<max>3</max><before>${all.ids[2]!}</before>`)), '12 true')
  assert.equal((await found(cast, bob, page('<max>0</max>'))).count, '5')
  assert.equal(await ask(form(field('with', `${ROOM}/Bob`))), '24 true')
  assert.equal(await ask(form(field('after-id', all.ids[0]!) + field('before-id', all.ids[4]!))), '234 true')
  assert.equal(await ask(form(field('ids', all.ids[3]!, all.ids[0]!))), '14 true')
  assert.equal(await ask(`<flip-page/>${page('<max>2</max>')}`), '21 more')
  assert.equal(await ask(page('<after>nothing</after>')), ' item-not-found')
  assert.equal(await ask(form(field('colour', 'red'))), ' feature-not-implemented')
  assert.equal(await ask(form(field('start', 'yesterday'))), ' bad-request')
  assert.equal(await ask(form(field('with', alice.bare))), ' forbidden')
  assert.equal((await found(cast, alice, form(field('with', bob.bare)))).said, '24')
})

story('ROOM-113: the archive is for those who could enter', async (cast) => {
  const { alice } = await talked(cast)
  const eve = await cast.client('eve', '1')
  assert.equal((await found(cast, eve, '')).said, '12345')
  alice.send(configure(field('muc#roomconfig_membersonly', '1')))
  await cast.forget()
  assert.equal((await found(cast, eve, '')).end, 'forbidden')
  alice.send(configure(field('muc#roomconfig_enablearchiving', '0')))
  await cast.forget()
  assert.equal((await found(cast, alice, '')).end, 'service-unavailable')
  await cast.forget()
})

const RETRACT = 'urn:xmpp:message-retract:1'
const MODERATE = 'urn:xmpp:message-moderate:1'

story('T-M29, ROOM-114: what is taken back is gone from the archive, and all are told', async (cast) => {
  const { alice, bob } = await talked(cast)
  const { ids } = await found(cast, bob, '')
  bob.send(`<message type='groupchat' id='r' to='${ROOM}'><retract xmlns='${RETRACT}' id='${ids[0]!}'/></message>`)
  assert.equal((await bob.expect('<message type="error" id="r">*</message>')).child('error')!.elements[0]!.name, 'forbidden')
  bob.send(`<message type='groupchat' id='s' to='${ROOM}'><retract xmlns='${RETRACT}' id='${ids[1]!}'/></message>`)
  for (const who of [alice, bob]) {
    const told = await who.expect(`<message type='groupchat' id='s' from='${ROOM}/Bob'>*</message>`)
    assert.equal(told.child('retract')!.attr('id'), ids[1])
  }
  const moderate = (id: string): string =>
    `<iq type='set' id='t' to='${ROOM}'><moderate xmlns='${MODERATE}' id='${id}'><retract xmlns='${RETRACT}'/><reason>spam</reason></moderate></iq>`
  bob.send(moderate(ids[2]!))
  assert.equal((await bob.expect('<iq type="error" id="t">*</iq>')).child('error')!.elements[0]!.name, 'forbidden')
  alice.send(moderate('nothing'))
  assert.equal((await alice.expect('<iq type="error" id="t">*</iq>')).child('error')!.elements[0]!.name, 'item-not-found')
  alice.send(moderate(ids[3]!))
  for (const who of [alice, bob]) {
    const told = await who.expect(`<message type='groupchat' from='${ROOM}'>*</message>`)
    assert.equal(told.child('retract')!.child('moderated')!.attr('by'), `${ROOM}/Alice`)
  }
  await alice.expect("<iq type='result' id='t'/>")
  bob.send(`<iq type='set' id='q' to='${ROOM}'><query xmlns='${MAM}'/></iq>`)
  await cast.settle()
  const texts = bob.take().flatMap((xml) => xml.child('result')?.child('forwarded')?.child('message') ?? [])
  const shown = texts.map(
    (message) => message.child('body')?.text ?? message.child('retracted')?.name ?? message.child('retract')!.name,
  )
  assert.deepEqual(shown, ['1', 'retracted', '3', 'retracted', '5', 'retract', 'retract'])
  const carol = await cast.client('carol', '1')
  carol.send(join('Carol'))
  await cast.settle()
  const history = carol.take().filter((xml) => xml.name === 'message' && xml.child('delay') !== undefined)
  assert.deepEqual(
    history.map((xml) => xml.child('body')?.text ?? 'tombstone'),
    ['1', 'tombstone', '3', 'tombstone', '5'],
  )
  await cast.forget()
})

/** So long that four fit into a page and into a history, and five do not. */
const LONG = 60 * 1024
const long = (text: string): string => say(text).replace('<body>', `<thread>${'x'.repeat(LONG)}</thread><body>`)

story(
  'ROOM-61, MAM-36: of very long messages few are read at a time, and somebody who enters is shown the last ones',
  async (cast) => {
    const alice = await cast.client('alice', '1')
    alice.send(join('Alice'), configure(''))
    await cast.settle()
    for (let i = 1; i <= 9; i++) {
      alice.send(long(String(i)))
      await cast.settle()
    }
    await cast.forget()
    const bob = await cast.client('bob', '1')
    bob.send(join('Bob'))
    await cast.settle()
    const history = bob.take().filter(({ name }) => name === 'message')
    assert.equal(history.map((xml) => xml.child('body')?.text ?? ' and the subject').join(''), '6789 and the subject')
    const all = await found(cast, bob, form(field('with', `${ROOM}/Alice`)))
    assert.deepEqual([all.said, all.end], ['1234', 'more'])
    const ids = [...all.ids]
    const rest = await found(cast, bob, page(`<after>${ids.at(-1)!}</after>`))
    ids.push(...rest.ids)
    assert.deepEqual([rest.said, rest.end], ['5678', 'more'])
    const last = await found(cast, bob, page(`<after>${ids.at(-1)!}</after>`))
    assert.deepEqual([last.said, last.end], ['9', 'true'])
    const named = form(field('ids', ...[...ids, ...last.ids].toReversed()))
    const some = await found(cast, bob, named)
    assert.deepEqual([some.said, some.end], ['1234', 'more'])
    const more = await found(cast, bob, named + page(`<before/><max>3</max>`))
    assert.deepEqual([more.said, more.end], ['789', 'more'])
    const few = await found(cast, bob, form(field('ids', ids[4]!, ids[1]!, ids[2]!)) + page(`<after>${ids[1]!}</after>`))
    assert.deepEqual([few.said, few.end], ['35', 'true'])
    await cast.forget()
  },
)

story(
  'MAM-40: a search in a room finds what has all the words, as far as it looks and as often as is allowed',
  { on: ['memory'], settings: { 'multi-user-chat': { searched: 200, messages: 1000 } } },
  async (cast) => {
    const [alice, bob] = await cast.clients('alice/1', 'bob/1')
    alice.send(join('Alice'), configure(''))
    await cast.settle()
    bob.send(join('Bob'))
    await cast.settle()
    for (const text of ['tea at five', 'nothing', 'Thé Tea']) {
      alice.send(say(text))
      await cast.settle()
    }
    await cast.forget()
    const full = (words: string): string => form(field('{urn:xmpp:fulltext:0}fulltext', words))
    const search = async (words: string, more = ''): Promise<string> => {
      const { said, end } = await found(cast, bob, full(words) + more)
      return `${said} ${end}`
    }
    assert.equal(await search('TEA'), 'tea at fiveThé Tea true')
    assert.equal(await search('tea the'), 'Thé Tea true')
    assert.equal(await search('tea', page('<max>1</max><before/>')), 'Thé Tea more')
    assert.equal(await search('coffee'), ' true')
    assert.equal(await search('a b c d e f g h i j k'), ' bad-request')
    bob.send(`<iq type='get' id='form' to='${ROOM}'><query xmlns='${MAM}'/></iq>`)
    await cast.settle()
    const fields = bob.take()[0]!.child('query')!.child('x')!.elements
    assert.equal(fields.at(-1)!.attr('var'), '{urn:xmpp:fulltext:0}fulltext')
    for (let i = 5; i < 30; i++) assert.equal(await search('coffee'), ' true')
    assert.equal(await search('tea'), ' policy-violation')
    assert.equal((await found(cast, bob, '')).end, 'true', 'pages can be read')
    assert.equal((await found(cast, alice, full('tea'))).end, 'true', 'others can search')
    await cast.pass(2000)
    assert.equal(await search('coffee'), ' true')
    for (let i = 0; i < 200; i++) alice.send(say('x'))
    cast.pass(10_000)
    await cast.settle()
    await cast.forget()
    assert.equal(await search('tea', page('<before/>')), ' resource-constraint', 'it does not look through more than 200')
  },
)

story(
  'members of a room that shows them nothing older than their membership read nothing older with XMPP either',
  async (cast) => {
    const { alice, bob } = await talked(cast)
    const { ids } = await found(cast, bob, '')
    const since = field('{urn:porchlight}history_since_membership', '1')
    alice.send(configure(field('FORM_TYPE', `${MUC}#roomconfig`) + since))
    await cast.forget()
    assert.deepEqual((await found(cast, bob, '')).said, '', 'who is no member sees nothing of the past')
    const make = `<item affiliation='member' jid='${bob.bare}'/>`
    alice.send(`<iq type='set' id='a' to='${ROOM}'><query xmlns='${MUC}#admin'>${make}</query></iq>`, say('6'))
    await cast.settle()
    bob.send(`<presence to='${ROOM}/Robert'/>`, say('7'))
    await cast.settle()
    await cast.forget()
    assert.deepEqual((await found(cast, bob, '')).said, '67')
    assert.deepEqual((await found(cast, bob, page(`<max>5</max><before/>`))).said, '67')
    assert.deepEqual((await found(cast, bob, form(field('ids', ids[0]!)))).end, 'item-not-found')
    assert.deepEqual((await found(cast, alice, '')).said, '1234567')
    const history = async (name: string): Promise<string> => {
      const client = await cast.client(name, '2')
      client.send(join(name))
      await cast.settle()
      return client
        .take()
        .flatMap((xml) => (xml.name === 'message' ? (xml.child('body')?.text ?? []) : []))
        .join('')
    }
    assert.deepEqual([await history('carol'), await history('dave')], ['', ''], 'nor on entering')
    alice.send(say('8'))
    await cast.forget()
    assert.equal((await found(cast, bob, '')).said, '678')
    await cast.forget()
  },
)
