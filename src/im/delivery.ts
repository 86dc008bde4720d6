/**
 * RFC 6121 section 8.5: who receives a stanza for a local user. Messages follow Table 1 (8.5.4), with our choice
 * wherever the RFC leaves one; IQs follow 8.5.2.1.3 and 8.5.3. Presence has its own rules in presence.ts and
 * subscribing.ts. `to` is never rewritten (8.5.2.1.1).
 */
import type { Jid } from '../xmpp/jid.ts'
import type { Packet } from '../xmpp/packet.ts'
import { contactKey, type Account, type Resource } from './account.ts'

export type MessageDelivery<R extends Resource = Resource> =
  | { readonly kind: 'deliver'; readonly to: readonly R[] }
  /** The message is stored until the user is available (offline storage). */
  | { readonly kind: 'store' }
  /** `<service-unavailable/>` to the sender. */
  | { readonly kind: 'error' }
  | { readonly kind: 'silent' }

export type IqDelivery<R extends Resource = Resource> =
  | { readonly kind: 'deliver'; readonly to: R }
  /** The server answers on behalf of the account. A result or an error is for the server, if the server sent the request. */
  | { readonly kind: 'account' }
  /** `<service-unavailable/>` to the sender. */
  | { readonly kind: 'error' }
  | { readonly kind: 'silent' }

/**
 * The letters of Table 1: D the resource in `to`, or the only one there is; M the most available ones;
 * A all with non-negative priority; O offline storage; E an error; S silence. S/E is E for a sender who may see
 * the user, and S for all others (8.1). D/E is D for a sender who may see the user, and E for all others.
 */
type Option = 'D' | 'D/E' | 'M' | 'A' | 'O' | 'E' | 'S' | 'S/E'
export type Condition =
  | 'account does not exist'
  | 'no active resources'
  | 'only negative resources'
  | '1 non-negative resource'
  | 'several non-negative resources'
type Address = 'bare' | 'full match' | 'full no match'
type Row = readonly [normal: Option, chat: Option, groupchat: Option, headline: Option, error: Option]

/**
 * Table 1 with one option in each place, and a column for errors (8.5.2.1.1, 8.5.3.2.1). Messages are stored
 * offline for every account, so a missing account has to be silent where an existing one stores. With 'no active
 * resources' a full JID can match a resource that is connected but not available (8.5.3.1). A groupchat message to a resource
 * that is gone is always answered with an error, even without an account: rooms elsewhere learn from it who has left. So the
 * silence of a resource that is there must not tell that to a sender who may not see the user: they get the same error
 * (DEVIATES(7)).
 *
 * A vacant resource receives nothing. What could be stored is for the account, as when a session
 * ends with it. The rest is dropped without an error, which would tell a room that its occupant has gone while others still see the resource.
 */
// prettier-ignore
const TABLE: Readonly<Record<Condition, Readonly<Partial<Record<Address, Row>>>>> = {
  //                   Normal  Chat  Groupchat Headline Error
  'account does not exist': {
    'bare':          ['S',    'S',  'E',      'S',     'S'],
    'full no match': ['S',    'S',  'E',      'S',     'S'],
  },
  'no active resources': {
    'bare':          ['O',    'O',  'E',      'S',     'S'],
    'full match':    ['D',    'D',  'D/E',    'D',     'D'],
    'full no match': ['S/E',  'O',  'E',      'S',     'S'],
  },
  'only negative resources': {
    'bare':          ['O',    'O',  'E',      'S',     'S'],
    'full match':    ['D',    'D',  'D/E',    'D',     'D'],
    'full no match': ['S/E',  'O',  'E',      'S',     'S'],
  },
  '1 non-negative resource': {
    'bare':          ['D',    'D',  'E',      'D',     'S'],
    'full match':    ['D',    'D',  'D/E',    'D',     'D'],
    'full no match': ['S/E',  'D',  'E',      'S',     'S'],
  },
  'several non-negative resources': {
    'bare':          ['A',    'M',  'E',      'A',     'S'], // M, with carbons to the other clients that enabled them
    'full match':    ['D',    'D',  'D/E',    'D',     'D'],
    'full no match': ['S/E',  'M',  'E',      'S',     'S'],
  },
}

/**
 * Table 1 for one message.
 * @param account null if there is no account of that name
 * @param sees the result of `maySee` for the sender
 */
export function deliverMessage<R extends Resource>(
  account: Account<R> | null,
  packet: Packet,
  sees: boolean,
): MessageDelivery<R> {
  const to = packet.to!
  const named = account === null || to.isBare ? undefined : account.resource(to.full)
  const isVacant = named?.vacant === true
  const kind = column(packet.type)
  if (isVacant && kind > CHAT) return { kind: kind === GROUPCHAT && !sees ? 'error' : 'silent' }
  const match = isVacant ? undefined : named
  const willing = account === null ? [] : account.resources.filter((r) => r.takesPart && r.priority >= 0)
  const address = to.isBare || isVacant ? 'bare' : match === undefined ? 'full no match' : 'full match'
  switch (TABLE[condition(account, willing)][address]![kind]) {
    case 'D':
      return { kind: 'deliver', to: match === undefined ? willing : [match] }
    case 'M':
      return { kind: 'deliver', to: mostAvailable(willing) }
    case 'A':
      return { kind: 'deliver', to: willing }
    case 'O':
      return { kind: 'store' }
    case 'E':
      return { kind: 'error' }
    case 'S':
      return { kind: 'silent' }
    case 'D/E':
      return sees ? { kind: 'deliver', to: [match!] } : { kind: 'error' }
    case 'S/E':
      return { kind: sees ? 'error' : 'silent' }
  }
}

/**
 * 8.5.1, 8.5.2.1.3, 8.5.3.1, 8.5.3.2.3. An answer goes to the resource whoever sends it, asked for or not: it tells its sender
 * nothing, neither if it arrives nor if it does not, and a client knows by sender and id whom it has asked (RFC 6120 8.1.3, 8.2.3).
 * @param account null if there is no account of that name
 * @param authorised the result of `mayQuery` for the resource in `to`
 */
export function deliverIq<R extends Resource>(account: Account<R> | null, packet: Packet, authorised: boolean): IqDelivery<R> {
  const to = packet.to!
  const isRequest = packet.type === 'get' || packet.type === 'set'
  if (account !== null && to.isBare) return { kind: 'account' }
  const resource = account?.resource(to.full)
  if (resource === undefined || resource.vacant) return { kind: isRequest ? 'error' : 'silent' } // RFC 6120 8.2.3: no error for a result
  // 8.5.3.1: an answer of the resource would reveal that it is there, so a sender who may not see it gets an error
  return isRequest && !authorised ? { kind: 'error' } : { kind: 'deliver', to: resource }
}

/** 8.1: does the sender know of the account already? A contact, a receiver of directed presence, or the user. */
export function isKnown(account: Account, sender: Jid): boolean {
  if (sender.bare === account.bare.bare || account.roster.has(contactKey(sender))) return true
  return account.resources.some((r) => r.sharesWith(sender))
}

/**
 * Does any resource show its presence to the sender? All others, contacts without a subscription among them, must not learn
 * from what is delivered and what is not which resources are there (8.5.3.2.1 leaves the choice).
 */
export function maySee(account: Account, sender: Jid): boolean {
  if (sender.bare === account.bare.bare || account.roster.isSubscriber(contactKey(sender))) return true
  return account.resources.some((r) => r.sharesWith(sender))
}

/**
 * Does the sender know of the account by any relation in its roster, by a request, by presence that was sent to them, or as an
 * occupant of a room that the user is in?
 */
export const isFamiliar = (account: Account, sender: Jid): boolean =>
  isKnown(account, sender) || account.roster.pendingFrom(contactKey(sender)) !== undefined

/** 8.5.3.1: does this resource show its presence to the sender? It always does to the user and to the user's server. */
export function mayQuery(account: Account, resource: Resource, sender: Jid): boolean {
  if (sender.bare === account.bare.bare || sender.full === account.bare.domain) return true
  return account.roster.isSubscriber(contactKey(sender)) || resource.sharesWith(sender)
}

function condition(account: Account | null, willing: readonly Resource[]): Condition {
  if (account === null) return 'account does not exist'
  if (willing.length === 0) return account.isAttended ? 'only negative resources' : 'no active resources'
  return willing.length === 1 ? '1 non-negative resource' : 'several non-negative resources'
}

/** The resources with the highest priority. */
function mostAvailable<R extends Resource>(resources: readonly R[]): readonly R[] {
  const highest = Math.max(...resources.map((r) => r.priority))
  return resources.filter((r) => r.priority === highest)
}

/** Of the kinds in a row of the table, this one and the one before it can be stored. */
const CHAT = 1
const GROUPCHAT = 2

/** A message without a type, or with an unknown one, is a normal message (5.2.2). */
function column(type: string): 0 | 1 | 2 | 3 | 4 {
  switch (type) {
    case 'chat':
      return 1
    case 'groupchat':
      return 2
    case 'headline':
      return 3
    case 'error':
      return 4
    default:
      return 0
  }
}
