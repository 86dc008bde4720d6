/** XEP-0398: one picture of a user, whichever way a client sets it and looks at it. */
import { owners, publish as publishText, PUBSUB, request, wanting } from '../support/eventing.ts'
import { bareOf, Cast, DOMAIN, story } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { comeBack, enable, UNASKED } from '../support/stream-management.ts'
import { refusal, type Pattern } from '../support/xml-pattern.ts'

const ALICE = bareOf('alice')
const DATA = 'urn:xmpp:avatar:data'
const METADATA = 'urn:xmpp:avatar:metadata'
/** Of "hello" and of "world". */
const HELLO = { hash: 'aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d', text: 'aGVsbG8=' }
const WORLD = { hash: '7c211433f02071597741e6ff5a8ea34789abbf43', text: 'd29ybGQ=' }
type Picture = typeof HELLO

const vcard = (inside: string): string => `<vCard xmlns='vcard-temp'>${inside}</vCard>`
const photo = ({ text }: Picture): string => `<PHOTO><TYPE>image/png</TYPE><BINVAL>${text}</BINVAL></PHOTO>`
const getCard = (to: string | null = null): string => `<iq type='get' id='g'${to === null ? '' : ` to='${to}'`}>${vcard('')}</iq>`
const card = (inside: string, from = ''): Pattern =>
  `<iq type='result' id='g'${from === '' ? '' : ` from='${from}'`}>${vcard(inside)}</iq>`
const setCard = (inside: string): string => `<iq type='set' id='s'>${vcard(inside)}</iq>`
const DONE = `<iq type='result' id='s'/>`
const update = (hash: string): string =>
  `<x xmlns='vcard-temp:x:update'>${hash === '' ? '<photo/>' : `<photo>${hash}</photo>`}</x>`
const shown = (from: StoryClient, inside: string): Pattern => `<presence from='${from.jid}'>${inside}</presence>`
const info = ({ hash }: Picture): string =>
  `<metadata xmlns='${METADATA}'><info id='${hash}' type='image/png' bytes='5'/></metadata>`
const NONE = `<metadata xmlns='${METADATA}'/>`
const told = (id: string, metadata: string): Pattern =>
  `<message type='headline' from='${ALICE}'><event xmlns='${PUBSUB}#event'><items node='${METADATA}'><item id='${id}'>${metadata}</item></items></event></message>`

const item = (node: string, id: string, inside: string, access: string | null): string => {
  const field = (name: string, value: string): string => `<field var='${name}'><value>${value}</value></field>`
  const form = `<x xmlns='jabber:x:data' type='submit'>${field('FORM_TYPE', `${PUBSUB}#publish-options`)}${field('pubsub#access_model', access ?? '')}</x>`
  const options = access === null ? '' : `<publish-options>${form}</publish-options>`
  return request('set', `<publish node='${node}'><item id='${id}'>${inside}</item></publish>${options}`)
}
/** As a client does it (XEP-0084 4.1, 4.2). Nobody remembers what else comes of it. */
async function publish(cast: Cast, client: StoryClient, picture: Picture, access: string | null = null): Promise<void> {
  client.send(item(DATA, picture.hash, `<data xmlns='${DATA}'>${picture.text}</data>`, access))
  client.send(item(METADATA, picture.hash, info(picture), access))
  await cast.forget()
}

story('T-E11, T-E16, PEP-33: a picture in the nodes is in the card and in presence; another one, and none', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  alice.send(setCard('<FN>Alice</FN>'))
  await alice.expect(DONE)
  alice.send(item(DATA, HELLO.hash, `<data xmlns='${DATA}'>${HELLO.text}</data>`, null))
  alice.send(item(METADATA, HELLO.hash, info(HELLO), null))
  await bob.expect(shown(alice, update(HELLO.hash)))
  await cast.forget()
  bob.send(getCard(ALICE))
  await bob.expect(card(`<FN>Alice</FN>${photo(HELLO)}`, ALICE))
  alice.send(getCard())
  await alice.expect(card(`<FN>Alice</FN>${photo(HELLO)}`))
  alice.send('<presence><show>away</show></presence>')
  await bob.expect(shown(alice, `<show>away</show>${update(HELLO.hash)}`))
  await alice.expect(shown(alice, `<show>away</show>${update(HELLO.hash)}`))
  await publish(cast, alice, WORLD)
  bob.send(getCard(ALICE))
  await bob.expect(card(`<FN>Alice</FN>${photo(WORLD)}`, ALICE))
  alice.send(item(METADATA, 'none', NONE, null))
  await bob.expect(shown(alice, `<show>away</show>${update('')}`))
  await cast.forget()
  bob.send(getCard(ALICE))
  await bob.expect(card('<FN>Alice</FN>', ALICE))
})

story(
  'T-E16, PEP-34: a picture in a card is in the nodes and in presence, once; a card without one takes it away',
  async (cast) => {
    await cast.befriend('alice', 'bob')
    const alice = await cast.client('alice', '1')
    const bob = await wanting(cast, 'bob/1', [METADATA])
    await cast.forget()
    alice.send(setCard(`<FN>Alice</FN>${photo(HELLO)}`))
    await alice.expectAll(DONE, shown(alice, update(HELLO.hash)))
    await bob.expectAll(told(HELLO.hash, info(HELLO)), shown(alice, update(HELLO.hash)))
    bob.send(request('get', `<items node='${DATA}'/>`, ALICE))
    const data = `<item id='${HELLO.hash}'><data xmlns='${DATA}'>${HELLO.text}</data></item>`
    await bob.expect(`<iq type='result'><pubsub xmlns='${PUBSUB}'><items node='${DATA}'>${data}</items></pubsub></iq>`)
    alice.send(setCard(`<FN>Al</FN>${photo(HELLO)}`))
    await alice.expect(DONE)
    await cast.expectNothing()
    bob.send(getCard(ALICE))
    await bob.expect(card(`<FN>Al</FN>${photo(HELLO)}`, ALICE))
    alice.send(setCard('<FN>Al</FN>'))
    await alice.expectAll(DONE, shown(alice, update('')))
    await bob.expectAll(told('*', NONE), shown(alice, update('')))
    alice.send(setCard('<FN>Ally</FN>'))
    await alice.expect(DONE)
    await cast.expectNothing()
  },
)

story('PEP-35: a new picture is shown at once after one was taken away, but not for a client that shows none', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  for (const picture of [HELLO, WORLD]) {
    alice.send(setCard(photo(picture)))
    await alice.expectAll(DONE, shown(alice, update(picture.hash)))
    await bob.expect(shown(alice, update(picture.hash)))
    alice.send(setCard(''))
    await alice.expectAll(DONE, shown(alice, update('')))
    await bob.expect(shown(alice, update('')))
  }
  alice.send('<presence><show>away</show></presence>') // into which the server puts that there is none
  for (const client of [alice, bob]) await client.expect(shown(alice, `<show>away</show>${update('')}`))
  alice.send(setCard(photo(HELLO)))
  await alice.expectAll(DONE, shown(alice, `<show>away</show>${update(HELLO.hash)}`))
  await bob.expect(shown(alice, `<show>away</show>${update(HELLO.hash)}`))
  alice.send(setCard(''))
  await cast.forget()
  alice.send(`<presence>${update('')}</presence>`)
  for (const client of [alice, bob]) await client.expect(shown(alice, update('')))
  alice.send(setCard(photo(WORLD)))
  await alice.expect(DONE)
  await cast.expectNothing()
})

story('PEP-35: the same after a restart', { on: ['memory'], ...UNASKED }, async (cast) => {
  await cast.befriend('alice', 'bob')
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await publish(cast, alice, HELLO)
  alice.send(item(METADATA, 'none', NONE, null))
  await bob.expect(shown(alice, update('')))
  await cast.forget()
  const [a, b] = [await enable(alice), await enable(bob)]
  const next = new Cast(await cast.server.restart(UNASKED, 1000))
  cast.atEnd(() => next.end())
  const back = await comeBack(next, alice, a, 0, 0)
  const bobs = await comeBack(next, bob, b, 0, 0)
  back.send(item(DATA, WORLD.hash, `<data xmlns='${DATA}'>${WORLD.text}</data>`, null))
  back.send(item(METADATA, WORLD.hash, info(WORLD), null))
  await bobs.expect(shown(back, update(WORLD.hash)))
  await next.forget()
})

story('PEP-32: presence shows no picture whose data is not there, or is another one', { on: ['memory'] }, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const data = (id: string, { text }: Picture): string => item(DATA, id, `<data xmlns='${DATA}'>${text}</data>`, null)
  const metadata = (id: string): string => item(METADATA, id, info({ hash: id, text: '' }), null)
  const FALSE = '0'.repeat(40)
  alice.send(data(FALSE, WORLD))
  alice.send(metadata(FALSE))
  alice.send(metadata(HELLO.hash))
  await cast.forget()
  alice.send('<presence/>')
  for (const client of [alice, bob]) await client.expect(shown(alice, ''))
  alice.send(data(HELLO.hash, HELLO))
  await bob.expect(shown(alice, update(HELLO.hash)))
  alice.send(metadata(WORLD.hash))
  await cast.advance(9000)
  alice.send(data(WORLD.hash, WORLD))
  await bob.expect(shown(alice, update(WORLD.hash)))
  await cast.advance(20_000)
  await cast.forget()
  alice.send(metadata(HELLO.hash))
  await cast.forget()
  await cast.advance(9000)
  await cast.expectNothing()
  await cast.advance(2000)
  await bob.expect(shown(alice, update('')))
  alice.send(data(HELLO.hash, HELLO))
  await bob.expect(shown(alice, update(HELLO.hash)))
  await cast.forget()
})

story('PEP-34: a card with an empty photo takes the picture away', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  for (const empty of ['<PHOTO/>', '<PHOTO><TYPE>image/png</TYPE><BINVAL/></PHOTO>', '<PHOTO><BINVAL>\n </BINVAL></PHOTO>']) {
    alice.send(setCard(photo(HELLO)))
    await cast.forget()
    alice.send(setCard(`<FN>Al</FN>${empty}`))
    await bob.expect(shown(alice, update('')))
    await cast.forget()
    bob.send(getCard(ALICE))
    await bob.expect(card('<FN>Al</FN>', ALICE))
  }
})

const ROOM = `den@conference.${DOMAIN}`
const join = (nick: string, more = ''): string =>
  `<presence to='${ROOM}/${nick}'><x xmlns='http://jabber.org/protocol/muc'/>${more}</presence>`

story('T-E11, T-E16, PEP-35: who enters a room shows the picture, if it is there for everybody', async (cast) => {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  bob.send(join('Bob'))
  bob.send(
    `<iq type='set' id='u' to='${ROOM}'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>`,
  )
  await cast.forget()
  const arrival = (more: string): Pattern => `<presence from='${ROOM}/Alice'>${more}*</presence>`
  await publish(cast, alice, HELLO)
  alice.send(join('Alice'))
  await bob.expect(
    `<presence from='${ROOM}/Alice'><x xmlns='http://jabber.org/protocol/muc#user'>*</x><occupant-id xmlns='urn:xmpp:occupant-id:0' id='*'/></presence>`,
  )
  alice.send(`<presence type='unavailable' to='${ROOM}/Alice'/>`)
  await cast.forget()
  alice.send(getCard(ALICE))
  await alice.expect(card(photo(HELLO), ALICE))
  const open = `<configure node='${METADATA}'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>${PUBSUB}#node_config</value></field><field var='pubsub#access_model'><value>open</value></field></x></configure>`
  for (const configure of [open, open.replace(METADATA, DATA)]) alice.send(owners('set', configure))
  await cast.forget()
  alice.send(join('Alice'))
  await bob.expect(arrival(update(HELLO.hash)))
  alice.send(`<presence to='${ROOM}/Alice'><show>away</show>${update(WORLD.hash)}</presence>`)
  await bob.expect(arrival(`<show>away</show>${update(HELLO.hash)}`))
  await cast.forget()
  bob.send(getCard(`${ROOM}/Alice`))
  await bob.expect(card(photo(HELLO), `${ROOM}/Alice`))
})

story('PEP-35: a client that shows no picture is left alone, and so is presence of users without one', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  for (const own of ['', update(WORLD.hash), update('')]) {
    alice.send(`<presence><status>x</status>${own}</presence>`)
    for (const client of [alice, bob]) await client.expect(shown(alice, `<status>x</status>${own}`))
  }
  await publishText(alice, 'http://jabber.org/protocol/mood', 'happy')
  alice.send('<presence/>')
  for (const client of [alice, bob]) await client.expect(shown(alice, ''))
  await publish(cast, alice, HELLO)
  alice.send(`<presence>${update('')}</presence>`)
  for (const client of [alice, bob]) await client.expect(shown(alice, update('')))
  alice.send(`<presence><x xmlns='vcard-temp:x:update'/></presence>`)
  for (const client of [alice, bob]) await client.expect(shown(alice, update(HELLO.hash)))
  alice.send(`<presence>${update(WORLD.hash)}</presence>`)
  for (const client of [alice, bob]) await client.expect(shown(alice, update(HELLO.hash)))
})

story('PEP-33: who may not read the nodes gets the card without the picture, or none', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const eve = await cast.client('eve', '1')
  await publish(cast, alice, HELLO)
  for (const [client, answer] of [
    [bob, card(photo(HELLO), ALICE)],
    [eve, refusal('iq', `id='g' from='${ALICE}'`, 'cancel', 'service-unavailable')],
  ] as const) {
    client.send(getCard(ALICE))
    await client.expect(answer)
  }
  alice.send(setCard(`<FN>Alice</FN><PHOTO><EXTVAL>https://a.example/x</EXTVAL></PHOTO>`))
  await alice.expect(DONE)
  eve.send(getCard(ALICE))
  await eve.expect(card('<FN>Alice</FN>', ALICE))
})

story('PEP-35: of a client that is away nothing new is said before it is back', { on: ['memory'] }, async (cast) => {
  await cast.befriend('alice', 'bob')
  const [phone, bob] = await cast.clients('alice/phone', 'bob/1')
  const desk = await cast.client('alice', 'desk', { presence: null })
  await cast.forget()
  const id = await enable(phone)
  phone.drop()
  await cast.settle()
  await publish(cast, desk, HELLO)
  await cast.expectNothing()
  await comeBack(cast, phone, id, 0, 0)
  await bob.expect(shown(phone, update(HELLO.hash)))
  await cast.forget()
})
