/** XEP-0357 and XEP-0198 together: a client that can be woken has more time, and nobody is shown it meanwhile. */
import assert from 'node:assert/strict'
import type { Host } from '../../src/server/feature.ts'
import type { Packet } from '../../src/xmpp/packet.ts'
import { asking, says } from '../support/annotations.ts'
import { enter, left, open } from '../support/rooms.ts'
import { gone, here } from '../support/stanzas.ts'
import { Cast, storyOn, type Setting } from '../support/story.ts'
import type { StoryClient } from '../support/story-client.ts'
import { until } from '../support/until.ts'
import { BOB, chat, comeBack, enable, failed, RESUME_MS, resume, UNASKED } from '../support/stream-management.ts'

const story = storyOn('memory')
const SERVICE = 'push.example'
const LONGER_MS = 600_000
const LONGER: Setting = { settings: { ...UNASKED.settings, push: { 'resume-time': '10 minutes' } } }

/** The push service: what it was sent. */
function service(cast: Cast): Packet[] {
  const sent: Packet[] = []
  ;(cast.server.host as Host).router.claim(SERVICE, 'component', { deliver: (packet) => void sent.push(packet) })
  return sent
}
/** Bob's phone has stream management and push, and then no network. @returns the name of its session */
async function lost(bob: StoryClient): Promise<string> {
  await bob.ask(`<iq type='set' id='e'><enable xmlns='urn:xmpp:push:0' jid='${SERVICE}' node='n'/></iq>`)
  const id = await enable(bob)
  bob.drop()
  return id
}
async function goesOn(cast: Cast, next: Promise<Cast['server']>): Promise<Cast> {
  const other = new Cast(await next)
  cast.atEnd(() => other.end())
  return other
}
const message = (alice: StoryClient, text: string): string =>
  `<message type='chat' from='${alice.jid}' to='${BOB}' id='${text}'><body>${text}</body>*</message>`

story(
  'PUSH-3: shown as unavailable after the ordinary time, and as before when it is back, with all that came meanwhile',
  LONGER,
  async (cast) => {
    const sent = service(cast)
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    bob.send('<presence><show>dnd</show></presence>')
    await alice.expect(here(bob.jid, '<show>dnd</show>'))
    await bob.expect(here(bob.jid, '<show>dnd</show>'))
    const id = await lost(bob)
    alice.send(chat(BOB, 'early'))
    await alice.fence()
    cast.pass(RESUME_MS - 1)
    await cast.expectNothing()
    cast.pass(1)
    await alice.expect(gone(bob.jid))
    alice.send(chat(BOB, 'late'), '<presence><show>away</show></presence>')
    await alice.expect(here(alice.jid, '<show>away</show>'))
    await cast.advance(LONGER_MS / 2)
    await cast.expectNothing()
    assert(sent.length >= 2, 'the service was told')
    const again = await comeBack(cast, bob, id, 0, 0)
    await again.expectAll(
      message(alice, 'early'),
      here(alice.jid, '<show>away</show>'),
      here(bob.jid, '<show>dnd</show>'),
      message(alice, 'late'),
    )
    await alice.expect(here(bob.jid, '<show>dnd</show>'))
    again.send(chat(alice.jid, 'here'))
    await alice.expect(`<message type='chat' from='${bob.jid}' to='${alice.jid}' id='here'><body>here</body>*</message>`)
  },
)

story('PUSH-3: it ends after the longer time, and nobody is told again', LONGER, async (cast) => {
  service(cast)
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const id = await lost(bob)
  await cast.advance(RESUME_MS)
  await alice.expect(gone(bob.jid))
  await cast.advance(LONGER_MS)
  const wire = await cast.authenticated('bob')
  wire.write(resume(id, 0))
  await wire.expect(failed('item-not-found', `h='0'`))
})

story(
  'PUSH-3: without push, or without time for it, a session ends as it always did',
  { settings: { ...UNASKED.settings, push: { 'resume-time': '0 s' } } },
  async (cast) => {
    service(cast)
    const [alice, bob] = await cast.friends('alice/1', 'bob/1')
    await lost(bob)
    await cast.advance(RESUME_MS)
    await alice.expect(gone(bob.jid))
    assert.equal(cast.server.server.sessions.size, 1)
  },
)

/** Ways in which push ends for the phone that waits. */
const ENDINGS: readonly (readonly [
  name: string,
  end: (cast: Cast, sent: readonly Packet[], other: StoryClient) => Promise<void>,
])[] = [
  [
    'is disabled by another client',
    async (_, __, other) =>
      void (await other.ask(`<iq type='set' id='d'><disable xmlns='urn:xmpp:push:0' jid='${SERVICE}'/></iq>`)),
  ],
  [
    'is refused by its service',
    async (cast, sent) => {
      const [alice] = await cast.clients('alice/2')
      alice.send(chat(BOB, 'wake up'))
      await until(
        'the service is told',
        () => sent.length > 0,
        () => cast.advance(1000),
      )
      const { from, to, id } = sent[0]!
      await cast.fromElsewhere(
        `<iq type='error' from='${to!.full}' to='${from.full}' id='${id}'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
      )
      await cast.settle()
    },
  ],
]

for (const [name, end] of ENDINGS)
  for (const [when, before] of [
    ['before its ordinary time is over', RESUME_MS / 2],
    ['later', RESUME_MS + 60_000],
  ] as const)
    story(`PUSH-3: a session whose push service ${name} kept its long time: ${when}`, LONGER, async (cast) => {
      const sent = service(cast)
      const [, bob] = await cast.friends('alice/1', 'bob/1')
      const other = await cast.client('bob', 'other', { presence: null })
      await lost(bob)
      await cast.advance(before)
      const { sessions } = cast.server.server
      const isThere = (): boolean => [...sessions.all()].some(({ jid }) => jid.full === bob.jid)
      assert(isThere())
      await end(cast, sent, other)
      assert.equal(isThere(), before < RESUME_MS)
      await cast.advance(RESUME_MS / 2)
      assert(!isThere())
      await cast.forget()
    })

story('PUSH-3: a room keeps its occupant until the longer time is over', LONGER, async (cast) => {
  service(cast)
  const alice = await open(cast)
  const bob = await enter(cast, 'bob', 'Bob')
  await cast.forget()
  await lost(bob)
  await cast.advance(RESUME_MS + 60_000)
  await cast.expectNothing()
  await cast.advance(LONGER_MS - 60_000)
  await alice.expect(left('Bob', 'none', ` jid='${bob.jid}'/>`))
})

const RESTARTS: readonly (readonly [name: string, next: (cast: Cast, options: Setting) => Promise<Cast['server']>])[] = [
  ['a restart', (cast, options) => cast.server.restart(options, 1000)],
  [
    'a crash',
    async (cast, options) => {
      cast.pass(2000)
      await cast.server.server.checkpoints.write()
      return cast.server.crash(options)
    },
  ],
]
for (const [name, next] of RESTARTS) {
  story(`PUSH-3: ${name} before and after the ordinary time changes neither`, LONGER, async (cast) => {
    await cast.befriend('alice', 'bob')
    const [bob] = await cast.clients('bob/1')
    const id = await lost(bob)
    await until('the session waits', () => [...cast.server.server.sessions.all()].some(({ pause }) => pause !== null))
    const second = await goesOn(cast, next(cast, LONGER))
    service(second)
    const alice = await second.client('alice', '2')
    await second.advance(RESUME_MS)
    await alice.expect(gone(bob.jid))
    alice.send(chat(BOB, 'm'))
    await alice.fence()
    alice.drop()
    const third = await goesOn(second, next(second, LONGER))
    const sees = await third.client('alice', '3')
    await third.expectNothing()
    const again = await comeBack(third, bob, id, 0, 0)
    await sees.expect(here(bob.jid))
    await third.settle()
    assert(again.take().some((xml) => xml.name === 'message' && xml.attr('id') === 'm'))
    await third.expectNothing()
  })
}

story('PUSH-3: a new session of the same resource takes the place of the one that waits', LONGER, async (cast) => {
  service(cast)
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  await lost(bob)
  alice.send(chat(BOB, 'early'))
  await cast.advance(RESUME_MS)
  await alice.expect(gone(bob.jid))
  const anew = await cast.client('bob', '1', { presence: null })
  assert.equal(anew.jid, bob.jid)
  anew.send('<presence/>')
  await anew.expectAll(here(anew.jid), here(alice.jid), message(alice, 'early'))
  await alice.expect(here(bob.jid))
})

story(
  'PUSH-3, PSA-28: those who ask are told of the pause, then that it is gone, and nothing is in doubt when it is back',
  LONGER,
  async (cast) => {
    service(cast)
    await cast.befriend('alice', 'bob')
    const alice = await asking(cast, 'alice/1')
    const bob = await cast.client('bob', '1')
    await cast.forget()
    const id = await lost(bob)
    await cast.advance(10_000)
    await alice.expect(here(bob.jid, says('a.example', 'connection-paused')))
    await cast.advance(RESUME_MS)
    await alice.expect(gone(bob.jid))
    const again = await comeBack(cast, bob, id, 0, 0)
    await alice.expect(here(bob.jid))
    again.send('<presence><show>away</show></presence>')
    await alice.expect(here(bob.jid, '<show>away</show>'))
    await again.expectAll(here(bob.jid), here(bob.jid, '<show>away</show>'))
  },
)
