/** What was said, as the room sends it: live, in history, and from the archive (XEP-0045 7.4, 7.2.13; XEP-0359, XEP-0421). */
import { idOf, occupantId } from '../../rooms/machine/occupants.ts'
import type { Room, Subject } from '../../rooms/machine/room.ts'
import { escape, wire, type Wire } from '../../xml/wire.ts'
import { delayText } from '../../xmpp/delay.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { MUC_USER } from './ns.ts'
import { STANZA_ID } from '../../xmpp/stanza-id.ts'
import { idElement } from './occupant-texts.ts'
import type { Entry } from '../../rooms/log.ts'

export type Saying = Extract<Entry, { payload: Payload; fromId: string | null }>
export const isSaying = (entry: Entry): entry is Saying => 'fromId' in entry

/** @param nextId for a message that had no id */
export function liveMessage(room: Room, entry: Saying, nextId: () => Wire): Packet {
  return messageOf(room, entry, entry.fromId === null ? nextId() : escape(entry.fromId), wire(''))
}
/** 7.2.13: with the time at which it was said. */
export function pastMessage(room: Room, entry: Saying): Packet {
  const id = entry.fromId === null ? null : escape(entry.fromId)
  return messageOf(room, entry, id, delay(room, entry.at))
}
/** As the archive has it: the time and the stable id stand beside it. */
export function archivedMessage(room: Room, entry: Saying, withAddress: boolean): Packet {
  const id = entry.fromId === null ? null : escape(entry.fromId)
  const isOfSomebody = withAddress && entry.by !== null && !isOfRoom(entry)
  const x = isOfSomebody ? `<x xmlns='${MUC_USER}'><item jid='${escape(entry.by!)}'/></x>` : ''
  return spoken(room, entry, id, wire(x))
}
function messageOf(room: Room, entry: Saying, id: Wire | null, more: Wire): Packet {
  return spoken(room, entry, id, wire(stanzaId(room, entry) + more))
}
function spoken(room: Room, entry: Saying, id: Wire | null, more: Wire): Packet {
  const { by, payload, lang } = entry
  const nick = isOfRoom(entry) ? null : entry.nick
  const from = nick === null ? room.address : room.address.withResource(nick)
  const who = by === null || nick === null ? '' : idElement({ id: idOf(room, by) })
  const text = wire(payload.text + who + more)
  return Packet.of({ kind: 'message', type: 'groupchat', from, id, lang, payload: Payload.ofText(text) })
}
/** What a moderator has taken back the room says (XEP-0425 5). */
const isOfRoom = (entry: Saying): boolean => entry.kind === 'retract' && entry.moderated
/** ROOM-111: where the archive can be asked for it. */
const stanzaId = ({ address }: Room, { id, isKept }: Entry): string =>
  isKept ? `<stanza-id xmlns='${STANZA_ID}' id='${id}' by='${address.wire}'/>` : ''

/** ROOM-62: an empty one says that there is none, and that the client is in. */
export function subjectMessage(room: Room): Packet {
  const { subject, address } = { ...room.facts, address: room.address }
  if (subject === null) return Packet.of({ kind: 'message', type: 'groupchat', from: address, payload: NO_SUBJECT })
  return subjectSetBy(room, subject)
}
function subjectSetBy({ address, secret }: Room, { payload, by, nick, at }: Subject): Packet {
  const only = payload.elements.filter((e) => e.is('subject', 'jabber:client'))
  // Of one that was imported the author is not known
  const who = nick === null || by === address.bare ? '' : idElement({ id: occupantId(secret, by) })
  const text = wire(Payload.of(...only).text + who + delay({ address }, at))
  const from = nick === null ? address : address.withResource(nick)
  return Packet.of({ kind: 'message', type: 'groupchat', from, payload: Payload.ofText(text) })
}
const delay = ({ address }: Pick<Room, 'address'>, at: number): Wire => delayText(address.bare, at)

export const NO_SUBJECT = Payload.ofText(wire('<subject/>'))
