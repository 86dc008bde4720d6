/**
 * What a node of an account has by default, by its name (XEP-0163 5). Clients forget to say what their nodes need: a private one
 * is private in any case, and the keys of OMEMO are there for everybody (PUB-12).
 */
import { DEFAULTS, type NodeConfig } from '../../pubsub/machine/config.ts'

const PERSONAL: NodeConfig = {
  ...DEFAULTS,
  access_model: 'presence',
  max_items: 1,
  send_last_published_item: 'on_sub_and_presence',
  presence_based_delivery: true,
}
const PRIVATE: Partial<NodeConfig> = {
  access_model: 'whitelist',
  persist_items: true,
  max_items: 'max',
  send_last_published_item: 'never',
}

const PRIVATE_NAMES: ReadonlySet<string> = new Set([
  'storage:bookmarks',
  'urn:xmpp:bookmarks:1',
  'urn:xmpp:mds:displayed:0',
  'urn:xmpp:notification-settings:0',
])
const PRIVATE_KINDS = /^urn:xmpp:(muted|pars)|^http:\/\/jabber\.org\/protocol\/.*#private$/
const isPrivate = (name: string): boolean => PRIVATE_NAMES.has(name) || PRIVATE_KINDS.test(name)

const OMEMO_OF_OLD = 'eu.siacs.conversations.axolotl.'
const OMEMO = 'urn:xmpp:omemo:2:'
const AVATAR_DATA = 'urn:xmpp:avatar:data'

/** Nodes that a client makes for each device: so many of them do not count as nodes of the account (PEP-37). */
export const isBundleOfOld = (name: string): boolean => name.startsWith(`${OMEMO_OF_OLD}bundles:`)

/** XEP-0108, XEP-0118: what programs publish by themselves, and too often (PEP-39). */
const FLIGHTY: ReadonlySet<string> = new Set(['http://jabber.org/protocol/activity', 'http://jabber.org/protocol/tune'])
export const isFlighty = (name: string): boolean => FLIGHTY.has(name)

/** @param payloadMax of a node whose name is not known */
export function defaultsOf(name: string, payloadMax: number, avatarMax: number): NodeConfig {
  const usual = { ...PERSONAL, max_payload_size: payloadMax }
  if (isPrivate(name)) return { ...usual, ...PRIVATE, ...(name === 'storage:bookmarks' ? { max_items: 1 } : {}) }
  if (name === `${OMEMO}bundles`) return { ...usual, access_model: 'open', max_items: 'max' }
  if (name.startsWith(OMEMO) || name.startsWith(OMEMO_OF_OLD)) return { ...usual, access_model: 'open' }
  return name === AVATAR_DATA ? { ...usual, max_payload_size: avatarMax } : usual
}
