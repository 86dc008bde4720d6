/** A way between two servers that is lost with what is on it, and comes back: for stories about XEP-0198 between servers. */
import assert from 'node:assert/strict'
import type { StoryClient } from './story-client.ts'
import type { Realm } from './two-servers.ts'
import type { Xml } from './xml-reader.ts'

const NOBODY = 'nobody-at-all'
/** Messages of one client, each with its body for an id. */
export const say = (who: StoryClient, to: string, ...all: readonly string[]): void =>
  who.send(...all.map((body) => `<message to='${to}' type='chat' id='${body}'><body>${body}</body></message>`))
export const bodies = (all: readonly Xml[]): string[] =>
  all.filter((x) => x.name === 'message').map((x) => x.child('body')?.text ?? '')
/** Whatever is under way in memory gets on. */
export const turns = async (count = 100): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((next) => void setImmediate(next))
}
/** All that a client has sent is done, as far as its own server is concerned. */
export const local = (who: StoryClient): Promise<void> => who.fence(`${NOBODY}@${who.bare.replace(/^.*@/, '')}`)

/** What was said so far is acknowledged. */
export async function acknowledged(realm: Realm): Promise<void> {
  realm.clock.advance(1000)
  await turns()
}
/** Nothing that is written from here on comes through on the connections of this moment, and nobody knows. */
export function goDead(realm: Realm): void {
  for (const { carrier } of [...realm.a.streams(), ...realm.b.streams()]) carrier.hold()
  realm.isTogether = false
}
export async function cut(realm: Realm): Promise<void> {
  for (const stream of [...realm.a.streams(), ...realm.b.streams()]) stream.destroy()
  await realm.until('both have noticed', () => realm.a.streams().length + realm.b.streams().length === 0)
}
/** Time passes until there is a stream again, and what has waited is there. */
export async function recover(realm: Realm): Promise<void> {
  const isMended = (): boolean => [realm.a, realm.b].every(({ news }) => news.some((one) => one.startsWith('link-mended')))
  for (let i = 0; i < 40 && !isMended(); i++) {
    realm.clock.advance(500)
    await turns()
  }
  assert(isMended(), 'there is a stream again')
  realm.isTogether = true
  await realm.settle()
}
