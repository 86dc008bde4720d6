/** XEP-0045: what rooms write into the stanzas that they pass on, for those who must treat them differently. */
import type { Element } from '../xml/element.ts'
import type { Packet } from './packet.ts'

export const MUC_USER = 'http://jabber.org/protocol/muc#user'

/** The room's mark on a stanza. */
export const roomMark = (packet: Packet): Element | undefined => packet.payload.child('x', MUC_USER)

/** A mediated invitation (7.8.2). */
export const mediatedInvite = (packet: Packet): Element | undefined =>
  // Names of elements, unlike values, are written in one way only.
  packet.payload.text.includes('invite') ? roomMark(packet)?.child('invite') : undefined

/** Does this presence tell an occupant of himself (status 110)? */
export const isSelfPresence = (packet: Packet): boolean =>
  packet.payload.text.includes('110') &&
  roomMark(packet)?.elements.some((e) => e.is('status', MUC_USER) && e.attr('code') === '110') === true
