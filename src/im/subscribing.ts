/**
 * RFC 6121 section 3: managing presence subscriptions. Appendix A (subscription.ts) says whether a stanza is passed
 * on and what the state is afterwards. This file has everything else, in its order: pushes, presence, automatic
 * answers, pre-approval (3.4), requests that wait.
 *
 * Each function decides and changes nothing. The caller stores `change`, applies it to the roster, and then
 * lets the step `run`. Where the text and the tables of the RFC differ, the tables win.
 */
import type { Millis } from '../base/clock.ts'
import type { Wire } from '../xml/wire.ts'
import type { Jid } from '../xmpp/jid.ts'
import { Packet } from '../xmpp/packet.ts'
import { StanzaError } from '../xmpp/stanza-error.ts'
import {
  contactOf,
  NO_GROUPS,
  octetsOfItem,
  octetsOfRequest,
  type Account,
  type ImLimits,
  type PendingRequest,
  type RosterChange,
  type RosterItem,
  type SentRequest,
} from './account.ts'
import { keptPacket } from './kept.ts'
import { presentTo, withdrawals, withdrawFrom } from './presence.ts'
import { partsOf, transition, type SubscriptionState, type SubscriptionType } from './subscription.ts'

/** The content of a roster push: an item as it is now, or the fact that it was removed. */
export type Pushed = RosterItem | { readonly jid: Jid; readonly removed: true }

/** The effects that a step can cause. */
export interface SubscriptionOut {
  /** Sends to the address in `to`, local or remote. */
  route(packet: Packet): void
  /** Sends to each available resource of this account. */
  toAvailable(packet: Packet): void
  /** Sends to each resource of this account that has asked for the roster. */
  toInterested(packet: Packet): void
  /** 2.1.6, to each of these resources. @param version of the roster with this change */
  push(item: Pushed, version: number): void
}

export interface Step {
  /** To be stored and applied before `run`; null if nothing changes. */
  readonly change: RosterChange | null
  /** The user's own request, to be kept until it is answered (3.1.2); null if there is none. */
  readonly request: Packet | null
  /** The stanzas of `run` that tell the contact of the change. They are kept until a remote server has received them. */
  readonly decisions: readonly Packet[]
  run(out: SubscriptionOut): void
}
/** For a step that tells the contact nothing. */
export const NO_DECISIONS: readonly Packet[] = []
const NOTHING: Step = { change: null, request: null, decisions: NO_DECISIONS, run() {} }

/**
 * 3.1.2, 3.1.5, 3.2.2, 3.3.2, 3.4.2: the user's client sends a subscription stanza.
 * @throws StanzaError not-allowed: a request to see oneself; policy-violation: the roster is full
 */
export function outbound(account: Account, packet: Packet, limits: ImLimits): Step {
  const type = packet.type as SubscriptionType
  const contact = contactOf(packet.to!)
  if (contact.full === account.bare.full) {
    if (type === 'subscribe') throw new StanzaError('not-allowed', { text: 'You cannot subscribe to your own presence' })
    return NOTHING
  }
  const state = account.roster.stateOf(contact.full)
  const { pass, next } = transition('outbound', type, state)
  // 3.4.2: a 'subscribed' that answers no request is a pre-approval, until 'unsubscribed' takes it back (3.2.2 rule 2).
  const approved = type === 'subscribed' ? true : type === 'unsubscribed' ? false : isApproved(account, contact)
  const change = revise(account, contact, next, approved)
  if (change !== null) checkRoom(account, change, limits)
  const isCancelled = type === 'unsubscribed' && seesUser(state)
  const isGranted = type === 'subscribed' && pass
  const stanza = stamped(packet, account.bare, contact)
  return {
    change,
    request: type === 'subscribe' && partsOf(next).ask ? requestToKeep(stanza, limits) : null,
    decisions: [...(isCancelled ? withdrawals(account, contact) : NO_DECISIONS), ...(pass ? [stanza] : NO_DECISIONS)],
    run(out) {
      if (isCancelled) withdrawFrom(account, contact, out) // 3.2.2 rule 3: before 'unsubscribed'
      if (pass) out.route(stanza)
      pushChange(change, out)
      if (isGranted) presentTo(account, contact, out) // 3.1.5: last
    },
  }
}

/**
 * 3.1.3, 3.1.6, 3.2.3, 3.3.3: a subscription stanza arrives for the user. Requests beyond the limits are
 * dropped without an answer.
 */
export function inbound(account: Account, packet: Packet, now: Millis, limits: ImLimits): Step {
  const type = packet.type as SubscriptionType
  const contact = contactOf(packet.from)
  const to = packet.to!
  if (contact.full === account.bare.full) return NOTHING
  const stanza = stamped(packet, contact, account.bare)
  if (type === 'subscribe') return asked(account, stanza, now, limits)
  if (!to.isBare && account.resource(to.full) === undefined) return NOTHING // 8.5.3.2.2
  const state = account.roster.stateOf(contact.full)
  const { pass, next } = transition('inbound', type, state)
  if (!pass) return NOTHING
  const change = revise(account, contact, next, isApproved(account, contact))
  const isLeft = type === 'unsubscribe' && seesUser(state)
  // A.3.2. A stranger whose request waits gets no answer: there would be none if there were no account (DEVIATES(7)).
  const confirmed = type === 'unsubscribe' && account.roster.has(contact.full) ? answer(stanza, 'unsubscribed') : null
  return {
    change,
    request: null,
    decisions: [...(isLeft ? withdrawals(account, contact) : NO_DECISIONS), ...(confirmed === null ? NO_DECISIONS : [confirmed])],
    run(out) {
      out.toInterested(stanza) // "MUST occur before sending the roster push"
      pushChange(change, out)
      if (isLeft) withdrawFrom(account, contact, out) // 3.3.3 rule 3
      if (confirmed !== null) out.route(confirmed)
    },
  }
}

/**
 * 3.1.2, end: the requests that have waited so long for an answer that they are sent again, unchanged.
 * @param sent the stored requests, by contact; if a request is not stored, only the fact of the request is sent
 * @param before only requests that were last sent at this moment or earlier
 * @param nextId makes a new id for each
 */
export function* requestsAgain(
  account: Account,
  sent: ReadonlyMap<string, SentRequest>,
  before: Millis,
  nextId: () => Wire,
): Generator<Packet> {
  for (const { jid, ask } of account.roster.items()) {
    if (!ask || account.hidden(jid)) continue
    const last = sent.get(jid.full)
    if (last !== undefined && last.sentAt > before) continue
    const stanza = last?.stanza ?? Packet.of({ kind: 'presence', type: 'subscribe', from: account.bare, to: jid })
    yield stanza.with({ id: nextId() })
  }
}

/** Shortens a request that is too long: only the fact that it was made is kept. */
function requestToKeep(stanza: Packet, limits: ImLimits): Packet {
  if (stanza.wire.length <= limits.pendingBytes) return stanza
  return Packet.of({ kind: 'presence', type: 'subscribe', from: stanza.from, to: stanza.to })
}

/** 3.1.3: an entity asks to see the user. */
function asked(account: Account, stanza: Packet, now: Millis, limits: ImLimits): Step {
  const { roster } = account
  const contact = stanza.from
  const state = roster.stateOf(contact.full)
  if (seesUser(state)) return grant(account, stanza, null) // rule 2
  const { pass, next } = transition('inbound', 'subscribe', state)
  if (isApproved(account, contact)) {
    // 3.4.2: as if the user had answered at once. This uses up the pre-approval.
    return grant(account, stanza, revise(account, contact, transition('outbound', 'subscribed', next).next, false))
  }
  const stored = roster.pendingFrom(contact.full)
  if (stored === undefined && !mayWait(account, stanza, limits)) return NOTHING
  if (stanza.wire.length > limits.pendingBytes || stored?.stanza.wire === stanza.wire) return NOTHING
  // rule 4: the last request of each sender is kept
  const request: PendingRequest = { from: contact, stanza: keptPacket(stanza), receivedAt: now }
  return {
    change: revise(account, contact, next, false, request),
    request: null,
    decisions: NO_DECISIONS,
    run(out) {
      if (pass) out.toAvailable(stanza) // rule 3
    },
  }
}

/** May one more request wait? No party may have more requests than there is room left, so there is always room for others. */
function mayWait({ roster }: Account, request: Packet, { pendingRequests, pendingBytesInAll, partyOf }: ImLimits): boolean {
  const party = partyOf(request.from.domain)
  let own = 0
  let octets = octetsOfRequest(request)
  for (const { from, stanza } of roster.pending()) {
    const isOwn = partyOf(from.domain) === party
    if (isOwn) own += 1
    octets += octetsOfRequest(stanza) * (isOwn ? 2 : 1)
  }
  return own + roster.pendingCount < pendingRequests && octets <= pendingBytesInAll
}

/** 3.1.3 rule 2: the server answers for the user. Presence follows, so that a contact who had lost it is up to date. */
function grant(account: Account, stanza: Packet, change: RosterChange | null): Step {
  const granted = answer(stanza, 'subscribed')
  return {
    change,
    request: null,
    decisions: [granted],
    run(out) {
      out.route(granted)
      pushChange(change, out)
      presentTo(account, stanza.from, out)
    },
  }
}

/**
 * The change that brings the contact to state `next`; null if nothing changes. A request alone does not create an
 * item (3.1.3, security warning), and no item is removed here: only the user removes items (2.5).
 */
function revise(
  account: Account,
  contact: Jid,
  next: SubscriptionState,
  approved: boolean,
  request: PendingRequest | null = null,
): RosterChange | null {
  const { roster } = account
  const { subscription, ask, pending: isAsked } = partsOf(next)
  const isMarked = approved && !seesUser(next)
  const before = roster.item(contact.full) ?? null
  const stored = roster.pendingFrom(contact.full) ?? null
  const pending = isAsked ? (request ?? stored) : null
  const isShown = before !== null || subscription !== 'none' || ask || isMarked
  const isSame =
    before === null ? !isShown : before.subscription === subscription && before.ask === ask && before.approved === isMarked
  if (isSame && pending === stored) return null
  const { jid, name, groups } = before ?? { jid: contact, name: '', groups: NO_GROUPS }
  const item = isSame ? before : { jid, name, groups, subscription, ask, approved: isMarked }
  return { contact: jid, item, pending, version: isSame ? roster.version : roster.version + 1, pushed: !isSame }
}

/** @throws StanzaError policy-violation: one more item, or more octets, than the roster can hold */
export function checkRoom({ roster }: Account, { contact, item }: RosterChange, limits: ImLimits): void {
  if (item === null) return
  const before = roster.item(contact.full)
  if (before === undefined && roster.size >= limits.rosterItems)
    throw new StanzaError('policy-violation', { text: `The roster is full: it may hold ${limits.rosterItems} contacts` })
  const more = octetsOfItem(item) - (before === undefined ? 0 : octetsOfItem(before))
  if (more > 0 && roster.octets + more > limits.rosterBytes)
    throw new StanzaError('policy-violation', { text: `The roster is full: it may hold ${limits.rosterBytes} octets` })
}

/** Is the contact in the roster, or is there room for one more? */
export function hasRoomFor({ roster }: Account, contact: Jid, limits: ImLimits): boolean {
  if (roster.has(contact.full)) return true
  const item = { jid: contact, name: '', groups: NO_GROUPS, subscription: 'both', ask: false, approved: false } as const
  return roster.size < limits.rosterItems && roster.octets + octetsOfItem(item) <= limits.rosterBytes
}

function pushChange(change: RosterChange | null, out: SubscriptionOut): void {
  if (change !== null && change.pushed && change.item !== null) out.push(change.item, change.version)
}

/** Between bare JIDs, whatever the client or an old server wrote (section 3, implementation note; 3.1.2 rule 1). */
function stamped(packet: Packet, from: Jid, to: Jid): Packet {
  return packet.from.full === from.full ? packet.addressedTo(to) : packet.with({ from, to })
}

const answer = (stanza: Packet, type: SubscriptionType): Packet =>
  Packet.of({ kind: 'presence', type, from: stanza.to!, to: stanza.from, id: stanza.id })

const isApproved = (account: Account, contact: Jid): boolean => account.roster.item(contact.full)?.approved === true

const seesUser = (state: SubscriptionState): boolean => state === 'From' || state === 'From + Pending Out' || state === 'Both'
