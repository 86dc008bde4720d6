/**
 * XEP-0310: the sessions that ask for annotations, and what each is told. A client asks by a feature in its capabilities
 * (section 3); as long as these are being found out it may be one that asks, and what it is shown is noted already
 * (PSA-21). Everything here comes down to one question, asked whenever something may have changed: what does the client
 * believe of this presence (its ledger), and what do we know (`DoubtOf`)? The difference is told.
 */
import type { Millis } from '../../base/clock.ts'
import type { Counter } from '../../base/metrics.ts'
import type { Portions } from '../../base/portions.ts'
import type { ToSession } from '../../server/pipeline/contexts.ts'
import type { Host } from '../../server/feature.ts'
import type { Verdict } from '../../server/pipeline/pipeline.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { packetFromJson, packetToJson, type PacketJson } from '../../xmpp/stored-packet.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { SessionCaps } from '../0115-entity-capabilities/index.ts'
import type { ClientStates } from '../0352-client-state-indication/index.ts'
import { annotated, doubtsIn, mayBeAnnotated, plain, PSA, type Doubt } from '../../xmpp/state-annotation.ts'
import { Ages } from './ages.ts'
import type { Annotations } from './descriptions.ts'
import { ledgerGauges } from './ledger-gauges.ts'
import { PresenceLedger, type LedgerLimits, type Shown } from './ledger.ts'
import { isOurs, isSame, isSameContent, kept, lightOf, newsOf, type News } from './news.ts'
import { newReceiver, type Receiver } from './receiver.ts'
import { Rooms } from './rooms.ts'

/**
 * What we know against the presence of `from` just now, as `watcher` may know it; null: nothing.
 * @param heardAfter of somebody elsewhere: after how many losses of the link `watcher` was shown the presence
 */
export type DoubtOf = (watcher: Session, from: Jid, heardAfter: number) => Doubt | null

/** Since when that is so; null: it is over by now. */
export type SinceOf = (watcher: Session, from: Jid, heardAfter: number) => Millis | null

export interface ReceiversParts {
  readonly host: Host
  readonly caps: SessionCaps
  readonly states: ClientStates
  readonly portions: Portions
  readonly annotations: Annotations
  readonly limits: LedgerLimits
  readonly doubtOf: DoubtOf
  readonly sinceOf: SinceOf
}
/** A presence that a client was shown, when, and what it was told against it. */
type ShownJson = readonly [PacketJson, Millis, Doubt | null]

export class Receivers {
  /** Told when a client is sent the very stanza that it has, though it has not asked for it. */
  onRepeat: (session: Session, shown: Shown) => void = () => {}
  /** Told when a session goes unavailable, before what it was shown is forgotten. */
  onLeave: (session: Session) => void = () => {}
  readonly #parts: ReceiversParts
  readonly #slot: Slot<Session, Receiver>
  readonly #asking = new Set<Session>()
  readonly #sent: Counter
  readonly #unnoted: Counter
  readonly #rooms: Rooms
  readonly #ages: Ages
  #isTelling = false
  /** Of the presence that is just being shown, when it is an old one; null: it is new. */
  #heardBefore: number | null = null

  constructor(parts: ReceiversParts) {
    const { host, caps, states } = parts
    this.#parts = parts
    this.#rooms = new Rooms(host)
    this.#ages = new Ages(host)
    this.#slot = host.sessionSlot<Receiver>('presence-annotations', 'kept', newReceiver)
    this.#sent = host.metrics.counter(
      'porchlight_annotations_sent_total',
      'Annotated presence stanzas sent to clients (XEP-0310)',
    )
    this.#unnoted = host.metrics.counter(
      'porchlight_presences_unnoted_total',
      'Presences shown to clients that ask for annotations which could not be noted, for want of room: they are not annotated',
    )
    ledgerGauges(host.metrics, () => this.#ledgers())
    host.keep.session<readonly ShownJson[]>({
      name: 'presence-annotations',
      version: 1,
      weigh: (session) => session.get(this.#slot).ledger?.octets ?? 0,
      // Too much to be written down while the server runs
      save: (session, when) => (when === 'for a restart' ? this.#keep(session) : null),
      load: (session, kept) => this.#restore(session, kept ?? []),
    })
    caps.onKnown((session) => this.#learnt(session))
    host.on('session-resumed', ({ session }) => this.lookAtAll(session))
    states.onActive((session) => this.lookAtAll(session))
    host.on('presence-changed', ({ session, before, after }) => {
      if (before === null || after === null) this.#beginAnew(session)
    })
    // Clients are told anew of those whom their user does not block any more
    host.on('blocking-changed', ({ account }) => this.asked(account))
    host.on('visibility-changed', ({ session, looksAround }) => {
      this.#beginAnew(session)
      if (looksAround) this.#looksAgain(session)
    })
    host.on('session-ended', ({ session }) => void this.#asking.delete(session))
  }
  /** A stage of what is written to one session. */
  readonly stage = (context: ToSession): Verdict => {
    const { session, packet } = context
    if (packet.kind !== 'presence' || this.#isTelling) return 'next'
    const receiver = session.get(this.#slot)
    const asks = receiver.asks ?? this.#decide(session, receiver)
    if (this.#isKnown(session, receiver, packet) || this.#waits(session, receiver, packet)) return 'done'
    if (asks !== false) this.#note(context, receiver)
    if (asks !== true && packet.from.domain !== session.jid.domain) context.packet = plain(context.packet)
    return 'next'
  }

  /** The sessions that ask. */
  all(): Iterable<Session> {
    return this.#asking
  }
  /** What the session was shown of everybody. */
  everything(session: Session): Iterable<Shown> {
    return session.get(this.#slot).ledger?.all() ?? []
  }
  /** A client of the account has asked for what it may know already. */
  asked({ sessions }: LocalAccount): void {
    for (const session of sessions) session.get(this.#slot).askedAt = this.#parts.host.clock.now()
  }
  /** Of each session that asks; null: it was shown nothing. */
  *#ledgers(): Generator<PresenceLedger | null> {
    for (const session of this.#asking) yield session.get(this.#slot).ledger
  }
  asks(session: Session): boolean {
    return this.#asking.has(session)
  }
  /** What the session was shown of the resources of that domain. */
  shown(session: Session, domain: string): Iterable<Shown> {
    return session.get(this.#slot).ledger?.of(domain) ?? []
  }
  /** What clients are told to doubt: each presence once for each of them. */
  *doubted(): Generator<readonly [from: Jid, Doubt]> {
    for (const session of this.#asking) {
      const { ledger } = session.get(this.#slot)
      if (ledger === null || ledger.doubted === 0) continue
      for (const { jid, told } of ledger.all()) if (told !== null) yield [jid, told]
    }
  }
  /** The session sends that presence directly to an address elsewhere. */
  said(session: Session, packet: Packet): void {
    this.#rooms.said(session, session.get(this.#slot).ledger, packet)
  }
  /** Shows the session a presence that came before. @param heardAfter see `Shown` */
  showOld(session: Session, packet: Packet, heardAfter: number): void {
    this.#heardBefore = heardAfter
    try {
      session.take(packet)
    } finally {
      this.#heardBefore = null
    }
  }
  /** The client has that presence from before the server was started. */
  remember(session: Session, packet: Packet): void {
    if (this.has(session, packet.from)) return
    const receiver = session.get(this.#slot)
    receiver.ledger ??= new PresenceLedger(this.#parts.limits)
    receiver.ledger.show(packet, null, this.#parts.host.clock.now())
  }
  has(session: Session, from: Jid): boolean {
    return session.get(this.#slot).ledger?.get(from) !== undefined
  }
  /** Has all that it was shown been noted? */
  isComplete(session: Session): boolean {
    return session.get(this.#slot).isComplete
  }
  /** Was the session shown presence already in that turn of `HeardContacts`? */
  wasThere(session: Session, turn: number): boolean {
    return session.get(this.#slot).since < turn
  }
  /** Domains of which the session was shown anything. */
  domains(session: Session): Iterable<string> {
    return session.get(this.#slot).ledger?.domains ?? []
  }
  /** Tells the session what has changed about `from`. */
  look(session: Session, from: Jid): void {
    const shown = session.get(this.#slot).ledger?.get(from)
    if (shown !== undefined) this.#tell(session, shown)
  }
  /** Tells the session whatever has changed. */
  lookAtAll(session: Session): void {
    const { ledger } = session.get(this.#slot)
    if (ledger !== null && this.isLooking(session)) this.#parts.portions.do(this.#each(session, ledger.all()))
  }
  /** Tells all sessions at `local` what has changed about the resources at `remote`. */
  lookAtDomain(local: string, remote: string): void {
    this.#parts.portions.do(this.#eachAt(local, remote))
  }

  #keep(session: Session): readonly ShownJson[] {
    return Array.from(this.everything(session), ({ packet, at, told }): ShownJson => [packetToJson(packet), at, told])
  }
  /** What its client was shown before the server was restarted. */
  #restore(session: Session, all: readonly ShownJson[]): void {
    this.#noteBeginning(session, session.get(this.#slot))
    if (all.length === 0) return
    const ledger = new PresenceLedger(this.#parts.limits)
    for (const [packet, at, told] of all) ledger.show(packetFromJson(packet), told, at)
    session.get(this.#slot).ledger = ledger
  }
  *#eachAt(local: string, remote: string): Generator {
    for (const session of [...this.#asking]) {
      if (session.jid.domain !== local) continue
      yield* this.#each(session, session.get(this.#slot).ledger?.of(remote) ?? [])
    }
  }
  *#each(session: Session, all: Iterable<Shown>): Generator {
    for (const shown of all) {
      this.#tell(session, shown)
      yield
    }
  }
  #tell(session: Session, shown: Shown): void {
    if (!this.#asking.has(session) || !this.isLooking(session)) return
    const { packet } = shown
    if (session.account.hidden(packet.from)) return // PSA-35
    const later = session.get(this.#slot).ledger?.takeLater(shown) ?? null
    if (later !== null) return session.take(later)
    const doubt = this.#parts.doubtOf(session, packet.from, shown.heardAfter)
    if (session.get(this.#slot).ledger?.tell(shown, doubt, this.#parts.host.clock.now()) !== true) return
    const news = lightOf(packet, doubt)
    this.#endOurs(session, news)
    this.#repeat(session, this.#written(session, news.sent, news.ours, shown.heardAfter))
  }
  #endOurs(session: Session, { endsOurs }: News): void {
    if (endsOurs !== null) this.#repeat(session, this.#written(session, endsOurs, 'nothing', 0))
  }
  /** Sends the session what it has been shown, in another light. */
  #repeat(session: Session, packet: Packet): void {
    this.#isTelling = true
    try {
      session.take(packet.addressedTo(session.jid))
    } finally {
      this.#isTelling = false
    }
  }
  /**
   * A client that is away, or whose user does not look (XEP-0352), is told when that is over, of what is so then: what has
   * come to nothing meanwhile it need not hear of (PSA-28, PSA-30).
   */
  isLooking(session: Session): boolean {
    return session.connection !== null && !this.#parts.states.isInactive(session)
  }
  #note(context: ToSession, receiver: Receiver): void {
    const { session, packet } = context
    const { from, type } = packet
    if (type === 'unavailable' || (type === 'error' && !isOurs(packet))) return this.#close(session, receiver.ledger, packet)
    if (type !== '' || from.full === session.jid.full) return
    const isHere = this.#parts.host.router.placeOf(from) === 'here'
    const heardAfter = isHere ? 0 : this.#lossesOf(session, from)
    const doubt = receiver.asks === true ? this.#parts.doubtOf(session, from, heardAfter) : null
    const ledger = (receiver.ledger ??= new PresenceLedger(this.#parts.limits))
    const now = this.#parts.host.clock.now()
    this.#mayRepeat(session, receiver, packet, doubt)
    const news = isHere
      ? { kept: packet, sent: packet, ours: doubt, endsOurs: null }
      : this.#newsOf(session, ledger, packet, doubt)
    // Beyond the limit it is not annotated: nobody would take that back
    if (!ledger.show(isHere ? packet : kept(news.kept), doubt, now, heardAfter)) this.#unnotedBy(receiver)
    else {
      this.#endOurs(session, news)
      const sent = isHere ? this.#ages.dated(news.sent) : news.sent
      context.packet = this.#written(session, sent, news.ours, heardAfter)
    }
    if (!isHere) this.#rooms.shows(session, ledger, packet)
  }
  #unnotedBy(receiver: Receiver): void {
    this.#unnoted.value += 1
    receiver.isComplete = false
  }
  #close(session: Session, ledger: PresenceLedger | null, packet: Packet): void {
    if (ledger === null) return
    this.#rooms.closes(session, ledger, packet)
    ledger.close(packet.from)
  }
  #newsOf(session: Session, ledger: PresenceLedger, packet: Packet, doubt: Doubt | null): News {
    const doubts = this.#parts.host.heard.get(session.account, packet.from)?.doubts ?? doubtsIn(packet)
    return newsOf(ledger.get(packet.from) ?? null, packet, doubts, doubt)
  }
  /** After how many losses of the link the presence of `from` is shown that is just being shown. */
  #lossesOf({ jid: { domain } }: Session, from: Jid): number {
    return this.#heardBefore ?? this.#parts.host.links.get(domain, from.domain)?.losses ?? 0
  }
  /**
   * The client begins, or has said that it goes: whoever goes while it is not there it is not told of, and clients forget
   * what they knew. A session that has ended leaves its ledger to others.
   */
  #beginAnew(session: Session): void {
    this.asked(session.account)
    const receiver = session.get(this.#slot)
    this.#noteBeginning(session, receiver)
    if (session.takesPart || session.ended) return
    this.onLeave(session)
    receiver.since = Infinity
    receiver.ledger = null
  }
  #noteBeginning({ takesPart }: Session, receiver: Receiver): void {
    if (takesPart && receiver.since === Infinity) receiver.since = this.#parts.host.heard.turn()
  }
  /** What comes next is no repetition, whatever its client has seen. */
  #looksAgain(session: Session): void {
    const receiver = session.get(this.#slot)
    receiver.since = this.#parts.host.heard.turn()
    receiver.looksAgainAt = this.#parts.host.clock.now()
  }
  #mayRepeat(session: Session, receiver: Receiver, { from, payload }: Packet, doubt: Doubt | null): void {
    const old = receiver.ledger?.get(from)
    const isSame = old !== undefined && old.told === doubt && old.packet.payload === payload && !payload.isEmpty
    if (isSame && old.at > receiver.askedAt) this.onRepeat(session, old)
  }
  /**
   * Has the client seen this presence of somebody elsewhere, just as it is (DEVIATES(28))? Servers say it
   * once more when another resource comes online, after a link was broken, and to annotate it: to a client that has not
   * asked for that, it is no news (PSA-32). Even so it confirms what the client has.
   */
  #isKnown(session: Session, receiver: Receiver, packet: Packet): boolean {
    const { account } = session
    const { from, to, type, payload } = packet
    if (from.domain === account.bare.domain || this.#heardBefore !== null) return false
    if (type === 'unavailable') return this.#isKnownGone(account, receiver, packet)
    if (type !== '') return false
    const heard = this.#parts.host.heard.get(account, from)
    if (heard !== null && !(heard.isRepeated && heard.isForAll)) return false
    const { asks, since, ledger } = receiver
    if (asks === false) return heard !== null && since < heard.givenBefore && (to?.isBare === true || mayBeAnnotated(payload))
    const shown = ledger?.get(from)
    if (shown === undefined || shown.at <= receiver.looksAgainAt || (heard === null && shown.at < receiver.askedAt)) return false
    const heardAfter = this.#lossesOf(session, from)
    if (asks === true && shown.told !== this.#parts.doubtOf(session, from, heardAfter)) return false
    if (!isSame(shown.packet, packet, heard?.doubts ?? doubtsIn(packet))) return false
    ledger!.confirm(shown, heardAfter)
    return true
  }
  /** What another server says against a presence that the client has is for when it looks again, like what we say ourselves. */
  #waits(session: Session, { asks, ledger }: Receiver, packet: Packet): boolean {
    const { from, type } = packet
    if (asks !== true || type !== '' || from.domain === session.jid.domain || this.isLooking(session)) return false
    const shown = ledger?.get(from)
    if (shown === undefined || !isSameContent(shown.packet, packet)) return false
    ledger!.keepForLater(shown, kept(packet))
    return true
  }
  /** The same of a contact of whom nobody is available: after each outage that is answered once more. */
  #isKnownGone(account: LocalAccount, { since, ledger }: Receiver, { from, to }: Packet): boolean {
    const goneBefore = to?.isBare === true ? this.#parts.host.heard.goneBefore(account, from) : null
    if (goneBefore === null || since >= goneBefore) return false
    return ledger === null || [...ledger.ofAccount(from)].length === 0
  }
  /** While a client has shown neither capabilities nor presence, it may still do so. */
  #decide(session: Session, receiver: Receiver): boolean | null {
    const can = this.#parts.caps.can(session, PSA)
    if (can === null || (!can && session.presence === null)) return null
    this.#set(session, receiver, can)
    return can
  }
  #learnt(session: Session): void {
    const receiver = session.get(this.#slot)
    const wasUnknown = receiver.asks === null
    this.#set(session, receiver, this.#parts.caps.can(session, PSA) === true)
    // What other servers doubt was not passed on while nobody knew whether the client asks
    if (wasUnknown && receiver.ledger !== null)
      for (const { packet, told } of receiver.ledger.all())
        if (told === null && doubtsIn(packet).length > 0) this.#repeat(session, packet)
    this.lookAtAll(session)
  }
  #set(session: Session, receiver: Receiver, asks: boolean): void {
    receiver.asks = asks
    if (asks) return void this.#asking.add(session)
    receiver.ledger = null
    this.#asking.delete(session)
  }
  /** The presence with our annotation, if there is to be one. */
  #written(session: Session, packet: Packet, ours: News['ours'], heardAfter: number): Packet {
    if (ours === null) return packet
    const { annotations, host, sinceOf } = this.#parts
    this.#sent.value += 1
    const doubted =
      ours === 'nothing' ? null : { doubt: ours, since: sinceOf(session, packet.from, heardAfter) ?? host.clock.now() }
    return annotated(packet, session.jid, annotations.text(session.jid.domain, doubted, session.lang))
  }
}
