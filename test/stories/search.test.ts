/** XEP-0055: people who want to be found are found. */
import assert from 'node:assert/strict'
import { bareOf, DOMAIN, story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { federation } from '../support/two-servers.ts'
import { refusal } from '../support/xml-pattern.ts'

const SERVICE = `search.${DOMAIN}`
const SEARCH = 'jabber:iq:search'
const INFO = 'http://jabber.org/protocol/disco#info'
const RSM = 'http://jabber.org/protocol/rsm'
const COMMANDS = 'http://jabber.org/protocol/commands'
const X = 'jabber:x:data'

const iq = (type: string, inside: string): string =>
  `<iq type='${type}' id='q' to='${SERVICE}'><query xmlns='${SEARCH}'>${inside}</query></iq>`
const answer = (inside: string): string =>
  `<iq type='result' id='q' from='${SERVICE}'><query xmlns='${SEARCH}'>${inside}</query></iq>`
const refused = (type: string, condition: string): string => refusal('iq', `id='q' from='${SERVICE}'`, type, condition)
const field = (name: string, value: string): string => `<field var='${name}'><value>${value}</value></field>`
const submit = (...fields: string[]): string =>
  `<x xmlns='${X}' type='submit'>${field('FORM_TYPE', SEARCH)}${fields.join('')}</x>`
const person = (name: string): string =>
  `<item jid='${bareOf(name)}'><first>${name}</first><last>Liddell</last><nick/><email>${name}@mail.example</email></item>`

const EVERYBODY = { settings: { search: { default: 'everybody' } } }

/** They have cards, with their names as first names. */
async function known<const N extends readonly string[]>(cast: Cast, ...names: N) {
  const clients: StoryClient[] = []
  for (const name of names) {
    const client = await cast.client(name, '1')
    const card = `<N><GIVEN>${name}</GIVEN><FAMILY>Liddell</FAMILY></N><EMAIL><USERID>${name}@mail.example</USERID></EMAIL>`
    client.send(`<iq type='set' id='v'><vCard xmlns='vcard-temp'>${card}</vCard></iq>`)
    await client.expect(`<iq type='result' id='v'/>`)
    clients.push(client)
  }
  return clients as { -readonly [K in keyof N]: StoryClient }
}

story('SRCH-20: a directory that says what it is, and its form', async (cast) => {
  const alice = await cast.client('alice', '1')
  alice.send(`<iq type='get' id='q' to='${SERVICE}'><query xmlns='${INFO}'/></iq>`)
  const info = (await alice.expect(`<iq type='result' id='q' from='${SERVICE}'><query xmlns='${INFO}'>*</query></iq>`)).child(
    'query',
  )!
  const told = info.elements.map((e) => e.attr('var') ?? `${e.attr('category')}/${e.attr('type')}`)
  for (const one of ['directory/user', SEARCH, X, RSM]) assert(told.includes(one), one)
  alice.send(iq('get', ''))
  const text = (name: string, label: string): string => `<field var='${name}' type='text-single' label='${label}'/>`
  const fields = [
    text('first', 'First name'),
    text('last', 'Last name'),
    text('nick', 'Nickname'),
    text('email', 'E-mail address'),
  ]
  const kind = `<field var='FORM_TYPE' type='hidden'><value>${SEARCH}</value></field>`
  const form = `<x xmlns='${X}' type='form'><title>*</title><instructions>*</instructions>${kind}${fields.join('')}</x>`
  await alice.expect(answer(`<instructions>*</instructions><first/><last/><nick/><email/>${form}`))
})

story('SRCH-21: people are found who have chosen to be, and no longer when they choose otherwise', async (cast) => {
  const [alice, bob] = await known(cast, 'alice', 'bob')
  const choose = async (value: string): Promise<void> => {
    const form = `<x xmlns='${X}' type='submit'>${field('listed', value)}</x>`
    alice.send(`<iq type='set' id='c' to='${DOMAIN}'><command xmlns='${COMMANDS}' node='search'>${form}</command></iq>`)
    const done = `<command xmlns='${COMMANDS}' node='search' sessionid='*' status='completed'>*</command>`
    await alice.expect(`<iq type='result' id='c' from='${DOMAIN}'>${done}</iq>`)
  }
  for (const [value, found] of [
    ['', ''],
    ['yes', person('alice')],
    ['no', ''],
    ['default', ''],
  ] as const) {
    if (value !== '') await choose(value)
    bob.send(iq('set', '<last>lidd</last>'))
    await bob.expect(answer(found))
  }
})

story('SRCH-21, SRCH-23: beginnings of names, by fields or by form; a form wins', EVERYBODY, async (cast) => {
  const [, bob] = await known(cast, 'alice', 'bob')
  bob.send(iq('set', '<first>ALI*</first><last>lid</last>'), iq('set', `<first>bob</first>${submit(field('first', 'alice'))}`))
  const columns = ['jid', 'first', 'last', 'nick', 'email'].map((name) => `<field var='${name}' type='*' label='*'/>`).join('')
  const values = ['alice@a.example', 'alice', 'Liddell', '', 'alice@mail.example']
  const row = ['jid', 'first', 'last', 'nick', 'email'].map((name, n) => field(name, values[n]!)).join('')
  const kind = `<field var='FORM_TYPE' type='hidden'><value>${SEARCH}</value></field>`
  const table = `<x xmlns='${X}' type='result'>${kind}<reported>${columns}</reported><item>${row}</item></x>`
  await bob.expect(answer(person('alice')), answer(table))
  bob.send(iq('set', '<first>alicia</first>'), iq('set', submit(field('first', 'alicia'))))
  await bob.expect(answer(''), answer(''))
})

story('SRCH-21: a question that is empty or too short', EVERYBODY, async (cast) => {
  const [alice] = await known(cast, 'alice')
  alice.send(iq('set', ''), iq('set', '<first>*</first>'), iq('set', submit()))
  await alice.expect(refused('modify', 'bad-request'), refused('modify', 'bad-request'), refused('modify', 'bad-request'))
  alice.send(iq('set', '<first>al*</first>'), iq('set', '<first>al</first><last>lid</last>'))
  await alice.expect(refused('modify', 'not-acceptable'), answer(person('alice')))
})

story('SRCH-21, RSM-2: page by page', EVERYBODY, async (cast) => {
  const [alice] = await known(cast, 'alice', 'bob', 'carol')
  const ask = (page: string): string => iq('set', `<last>liddell</last><set xmlns='${RSM}'><max>2</max>${page}</set>`)
  const page = (...names: string[]): string => {
    const ends = names.length === 0 ? '' : `<first>${bareOf(names[0]!)}</first><last>${bareOf(names.at(-1)!)}</last>`
    return answer(`${names.map(person).join('')}<set xmlns='${RSM}'>${ends}</set>`)
  }
  alice.send(ask(''), ask(`<after>${bareOf('bob')}</after>`), ask(`<after>${bareOf('carol')}</after>`))
  await alice.expect(page('alice', 'bob'), page('carol'), page())
  alice.send(ask('<before/>'), ask(`<before>${bareOf('bob')}</before>`), ask('<index>1</index>'))
  await alice.expect(page('bob', 'carol'), page('alice'), refused('cancel', 'feature-not-implemented'))
})

const FEW = { settings: { search: { default: 'everybody', results: 2, requests: 3 } }, on: ['memory'] } as const

story('SRCH-21, SRCH-22: more than one page says so; who searches too often is refused for a while', FEW, async (cast) => {
  const [alice, bob] = await known(cast, 'alice', 'bob', 'carol')
  const set = `<set xmlns='${RSM}'><first>${bareOf('alice')}</first><last>${bareOf('bob')}</last></set>`
  for (let n = 0; n < 3; n++) {
    alice.send(iq('set', '<last>liddell</last>'))
    await alice.expect(answer(person('alice') + person('bob') + set))
  }
  alice.send(iq('set', '<last>liddell</last>'), iq('get', ''))
  await alice.expectAll(refused('wait', 'policy-violation'), answer('*'))
  bob.send(iq('set', '<first>carol</first>'))
  await bob.expect(answer(person('carol')))
  await cast.advance(20_000)
  alice.send(iq('set', '<first>carol</first>'))
  await alice.expect(answer(person('carol')))
})

story('SRCH-22: people who have blocked the asker are left out, and the page is filled up', EVERYBODY, async (cast) => {
  const [alice, bob] = await known(cast, 'alice', 'bob', 'carol')
  alice.send(`<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='${bob.bare}'/></block></iq>`)
  await alice.expect(`<iq type='result' id='b'/>`)
  bob.send(iq('set', `<last>liddell</last><set xmlns='${RSM}'><max>1</max></set>`))
  await bob.expect(
    answer(`${person('bob')}<set xmlns='${RSM}'><first>${bareOf('bob')}</first><last>${bareOf('bob')}</last></set>`),
  )
})

for (const [domains, outcome] of [
  [['c.example'], refused('auth', 'forbidden')],
  [['b.example'], answer('')],
] as const) {
  const a = { settings: { search: { default: 'everybody', domains } }, shows: { dns: [DOMAIN, SERVICE] } }
  federation(`SRCH-22: users of other servers search if the operator lets them: ${domains[0]}`, { a }, async (realm) => {
    realm.zone.services.set(SERVICE, { port: realm.a.port, directTls: false })
    const dave = await realm.client('dave@b.example/1')
    dave.send(iq('set', '<first>dave</first>'))
    await dave.expect(outcome)
  })
}
