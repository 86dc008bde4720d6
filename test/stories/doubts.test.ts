/** What the operator is told of the annotations in force (XEP-0310 4.1, 4.2): those that clients are told just then. */
import assert from 'node:assert/strict'
import { asking, comeBack, lose, says } from '../support/annotations.ts'
import { ANNOUNCED_MS, Elsewhere } from '../support/elsewhere.ts'
import { gone, here } from '../support/stanzas.ts'
import { bareOf, DOMAIN, story, type Cast, type Setting } from '../support/story.ts'

const SM = { 'ask-after': '1 day', 'ask-after-stanzas': 100_000, 'resume-time': '1 hour' }
const inMemory: Setting = { on: ['memory'], settings: { 'stream-management': SM } }
const ORCHARD = 'juliet@b.example/orchard'
const SECOND = 1000

const doubts = ({ server }: Cast): readonly object[] => [...server.host.witnesses.doubts()]

story('4.2: a paused session, with how many were told, until it is back', inMemory, async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  await cast.befriend('benvolio', 'mercutio')
  const benvolio = await cast.client('benvolio', 'lane')
  const [romeo, mercutio] = [await asking(cast, 'romeo/1'), await asking(cast, 'mercutio/1')]
  await cast.client('romeo', '2')
  await cast.forget()
  const since = cast.server.clock.now()
  const id = await lose(cast, benvolio)
  assert.deepEqual(doubts(cast), [], 'it may be back at once')
  await cast.advance(3 * SECOND)
  for (const client of [romeo, mercutio]) await client.expect(here(benvolio.jid, says(DOMAIN, 'connection-paused')))
  const paused = { about: benvolio.jid, why: 'connection-paused', since, told: 2 }
  assert.deepEqual(doubts(cast), [paused])
  await mercutio.close()
  await cast.forget()
  assert.deepEqual(doubts(cast), [{ ...paused, told: 1 }])
  await comeBack(cast, benvolio, id)
  await cast.forget()
  assert.deepEqual(doubts(cast), [])
})

story('4.1: a lost link, with how many presences are doubted, until it is mended', inMemory, async (cast) => {
  await cast.rosters(['romeo', 'juliet@b.example', 'both'])
  const b = new Elsewhere(cast)
  const romeo = await asking(cast, 'romeo/1')
  await b.send(`<presence from='${ORCHARD}' to='${bareOf('romeo')}'/>`)
  await cast.forget()
  b.cut()
  await cast.advance(ANNOUNCED_MS)
  await romeo.expect(here(ORCHARD, says(DOMAIN, 'server-unavailable')))
  const [link] = [...cast.server.host.links.all()]
  assert.deepEqual(doubts(cast), [{ about: 'b.example', why: 'server-unavailable', since: link!.lostSince!, told: 1 }])
  b.restore()
  await cast.advance(60 * SECOND)
  await romeo.expect(gone(ORCHARD))
  assert.deepEqual(doubts(cast), [])
})
