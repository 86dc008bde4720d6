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

story('VC-20, PRIV-20: a card and private data that meet a full disk are refused, and what was there stays', async (cast) => {
  const alice = await cast.client('alice', '1')
  const { database } = cast.server.host
  const card = (inside: string): string => `<vCard xmlns='vcard-temp'>${inside}</vCard>`
  const kept = (inside: string): string => `<query xmlns='jabber:iq:private'><x xmlns='urn:x'>${inside}</x></query>`
  const set = (payload: string): string => `<iq type='set' id='s'>${payload}</iq>`
  const get = (payload: string): string => `<iq type='get' id='g'>${payload}</iq>`
  alice.send(set(card('<FN>A</FN>')), set(kept('old')))
  await alice.expect(`<iq type='result' id='s'/>`, `<iq type='result' id='s'/>`)
  await full(database)
  const tooMuch = refusal('iq', `id='s'`, 'wait', 'resource-constraint')
  alice.send(set(card(`<FN>${LARGE}${LARGE}</FN>`)), set(kept(LARGE + LARGE)))
  await alice.expect(tooMuch, tooMuch)
  assert.notEqual(cast.server.takeErrors().length, 0, 'the log says why')
  alice.send(get(card('')), get(kept('')))
  await alice.expect(`<iq type='result' id='g'>${card('<FN>A</FN>')}</iq>`, `<iq type='result' id='g'>${kept('old')}</iq>`)
  await roomy(database)
  alice.send(set(card('<FN>B</FN>')), get(card('')))
  await alice.expect(`<iq type='result' id='s'/>`, `<iq type='result' id='g'>${card('<FN>B</FN>')}</iq>`)
})

story(
  'RFC 6120 8.3.3.18: what is for somebody outside the roster comes back while the disk is full, and passes later',
  async (cast) => {
    await cast.rosters(['bob', 'alice', 'both'], ['alice', 'bob', 'both'])
    const [alice, bob, carol] = await cast.clients('alice/1', 'bob/1', 'carol/1')
    const { database } = cast.server.host
    const isRefused = async (to: string): Promise<boolean> => {
      alice.send(chat(to, 'hello', 'z'))
      return (await alice.next('an answer')).show().includes('resource-constraint')
    }
    await full(database)
    // Until the page has no room for another address like hers
    for (const length of [900, 300, 100, 30, 1])
      for (let i = 0; !(await isRefused(`carol${'0'.repeat(length)}${i}@b.example`)); i += 1) assert(i < 200)
    const stranger = chat(carol.jid, 'hello', 'm')
    alice.send(chat(bob.jid, 'hello', 'f'), stranger, `<iq type='set' id='i' to='${carol.jid}'><x xmlns='urn:x'/></iq>`)
    await bob.expect(`<message type='chat' id='f' from='${alice.jid}'>*</message>`)
    await alice.expect(refusal('message', `id='m' from='${carol.jid}'`, 'wait', 'resource-constraint'))
    await alice.expect(refusal('iq', `id='i' from='${carol.jid}'`, 'wait', 'resource-constraint'))
    assert.notEqual(cast.server.takeErrors().length, 0, 'the log says why')
    await roomy(database)
    alice.send(stranger)
    await carol.expect(`<message type='chat' id='m' from='${alice.jid}'>*</message>`)
  },
)
