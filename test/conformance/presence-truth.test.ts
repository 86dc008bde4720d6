/** docs/presence-truth.md is so: every timer with its default, and what stands on the wire. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sections } from '../../src/config/sections.ts'
import { defaultLinkTimes } from '../../src/server/links/links.ts'
import { parseElement } from '../../src/xml/parse.ts'
import { encode } from '../../src/xml/wire.ts'
import { CLIENT } from '../../src/xmpp/ns.ts'
import { PSA } from '../../src/xmpp/state-annotation.ts'
import { asking, says } from '../support/annotations.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import { DOMAIN, storyOn } from '../support/story.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/presence-truth.md'), 'utf8')
const examples = [...PAGE.matchAll(/```xml\n([^`]*)```/g)].map(([, xml]) => xml!)

/** All options that are a span of time, with their defaults, of a section. */
function timers(name: string): readonly (readonly [option: string, byDefault: string])[] {
  const section = sections.find((one) => one.name === name)
  assert(section !== undefined, name)
  return Object.entries(section.schema.entries).flatMap(([option, entry]) => {
    const { default: byDefault } = entry as unknown as { readonly default: unknown }
    const isSpan = typeof byDefault === 'string' && /^\d+ (second|minute|hour|day)s?$/.test(byDefault)
    return isSpan ? [[`[${name}] ${option}`, byDefault] as const] : []
  })
}
const table = new Map(
  [...PAGE.matchAll(/^\| `(\[[^`]+)` \| ([^|]+) \|/gm)].map(([, option, byDefault]) => [option!, byDefault!.trim()]),
)

test('each timer has the default that the page names', () => {
  const all = new Map(['federation', 'presence-annotations', 'ping', 'stream-management', 'push', 'bosh'].flatMap(timers))
  assert(table.size >= 15)
  for (const [option, byDefault] of table) assert.equal(byDefault, all.get(option), option)
})
test('no timer of the parts that decide is left out', () => {
  for (const [option] of ['presence-annotations', 'ping', 'stream-management'].flatMap(timers)) assert(table.has(option), option)
})
test('the worst cases are the sums of the timers, and two minutes at most where no phone would be woken', () => {
  const all = new Map(['federation', 'presence-annotations', 'ping', 'stream-management'].flatMap(timers))
  const secondsOf = (byDefault: string): number => Number.parseInt(byDefault, 10) * (byDefault.includes('minute') ? 60 : 1)
  const rows = [...PAGE.matchAll(/^\| ([^|]+) \| [^|]+ \| (\d+) \| ([^|]+) \|$/gm)]
  assert(rows.length >= 9)
  for (const [row, what, seconds, sum] of rows) {
    for (const [term, option, stated] of sum!.matchAll(/`(\[[^`]+)` (\d+)/g))
      assert.equal(Number(stated), secondsOf(all.get(option!)!), term)
    const parts = sum!.split(' + ').map((part) => Number(/\d+$/.exec(part)![0]))
    const total = parts.reduce((a, b) => a + b)
    assert.equal(total, Number(seconds), row)
    assert(total <= 120 || what!.includes('inactive'), row)
  }
})
test('what is fixed is as the page says', () => {
  const [, damp, mend] = /again after (\d+) seconds at the earliest.*begins within (\d+) second/.exec(PAGE)!
  assert.deepEqual([Number(damp) * 1000, Number(mend) * 1000], [defaultLinkTimes.dampMs, defaultLinkTimes.mendMs])
})

/** An example as a pattern of what this story's client is sent. */
function patternOf(example: string, addresses: Readonly<Record<string, string>>): string {
  const anyTime = example.replaceAll(/>\s+</g, '><').replaceAll(/since='[^']+'/g, "since='*'")
  return Object.entries(addresses).reduce((xml, [there, here]) => xml.replaceAll(there, here), anyTime.trim())
}

storyOn('memory')('the examples are what a client is sent', async (cast) => {
  for (const xml of examples) parseElement(encode(xml.trim()), CLIENT)
  const [lost, found, paused, gone] = examples as [string, string, string, string]
  await cast.rosters(['romeo', 'juliet@b.example', 'both'])
  await cast.befriend('romeo', 'benvolio')
  const romeo = await asking(cast, 'romeo/orchard')
  const addresses = { 'montague.example': DOMAIN, 'capulet.example': 'b.example' }
  const b = new Elsewhere(cast)
  await b.send(`<presence from='juliet@b.example/balcony' to='${romeo.bare}'><show>away</show></presence>`)
  await cast.forget()
  await b.lose()
  await romeo.expect(patternOf(lost, addresses))
  b.restore()
  await cast.advance(2000) // it is probed
  await b.send(`<presence from='juliet@b.example/balcony' to='${romeo.bare}'><show>away</show></presence>`)
  await romeo.expect(patternOf(found, addresses))
  const benvolio = await cast.client('benvolio', 'phone')
  await cast.forget()
  const { sessions, accounts } = cast.server.host
  const session = accounts.get(benvolio.bare)!.session('phone')!
  session.resumableMs = 60_000
  benvolio.drop()
  await cast.advance(3000)
  await romeo.expect(patternOf(paused, addresses))
  await cast.advance(60_000)
  await romeo.expect(patternOf(gone, addresses))
  assert.equal([...sessions.all()].includes(session), false)
  assert.equal(
    examples.every((xml) => !xml.includes('state-annotation') || xml.includes(PSA)),
    true,
  )
  assert.ok(patternOf(lost, addresses).includes(says(DOMAIN, 'server-unavailable').split('<description')[0]!))
})
