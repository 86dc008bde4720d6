/**
 * `porchlight restart` under real clients: the process is the same, the program begins anew, and sessions live on. A
 * client with stream management resumes and has lost nothing; its contact sees no change at all.
 */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { portFor, type DrivenPerson } from './driven.ts'
import { Line } from './line.ts'
import { slixmpp } from './makes.ts'
import { becomeContacts, skipped, Theatre } from './stories.ts'

/** On a line that leads to the server's port of the moment. */
async function managed(t: TestContext, theatre: Theatre, name: string): Promise<{ person: DrivenPerson; line: Line }> {
  const person = await theatre.person(t, slixmpp, name)
  const line = await Line.open(t, () => portFor(person.security, theatre.server))
  person.managed = true
  person.port = line.port
  return { person, line }
}

test('slixmpp and a server that is restarted', { skip: skipped(slixmpp) }, async (t) => {
  const theatre = await Theatre.open(t)
  const { server } = theatre

  await t.test('both resume: what was said has come once and in order, and neither saw the other go', async (t) => {
    const [{ person: romeo, line }, { person: juliet }] = [
      await managed(t, theatre, 'romeo'),
      await managed(t, theatre, 'juliet'),
    ]
    await becomeContacts(romeo, juliet)
    await juliet.show('dnd', 'at the window')
    await romeo.sees(juliet.jid, 'dnd', 'at the window')
    await Promise.all([romeo.settle(), juliet.settle()])
    line.cut()
    await romeo.next('closed', '')
    for (let i = 0; i < 10; i++) await juliet.say(romeo.jid, `${i}`)
    await juliet.settle()
    const { pid } = server
    await server.restart()
    await juliet.next('closed', '')
    assert.equal(server.pid, pid)
    await juliet.resume()
    for (let i = 10; i < 20; i++) await juliet.say(romeo.jid, `${i}`)
    await juliet.settle()
    await romeo.resume()
    for (let i = 0; i < 20; i++) await romeo.reads(juliet.jid, `${i}`)
    await romeo.say(juliet.jid, 'Here')
    await juliet.reads(romeo.jid, 'Here')
    await Promise.all([romeo.settle(), juliet.settle()])
    assert.deepEqual(romeo.unread('message'), [])
    await juliet.sawAllOf(romeo.jid)
    await romeo.sawAllOf(juliet.jid)
  })
})
