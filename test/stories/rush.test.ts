/** When many come or go at once: presence waits for a moment, in which its last word takes the place of those before. */
import assert from 'node:assert/strict'
import { bareOf, storyOn, type Cast } from '../support/story.ts'

/** More than two in a second. */
const RUSH = { presence: { 'rush': 2, 'rush-hold': 5000 } }
const story = storyOn('memory')

/** Alice and Bob, who see each other and whoever of Carol and Dave comes in the rush that has begun. */
async function crowd(cast: Cast) {
  await cast.befriend('alice', 'bob', 'carol', 'dave')
  const alice = await cast.client('alice', '1')
  const bob = await cast.client('bob', '1')
  alice.take()
  const carol = await cast.client('carol', '1')
  return { alice, bob, carol }
}
const TWO_SECONDS = 2100

story('a rush: presence comes when it is over, of each contact once', RUSH, async (cast) => {
  const { alice, bob, carol } = await crowd(cast)
  carol.send(`<presence><show>away</show></presence>`)
  await carol.expect(`<presence from='${carol.jid}'><show>away</show></presence>`)
  await cast.settle()
  assert.deepEqual([alice.take(), bob.take(), carol.take()], [[], [], []])
  cast.pass(TWO_SECONDS)
  for (const one of [alice, bob]) await one.expect(`<presence from='${carol.jid}'><show>away</show></presence>`)
  await carol.expectAll(
    `<presence from='${alice.jid}'/>`,
    `<presence from='${bob.jid}'/>`,
    `<presence type='unavailable' from='${bareOf('dave')}'/>`,
  )
  carol.send(`<presence><show>dnd</show></presence>`) // it is over
  for (const one of [alice, bob, carol]) await one.expect(`<presence from='${carol.jid}'><show>dnd</show></presence>`)
})

story('a rush: messages go before presence, but not before that of their sender', RUSH, async (cast) => {
  const { alice, bob, carol } = await crowd(cast)
  bob.send(`<presence><show>xa</show></presence>`)
  await bob.expect(`<presence from='${bob.jid}'><show>xa</show></presence>`)
  carol.send(`<message to='${bareOf('alice')}' type='chat'><body>here</body></message>`)
  await alice.expect(`<presence from='${carol.jid}'/>`)
  await alice.expect(`<message from='${carol.jid}' type='chat'><body>here</body></message>`)
  cast.pass(TWO_SECONDS)
  await alice.expect(`<presence from='${bob.jid}'><show>xa</show></presence>`)
  await bob.expect(`<presence from='${carol.jid}'/>`)
  await carol.expectAll(
    `<presence from='${alice.jid}'/>`,
    `<presence from='${bob.jid}'><show>xa</show></presence>`,
    `<presence type='unavailable' from='${bareOf('dave')}'/>`,
  )
})

story('a rush: who comes is not said to be away', RUSH, async (cast) => {
  const { alice, bob, carol } = await crowd(cast)
  const dave = await cast.client('dave', '1')
  cast.pass(TWO_SECONDS)
  for (const one of [alice, bob]) {
    await one.expectAll(`<presence from='${carol.jid}'/>`, `<presence from='${dave.jid}'/>`)
  }
  await carol.expectAll(`<presence from='${alice.jid}'/>`, `<presence from='${bob.jid}'/>`, `<presence from='${dave.jid}'/>`)
  await dave.expectAll(`<presence from='${alice.jid}'/>`, `<presence from='${bob.jid}'/>`, `<presence from='${carol.jid}'/>`)
})

story(
  'a rush that goes on keeps nobody waiting for longer than it may',
  { presence: { 'rush': 1, 'rush-hold': 1000 } },
  async (cast) => {
    await cast.befriend('alice', 'bob')
    const alice = await cast.client('alice', '1')
    await cast.clients('carol/1')
    const bob = await cast.client('bob', '1')
    cast.pass(500)
    await cast.settle()
    assert.deepEqual([alice.take(), bob.take()], [[], []])
    for (const resource of ['2', '3', '4']) await cast.client('carol', resource)
    cast.pass(500)
    await alice.expect(`<presence from='${bob.jid}'/>`)
    await bob.expect(`<presence from='${alice.jid}'/>`)
  },
)
