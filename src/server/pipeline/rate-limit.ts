/**
 * How much one session may send (RFC 6120 13.12, XEP-0205 3). None of these limits ends a session:
 *
 * - Too many stanzas or octets: the lane waits, and when enough waits in the lane, nothing more is read from the
 *   connection (`queued-stanzas`).
 * - Too many presence broadcasts: only the newest of the excess ones is kept, and sent when its time has come. It is never sent
 *   after a later unavailable presence, and no other stanza to the same receivers overtakes it (RFC 6120 10.1): they wait
 *   for it.
 * - Too many recipients outside the roster in a second: refused, `<policy-violation/>`.
 */
import { Bucket } from '../../base/bucket.ts'
import { pause, type Clock, type Millis, type Timer } from '../../base/clock.ts'
import type { Counter, Metrics } from '../../base/metrics.ts'
import { contactKey } from '../../im/account.ts'
import { el } from '../../xml/element.ts'
import { ABUSE_ERRORS } from '../../xmpp/ns.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { FromClient } from './contexts.ts'
import type { FactBoard } from '../account/facts.ts'
import type { Verdict } from './pipeline.ts'
import type { Session } from '../account/session.ts'
import type { RateSettings } from '../settings.ts'
import type { Slot, SlotBook } from '../account/slots.ts'

export interface RateLimitParts {
  readonly rate: RateSettings
  readonly clock: Clock
  readonly metrics: Metrics
  readonly facts: FactBoard
  readonly slots: SlotBook<Session>
  /** Is this the address of the server itself? */
  readonly isServer: (address: Jid) => boolean
  /** Passes a stanza of the session through the stages after this one. */
  readonly goOn: (session: Session, packet: Packet) => void | Promise<void>
}

const SECOND: Millis = 1000
/** How many seconds of unused octets a session can save up. */
const OCTETS_SAVED_SECONDS = 4
/** The cost of a stanza in addition to its content: its name and attributes, estimated. */
const ENVELOPE_OCTETS = 100
const PRESENCE_WINDOW_SECONDS = 10

/** The presence that waits, and the stanzas that must wait for it. */
interface Held {
  packet: Packet
  timer: Timer
  readonly followers: (() => void)[]
}

/** What one session has used. */
class Pace {
  readonly stanzas: Bucket | null
  readonly octets: Bucket | null
  readonly broadcasts: Bucket | null
  held: Held | null
  /** The addresses outside the roster to which it has written since `recipientsSince`; null if none. */
  recipients: Set<string> | null
  recipientsSince: Millis

  constructor(rate: RateSettings, now: Millis) {
    const perSecond = rate['stanzas-per-second']
    const octets = rate['bytes-per-second']
    const presences = rate['presence-per-10-seconds']
    this.stanzas = perSecond === 0 ? null : new Bucket(rate['burst'], perSecond, now)
    this.octets = octets === 0 ? null : new Bucket(octets * OCTETS_SAVED_SECONDS, octets, now)
    this.broadcasts = presences === 0 ? null : new Bucket(presences, presences / PRESENCE_WINDOW_SECONDS, now)
    this.held = null
    this.recipients = null
    this.recipientsSince = now
  }
  /** Discards the waiting presence; nothing has to wait for it any more. */
  dropHeld(): void {
    const { held } = this
    if (held === null) return
    this.held = null
    held.timer.cancel()
    for (const follow of held.followers) follow()
  }
}

export class RateLimiter {
  readonly #parts: RateLimitParts
  readonly #paces: Slot<Session, Pace>
  readonly #recipientsMax: number
  readonly #heldBack: Counter
  readonly #coalesced: Counter
  readonly #refused: Counter

  constructor(parts: RateLimitParts) {
    const { clock, facts, metrics, rate, slots } = parts
    this.#parts = parts
    this.#paces = slots.declare('rate-limit', 'forgotten', () => new Pace(rate, clock.now()))
    this.#recipientsMax = rate['recipients-per-second']
    this.#heldBack = metrics.counter(
      'porchlight_stanzas_held_back_total',
      'Stanzas that had to wait because their client sends too many',
    )
    this.#coalesced = metrics.counter(
      'porchlight_presences_coalesced_total',
      'Presence broadcasts that a newer one has taken the place of before they were sent',
    )
    this.#refused = metrics.counter(
      'porchlight_recipients_refused_total',
      'Stanzas refused because their client writes to too many',
    )
    facts.on('session-ended', ({ session }) => session.get(this.#paces).dropHeld())
  }
  /** The stage 'rate-limit' for what a client sends. */
  check({ session, packet }: FromClient): Verdict | Promise<Verdict> {
    const pace = session.get(this.#paces)
    const wait = debt(pace, packet, this.#parts.clock.now())
    if (wait === 0) return this.#admit(session, pace, packet)
    return this.#holdBack(wait).then(() => (session.ended ? 'done' : this.#admit(session, pace, packet)))
  }
  /**
   * For input that is not a packet: it costs its octets, and at least as many as a stanza without content.
   * @returns when its time comes; null for now
   */
  admitOther(session: Session, octets: number): Promise<void> | null {
    const wait = session.get(this.#paces).octets?.take(Math.max(ENVELOPE_OCTETS, octets), this.#parts.clock.now()) ?? 0
    return wait === 0 ? null : this.#holdBack(wait)
  }

  /** The server stops: a waiting presence is sent now, with what has to follow it. */
  letOut(session: Session): void {
    const pace = session.get(this.#paces)
    const { held } = pace
    if (held === null) return
    held.timer.cancel()
    this.#goOn(session, pace, held)
  }

  #holdBack(wait: Millis): Promise<void> {
    this.#heldBack.value += 1
    return pause(this.#parts.clock, wait)
  }

  #admit(session: Session, pace: Pace, packet: Packet): Verdict | Promise<Verdict> {
    if (packet.kind === 'presence' && packet.to === null) {
      if (packet.type === '') return this.#broadcast(session, pace, packet)
      if (packet.type === 'unavailable') pace.dropHeld()
      return 'next'
    }
    if (this.#recipientsMax > 0) this.#count(session, pace, packet)
    const { held } = pace
    if (held === null || this.#concernsNobodyElse(session, packet)) return 'next'
    return new Promise<void>((resolve) => void held.followers.push(resolve)).then(() => (session.ended ? 'done' : 'next'))
  }

  #broadcast(session: Session, pace: Pace, packet: Packet): Verdict {
    if (pace.held !== null) {
      pace.held.packet = packet
      this.#coalesced.value += 1
      return 'done'
    }
    const wait = pace.broadcasts?.tryTake(1, this.#parts.clock.now()) ?? 0
    if (wait === 0) return 'next'
    pace.held = { packet, timer: this.#parts.clock.after(wait, () => this.#release(session, pace)), followers: [] }
    return 'done'
  }
  /** Sends the waiting presence if a token is available; its time has come. */
  #release(session: Session, pace: Pace): void {
    const held = pace.held!
    const wait = pace.broadcasts!.tryTake(1, this.#parts.clock.now())
    if (wait > 0) {
      held.timer = this.#parts.clock.after(wait, () => this.#release(session, pace))
      return
    }
    this.#goOn(session, pace, held)
  }
  #goOn(session: Session, pace: Pace, held: Held): void {
    pace.held = null
    const follow = (): void => held.followers.forEach((next) => next())
    const waits = this.#parts.goOn(session, held.packet)
    if (waits === undefined) follow()
    else void waits.finally(follow)
  }

  /** @throws StanzaError policy-violation: too many recipients */
  #count(session: Session, pace: Pace, packet: Packet): void {
    const { to } = packet
    if (to === null || !isApproach(packet)) return
    if (to.bare === session.account.bare.bare || this.#parts.isServer(to) || session.account.roster.has(contactKey(to))) return
    const now = this.#parts.clock.now()
    if (pace.recipients === null || Math.abs(now - pace.recipientsSince) >= SECOND) {
      pace.recipients = new Set()
      pace.recipientsSince = now
    }
    if (pace.recipients.has(to.bare)) return
    if (pace.recipients.size >= this.#recipientsMax) {
      this.#refused.value += 1
      throw new StanzaError('policy-violation', {
        type: 'wait',
        text: 'You write to too many addresses in a second',
        specific: el('too-many-stanzas', ABUSE_ERRORS),
      })
    }
    pace.recipients.add(to.bare)
  }
  /** An IQ that the server answers does not concern the receivers of the presence. */
  #concernsNobodyElse(session: Session, { kind, to }: Packet): boolean {
    if (kind !== 'iq') return false
    return to === null || to.full === session.account.bare.full || this.#parts.isServer(to)
  }
}

/** Takes the cost of the stanza. Returns how long it takes to pay the debt. */
function debt({ stanzas, octets }: Pace, packet: Packet, now: Millis): Millis {
  const forStanza = stanzas === null ? 0 : stanzas.take(1, now)
  if (octets === null) return forStanza
  return Math.max(forStanza, octets.take(packet.payload.text.length + ENVELOPE_OCTETS, now))
}

/** Does the stanza approach somebody? Answers and unavailable presence do not, and must not be refused. */
function isApproach({ kind, type }: Packet): boolean {
  switch (kind) {
    case 'message':
      return type !== 'error'
    case 'iq':
      return type === 'get' || type === 'set'
    case 'presence':
      return type === '' || type === 'subscribe' || type === 'subscribed' || type === 'probe'
  }
}
