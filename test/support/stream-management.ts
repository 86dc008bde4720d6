/** What stories of XEP-0198 write and expect, and how their clients come back. */
import { bareOf, type Cast, type Transport } from './story.ts'
import type { StoryClient } from './story-client.ts'

export const SM = 'urn:xmpp:sm:3'
export const ALICE = bareOf('alice')
export const BOB = bareOf('bob')
export const RESUME_MS = 300_000

export const ENABLE = `<enable xmlns='${SM}' resume='true'/>`
export const R = `<r xmlns='${SM}'/>`
export const a = (h: number | string): string => `<a xmlns='${SM}' h='${h}'/>`
export const resume = (previd: string, h: number | string): string => `<resume xmlns='${SM}' previd='${previd}' h='${h}'/>`
export const resumed = (previd: string, h: number): string => `<resumed xmlns='${SM}' previd='${previd}' h='${h}'/>`
export const failed = (condition: string, attrs = ''): string =>
  `<failed xmlns='${SM}' ${attrs}><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`
export const chat = (to: string, body: string, id = body): string =>
  `<message type='chat' to='${to}' id='${id}'><body>${body}</body></message>`
export const got = (from: string, to: string, body: string, more = ''): string =>
  `<message type='chat' from='${from}' to='${to}' id='${body}'><body>${body}</body>${more}</message>`
export const tooHigh = (h: number, sent: number): string =>
  `<handled-count-too-high xmlns='${SM}' h='${h}' send-count='${sent}'/>`

/** The server asks for nothing by itself, so that a story can say what comes next. */
export const UNASKED = { settings: { 'stream-management': { 'ask-after': '1 day', 'ask-after-stanzas': 100_000 } } }
export const inMemory = { on: ['memory'] as const satisfies readonly Transport[] }

/** Turns stream management on. @returns the name of the session */
export async function enable(client: StoryClient, request = ENABLE): Promise<string> {
  client.send(request)
  const enabled = await client.expect(`<enabled xmlns='${SM}' resume='true' id='*' max='*'/>`)
  return enabled.attr('id')!
}
/** Comes back for a session on a new connection. */
export async function comeBack(
  cast: Cast,
  client: StoryClient,
  id: string,
  h: number,
  handled: number,
  transport = cast.transport,
): Promise<StoryClient> {
  const wire = await cast.authenticated(client.bare.slice(0, client.bare.indexOf('@')), transport)
  wire.write(resume(id, h))
  await wire.expect(resumed(id, handled))
  return cast.adopt(wire, client.jid)
}
/** All that the client has sent is done, and that counts as one more stanza each way. */
export const sync = (client: StoryClient): Promise<unknown> =>
  client.ask(`<iq type='get' id='sync' to='a.example'><ping xmlns='urn:xmpp:ping'/></iq>`)
