/**
 * XEP-0060 9.1.3: those who have sent an account their presence directly, and are no contacts of it. They hear of its open nodes
 * until they are unavailable.
 */
import type { AvailableResource } from '../../im/heard-resource.ts'
import { BoundedMap } from '../../base/bounded-map.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { ToAccount } from '../../server/pipeline/contexts.ts'
import type { Host } from '../../server/feature.ts'
import { capsIn } from '../../xmpp/caps.ts'
import { roomMark } from '../../xmpp/muc-user.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { isMutual } from './asker.ts'

/** Of one account. The one who was heard of longest ago is forgotten. */
const SENDERS_MAX = 50
type Senders = BoundedMap<string, AvailableResource>

export class DirectSenders {
  readonly #slot: Slot<LocalAccount, Senders | null>

  constructor(host: Host) {
    this.#slot = host.accountSlot<Senders | null>('direct-senders', 'forgotten', () => null)
  }
  of(account: LocalAccount): Iterable<AvailableResource> {
    return account.get(this.#slot)?.values() ?? NONE
  }
  /**
   * Presence has arrived for an account that has nodes.
   * @returns the sender, if it is one of these and has just come, or has other capabilities
   */
  note({ account, packet }: Pick<ToAccount, 'account' | 'packet'>): AvailableResource | null {
    const { from, type } = packet
    if (type === 'unavailable') return this.#forget(account, packet)
    if (type !== '' || from.isBare || from.bare === account.bare.bare || isMutual(account, from)) return null
    const caps = capsIn(packet.payload)
    if (caps === null || roomMark(packet) !== undefined || account.hidden(from)) return null
    const senders = account.get(this.#slot) ?? new BoundedMap<string, AvailableResource>(SENDERS_MAX)
    account.set(this.#slot, senders)
    const isSame = senders.get(from.full)?.caps?.ver === caps.ver
    const sender = { jid: from, caps, confirmedAt: 0, isBySubscription: false }
    senders.set(from.full, sender)
    return isSame ? null : sender
  }

  #forget(account: LocalAccount, { from }: Packet): null {
    account.get(this.#slot)?.delete(from.full)
    return null
  }
}
const NONE: readonly AvailableResource[] = []
