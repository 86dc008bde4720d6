/**
 * XEP-0310: the stage for what is written to one session. Each presence that a client is shown is recorded in its ledger, and
 * sent with our doubt about it (PSA-16).
 */
import type { Counter } from '../../base/metrics.ts'
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { ToSession } from '../../server/pipeline/contexts.ts'
import type { Verdict } from '../../server/pipeline/pipeline.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { doubtsIn, plain, type Doubt } from '../../xmpp/state-annotation.ts'
import { Ages } from './ages.ts'
import type { Doubts } from './doubts.ts'
import type { Known } from './known.ts'
import type { Later, PresenceLedger } from './ledger.ts'
import type { LinkDoubts } from './link-doubts.ts'
import { isOurs, kept, newsOf, type News } from './news.ts'
import type { Receiver } from './receiver.ts'
import type { Receivers } from './receivers.ts'
import { Repetitions } from './repetitions.ts'
import { Rooms } from './rooms.ts'
import type { Violations } from './violations.ts'
import type { Writer } from './writer.ts'

export interface ShowingParts {
  readonly host: Host
  readonly known: Known
  readonly receivers: Receivers
  readonly doubts: Doubts
  readonly links: LinkDoubts
  readonly writer: Writer
  /** Null if violations are not counted. */
  readonly violations: Violations | null
}

export class Showing {
  readonly #parts: ShowingParts
  readonly #repetitions: Repetitions
  readonly #rooms: Rooms
  readonly #ages: Ages
  readonly #unnoted: Counter

  constructor(parts: ShowingParts) {
    const { host, receivers } = parts
    this.#parts = parts
    this.#repetitions = new Repetitions(parts)
    this.#rooms = new Rooms(host)
    this.#ages = new Ages(host)
    this.#unnoted = host.metrics.counter(
      'porchlight_presences_unnoted_total',
      'Presences shown to clients that ask for annotations which could not be noted, for want of room: they are not annotated',
    )
    const ofPresence = { kinds: ['presence'] } as const
    const mayAsk = (session: Session): boolean => receivers.of(session).asks !== false
    receivers.onDecided(host.toSession('psa-ledger', (context) => this.#stage(context), { ...ofPresence, isFor: mayAsk }))
    const asksNot = (session: Session): boolean => !mayAsk(session)
    receivers.onDecided(host.toSession('psa-plain', (context) => this.#plainStage(context), { ...ofPresence, isFor: asksNot }))
  }
  #stage(context: ToSession): Verdict {
    const { session, packet } = context
    const asks = this.#parts.receivers.decide(session)
    if (this.#repetitions.isHeldBack(session, packet, null)) return 'done'
    this.#show(context, asks, null)
    return 'next'
  }
  /** Of presence from here nothing is noted for a client that does not ask, and nothing is repeated. */
  #plainStage(context: ToSession): Verdict {
    return this.#parts.host.router.placeOf(context.packet.from) === 'here' ? 'next' : this.#stage(context)
  }
  /** Shows the session an earlier presence. @param heardAfter see `Shown` */
  showOld(session: Session, packet: Packet, heardAfter: number): void {
    this.#parts.known.take(session, packet)
    const context = { session, packet }
    this.#show(context, this.#parts.receivers.decide(session), heardAfter)
    this.#parts.writer.send(session, context.packet)
  }
  /** Shows the session what another server said while its client did not look. */
  showLater(session: Session, { packet, heardAfter }: Later): void {
    if (!this.#repetitions.isHeldBack(session, packet, heardAfter)) this.showOld(session, packet, heardAfter)
  }
  /** The session sends that presence directly to a remote address. */
  said(session: Session, packet: Packet): void {
    this.#rooms.said(session, this.#parts.receivers.of(session).ledger, packet)
  }

  /** @param old of an earlier presence: see `Shown.heardAfter`; null if it has just arrived */
  #show(context: ToSession, asks: boolean | null, old: number | null): void {
    const { session, packet } = context
    if (asks !== false) this.#note(context, this.#parts.receivers.of(session), old)
    // What comes from here, a room among others, is annotated for those who ask only
    if (asks !== true && this.#parts.host.router.placeOf(packet.from) !== 'here') context.packet = plain(context.packet)
  }
  #note(context: ToSession, receiver: Receiver, old: number | null): void {
    const { session, packet } = context
    const { from, type } = packet
    if (type === 'unavailable' || (type === 'error' && !isOurs(packet))) return this.#close(session, receiver.ledger, packet)
    if (type !== '' || from.full === session.jid.full) return
    const { doubts, host, links, receivers } = this.#parts
    const isHere = host.router.placeOf(from) === 'here'
    const heardAfter = isHere ? 0 : (old ?? links.losses(session.jid.domain, from.domain))
    const doubt = receiver.asks === true ? doubts.of(session, from, heardAfter) : null
    const ledger = receivers.ledgerOf(session)
    this.#mayRepeat(session, receiver, packet, doubt)
    if (isHere) return this.#noteHere(context, ledger, doubt)
    this.#noteElsewhere(context, ledger, doubt, heardAfter)
    this.#rooms.shows(session, ledger, packet)
  }
  #noteHere(context: ToSession, ledger: PresenceLedger, doubt: Doubt | null): void {
    const { session, packet } = context
    if (!ledger.show(packet, doubt, this.#parts.host.clock.now())) return this.#unnotedBy(session)
    context.packet = this.#parts.writer.written(session, { packet: this.#ages.dated(packet), ours: doubt }, 0)
  }
  #noteElsewhere(context: ToSession, ledger: PresenceLedger, doubt: Doubt | null, heardAfter: number): void {
    const { session, packet } = context
    const { writer, host, receivers } = this.#parts
    const news = this.#newsOf(session, ledger, packet, doubt)
    const { kept: whole, sent } = news
    // As long as nobody knows whether the client asks, it is shown the presence without its annotations
    const seen = receivers.of(session).asks === null ? plain(whole) : whole
    if (!ledger.show(kept(seen), doubt, host.clock.now(), heardAfter)) return this.#unnotedBy(session)
    if (seen !== whole) ledger.keepForLater(ledger.get(packet.from)!, { packet: kept(whole), heardAfter })
    writer.prepare(session, news, heardAfter)
    context.packet = writer.written(session, sent, heardAfter)
  }
  /** Beyond the limit presence is not annotated, because the doubt could not be withdrawn. */
  #unnotedBy(session: Session): void {
    this.#unnoted.value += 1
    this.#parts.receivers.of(session).isComplete = false
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
  /** Is the client sent the same stanza that it has, although it did not ask for it? That is a flap. */
  #mayRepeat(session: Session, receiver: Receiver, { from, payload }: Packet, doubt: Doubt | null): void {
    const old = receiver.ledger?.get(from)
    const isSame = old !== undefined && old.told === doubt && old.packet.payload === payload && !payload.isEmpty
    if (isSame && old.at > receiver.askedAt) this.#parts.violations?.found('no flap', session, old)
  }
}
