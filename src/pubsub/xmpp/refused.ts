/** What a refusal of a node is in XMPP: the condition of each reason, and the one of pubsub beside it (XEP-0060 16.3, 17). */
import { el, type Element } from '../../xml/element.ts'
import { StanzaError, type ErrorType, type StanzaCondition } from '../../xmpp/stanza-error.ts'
import type { Reason, Refusal } from '../machine/refusals.ts'
import { PUBSUB_ERRORS } from './ns.ts'

interface Answer {
  readonly condition: StanzaCondition
  readonly type: ErrorType
  readonly specific: string | null
  /** With `unsupported`. */
  readonly feature: string | null
  readonly text: string
}
const as = (condition: StanzaCondition, type: ErrorType, text: string, specific: string | null = null): Answer => ({
  condition,
  type,
  specific,
  feature: null,
  text,
})
const lacking = (feature: string, text: string): Answer => ({
  condition: 'feature-not-implemented',
  type: 'cancel',
  specific: 'unsupported',
  feature,
  text,
})

const ANSWERS: Readonly<Record<Reason, Answer>> = {
  'no-such-node': as('item-not-found', 'cancel', 'There is no such node'),
  'node-exists': as('conflict', 'cancel', 'The node is there already'),
  'may-not-create': as('forbidden', 'auth', 'You may not make nodes here'),
  'too-many-nodes': as('not-allowed', 'cancel', 'There are too many nodes'),
  'node-name': as('not-acceptable', 'modify', 'This cannot be the name of a node'),
  'outcast': as('forbidden', 'auth', 'You are an outcast at this node'),
  'no-presence-subscription': as(
    'not-authorized',
    'auth',
    'Only for those who see the presence of the owner',
    'presence-subscription-required',
  ),
  'not-in-roster-group': as('not-authorized', 'auth', 'Only for a group of the contacts of the owner', 'not-in-roster-group'),
  'pending': as('not-authorized', 'auth', 'The owner has not approved your subscription yet', 'pending-subscription'),
  'not-a-subscriber': as('not-authorized', 'auth', 'Only for subscribers', 'not-subscribed'),
  'closed': as('not-allowed', 'cancel', 'Only for those whom the owner has named', 'closed-node'),
  'rank': as('forbidden', 'auth', 'Your affiliation does not allow this'),
  'other-jid': as('bad-request', 'modify', 'Only your own address can be subscribed', 'invalid-jid'),
  'no-subscriptions': lacking('subscribe', 'The node takes no subscriptions'),
  'too-many-subscriptions': as('policy-violation', 'wait', 'There are too many subscriptions', 'too-many-subscriptions'),
  'not-subscribed': as('unexpected-request', 'cancel', 'There is no such subscription', 'not-subscribed'),
  'not-your-subscription': as('forbidden', 'auth', 'This is not your subscription'),
  'subid': as('not-acceptable', 'modify', 'The subscription has another id', 'invalid-subid'),
  'subid-required': as('bad-request', 'modify', 'There are several subscriptions: name one', 'subid-required'),
  'options': as('bad-request', 'modify', 'These options are not possible', 'invalid-options'),
  'precondition': as('conflict', 'cancel', 'The node is configured differently', 'precondition-not-met'),
  'payload-too-big': as('not-acceptable', 'modify', 'The item is too big', 'payload-too-big'),
  'payload-required': as('bad-request', 'modify', 'The item needs a payload', 'payload-required'),
  'item-required': as('bad-request', 'modify', 'An item is needed', 'item-required'),
  'item-forbidden': as('bad-request', 'modify', 'The node takes no items', 'item-forbidden'),
  'node-full': as('conflict', 'cancel', 'The node is full', 'node-full'),
  'too-many-items': as('not-allowed', 'cancel', 'Too many items at once', 'max-items-exceeded'),
  'no-room': as('resource-constraint', 'wait', 'There is no room for more in the nodes of this owner'),
  'item-name': as('not-acceptable', 'modify', 'This cannot be the id of an item'),
  'no-such-item': as('item-not-found', 'cancel', 'There is no such item'),
  'nothing-kept': lacking('persistent-items', 'The node keeps no items'),
  'is-collection': lacking('publish', 'A collection has no items'),
  'collection-options': as('not-allowed', 'cancel', 'The node cannot be in this collection', 'invalid-options'),
  'not-in-collection': as('bad-request', 'modify', 'The node is not in this collection'),
  'too-many-collections': as('not-allowed', 'cancel', 'The node is in too many collections'),
  'kind': as('not-allowed', 'cancel', 'A collection stays one, and a node with items cannot become one', 'invalid-options'),
  'too-many-children': as('not-allowed', 'cancel', 'There are too many nodes in the collection', 'max-nodes-exceeded'),
  'configuration': as('not-acceptable', 'modify', 'This configuration is not possible'),
  'entries': as('not-acceptable', 'modify', 'Not all of this is possible'),
  'too-many-affiliations': as('not-allowed', 'cancel', 'There are too many affiliations'),
  'too-fast': as('policy-violation', 'wait', 'You publish too often; wait a moment'),
  'failed': as('internal-server-error', 'wait', 'The change could not be stored'),
}

export function refused({ refuse, field }: Refusal): StanzaError {
  const { condition, type, specific, feature, text } = ANSWERS[refuse]
  const told = field === undefined ? text : `${text}: pubsub#${field}`
  return new StanzaError(condition, { type, text: told, ...(specific === null ? {} : { specific: errorOf(specific, feature) }) })
}
const errorOf = (name: string, feature: string | null): Element => el(name, PUBSUB_ERRORS, { feature: feature ?? undefined })

/** An operation, or a part of one, that there is not (16.3). */
export const unsupported = (feature: string, text?: string): StanzaError =>
  new StanzaError('feature-not-implemented', {
    type: 'cancel',
    specific: errorOf('unsupported', feature),
    ...(text === undefined ? {} : { text }),
  })
/** @param specific the condition of pubsub */
export const badRequest = (specific: string): StanzaError =>
  new StanzaError('bad-request', { type: 'modify', specific: errorOf(specific, null) })
/** The same for something that is well formed and not possible. */
export const notAcceptable = (specific: string): StanzaError =>
  new StanzaError('not-acceptable', { type: 'modify', specific: errorOf(specific, null) })
