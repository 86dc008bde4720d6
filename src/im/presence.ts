/**
 * RFC 6121 section 4: exchanging presence information.
 *
 * Every rule of the section that binds a server is one function here, in the RFC's order and under its
 * number. Nothing here reads a clock, a socket, a database or a random number. The functions receive the
 * account's state, change it, and say through `out` what must be sent.
 */
import type { Millis } from '../base/clock.ts'
import { Element } from '../xml/element.ts'
import { valueOf } from '../xml/entities.ts'
import { delayed, withDelay } from '../xmpp/delay.ts'
import type { Jid } from '../xmpp/jid.ts'
import { CLIENT } from '../xmpp/ns.ts'
import { Packet, Payload } from '../xmpp/packet.ts'
import { StanzaError } from '../xmpp/stanza-error.ts'
import { contactKey, type Account, type ImLimits, type LastPresence, type Resource } from './account.ts'
import { keptPacket, keptPayload } from './kept.ts'
import { asTold } from './last-seen.ts'
import { byteOf, priorityIn } from './priority.ts'
import { isSubscriptionType } from './subscription.ts'

/**
 * The effects that the rules can cause. The server carries them out; a test records them.
 * @typeParam R the type of the account's resources
 */
export interface PresenceOut<R extends Resource = Resource> {
  /** Sends to the address in `to`, local or remote. */
  route(packet: Packet): void
  /** Sends one stanza to many addresses. Its own `to` is null. */
  routeAll(packet: Packet, to: readonly Jid[]): void
  /** Sends to one of the account's own resources, whatever `to` says. */
  toResource(packet: Packet, resource: R): void
  /** 4.3.1: probes these contacts; the answers are for `me`. Probes go from bare JID to bare JID. */
  probe(me: R, contacts: readonly Jid[]): void
  /** Takes the steps one by one, as fast as the client of `me` reads. Each step sends something to `me`. */
  pour(me: R, steps: Iterator<void>): void
  /** Initial presence is complete: now `redeliverPending`, offline messages and so on are due. */
  becameAvailable(me: R): void
}
type RouteOut = Pick<PresenceOut, 'route'>
type ResourceOut<R extends Resource> = Pick<PresenceOut<R>, 'toResource'>
type SourceOut<R extends Resource> = Pick<PresenceOut<R>, 'toResource' | 'pour'>
type LeaveOut<R extends Resource> = Pick<PresenceOut<R>, 'routeAll' | 'toResource'>

/** 4.2.2 and 4.4.2: the client sends presence with neither `to` nor `type`. The first one is initial presence. */
export function broadcastAvailable<R extends Resource>(account: Account<R>, me: R, sent: Packet, out: PresenceOut<R>): void {
  const { packet: read, priority } = readPresence(sent)
  const packet = keptPacket(read)
  const isInitial = me.presence === null
  me.presence = packet
  me.priority = priority
  out.routeAll(packet, account.audience)
  toOwn(account, packet, out) // also to itself: "an entity is implicitly subscribed to its own presence"
  if (!isInitial) return
  for (const other of account.resources) {
    if (other !== me && other.presence !== null) out.toResource(other.presence.addressedTo(account.bare), me)
  }
  const contacts = account.reachable(account.roster.subscriptions)
  if (contacts.length > 0) out.probe(me, contacts)
  out.becameAvailable(me)
}

/** A presence that was withdrawn is true again: those who may see it are told, and the account's own resources. */
export function shownAgain<R extends Resource>(account: Account<R>, presence: Packet, out: LeaveOut<R>): void {
  out.routeAll(presence, account.audience)
  toOwn(account, presence, out)
}

/** 3.1.3 rule 4: a resource that becomes available receives every request that has not been answered. */
export function redeliverPending<R extends Resource>(account: Account<R>, me: R, out: SourceOut<R>): void {
  if (account.roster.pendingCount > 0) out.pour(me, showPending(account, me, out))
}
function* showPending<R extends Resource>(account: Account<R>, me: R, out: ResourceOut<R>): Generator<void, void> {
  for (const request of [...account.roster.pending()]) {
    const { from, stanza, receivedAt } = request
    // A request that was sent again meanwhile was already delivered.
    if (account.roster.pendingFrom(from.full) !== request || account.hidden(from)) continue
    out.toResource(withDelay(stanza, account.bare.domain, receivedAt), me)
    yield
  }
}

/**
 * 4.3.2 and 4.6.6: an entity probes the account.
 * @param account null if there is no account of that name: the answer is the one that a stranger gets
 */
export function answerProbe(account: Account | null, probe: Packet, out: RouteOut): void {
  const { from: prober } = probe
  const contact = probe.to!
  if (account === null) return out.route(unsubscribed(probe))
  if (account.hidden(prober)) return // XEP-0191 3.3: no answer at all
  if (!isEntitled(account, prober)) return answerStranger(account, probe, out)
  if (!contact.isBare) return answerForResource(account, probe, out)
  if (!account.isAvailable) return out.route(lastSeen(account, probe)) // rule 3
  for (const { presence } of account.resources) {
    if (presence !== null) out.route(presence.addressedTo(prober)) // rule 4: the full XML, with its own id
  }
}

/** 4.5.2: the client sends `type='unavailable'` without `to`. It stays connected and receives its own copy. */
export function broadcastUnavailable<R extends Resource>(
  account: Account<R>,
  me: R,
  packet: Packet,
  now: Millis,
  out: LeaveOut<R>,
): void {
  const wasAvailable = me.presence !== null
  leave(account, me, packet, now, out)
  if (wasAvailable) out.toResource(packet.addressedTo(account.bare), me)
}

/** 4.5.2: the resource ended without sending unavailable presence, so the server sends it. Does nothing after a graceful end. */
export function ended<R extends Resource>(account: Account<R>, me: R, now: Millis, out: LeaveOut<R>): void {
  leave(account, me, Packet.of({ kind: 'presence', type: 'unavailable', from: me.jid }), now, out)
}

/**
 * 4.6.3: the client sends presence with a `to`, with no `type` or 'unavailable'.
 * @throws StanzaError resource-constraint: this resource has sent presence to too many addresses
 */
export function directed(account: Account, me: Resource, packet: Packet, limits: ImLimits, out: RouteOut): void {
  const to = packet.to!
  if (packet.type === 'unavailable') forget(me, to)
  else if (me.presence === null || !account.roster.isSubscriber(contactKey(to))) remember(me, to, limits) // rules 2 and 3
  out.route(packet)
}

/**
 * 4.2.3, 4.4.3, 4.5.3, 4.6.4 with section 8: presence arrives with no `type`, 'unavailable' or 'error'.
 * A sender that becomes unavailable or answers with an error is removed from the lists of directed presence (4.6.1).
 */
export function receive<R extends Resource>(account: Account<R>, packet: Packet, out: ResourceOut<R>): void {
  const to = packet.to!
  const parts = packet.type === 'unavailable' || (packet.type === 'error' && !isPassing(packet))
  if (!to.isBare) {
    const resource = account.resource(to.full)
    if (resource === undefined) return // 8.5.3.2.2
    if (parts) forget(resource, packet.from)
    if (!resource.vacant) out.toResource(packet, resource) // 8.5.3.1: available or merely connected
    return
  }
  if (packet.type === 'error') return // it answers a broadcast or a probe, and the client sent neither to that address
  for (const resource of account.resources) {
    if (parts) forget(resource, packet.from)
    if (resource.takesPart) out.toResource(packet, resource)
  }
}

/**
 * 4.7: checks what the client sent. An invalid priority (not an integer, not from -128 to 127, given twice) counts as 0
 * and is removed: 4.7.2.3 lets the server override a priority if everybody sees the new one.
 * @throws StanzaError bad-request: no such `type` (4.7.1)
 */
export function readPresence(packet: Packet): { readonly priority: number; readonly packet: Packet } {
  const { type, payload } = packet
  if (type !== '') {
    const isKnown = type === 'unavailable' || type === 'probe' || type === 'error' || isSubscriptionType(type)
    if (!isKnown) throw new StanzaError('bad-request', { text: `Presence has no type '${type}'` })
    return { priority: 0, packet }
  }
  if (payload.isEmpty || !payload.text.includes('priority')) return { priority: 0, packet }
  const plain = priorityIn(payload.text)
  if (plain !== null) return { priority: plain, packet }
  const given = payload.elements.filter(isPriority)
  if (given.length === 0) return { priority: 0, packet }
  const priority = given.length === 1 ? byteOf(given[0]!.text) : null
  if (priority !== null) return { priority, packet }
  return { priority: 0, packet: packet.with({ payload: Payload.of(...payload.elements.filter((e) => !isPriority(e))) }) }
}

/** 3.1.5: a contact that may now see the user receives the presence of every available resource. */
export function presentTo(account: Account, contact: Jid, out: RouteOut): void {
  if (account.hidden(contact)) return
  for (const { presence } of account.resources) if (presence !== null) out.route(presence.addressedTo(contact))
}

/**
 * 3.2.2 and 3.3.3: a contact that may no longer see the user receives unavailable presence from every available
 * resource, and from each resource that had only sent it presence directly (4.6.1).
 */
export function withdrawFrom(account: Account, contact: Jid, out: RouteOut): void {
  for (const gone of withdrawals(account, contact)) out.route(gone)
  if (account.hidden(contact)) return
  for (const resource of account.resources) for (const to of directedTo(resource, contact)) forget(resource, to)
}

/** The stanzas that `withdrawFrom` sends. */
export function withdrawals(account: Account, contact: Jid): readonly Packet[] {
  if (account.hidden(contact)) return []
  return account.resources.flatMap((resource) => {
    const gone = Packet.of({ kind: 'presence', type: 'unavailable', from: resource.jid, to: contact })
    return resource.presence === null ? directedTo(resource, contact).map((to) => gone.addressedTo(to)) : [gone]
  })
}

/** Addresses of the contact to which the resource sent presence directly. */
const directedTo = ({ directed }: Resource, contact: Jid): readonly Jid[] =>
  directed === null ? [] : [...directed.values()].filter((to) => contactKey(to) === contact.full)

/** The only way to become unavailable: each watcher is told once, and then the resource is like one that was just bound. */
function leave<R extends Resource>(account: Account<R>, me: R, packet: Packet, now: Millis, out: LeaveOut<R>): void {
  const wasAvailable = me.presence !== null
  if (wasAvailable) {
    me.presence = null
    me.priority = 0
    if (!account.isAvailable) account.lastUnavailable = lastPresence(packet, now)
    out.routeAll(packet, account.audience)
    toOwn(account, packet, out)
  }
  if (me.directed === null) return
  const untold: Jid[] = []
  for (const to of me.directed.values()) {
    if (!(wasAvailable && wasTold(account, to)) && !account.hidden(to)) untold.push(to)
  }
  me.directed = null
  if (untold.length > 0) out.routeAll(packet, untold) // 4.6.3 rule 2
}

/** Did the broadcast also reach this entity, to which presence was sent directly? */
function wasTold(account: Account, to: Jid): boolean {
  if (to.bare !== account.bare.bare) return account.roster.isSubscriber(contactKey(to))
  return to.isBare || account.resource(to.full)?.takesPart === true
}

/** 4.4.2 and 4.5.2; XEP-0186 3.1.1 rule 4: an invisible resource receives what available ones receive. */
function toOwn<R extends Resource>(account: Account<R>, packet: Packet, out: ResourceOut<R>): void {
  const copy = packet.addressedTo(account.bare)
  for (const resource of account.resources) if (resource.takesPart) out.toResource(copy, resource)
}

function remember(me: Resource, to: Jid, limits: ImLimits): void {
  if (me.directed?.has(to.full)) return
  let octets = to.full.length
  if (me.directed !== null) for (const full of me.directed.keys()) octets += full.length
  if ((me.directed?.size ?? 0) >= limits.directedPerResource || octets > limits.directedBytes) {
    throw new StanzaError('resource-constraint', { text: 'You have sent presence directly to too many addresses' })
  }
  ;(me.directed ??= new Map()).set(to.full, to)
}

function forget(me: Resource, to: Jid): void {
  if (me.directed?.delete(to.full) === true && me.directed.size === 0) me.directed = null
}

/**
 * Is this an error of type 'wait', for example because a link is down? The entity may still believe that the resource is
 * available, and must be told when it becomes unavailable.
 */
function isPassing(packet: Packet): boolean {
  return packet.payload.child('error')?.attr('type') === 'wait'
}

/** The prober has a subscription, or is the user (4.2.2). */
const isEntitled = (account: Account, prober: Jid): boolean =>
  prober.bare === account.bare.bare || account.roster.isSubscriber(contactKey(prober))

/** 4.3.2 rule 1: sent from the bare JID, because a full JID would reveal a resource. It changes nothing in the roster here. */
const unsubscribed = (probe: Packet): Packet =>
  Packet.of({ kind: 'presence', type: 'unsubscribed', from: probe.to!.asBare, to: probe.from, id: probe.id })

/**
 * 4.6.6: without a subscription, only those resources answer that have sent presence to the probing address. Another
 * address of the prober would not be told when they become unavailable.
 */
function answerStranger(account: Account, probe: Packet, out: RouteOut): void {
  const contact = probe.to!
  let isAnswered = false
  for (const resource of account.resources) {
    if (!contact.isBare && resource.jid.full !== contact.full) continue
    if (!resource.hasTold(probe.from)) continue
    out.route(Packet.of({ kind: 'presence', from: resource.jid, to: probe.from, id: probe.id }))
    isAnswered = true
  }
  if (!isAnswered) out.route(unsubscribed(probe))
}

/** 4.3.2, a probe to a full JID: the answer is about that resource only, and says only whether it is available. */
function answerForResource(account: Account, probe: Packet, out: RouteOut): void {
  const contact = probe.to!
  const resource = account.resource(contact.full)
  const presence = resource?.presence ?? null
  const isThere = presence !== null || resource?.hasTold(probe.from) === true
  const id = presence === null ? probe.id : presence.id // 4.3.2.1
  out.route(Packet.of({ kind: 'presence', type: isThere ? '' : 'unavailable', from: contact, to: probe.from, id }))
}

/** 4.3.2 rule 3: no resource is available. The answer says since when, with the last status, if the policy allows. */
function lastSeen(account: Account, probe: Packet): Packet {
  const isOwn = probe.from.bare === account.bare.bare
  const last = isOwn ? account.lastUnavailable : asTold(account.lastUnavailable, account.policy.lastSeen)
  const payload = last === null ? Payload.empty : delayed(last.payload, account.bare.domain, last.at)
  return Packet.of({ kind: 'presence', type: 'unavailable', from: account.bare, to: probe.from, id: probe.id, payload })
}

/**
 * What is kept of the presence that made the account unavailable: its `<status/>`, as the subscribers received it. A
 * status that inherited its language from the stanza gets an `xml:lang` of its own.
 */
function lastPresence(packet: Packet, at: Millis): LastPresence {
  const statuses: Element[] = []
  for (const e of packet.payload.elements) {
    if (!e.is('status', CLIENT)) continue
    const isComplete = packet.lang === null || e.attr('xml:lang') !== undefined
    statuses.push(isComplete ? e : new Element(e.name, e.ns, { ...e.attrs, 'xml:lang': valueOf(packet.lang!) }, e.children))
  }
  return { at, payload: keptPayload(Payload.of(...statuses)) }
}

const isPriority = (e: Element): boolean => e.is('priority', CLIENT)
