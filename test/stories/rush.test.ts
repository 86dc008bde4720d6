/** When many come or go at once: presence waits for a moment, in which its last word takes the place of those before. */
import assert from 'node:assert/strict'
import { comeBack, lose } from '../support/annotations.ts'
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

/** Alice and Bob have been there for long; then many come, and Carol, their contact, is the last of them. */
async function oldOnesAndCrowd(cast: Cast, presence: string | null = '<presence/>') {
  await cast.befriend('alice', 'bob', 'carol')
  const [alice, bob] = await cast.clients('alice/1', 'bob/1')
  await cast.advance(60_000)
  for (const resource of ['1', '2', '3']) await cast.client('somebody', resource)
  await cast.forget()
  const carol = await cast.client('carol', '1', { presence: null })
  if (presence !== null) {
    carol.send(presence)
    await carol.expectAll(`<presence from='${carol.jid}'/>`, `<presence from='${alice.jid}'/>`, `<presence from='${bob.jid}'/>`)
    await cast.settle()
    assert.deepEqual(alice.take(), [], 'the presence of Carol waits')
  }
  return { alice, bob, carol }
}

story('a rush: what those say who were there before never waits, whoever hears it', RUSH, async (cast) => {
  const { alice, bob, carol } = await oldOnesAndCrowd(cast)
  for (const show of ['away', 'dnd']) {
    bob.send(`<presence><show>${show}</show></presence>`)
    for (const one of [alice, bob, carol]) await one.expect(`<presence from='${bob.jid}'><show>${show}</show></presence>`)
  }
  bob.send(`<presence type='unavailable'/>`)
  for (const one of [alice, bob, carol]) await one.expect(`<presence type='unavailable' from='${bob.jid}'/>`)
  cast.pass(TWO_SECONDS)
  await alice.expect(`<presence from='${carol.jid}'/>`)
})

story('a rush: presence that is sent directly never waits, not even that of somebody who has just come', RUSH, async (cast) => {
  const { alice, bob, carol } = await oldOnesAndCrowd(cast)
  carol.send(`<presence to='${alice.bare}'/>`)
  await alice.expect(`<presence from='${carol.jid}'/>`, `<presence from='${carol.jid}'/>`) // what was broadcast comes first
  carol.send(`<presence to='${alice.jid}'><show>chat</show></presence>`)
  await alice.expect(`<presence from='${carol.jid}'><show>chat</show></presence>`)
  carol.send(`<presence to='${alice.bare}' type='unavailable'/>`)
  await alice.expect(`<presence from='${carol.jid}' type='unavailable'/>`)
  cast.pass(TWO_SECONDS)
  await bob.expect(`<presence from='${carol.jid}'/>`)
})

story('a rush: an unseen client that has just come sends its presence directly, and that does not wait', RUSH, async (cast) => {
  const { alice, carol } = await oldOnesAndCrowd(cast, null)
  carol.send(`<presence to='${alice.bare}'/>`)
  await alice.expect(`<presence from='${carol.jid}'/>`)
  carol.drop()
  await alice.expect(`<presence from='${carol.jid}' type='unavailable'/>`)
})

story('a rush: a farewell never waits, and takes the place of what waits', RUSH, async (cast) => {
  const { alice, bob, carol } = await oldOnesAndCrowd(cast)
  carol.drop()
  for (const one of [alice, bob]) await one.expect(`<presence from='${carol.jid}' type='unavailable'/>`)
  cast.pass(TWO_SECONDS)
})

story('a rush: what waits for a client that closes its stream still reaches it', RUSH, async (cast) => {
  const { alice, bob, carol } = await oldOnesAndCrowd(cast)
  carol.send(`<presence><show>away</show></presence>`)
  await carol.expect(`<presence from='${carol.jid}'><show>away</show></presence>`)
  await alice.close()
  await alice.expect(`<presence from='${carol.jid}'><show>away</show></presence>`)
  for (const one of [bob, carol]) await one.expect(`<presence from='${alice.jid}' type='unavailable'/>`)
  cast.pass(TWO_SECONDS)
  await bob.expect(`<presence from='${carol.jid}'><show>away</show></presence>`)
})

story('a rush: what waits for a client that loses its connection is there when it comes back', RUSH, async (cast) => {
  const { alice, bob, carol } = await oldOnesAndCrowd(cast)
  const id = await lose(cast, alice)
  cast.pass(TWO_SECONDS)
  await bob.expect(`<presence from='${carol.jid}'/>`)
  const again = await comeBack(cast, alice, id)
  await again.expect(`<presence from='${carol.jid}'/>`)
})

story('a rush: nothing comes any more of whom the user has blocked meanwhile', RUSH, async (cast) => {
  const { alice, bob, carol } = await oldOnesAndCrowd(cast)
  alice.send(`<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='${carol.bare}'/></block></iq>`)
  await alice.expect(`<iq type='result' id='b' from='${alice.bare}' to='*'/>`)
  await carol.expect(`<presence from='${alice.jid}' type='unavailable'/>`)
  cast.pass(TWO_SECONDS)
  await bob.expect(`<presence from='${carol.jid}'/>`)
})

story('a rush: who takes the subscription back in it leaves nothing that comes later', RUSH, async (cast) => {
  const { alice, bob, carol } = await oldOnesAndCrowd(cast)
  carol.send(`<presence type='unsubscribed' to='${alice.bare}'/>`)
  await cast.settle()
  const types = alice.take().map((xml) => xml.attr('type') ?? xml.name)
  assert.deepEqual(types.toSorted(), ['set', 'unavailable', 'unsubscribed'])
  await carol.expect(`<iq type='set' id='*' to='*'><query xmlns='jabber:iq:roster' ver='*'>*</query></iq>`)
  cast.pass(TWO_SECONDS)
  await bob.expect(`<presence from='${carol.jid}'/>`)
})
