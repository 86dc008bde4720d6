/**
 * Presence from other servers that says nothing new (DEVIATES(28)). Servers say it once more when another resource comes online,
 * after a link was broken, and to annotate it: a client that has it is not sent it again, though it confirms what the client
 * has. What another server says against a presence waits while the client does not look.
 */
import type { Host } from '../../server/feature.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { doubtsIn, mayBeAnnotated } from '../../xmpp/state-annotation.ts'
import type { Doubts } from './doubts.ts'
import type { LinkDoubts } from './link-doubts.ts'
import { isSame, isSameContent, kept } from './news.ts'
import type { Receiver } from './receiver.ts'
import type { Receivers } from './receivers.ts'

export interface RepetitionsParts {
  readonly host: Host
  readonly receivers: Receivers
  readonly doubts: Doubts
  readonly links: LinkDoubts
}

export class Repetitions {
  readonly #parts: RepetitionsParts

  constructor(parts: RepetitionsParts) {
    this.#parts = parts
  }
  /** Need the session not be sent this presence now? */
  isHeldBack(session: Session, packet: Packet): boolean {
    if (packet.from.domain === session.jid.domain) return false
    const receiver = this.#parts.receivers.of(session)
    if (packet.type === 'unavailable') return this.#isKnownGone(session.account, receiver, packet)
    return packet.type === '' && (this.#isKnown(session, receiver, packet) || this.#waits(session, receiver, packet))
  }

  /** Has the client seen this presence, just as it is? One that has not asked for annotations has no news in them (PSA-32). */
  #isKnown(session: Session, receiver: Receiver, packet: Packet): boolean {
    const { host, doubts, links } = this.#parts
    const { from, to, payload } = packet
    const heard = host.heard.get(session.account, from)
    if (heard !== null && !(heard.isRepeated && heard.isForAll)) return false
    const { asks, since, ledger } = receiver
    if (asks === false) return heard !== null && since < heard.givenBefore && (to?.isBare === true || mayBeAnnotated(payload))
    const shown = ledger?.get(from)
    if (shown === undefined || shown.at <= receiver.looksAgainAt || (heard === null && shown.at < receiver.askedAt)) return false
    const heardAfter = links.losses(session.jid.domain, from.domain)
    if (asks === true && shown.told !== doubts.of(session, from, heardAfter)) return false
    if (!isSame(shown.packet, packet, heard?.doubts ?? doubtsIn(packet))) return false
    ledger!.confirm(shown, heardAfter)
    return true
  }
  /** What another server says against a presence that the client has is for when it looks again, like what we say ourselves. */
  #waits(session: Session, { asks, ledger }: Receiver, packet: Packet): boolean {
    if (asks !== true || this.#parts.receivers.isLooking(session)) return false
    const shown = ledger?.get(packet.from)
    if (shown === undefined || !isSameContent(shown.packet, packet)) return false
    ledger!.keepForLater(shown, kept(packet))
    return true
  }
  /** The same of a contact that has no available resource: after each outage that is answered once more. */
  #isKnownGone(account: LocalAccount, { since, ledger }: Receiver, { from, to }: Packet): boolean {
    const goneBefore = to?.isBare === true ? this.#parts.host.heard.goneBefore(account, from) : null
    if (goneBefore === null || since >= goneBefore) return false
    return ledger === null || [...ledger.ofAccount(from)].length === 0
  }
}
