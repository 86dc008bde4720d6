/** XEP-0463: clients that keep the affiliations of a room are told what has changed since they were there last. */
import assert from 'node:assert/strict'
import { admin, done, error, exit, field, join, left, codes, open, ROOM, STEP, SUBJECT, USER } from '../support/rooms.ts'
import { story, type Cast } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'

const MAV = 'urn:xmpp:muc:affiliations:1'
const asking = (since?: string): string => `<mav xmlns='${MAV}'${since === undefined ? '' : ` since='${since}'`}/>`
const privately = field('muc#roomconfig_whois', 'anyone') + field('muc#roomconfig_persistentroom', '1')

/** Enters and gives back what came before any presence, and the version in its own presence. */
async function enters(cast: Cast, who: StoryClient, nick: string, since?: string) {
  who.send(join(nick, asking(since)))
  await cast.settle()
  const got = who.take()
  const first = got.findIndex((xml) => xml.name === 'presence')
  const self = got.find((xml) => xml.name === 'presence' && xml.attr('from') === `${ROOM}/${nick}`)!
  const before = got.slice(0, first)
  const items = before.flatMap((xml) => xml.child('x')?.elements.filter((e) => e.name === 'item') ?? [])
  return {
    before,
    items: items.map((e) => `${e.attr('jid')} ${e.attr('affiliation')}`).toSorted(),
    steps: before.map((xml) => xml.child('x')?.child('mav')?.attrs ?? {}),
    version: self.child('x')!.child('mav')?.attr('until'),
  }
}

story('T-M35, ROOM-118: all affiliations, what has changed since, and nothing if nothing has', async (cast) => {
  const alice = await open(cast, privately)
  alice.send(admin(`<item jid='bob@a.example' affiliation='member'/><item jid='carol@a.example' affiliation='admin'/>`))
  await cast.forget()
  const bob = await cast.client('bob', '1')
  const all = await enters(cast, bob, 'Bob')
  assert.deepEqual(all.items, ['alice@a.example owner', 'bob@a.example member', 'carol@a.example admin'])
  assert.ok(all.version !== undefined)
  assert.deepEqual(all.steps, [{ until: all.version }])
  bob.send(exit('Bob'))
  await cast.forget()
  const nothing = await enters(cast, bob, 'Bob', all.version)
  assert.deepEqual([nothing.before, nothing.version], [[], all.version])
  bob.send(exit('Bob'))
  // Three changes, two of one person; what is said between them is no change
  for (const item of [
    `<item jid='dave@a.example' affiliation='member'/>`,
    `<item jid='dave@a.example' affiliation='none'/>`,
    `<item jid='carol@a.example' affiliation='member'/>`,
  ])
    alice.send(admin(item), `<message type='groupchat' to='${ROOM}'><body>${'x'}</body></message>`)
  await cast.forget()
  const some = await enters(cast, bob, 'Bob', all.version)
  assert.deepEqual(some.items, ['carol@a.example member', 'dave@a.example none'])
  assert.deepEqual(some.steps, [{ since: all.version, until: some.version }])
  bob.send(exit('Bob'))
  await cast.forget()
  const again = await enters(cast, bob, 'Bob', 'a version of nobody')
  assert.deepEqual(again.items, ['alice@a.example owner', 'bob@a.example member', 'carol@a.example member'])
  assert.deepEqual(again.steps, [{ until: some.version }])
  await cast.forget()
})

story('T-M35, ROOM-118: each change says from which version to which it leads', async (cast) => {
  const alice = await open(cast, privately)
  const bob = await cast.client('bob', '1')
  const { version } = await enters(cast, bob, 'Bob')
  await cast.forget()
  alice.send(admin(`<item jid='bob@a.example' affiliation='admin'/>`))
  await alice.expect(done)
  const presence = `<presence from='${ROOM}/Bob'><x xmlns='${USER}'>*</x>*</presence>`
  const own = await bob.expect(presence)
  const step = own.child('x')!.child('mav')!
  assert.equal(step.attr('since'), version)
  await alice.expect(presence)
  alice.send(admin(`<item jid='eve@a.example' affiliation='outcast'/>`))
  await alice.expect(done)
  const absent = `<message from='${ROOM}'><x xmlns='${USER}'><item affiliation='outcast' role='none' jid='eve@a.example'/>${STEP}</x></message>`
  const next = await bob.expect(absent)
  assert.equal(next.child('x')!.child('mav')!.attr('since'), step.attr('until'))
  await alice.expect(absent)
  alice.send(admin(`<item jid='bob@a.example' affiliation='outcast'/>`))
  const why = `<actor nick='Alice' jid='alice@a.example'/></item>`
  await bob.expect(left('Bob', 'outcast', ` jid='${bob.jid}'>${why}${codes(301, 110)}`))
  await alice.expect(done)
  await alice.expect(left('Bob', 'outcast', ` jid='${bob.jid}'>${why}${codes(301)}${STEP}`))
})

story('T-M35, ROOM-118: who may not see the affiliations is told so, and enters', async (cast) => {
  const alice = await open(cast)
  const bob = await cast.client('bob', '1')
  bob.send(join('Bob', asking()))
  await bob.expect(error('message', `from='${ROOM}'`, 'auth', 'forbidden'))
  await bob.expect(`<presence from='${ROOM}/Alice'>*</presence>`)
  const own = await bob.expect(`<presence from='${ROOM}/Bob'>*</presence>`)
  assert.equal(own.child('x')!.child('mav'), undefined)
  await bob.expect(SUBJECT)
  // What one client asks for is not shown to others
  const shown = await alice.expect(`<presence from='${ROOM}/Bob'>*</presence>`)
  assert.ok(!shown.show().includes(MAV))
})
