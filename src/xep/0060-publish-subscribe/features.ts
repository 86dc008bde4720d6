/** PUB-20: what the service says that it can do. */
import { PUBSUB } from '../../pubsub/xmpp/ns.ts'

const PARTS = [
  'access-authorize',
  'access-open',
  'access-whitelist',
  'collections',
  'config-node',
  'config-node-max',
  'create-and-configure',
  'create-nodes',
  'delete-items',
  'delete-nodes',
  'get-pending',
  'instant-nodes',
  'item-ids',
  'last-published',
  'manage-subscriptions',
  'member-affiliation',
  'meta-data',
  'modify-affiliations',
  'multi-collections',
  'multi-items',
  'outcast-affiliation',
  'persistent-items',
  'publish',
  'publish-node-full',
  'publish-only-affiliation',
  'publish-options',
  'publisher-affiliation',
  'purge-nodes',
  'retract-items',
  'retrieve-affiliations',
  'retrieve-default',
  'retrieve-items',
  'retrieve-subscriptions',
  'rsm',
  'subscribe',
  'subscription-notifications',
  'subscription-options',
] as const

export const FEATURES: readonly string[] = [PUBSUB, ...PARTS.map((part) => `${PUBSUB}#${part}`)]
/** Where the operator allows it. */
export const MULTI_SUBSCRIBE = `${PUBSUB}#multi-subscribe`
