/**
 * RFC 6121 Appendix A: the nine subscription states and how each subscription stanza changes them.
 *
 * The eight tables below are the RFC's, row for row: EXISTING STATE, whether the stanza is passed on
 * (ROUTE? outbound, DELIVER? inbound), NEW STATE. '=' means "no state change"; SHOULD NOT is treated as MUST NOT.
 * The other effects of a stanza (pushes, presence, automatic answers) are in subscribing.ts.
 */

/** The `subscription` attribute of a roster item (2.1.2.5). */
export type Subscription = 'none' | 'to' | 'from' | 'both'

/** A.1, from the user's side: "Pending Out" waits for the contact, "Pending In" for the user. */
export type SubscriptionState =
  | 'None'
  | 'None + Pending Out'
  | 'None + Pending In'
  | 'None + Pending Out+In'
  | 'To'
  | 'To + Pending In'
  | 'From'
  | 'From + Pending Out'
  | 'Both'
export type SubscriptionType = 'subscribe' | 'unsubscribe' | 'subscribed' | 'unsubscribed'
/** Outbound: from the user's client, handled by the user's server. Inbound: from the contact's server. */
export type Direction = 'outbound' | 'inbound'

export interface Transition {
  /** Routed (outbound) or delivered (inbound). */
  readonly pass: boolean
  readonly next: SubscriptionState
}

type Row = readonly ['MUST' | 'MUST NOT', SubscriptionState | '=']
type Table = Readonly<Record<SubscriptionState, Row>>

// prettier-ignore
const OUTBOUND: Readonly<Record<SubscriptionType, Table>> = {
  subscribe: { // A.2.1
    'None':                  ['MUST', 'None + Pending Out'],
    'None + Pending Out':    ['MUST', '='],
    'None + Pending In':     ['MUST', 'None + Pending Out+In'],
    'None + Pending Out+In': ['MUST', '='],
    'To':                    ['MUST', '='],
    'To + Pending In':       ['MUST', '='],
    'From':                  ['MUST', 'From + Pending Out'],
    'From + Pending Out':    ['MUST', '='],
    'Both':                  ['MUST', '='],
  },
  unsubscribe: { // A.2.2
    'None':                  ['MUST', '='],
    'None + Pending Out':    ['MUST', 'None'],
    'None + Pending In':     ['MUST', '='],
    'None + Pending Out+In': ['MUST', 'None + Pending In'],
    'To':                    ['MUST', 'None'],
    'To + Pending In':       ['MUST', 'None + Pending In'],
    'From':                  ['MUST', '='],
    'From + Pending Out':    ['MUST', 'From'],
    'Both':                  ['MUST', 'From'],
  },
  subscribed: { // A.2.3 (None, None + Pending Out, To: pre-approval, section 3.4, which is no separate state)
    'None':                  ['MUST NOT', '='],
    'None + Pending Out':    ['MUST NOT', '='],
    'None + Pending In':     ['MUST', 'From'],
    'None + Pending Out+In': ['MUST', 'From + Pending Out'],
    'To':                    ['MUST NOT', '='],
    'To + Pending In':       ['MUST', 'Both'],
    'From':                  ['MUST NOT', '='],
    'From + Pending Out':    ['MUST NOT', '='],
    'Both':                  ['MUST NOT', '='],
  },
  unsubscribed: { // A.2.4
    'None':                  ['MUST NOT', '='],
    'None + Pending Out':    ['MUST NOT', '='],
    'None + Pending In':     ['MUST', 'None'],
    'None + Pending Out+In': ['MUST', 'None + Pending Out'],
    'To':                    ['MUST NOT', '='],
    'To + Pending In':       ['MUST', 'To'],
    'From':                  ['MUST', 'None'],
    'From + Pending Out':    ['MUST', 'None + Pending Out'],
    'Both':                  ['MUST', 'To'],
  },
}

// prettier-ignore
const INBOUND: Readonly<Record<SubscriptionType, Table>> = {
  subscribe: { // A.3.1 (From, From + Pending Out, Both: the server answers 'subscribed' itself, section 3.1.3)
    'None':                  ['MUST', 'None + Pending In'],
    'None + Pending Out':    ['MUST', 'None + Pending Out+In'],
    'None + Pending In':     ['MUST NOT', '='],
    'None + Pending Out+In': ['MUST NOT', '='],
    'To':                    ['MUST', 'To + Pending In'],
    'To + Pending In':       ['MUST NOT', '='],
    'From':                  ['MUST NOT', '='],
    'From + Pending Out':    ['MUST NOT', '='],
    'Both':                  ['MUST NOT', '='],
  },
  unsubscribe: { // A.3.2
    'None':                  ['MUST NOT', '='],
    'None + Pending Out':    ['MUST NOT', '='],
    'None + Pending In':     ['MUST', 'None'],
    'None + Pending Out+In': ['MUST', 'None + Pending Out'],
    'To':                    ['MUST NOT', '='],
    'To + Pending In':       ['MUST', 'To'],
    'From':                  ['MUST', 'None'],
    'From + Pending Out':    ['MUST', 'None + Pending Out'],
    'Both':                  ['MUST', 'To'],
  },
  subscribed: { // A.3.3
    'None':                  ['MUST NOT', '='],
    'None + Pending Out':    ['MUST', 'To'],
    'None + Pending In':     ['MUST NOT', '='],
    'None + Pending Out+In': ['MUST', 'To + Pending In'],
    'To':                    ['MUST NOT', '='],
    'To + Pending In':       ['MUST NOT', '='],
    'From':                  ['MUST NOT', '='],
    'From + Pending Out':    ['MUST', 'Both'],
    'Both':                  ['MUST NOT', '='],
  },
  unsubscribed: { // A.3.4
    'None':                  ['MUST NOT', '='],
    'None + Pending Out':    ['MUST', 'None'],
    'None + Pending In':     ['MUST NOT', '='],
    'None + Pending Out+In': ['MUST', 'None + Pending In'],
    'To':                    ['MUST', 'None'],
    'To + Pending In':       ['MUST', 'None + Pending In'],
    'From':                  ['MUST NOT', '='],
    'From + Pending Out':    ['MUST', 'From'],
    'Both':                  ['MUST', 'From'],
  },
}

/** How a stanza of `type`, going in `direction`, changes `state`. */
export function transition(direction: Direction, type: SubscriptionType, state: SubscriptionState): Transition {
  const [pass, next] = (direction === 'outbound' ? OUTBOUND : INBOUND)[type][state]
  return { pass: pass === 'MUST', next: next === '=' ? state : next }
}

/** How a state is stored: two parts in the roster item, which the client sees, and one that the client never sees (A.1). */
export interface StateParts {
  readonly subscription: Subscription
  /** Pending Out: `ask='subscribe'`. */
  readonly ask: boolean
  /** Pending In: an unanswered request is stored. */
  readonly pending: boolean
}

// prettier-ignore
const PARTS: Readonly<Record<SubscriptionState, StateParts>> = {
  'None':                  { subscription: 'none', ask: false, pending: false },
  'None + Pending Out':    { subscription: 'none', ask: true,  pending: false },
  'None + Pending In':     { subscription: 'none', ask: false, pending: true },
  'None + Pending Out+In': { subscription: 'none', ask: true,  pending: true },
  'To':                    { subscription: 'to',   ask: false, pending: false },
  'To + Pending In':       { subscription: 'to',   ask: false, pending: true },
  'From':                  { subscription: 'from', ask: false, pending: false },
  'From + Pending Out':    { subscription: 'from', ask: true,  pending: false },
  'Both':                  { subscription: 'both', ask: false, pending: false },
}

export const STATES = Object.keys(PARTS) as readonly SubscriptionState[]

export const partsOf = (state: SubscriptionState): StateParts => PARTS[state]

/**
 * The state that the roster and the pending requests show. In an impossible combination (`ask` with 'to', a request from
 * an entity that sees the user already) the meaningless part is ignored.
 */
export function stateOf(subscription: Subscription, ask: boolean, pending: boolean): SubscriptionState {
  switch (subscription) {
    case 'none':
      if (pending) return ask ? 'None + Pending Out+In' : 'None + Pending In'
      return ask ? 'None + Pending Out' : 'None'
    case 'to':
      return pending ? 'To + Pending In' : 'To'
    case 'from':
      return ask ? 'From + Pending Out' : 'From'
    case 'both':
      return 'Both'
  }
}

/** Is this the `type` of a presence stanza that manages a subscription (section 3)? */
export function isSubscriptionType(type: string): type is SubscriptionType {
  return type === 'subscribe' || type === 'subscribed' || type === 'unsubscribe' || type === 'unsubscribed'
}
