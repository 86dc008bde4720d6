/**
 * Somebody has more contacts at one domain than may wait for a stream to it, and there is no stream yet: what finds no room is
 * said in portions once there is one.
 */
import assert from 'node:assert/strict'
import { A, B, federation, type Realm } from '../support/two-servers.ts'
import { jid } from '../../src/xmpp/jid.ts'
import type { StoryClient } from '../support/story-client.ts'

const WATCHER = `w@${A}`
const CROWD = 12
/** One user may have half of it. */
const small = { a: { federation: { 'queue-stanzas': CROWD / 2 } } }
const MANY = 2100

const addresses = (count: number): string[] => Array.from({ length: count }, (_, i) => `c${i}@${B}`)

/** All of them are there, and the servers have parted as they should. */
async function crowded(realm: Realm): Promise<readonly StoryClient[]> {
  realm.isTogether = false // no fence of the story opens the link
  for (const c of addresses(CROWD)) await realm.rosters([WATCHER, c, 'both'], [c, WATCHER, 'both'])
  const crowd: StoryClient[] = []
  for (const c of addresses(CROWD)) crowd.push(await realm.client(`${c}/1`))
  await part(realm)
  return crowd
}
async function part(realm: Realm): Promise<void> {
  for (const stream of realm.a.streams()) stream.close(null)
  await realm.until('they have parted', () => realm.a.streams().length + realm.b.streams().length === 0)
  assert.equal(realm.a.stateOf(B), 'idle')
}
/** Presence stanzas that have come to it, by who sent them. */
const presences = (client: StoryClient): readonly string[] =>
  client
    .take()
    .filter(({ name }) => name === 'presence')
    .map((xml) => `${xml.attr('type') ?? 'available'} ${xml.attr('from')!}`)
    .toSorted()

/** Logs in; what it gets is still to be read. */
async function login(realm: Realm, user: string): Promise<StoryClient> {
  const client = await realm.client(`${user}/1`, { presence: null })
  assert.equal(realm.a.stateOf(B), 'idle')
  client.send('<presence/>')
  await realm.pass(10_000)
  return client
}

federation(
  '4.3.1, 4.4.2: whoever logs in is shown all contacts there, and all of them see it, each once',
  small,
  async (realm) => {
    const crowd = await crowded(realm)
    const watcher = await login(realm, WATCHER)
    const seen = [...crowd.map((c) => c.jid), watcher.jid].map((from) => `available ${from}`)
    assert.deepEqual(presences(watcher), seen.toSorted())
    for (const c of crowd) assert.deepEqual(presences(c), [`available ${watcher.jid}`])
    assert.deepEqual([realm.a.news, realm.b.news], [[], []], 'nothing was broken')
  },
)

federation('4.5.2: whoever goes is shown as gone to all contacts there', small, async (realm) => {
  const crowd = await crowded(realm)
  const watcher = await login(realm, WATCHER)
  for (const client of [...crowd, watcher]) client.take()
  await part(realm)
  watcher.send(`<presence type='unavailable'/>`)
  await realm.pass(10_000)
  for (const c of crowd) assert.deepEqual(presences(c), [`unavailable ${watcher.jid}`])
  watcher.take()
})

federation('4.3.1: with the settings that are the default, the last of more than 2000 contacts is shown', async (realm) => {
  realm.isTogether = false
  const { stores } = realm.a.story
  const contacts = addresses(MANY)
  await realm.rosters([WATCHER, contacts[0]!, 'both'])
  const { version } = await stores.rosters.load(WATCHER)
  const saving = contacts.slice(1).map((c, i) => {
    const item = { jid: jid(c), name: '', groups: [], subscription: 'both', ask: false, approved: false } as const
    return stores.rosters.save(WATCHER, { contact: item.jid, item, pending: null, version: version + 1 + i, pushed: true })
  })
  await Promise.all([...saving, ...contacts.map((c) => realm.b.story.contact(c, WATCHER, 'both'))])
  const last = await realm.client(`${contacts.at(-1)!}/1`)
  await part(realm)
  const watcher = await login(realm, WATCHER)
  await realm.pass(20_000, 5000)
  const seen = presences(watcher)
  assert.equal(seen.length, MANY + 1, 'each, and itself')
  assert(seen.includes(`available ${last.jid}`))
  assert.deepEqual(presences(last), [`available ${watcher.jid}`])
})
