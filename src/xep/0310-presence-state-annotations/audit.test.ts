/** What the audit finds, and that it finds nothing where nothing is wrong. */
import assert from 'node:assert/strict'
import type { Connector } from '../../server/links/links.ts'
import type { ManualClock } from '../../base/manual-clock.ts'
import { commandsOf, runCommand } from '../../admin/command.ts'
import { explainCommand, type Explanation } from '../../admin/explain-commands.ts'
import { asking, lose } from '../../../test/support/annotations.ts'
import { Elsewhere } from '../../../test/support/elsewhere.ts'
import { packetOf, storyOn, type Cast } from '../../../test/support/story.ts'
import type { StoryClient } from '../../../test/support/story-client.ts'

const story = storyOn('memory')
const MINUTE = 60_000
/** Until what is wrong is found: the next look, and the second one after it. */
const FOUND = MINUTE + 15_000
const SM = { settings: { 'stream-management': { 'resume-time': '10 minutes' } } }

const value = (cast: Cast, what: string): number =>
  cast.server.host.metrics.counters.find(({ name }) => name === `porchlight_audit_${what}_total`)!.value
const counts = (cast: Cast): readonly number[] => ['ghosts', 'leaks', 'flaps', 'false_offline'].map((what) => value(cast, what))
/** The client is sent what nobody has sent it. */
function forge(cast: Cast, to: StoryClient, xml: string): void {
  const session = cast.server.host.accounts.get(to.bare)!.session(to.jid.slice(to.bare.length + 1))!
  session.take(packetOf(xml))
}
/** What the operator is told of what `watcher` sees of `contact`. */
async function explained(cast: Cast, watcher: string, contact: string): Promise<readonly string[]> {
  const commands = commandsOf(explainCommand(cast.server.host))
  const { reasons } = (await runCommand(commands, 'explain.presence', { watcher, contact })) as Explanation
  return reasons.map(({ words }) => words)
}
/** What was logged; the story has seen it. */
const logged = (cast: Cast): readonly Record<string, unknown>[] =>
  (cast.server.errors as object[]).splice(0) as Record<string, unknown>[]

story('audit: where nothing is wrong it looks and finds nothing', SM, async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  await cast.rosters(['romeo', 'juliet@b.example', 'both'])
  const romeo = await asking(cast, 'romeo/1')
  const b = new Elsewhere(cast)
  const benvolio = await cast.client('benvolio', 'lane')
  const stranger = await cast.client('stranger', 'x')
  stranger.send(`<presence to='${romeo.jid}'/>`)
  await b.send(`<presence from='juliet@b.example/orchard' to='${romeo.bare}'/>`)
  await cast.advance(FOUND)
  await lose(cast, benvolio)
  await b.lose()
  await cast.advance(FOUND)
  b.restore()
  await cast.advance(FOUND)
  await cast.forget()
  assert.deepEqual(counts(cast), [0, 0, 0, 0])
  assert.ok(value(cast, 'presences_checked') >= 9)
})

story('audit: a ghost is counted and logged once, with what happened before', async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const romeo = await asking(cast, 'romeo/1')
  const benvolio = await cast.client('benvolio', 'lane')
  benvolio.send(`<presence type='unavailable'/>`)
  await cast.forget()
  forge(cast, romeo, `<presence from='${benvolio.jid}' to='${romeo.bare}'><status>secret</status></presence>`)
  await cast.advance(FOUND)
  assert.deepEqual(counts(cast), [1, 0, 0, 0])
  const [error, ...more] = logged(cast)
  assert.deepEqual(more, [])
  assert.equal(error!['promised'], 'no ghost')
  assert.deepEqual([error!['watcher'], error!['contact']], [romeo.jid, benvolio.jid])
  assert.deepEqual(
    (error!['events'] as { event: string; who: string }[]).map(({ event, who }) => `${who} ${event}`),
    [`${romeo.bare} came`, `${benvolio.bare} came`, `${benvolio.bare} went`],
  )
  assert.doesNotMatch(JSON.stringify(error), /secret/)
  await cast.advance(5 * MINUTE)
  assert.deepEqual(counts(cast), [1, 0, 0, 0])
  await cast.forget()
})

story('audit: what is right a moment later was never wrong', async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const romeo = await asking(cast, 'romeo/1')
  const benvolio = await cast.client('benvolio', 'lane')
  benvolio.send(`<presence type='unavailable'/>`)
  await cast.forget()
  const presence = `<presence from='${benvolio.jid}' to='${romeo.bare}'/>`
  forge(cast, romeo, presence)
  await cast.advance(MINUTE)
  forge(cast, romeo, presence.replace('<presence', `<presence type='unavailable'`))
  await cast.advance(FOUND)
  assert.deepEqual(counts(cast), [0, 0, 0, 0])
  await cast.forget()
})

story('audit: a leak', async (cast) => {
  const romeo = await asking(cast, 'romeo/1')
  const tybalt = await cast.client('tybalt', 'square')
  forge(cast, romeo, `<presence from='${tybalt.jid}' to='${romeo.bare}'/>`)
  await cast.advance(FOUND)
  assert.deepEqual(counts(cast), [0, 1, 0, 0])
  assert.deepEqual(
    logged(cast).map(({ promised, contact }) => [promised, contact]),
    [['no leak', tybalt.jid]],
  )
  await cast.forget()
})

story('audit: a false offline here, in the words of explain too', async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const romeo = await asking(cast, 'romeo/1')
  const benvolio = await cast.client('benvolio', 'lane')
  forge(cast, romeo, `<presence type='unavailable' from='${benvolio.bare}' to='${romeo.bare}'/>`)
  await cast.advance(FOUND)
  assert.deepEqual(counts(cast), [0, 0, 0, 1])
  assert.deepEqual(
    logged(cast).map(({ promised, contact }) => [promised, contact]),
    [['no false offline', benvolio.jid]],
  )
  const said = await explained(cast, romeo.bare, benvolio.bare)
  assert(said.some((words) => /client 1 is shown lane as gone, though it is available: that is a false offline/.test(words)))
  await cast.advance(5 * MINUTE)
  assert.deepEqual(counts(cast), [0, 0, 0, 1])
  await cast.forget()
})

story('RFC 6121 4.6.3: who tells a contact directly that they have gone is not shown falsely', async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const romeo = await asking(cast, 'romeo/1')
  const benvolio = await cast.client('benvolio', 'lane')
  benvolio.send(`<presence type='unavailable' to='${romeo.bare}'/>`)
  await cast.advance(FOUND)
  assert.deepEqual(counts(cast), [0, 0, 0, 0])
  await cast.forget()
})

story(
  'audit: a false offline from elsewhere: the other server is asked once more, and clients are shown what is so',
  async (cast) => {
    await cast.rosters(['romeo', 'juliet@b.example', 'both'])
    const romeo = await asking(cast, 'romeo/1')
    const b = new Elsewhere(cast)
    const orchard = `<presence from='juliet@b.example/orchard' to='${romeo.bare}'/>`
    const late = `<presence type='unavailable' from='juliet@b.example' to='${romeo.bare}'/>`
    await b.send(orchard)
    await b.take()
    await b.send(late)
    await b.expect(`<presence type='probe' from='${romeo.bare}' to='juliet@b.example'/>`)
    await b.send(orchard)
    assert.equal(romeo.take().at(-1)!.attr('type'), undefined)
    assert.deepEqual(counts(cast), [0, 0, 0, 1])
    assert.deepEqual(
      logged(cast).map(({ promised, contact }) => [promised, contact]),
      [['no false offline', 'juliet@b.example/orchard']],
    )
    const said = await explained(cast, romeo.bare, 'juliet@b.example')
    assert(said.some((words) => /it has said that it is there: that was a false offline/.test(words)))
    await b.send(late, late) // it is asked once in a while
    await b.expectNothing()
    await cast.advance(MINUTE)
    await b.send(orchard, late)
    await b.expect(`<presence type='probe' from='${romeo.bare}' to='juliet@b.example'/>`)
    await b.send(late) // so it is
    await cast.advance(FOUND)
    assert.deepEqual(counts(cast), [0, 0, 0, 1])
    await cast.forget()
  },
)

story('audit: the same stanza twice, unless the client has asked for it', async (cast) => {
  await cast.befriend('benvolio', 'romeo')
  const romeo = await asking(cast, 'romeo/1')
  const benvolio = await cast.client('benvolio', 'lane', { presence: '<presence><show>away</show></presence>' })
  const { host } = cast.server
  const session = host.accounts.get(romeo.bare)!.session('1')!
  const presence = host.accounts.get(benvolio.bare)!.session('lane')!.presence!.addressedTo(session.account.bare)
  await cast.advance(1000)
  romeo.send(`<presence type='probe' to='${benvolio.bare}'/>`)
  await cast.advance(1000)
  assert.deepEqual(counts(cast), [0, 0, 0, 0])
  session.take(presence)
  assert.deepEqual(counts(cast), [0, 0, 0, 0], 'right after the question it may be the answer')
  await cast.advance(1000)
  session.take(presence)
  assert.deepEqual(counts(cast), [0, 0, 1, 0])
  assert.equal(logged(cast)[0]!['promised'], 'no flap')
  await cast.forget()
})

story('audit: who asks to see somebody once more is told once more, which is no flap', async (cast) => {
  // Romeo's roster has lost what Benvolio's knows: RFC 6121 3.1.3 rule 2
  await cast.rosters(['romeo', 'benvolio@a.example', 'from'], ['benvolio', 'romeo@a.example', 'both'])
  const romeo = await asking(cast, 'romeo/1')
  await cast.advance(MINUTE)
  const benvolio = await cast.client('benvolio', 'lane', { presence: '<presence><show>away</show></presence>' })
  await cast.advance(MINUTE)
  await cast.forget()
  romeo.send(`<presence type='subscribe' to='${benvolio.bare}'/>`)
  await cast.settle()
  const told = romeo.take().filter(({ name }) => name === 'presence')
  assert.deepEqual(
    told.map((xml) => xml.attr('type') ?? xml.attr('from')),
    ['subscribed', benvolio.jid],
  )
  assert.deepEqual(counts(cast), [0, 0, 0, 0])
})

/**
 * Of a link that is lost again at once: when that is announced.
 * @param dampMs from one time to the next, as the link takes it @param lateMs until the audit hears of the first time
 */
async function announcements(cast: Cast, dampMs: number, lateMs: number): Promise<readonly number[]> {
  await cast.rosters(['romeo', 'juliet@c.example', 'both'])
  const { clock, host } = cast.server
  const times = { ...host.links.times, graceMs: 0, dampMs }
  const announced: number[] = []
  host.on('link-down', () => void announced.push(clock.now()))
  const connector: Connector = {
    connect: () => link.failed(),
    isWanted() {
      if (announced.length === 0) (clock as ManualClock).advance(lateMs)
      return true
    },
    heardAt: () => null,
  }
  const link = host.links.of('a.example', 'c.example', connector, times)
  await asking(cast, 'romeo/1')
  for (let time = 0; time < 2; time++) {
    link.opened()
    link.closed(false)
    await cast.advance(3000)
  }
  await cast.advance(2 * MINUTE)
  await cast.forget()
  return announced
}

story(
  'audit: a loss that is announced again when it may be is no flap, though the clock is read a moment later',
  async (cast) => {
    const [first, second] = await announcements(cast, MINUTE, 25)
    assert(second! - first! < MINUTE && second! - first! > MINUTE - 1000, `${second! - first!} ms from one to the other`)
    assert.deepEqual(counts(cast), [0, 0, 0, 0])
  },
)

story('audit: a loss that is announced again before it may be is a flap', async (cast) => {
  assert.equal((await announcements(cast, 10_000, 0)).length, 2)
  assert.deepEqual(counts(cast), [0, 0, 1, 0])
  assert.equal(logged(cast)[0]!['promised'], 'no flap')
})
