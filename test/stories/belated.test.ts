/** FED-4: what was said while the way to a contact was lost, and is still true when it is there again. */
import assert from 'node:assert/strict'
import { componentsOf, type ComponentClient } from '../support/component.ts'
import { gone, here, push, rosterSet, done, item } from '../support/stanzas.ts'
import { bareOf, story as everywhere, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import type { Site } from '../support/site.ts'
import { federation } from '../support/two-servers.ts'
import { refusal } from '../support/xml-pattern.ts'

const ALICE = bareOf('alice')
const GATEWAY = 'gw.a.example'
const BOT = `bot@${GATEWAY}`
/** By then a link that came back is mended. */
const MENDED_MS = 2000

const story = (name: string, script: (cast: Cast) => Promise<void>): void => everywhere(name, { on: ['memory'] }, script)

interface Outage {
  readonly alice: StoryClient
  /** The component that comes back, and what it gets at first. */
  back(): Promise<{ readonly component: ComponentClient; readonly got: readonly string[] }>
}

/** Alice and the bot see each other; then its component is away. */
async function outage(cast: Cast): Promise<Outage> {
  await cast.rosters(['alice', BOT, 'both'])
  const backstage = await componentsOf(cast, GATEWAY)
  const component = await backstage.connected()
  const alice = await cast.client('alice', '1')
  await component.expect(here(alice.jid, '', BOT), `<presence type='probe' from='${ALICE}' to='${BOT}'/>`)
  await component.close()
  return {
    alice,
    async back() {
      const again = await backstage.connected()
      await cast.advance(MENDED_MS)
      const got: string[] = []
      while (again.wire.arrived.length > 0) {
        const { name, attrs } = await again.wire.element('what was kept')
        if (name !== 'iq') got.push(`${attrs['type'] ?? 'available'} ${attrs['from']} > ${attrs['to']}`)
      }
      return { component: again, got }
    },
  }
}

story('No ghost: who went while the link was lost is shown as gone when it is mended, once', async (cast) => {
  const { alice, back } = await outage(cast)
  await alice.close()
  const { got } = await back()
  assert.deepEqual(got, [`unavailable ${alice.jid} > ${BOT}`])
})

story('4.5: who went and came back is there', async (cast) => {
  const { alice, back } = await outage(cast)
  alice.send(`<presence type='unavailable'/>`, '<presence><show>dnd</show></presence>')
  await alice.expect(gone(alice.jid), here(alice.jid, '<show>dnd</show>'))
  const { got } = await back()
  assert.deepEqual(got, [`probe ${ALICE} > ${BOT}`, `available ${alice.jid} > ${BOT}`])
})

story('2.5.2: who was removed from the roster meanwhile is told, and told that nobody is there for him', async (cast) => {
  const { alice, back } = await outage(cast)
  alice.send(rosterSet('r', `<item jid='${BOT}' subscription='remove'/>`))
  await alice.expect(push(BOT, `subscription='remove'`), done('r'))
  const { got } = await back()
  assert.deepEqual(got.toSorted(), [
    `unavailable ${alice.jid} > ${BOT}`,
    `unsubscribe ${ALICE} > ${BOT}`,
    `unsubscribed ${ALICE} > ${BOT}`,
  ])
})

story('3.1.2: a request is made again, though its sender was told that it did not get through', async (cast) => {
  const { alice, back } = await outage(cast)
  const other = `other@${GATEWAY}`
  alice.send(`<presence type='subscribe' to='${other}'/>`)
  await alice.expectAll(
    push(other, `subscription='none' ask='subscribe'`),
    refusal('presence', `from='${other}'`, 'wait', 'remote-server-timeout'),
  )
  const { got } = await back()
  assert.deepEqual(got.toSorted(), [
    `available ${alice.jid} > ${BOT}`,
    `probe ${ALICE} > ${BOT}`,
    `subscribe ${ALICE} > ${other}`,
  ])
})

story('the last word counts, and what is not true any more is not said', async (cast) => {
  const { alice, back } = await outage(cast)
  const other = `other@${GATEWAY}`
  for (const [type, attrs] of [
    ['subscribe', `subscription='none' ask='subscribe'`],
    ['unsubscribe', `subscription='none'`],
    ['subscribe', `subscription='none' ask='subscribe'`],
  ] as const) {
    alice.send(`<presence type='${type}' to='${other}'/>`)
    await alice.expectAll(push(other, attrs), refusal('presence', `from='${other}'`, 'wait', 'remote-server-timeout'))
  }
  alice.send(rosterSet('r', item(BOT, `name='Robot'`)))
  await alice.expect(push(BOT, `name='Robot' subscription='both'`), done('r'))
  const { got } = await back()
  assert.deepEqual(
    got.filter((line) => line.endsWith(other)),
    [`subscribe ${ALICE} > ${other}`],
  )
})

story('XEP-0191: whom alice has blocked meanwhile learns later that she has gone, and no more', async (cast) => {
  const { alice, back } = await outage(cast)
  await alice.ask(`<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='${BOT}'/></block></iq>`)
  const { got } = await back()
  assert.deepEqual(got, [`unavailable ${alice.jid} > ${BOT}`])
})

federation('No ghost: who went while two servers could not reach each other is gone for both when they can', async (realm) => {
  const [alice, dave] = await realm.friends('alice@a.example/1', 'dave@b.example/1')
  const { services } = realm.zone
  const known = [...services]
  services.clear()
  realm.isTogether = false
  for (const stream of realm.a.streams()) stream.destroy()
  await realm.until('b.example has noticed', () => realm.b.streams().length === 0)
  await alice.close()
  await realm.pass(60_000)
  for (const [domain, service] of known) services.set(domain, service)
  // Dave watches, so his server tries again and again
  await realm.until('they have each other again', () => (realm.clock.advance(1000), realm.a.stateOf('b.example') === 'up'))
  realm.isTogether = true
  await realm.pass(5000)
  await dave.expect(gone(alice.jid)) // what was kept; the answer to the probe of his server says nothing new
})

const MANAGED = { federation: { 'stream-management': true } }

federation(
  'No false offline: an answer that nobody is there, late by an outage, does not take away who has come meanwhile',
  { a: MANAGED, b: MANAGED },
  async (realm) => {
    await realm.rosters(['alice@a.example', 'dave@b.example', 'to'], ['dave@b.example', 'alice@a.example', 'from'])
    await realm.friends('eve@a.example/1', 'frank@b.example/1') // so that there is a link
    await realm.client('dave@b.example/0').then((dave) => dave.close()) // dave has been seen, and has gone
    await realm.pass(2000) // all of that is acknowledged
    await realm.forget()
    for (const { carrier } of realm.a.streams()) carrier.hold()
    realm.isTogether = false
    const alice = await realm.client('alice@a.example/1')
    await realm.settle() // her probe is there, and its answer on its way
    realm.zone.isDown = true
    for (const stream of [...realm.a.streams(), ...realm.b.streams()]) stream.destroy()
    await realm.pass(60_000) // longer than anything waits
    const dave = await realm.client('dave@b.example/1')
    realm.zone.isDown = false
    const isMended = ({ news }: Site): boolean => news.some((one) => one.startsWith('link-mended'))
    for (let s = 0; s < 120 && !(isMended(realm.a) && isMended(realm.b)); s++) await realm.pass(1000)
    realm.isTogether = true
    await realm.settle()
    const shown = alice.take().filter((xml) => xml.attr('from')?.startsWith(dave.bare) === true)
    assert.deepEqual(
      shown.map((xml) => `${xml.attr('type') ?? 'available'} ${xml.attr('from')}`),
      [`available ${dave.jid}`],
    )
    await realm.forget()
  },
)
