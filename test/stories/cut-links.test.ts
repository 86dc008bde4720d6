/** XEP-0310 between two whole servers, over sockets that are really cut: what each side's people see, and when. */
import assert from 'node:assert/strict'
import { answer, ASKING, isQuestion, resumable, says } from '../support/annotations.ts'
import { gone, here } from '../support/stanzas.ts'
import type { StoryClient } from '../support/story-client.ts'
import { A, B, federation, type Realm, type RealmOptions } from '../support/two-servers.ts'

const ORCHARD = 'juliet@b.example/orchard'
const PHONE = 'juliet@b.example/phone'
const AWAY = '<show>away</show>'
const DOWN = says(A, 'server-unavailable')
const UP = says(A, '')
const SM = { 'stream-management': { 'ask-after': '1 day', 'ask-after-stanzas': 100_000 } }
const unasked: RealmOptions = { a: { settings: SM }, b: { settings: SM } }

/** A client that asks for annotations; what has come to anybody by then, nobody remembers. */
async function asking(realm: Realm, full: string): Promise<StoryClient> {
  const client = await realm.client(full, { presence: null })
  client.send(`<presence>${ASKING.c}</presence>`)
  await realm.settle()
  const question = client.take().find(isQuestion)
  if (question !== undefined) answer(client, question, ASKING.query)
  await realm.forget()
  return client
}
/** Romeo asks, Rosaline does not; both see Juliet, who is at two places. */
async function verona(realm: Realm): Promise<{ readonly [who in 'romeo' | 'rosaline' | 'orchard' | 'phone']: StoryClient }> {
  for (const watcher of ['romeo@a.example', 'rosaline@a.example'])
    await realm.rosters([watcher, 'juliet@b.example', 'both'], ['juliet@b.example', watcher, 'both'])
  const orchard = await realm.client(ORCHARD, { presence: `<presence>${AWAY}</presence>` })
  const phone = await realm.client(PHONE)
  const rosaline = await realm.client('rosaline@a.example/1')
  const romeo = await asking(realm, 'romeo@a.example/1')
  return { romeo, rosaline, orchard, phone }
}
/** The servers lose each other, and neither can reach the other, until that is known. */
async function cut(realm: Realm): Promise<void> {
  realm.isTogether = false
  for (const site of [A, B]) realm.zone.services.delete(site)
  for (const stream of [...realm.a.streams(), ...realm.b.streams()]) stream.destroy()
  await realm.until('the loss is known', () => realm.a.streams().length === 0 && realm.b.streams().length === 0)
  for (let s = 0; s < 120 && !realm.a.news.includes(`link-down ${B}`); s++) await realm.pass(1000)
}
/** They can reach each other again, and one of them tries. */
async function mend(realm: Realm): Promise<void> {
  for (const site of [realm.a, realm.b]) realm.zone.services.set(site.domain, { port: site.port, directTls: false })
  const link = realm.a.host.links.get(A, B)!
  link.force() // the operator does not wait for the next attempt
  link.release()
  await realm.until('there is a stream', () => realm.a.stateOf(B) === 'up')
  realm.isTogether = true
}

federation('T-PSA01, T-PSA03, T-PSA06: a server that is gone, and comes back', unasked, async (realm) => {
  const { romeo } = await verona(realm)
  await cut(realm)
  await romeo.expectAll(here(ORCHARD, AWAY + DOWN, romeo.jid), here(PHONE, DOWN, romeo.jid))
  await realm.expectNothing()
  await mend(realm)
  await realm.expectNothing() // who is there now, nobody has said yet
  await realm.pass(2000)
  await romeo.expectAll(here(ORCHARD, AWAY + UP, romeo.jid), here(PHONE, UP, romeo.jid))
  await realm.pass(60_000, 5000) // all that is said again is known
})

federation('T-PSA02: connections that break, and others in their place', unasked, async (realm) => {
  await verona(realm)
  for (const stream of realm.a.streams()) stream.destroy()
  realm.isTogether = false
  await realm.until('both know of the loss', () => realm.a.stateOf(B) !== 'up' && realm.b.stateOf(A) !== 'up')
  realm.clock.advance(5000)
  await realm.until('there is another one', () => realm.a.stateOf(B) === 'up')
  realm.isTogether = true
  await realm.pass(60_000, 5000)
  assert.deepEqual(realm.a.news, [`link-mended ${B}`])
})

federation('T-PSA09: who has gone meanwhile is shown as gone, to everybody', unasked, async (realm) => {
  const { romeo, rosaline, phone } = await verona(realm)
  await cut(realm)
  await phone.close()
  await romeo.expectAll(here(ORCHARD, AWAY + DOWN), here(PHONE, DOWN))
  await mend(realm)
  await realm.pass(2000)
  await romeo.expect(here(ORCHARD, AWAY + UP))
  await realm.pass(40_000, 4000)
  for (const client of [romeo, rosaline]) await client.expect(gone(PHONE))
  await realm.known(ORCHARD).expect(gone(PHONE))
})

federation('T-PSA16: a pause is told to contacts on the other server, and its end', unasked, async (realm) => {
  const { romeo, orchard, phone } = await verona(realm)
  const juliet = await asking(realm, 'juliet@b.example/balcony')
  const session = realm.a.host.accounts.get('romeo@a.example')!.session('1')!
  await resumable(romeo)
  romeo.drop()
  await realm.until('the connection is known to be gone', () => session.connection === null)
  await realm.pass(3000)
  await juliet.expect(here(romeo.jid, ASKING.c + says(A, 'connection-paused'), juliet.jid))
  await realm.expectNothing()
  await realm.pass(600_000, 30_000)
  for (const client of [juliet, orchard, phone]) await client.expect(gone(romeo.jid))
})

federation('T-PSA04: streams that both sides close in peace are no loss', unasked, async (realm) => {
  await verona(realm)
  realm.isTogether = false
  for (const stream of realm.a.streams()) stream.close(null)
  await realm.until('all are closed', () => realm.a.streams().length === 0 && realm.b.streams().length === 0)
  assert.deepEqual([realm.a.stateOf(B), realm.b.stateOf(A)], ['idle', 'idle'])
  await realm.pass(120_000, 10_000)
  assert.deepEqual([realm.a.news, realm.b.news], [[], []])
})

federation(
  'T-PSA05, T-PSA07: who has gone before is not in doubt; who comes meanwhile sees the doubt, if he asks',
  unasked,
  async (realm) => {
    const { romeo, phone } = await verona(realm)
    phone.send(`<presence type='unavailable'/>`)
    await realm.forget()
    await cut(realm)
    await romeo.expect(here(ORCHARD, AWAY + DOWN, romeo.jid))
    const second = await realm.client('romeo@a.example/2', { presence: null })
    const third = await realm.client('romeo@a.example/3', { presence: null })
    second.send(`<presence>${ASKING.c}</presence>`)
    third.send('<presence/>')
    await realm.settle()
    const fromThere = (client: StoryClient): readonly string[] =>
      client
        .take()
        .filter((xml) => xml.attr('from')!.endsWith('@b.example/orchard'))
        .map((xml) => xml.child('state-annotation')?.elements[0]?.name ?? '')
    assert.deepEqual(fromThere(second), ['server-unavailable'])
    assert.deepEqual(fromThere(third), [])
    await realm.forget()
  },
)

federation(
  'T-PSA08: what she says over the new link is not in doubt, and what she said before is not taken for so again',
  unasked,
  async (realm) => {
    const { romeo, rosaline, orchard } = await verona(realm)
    await cut(realm)
    await romeo.expectAll(here(ORCHARD, AWAY + DOWN), here(PHONE, DOWN))
    orchard.send('<presence><show>dnd</show></presence>')
    await mend(realm)
    await realm.pass(2000)
    const shown = romeo.take().filter((xml) => xml.attr('from') === ORCHARD)
    const told = shown.map((xml) => [xml.child('show')?.text, xml.child('state-annotation')?.elements.length])
    assert.deepEqual(told, [['dnd', undefined]])
    assert.equal(
      rosaline
        .take()
        .findLast((xml) => xml.attr('from') === ORCHARD)
        ?.child('show')?.text,
      'dnd',
    )
    await realm.forget()
  },
)

federation('T-PSA17: a contact there who does not show himself is told nothing and not asked', unasked, async (realm) => {
  await realm.rosters(['romeo@a.example', 'juliet@b.example', 'from'], ['juliet@b.example', 'romeo@a.example', 'to'])
  const juliet = await asking(realm, ORCHARD)
  const romeo = await realm.client('romeo@a.example/1')
  const session = realm.a.host.accounts.get('romeo@a.example')!.session('1')!
  await resumable(romeo)
  await realm.forget()
  romeo.drop()
  await realm.until('the connection is known to be gone', () => session.connection === null)
  await realm.pass(30_000, 3000)
  await realm.expectNothing()
  await realm.pass(600_000, 30_000)
  await juliet.expect(gone(romeo.jid))
})
