/** For stories of XEP-0163: clients that want to hear of nodes, what they ask, and what they are told. */
import { answer, capabilities, isQuestion } from './annotations.ts'
import type { Cast, ClientOptions } from './story.ts'
import type { StoryClient } from './story-client.ts'
import { refusal, type Pattern } from './xml-pattern.ts'

export const PUBSUB = 'http://jabber.org/protocol/pubsub'
export const MOOD = 'http://jabber.org/protocol/mood'
const DATA = 'jabber:x:data'

/** A client that is available and wants to hear of these nodes. @param name 'romeo/1' */
export async function wanting(
  cast: Cast,
  name: string,
  nodes: readonly string[],
  options: ClientOptions = {},
): Promise<StoryClient> {
  const client = await arriving(cast, name, nodes, options)
  await cast.forget()
  return client
}
/** The same, and it still has what it got when it came. */
export async function arriving(
  cast: Cast,
  name: string,
  nodes: readonly string[],
  options: ClientOptions = {},
): Promise<StoryClient> {
  const [user, resource] = name.split('/') as [string, string]
  const client = await cast.client(user, resource, { ...options, presence: null })
  await nowWanting(cast, client, nodes)
  return client
}
/** Its presence says from now on that it wants these. */
export async function nowWanting(cast: Cast, client: StoryClient, nodes: readonly string[]): Promise<void> {
  const can = capabilities(...nodes.map((node) => `${node}+notify`))
  client.send(`<presence>${can.c}</presence>`)
  await cast.settle()
  const got = client.take()
  const question = got.find(isQuestion)
  if (question !== undefined) answer(client, question, can.query)
  await cast.settle()
  client.putBack(...got.filter((xml) => xml !== question && xml.name !== 'presence'))
}

let ids = 0
export const request = (type: 'get' | 'set', operation: string, to?: string, ns = PUBSUB): string =>
  `<iq type='${type}' id='ps${(ids += 1)}'${to === undefined ? '' : ` to='${to}'`}><pubsub xmlns='${ns}'>${operation}</pubsub></iq>`
export const owners = (type: 'get' | 'set', operation: string, to?: string): string =>
  request(type, operation, to, `${PUBSUB}#owner`)

export const payload = (text: string): string => `<p xmlns='urn:example:p'>${text}</p>`
const field = ([name, value]: readonly [string, string]): string =>
  `<field var='${name === 'FORM_TYPE' ? name : `pubsub#${name}`}'><value>${value}</value></field>`
export const form = (type: string, fields: Readonly<Record<string, string>>): string =>
  `<x xmlns='${DATA}' type='submit'>${field(['FORM_TYPE', `${PUBSUB}#${type}`])}${Object.entries(fields).map(field).join('')}</x>`
export const publishing = (node: string, text: string, id = 'current', options?: Readonly<Record<string, string>>): string =>
  `<publish node='${node}'><item id='${id}'>${payload(text)}</item></publish>${
    options === undefined ? '' : `<publish-options>${form('publish-options', options)}</publish-options>`
  }`
/** Publishes, and waits for the result. */
export async function publish(
  client: StoryClient,
  node: string,
  text: string,
  id = 'current',
  options?: Readonly<Record<string, string>>,
): Promise<void> {
  await client.ask(
    request('set', publishing(node, text, id, options)),
    `<iq type='result'><pubsub xmlns='${PUBSUB}'><publish node='${node}'><item id='${id}'/></publish></pubsub></iq>`,
  )
}
export const item = (text: string, id = 'current'): string => `<item id='${id}'>${payload(text)}</item>`
/** Of the owner, a bare JID. */
export const event = (from: string, content: string, more = ''): Pattern =>
  `<message type='headline' from='${from}'><event xmlns='${PUBSUB}#event'>${content}</event>${more}</message>`
export const itemEvent = (from: string, node: string, text: string, id = 'current'): Pattern =>
  event(from, `<items node='${node}'>${item(text, id)}</items>`)
/** The last item, to one that has come. */
export const lastItem = (from: string, node: string, text: string, id = 'current'): Pattern =>
  event(from, `<items node='${node}'>${item(text, id)}</items>`, `<delay xmlns='urn:xmpp:delay' from='${from}' stamp='*'/>`)
export const items = (node: string, ...all: readonly string[]): Pattern =>
  `<iq type='result'><pubsub xmlns='${PUBSUB}'><items node='${node}'>${all.join('')}</items></pubsub></iq>`
export const done = "<iq type='result'/>"

export const refused = (type: string, condition: string, specific = ''): Pattern =>
  refusal('iq', '', type, condition, specific === '' ? '' : `<${specific} xmlns='${PUBSUB}#errors'/>`)
export const unsupported = (feature: string): Pattern =>
  refusal('iq', '', 'cancel', 'feature-not-implemented', `<unsupported xmlns='${PUBSUB}#errors' feature='${feature}'/>`)
