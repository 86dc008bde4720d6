/**
 * The server dies, and is started again: sessions whose clients were away go on, the others leave their presence behind
 * until their clients have logged in anew. Nobody sees anybody go who comes back in time.
 */
import assert from 'node:assert/strict'
import type { Host } from '../../src/server/feature.ts'
import { initiator } from '../support/hashed-token.ts'
import { authenticate, BIND2, featuresAfter, identifierOf, logIn } from '../support/sasl2.ts'
import { delay, done, gone, here } from '../support/stanzas.ts'
import { until } from '../support/until.ts'
import { Cast, PASSWORD, storyOn } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import {
  a,
  ALICE,
  BOB,
  chat,
  comeBack,
  enable,
  ENABLE,
  failed,
  got,
  R,
  RESUME_MS,
  resume,
  sync,
  UNASKED,
} from '../support/stream-management.ts'

const story = storyOn('memory')
const TOKEN = `<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-NONE'/>`

/** What has changed is written down, then the server dies; the cast on the one that is started after it. */
async function died(cast: Cast): Promise<Cast> {
  cast.pass(2000)
  await cast.server.server.checkpoints.write()
  const next = new Cast(await cast.server.crash(UNASKED))
  cast.cut()
  cast.atEnd(() => next.end())
  return next
}

story('a crash: who was connected logs in anew, and a contact who is there already sees no change', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const id = await enable(bob)
  bob.send('<presence><show>dnd</show></presence>')
  for (const one of [alice, bob]) await one.expect(here(bob.jid, '<show>dnd</show>'))
  const next = await died(cast)
  const watcher = await next.client('alice', '1', { presence: null })
  watcher.send('<presence/>')
  await watcher.expectAll(here(alice.jid), here(bob.jid, '<show>dnd</show>'))
  const wire = await next.authenticated('bob')
  wire.write(resume(id, 1))
  await wire.expect(failed('item-not-found'))
  await wire.bind('1')
  const back = next.adopt(wire, bob.jid)
  await next.expectNothing()
  back.send('<presence><show>away</show></presence>')
  await back.expectAll(here(bob.jid, '<show>away</show>'), here(alice.jid))
  await watcher.expect(here(bob.jid, '<show>away</show>'))
  await next.advance(RESUME_MS)
  await next.expectNothing()
  await back.close()
  await watcher.expect(gone(bob.jid))
})

story('a crash: the client comes back under another name: it is there before the old one goes', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const id = await enable(bob)
  const next = await died(cast)
  const watcher = await next.client('alice', '1', { presence: null })
  watcher.send('<presence/>')
  await watcher.expectAll(here(alice.jid), here(bob.jid))
  const wire = await next.authenticated('bob')
  wire.write(resume(id, 0))
  await wire.expect(failed('item-not-found'))
  const back = next.adopt(wire, await wire.bind('2'))
  back.send('<presence/>')
  await watcher.expect(here(back.jid), gone(bob.jid))
  await back.expectAll(here(back.jid), here(bob.jid), here(alice.jid), gone(bob.jid))
})

story('a crash: the client comes back and says nothing of its presence', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  await enable(bob)
  const next = await died(cast)
  const watcher = await next.client('alice', '1', { presence: null })
  watcher.send('<presence/>')
  await watcher.expectAll(here(alice.jid), here(bob.jid))
  const back = await next.client('bob', '1', { presence: null })
  next.pass(29_999)
  await next.expectNothing()
  next.pass(1)
  await watcher.expect(gone(bob.jid))
  await back.close()
  await next.expectNothing()
})

const NOT_AVAILABLE: readonly (readonly [how: string, says: string])[] = [
  ['says that it is unavailable', `<presence type='unavailable'/>`],
  ['hides', `<iq type='set' id='h'><invisible xmlns='urn:xmpp:invisible:1'/></iq>`],
  ['sends presence to somebody else only', `<presence to='nobody@a.example'/>`],
]
for (const [how, says] of NOT_AVAILABLE)
  for (const resource of ['1', '2'])
    story(`a crash: the client comes back as ${resource}, ${how}, and is shown as gone at once`, UNASKED, async (cast) => {
      const [, bob] = await cast.friends('alice/1', 'bob/1')
      const id = await enable(bob)
      bob.send('<presence><show>dnd</show></presence>')
      await cast.forget()
      const next = await died(cast)
      const watcher = await next.client('alice', '1')
      const wire = await next.authenticated('bob')
      wire.write(resume(id, 0))
      await wire.expect(failed('item-not-found'))
      const back = next.adopt(wire, await wire.bind(resource))
      await next.forget()
      back.send(says)
      await watcher.expect(gone(bob.jid))
      await next.settle()
      back.take()
      await next.advance(RESUME_MS)
    })

story('a crash and a restart: a client that says nothing in between is shown as gone', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  await enable(bob)
  const between = await died(cast)
  const watcher = await between.client('alice', '1', { presence: null })
  watcher.send('<presence/>')
  await watcher.expectAll(here(alice.jid), here(bob.jid))
  await enable(await between.client('bob', '1', { presence: null }))
  const id = await enable(watcher)
  const next = new Cast(await between.server.restart(UNASKED, 1000))
  between.atEnd(() => next.end())
  const again = await comeBack(next, watcher, id, 0, 0)
  await again.expect(gone(bob.jid))
})

story('a crash: the client comes back, says nothing and goes', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  await enable(bob)
  const next = await died(cast)
  const watcher = await next.client('alice', '1', { presence: null })
  watcher.send('<presence/>')
  await watcher.expectAll(here(alice.jid), here(bob.jid))
  const back = await next.client('bob', '1', { presence: null })
  await back.close()
  await watcher.expect(gone(bob.jid))
})

story('a crash: who was away resumes, and has what had come for him', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const id = await enable(bob)
  bob.send(chat(ALICE, 'bye'), R)
  await alice.expect(got(bob.jid, ALICE, 'bye'))
  await bob.expect(a(1))
  bob.drop()
  alice.send(chat(BOB, '1'), chat(BOB, '2'))
  await sync(alice)
  const next = await died(cast)
  const back = await comeBack(next, bob, id, 0, 1)
  await back.expect(got(alice.jid, BOB, '1', delay()), got(alice.jid, BOB, '2', delay()))
  assert.deepEqual(await next.server.stores.keptSessions.all(), [])
})

story('a crash: who was away resumes, and has what came after the last checkpoint, once and in order', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const id = await enable(bob)
  alice.send(chat(BOB, 'received'))
  await bob.expect(got(alice.jid, BOB, 'received'))
  bob.send(a(1))
  await sync(bob)
  bob.drop()
  cast.pass(10)
  alice.send(chat(BOB, '1'), chat(bob.jid, '2'))
  await sync(alice)
  cast.pass(2000)
  await cast.server.server.checkpoints.write()
  alice.send(chat(BOB, '3'), chat(bob.jid, '4'))
  await sync(alice)
  const next = new Cast(await cast.server.crash(UNASKED))
  cast.cut()
  cast.atEnd(() => next.end())
  const back = await comeBack(next, bob, id, 2, 1)
  const late = (to: string, body: string): string => got(alice.jid, to, body, delay())
  await back.expect(late(BOB, '1'), late(bob.jid, '2'), gone(alice.jid), late(BOB, '3'), late(bob.jid, '4'))
})

story('a crash, PUSH-3: whoever waits longer because of push has what came after the last checkpoint', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  ;(cast.server.host as Host).router.claim('push.example', 'component', { deliver: () => {} })
  await bob.ask(`<iq type='set' id='e'><enable xmlns='urn:xmpp:push:0' jid='push.example' node='n'/></iq>`)
  const id = await enable(bob)
  bob.drop()
  await until('the session waits', () => [...cast.server.server.sessions.all()].some(({ pause }) => pause !== null))
  cast.pass(2000)
  await cast.server.server.checkpoints.write()
  alice.send(chat(BOB, '1'), chat(bob.jid, '2'))
  await sync(alice)
  const next = new Cast(await cast.server.crash(UNASKED))
  cast.cut()
  cast.atEnd(() => next.end())
  const back = await comeBack(next, bob, id, 0, 0)
  await next.settle()
  assert.deepEqual(bodiesOf(back), ['1', '2'])
})

story('a crash: messages that a connected client had not acknowledged are there when it logs in anew', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  await enable(bob)
  alice.send(chat(BOB, '1'), chat(bob.jid, '2'))
  await bob.expect(got(alice.jid, BOB, '1'), got(alice.jid, bob.jid, '2'))
  const next = await died(cast)
  const back = await next.client('bob', '1', { presence: null })
  back.send('<presence/>')
  await back.expectAll(
    here(bob.jid),
    `<presence type='unavailable' from='${ALICE}'>*</presence>`,
    got(alice.jid, BOB, '1', delay()),
    got(alice.jid, bob.jid, '2', delay()),
  )
})

/** The bodies of messages that it has got and not mentioned, one by one. */
const bodiesOf = (client: StoryClient): readonly string[] =>
  client.take().flatMap((e) => (e.name === 'message' ? [e.child('body')!.text] : []))

story(
  'a crash: what a connected client had not acknowledged comes once, though it was not stored with its session',
  UNASKED,
  async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    const id = await enable(bob)
    alice.send(chat(BOB, 'acknowledged'), chat(BOB, 'stored'))
    await bob.expect(got(alice.jid, BOB, 'acknowledged'), got(alice.jid, BOB, 'stored'))
    bob.send(a(1))
    await bob.fence()
    cast.pass(2000)
    await cast.server.server.checkpoints.write()
    alice.send(chat(BOB, '1'), chat(bob.jid, '2'), `<message to='${bob.jid}' id='3'><body>3</body></message>`)
    await sync(alice)
    await cast.forget()
    const next = new Cast(await cast.server.crash(UNASKED))
    cast.cut()
    cast.atEnd(() => next.end())
    const friend = await next.client('alice', '1')
    friend.send(chat(BOB, '4'))
    await friend.fence()
    const wire = await next.authenticated('bob')
    wire.write(resume(id, 2))
    await wire.expect(failed('item-not-found'))
    await wire.bind('1')
    const back = next.adopt(wire, bob.jid)
    back.send('<presence/>')
    await next.settle()
    assert.deepEqual(bodiesOf(back), ['stored', '1', '2', '3', '4'])
    await back.close()
    await next.forget()
    const again = await next.client('bob', '2', { presence: null })
    again.send('<presence/>')
    await next.settle()
    assert.deepEqual(bodiesOf(again), [])
    await next.forget()
  },
)

story('a crash: what a client acknowledged before it logged in anew does not come again', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  await enable(bob)
  cast.pass(2000)
  await cast.server.server.checkpoints.write()
  alice.send(chat(BOB, '1'))
  await sync(alice)
  await bob.expect(got(alice.jid, BOB, '1'))
  bob.send(a(1))
  await bob.close()
  cast.pass(1000)
  const later = await cast.client('bob', '2')
  await enable(later)
  await cast.forget()
  await cast.server.server.checkpoints.write()
  const next = new Cast(await cast.server.crash(UNASKED))
  cast.cut()
  cast.atEnd(() => next.end())
  const back = await next.client('bob', '3', { presence: null })
  back.send('<presence/>')
  await next.settle()
  assert.deepEqual(bodiesOf(back), [])
  await next.forget()
})

story('a crash: what another session of the user has, or waits in the store, does not come twice', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const phone = await cast.client('bob', 'phone')
  const id = await enable(phone)
  await enable(bob)
  phone.drop()
  await cast.forget()
  cast.pass(2000)
  await cast.server.server.checkpoints.write()
  alice.send(`<message to='${BOB}' id='1'><body>1</body></message>`)
  await sync(alice)
  bob.send('<presence><priority>-1</priority></presence>')
  await cast.forget()
  const next = new Cast(await cast.server.crash(UNASKED))
  cast.cut()
  cast.atEnd(() => next.end())
  const back = await next.client('bob', '1', { presence: null })
  back.send('<presence/>')
  const resumed = await comeBack(next, phone, id, 0, 0)
  await next.settle()
  assert.deepEqual([bodiesOf(back), bodiesOf(resumed)], [[], ['1']])
})

for (const [how, resource, resumes] of [
  ['under the same name', '1', false],
  ['under another name', '2', false],
  ['under another name, after it has tried to resume', '2', true],
] as const)
  story(
    `a crash: a client that comes back ${how} gets what it had not acknowledged first, and at once`,
    UNASKED,
    async (cast) => {
      const [alice, bob] = await cast.friends('alice/1', 'bob/1')
      const id = await enable(bob)
      alice.send(chat(BOB, '1'), chat(bob.jid, '2'))
      await bob.expect(got(alice.jid, BOB, '1'), got(alice.jid, bob.jid, '2'))
      const next = await died(cast)
      const friend = await next.client('alice', '1')
      friend.send(chat(BOB, '3'), chat(bob.jid, '4'), `<message to='${bob.jid}' id='5'><body>5</body></message>`)
      await friend.fence()
      const wire = await next.authenticated('bob')
      if (resumes) {
        wire.write(resume(id, 0))
        await wire.expect(failed('item-not-found'))
      }
      const back = next.adopt(wire, await wire.bind(resource))
      back.send('<presence/>')
      await next.settle()
      friend.send(chat(BOB, '6'))
      await friend.fence()
      assert.deepEqual(
        back.take().flatMap((e) => (e.name === 'message' ? [e.child('body')!.text] : [])),
        ['1', '2', '3', '4', '5', '6'],
      )
      friend.take()
      await next.advance(RESUME_MS)
      await next.settle()
      assert.deepEqual(
        back.take().filter((e) => e.name === 'message'),
        [],
      )
      friend.take()
    },
  )

story('two crashes: what was not acknowledged before the first one comes once, in order', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  bob.send(`<presence type='unavailable'/>`)
  await cast.forget()
  alice.send(chat(BOB, '1'))
  await alice.fence()
  await enable(bob)
  bob.send('<presence/>')
  await cast.settle()
  alice.send(chat(BOB, '2'))
  await alice.fence()
  await cast.forget()
  const next = await died(await died(cast))
  const back = await next.client('bob', '2', { presence: null })
  back.send('<presence/>')
  await next.settle()
  assert.deepEqual(
    back.take().flatMap((e) => (e.name === 'message' ? [e.child('body')!.text] : [])),
    ['1', '2'],
  )
})

story('a crash: what is sent to a client that was connected is answered or stored', UNASKED, async (cast) => {
  const [, bob] = await cast.friends('alice/1', 'bob/1')
  await enable(bob)
  const next = await died(cast)
  const friend = await next.client('alice', '1')
  await next.forget()
  friend.send(`<iq type='get' id='v' to='${bob.jid}'><query xmlns='jabber:iq:version'/></iq>`)
  await friend.expect(`<iq type='error' id='v' from='${bob.jid}'>*</iq>`)
  friend.send(`<message to='${bob.jid}' type='headline'/>`, `<presence to='${bob.jid}'/>`)
  await friend.fence()
  assert.equal(next.server.host.accounts.get(BOB)!.session('1')!.room.unacknowledged, 0)
  await next.advance(RESUME_MS)
  await friend.expect(gone(bob.jid))
})

story('a crash: nobody comes back', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  await enable(bob)
  const next = await died(cast)
  const watcher = await next.client('alice', '1', { presence: null })
  watcher.send('<presence/>')
  await watcher.expectAll(here(alice.jid), here(bob.jid))
  await next.advance(RESUME_MS - 1)
  await next.expectNothing()
  next.pass(1)
  await watcher.expect(gone(bob.jid))
  assert.deepEqual(await next.server.stores.keptSessions.all(), [])
})

story(
  'a crash, XEP-0386 and 0484: a client that knows SASL2 is back in one round, under the same name',
  { ...UNASKED, on: ['memory tls'] },
  async (cast) => {
    await cast.befriend('alice', 'bob')
    const device = 'd4565fa7-4d72-4749-b3d3-740edbf87770'
    const bind = `<bind xmlns='${BIND2}'><tag>Story</tag>${ENABLE}</bind>`
    const wire = await cast.secured()
    const success = await logIn(wire, 'bob', PASSWORD, { device, inline: `${bind}${TOKEN}` })
    const id = success.child('bound')!.child('enabled')!.attr('id')!
    await featuresAfter(wire)
    const bob = cast.adopt(wire, identifierOf(success))
    bob.send('<presence/>')
    await bob.expect(here(bob.jid), `<presence type='unavailable' from='${ALICE}'/>`)
    const next = await died(cast)
    const alice = await next.client('alice', '1', { presence: null })
    alice.send('<presence/>')
    await alice.expectAll(here(alice.jid), here(bob.jid))
    const again = await next.secured()
    const proof = initiator('bob', success.child('token')!.attr('token')!)
    again.write(
      authenticate('HT-SHA-256-NONE', proof, { device, inline: `<fast xmlns='urn:xmpp:fast:0'/>${resume(id, 2)}${bind}` }),
    )
    const back = await again.element('success')
    assert.equal(back.name, 'success', back.show())
    assert.deepEqual(
      [identifierOf(back), back.child('failed')?.child('item-not-found') !== undefined, back.child('bound') !== undefined],
      [bob.jid, true, true],
    )
    await featuresAfter(again)
    const client = next.adopt(again, bob.jid)
    client.send('<presence/>')
    await client.expectAll(here(bob.jid), here(alice.jid))
    await alice.expect(here(bob.jid))
  },
)

story('what is over is not written down any more', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  await enable(bob)
  await cast.server.server.checkpoints.write()
  assert.equal((await cast.server.stores.keptSessions.all()).length, 1)
  await bob.close()
  await bob.expect(a(0))
  await alice.expect(gone(bob.jid))
  assert.deepEqual(await cast.server.stores.keptSessions.all(), [])
})

for (const [how, xml, answer] of [
  ['has gone', `<presence type='unavailable'/>`, null],
  ['hides (XEP-0186)', `<iq type='set' id='hide'><invisible xmlns='urn:xmpp:invisible:1'/></iq>`, done('hide')],
] as const)
  story(`a crash in the moment in which somebody ${how}: they are not shown again`, UNASKED, async (cast) => {
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    await enable(bob)
    await cast.server.server.checkpoints.write()
    bob.send(xml)
    await alice.expect(gone(bob.jid))
    await bob.expect(answer ?? gone(bob.jid))
    const next = new Cast(await cast.server.crash(UNASKED))
    cast.cut()
    cast.atEnd(() => next.end())
    const watcher = await next.client('alice', '1', { presence: null })
    watcher.send('<presence/>')
    await watcher.expectAll(here(alice.jid), `<presence type='unavailable' from='${BOB}'>*</presence>`)
  })
