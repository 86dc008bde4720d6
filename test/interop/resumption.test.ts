/** XEP-0198 with a real client: its connection breaks in every way, and it comes back for its session. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { within } from '../support/within.ts'
import { portFor, type DrivenPerson } from './driven.ts'
import { Line } from './line.ts'
import { slixmpp, stanzaJs, strophe, xmppJs, type DrivenMake } from './makes.ts'
import { PATIENCE_MS } from './person.ts'
import { becomeContacts, skipped, Theatre } from './stories.ts'

/** It waits for a write that has failed, for ever. */
const STUCK = 'stanza 12.22 does nothing more when it writes to a connection that has just broken'

/** Two contacts: the first on a line that can be cut. */
async function meet(
  t: TestContext,
  theatre: Theatre,
  make: DrivenMake,
): Promise<{ line: Line; romeo: DrivenPerson; juliet: DrivenPerson }> {
  const [romeo, juliet] = [await theatre.person(t, make, 'romeo'), await theatre.person(t, xmppJs, 'juliet')]
  const line = await Line.open(t, () => portFor(romeo.security, theatre.server))
  romeo.managed = true
  romeo.port = line.port
  await becomeContacts(romeo, juliet)
  await Promise.all([romeo.settle(), juliet.settle()])
  return { line, romeo, juliet }
}

for (const make of [slixmpp, stanzaJs, strophe]) {
  test(`${make.name} comes back for its session`, { skip: skipped(make), concurrency: true }, async (t) => {
    const theatre = await Theatre.open(t, { 'stream-management': { 'ask-after': '100 ms' } })

    const cut = t.test('after a cut: what was said meanwhile is there, once and in order, and nobody saw it go', async (t) => {
      const { line, romeo, juliet } = await meet(t, theatre, make)
      line.cut()
      await romeo.next('closed', '')
      await juliet.say(romeo.jid, 'Art thou there?')
      await juliet.say(romeo.jid, 'Speak')
      await juliet.show('away', 'asleep')
      await romeo.resume()
      await romeo.reads(juliet.jid, 'Art thou there?')
      await romeo.reads(juliet.jid, 'Speak')
      await romeo.sees(juliet.jid, 'away', 'asleep')
      await romeo.say(juliet.jid, 'Here')
      await juliet.reads(romeo.jid, 'Here')
      await Promise.all([romeo.settle(), juliet.settle()])
      await juliet.sawAllOf(romeo.jid)
      await romeo.sawAllOf(juliet.jid)
      assert.deepEqual(romeo.unread('message'), [])
    })

    const anywhere = t.test('after cuts at any moment', { skip: make === stanzaJs && STUCK }, async (t) => {
      const { line, romeo, juliet } = await meet(t, theatre, make)
      let said = 0
      let read = 0
      for (let round = 0; round < 12; round++) {
        line.cutAfter(1 + Math.floor(Math.random() * 4000))
        const closed = romeo.next('closed', '')
        const talk = async (): Promise<void> => {
          for (let isOver = false; !isOver; isOver = await Promise.race([closed.then(() => true), soon()])) {
            await juliet.say(romeo.jid, `${said}`)
            said += 1
          }
        }
        await talk()
        await romeo.resume()
        while (read < said) await romeo.reads(juliet.jid, `${read++}`)
      }
      await Promise.all([romeo.settle(), juliet.settle()])
      assert.deepEqual(romeo.unread('message'), [])
      await juliet.sawAllOf(romeo.jid)
    })

    await Promise.all([cut, anywhere])
  })

  test(`${make.name} comes back when the line was dead and nobody knew`, { skip: skipped(make) }, async (t) => {
    const theatre = await Theatre.open(t, { 'stream-management': { 'answer-timeout': '4 s', 'ask-after': '100 ms' } })
    const { line, romeo, juliet } = await meet(t, theatre, make)
    line.goDead()
    await juliet.say(romeo.jid, 'Art thou there?')
    await pause(theatre)
    line.cut()
    await romeo.next('closed', '')
    await romeo.resume()
    await romeo.reads(juliet.jid, 'Art thou there?')
    await juliet.settle()
    await juliet.sawAllOf(romeo.jid)
  })

  test(`${make.name} comes back too late`, { skip: skipped(make) }, async (t) => {
    const theatre = await Theatre.open(t, { 'stream-management': { 'resume-time': '1 s' } })
    const { line, romeo, juliet } = await meet(t, theatre, make)
    line.cut()
    await romeo.next('closed', '')
    await juliet.say(romeo.jid, 'Art thou there?')
    await juliet.seesOffline(romeo.jid)
    await assert.rejects(romeo.resume(), /session-over/)
    await romeo.logIn()
    await juliet.sees(romeo.jid, 'online', '')
    await romeo.reads(juliet.jid, 'Art thou there?')
  })

  test(`a server that stops keeps what ${make.name} has not got`, { skip: skipped(make) }, async (t) => {
    const theatre = await Theatre.open(t)
    const { line, romeo, juliet } = await meet(t, theatre, make)
    line.cut()
    await romeo.next('closed', '')
    for (let i = 0; i < 20; i++) await juliet.say(romeo.jid, `${i}`)
    await juliet.settle()
    assert.equal(await theatre.server.stop(), 0)
    await theatre.server.start()
    await assert.rejects(romeo.resume(), /session-over/)
    await romeo.logIn()
    for (let i = 0; i < 20; i++) await romeo.reads(juliet.jid, `${i}`)
  })
}

const soon = (): Promise<false> => new Promise((resolve) => void setTimeout(resolve, 5, false))

/** Until a session waits for its client. */
async function pause({ server }: Theatre): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const metrics = await (await fetch(`http://127.0.0.1:${server.monitoringPort}/metrics`)).text()
    return /^porchlight_sessions_paused 1$/m.test(metrics)
  }
  const wait = async (): Promise<void> => {
    while (!(await isThere())) await soon()
  }
  await within(PATIENCE_MS, 'a session to wait for its client', wait())
}
