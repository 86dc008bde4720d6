/**
 * A bridge to another network that brings as many people into one room as it may (ROOM-109).
 *
 *     node --test test/endurance/room-bridge.test.ts
 */
import assert from 'node:assert/strict'
import { tickOver } from '../../src/base/tick.ts'
import { componentsOf, type ComponentClient } from '../support/component.ts'
import { open, field, ROOM, join } from '../support/rooms.ts'
import { storyOn, type Cast } from '../support/story.ts'
import type { Xml } from '../support/xml-reader.ts'

const story = storyOn('memory')
const GATEWAY = 'irc.a.example'
/** `[multi-user-chat] domain-sessions`. */
const PUPPETS = 500

const puppetOf = (i: number): string => `p${i}@${GATEWAY}/irc`
const fromPuppet = (i: number, xml: string): string => xml.replace(' to=', ` from='${puppetOf(i)}' to=`)
const ALL = Array.from({ length: PUPPETS }, (_, i) => i)

/** What the bridge has received until then. */
async function heardUntil({ wire }: ComponentClient, cast: Cast, isEnough: (xml: Xml) => boolean): Promise<readonly Xml[]> {
  const all: Xml[] = []
  while (!all.some(isEnough)) {
    await cast.settle()
    await tickOver()
    for (let next = wire.arrived.shift(); next !== undefined; next = wire.arrived.shift())
      if (next.kind === 'element') all.push(next.xml)
  }
  return all
}
const hasBody =
  (text: string) =>
  (xml: Xml): boolean =>
    xml.child('body')?.text === text

story('ROOM-109: a bridge with five hundred puppets: all are in, one more is not, and the room goes on', async (cast) => {
  const bridge = await (await componentsOf(cast, GATEWAY)).connected()
  const alice = await open(cast, field('muc#roomconfig_maxusers', 'none'))
  const refused: Xml[] = []
  const seen = new Map<string, Set<string>>(ALL.map((i) => [puppetOf(i), new Set()]))
  for (const i of [...ALL, PUPPETS]) {
    bridge.send(fromPuppet(i, join(`P${i}`)))
    cast.pass(20) // fifty in a second
    // The room answers everybody with the subject, once all others are shown
    const isAnswer = (xml: Xml): boolean =>
      xml.attr('to') === puppetOf(i) && (xml.attr('type') === 'error' || xml.child('subject') !== undefined)
    for (const xml of await heardUntil(bridge, cast, isAnswer))
      if (xml.attr('type') === 'error') refused.push(xml)
      else if (xml.name === 'presence') seen.get(xml.attr('to')!)!.add(xml.attr('from')!)
  }
  assert.deepEqual(
    refused.map((xml) => [xml.attr('to'), xml.child('error')!.elements[0]!.name]),
    [[puppetOf(PUPPETS), 'resource-constraint']],
  )
  await cast.settle()
  cast.pass(1000) // news waits for a moment while so many come
  alice.send(`<message type='groupchat' id='m' to='${ROOM}'><body>all of you</body></message>`)
  const last = hasBody('all of you')
  const heard = await heardUntil(bridge, cast, (xml) => last(xml) && xml.attr('to') === puppetOf(PUPPETS - 1))
  for (const xml of heard) if (xml.name === 'presence') seen.get(xml.attr('to')!)!.add(xml.attr('from')!)
  assert.deepEqual(new Set(heard.filter(last).map((xml) => xml.attr('to'))), new Set(ALL.map(puppetOf)))
  assert(!heard.some((xml) => xml.show().includes(alice.bare)))
  for (const [who, others] of seen) assert.equal(others.size, PUPPETS + 1, `${who} knows all of them`)
  const gone = new Set<string>()
  alice.take()
  bridge.wire.link.drop()
  await cast.advance(40_000 + 5 * 60_000)
  await cast.advance(1000)
  for (const xml of alice.take()) if (xml.attr('type') === 'unavailable') gone.add(xml.attr('from')!)
  assert.equal(gone.size, PUPPETS, 'a bridge that does not come back: its people have left')
})
