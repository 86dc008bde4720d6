/** The rooms of other servers that each client is in, as the rooms have told it by its own presence (XEP-0045 7.2.2). */
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import { endsStay, isSelfPresence } from '../../xmpp/muc-user.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { Places, type Place } from './places.ts'

/** A client is in one room. */
export type Stay = Place

export class Stays {
  readonly #places: Places

  constructor(host: Host) {
    this.#places = new Places(host, 'stays')
  }
  /** The client is shown that presence. */
  shown(session: Session, packet: Packet): void {
    const { type, from } = packet
    const known = this.#places.in(session, from)
    if (type === '' && isSelfPresence(packet) && known?.full !== from.full && session.sharesWith(from))
      this.#places.add(session, from)
    else if (type === 'unavailable' && known?.full === from.full && endsStay(packet, packet)) this.#places.remove(session, from)
  }
  /** All of them, or those in rooms of one domain. */
  all(domain: string | null = null): Generator<Stay> {
    return this.#places.all(domain)
  }
  /** Those of one client. */
  of(session: Session): readonly Stay[] {
    return this.#places.of(session)
  }
  isIn({ session, address }: Stay): boolean {
    return !session.ended && this.#places.in(session, address)?.full === address.full
  }
}
