/** The server is restarted: sessions that can be resumed live on, and nobody sees anything of it. */
import assert from 'node:assert/strict'
import { asking, ASKING, loseAgain, says } from '../support/annotations.ts'
import { Elsewhere } from '../support/elsewhere.ts'
import { delay, gone, here, push, rosterSet } from '../support/stanzas.ts'
import { bareOf, Cast, DOMAIN, storyOn, type Setting } from '../support/story.ts'
import { a, BOB, chat, comeBack, enable, failed, got, R, RESUME_MS, resume, sync, UNASKED } from '../support/stream-management.ts'

const story = storyOn('memory')
const CARBONS = 'urn:xmpp:carbons:2'

/** The cast on the server that goes on. */
async function restarted(cast: Cast, options: Setting = UNASKED, downMs = 1000): Promise<Cast> {
  const next = new Cast(await cast.server.restart(options, downMs))
  cast.atEnd(() => next.end())
  return next
}

story('a restart: both ends resume, and neither sees the other go', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const [a1, b1] = [await enable(alice), await enable(bob)]
  alice.send(chat(BOB, '1'), chat(BOB, '2'))
  await bob.expect(got(alice.jid, BOB, '1'), got(alice.jid, BOB, '2'))
  const next = await restarted(cast)
  const again = await comeBack(next, alice, a1, 0, 2)
  again.send(chat(BOB, '3'), R)
  await again.expect(a(3))
  const back = await comeBack(next, bob, b1, 1, 0)
  await back.expect(got(alice.jid, BOB, '2', delay()), got(alice.jid, BOB, '3', delay()))
  back.send(chat(alice.jid, 'here'))
  await again.expect(got(bob.jid, alice.jid, 'here'))
  await next.expectNothing()
  assert.equal(next.server.server.sessions.size, 2)
})

story('a restart: a client that becomes inactive then learns that a contact has gone', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const [a1, b1] = [await enable(alice), await enable(bob)]
  const next = await restarted(cast)
  const phone = await comeBack(next, alice, a1, 0, 0)
  const back = await comeBack(next, bob, b1, 0, 0)
  phone.send(`<inactive xmlns='urn:xmpp:csi:0'/>`)
  await next.settle()
  back.send('<presence><show>away</show></presence>', `<presence type='unavailable'/>`)
  await next.settle()
  phone.send(`<active xmlns='urn:xmpp:csi:0'/>`)
  await phone.expect(gone(bob.jid))
  await next.forget()
})

story('a restart: who logs in anew sees who has not come back yet', UNASKED, async (cast) => {
  await cast.befriend('alice', 'bob')
  const [bob] = await cast.clients('bob/1')
  const id = await enable(bob)
  bob.send(`<presence><show>dnd</show><status>säumig</status></presence>`)
  await bob.expect(here(bob.jid, '<show>dnd</show><status>säumig</status>'))
  const next = await restarted(cast)
  const alice = await next.client('alice', '1', { presence: null })
  alice.send('<presence/>')
  await alice.expectAll(here(alice.jid), here(bob.jid, '<show>dnd</show><status>säumig</status>'))
  const back = await comeBack(next, bob, id, 1, 1)
  await back.expect(here(alice.jid))
  await next.expectNothing()
})

story('a restart: nobody comes back in time, and contacts are told then', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const [a1, b1] = [await enable(alice), await enable(bob)]
  alice.send(chat(BOB, 'unread'))
  await bob.expect(got(alice.jid, BOB, 'unread'))
  const next = await restarted(cast)
  const again = await comeBack(next, alice, a1, 0, 1)
  next.pass(RESUME_MS - 1001)
  await next.expectNothing()
  next.pass(1)
  await again.expect(gone(bob.jid))
  const wire = await next.authenticated('bob')
  wire.write(resume(b1, 0))
  await wire.expect(failed('item-not-found', `h='0'`))
  const late = await next.client('bob', '2', { presence: null })
  late.send('<presence/>')
  await late.expectAll(here(late.jid), here(alice.jid), got(alice.jid, BOB, 'unread', delay()))
  await again.expect(here(late.jid))
})

story('a restart: a session with a part that cannot be read ends, and holds no presence', UNASKED, async (cast) => {
  await cast.befriend('alice', 'bob')
  const [alice] = await cast.clients('alice/1')
  await enable(alice)
  await cast.server.retire()
  const { keptSessions } = cast.server.stores
  const [row] = await keptSessions.all()
  const written = JSON.parse(row!.state) as { readonly parts: Readonly<Record<string, [number, unknown]>> }
  written.parts['stream-management']![0] = 99
  await keptSessions.replaceAll([{ ...row!, state: JSON.stringify(written) }])
  const next = new Cast(await cast.server.crash(UNASKED))
  cast.atEnd(() => next.end())
  assert.equal(next.server.takeErrors().length, 1)
  assert.equal(next.server.server.sessions.size, 0)
  const bob = await next.client('bob', '1', { presence: null })
  bob.send('<presence/>')
  await bob.expectAll(here(bob.jid), `<presence type='unavailable' from='${alice.bare}'>*</presence>`)
})

story('a restart that took longer than a session may wait', UNASKED, async (cast) => {
  await cast.befriend('alice', 'bob')
  const [alice] = await cast.clients('alice/1')
  await enable(alice)
  const next = await restarted(cast, UNASKED, RESUME_MS + 1)
  next.pass(0)
  assert.equal(next.server.server.sessions.size, 0)
  const bob = await next.client('bob', '1', { presence: null })
  bob.send('<presence/>')
  await bob.expectAll(here(bob.jid), `<presence type='unavailable' from='${alice.bare}'>*</presence>`)
})

story('a restart: sessions that cannot be resumed end, and who waits learns of it', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const id = await enable(alice)
  const next = await restarted(cast)
  await bob.wire.expectStreamError('system-shutdown')
  const again = await comeBack(next, alice, id, 0, 0)
  await again.expect(gone(bob.jid))
})

story('a restart: directed presence, carbons and the interest in the roster are as they were', UNASKED, async (cast) => {
  const [alice, other, carol] = await cast.clients('alice/1', 'alice/2', 'carol/1')
  const [id, c1] = [await enable(alice), await enable(carol)]
  await alice.ask(`<iq type='set' id='c'><enable xmlns='${CARBONS}'/></iq>`, `<iq type='result' id='c'/>`)
  alice.send(`<presence to='${carol.jid}'><show>chat</show></presence>`)
  await carol.expect(here(alice.jid, '<show>chat</show>', carol.jid))
  const next = await restarted(cast)
  await other.wire.expectStreamError('system-shutdown')
  const again = await comeBack(next, alice, id, 1, 2)
  await again.expect(gone(other.jid))
  const watcher = await comeBack(next, carol, c1, 1, 0)
  const second = await next.client('alice', '3', { presence: null })
  second.send('<presence/>')
  await second.expectAll(here(second.jid), here(alice.jid))
  await again.expect(here(second.jid))
  second.send(rosterSet('r', `<item jid='x@y'/>`))
  await second.expect(push('x@y', `subscription='none'`), `<iq type='result' id='r'/>`)
  await again.expect(push('x@y', `subscription='none'`))
  second.send(chat(carol.jid, 'm'))
  await watcher.expect(got(second.jid, carol.jid, 'm'))
  await again.expect(`<message type='chat' from='${again.bare}' to='${again.jid}'><sent xmlns='${CARBONS}'>*</sent></message>`)
  await again.close()
  await watcher.expect(gone(alice.jid, '', carol.jid))
  await second.expect(gone(alice.jid))
})

story('a restart: what an inactive client was spared waits for it (XEP-0352)', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const [id, b1] = [await enable(alice), await enable(bob)]
  alice.send(`<inactive xmlns='urn:xmpp:csi:0'/>`)
  await sync(alice)
  bob.send(`<presence><show>xa</show></presence>`)
  await bob.expect(here(bob.jid, '<show>xa</show>'))
  const next = await restarted(cast)
  const again = await comeBack(next, alice, id, 1, 1)
  await again.expect(here(bob.jid, '<show>xa</show>'))
  await comeBack(next, bob, b1, 1, 1)
})

story('a restart: a message that two resources have not acknowledged is given back once', UNASKED, async (cast) => {
  const [one, two, alice] = await cast.clients('bob/1', 'bob/2', 'alice/1')
  await enable(one)
  await enable(two)
  alice.send(chat(BOB, 'both'))
  await one.expect(got(alice.jid, BOB, 'both'))
  await two.expect(got(alice.jid, BOB, 'both'))
  const next = await restarted(cast)
  await alice.wire.expectStreamError('system-shutdown')
  next.pass(RESUME_MS)
  const late = await next.client('bob', '3', { presence: null })
  late.send('<presence/>')
  await late.expectAll(here(late.jid), got(alice.jid, BOB, 'both', delay()))
  await next.expectNothing()
})

story('a restart: contacts elsewhere are asked how they are when the client is back', UNASKED, async (cast) => {
  await cast.rosters(['alice', 'romeo@b.example', 'both'])
  const [alice] = await cast.clients('alice/1')
  const id = await enable(alice)
  const next = await restarted(cast)
  const probes: string[] = []
  next.server.host.router.claim('b.example', 'component', { deliver: ({ type, to }) => void probes.push(`${type} ${to!.full}`) })
  await comeBack(next, alice, id, 0, 0)
  assert.deepEqual(probes, ['probe romeo@b.example'])
})

story('a restart: whoever is not back soon is shown as paused to those who ask (XEP-0310)', UNASKED, async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const [benvolio] = await cast.clients('benvolio/1')
  const romeo = await asking(cast, 'romeo/1')
  const [id, r1] = [await enable(benvolio), await enable(romeo)]
  const next = await restarted(cast)
  const back = await comeBack(next, romeo, r1, 0, 0)
  await next.settle()
  assert.deepEqual(back.take(), [], 'what it can do is remembered')
  next.pass(3000)
  await back.expect(here(benvolio.jid, says(DOMAIN, 'connection-paused'), romeo.jid))
  await comeBack(next, benvolio, id, 0, 0)
  await back.expect(here(benvolio.jid, says(DOMAIN, ''), romeo.jid))
})

story('a restart: what may be kept has a limit', { ...UNASKED, limits: { 'kept-sessions': 1500 } }, async (cast) => {
  const clients = await cast.clients('alice/1', 'bob/1', 'carol/1', 'dave/1')
  for (const client of clients) await enable(client)
  const next = await restarted(cast, { ...UNASKED, limits: { 'kept-sessions': 1500 } })
  await clients[3].expect(a(0))
  await clients[3].wire.expectStreamError('system-shutdown')
  assert.deepEqual(
    Array.from(next.server.server.sessions.all(), ({ jid }) => jid.full),
    [`${bareOf('alice')}/1`, `${bareOf('bob')}/1`, `${bareOf('carol')}/1`],
  )
})

const LITTLE = { ...UNASKED, limits: { 'kept-sessions': 10_000 } }
story('a restart: a session in which much waits does not end those of others', LITTLE, async (cast) => {
  const clients = await cast.clients('alice/1', 'bob/1', 'carol/1')
  for (const client of clients) await enable(client)
  const [alice, bob, carol] = clients
  for (let i = 0; i < 5; i++) carol.send(chat(alice.jid, 'x'.repeat(3000), `${i}`))
  for (let i = 0; i < 5; i++) await alice.expect(`<message type='chat' id='${i}'>*</message>`)
  const next = await restarted(cast, LITTLE)
  await alice.expect(a(0))
  await alice.wire.expectStreamError('system-shutdown')
  assert.deepEqual(
    Array.from(next.server.server.sessions.all(), ({ jid }) => jid.full),
    [bob.jid, carol.jid],
  )
})

story('a server that dies after a restart still has the sessions that were not resumed', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const [a1, b1] = [await enable(alice), await enable(bob)]
  const next = await restarted(cast)
  await comeBack(next, alice, a1, 0, 0)
  const rows = await next.server.stores.keptSessions.all()
  assert.deepEqual(
    rows.map(({ owner, resource }) => `${owner}/${resource}`),
    [bob.jid],
  )
  await comeBack(next, bob, b1, 0, 0)
  assert.deepEqual(await next.server.stores.keptSessions.all(), [])
})

story('a restart, XEP-0186: who was invisible stays so, and gets what comes for the account', UNASKED, async (cast) => {
  const [alice, bob] = await cast.friends('alice/1', 'bob/1')
  const [a1, b1] = [await enable(alice), await enable(bob)]
  const hidden = `<iq type='result' id='h'/>`
  await bob.ask(`<iq type='set' id='h'><invisible xmlns='urn:xmpp:invisible:1'/></iq>`, hidden)
  await alice.expect(gone(bob.jid))
  const next = await restarted(cast)
  const again = await comeBack(next, alice, a1, 1, 0)
  const back = await comeBack(next, bob, b1, 1, 1)
  back.send('<presence><show>away</show></presence>')
  again.send(chat(BOB, 'are you there?'))
  await back.expect(got(alice.jid, BOB, 'are you there?'))
  await next.expectNothing()
})

const JULIET = 'juliet@b.example'
const ORCHARD = `${JULIET}/orchard`

story('a restart: other servers that were told of a pause are told of its end', UNASKED, async (cast) => {
  await cast.rosters(['romeo', JULIET, 'both'])
  const b = new Elsewhere(cast)
  await (await asking(cast, 'benvolio/1')).close() // so that these capabilities are known
  const romeo = await cast.client('romeo', '1', { presence: '<presence><show>away</show></presence>' })
  romeo.send(`<presence to='nurse@b.example'><show>dnd</show></presence>`)
  await b.send(
    `<presence from='${ORCHARD}' to='${romeo.bare}'>${ASKING.c}</presence>`,
    `<presence from='nurse@b.example/x' to='${romeo.bare}'>${ASKING.c}</presence>`,
  )
  await cast.forget()
  const id = await enable(romeo)
  await b.take()
  await loseAgain(cast, romeo)
  await cast.advance(3000)
  const PAUSED = says(DOMAIN, 'connection-paused')
  await b.expect(
    here(romeo.jid, `<show>away</show>${PAUSED}`, ORCHARD),
    here(romeo.jid, `<show>dnd</show>${PAUSED}`, 'nurse@b.example/x'),
  )
  const next = await restarted(cast)
  const again = new Elsewhere(next)
  const wire = await next.authenticated('romeo')
  wire.write(resume(id, 0))
  await wire.element('that it is resumed')
  const told = (await again.take()).filter((xml) => xml.name === 'presence' && xml.attr('type') === undefined)
  assert.deepEqual(
    told.map((xml) => [xml.attr('to'), xml.child('show')!.text, xml.child('state-annotation')?.elements.length]).toSorted(),
    [
      [ORCHARD, 'away', 0],
      ['nurse@b.example', 'dnd', undefined], // as it was sent: nobody there can ask about it
      ['nurse@b.example/x', 'dnd', 0],
    ],
  )
})
