/** Why a command is refused. The words are the machine's; conditions and texts are made by a face (XEP-0060 16.3, 17). */

/** Behind each, the condition and the section that XEP-0060 has for it. */
export type Reason =
  // Whether there is a node
  | 'no-such-node' // item-not-found
  | 'node-exists' // conflict, 8.1.1
  | 'may-not-create' // forbidden, 8.1.1
  | 'too-many-nodes' // not-allowed
  | 'node-name' // not-acceptable: too long
  // Access (4.5, 6.1.3, 6.5.9)
  | 'outcast' // forbidden
  | 'no-presence-subscription' // not-authorized + presence-subscription-required
  | 'not-in-roster-group' // not-authorized + not-in-roster-group
  | 'pending' // not-authorized + pending-subscription
  | 'not-a-subscriber' // not-authorized + not-subscribed
  | 'closed' // not-allowed + closed-node
  | 'rank' // forbidden: the affiliation does not allow it
  // Subscribing (6.1 to 6.3)
  | 'other-jid' // bad-request + invalid-jid
  | 'no-subscriptions' // feature-not-implemented + unsupported subscribe
  | 'too-many-subscriptions' // policy-violation + too-many-subscriptions
  | 'not-subscribed' // unexpected-request + not-subscribed, 6.2.3
  | 'not-your-subscription' // forbidden, 6.2.3
  | 'subid' // not-acceptable + invalid-subid, 6.2.3
  | 'subid-required' // bad-request + subid-required, 6.2.3
  | 'options' // bad-request + invalid-options, 6.3.4
  // Publishing (7.1.3)
  | 'precondition' // conflict + precondition-not-met
  | 'payload-too-big' // not-acceptable + payload-too-big
  | 'payload-required' // bad-request + payload-required
  | 'item-required' // bad-request + item-required
  | 'item-forbidden' // bad-request + item-forbidden
  | 'node-full' // conflict + node-full
  | 'too-many-items' // not-allowed + max-items-exceeded
  | 'no-room' // resource-constraint: the holder has no room for more
  | 'item-name' // not-acceptable: too long
  // Removing (7.2, 8.5)
  | 'no-such-item' // item-not-found
  | 'nothing-kept' // feature-not-implemented + unsupported persistent-items
  // Collections (XEP-0248)
  | 'is-collection' // feature-not-implemented + unsupported publish
  | 'collection-options' // not-allowed + invalid-options
  | 'not-in-collection' // bad-request
  | 'too-many-collections' // not-allowed
  | 'kind' // the same: it cannot become another kind of node
  | 'too-many-children' // not-allowed + max-nodes-exceeded
  // Owners (8)
  | 'configuration' // not-acceptable, with `field`
  | 'entries' // not-acceptable: somebody who cannot have that
  | 'too-many-affiliations' // not-allowed
  // What went wrong here
  | 'too-fast' // policy-violation
  | 'failed' // internal-server-error: the change could not be stored

export interface Refusal {
  readonly refuse: Reason
  /** With `configuration` and `precondition`. */
  readonly field?: string
}
export const refuse = (reason: Reason, field?: string): Refusal =>
  field === undefined ? { refuse: reason } : { refuse: reason, field }
