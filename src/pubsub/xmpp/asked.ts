/** A request about nodes, and what every answer needs of it. */
import type { Element } from '../../xml/element.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Actor } from '../machine/commands.ts'
import type { NodeConfig } from '../machine/config.ts'
import { PUBSUB, PUBSUB_OWNER } from './ns.ts'
import { badRequest } from './refused.ts'

export interface Asked {
  /** Whose nodes. */
  readonly owner: string
  readonly actor: Actor
  /** The answer goes to somebody who may not see real addresses (ROOM-66). */
  readonly isVeiled: boolean
  readonly type: 'get' | 'set'
  /** `<pubsub/>` */
  readonly payload: Element
  /** May the actor make nodes? */
  readonly mayCreate: boolean
  /** Does publishing make a node that is missing (7.1.4)? */
  readonly makesMissing: boolean
  /** What a node of this name has by default. */
  readonly defaultsOf: (name: string) => NodeConfig
  /** Functions that are called when the result was sent. Before an error, they have been called. */
  readonly afterwards: (() => void)[]
}

/** The child that says what is asked for. The others belong to it. */
export function operationOf({ payload }: Pick<Asked, 'payload'>): Element {
  const all = payload.elements.filter(({ ns }) => ns === PUBSUB || ns === PUBSUB_OWNER)
  // Clients write the options on either side; a configuration stands behind what it belongs to (8.1.3)
  const operation = all.find(({ name }) => name !== 'publish-options')
  const others = all.filter((one) => one !== operation)
  if (operation === undefined) throw new StanzaError('bad-request', { text: 'Nothing is asked for' })
  if (others.length > 1 || others.some(({ name }) => name !== COMPANIONS.get(operation.name)))
    throw new StanzaError('bad-request', { text: 'Ask for one thing at a time' })
  return operation
}
/** What may stand beside an operation. */
const COMPANIONS: ReadonlyMap<string, string> = new Map([
  ['publish', 'publish-options'],
  ['create', 'configure'],
  ['subscribe', 'options'],
])

/** @throws StanzaError nodeid-required */
export function nodeOf(operation: Element): string {
  const name = operation.attr('node')
  if (name === undefined || name === '') throw badRequest('nodeid-required')
  return name
}
