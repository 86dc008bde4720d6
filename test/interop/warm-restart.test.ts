/**
 * `porchlight restart` under real clients: the process is the same, the program begins anew, and sessions live on. A
 * client with stream management resumes and has lost nothing; its contact sees no change at all.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { ServerProcess } from '../support/server-process.ts'
import { within } from '../support/within.ts'
import { portFor, type DrivenPerson } from './driven.ts'
import { Line } from './line.ts'
import { slixmpp } from './makes.ts'
import { PATIENCE_MS } from './person.ts'
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

  await t.test('killed: who was away resumes with all that had come; who logs in anew was never gone', async (t) => {
    const [{ person: romeo }, { person: juliet, line }] = [
      await managed(t, theatre, 'benvolio'),
      await managed(t, theatre, 'rosaline'),
    ]
    await becomeContacts(romeo, juliet)
    await Promise.all([romeo.settle(), juliet.settle()])
    line.cut()
    await juliet.next('closed', '')
    for (let i = 0; i < 5; i++) await romeo.say(juliet.jid, `${i}`)
    await romeo.settle()
    await isWritten(server, juliet.jid, '<body>4</body>')
    await isWritten(server, romeo.jid, '')
    await server.kill()
    await romeo.next('closed', '')
    await server.start()
    await assert.rejects(romeo.resume(), /session-over/)
    await romeo.show('online', '') // it has bound a resource on the same stream
    await romeo.settle()
    await juliet.resume()
    for (let i = 0; i < 5; i++) await juliet.reads(romeo.jid, `${i}`)
    await juliet.sees(romeo.jid, 'online', '')
    await juliet.seesOffline(romeo.jid) // the resource of before, when there is another
    await Promise.all([romeo.settle(), juliet.settle()])
    assert.deepEqual(juliet.unread('message'), [])
    await juliet.sawAllOf(romeo.jid)
  })
})

/** The server never asks clients how many stanzas they have handled. */
const UNASKED = { 'stream-management': { 'ask-after': '1 day', 'ask-after-stanzas': 100 } }

test(
  'slixmpp and a server that is killed: what a connected client has not acknowledged comes again, once',
  { skip: skipped(slixmpp) },
  async (t) => {
    const theatre = await Theatre.open(t, UNASKED)
    const { server } = theatre
    const [{ person: romeo }, { person: juliet }] = [await managed(t, theatre, 'romeo'), await managed(t, theatre, 'juliet')]
    await becomeContacts(romeo, juliet)
    await Promise.all([romeo.settle(), juliet.settle()])
    for (const { jid } of [romeo, juliet]) await isWritten(server, jid, '')
    await isStored(server)
    for (let i = 0; i < 5; i++) await romeo.say(juliet.jid, `${i}`)
    for (let i = 0; i < 5; i++) await juliet.reads(romeo.jid, `${i}`)
    await server.kill()
    for (const person of [romeo, juliet]) await person.next('closed', '')
    await server.start()
    await assert.rejects(juliet.resume(), /session-over/)
    await juliet.show('online', '')
    for (let i = 0; i < 5; i++) await juliet.reads(romeo.jid, `${i}`)
    await juliet.acknowledge()
    await juliet.logOut()
    await juliet.logIn()
    await juliet.settle()
    assert.deepEqual(juliet.unread('message'), [])
  },
)

/** Until so much is on disk of the session of that account. */
const isWritten = (server: ServerProcess, account: string, text: string): Promise<void> =>
  isOnDisk(
    server,
    `the session of ${account}`,
    'select state from kept_session where owner = :owner union all select state from kept_piece where owner = :owner',
    { owner: account },
    text,
  )
/** Until it is on disk when sessions were last written down. */
const isStored = (server: ServerProcess): Promise<void> =>
  isOnDisk(server, 'the time of it', "select state from kept_state where holder = 'stream-management'", {}, 'running')

async function isOnDisk(
  { directory }: ServerProcess,
  what: string,
  query: string,
  values: Record<string, string>,
  text: string,
): Promise<void> {
  const database = new DatabaseSync(join(directory, 'data', 'porchlight.db'), { readOnly: true })
  try {
    const find = database.prepare(query)
    const look = async (): Promise<void> => {
      while (!find.all(values).some((row) => String(row['state']).includes(text))) await setTimeout(20)
    }
    await within(PATIENCE_MS, `${what} to be written down`, look())
  } finally {
    database.close()
  }
}
