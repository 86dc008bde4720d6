/**
 * Two users with an unmodified `stanza`: nickname, mood, avatar, bookmarks, the keys of OMEMO, and a node of the service (T-E21).
 *
 *     node eventing.ts ALICE BOB PASSWORD HOST PORT SERVICE
 *
 * Prints one JSON object: what each step has led to.
 */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { createClient, type Agent } from 'stanza'

const [ALICE, BOB, PASSWORD, HOST, PORT, SERVICE] = process.argv.slice(2) as [string, string, string, string, string, string]
const DEVICES = 'eu.siacs.conversations.axolotl.devicelist'
const MOOD = 'http://jabber.org/protocol/mood'
const PICTURE = Buffer.from('not really a picture')
const HASH = createHash('sha1').update(PICTURE).digest('hex')
// What it finds remarkable would stand in the output
const print = console.log
console.log = console.error

const heard: unknown[] = []
const told: Record<string, unknown> = {}

async function come(jid: string): Promise<Agent> {
  const transports = { websocket: `wss://${HOST}:${PORT}/xmpp-websocket`, bosh: false } as const
  const agent = createClient({ jid, password: PASSWORD, transports, autoReconnect: false })
  // stanza 12.22 takes a mechanism with channel binding wherever one is offered, and binds nothing
  for (const name of ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-1-PLUS']) agent.sasl.disable(name)
  agent.updateCaps()
  await new Promise<void>((resolve) => {
    agent.once('session:started', () => resolve())
    void agent.connect()
  })
  await agent.getRoster()
  agent.sendPresence({ legacyCapabilities: agent.disco.getCaps() ?? [] })
  return agent
}
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((next) => setTimeout(next, 50))
}
const conditionOf = async (request: Promise<unknown>): Promise<string> => {
  try {
    await request
    return ''
  } catch (error) {
    return (error as { error?: { condition?: string } }).error?.condition ?? 'none'
  }
}

const alice = await come(ALICE)
const bob = await come(BOB)
for (const one of [alice, bob]) one.on('subscribe', ({ from = '' }) => void one.acceptSubscription(from))
bob.on('nick', ({ nick }) => void heard.push(['nick', nick]))
bob.on('mood', ({ mood }) => void heard.push(['mood', mood?.value]))
bob.on('avatar', ({ avatars, source }) => void (source === 'pubsub' && heard.push(['avatar', avatars[0]?.id === HASH])))
bob.on('pubsub:published', ({ from, pubsub: { items } }) => {
  if (from === SERVICE) heard.push(['published', items.node, items.published[0]!.id])
})
const friends = new Set<string>()
for (const one of [alice, bob])
  one.on('roster:update', ({ roster }) => void (roster.items?.[0]?.subscription === 'both' && friends.add(one.jid)))
alice.subscribe(BOB)
bob.subscribe(ALICE)
await until(() => friends.size === 2)
for (const one of [alice, bob]) one.sendPresence({ legacyCapabilities: one.disco.getCaps() ?? [] })
await alice.publishNick('Al')
await until(() => heard.length === 1)
await alice.publishMood({ value: 'happy' })
await until(() => heard.length === 2)
await alice.publishAvatar(HASH, PICTURE)
await alice.useAvatars([{ id: HASH, mediaType: 'image/png', bytes: PICTURE.length }])
await until(() => heard.length === 3)
const avatar = (await bob.getAvatar(ALICE, HASH)) as { content?: { data?: Buffer } }
told['avatar'] = avatar.content?.data?.equals(PICTURE)
await alice.setBookmarks([{ jid: `tea@conference.${ALICE.split('@')[1]!}`, name: 'Tea', autoJoin: true }])
told['bookmarks'] = (await alice.getBookmarks()).map(({ jid }) => jid)
const items = await alice.getItems('', 'urn:xmpp:bookmarks:1')
told['items'] = items.items?.map(({ id }) => id)
told['bookmarks of others'] = await conditionOf(bob.getItems(ALICE, 'urn:xmpp:bookmarks:1'))
await alice.publish('', DEVICES, { itemType: DEVICES, devices: [31415] }, 'current')
const devices = (await bob.getItem(ALICE, DEVICES, 'current')) as { content?: { devices?: number[] } }
told['devices'] = devices.content?.devices
await alice.retract('', MOOD, (await alice.getItems('', MOOD)).items![0]!.id!, true)
told['no mood'] = (await bob.getItems(ALICE, MOOD)).items?.length ?? 0
await alice.createNode(SERVICE, 'news')
told['subscribed'] = (await bob.subscribeToNode(SERVICE, 'news')).state
await alice.publish(SERVICE, 'news', { itemType: DEVICES, devices: [1] }, 'one')
await until(() => heard.length === 4)
told['not mine'] = await conditionOf(bob.deleteNode(SERVICE, 'news'))
await alice.deleteNode(SERVICE, 'news')
told['gone'] = await conditionOf(bob.getItems(SERVICE, 'news'))
told['heard'] = heard
print(JSON.stringify(told))
process.exit(0)
