/** XEP-0310 4.1: links to other servers that break, and what is seen of those behind them. In memory, where time can be moved. */
import assert from 'node:assert/strict'
import {
  answer,
  asking,
  ASKING,
  capabilities,
  comeBack,
  comingOnline,
  doubtedSince,
  lose,
  PSA,
  says,
} from '../support/annotations.ts'
import { commandsOf, runCommand } from '../../src/admin/command.ts'
import { explainCommand, type Explanation } from '../../src/admin/explain-commands.ts'
import { ANNOUNCED_MS, Elsewhere } from '../support/elsewhere.ts'
import { bareOf, DOMAIN, story, type Cast, type Setting } from '../support/story.ts'
import { delay, gone, here } from '../support/stanzas.ts'
import type { StoryClient } from '../support/story-client.ts'
import { matches } from '../support/xml-pattern.ts'

const ROMEO = bareOf('romeo')
const JULIET = 'juliet@b.example'
const ORCHARD = `${JULIET}/orchard`
const SM = { 'ask-after': '1 day', 'ask-after-stanzas': 100_000, 'resume-time': '1 hour' }
const inMemory: Setting = { on: ['memory'], settings: { 'stream-management': SM } }
const DOWN = says(DOMAIN, 'server-unavailable')
const UP = says(DOMAIN, '')
const AWAY = '<show>away</show>'
const MINUTE = 60_000

const probe = (from: string, to = JULIET): string => `<presence type='probe' from='${from}' to='${to}'/>`
const presence = (from: string, content = '', to = ROMEO): string => `<presence from='${from}' to='${to}'>${content}</presence>`
const unavailable = (from: string, to = ROMEO): string => `<presence type='unavailable' from='${from}' to='${to}'/>`

/** Romeo sees Juliet, who is elsewhere and has shown herself from her orchard. */
async function verona(cast: Cast, content = AWAY): Promise<{ readonly romeo: StoryClient; readonly b: Elsewhere }> {
  await cast.rosters(['romeo', JULIET, 'both'])
  const b = new Elsewhere(cast)
  const romeo = await asking(cast, 'romeo/1')
  await b.send(presence(ORCHARD, content))
  await cast.forget()
  await b.take()
  return { romeo, b }
}
/** The link is mended: that server is asked how things are. */
async function reprobe(cast: Cast, b: Elsewhere): Promise<void> {
  await cast.advance(2000)
  assert((await b.take()).some((xml) => matches(probe(ROMEO), xml)))
}

story('T-PSA01: who asks is told, each resource for itself, and nobody else', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  const romeo2 = await cast.client('romeo', '2')
  await b.send(`<presence from='${ORCHARD}' to='${ROMEO}' id='j1' xml:lang='it'>${AWAY}<x xmlns='urn:example'/></presence>`)
  for (const client of [romeo, romeo2]) await client.expect(here(ORCHARD, `${AWAY}<x xmlns='urn:example'/>`))
  b.cut()
  await cast.advance(29_000)
  await cast.expectNothing()
  await cast.advance(ANNOUNCED_MS)
  await romeo.expect(`<presence from='${ORCHARD}' to='${romeo.jid}' id='j1'>${AWAY}<x xmlns='urn:example'/>${DOWN}</presence>`)
})

story('T-PSA02: a link that is there again soon was never away', inMemory, async (cast) => {
  const { b } = await verona(cast)
  b.cut()
  await cast.advance(20_000)
  b.restore()
  await reprobe(cast, b)
  await b.send(presence(ORCHARD, AWAY))
  await cast.advance(5 * MINUTE)
})

story('T-PSA02: even so, who has gone in that moment is shown as gone', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  b.cut()
  b.restore()
  await cast.advance(31_000)
  await romeo.expect(gone(ORCHARD))
})

story(
  'T-PSA03: when the link is up again contacts are probed; who is confirmed is no longer in doubt',
  inMemory,
  async (cast) => {
    const { romeo, b } = await verona(cast)
    await b.lose()
    await romeo.expect(here(ORCHARD, AWAY + DOWN))
    b.restore()
    await reprobe(cast, b)
    await cast.expectNothing()
    await b.send(presence(ORCHARD, AWAY))
    await romeo.expect(here(ORCHARD, AWAY + UP, romeo.jid))
    await b.send(presence(ORCHARD, AWAY)) // nothing new
    await cast.advance(MINUTE)
  },
)

story('0310: a presence that says nothing new goes to who does not know it', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  const romeo2 = await cast.client('romeo', '2')
  await b.send(presence(ORCHARD, AWAY)) // the answer to the probe of the second
  await romeo2.expect(here(ORCHARD, AWAY))
  romeo2.send(`<presence type='unavailable'/>`, '<presence/>')
  await cast.forget()
  await b.send(presence(ORCHARD, AWAY))
  await romeo2.expect(here(ORCHARD, AWAY))
  await cast.expectNothing()
  romeo2.send(probe(romeo2.jid)) // who asks gets an answer
  await cast.settle()
  await b.send(presence(ORCHARD, AWAY))
  for (const client of [romeo, romeo2]) await client.expect(here(ORCHARD, AWAY))
  await b.send(presence(ORCHARD, AWAY))
  await cast.expectNothing()
  await b.send(presence(ORCHARD, '', romeo2.jid), presence(ORCHARD))
  await romeo2.expect(here(ORCHARD, '', romeo2.jid))
  await romeo.expect(here(ORCHARD))
  await cast.expectNothing()
})

story('a resource that was never shown to a session is not shown as gone to it', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  const later = await cast.client('romeo', 'later')
  await cast.forget()
  await b.take()
  // What could not be said over a broken link, to a session from before and to one since (links/undelivered.ts)
  await b.send(unavailable(ORCHARD))
  await romeo.expect(gone(ORCHARD))
  await cast.expectNothing()
  later.send(probe(later.jid, ORCHARD)) // who asks gets an answer
  await cast.settle()
  await b.send(unavailable(ORCHARD))
  for (const client of [romeo, later]) await client.expect(gone(ORCHARD))
})

story('0310: who was blocked for a while is told of as if he were new', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  const change = (name: string): string =>
    `<iq type='set' id='b'><${name} xmlns='urn:xmpp:blocking'><item jid='${JULIET}'/></${name}></iq>`
  for (const name of ['block', 'unblock']) await romeo.ask(change(name), `<iq type='result' id='b'/>`)
  await b.send(presence(ORCHARD, AWAY))
  await romeo.expect(here(ORCHARD, AWAY))
})

story('No flap: who was offline before an outage and still is, nobody is told of again', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  const romeo2 = await cast.client('romeo', '2')
  const answer = (stamp: string): string =>
    `<presence type='unavailable' from='${JULIET}' to='${ROMEO}'><delay xmlns='urn:xmpp:delay' from='b.example' stamp='${stamp}'/></presence>`
  await b.send(presence(ORCHARD, AWAY)) // the answer to the probe of the second
  await romeo2.expect(here(ORCHARD, AWAY))
  await b.send(unavailable(ORCHARD))
  for (const client of [romeo, romeo2]) await client.expect(gone(ORCHARD))
  for (let time = 0; time < 3; time++) {
    b.cut()
    await cast.advance(1000)
    b.restore()
    await reprobe(cast, b)
    await b.send(answer('2026-01-01T00:00:00Z'))
    await cast.expectNothing()
  }
  const romeo3 = await cast.client('romeo', '3')
  await b.send(answer('2026-01-01T00:00:00Z'))
  await romeo3.expect(answer('2026-01-01T00:00:00Z'))
  await cast.expectNothing()
  romeo2.send(probe(romeo2.jid)) // who asks gets an answer
  await cast.settle()
  await b.send(answer('2026-01-01T00:00:00Z'))
  for (const client of [romeo, romeo2, romeo3]) await client.expect(gone(JULIET, '*'))
  await b.send(presence(ORCHARD), unavailable(ORCHARD))
  for (const client of [romeo, romeo2, romeo3]) await client.expect(here(ORCHARD), gone(ORCHARD))
})

story('T-PSA04: a link that is closed in peace is no loss', inMemory, async (cast) => {
  const { b } = await verona(cast)
  b.part()
  await cast.advance(5 * MINUTE)
})

story('T-PSA05: only available presence is in doubt', inMemory, async (cast) => {
  await cast.rosters(['romeo', JULIET, 'both'])
  const b = new Elsewhere(cast)
  const romeo = await asking(cast, 'romeo/1')
  const error = `<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`
  await b.send(
    presence(`${JULIET}/gone`),
    unavailable(`${JULIET}/gone`),
    presence(`${JULIET}/broken`),
    `<presence type='error' from='${JULIET}/broken' to='${romeo.jid}'>${error}</presence>`,
    `<presence type='subscribe' from='nurse@b.example' to='${ROMEO}'/>`,
  )
  await cast.forget()
  await b.lose()
})

story('PSA-34: an error of our own says nothing of the one it is for', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  const timeout = `<error type='wait'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`
  await b.send(`<presence type='error' from='${ORCHARD}' to='${romeo.jid}'>${timeout}</presence>`)
  await romeo.expect(`<presence type='error' from='${ORCHARD}'>${timeout}</presence>`)
  await b.lose()
  await romeo.expect(here(ORCHARD, AWAY + DOWN))
})

story('T-PSA06: each full JID, each once', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  const others = Array.from({ length: 300 }, (_, i) => `contact${i}@b.example/x`)
  await b.send(presence(`${JULIET}/phone`), ...others.map((from) => presence(from, `<priority>1</priority>`)))
  await cast.forget()
  await b.lose()
  const told = romeo.take()
  assert.deepEqual(told.map((xml) => xml.attr('from')).toSorted(), [ORCHARD, `${JULIET}/phone`, ...others].toSorted())
  for (const xml of told) assert.equal(xml.child('state-annotation')?.child('server-unavailable')?.name, 'server-unavailable')
})

story('T-PSA07: who comes online meanwhile', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  await b.lose()
  await romeo.expect(here(ORCHARD, AWAY + DOWN))
  const romeo3 = await comingOnline(cast, 'romeo/3')
  const shownLater = here(romeo.jid, ASKING.c + delay())
  await romeo3.expect(here(romeo3.jid, ASKING.c), shownLater, here(ORCHARD, AWAY + DOWN, romeo3.jid))
  await romeo.expect(here(romeo3.jid, ASKING.c))
  const romeo4 = await cast.client('romeo', '4', { presence: null })
  romeo4.send('<presence/>')
  await romeo4.expect(here(romeo4.jid), here(romeo.jid, ASKING.c), here(romeo3.jid, ASKING.c))
  for (const client of [romeo, romeo3]) await client.expect(here(romeo4.jid))
  await b.take()
  await b.send(presence(ORCHARD, AWAY))
  for (const client of [romeo, romeo3]) await client.expect(here(ORCHARD, AWAY + UP, client.jid))
  await romeo4.expect(here(ORCHARD, AWAY))
})

story('T-PSA07: who comes back as a new session sees what he saw before', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  await b.lose()
  await romeo.expect(here(ORCHARD, AWAY + DOWN))
  await romeo.close()
  const again = await comingOnline(cast, 'romeo/1')
  await again.expect(here(again.jid, ASKING.c), here(ORCHARD, AWAY + DOWN, again.jid))
  await b.take()
  await b.send(presence(ORCHARD, AWAY))
  await again.expect(here(ORCHARD, AWAY + UP))
})

story('T-PSA07: who goes and comes in the same session sees what he saw before', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  await b.lose()
  await romeo.expect(here(ORCHARD, AWAY + DOWN))
  romeo.send(`<presence type='unavailable'/>`)
  await romeo.expect(gone(romeo.jid))
  romeo.send(`<presence>${ASKING.c}</presence>`)
  await romeo.expect(here(romeo.jid, ASKING.c), here(ORCHARD, AWAY + DOWN))
  await b.send(presence(ORCHARD, AWAY))
  await romeo.expect(here(ORCHARD, AWAY + UP))
})

story('T-PSA07: who comes back before the loss is certain is told when it is', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  b.cut()
  await romeo.close()
  const again = await comingOnline(cast, 'romeo/1')
  await again.expect(here(again.jid, ASKING.c))
  await cast.advance(ANNOUNCED_MS)
  await again.expect(here(ORCHARD, AWAY + DOWN, again.jid))
})

story('what was left in doubt is not shown in a later outage', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  b.cut()
  await romeo.close()
  b.restore()
  const again = await asking(cast, 'romeo/1')
  await b.lose()
  await cast.expectNothing()
  await again.close()
})

story(
  'T-PSA08: what comes over the new link is not in doubt, and what came before is not taken for so again',
  inMemory,
  async (cast) => {
    const { romeo, b } = await verona(cast)
    await b.lose()
    await romeo.expect(here(ORCHARD, AWAY + DOWN))
    await b.send(presence(ORCHARD, '<show>xa</show>'))
    await romeo.expect(here(ORCHARD, '<show>xa</show>'))
  },
)

story('T-PSA09: who has gone meanwhile is shown as gone', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  const romeo2 = await cast.client('romeo', '2')
  await b.send(presence(`${JULIET}/phone`), presence(ORCHARD, AWAY))
  await cast.forget()
  await b.lose()
  await romeo.expect(here(ORCHARD, AWAY + DOWN), here(`${JULIET}/phone`, DOWN))
  await b.take()
  b.restore()
  await reprobe(cast, b)
  await b.send(presence(`${JULIET}/phone`))
  await romeo.expect(here(`${JULIET}/phone`, UP))
  await cast.expectNothing()
  await cast.advance(30_000)
  for (const client of [romeo, romeo2]) await client.expect(gone(ORCHARD))
  await cast.advance(MINUTE)
})

story('T-PSA09: an answer for all resources', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  await b.lose()
  await romeo.expect(here(ORCHARD, AWAY + DOWN))
  await b.take()
  b.restore()
  await reprobe(cast, b)
  await b.send(unavailable(JULIET))
  await romeo.expect(gone(JULIET))
  await cast.advance(MINUTE)
})

story('PSA-36: a link that breaks again leaves it open who is there', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  await b.lose()
  await romeo.expect(here(ORCHARD, AWAY + DOWN))
  await b.take()
  await cast.advance(2 * MINUTE)
  b.restore()
  await reprobe(cast, b)
  b.cut()
  await cast.advance(ANNOUNCED_MS)
  await cast.advance(MINUTE)
})

story('T-PSA10: who is known to ask only when the link is down already', inMemory, async (cast) => {
  await cast.rosters(['romeo', JULIET, 'both'])
  const b = new Elsewhere(cast)
  const romeo = await cast.client('romeo', '1', { presence: null })
  romeo.send(`<presence>${ASKING.c}</presence>`)
  const question = await romeo.expect(`<iq type='get' from='${DOMAIN}'>*</iq>`)
  await b.send(presence(ORCHARD, AWAY))
  await cast.forget()
  b.link.force() // the operator does not wait
  await cast.expectNothing()
  answer(romeo, question, ASKING.query)
  await romeo.expect(here(ORCHARD, AWAY + DOWN, romeo.jid))
})

story('PSA-7: presence that was sent directly, and that of a stranger', inMemory, async (cast) => {
  const b = new Elsewhere(cast)
  const romeo = await asking(cast, 'romeo/1')
  await b.send(presence(ORCHARD, AWAY, romeo.jid))
  await romeo.expect(here(ORCHARD, AWAY))
  await b.lose()
  await romeo.expect(here(ORCHARD, AWAY + DOWN))
  b.restore()
  await cast.advance(5 * MINUTE) // nobody is probed who has granted nothing, and nobody is taken for gone
  await cast.expectNothing()
  assert(!(await b.take()).some((xml) => xml.attr('type') === 'probe'))
})

story('T-PSA20: occupants of a room elsewhere', inMemory, async (cast) => {
  const b = new Elsewhere(cast)
  const romeo = await asking(cast, 'romeo/1')
  const item = `<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='participant'/></x>`
  romeo.send(`<presence to='room@b.example/romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>`)
  await b.send(presence('room@b.example/nurse', item, romeo.jid), presence('room@b.example/romeo', item, romeo.jid))
  await cast.forget()
  await b.lose()
  await romeo.expect(here('room@b.example/nurse', item + DOWN), here('room@b.example/romeo', item + DOWN))
  b.restore()
  await cast.advance(5 * MINUTE)
  await cast.expectNothing()
  await b.send(presence('room@b.example/nurse', item, romeo.jid))
  await romeo.expect(here('room@b.example/nurse', item + UP))
})

story('T-PSA21: what other servers annotate is theirs to say, and is shown to those who ask', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  const romeo2 = await cast.client('romeo', '2')
  await b.send(presence(ORCHARD, AWAY)) // the answer to the probe of the second
  await cast.forget()
  const theirs = says('b.example', 'connection-paused')
  const forged = `<state-annotation xmlns='${PSA}' from='evil.example'><server-unavailable/></state-annotation>`
  await b.send(presence(ORCHARD, AWAY + theirs))
  await romeo.expect(here(ORCHARD, AWAY + theirs))
  await cast.expectNothing()
  await b.send(presence(ORCHARD, '<show>xa</show>' + theirs + forged))
  await romeo.expect(here(ORCHARD, '<show>xa</show>' + theirs))
  await romeo2.expect(here(ORCHARD, '<show>xa</show>'))
  await b.lose() // two annotators, two annotations (PSA-23)
  await romeo.expect(here(ORCHARD, '<show>xa</show>' + theirs + DOWN))
  await b.send(presence(ORCHARD, '<show>xa</show>' + theirs)) // one is over, and the other holds
  await romeo.expect(here(ORCHARD, '<show>xa</show>' + UP), here(ORCHARD, '<show>xa</show>' + theirs))
  await b.send(presence(ORCHARD, '<show>xa</show>' + says('b.example', '')))
  await romeo.expect(here(ORCHARD, '<show>xa</show>' + says('b.example', '')))
  await b.send(presence(ORCHARD, forged))
  for (const client of [romeo, romeo2]) await client.expect(here(ORCHARD))
})

story('PSA-23: two doubts that are over at the same time', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  const theirs = says('b.example', 'connection-paused')
  await b.send(presence(ORCHARD, AWAY + theirs))
  await romeo.expect(here(ORCHARD, AWAY + theirs))
  await b.lose()
  await romeo.expect(here(ORCHARD, AWAY + theirs + DOWN))
  await b.send(presence(ORCHARD, AWAY))
  await romeo.expect(here(ORCHARD, AWAY))
  await b.lose()
  await romeo.expect(here(ORCHARD, AWAY + DOWN))
  await b.send(presence(ORCHARD, AWAY + theirs))
  await romeo.expect(here(ORCHARD, AWAY + UP), here(ORCHARD, AWAY + theirs))
})

story(
  'PSA-23: a doubt of theirs that has given way to ours while the user did not look is taken back',
  inMemory,
  async (cast) => {
    const { romeo, b } = await verona(cast)
    const theirs = says('b.example', 'connection-paused')
    await b.send(presence(ORCHARD, AWAY + theirs))
    await romeo.expect(here(ORCHARD, AWAY + theirs))
    romeo.send(`<inactive xmlns='urn:xmpp:csi:0'/>`)
    await cast.settle()
    await b.send(presence(ORCHARD, AWAY + says('b.example', '')))
    await b.lose()
    romeo.send(`<active xmlns='urn:xmpp:csi:0'/>`)
    await cast.settle()
    await romeo.expect(here(ORCHARD, AWAY + says('b.example', ''), romeo.jid), here(ORCHARD, AWAY + DOWN))
    b.restore()
    await cast.advance(MINUTE)
    await romeo.expect(gone(ORCHARD)) // it was said before the link was lost, and nobody has confirmed it since
  },
)

const hasty: Setting = { ...inMemory, linkTimes: { graceMs: 0, retryMinMs: 500 } }

story('T-PSA22: a link that comes and goes is announced as lost once a minute at most', hasty, async (cast) => {
  await cast.rosters(['romeo', JULIET, 'both'])
  const { clock } = cast.server.host
  const b = new Elsewhere(cast)
  const romeo = await asking(cast, 'romeo/1')
  await b.send(presence(ORCHARD, AWAY))
  await cast.forget()
  const announced: { readonly at: number; readonly isDown: boolean }[] = []
  for (let time = 0; time < 100; time++) {
    b.cut()
    await cast.advance(3000)
    if (time < 99) await b.send(presence(ORCHARD, AWAY))
    await cast.advance(4000)
    for (const xml of romeo.take()) {
      const annotation = xml.child('state-annotation')
      if (annotation !== undefined)
        announced.push({ at: clock.now(), isDown: annotation.child('server-unavailable') !== undefined })
    }
    await b.take()
  }
  const downs = announced.filter(({ isDown }) => isDown)
  assert(downs.length >= 6 && downs.length <= 12, `${downs.length} times in twelve minutes`)
  announced.forEach(({ isDown }, i) => assert.equal(isDown, i % 2 === 0))
  await cast.advance(2 * MINUTE)
  const last = romeo.take().at(-1)?.child('state-annotation')?.child('server-unavailable') ?? announced.at(-1)!.isDown
  assert(last !== undefined && last !== false, 'what is announced last is so')
})

story('T-PSA23: what comes to nothing while a client is inactive is nothing', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  romeo.send(`<inactive xmlns='urn:xmpp:csi:0'/>`)
  await cast.settle()
  await b.lose()
  await b.send(presence(ORCHARD, AWAY))
  romeo.send(`<active xmlns='urn:xmpp:csi:0'/>`)
  await cast.expectNothing()
})

story('T-PSA24: a client that is away is told once, when it is back', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  const id = await lose(cast, romeo)
  await cast.settle()
  await b.lose()
  await b.send(presence(ORCHARD, '<show>xa</show>'))
  await cast.advance(2 * MINUTE)
  await b.send(presence(ORCHARD, AWAY))
  await b.lose()
  const again = await comeBack(cast, romeo, id)
  await again.expect(here(ORCHARD, AWAY), here(ORCHARD, AWAY + DOWN, romeo.jid))
})

/** In the outage Juliet has said something new, and has lost her own connection. */
const XA = '<show>xa</show>'
const JULIET_PAUSED = says('b.example', 'connection-paused')

story('0311: a doubt that has given way to another one while a client was away is taken back', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  await b.lose()
  await romeo.expect(here(ORCHARD, AWAY + DOWN))
  const id = await lose(cast, romeo)
  await b.send(presence(ORCHARD, XA + JULIET_PAUSED))
  const again = await comeBack(cast, romeo, id)
  await again.expect(here(ORCHARD, XA + UP, romeo.jid), here(ORCHARD, XA + JULIET_PAUSED))
})

story('0311: a doubt that has given way to another one while a client was inactive is taken back', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  await b.lose()
  await romeo.expect(here(ORCHARD, AWAY + DOWN))
  romeo.send(`<inactive xmlns='urn:xmpp:csi:0'/>`)
  await cast.settle()
  await b.send(presence(ORCHARD, XA + JULIET_PAUSED))
  romeo.send(`<active xmlns='urn:xmpp:csi:0'/>`)
  await romeo.expect(here(ORCHARD, XA + UP), here(ORCHARD, XA + JULIET_PAUSED))
})

story('T-PSA27: whom romeo has blocked he hears nothing of', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  await romeo.ask(
    `<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='${JULIET}'/></block></iq>`,
    `<iq type='result' id='b'/>`,
  )
  await b.lose()
  b.restore()
})

// Those on other servers who have our presence: XEP-0310 4.2

/** Juliet's resources, of which the first asks; romeo has a session that can be resumed. */
async function both(cast: Cast): Promise<{ readonly romeo: StoryClient; readonly b: Elsewhere }> {
  await cast.rosters(['romeo', JULIET, 'both'])
  const b = new Elsewhere(cast)
  const romeo = await cast.client('romeo', '1', { presence: `<presence>${AWAY}</presence>` })
  await b.send(presence(ORCHARD, ASKING.c), presence(`${JULIET}/phone`, capabilities('urn:xmpp:ping').c))
  await cast.forget()
  await b.take()
  return { romeo, b }
}
/** Juliet's client says what it can do. */
async function answers(b: Elsewhere, from = ORCHARD, query = ASKING.query): Promise<void> {
  const question = (await b.take()).find((xml) => xml.name === 'iq' && xml.attr('to') === from)
  assert(question !== undefined, `${from} was not asked`)
  assert.equal(question.attr('from'), ROMEO)
  await b.send(`<iq type='result' id='${question.attr('id')!}' from='${from}' to='${ROMEO}'>${query}</iq>`)
}
const PAUSED = says(DOMAIN, 'connection-paused')

story(
  'T-PSA16: a contact elsewhere is told at the resource that asks, and it is asked by the account',
  inMemory,
  async (cast) => {
    const { romeo, b } = await both(cast)
    const id = await lose(cast, romeo)
    await cast.settle()
    await b.expectNothing()
    await cast.advance(3000)
    await answers(b)
    await b.expect(here(romeo.jid, AWAY + PAUSED, ORCHARD))
    await comeBack(cast, romeo, id)
    await b.expect(here(romeo.jid, AWAY + says(DOMAIN, ''), ORCHARD))
  },
)

story('T-PSA17: who sees us without showing himself is told nothing and not asked', inMemory, async (cast) => {
  await cast.rosters(['romeo', JULIET, 'from'])
  const b = new Elsewhere(cast)
  const romeo = await cast.client('romeo', '1')
  await b.take()
  await lose(cast, romeo)
  await cast.advance(MINUTE)
  await b.expectNothing()
})

story('PSA-24: who shows himself while we are away is told', inMemory, async (cast) => {
  const { romeo, b } = await both(cast)
  await lose(cast, romeo)
  await cast.advance(3000)
  await answers(b)
  await b.take()
  await b.send(unavailable(ORCHARD), presence(`${JULIET}/balcony`, ASKING.c))
  await b.expect(here(romeo.jid, AWAY + PAUSED, `${JULIET}/balcony`))
  await b.send(probe(JULIET, ROMEO)) // the answer is for all her resources, those that were told too
  await b.expect(here(romeo.jid, AWAY + PAUSED, JULIET))
})

story('No flap: after a link was broken a paused session is said again as it is, and its return once', inMemory, async (cast) => {
  const { romeo, b } = await both(cast)
  const id = await lose(cast, romeo)
  await cast.advance(3000)
  await answers(b)
  await b.take()
  b.cut()
  b.restore()
  await cast.advance(5000)
  const got = (await b.take()).filter((xml) => xml.attr('type') !== 'probe').map((xml) => xml.show())
  assert.deepEqual(
    got.map((text) => [/to='([^']*)'/.exec(text)![1], text.includes('connection-paused')]),
    [[JULIET, true]],
  )
  await comeBack(cast, romeo, id)
  await b.expect(here(romeo.jid, AWAY + says(DOMAIN, ''), JULIET))
})

story(
  'No flap: a contact elsewhere that is paused stays so when the link blinks and when another client asks',
  inMemory,
  async (cast) => {
    const { romeo, b } = await verona(cast)
    const theirs = says('b.example', 'connection-paused')
    const paused = AWAY + theirs
    await b.send(presence(ORCHARD, paused))
    await romeo.expect(here(ORCHARD, paused))
    await b.send(presence(ORCHARD, AWAY)) // as an answer to another client's probe, without what was said of it before
    await b.send(presence(ORCHARD, paused, romeo.jid))
    await cast.expectNothing()
    b.cut()
    await cast.advance(1000)
    b.restore()
    await reprobe(cast, b)
    await b.send(presence(ORCHARD, paused))
    await cast.advance(MINUTE)
    await cast.expectNothing()
    const romeo2 = await comingOnline(cast, 'romeo/2')
    await romeo.expect(here(romeo2.jid, ASKING.c))
    await romeo2.expect(here(romeo2.jid, ASKING.c), here(romeo.jid, ASKING.c + delay()))
    await b.send(presence(ORCHARD, paused))
    await romeo2.expect(here(ORCHARD, paused))
    await b.send(presence(ORCHARD, AWAY + says('b.example', '')))
    for (const client of [romeo, romeo2]) await client.expect(here(ORCHARD, AWAY + says('b.example', '')))
    await b.send(presence(ORCHARD, AWAY + says('b.example', ''))) // nobody is told again
    await cast.expectNothing()
    await b.lose() // of what was taken back nothing is left
    for (const client of [romeo, romeo2]) await client.expect(here(ORCHARD, AWAY + DOWN))
  },
)

story('No flap: the doubts of another server are passed on when the client is known to ask', inMemory, async (cast) => {
  await cast.rosters(['romeo', JULIET, 'both'])
  const b = new Elsewhere(cast)
  const romeo = await cast.client('romeo', '1', { presence: null })
  romeo.send(`<presence>${ASKING.c}</presence>`)
  const question = await romeo.expect(`<iq type='get' from='${DOMAIN}'>*</iq>`)
  const paused = AWAY + says('b.example', 'connection-paused')
  await b.send(presence(ORCHARD, paused))
  await romeo.expect(here(romeo.jid, ASKING.c), here(ORCHARD, AWAY))
  answer(romeo, question, ASKING.query)
  await romeo.expect(here(ORCHARD, paused))
})

story('DIR-2, PSA-9: presence that was sent directly, with the content that was sent', inMemory, async (cast) => {
  const b = new Elsewhere(cast)
  const romeo = await cast.client('romeo', '1', { presence: `<presence><status>for friends</status></presence>` })
  romeo.send(`<presence to='${JULIET}'>${AWAY}</presence>`)
  await b.expect(here(romeo.jid, AWAY, JULIET))
  await b.send(presence(ORCHARD, ASKING.c, romeo.jid))
  await cast.forget()
  await lose(cast, romeo)
  await cast.advance(3000)
  await answers(b)
  await b.expect(here(romeo.jid, AWAY + PAUSED, ORCHARD))
})

story('PSA-35: whom romeo has blocked is told nothing', inMemory, async (cast) => {
  const { romeo, b } = await both(cast)
  await romeo.ask(
    `<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='${JULIET}'/></block></iq>`,
    `<iq type='result' id='b'/>`,
  )
  await b.expect(gone(romeo.jid, '', JULIET))
  await lose(cast, romeo)
  await cast.advance(3000)
  await b.expectNothing()
})

story('PSA-37: the server says that it annotates', async (cast) => {
  const romeo = await cast.client('romeo', '1')
  const info = await romeo.ask(`<iq type='get' id='i' to='${DOMAIN}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`)
  assert(info.child('query')!.elements.some((e) => e.attr('var') === PSA))
})

story(
  'explain: what is known over a lost link, and not known until it is confirmed, is not called offline',
  inMemory,
  async (cast) => {
    const { b } = await verona(cast)
    const commands = commandsOf(explainCommand(cast.server.host))
    const explain = (): Promise<Explanation> =>
      runCommand(commands, 'explain.presence', { watcher: ROMEO, contact: JULIET }) as Promise<Explanation>
    const confidence = async (): Promise<unknown> => (await explain()).resources.map((r) => [r.jid, r.confidence])
    assert.deepEqual(await confidence(), [[ORCHARD, 'live']])
    await cast.advance(1000)
    b.cut()
    assert.deepEqual(await confidence(), [[ORCHARD, 'link-lost']])
    await cast.advance(ANNOUNCED_MS)
    assert.match((await explain()).verdict, /The link to b\.example is lost: .* what was last known/)
    b.restore()
    assert.deepEqual(await confidence(), [[ORCHARD, 'unknown']])
    await cast.advance(2000)
    await b.send(presence(ORCHARD, AWAY))
    assert.deepEqual(await confidence(), [[ORCHARD, 'live']])
    await b.send(unavailable(JULIET))
    assert.match((await explain()).verdict, /no available resource, says b\.example/)
    await cast.advance(1000)
    b.cut()
    assert.match((await explain()).verdict, /is not known: .* not the same as offline/)
    b.restore()
    await cast.forget()
  },
)

story('0203: a lost link says since its first sign, also over a return that confirms nothing', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  const lostAt = new Date(cast.server.clock.now()).toISOString().replace('.000', '')
  await b.lose()
  const doubted = AWAY + says('a.example', 'server-unavailable', 'en', lostAt)
  await romeo.expect(here(ORCHARD, doubted))
  await cast.advance(MINUTE)
  const romeo2 = await comingOnline(cast, 'romeo/2')
  await romeo2.expect(here(romeo2.jid, ASKING.c), here(romeo.jid, ASKING.c + delay()), here(ORCHARD, doubted, romeo2.jid))
  await cast.forget()
})

story('0203: another server says that a doubt has begun anew', inMemory, async (cast) => {
  const { romeo, b } = await verona(cast)
  const since = (stamp: string): string =>
    AWAY + says('b.example', 'connection-paused').replace('</state-annotation>', `${doubtedSince(stamp)}</state-annotation>`)
  for (const stamp of ['2026-01-01T00:00:00Z', '2026-01-01T00:05:00Z']) {
    await b.send(presence(ORCHARD, since(stamp)))
    await romeo.expect(here(ORCHARD, since(stamp)))
    await b.send(presence(ORCHARD, since(stamp))) // no news
    await cast.expectNothing()
  }
})
