/**
 * The rooms of other servers that a client has asked to enter, and that have not answered yet (XEP-0045 7.2). If the link is lost
 * meanwhile nobody knows whether the room has answered, and the client may have been shown only some of the people who are there.
 */
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import { asksToJoin, endsStay, isSelfPresence } from '../../xmpp/muc-user.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { Places, type Place } from './places.ts'

/** A client asks for one room. Another request for the same room is another object. */
export type Join = Place

export class Joins {
  readonly #places: Places

  constructor(host: Host) {
    this.#places = new Places(host, 'joins')
  }
  /** The client sends that presence to an address elsewhere. */
  said(session: Session, packet: Packet): void {
    const to = packet.to!
    if (asksToJoin(packet)) this.#places.add(session, to)
    else if (packet.type === 'unavailable') this.#places.remove(session, to)
  }
  /** The client is shown that presence of an address elsewhere. */
  shown(session: Session, packet: Packet): void {
    if (!this.#places.hasAny(session)) return
    const { type, from } = packet
    if (type === 'error' || (type === '' && isSelfPresence(packet)) || endsStay(packet, null)) this.#places.remove(session, from)
  }
  /** All of them, or those in rooms of one domain. */
  all(domain: string | null = null): Generator<Join> {
    return this.#places.all(domain)
  }
  /** The room has not answered this request. */
  isOpen(join: Join): boolean {
    return this.#places.has(join)
  }
}
