/** A roster that was changed in the database by somebody else: what a client asks for is decided again on that. */
import assert from 'node:assert/strict'
import { SqlRosters } from '../../src/storage/rosters.ts'
import { itemOf, setting } from '../../src/storage/testing.ts'
import { bareOf, storyOn, type Cast } from '../support/story.ts'
import { done, item, push, rosterGet, rosterResult, rosterSet } from '../support/stanzas.ts'
import { refusal } from '../support/xml-pattern.ts'

const story = storyOn('memory')
const ALICE = bareOf('alice')
const [BOB, CAROL, DAVE] = [bareOf('bob'), bareOf('carol'), bareOf('dave')]
const NONE = `subscription='none'`

/** What another server on the same database does. */
async function elsewhere(cast: Cast, contact: string, name: string): Promise<void> {
  const { database, clock } = cast.server.host
  const rosters = new SqlRosters(database, clock, 'another')
  const { version } = await rosters.load(ALICE)
  await rosters.save(ALICE, setting(itemOf(contact, { name }), version + 1))
}

story(
  'RFC 6121 2.1.6: a change on an outdated roster is decided again; the client hears of what was changed elsewhere',
  async (cast) => {
    const alice = await cast.client('alice', '1')
    alice.send(rosterSet('1', item(BOB, `name='Bob'`)))
    await alice.expect(push(BOB, `name='Bob' ${NONE}`), done('1'))
    await elsewhere(cast, BOB, 'Robert')
    await elsewhere(cast, CAROL, 'Carol')
    alice.send(rosterSet('2', item(DAVE, `name='Dave'`)))
    await alice.expect(
      push(BOB, `name='Robert' ${NONE}`),
      push(CAROL, `name='Carol' ${NONE}`),
      push(DAVE, `name='Dave' ${NONE}`),
      done('2'),
    )
    const all = [item(BOB, `name='Robert' ${NONE}`), item(CAROL, `name='Carol' ${NONE}`), item(DAVE, `name='Dave' ${NONE}`)]
    await alice.ask(rosterGet('3'), rosterResult('3', ...all))
  },
)

story('A roster that is changed elsewhere each time is refused after three decisions, and the session lives', async (cast) => {
  const alice = await cast.client('alice', '1')
  const { rosters } = cast.server.stores
  const save = rosters.save.bind(rosters)
  let decisions = 0
  rosters.save = async (...change) => {
    await elsewhere(cast, BOB, `Bob ${++decisions}`)
    return save(...change)
  }
  alice.send(rosterSet('1', item(CAROL, '')))
  await alice.expect(push(BOB, `name='Bob 1' ${NONE}`), push(BOB, `name='Bob 2' ${NONE}`))
  await alice.expect(refusal('iq', `id='1'`, 'wait', 'internal-server-error'))
  assert.equal(decisions, 3)
  assert.equal(cast.server.takeErrors().length, 1, 'the log says why')
  rosters.save = save
  alice.send(rosterSet('2', item(CAROL, '')))
  await alice.expect(push(BOB, `name='Bob 3' ${NONE}`), push(CAROL, NONE), done('2'))
})
