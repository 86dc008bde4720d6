/** XEP-0045: what a room adds to the stanzas that it forwards, for code that must treat these stanzas differently. */
import type { Element } from '../xml/element.ts'
import type { Packet } from './packet.ts'

export const MUC_USER = 'http://jabber.org/protocol/muc#user'
const MUC = 'http://jabber.org/protocol/muc'

/** The element by which a room marks a stanza. */
export const roomMark = (packet: Packet): Element | undefined => packet.payload.child('x', MUC_USER)

/** Is it presence by which a client asks to join a room (7.2.1)? */
export const asksToJoin = (packet: Packet): boolean =>
  packet.type === '' && packet.payload.text.includes(MUC) && packet.payload.child('x', MUC) !== undefined

/** A mediated invitation (7.8.2). */
export const mediatedInvite = (packet: Packet): Element | undefined =>
  // Names of elements are written in one way only; values are not.
  packet.payload.text.includes('invite') ? roomMark(packet)?.child('invite') : undefined

/** Is this an occupant's own presence, reflected by the room (status 110)? */
export const isSelfPresence = (packet: Packet): boolean => hasStatus(packet, '110')

/** Does this unavailable presence say that the occupant changes the nickname (7.6)? */
const isNewNick = (packet: Packet): boolean => hasStatus(packet, '303')

/** Does this presence end the stay of an occupant (7.14, 8.2, 17.3)? @param before the previous presence of this occupant */
export function endsStay(packet: Packet, before: Packet | null): boolean {
  const isOwn = isSelfPresence(packet) || (before !== null && isSelfPresence(before))
  return isOwn && (packet.type === 'error' || (packet.type === 'unavailable' && !isNewNick(packet)))
}

function hasStatus(packet: Packet, code: string): boolean {
  if (!packet.payload.text.includes(code)) return false
  return roomMark(packet)?.elements.some((e) => e.is('status', MUC_USER) && e.attr('code') === code) === true
}
