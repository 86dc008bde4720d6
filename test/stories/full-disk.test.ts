/** The disk is full: each stanza that needs it is refused, and nothing else is lost. */
import assert from 'node:assert/strict'
import type { Database } from '../../src/server/database.ts'
import { bareOf, storyOn } from '../support/story.ts'
import { BOB, chat } from '../support/stream-management.ts'
import { refusal } from '../support/xml-pattern.ts'

const story = storyOn('memory')
const LARGE = 'x'.repeat(6000)

const pragma = async (database: Database, text: string): Promise<number> =>
  Number(Object.values((await database.read<Record<string, number>>({ sql: `pragma ${text}`, parameters: [] }))[0]!)[0])
/** No page more than there are. */
async function full(database: Database): Promise<void> {
  await pragma(database, `max_page_count = ${await pragma(database, 'page_count')}`)
}
const roomy = (database: Database): Promise<number> => pragma(database, 'max_page_count = 100000')

story('RFC 6120 8.3.3.18: what meets a full disk is refused, its sender stays, and it works when there is room', async (cast) => {
  await cast.rosters(['bob', 'alice', 'both'], ['alice', 'bob', 'both'])
  for (const user of ['bob', 'carol']) await cast.server.account(bareOf(user))
  const [alice] = await cast.clients('alice/1')
  const { database } = cast.server.host
  const subscribe = `<presence type='subscribe' id='s' to='${bareOf('carol')}'><status>${LARGE}</status></presence>`
  const message = chat(BOB, LARGE, 'm')
  await full(database)
  alice.send(subscribe, message)
  await alice.expectAll(
    refusal('presence', `id='s' from='${bareOf('carol')}'`, 'wait', 'resource-constraint'),
    refusal('message', `id='m' from='${BOB}'`, 'wait', 'resource-constraint'),
  )
  assert.notEqual(database.trouble, null)
  assert.notEqual(cast.server.takeErrors().length, 0, 'the log says why')
  await roomy(database)
  alice.send(subscribe, message)
  await alice.expect(
    `<iq type='set' from='${alice.bare}' id='*'><query xmlns='jabber:iq:roster' ver='*'><item jid='${bareOf('carol')}' ask='subscribe' subscription='none'/></query></iq>`,
  )
  assert.equal(database.trouble, null)
  alice.take()
})
