/**
 * Remote presence that says nothing new (DEVIATES(28)). Servers repeat presence when another resource becomes available, after a
 * broken link, and to annotate it. A client that has it is not sent it again, although it confirms what the client has. An
 * annotation of another server waits while the client does not look.
 */
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { doubtsIn, plain } from '../../xmpp/state-annotation.ts'
import type { Doubts } from './doubts.ts'
import type { LinkDoubts } from './link-doubts.ts'
import type { Known } from './known.ts'
import type { Shown } from './ledger.ts'
import { isSame, kept } from './news.ts'
import type { Receivers } from './receivers.ts'

export interface RepetitionsParts {
  readonly host: Host
  readonly known: Known
  readonly receivers: Receivers
  readonly doubts: Doubts
  readonly links: LinkDoubts
}

export class Repetitions {
  readonly #parts: RepetitionsParts

  constructor(parts: RepetitionsParts) {
    this.#parts = parts
  }
  /**
   * Need the session not be sent this presence now?
   * @param old of an earlier presence: see `Shown.heardAfter`; null if it has just arrived
   */
  isHeldBack(session: Session, packet: Packet, old: number | null): boolean {
    const { known, links, receivers, host } = this.#parts
    const { from } = packet
    // A service of this server, such as rooms, repeats nothing
    if (host.router.placeOf(from) === 'here') return false
    const isGiven = known.take(session, packet)
    if (!isGiven || packet.type === 'unavailable' || receivers.of(session).asks === false) return isGiven
    const heardAfter = old ?? links.losses(session.jid.domain, from.domain)
    return this.#isSeenSo(session, packet, heardAfter) || this.#waits(session, packet, heardAfter)
  }

  /**
   * The client has been given the content: does it also know what is to be said against it? As long as nobody knows whether it
   * asks for annotations, that waits.
   */
  #isSeenSo(session: Session, packet: Packet, heardAfter: number): boolean {
    const { host, doubts, receivers } = this.#parts
    const { from } = packet
    const { asks } = receivers.of(session)
    const ledger = receivers.ledgerOf(session)
    const theirs = host.heard.get(session.account, from)?.doubts ?? doubtsIn(packet)
    const ours = doubts.of(session, from, heardAfter)
    const shown = ledger.get(from) ?? this.#givenBefore(session, packet, heardAfter)
    if (shown === undefined) return asks === null || (theirs.length === 0 && ours === null)
    if (isSame(shown.packet, packet, theirs) && (asks === null || shown.told === ours)) ledger.confirm(shown, heardAfter)
    else if (asks === null) ledger.keepForLater(shown, { packet: kept(packet), heardAfter })
    else return false
    return true
  }
  /** It was given before a crash, when nothing was said against it. Undefined: there is no room to note that. */
  #givenBefore(session: Session, packet: Packet, heardAfter: number): Shown | undefined {
    const ledger = this.#parts.receivers.ledgerOf(session)
    ledger.show(kept(plain(packet)), null, this.#parts.host.clock.now(), heardAfter)
    return ledger.get(packet.from)
  }
  /** An annotation of another server waits until the client looks again, like our own. */
  #waits(session: Session, packet: Packet, heardAfter: number): boolean {
    const { receivers } = this.#parts
    const { asks, ledger } = receivers.of(session)
    const shown = ledger?.get(packet.from)
    if (asks !== true || shown === undefined || receivers.isLooking(session)) return false
    ledger!.keepForLater(shown, { packet: kept(packet), heardAfter })
    return true
  }
}
