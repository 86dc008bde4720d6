/**
 * RFC 6121 section 2: managing the roster. What a client may write (2.1.5, 2.3 to 2.5), what the server shows to it
 * (2.1.2 to 2.1.4, 2.1.6), and what the client has missed (2.6, versioning).
 *
 * A roster set is decided here and changes nothing by itself: the caller stores the step's `change`, applies
 * it, lets the step `run`, and then answers the client.
 */
import { el, type Element } from '../xml/element.ts'
import { escape } from '../xml/wire.ts'
import { JidError, jidOfWire, strictIfOurs, type IsOurs, type Jid } from '../xmpp/jid.ts'
import { ROSTER } from '../xmpp/ns.ts'
import { Packet } from '../xmpp/packet.ts'
import { StanzaError } from '../xmpp/stanza-error.ts'
import { NO_GROUPS, type Account, type ImLimits, type Roster, type RosterItem } from './account.ts'
import { keptText } from './kept.ts'
import { withdrawals, withdrawFrom } from './presence.ts'
import { checkRoom, NO_DECISIONS, type Pushed, type Step } from './subscribing.ts'

/** A roster set (2.1.5), read and validated. */
export interface RosterRequest {
  readonly jid: Jid
  /** 2.5: remove the item. Name and groups have no meaning then. */
  readonly remove: boolean
  readonly name: string
  readonly groups: readonly string[]
}

/**
 * Reads a roster set (2.1.5, 2.3.3). Of `subscription` only 'remove' counts; the server sets `ask` and `approved`.
 * @param query of the roster set
 * @throws StanzaError bad-request; jid-malformed; not-allowed: the user's own JID; not-acceptable: an empty group,
 *   a name or a group that is too long, too many groups
 */
export function readRosterSet(query: Element, account: Account, limits: ImLimits, isOurs: IsOurs): RosterRequest {
  const items = query.elements.filter((e) => e.is('item', ROSTER))
  const [item] = items
  if (item === undefined || items.length > 1)
    throw new StanzaError('bad-request', { text: 'A roster set holds exactly one item' })
  const contact = readJid(item, isOurs)
  if (contact.bare === account.bare.bare) throw new StanzaError('not-allowed', { text: 'You cannot add yourself as a contact' })
  if (item.attr('subscription') === 'remove') return { jid: contact, remove: true, name: '', groups: NO_GROUPS }
  const name = item.attr('name') ?? ''
  if (Buffer.byteLength(name) > limits.nameBytes) throw new StanzaError('not-acceptable', { text: 'The name is too long' })
  return { jid: contact, remove: false, name: keptText(name), groups: readGroups(item, limits) }
}

/**
 * 2.3 and 2.4: an item is atomic, so name and groups become exactly what the set contains. The subscription of the item
 * does not change. A push follows even if nothing is different (2.3.2).
 * @throws StanzaError policy-violation: the roster is full
 */
export function setItem(account: Account, request: RosterRequest, limits: ImLimits): Step {
  const { roster } = account
  const before = roster.item(request.jid.full)
  const item: RosterItem = {
    jid: before?.jid ?? request.jid,
    name: request.name,
    groups: request.groups,
    subscription: before?.subscription ?? 'none',
    ask: before?.ask ?? false,
    approved: before?.approved ?? false,
  }
  const pending = roster.pendingFrom(request.jid.full) ?? null
  const change = { contact: item.jid, item, pending, version: roster.version + 1, pushed: true }
  checkRoom(account, change, limits)
  return { change, request: null, decisions: NO_DECISIONS, run: (out) => out.push(item, change.version) }
}

/**
 * 2.5.2: removes an item and the subscriptions in both directions, granted or requested, as if the client had sent
 * 'unsubscribe' and 'unsubscribed' itself.
 * @throws StanzaError item-not-found (2.5.3)
 */
export function removeItem(account: Account, request: RosterRequest): Step {
  const { roster, bare } = account
  const item = roster.item(request.jid.full)
  if (item === undefined) throw new StanzaError('item-not-found')
  const { jid: contact } = item
  const unsubscribe = unsubscribes(bare, item)
  const unsubscribed = cancels(bare, roster, contact)
  const change = { contact, item: null, pending: null, version: roster.version + 1, pushed: true }
  const gone = seesUser(item) ? withdrawals(account, contact) : NO_DECISIONS
  return {
    change,
    request: null,
    decisions: [unsubscribe, ...gone, unsubscribed].filter((packet) => packet !== null),
    run(out) {
      if (unsubscribe !== null) out.route(unsubscribe)
      if (seesUser(item)) withdrawFrom(account, contact, out) // 3.2.2: before 'unsubscribed'
      if (unsubscribed !== null) out.route(unsubscribed)
      out.push({ jid: contact, removed: true }, change.version)
    },
  }
}

/**
 * XEP-0077 3.2: the account is deleted, and with it every subscription in its roster, in both directions. Its
 * resources have sent unavailable presence before this (`lastWords`).
 */
export function* farewells({ roster, bare }: Account): Generator<Packet> {
  for (const item of roster.items()) {
    const unsubscribe = unsubscribes(bare, item)
    if (unsubscribe !== null) yield unsubscribe
    const unsubscribed = cancels(bare, roster, item.jid)
    if (unsubscribed !== null) yield unsubscribed
  }
  for (const { from } of roster.pending()) if (!roster.has(from.full)) yield cancels(bare, roster, from)!
}

/** The unavailable presence that the resources of an account will send before it is deleted. */
export function* lastWords(account: Account): Generator<Packet> {
  for (const contact of account.roster.subscribers) yield* withdrawals(account, contact)
}

const seesUser = ({ subscription }: RosterItem): boolean => subscription === 'from' || subscription === 'both'

/** The stanza that ends the user's subscription to the contact, or withdraws the request; null if there is neither. */
function unsubscribes(user: Jid, { jid: contact, subscription, ask }: RosterItem): Packet | null {
  if (subscription !== 'to' && subscription !== 'both' && !ask) return null
  return Packet.of({ kind: 'presence', type: 'unsubscribe', from: user, to: contact })
}

/** The stanza that ends the contact's subscription to the user, or refuses the contact's request; null if there is neither. */
function cancels(user: Jid, roster: Roster, contact: Jid): Packet | null {
  if (!roster.isSubscriber(contact.full) && roster.pendingFrom(contact.full) === undefined) return null
  return Packet.of({ kind: 'presence', type: 'unsubscribed', from: user, to: contact })
}

/** 2.1.2: the item as clients see it. A request that waits for the user's answer is not shown (3.1.3). */
export function itemElement(item: RosterItem): Element {
  const { jid: contact, name, groups, subscription, ask, approved } = item
  const attrs = {
    jid: contact.full,
    name: name === '' ? undefined : name,
    subscription,
    ask: ask ? 'subscribe' : undefined,
    approved: approved ? 'true' : undefined,
  }
  return el('item', ROSTER, attrs, ...groups.map((group) => el('group', ROSTER, {}, group)))
}

/** 2.1.4: the complete roster. An empty roster is an empty query and no error. Every client receives the version (2.6.3). */
export function rosterResult(roster: Roster): Element {
  const items: Element[] = []
  for (const item of roster.items()) items.push(itemElement(item))
  return el('query', ROSTER, { ver: versionText(roster.version, roster.epoch) }, ...items)
}

/** 2.1.6: the query of a roster push. @param version of the roster with this change @param epoch of that version */
export function pushPayload(pushed: Pushed, version: number, epoch = ''): Element {
  const item = 'removed' in pushed ? el('item', ROSTER, { jid: pushed.jid.full, subscription: 'remove' }) : itemElement(pushed)
  return el('query', ROSTER, { ver: versionText(version, epoch) }, item)
}

/** A version as clients see it (2.6.2); opaque to them. @param epoch `Roster.epoch`; '' if the number is enough */
export const versionText = (version: number, epoch = ''): string => (epoch === '' ? `${version}` : `${epoch}-${version}`)

/** The number that `versionText` wrote; null for any other text, including '': the client has to load the whole roster. */
export function parseVersion(text: string, epoch = ''): number | null {
  const version = Number(text.slice(epoch === '' ? 0 : epoch.length + 1))
  return Number.isSafeInteger(version) && version >= 0 && versionText(version, epoch) === text ? version : null
}

/** The last push about one contact, as stored. */
export interface RosterModification {
  readonly version: number
  readonly jid: Jid
  /** Null if the item was removed. */
  readonly item: RosterItem | null
}

/**
 * 2.6.3, "interim roster pushes": what follows the empty result for a client that knows an older version.
 * For each contact the final state, in the order of modification, each with its own version.
 * @param changes since the client's version, one for each contact
 */
export function rosterUpdates(changes: { readonly items: readonly RosterModification[] }, epoch = ''): readonly Element[] {
  return changes.items
    .toSorted((a, b) => a.version - b.version)
    .map(({ version, jid: contact, item }) => pushPayload(item ?? { jid: contact, removed: true }, version, epoch))
}

function readJid(item: Element, isOurs: IsOurs): Jid {
  const text = item.attr('jid')
  if (text === undefined) throw new StanzaError('bad-request', { text: 'The item has no jid' })
  try {
    return strictIfOurs(jidOfWire(escape(text)), isOurs)
  } catch (error) {
    if (error instanceof JidError) throw new StanzaError('jid-malformed', { text: error.message })
    throw error
  }
}

/** Two groups are the same if their names are equal after normalisation as resourceparts (2.3.3, RFC 8265 4.2.2: NFC). */
function readGroups(item: Element, limits: ImLimits): readonly string[] {
  const groups: string[] = []
  const seen = new Set<string>()
  for (const e of item.elements) {
    if (!e.is('group', ROSTER)) continue
    const group = e.text
    if (group === '') throw new StanzaError('not-acceptable', { text: 'A group has no name' })
    if (Buffer.byteLength(group) > limits.nameBytes)
      throw new StanzaError('not-acceptable', { text: 'The name of a group is too long' })
    const normal = group.normalize('NFC')
    if (seen.has(normal)) throw new StanzaError('bad-request', { text: 'A group is listed twice' })
    seen.add(normal)
    groups.push(keptText(group))
  }
  if (groups.length > limits.groupsPerItem) throw new StanzaError('not-acceptable', { text: 'The contact is in too many groups' })
  return groups.length === 0 ? NO_GROUPS : groups
}
