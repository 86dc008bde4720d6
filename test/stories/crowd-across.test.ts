/**
 * Many contacts behind one link that was broken: asking for all of them anew takes longer than any of them is given to
 * answer, because a server takes only so much in a second. Whom a queue hides is not gone, and messages do not wait.
 */
import assert from 'node:assert/strict'
import { A, B, federation, type Realm } from '../support/two-servers.ts'
import type { StoryClient } from '../support/story-client.ts'

const PER_SECOND = 10
const WATCHERS = 3
const CROWD = 60
const slow = { federation: { 'stanzas-per-second': PER_SECOND } }
const setting = { a: slow, b: slow }
/** Stanzas between two servers that may be before a message: what the pass of each has under way, and the answers to the other's. */
const AHEAD_MAX = 100

interface Crowd {
  readonly watchers: readonly StoryClient[]
  readonly crowd: readonly StoryClient[]
}
const numbered = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => name.replace('#', `${i}`))

/** All of those here see all of those there, and the other way round. */
async function crowded(realm: Realm): Promise<Crowd> {
  const [here, there] = [numbered('w#@a.example', WATCHERS), numbered('c#@b.example', CROWD)]
  for (const w of here) for (const c of there) await realm.rosters([w, c, 'both'], [c, w, 'both'])
  realm.isTogether = false // their fences would take part in the queue
  const login = async (users: readonly string[]): Promise<StoryClient[]> => {
    const clients: StoryClient[] = []
    for (const user of users) clients.push(await realm.client(`${user}/1`))
    return clients
  }
  const crowd = await login(there)
  const watchers = await login(here)
  await realm.pass(60_000, 5000)
  for (const client of [...crowd, ...watchers]) client.take()
  return { watchers, crowd }
}
/** The link is away for a while that nobody is told of. */
async function blip(realm: Realm, meanwhile = (): void => {}): Promise<void> {
  realm.zone.isDown = true
  for (const stream of realm.a.streams()) stream.destroy()
  await realm.until('b.example has noticed', () => realm.b.streams().length === 0)
  meanwhile()
  await realm.pass(8000)
  realm.zone.isDown = false
}
const unavailable = (clients: readonly StoryClient[]): readonly string[] =>
  clients.flatMap((client) =>
    client
      .take()
      .filter((xml) => xml.attr('type') === 'unavailable')
      .map((xml) => xml.attr('from')!),
  )

federation(
  'Unknown is not offline: a crowd whose answers wait in queues is not shown as gone; who has gone is',
  setting,
  async (realm) => {
    const { watchers, crowd } = await crowded(realm)
    const lost = crowd[0]!
    await blip(realm, () => lost.drop())
    await realm.pass(300_000, 5000)
    assert.deepEqual([realm.a.news, realm.b.news], [[`link-mended ${B}`], [`link-mended ${A}`]])
    assert.deepEqual(new Set(unavailable(watchers)), new Set([lost.jid]))
    assert.deepEqual(unavailable(crowd), [])
  },
)

federation('10.1: messages do not wait behind a crowd that is asked for anew', setting, async (realm) => {
  const { watchers, crowd } = await crowded(realm)
  await blip(realm)
  await realm.pass(20_000)
  const [from, to] = [crowd[7]!, watchers[1]!]
  from.send(`<message to='${to.jid}' type='chat' id='quick'><body>now</body></message>`)
  let waited = 0
  for (; waited < 200_000; waited += 500) {
    await realm.pass(500, 500)
    if (to.take().some((xml) => xml.attr('id') === 'quick')) break
  }
  assert(waited <= (AHEAD_MAX / PER_SECOND) * 1000, `the message took ${waited} ms`)
  for (const client of [...crowd, ...watchers]) client.take()
})
