/** The revision of XEP-0310 (docs/xep-0310/) beside version 0.1: each client is told in the form that it asks for. */
import assert from 'node:assert/strict'
import {
  answer,
  asking,
  ASKING,
  ASKING_REVISED,
  comeBack,
  doubtedSince,
  isQuestion,
  lose,
  PSA,
  PSA_REVISED,
  says,
  saysRevised,
} from '../support/annotations.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import { here } from '../support/stanzas.ts'
import { bareOf, DOMAIN, story, type Setting } from '../support/story.ts'

const ROMEO = bareOf('romeo')
const JULIET = 'juliet@b.example'
const ORCHARD = `${JULIET}/orchard`
const AWAY = '<show>away</show>'
const MINUTE = 60_000
const SM = { 'ask-after': '1 day', 'ask-after-stanzas': 100_000, 'resume-time': '1 hour' }
const atOnce: Setting = { settings: { 'stream-management': SM, 'presence-annotations': { 'pause-grace': '0 s' } } }
const inMemory: Setting = { on: ['memory'], settings: { 'stream-management': SM } }
const REVISED = { as: ASKING_REVISED }
const presence = (from: string, content: string, to = ROMEO): string =>
  `<presence from='${from}' to='${to}'>${content}</presence>`

story('PSA-40: a paused connection, to a client of 0.1 and to one of the revision', atOnce, async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const [first, revised] = [await asking(cast, 'romeo/1'), await asking(cast, 'romeo/2', REVISED)]
  const benvolio = await cast.client('benvolio', 'lane')
  const id = await lose(cast, benvolio)
  await first.expect(here(benvolio.jid, says(DOMAIN, 'connection-paused')))
  await revised.expect(here(benvolio.jid, saysRevised(DOMAIN, 'connection-paused')))
  await comeBack(cast, benvolio, id)
  await first.expect(here(benvolio.jid, says(DOMAIN, '')))
  await revised.expect(here(benvolio.jid, saysRevised(DOMAIN, '')))
})

story('PSA-41: the server is unavailable; then nobody has confirmed it; then it is so', inMemory, async (cast) => {
  const b = new Elsewhere(cast)
  const [first, revised] = [await asking(cast, 'romeo/1'), await asking(cast, 'romeo/2', REVISED)]
  for (const client of [first, revised]) await b.send(presence(ORCHARD, AWAY, client.jid)) // nobody can ask for that
  await cast.forget()
  await b.lose()
  await first.expect(here(ORCHARD, AWAY + says(DOMAIN, 'server-unavailable')))
  await revised.expect(here(ORCHARD, AWAY + saysRevised(DOMAIN, 'server-unavailable')))
  b.restore()
  await cast.advance(5000)
  await cast.expectNothing() // as long as others are being asked
  await cast.advance(MINUTE)
  await revised.expect(here(ORCHARD, AWAY + saysRevised(DOMAIN, 'unknown')))
  await cast.expectNothing() // version 0.1 has no word for it
  for (const client of [first, revised]) await b.send(presence(ORCHARD, AWAY, client.jid))
  await first.expect(here(ORCHARD, AWAY + says(DOMAIN, '')))
  await revised.expect(here(ORCHARD, AWAY + saysRevised(DOMAIN, '')))
})

story('PSA-41: it says since when, which does not change with the condition', inMemory, async (cast) => {
  const b = new Elsewhere(cast)
  const romeo = await asking(cast, 'romeo/1', REVISED)
  await b.send(presence(ORCHARD, AWAY, romeo.jid))
  await cast.forget()
  const lostAt = new Date(cast.server.host.clock.now()).toISOString().slice(0, 19)
  await b.lose()
  b.restore()
  await cast.advance(MINUTE)
  const said = romeo.take().map((xml) => xml.child('state-annotation')!)
  assert.deepEqual(
    said.map((one) => [one.elements[0]!.name, one.attr('since')?.slice(0, 19)]),
    [
      ['server-unavailable', lostAt],
      ['unknown', lostAt],
    ],
  )
})

story('PSA-42: a stanza has all annotations that are in force, and no other goes before it', inMemory, async (cast) => {
  await cast.rosters(['romeo', JULIET, 'both'])
  const b = new Elsewhere(cast)
  const [first, revised] = [await asking(cast, 'romeo/1'), await asking(cast, 'romeo/2', REVISED)]
  await b.send(presence(ORCHARD, AWAY + says('b.example', 'connection-paused')))
  await cast.forget()
  await b.lose()
  const theirs = `<state-annotation xmlns='${PSA_REVISED}' from='b.example'><connection-paused/><description xml:lang='en'>*</description></state-annotation>`
  await first.expect(here(ORCHARD, AWAY + says('b.example', 'connection-paused') + says(DOMAIN, 'server-unavailable')))
  await revised.expect(here(ORCHARD, AWAY + theirs + saysRevised(DOMAIN, 'server-unavailable')))
  b.restore()
  await b.send(presence(ORCHARD, AWAY + says('b.example', 'connection-paused')))
  await first.expect(here(ORCHARD, AWAY + says(DOMAIN, '')), here(ORCHARD, AWAY + says('b.example', 'connection-paused')))
  await revised.expect(here(ORCHARD, AWAY + theirs))
})

story('PSA-43: what another server says in one form or in both reaches each client in its own', inMemory, async (cast) => {
  await cast.rosters(['romeo', JULIET, 'both'])
  const b = new Elsewhere(cast)
  const [first, revised] = [await asking(cast, 'romeo/1'), await asking(cast, 'romeo/2', REVISED)]
  const plain = await cast.client('romeo', '3')
  const since = '2026-01-01T12:00:00Z'
  const unknown = `<state-annotation xmlns='${PSA_REVISED}' from='b.example' since='${since}'><unknown/></state-annotation>`
  const inFirst = `<state-annotation xmlns='${PSA}' from='b.example'><server-unavailable/>${doubtedSince(since)}</state-annotation>`
  for (const [i, both] of [unknown, inFirst + unknown, unknown + inFirst].entries()) {
    const status = `<status>${i}</status>`
    await b.send(presence(ORCHARD, status + both), `<presence type='unavailable' from='${ORCHARD}' to='${ROMEO}'/>`)
    const goes = `<presence type='unavailable' from='${ORCHARD}'/>`
    await first.expect(here(ORCHARD, status + inFirst), goes)
    await revised.expect(here(ORCHARD, status + unknown), goes)
    await plain.expect(here(ORCHARD, status), goes)
  }
  const forged = unknown.replace('b.example', 'evil.example')
  await b.send(presence(ORCHARD, AWAY + forged))
  for (const client of [first, revised, plain]) await client.expect(here(ORCHARD, AWAY))
  revised.send(`<presence>${AWAY}${unknown.replace('b.example', DOMAIN)}${ASKING_REVISED.c}</presence>`)
  await cast.settle()
  for (const client of [first, plain])
    assert.deepEqual(
      client.take().map((xml) => xml.child('state-annotation')),
      [undefined],
    )
  await cast.forget()
})

const SERVICE = `conference.${DOMAIN}`
const ROOM = `den@${SERVICE}`
const MUC = 'http://jabber.org/protocol/muc'

story('PSA-44: in a room each occupant is told in its own form', inMemory, async (cast) => {
  const [first, revised] = [await asking(cast, 'alice/1'), await asking(cast, 'carol/1', REVISED)]
  const bob = await cast.client('bob', '1')
  const enter = async (client: typeof bob, nick: string, caps: typeof ASKING | null): Promise<void> => {
    client.send(`<presence to='${ROOM}/${nick}'>${caps?.c ?? ''}<x xmlns='${MUC}'/></presence>`)
    await cast.settle()
    const question = client.take().find(isQuestion)
    if (question !== undefined) answer(client, question, caps!.query)
  }
  await enter(first, 'Alice', ASKING)
  first.send(
    `<iq type='set' id='u' to='${ROOM}'><query xmlns='${MUC}#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>`,
  )
  await enter(revised, 'Carol', ASKING_REVISED)
  await enter(bob, 'Bob', null)
  await cast.forget()
  await lose(cast, bob)
  await cast.advance(3000)
  const shown = (annotation: string): string =>
    here(`${ROOM}/Bob`, `<x xmlns='${MUC}#user'>*</x><occupant-id xmlns='urn:xmpp:occupant-id:0' id='*'/>${annotation}`)
  const said = (ns: string): string => `<state-annotation xmlns='${ns}' from='${SERVICE}'><connection-paused/></state-annotation>`
  await first.expect(shown(said(PSA)))
  await revised.expect(shown(said(PSA_REVISED)))
})

story('PSA-40, PSA-44: a resource elsewhere is told in the form that it asks for', inMemory, async (cast) => {
  await cast.rosters(['romeo', JULIET, 'both'])
  const b = new Elsewhere(cast)
  const romeo = await cast.client('romeo', '1')
  await b.send(presence(ORCHARD, ASKING_REVISED.c), presence(`${JULIET}/phone`, ASKING.c))
  await cast.forget()
  await b.take()
  await lose(cast, romeo)
  await cast.advance(3000)
  for (const question of (await b.take()).filter(isQuestion)) {
    const { query } = question.attr('to') === ORCHARD ? ASKING_REVISED : ASKING
    const [from, to] = [question.attr('to'), question.attr('from')]
    await b.send(`<iq type='result' id='${question.attr('id')!}' from='${from}' to='${to}'>${query}</iq>`)
  }
  const told = (await b.take()).map((xml) => [xml.attr('to'), xml.child('state-annotation')?.ns])
  assert.deepEqual(told.toSorted(), [
    [ORCHARD, PSA_REVISED],
    [`${JULIET}/phone`, PSA],
  ])
})
