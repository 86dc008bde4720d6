/**
 * RFC 6121 section 8.5: who gets a stanza for a local user. For messages the rules are Table 1 (8.5.4),
 * with our choice wherever the RFC leaves one; for IQs 8.5.2.1.3 and 8.5.3. Presence has its own rules:
 * presence.ts and subscribing.ts. `to` is never rewritten (8.5.2.1.1).
 */
import type { Jid } from '../xmpp/jid.ts'
import type { Packet } from '../xmpp/packet.ts'
import { contactKey, type Account, type Resource } from './account.ts'

export type MessageDelivery<R extends Resource = Resource> =
  | { readonly kind: 'deliver'; readonly to: readonly R[] }
  /** Kept for the user until he is there (offline storage). */
  | { readonly kind: 'store' }
  /** `<service-unavailable/>` to the sender. */
  | { readonly kind: 'error' }
  | { readonly kind: 'silent' }

export type IqDelivery<R extends Resource = Resource> =
  | { readonly kind: 'deliver'; readonly to: R }
  /** The server answers on behalf of the account; a result or an error is for the server, if it asked. */
  | { readonly kind: 'account' }
  /** `<service-unavailable/>` to the sender. */
  | { readonly kind: 'error' }
  | { readonly kind: 'silent' }

/**
 * The letters of Table 1: D the resource in `to`, or the only one there is; M the most available ones;
 * A all of non-negative priority; O offline storage; E an error; S silence. S/E is E for a sender who is
 * known to the user and S for everybody else (8.1).
 */
type Option = 'D' | 'M' | 'A' | 'O' | 'E' | 'S' | 'S/E'
export type Condition =
  | 'account does not exist'
  | 'no active resources'
  | 'only negative resources'
  | '1 non-negative resource'
  | 'several non-negative resources'
type Address = 'bare' | 'full match' | 'full no match'
type Row = readonly [normal: Option, chat: Option, groupchat: Option, headline: Option, error: Option]

/**
 * Table 1 with one option in each place, and a column for errors (8.5.2.1.1, 8.5.3.2.1). We keep messages
 * offline for every account, so a missing one has to be silent where an existing one stores. With 'no active
 * resources' a full JID can match one that is connected but not available (8.5.3.1). A groupchat message to a resource that
 * is gone is answered to everybody, and without an account too: rooms elsewhere notice by it who has left them.
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
    'full match':    ['D',    'D',  'D',      'D',     'D'],
    'full no match': ['S/E',  'O',  'E',      'S',     'S'],
  },
  'only negative resources': {
    'bare':          ['O',    'O',  'E',      'S',     'S'],
    'full match':    ['D',    'D',  'D',      'D',     'D'],
    'full no match': ['S/E',  'O',  'E',      'S',     'S'],
  },
  '1 non-negative resource': {
    'bare':          ['D',    'D',  'E',      'D',     'S'],
    'full match':    ['D',    'D',  'D',      'D',     'D'],
    'full no match': ['S/E',  'D',  'E',      'S',     'S'],
  },
  'several non-negative resources': {
    'bare':          ['A',    'M',  'E',      'A',     'S'], // M with carbons to the others, for who wants them
    'full match':    ['D',    'D',  'D',      'D',     'D'],
    'full no match': ['S/E',  'M',  'E',      'S',     'S'],
  },
}

/**
 * Table 1 for one message.
 * @param account null: there is none of that name
 * @param known `isKnown` of the sender
 */
export function deliverMessage<R extends Resource>(
  account: Account<R> | null,
  packet: Packet,
  known: boolean,
): MessageDelivery<R> {
  const to = packet.to!
  const match = account === null || to.isBare ? undefined : account.resource(to.full)
  const willing = account === null ? [] : account.resources.filter((r) => r.takesPart && r.priority >= 0)
  const address = to.isBare ? 'bare' : match === undefined ? 'full no match' : 'full match'
  switch (TABLE[condition(account, willing)][address]![column(packet.type)]) {
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
    case 'S/E':
      return { kind: known ? 'error' : 'silent' }
  }
}

/**
 * 8.5.1, 8.5.2.1.3, 8.5.3.1, 8.5.3.2.3.
 * @param account null: there is none of that name
 * @param authorised `mayQuery` of the resource in `to`
 */
export function deliverIq<R extends Resource>(account: Account<R> | null, packet: Packet, authorised: boolean): IqDelivery<R> {
  const to = packet.to!
  const isRequest = packet.type === 'get' || packet.type === 'set'
  if (account !== null && to.isBare) return { kind: 'account' }
  const resource = account?.resource(to.full)
  if (resource === undefined) return { kind: isRequest ? 'error' : 'silent' } // RFC 6120 8.2.3: no error for a result
  // 8.5.3.1: to whom the user shows no presence, a resource must not betray by its answer that it is there
  return isRequest && !authorised ? { kind: 'error' } : { kind: 'deliver', to: resource }
}

/** 8.1: would an error tell this sender nothing new? In the roster, given presence directly, or the user himself. */
export function isKnown(account: Account, sender: Jid): boolean {
  if (sender.bare === account.bare.bare || account.roster.has(contactKey(sender))) return true
  return account.resources.some((r) => r.sharesWith(sender))
}

/** 8.5.3.1: does this resource show its presence to the sender? To the user himself and his server it always does. */
export function mayQuery(account: Account, resource: Resource, sender: Jid): boolean {
  if (sender.bare === account.bare.bare || sender.full === account.bare.domain) return true
  return account.roster.isSubscriber(contactKey(sender)) || resource.sharesWith(sender)
}

function condition(account: Account | null, willing: readonly Resource[]): Condition {
  if (account === null) return 'account does not exist'
  if (willing.length === 0) return account.isAttended ? 'only negative resources' : 'no active resources'
  return willing.length === 1 ? '1 non-negative resource' : 'several non-negative resources'
}

/** Of those, the ones with the highest priority. */
function mostAvailable<R extends Resource>(resources: readonly R[]): readonly R[] {
  const highest = Math.max(...resources.map((r) => r.priority))
  return resources.filter((r) => r.priority === highest)
}

/** A message without a type, or of one that is not known, is a normal one (5.2.2). */
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
