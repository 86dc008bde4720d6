/** For stories of XEP-0310: clients that ask for annotations, clients that come and go, and what they are told. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Cast, ClientOptions } from './story.ts'
import type { StoryClient } from './story-client.ts'
import type { Pattern } from './xml-pattern.ts'
import type { Xml } from './xml-reader.ts'

export const PSA = 'urn:xmpp:psa'
export const PSA_REVISED = 'urn:xmpp:psa:0'
const INFO = 'http://jabber.org/protocol/disco#info'
const SM = 'urn:xmpp:sm:3'
const NODE = 'https://client.example'

/** What a client says of itself, and the hash of it (XEP-0115 5.1). */
export function capabilities(...features: readonly string[]): { readonly c: string; readonly query: string } {
  const all = [INFO, ...features].toSorted()
  const ver = createHash('sha1')
    .update(`client/pc//Test<${all.map((f) => `${f}<`).join('')}`)
    .digest('base64')
  return {
    c: `<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='${NODE}' ver='${ver}'/>`,
    query: `<query xmlns='${INFO}' node='${NODE}#${ver}'><identity category='client' type='pc' name='Test'/>${all.map((f) => `<feature var='${f}'/>`).join('')}</query>`,
  }
}
/** Of a client that asks for annotations. */
export const ASKING = capabilities(PSA)
/** Of one that asks for those of the revision, and knows the first ones too. */
export const ASKING_REVISED = capabilities(PSA, PSA_REVISED)

/** The server asks what the client can do. */
export const isQuestion = (xml: Xml): boolean =>
  xml.name === 'iq' && xml.attr('type') === 'get' && xml.child('query')?.ns === INFO

/** Answers the server that asks what the client can do. */
export function answer(client: StoryClient, question: Xml, query: string): void {
  client.send(`<iq type='result' id='${question.attr('id')!}' to='${question.attr('from')!}'>${query}</iq>`)
}

export interface AskingOptions extends ClientOptions {
  /** Children of its initial presence. */
  readonly content?: string
  /** How it asks; as version 0.1 if it is not said. */
  readonly as?: ReturnType<typeof capabilities>
}

/** A client that asks for annotations and is available; what it has got by then, nobody remembers. @param name 'romeo/1' */
export async function asking(cast: Cast, name: string, options: AskingOptions = {}): Promise<StoryClient> {
  const client = await comingOnline(cast, name, options)
  await cast.forget()
  return client
}
/** The same, and it still has what it got. */
export async function comingOnline(cast: Cast, name: string, options: AskingOptions = {}): Promise<StoryClient> {
  const [user, resource] = name.split('/') as [string, string]
  const client = await cast.client(user, resource, { ...options, presence: null })
  const { c, query } = options.as ?? ASKING
  client.send(`<presence>${options.content ?? ''}${c}</presence>`)
  await cast.settle()
  const got = client.take()
  const question = got.find(isQuestion)
  if (question !== undefined) {
    answer(client, question, query)
    await cast.settle()
  }
  client.putBack(...got.filter((xml) => xml !== question))
  return client
}

/** Turns on stream management with resumption. @returns the name of the session */
export async function resumable(client: StoryClient): Promise<string> {
  client.send(`<enable xmlns='${SM}' resume='true'/>`)
  return (await client.expect(`<enabled xmlns='${SM}' resume='true' id='*' max='*'/>`)).attr('id')!
}
/** Makes its session one that can be resumed, and loses the connection. @returns what `comeBack` needs */
export async function lose(cast: Cast, client: StoryClient): Promise<string> {
  const id = await resumable(client)
  await loseAgain(cast, client)
  return id
}
/** The same for one that can be resumed already. */
export async function loseAgain(cast: Cast, client: StoryClient): Promise<void> {
  const session = cast.server.host.accounts.get(client.bare)!.session(client.jid.slice(client.bare.length + 1))!
  client.drop()
  while (session.connection !== null) await new Promise((resolve) => setImmediate(resolve))
}
/** The client that was lost comes back for its session. It has got nothing since it turned stream management on. */
export async function comeBack(cast: Cast, client: StoryClient, id: string): Promise<StoryClient> {
  const wire = await cast.authenticated(client.bare.slice(0, client.bare.indexOf('@')))
  wire.write(`<resume xmlns='${SM}' previd='${id}' h='0'/>`)
  const reply = await wire.element('that it is resumed')
  assert.equal(reply.name, 'resumed', reply.show())
  return cast.adopt(wire, client.jid)
}

/** The content of an annotation as a pattern. @param doubt '' for none @param lang of the description */
/** Since when an annotation of our server says that its doubt holds. */
export const doubtedSince = (stamp = '*'): string => `<doubted xmlns='urn:porchlight:doubted:0' since='${stamp}'/>`
/** @param stamp since when our server says that it holds */
export function says(by: string, doubt: '' | 'server-unavailable' | 'connection-paused', lang = 'en', stamp?: string): Pattern {
  const since = by === 'a.example' || stamp !== undefined ? doubtedSince(stamp) : ''
  const content = doubt === '' ? '' : `<${doubt}/><description xml:lang='${lang}'>*</description>${since}`
  return `<state-annotation xmlns='${PSA}' from='${by}'>${content}</state-annotation>`
}

/** The same in the revised form. @param doubts '' for none */
export function saysRevised(
  by: string,
  doubt: '' | 'server-unavailable' | 'connection-paused' | 'unknown',
  lang = 'en',
): Pattern {
  const start = `<state-annotation xmlns='${PSA_REVISED}' from='${by}'`
  return doubt === ''
    ? `${start}/>`
    : `${start} since='*'><${doubt}/><description xml:lang='${lang}'>*</description></state-annotation>`
}
