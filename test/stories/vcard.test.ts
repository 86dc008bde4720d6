/** XEP-0054: cards of accounts, as clients and other servers see them. */
import assert from 'node:assert/strict'
import { jid } from '../../src/xmpp/jid.ts'
import { bareOf, Cast, DOMAIN, story } from '../support/story.ts'
import { refusal } from '../support/xml-pattern.ts'

const ALICE = bareOf('alice')
const VCARD = 'vcard-temp'
const card = (inside: string): string => `<vCard xmlns='${VCARD}'>${inside}</vCard>`
const get = (to: string | null = null): string => `<iq type='get' id='g'${to === null ? '' : ` to='${to}'`}>${card('')}</iq>`
const set = (inside: string, to: string | null = null): string =>
  `<iq type='set' id='s'${to === null ? '' : ` to='${to}'`}>${card(inside)}</iq>`
const shown = (inside: string, from = ''): string =>
  `<iq type='result' id='g'${from === '' ? '' : ` from='${from}'`}>${card(inside)}</iq>`
const DONE = `<iq type='result' id='s'/>`
const hidden = (from: string): string => refusal('iq', `id='g' from='${from}'`, 'cancel', 'service-unavailable')
const FULL = `<FN>Alice ☃</FN><PHOTO><EXTVAL>https://a.example/a.png</EXTVAL></PHOTO><x xmlns='urn:x'>&lt;y/&gt;</x>`

story('VC-21: a user sets the card and reads it; anybody reads it, at the account and at its resources', async (cast) => {
  const [alice, eve] = await cast.clients('alice/1', 'eve/1')
  alice.send(get())
  await alice.expect(shown(''))
  alice.send(get(ALICE))
  await alice.expect(shown('', ALICE))
  alice.send(set(FULL))
  await alice.expect(DONE)
  for (const [asker, to] of [
    [alice, null],
    [alice, ALICE],
    [eve, ALICE],
    [eve, alice.jid],
    [eve, `${ALICE}/nowhere`],
  ] as const) {
    asker.send(get(to))
    await asker.expect(shown(FULL, to ?? ''))
  }
  alice.send(set('<FN>A</FN>', ALICE))
  await alice.expect(`<iq type='result' id='s' from='${ALICE}'/>`)
  eve.send(get(ALICE))
  await eve.expect(shown('<FN>A</FN>', ALICE))
})

story('VC-21, VC-27: no card, no account and no client give one answer; nobody sets the card of another', async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const eve = await cast.client('eve', '1')
  for (const to of [ALICE, alice.jid, bareOf('missing'), `${bareOf('missing')}/1`])
    for (const asker of [bob, eve]) {
      asker.send(get(to))
      await asker.expect(hidden(to))
    }
  for (const to of [ALICE, bareOf('missing')])
    for (const asker of [bob, eve]) {
      asker.send(set('<FN>x</FN>', to))
      await asker.expect(refusal('iq', `id='s' from='${to}'`, 'auth', 'forbidden'))
    }
  for (const to of [alice.jid, `${bareOf('missing')}/1`]) {
    eve.send(set('<FN>x</FN>', to))
    await eve.expect(refusal('iq', `id='s' from='${to}'`, 'cancel', 'service-unavailable'))
  }
})

story(
  'VC-20: a card that is too large is refused, and the old one stays',
  { settings: { vcard: { size: '1 KB' } } },
  async (cast) => {
    const alice = await cast.client('alice', '1')
    alice.send(set('<FN>A</FN>'), set(`<FN>${'x'.repeat(1000)}</FN>`), get())
    await alice.expect(DONE, refusal('iq', `id='s'`, 'modify', 'not-acceptable'), shown('<FN>A</FN>'))
  },
)

const asOccupant = (name: string): string =>
  `<presence to='den@conference.${DOMAIN}/${name}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`
const OCCUPANT = `den@conference.${DOMAIN}/Alice`
async function inRoom(cast: Cast) {
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  alice.send(asOccupant('Alice'))
  alice.send(
    `<iq type='set' id='u' to='den@conference.${DOMAIN}'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>`,
  )
  await cast.settle()
  bob.send(asOccupant('Bob'))
  await cast.forget()
  return { alice, bob }
}

story('VC-21, ROOM-66: the card of an occupant, without any real address', async (cast) => {
  const { alice, bob } = await inRoom(cast)
  bob.send(get(OCCUPANT))
  await bob.expect(hidden(OCCUPANT))
  alice.send(set(`${FULL}<JABBERID>${ALICE}</JABBERID>`))
  await alice.expect(DONE)
  bob.send(get(OCCUPANT))
  const answer = await bob.expect(shown(FULL, OCCUPANT))
  assert.equal(answer.show().includes('alice@'), false)
  bob.send(set('<FN>x</FN>', OCCUPANT))
  const refused = await bob.expect(refusal('iq', `id='s' from='${OCCUPANT}'`, 'cancel', 'service-unavailable'))
  assert.equal(refused.show().includes('alice@'), false)
})

const withAccess = (access: string) => ({ settings: { vcard: { access } }, on: ['memory'] }) as const

story('VC-22: access for contacts only; all others get the answer of a missing account', withAccess('contacts'), async (cast) => {
  await cast.befriend('alice', 'carol')
  await cast.rosters(['alice', 'dave', 'to'])
  const { alice, bob } = await inRoom(cast)
  const [carol, dave] = await cast.clients('carol/1', 'dave/1')
  await cast.forget()
  alice.send(set(FULL))
  await alice.expect(DONE)
  alice.send(get())
  await alice.expect(shown(FULL))
  carol.send(get(ALICE))
  await carol.expect(shown(FULL, ALICE))
  for (const [asker, to] of [
    [dave, ALICE],
    [dave, alice.jid],
    [bob, OCCUPANT],
  ] as const) {
    asker.send(get(to))
    await asker.expect(hidden(to))
  }
})

story(
  'VC-22: access for known people: contacts, who asks to be one, and who is in the same room',
  withAccess('known'),
  async (cast) => {
    await cast.rosters(['alice', 'dave', 'to'])
    const { alice, bob } = await inRoom(cast)
    const [dave, eve, frank] = await cast.clients('dave/1', 'eve/1', 'frank/1')
    eve.send(`<presence type='subscribe' to='${ALICE}'/>`)
    alice.send(set(FULL))
    await cast.forget()
    for (const [asker, to] of [
      [dave, ALICE],
      [eve, ALICE],
      [bob, OCCUPANT],
    ] as const) {
      asker.send(get(to))
      await asker.expect(shown(FULL, to))
    }
    frank.send(get(ALICE))
    await frank.expect(hidden(ALICE))
  },
)

story('VC-21: a blocked person gets the answer of a missing account', async (cast) => {
  const [alice, eve] = await cast.clients('alice/1', 'eve/1')
  alice.send(set(FULL), `<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='${eve.bare}'/></block></iq>`)
  await alice.expect(DONE, `<iq type='result' id='b'/>`)
  eve.send(get(ALICE))
  await eve.expect(hidden(ALICE))
})

story('VC-20: a card goes with its account', async (cast) => {
  const eve = await cast.client('eve', '1')
  const alice = await cast.client('alice', '1')
  alice.send(set(FULL))
  await alice.expect(DONE)
  await alice.close()
  assert.equal(await cast.server.host.registrar.delete(jid(ALICE)), true)
  eve.send(get(ALICE))
  await eve.expect(hidden(ALICE))
  await cast.server.account('alice')
  const again = await cast.client('alice', '2')
  again.send(get())
  await again.expect(shown(''))
})

story(
  'VC-22: one asker reads so much in a while; others are not kept waiting',
  { settings: { vcard: { 'answers-size': '64 KiB' } }, on: ['memory'] },
  async (cast) => {
    const [alice, bob, eve] = await cast.clients('alice/1', 'bob/1', 'eve/1')
    const large = `<DESC>${'x'.repeat(40_000)}</DESC>`
    alice.send(set(large))
    await alice.expect(DONE)
    eve.send(get(ALICE), get(ALICE))
    await eve.expectAll(shown(large, ALICE), refusal('iq', `id='g' from='${ALICE}'`, 'wait', 'policy-violation'))
    bob.send(get(ALICE))
    await bob.expect(shown(large, ALICE))
    await cast.advance(10_000)
    eve.send(get(ALICE))
    await eve.expect(shown(large, ALICE))
  },
)

story('VC-23: the card of the server', { settings: { vcard: { url: 'https://a.example/' } } }, async (cast) => {
  const alice = await cast.client('alice', '1')
  alice.send(get(DOMAIN))
  await alice.expect(shown(`<FN>${DOMAIN}</FN><URL>https://a.example/</URL>`, DOMAIN))
  alice.send(set('<FN>mine</FN>', DOMAIN))
  await alice.expect(refusal('iq', `id='s' from='${DOMAIN}'`, 'cancel', 'service-unavailable'))
})
