/**
 * A server that reads and does not acknowledge, over a real socket: what it does not acknowledge is not known to be there. So
 * much may be on its way, the rest waits; in the end the stream is given up like any silent one, and nobody is told a lie.
 */
import assert from 'node:assert/strict'
import type { SiteOptions } from '../support/site.ts'
import type { StoryClient } from '../support/story-client.ts'
import { federation, type Realm } from '../support/two-servers.ts'
import type { PeerWire } from '../support/peer-wire.ts'

const C = 'c.example'
const SM = 'urn:xmpp:sm:3'
const SMALL: SiteOptions = { federation: { 'stream-management': true, 'queue-stanzas': 10 } }
const setting = { b: SMALL, between: 'tcp' } as const

const say = (who: StoryClient, from: number, to: number): void => {
  for (let i = from; i < to; i++) who.send(`<message to='mallory@c.example/x' type='chat' id='m${i}'><body>x</body></message>`)
}
const answered = (dave: StoryClient): Promise<void> => dave.fence('nobody-at-all@b.example')
const conditions = (dave: StoryClient): readonly string[] =>
  dave.take().map((xml) => `${xml.attr('id')} ${xml.child('error')!.elements[0]!.name}`)

async function enabled(realm: Realm): Promise<PeerWire> {
  const [wire] = await realm.proved(realm.b, C)
  wire.write(`<enable xmlns='${SM}' resume='true'/>`)
  await wire.expect(`<enabled xmlns='${SM}' id='*' resume='true' max='30'/>`)
  return wire
}
/** The ids of the next messages, so many. */
async function read(wire: PeerWire, count: number): Promise<readonly string[]> {
  const ids: string[] = []
  while (ids.length < count) {
    const xml = await wire.element('a message')
    if (xml.name === 'message') ids.push(xml.attr('id')!)
  }
  return ids
}
const ids = (from: number, to: number): readonly string[] => Array.from({ length: to - from }, (_, i) => `m${from + i}`)

federation(
  'what a server has read and not acknowledged is not taken for delivered, and is sent again',
  setting,
  async (realm) => {
    realm.isTogether = false
    const dave = await realm.client('dave@b.example/1')
    const wire = await enabled(realm)
    say(dave, 0, 15)
    await answered(dave)
    assert.deepEqual(await read(wire, 11), ids(0, 11))
    const [stream] = realm.b.streams()
    assert.equal(stream!.managed!.queue.size, 11, 'all of it is kept')
    wire.link.drop()
    await realm.until('the loss is noticed', () => realm.b.streams().length === 0)
    const second = await enabled(realm)
    assert.deepEqual(await read(second, 11), ids(0, 11), 'it is sent again')
    second.write(`<a xmlns='${SM}' h='11'/>`)
    assert.deepEqual(await read(second, 4), ids(11, 15))
    second.write(`<a xmlns='${SM}' h='15'/></stream:stream>`)
    await realm.until('it has left', () => realm.b.streams().length === 0)
    assert.deepEqual(dave.take(), [])
  },
)

federation('a server that acknowledges late gets all, once and in order', setting, async (realm) => {
  realm.isTogether = false
  const dave = await realm.client('dave@b.example/1')
  const wire = await enabled(realm)
  say(dave, 0, 15)
  await answered(dave)
  assert.deepEqual(await read(wire, 11), ids(0, 11))
  realm.clock.advance(10_000)
  for (const h of [3, 11]) wire.write(`<a xmlns='${SM}' h='${h}'/>`)
  assert.deepEqual(await read(wire, 4), ids(11, 15))
  realm.clock.advance(15_000)
  wire.write(`<a xmlns='${SM}' h='15'/>`)
  say(dave, 15, 16)
  assert.deepEqual(await read(wire, 1), ids(15, 16))
  wire.write(`<a xmlns='${SM}' h='16'/></stream:stream>`)
  await realm.until('it has left', () => realm.b.streams().length === 0)
})

federation(
  'a server that says all sorts of things and never acknowledges is given up, and senders are told',
  setting,
  async (realm) => {
    realm.isTogether = false
    const dave = await realm.client('dave@b.example/1')
    const wire = await enabled(realm)
    say(dave, 0, 11)
    await answered(dave)
    await read(wire, 11)
    say(dave, 11, 30)
    await answered(dave)
    assert.deepEqual(new Set(conditions(dave).map((one) => one.replace(/^m\d+ /, ''))), new Set(['resource-constraint']))
    for (let second = 0; second < 30 && realm.b.streams().length > 0; second++) {
      wire.write(
        `<a xmlns='${SM}' h='0'/><message from='mallory@c.example/x' to='nobody@b.example' type='chat'><body>x</body></message>`,
      )
      const { heardAt } = realm.b.streams()[0]!
      realm.clock.advance(1000)
      await realm.until('it was heard', () => realm.b.streams().every((stream) => stream.heardAt > heardAt))
    }
    assert.deepEqual(realm.b.streams(), [])
    await realm.pass(60_000, 5000)
    const told = conditions(dave)
    for (const id of ids(0, 11))
      assert.ok(
        told.some((one) => one.startsWith(`${id} remote-server-`)),
        `${id} of ${told.join()}`,
      )
  },
)
