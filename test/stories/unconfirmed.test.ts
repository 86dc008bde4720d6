/**
 * Presence of others elsewhere that nobody has confirmed since the link was broken, and that nobody can be asked for: sent
 * directly, or that of occupants of a room. It is in doubt until it is confirmed, or until they are shown as gone.
 */
import assert from 'node:assert/strict'
import { answer, asking, ASKING, isQuestion, says } from '../support/annotations.ts'
import { ANNOUNCED_MS, Elsewhere } from '../support/elsewhere.ts'
import { gone, here } from '../support/stanzas.ts'
import { bareOf, DOMAIN, story, type Cast, type Setting } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { A, B, federation, type Realm } from '../support/two-servers.ts'

const ROMEO = bareOf('romeo')
const ORCHARD = 'juliet@b.example/orchard'
const AWAY = '<show>away</show>'
const DOWN = says(DOMAIN, 'server-unavailable')
const UP = says(DOMAIN, '')
const MINUTE = 60_000
const inMemory: Setting = { on: ['memory'] }

const presence = (from: string, content: string, to: string, type = ''): string =>
  `<presence ${type === '' ? '' : `type='${type}' `}from='${from}' to='${to}'>${content}</presence>`

story(
  'No ghost: presence that was sent directly is in doubt after a moment without a link, until it is said again',
  inMemory,
  async (cast) => {
    const b = new Elsewhere(cast)
    const romeo = await asking(cast, 'romeo/1')
    await b.send(presence(ORCHARD, AWAY, romeo.jid))
    await romeo.expect(here(ORCHARD, AWAY))
    await cast.advance(1000)
    b.cut()
    await cast.advance(3000)
    b.restore()
    await cast.advance(5 * MINUTE)
    await romeo.expect(here(ORCHARD, AWAY + DOWN))
    await cast.advance(5 * MINUTE)
    await cast.expectNothing()
    await b.send(presence(ORCHARD, AWAY, romeo.jid))
    await romeo.expect(here(ORCHARD, AWAY + UP))
    await b.send(presence(ORCHARD, AWAY, romeo.jid)) // nothing new
    await cast.expectNothing()
  },
)

story('No ghost: and it is no longer shown when its sender has gone', inMemory, async (cast) => {
  const b = new Elsewhere(cast)
  const romeo = await asking(cast, 'romeo/1')
  await b.send(presence(ORCHARD, AWAY, ROMEO))
  await romeo.expect(here(ORCHARD, AWAY))
  await b.lose()
  await romeo.expect(here(ORCHARD, AWAY + DOWN))
  b.restore()
  await cast.advance(5 * MINUTE)
  await cast.expectNothing()
  await b.send(presence(ORCHARD, '', ROMEO, 'unavailable'))
  await romeo.expect(gone(ORCHARD))
})

// Rooms

const ROOM = 'hall@b.example'
const occupant = (...codes: readonly number[]): string =>
  `<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='participant'/>${codes.map((code) => `<status code='${code}'/>`).join('')}</x>`
/** What our server says of those who are gone. */
const NOT_THERE = `<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='none'/></x>`
const JOIN = `<presence to='${ROOM}/romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>`

/** Romeo is in a room with two others, and the link is lost and there again. */
async function hall(cast: Cast): Promise<{ readonly romeo: StoryClient; readonly b: Elsewhere }> {
  const b = new Elsewhere(cast)
  const romeo = await asking(cast, 'romeo/1')
  romeo.send(JOIN)
  await cast.settle()
  for (const nick of ['nurse', 'tybalt']) await b.send(presence(`${ROOM}/${nick}`, occupant(), romeo.jid))
  await b.send(presence(`${ROOM}/romeo`, occupant(110), romeo.jid))
  await cast.forget()
  await b.lose()
  await romeo.expectAll(
    ...['nurse', 'tybalt'].map((nick) => here(`${ROOM}/${nick}`, occupant() + DOWN)),
    here(`${ROOM}/romeo`, occupant(110) + DOWN),
  )
  b.restore()
  await cast.advance(2 * MINUTE)
  await b.take()
  await cast.expectNothing()
  return { romeo, b }
}

story('No ghost: occupants of a room in which our own is no more are shown as gone', inMemory, async (cast) => {
  const { romeo, b } = await hall(cast)
  await b.send(presence(`${ROOM}/tybalt`, occupant(), romeo.jid))
  await romeo.expect(here(`${ROOM}/tybalt`, occupant() + UP))
  await b.send(presence(`${ROOM}/romeo`, occupant(110, 332), romeo.jid, 'unavailable'))
  await romeo.expectAll(gone(`${ROOM}/nurse`, NOT_THERE), gone(`${ROOM}/romeo`, occupant(110, 332)))
  b.cut()
  await cast.advance(ANNOUNCED_MS) // and nobody there is spoken of again
})

story('XEP-0045 7.6: who has another nickname is still in the room', inMemory, async (cast) => {
  const { romeo, b } = await hall(cast)
  await b.send(presence(`${ROOM}/romeo`, occupant(110, 303), romeo.jid, 'unavailable'))
  await romeo.expect(gone(`${ROOM}/romeo`, occupant(110, 303)))
  await cast.expectNothing()
})

story('No ghost: occupants of a room that is gone', inMemory, async (cast) => {
  const { romeo, b } = await hall(cast)
  romeo.send(JOIN)
  await cast.settle()
  const error = `<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`
  await b.send(presence(`${ROOM}/romeo`, error, romeo.jid, 'error'))
  await romeo.expectAll(
    gone(`${ROOM}/nurse`, NOT_THERE),
    gone(`${ROOM}/tybalt`, NOT_THERE),
    `<presence type='error' from='${ROOM}/romeo'>${error}</presence>`,
  )
})

story('No ghost: occupants who are not there any more when our own comes in again', inMemory, async (cast) => {
  const { romeo, b } = await hall(cast)
  await b.send(presence(`${ROOM}/romeo`, AWAY + occupant(110), romeo.jid)) // that says nothing of others
  await romeo.expect(here(`${ROOM}/romeo`, AWAY + occupant(110)))
  await cast.expectNothing()
  romeo.send(JOIN)
  await cast.settle()
  await b.send(presence(`${ROOM}/tybalt`, occupant(), romeo.jid), presence(`${ROOM}/romeo`, occupant(110), romeo.jid))
  await romeo.expectAll(
    here(`${ROOM}/tybalt`, occupant() + UP),
    gone(`${ROOM}/nurse`, NOT_THERE),
    here(`${ROOM}/romeo`, occupant(110)),
  )
})

// Two servers: the one whose user has sent it says it again

/** The link breaks, and there is another at once, or when it is known that it is lost. */
async function outage(realm: Realm, isAnnounced: boolean, meanwhile: () => Promise<void> = async () => {}): Promise<void> {
  await realm.pass(1000)
  realm.isTogether = false
  realm.zone.isDown = true
  for (const stream of [...realm.a.streams(), ...realm.b.streams()]) stream.destroy()
  await realm.until('the loss is known', () => realm.a.streams().length + realm.b.streams().length === 0)
  await meanwhile()
  await realm.pass(isAnnounced ? 90_000 : 2000)
  assert.equal(realm.a.news.includes(`link-down ${B}`), isAnnounced)
  realm.zone.isDown = false
  const isMended = (): boolean => [realm.a, realm.b].every(({ news }) => news.some((one) => one.startsWith('link-mended')))
  for (let s = 0; s < 300 && !isMended(); s++) await realm.pass(1000)
  realm.isTogether = true
  await realm.pass(60_000)
}
/** Juliet, a stranger, has sent Romeo her presence. */
async function strangers(realm: Realm): Promise<{ readonly romeo: StoryClient; readonly juliet: StoryClient }> {
  await realm.friends('eve@a.example/1', 'frank@b.example/1') // so that there is always a link
  const romeo = await realm.client('romeo@a.example/1', { presence: null })
  romeo.send(`<presence>${ASKING.c}</presence>`)
  await realm.settle()
  answer(romeo, romeo.take().find(isQuestion)!, ASKING.query)
  const juliet = await realm.client(ORCHARD)
  juliet.send(`<presence to='${romeo.jid}'>${AWAY}</presence>`)
  await realm.settle()
  await romeo.expect(here(ORCHARD, AWAY))
  await realm.forget()
  return { romeo, juliet }
}

federation('DIR-1: presence that was sent directly is confirmed after an outage by the server of its sender', async (realm) => {
  const { romeo } = await strangers(realm)
  await outage(realm, true)
  await romeo.expect(here(ORCHARD, AWAY + says(A, 'server-unavailable')), here(ORCHARD, AWAY + says(A, '')))
})

federation('DIR-1: and nobody notices a short one', async (realm) => {
  await strangers(realm)
  await outage(realm, false)
})

federation('No ghost: who has sent presence directly and went during an outage is shown as gone', async (realm) => {
  const { romeo, juliet } = await strangers(realm)
  await outage(realm, false, () => juliet.close())
  await romeo.expect(gone(ORCHARD))
})
