/** XEP-0045: what a room adds to the stanzas that it forwards, for code that must treat these stanzas differently. */
import type { Element } from '../xml/element.ts'
import { Payload, type Packet } from './packet.ts'

export const MUC_USER = 'http://jabber.org/protocol/muc#user'
const MUC = 'http://jabber.org/protocol/muc'

/** The element by which a room marks a stanza. */
export const roomMark = (packet: Packet): Element | undefined => packet.payload.child('x', MUC_USER)

/** Is it presence by which a client asks to join a room (7.2.1)? */
export const asksToJoin = (packet: Packet): boolean =>
  packet.type === '' && packet.payload.text.includes(MUC) && packet.payload.child('x', MUC) !== undefined

/** The same presence without the wish to join: a room that does not have the client understands it as such. */
export const withoutJoin = (packet: Packet): Packet =>
  asksToJoin(packet) ? packet.with({ payload: Payload.of(...packet.payload.elements.filter((e) => !e.is('x', MUC))) }) : packet

/** A mediated invitation (7.8.2). */
export const mediatedInvite = (packet: Packet): Element | undefined =>
  // Names of elements are written in one way only; values are not.
  packet.payload.text.includes('invite') ? roomMark(packet)?.child('invite') : undefined

/** 8.1: does this message set the subject of a room? Names of elements are written in one way only. */
export const changesSubject = ({ type, payload }: Packet): boolean => type === 'groupchat' && isSubject(payload)
export const isSubject = (payload: Payload): boolean =>
  payload.text.includes('<subject') &&
  payload.child('subject') !== undefined &&
  payload.child('body') === undefined &&
  payload.child('thread') === undefined

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
