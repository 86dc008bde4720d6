/** RFC 6121 3.3: who does not want to see a contact any more is heard, even if the word was lost on its way. */
import assert from 'node:assert/strict'
import { componentsOf, type ComponentClient } from '../support/component.ts'
import { arrives, done, gone, here, push, rosterSet } from '../support/stanzas.ts'
import { bareOf, story as everywhere, type Cast, type Setting } from '../support/story.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import type { StoryClient } from '../support/story-client.ts'

const ALICE = bareOf('alice')
const BOT = 'bot@gw.a.example'
const MINUTE = 60_000

const story = (name: string, script: (cast: Cast) => Promise<void>, more: Setting = {}): void =>
  everywhere(name, { on: ['memory'], ...more }, script)

/** Alice takes the bot off her roster, and its component does not hear it. */
async function unheard(cast: Cast): Promise<{ readonly alice: StoryClient; readonly component: ComponentClient }> {
  await cast.rosters(['alice', BOT, 'both'])
  const component = await (await componentsOf(cast, 'gw.a.example', { components: [{ idle: 0 }] })).connected()
  const alice = await cast.client('alice', '1')
  await component.expect(here(alice.jid, '', BOT), `<presence type='probe' from='${ALICE}' to='${BOT}'/>`)
  alice.send(rosterSet('r', `<item jid='${BOT}' subscription='remove'/>`))
  await alice.expect(push(BOT, `subscription='remove'`), done('r'))
  await component.expect(arrives('unsubscribe', ALICE, BOT), gone(alice.jid, '', BOT), arrives('unsubscribed', ALICE, BOT))
  return { alice, component }
}
let words = 0
/** The bot goes on as if nothing had been said. */
async function goesOn(component: ComponentClient, alice: StoryClient): Promise<void> {
  const status = `<status>${(words += 1)}</status>`
  component.send(`<presence from='${BOT}/x' to='${ALICE}'>${status}</presence>`)
  await alice.expect(here(`${BOT}/x`, status, ALICE))
}

story('a contact that goes on sending presence is told again, until it has understood', async (cast) => {
  const { alice, component } = await unheard(cast)
  await goesOn(component, alice)
  await cast.advance(2 * MINUTE)
  await goesOn(component, alice)
  await goesOn(component, alice)
  await component.expect(arrives('unsubscribe', ALICE, BOT))
  component.send(
    `<presence type='unsubscribed' from='${BOT}' to='${ALICE}'/><presence type='unavailable' from='${BOT}/x' to='${ALICE}'/>`,
  )
  await alice.expect(gone(`${BOT}/x`))
  await cast.advance(10 * MINUTE)
  await goesOn(component, alice)
  await cast.settle()
  assert.deepEqual(component.wire.arrived, [])
})

story(
  'it is remembered when nobody of the account is here',
  async (cast) => {
    const { alice, component } = await unheard(cast)
    await alice.close()
    const other = await cast.client('other', '1')
    await other.close()
    assert.equal(cast.server.host.accounts.get(ALICE), undefined)
    cast.pass(2 * MINUTE)
    const again = await cast.client('alice', '2')
    await goesOn(component, again)
    await component.expect(arrives('unsubscribe', ALICE, BOT))
  },
  { limits: { 'idle-accounts': 0 } },
)

story('who was never told anything is told nothing: a stranger learns nothing of an account from its silence', async (cast) => {
  const component = await (await componentsOf(cast, 'gw.a.example', { components: [{ idle: 0 }] })).connected()
  const alice = await cast.client('alice', '1')
  await cast.advance(2 * MINUTE)
  await goesOn(component, alice)
  await cast.settle()
  assert.deepEqual(component.wire.arrived, [])
})

story('who asks again is not shut out by what was said before', async (cast) => {
  const { alice, component } = await unheard(cast)
  alice.send(`<presence type='subscribe' to='${BOT}'/>`)
  await alice.expect(push(BOT, `subscription='none' ask='subscribe'`))
  await component.expect(arrives('subscribe', ALICE, BOT))
  component.send(`<presence type='subscribed' from='${BOT}' to='${ALICE}'/>`)
  await alice.expect(arrives('subscribed', BOT, ALICE), push(BOT, `subscription='to'`))
  await cast.advance(2 * MINUTE)
  await goesOn(component, alice)
  await cast.settle()
  assert.deepEqual(component.wire.arrived, [])
})

story(
  'RFC 6121 4.3.2 rule 1: a probe is answered that there is no subscription, and what was still shown is closed',
  async (cast) => {
    const [dave, resource] = ['dave@b.example', 'dave@b.example/1']
    const elsewhere = new Elsewhere(cast)
    await cast.rosters(['alice', dave, 'to'])
    const [alice] = await cast.clients('alice/1')
    await elsewhere.send(`<presence from='${resource}' to='${ALICE}'/>`)
    await alice.expect(here(resource, '', ALICE))
    await elsewhere.send(`<presence type='unsubscribed' from='${dave}' to='${ALICE}'/>`)
    await alice.expect(arrives('unsubscribed', dave, ALICE), push(dave, `subscription='none'`), gone(resource, '', ALICE))
    await elsewhere.take()
  },
)
