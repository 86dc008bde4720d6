/** XEP-0045: what rooms write into the stanzas that they pass on, for those who must treat them differently. */
import type { Element } from '../xml/element.ts'
import type { Packet } from './packet.ts'

export const MUC_USER = 'http://jabber.org/protocol/muc#user'
const MUC = 'http://jabber.org/protocol/muc'

/** The room's mark on a stanza. */
export const roomMark = (packet: Packet): Element | undefined => packet.payload.child('x', MUC_USER)

/** Presence by which a client asks to be let into a room (7.2.1). */
export const asksToJoin = (packet: Packet): boolean =>
  packet.type === '' && packet.payload.text.includes(MUC) && packet.payload.child('x', MUC) !== undefined

/** A mediated invitation (7.8.2). */
export const mediatedInvite = (packet: Packet): Element | undefined =>
  // Names of elements, unlike values, are written in one way only.
  packet.payload.text.includes('invite') ? roomMark(packet)?.child('invite') : undefined

/** Does this presence tell an occupant of himself (status 110)? */
export const isSelfPresence = (packet: Packet): boolean => hasStatus(packet, '110')

/** Does this unavailable presence say that the occupant goes on under another name (7.6)? */
const isNewNick = (packet: Packet): boolean => hasStatus(packet, '303')

/** Does this presence end the stay of an occupant (7.14, 8.2, 17.3)? @param before what the room last said of its sender */
export function endsStay(packet: Packet, before: Packet | null): boolean {
  const isOwn = isSelfPresence(packet) || (before !== null && isSelfPresence(before))
  return isOwn && (packet.type === 'error' || (packet.type === 'unavailable' && !isNewNick(packet)))
}

function hasStatus(packet: Packet, code: string): boolean {
  if (!packet.payload.text.includes(code)) return false
  return roomMark(packet)?.elements.some((e) => e.is('status', MUC_USER) && e.attr('code') === code) === true
}
