/**
 * What a presence from another server is to a client that asks for annotations, pure: nothing new, or something to be sent, and
 * how that is written. Each stanza says all that is in force at that moment, so it has one annotation; it has two when
 * both servers doubt, and an empty one only to take back what the client was told.
 */
import type { Packet } from '../../xmpp/packet.ts'
import { doubtsIn, mayBeAnnotated, plain, sayingSomething, type Doubt } from '../../xmpp/state-annotation.ts'

/** What the client was shown last of the resource. */
export interface Before {
  readonly packet: Packet
  /** What we have told it against that. */
  readonly told: Doubt | null
}
export interface News {
  /** As it is to be remembered: without annotations that are spent. */
  readonly kept: Packet
  /** As it is to be sent. */
  readonly sent: Packet
  /** What our own annotation in it says; null: it has none; 'nothing': it takes ours back. */
  readonly ours: Doubt | 'nothing' | null
}

/** Is it the presence that the client has, and does its server doubt it as before? @param doubts of its server at present */
export const isSame = (before: Packet, packet: Packet, doubts: readonly Doubt[]): boolean =>
  isSameContent(before, packet) && isSameDoubts(doubtsIn(before), doubts)

/**
 * The presence as it is sent to the client.
 * @param before null: it was shown nothing of that resource
 * @param doubts of the server that the presence comes from, at present
 * @param doubt ours
 */
export function newsOf(before: Before | null, packet: Packet, doubts: readonly Doubt[], doubt: Doubt | null): News {
  const isRepeat = before !== null && isSameContent(before.packet, packet)
  // Said once more without its annotation, which holds nevertheless
  const isBare = isRepeat && doubts.length > 0 && doubtsIn(packet).length === 0
  const kept = isBare ? packet.with({ payload: before.packet.payload }) : sayingSomething(packet)
  if (doubt !== null) return { kept, sent: kept, ours: doubt }
  if (doubts.length > 0 || !isRepeat) return { kept, sent: kept, ours: null }
  if (before.told !== null) return { kept, sent: kept, ours: 'nothing' }
  return { kept, sent: doubtsIn(before.packet).length > 0 ? packet : kept, ours: null }
}

/** How our doubt of a presence that the client has is written: when another one is in force, the stanza says that alone. */
export const oursOf = (packet: Packet, doubt: Doubt | null): News['ours'] =>
  doubt ?? (doubtsIn(packet).length > 0 ? null : 'nothing')

/** Is it the same presence but for annotations? */
export function isSameContent(a: Packet, b: Packet): boolean {
  if (a.lang !== b.lang) return false
  if (a.payload === b.payload || a.payload.text === b.payload.text) return true
  return (mayBeAnnotated(a.payload) || mayBeAnnotated(b.payload)) && plain(a).payload.text === plain(b).payload.text
}
const isSameDoubts = (a: readonly Doubt[], b: readonly Doubt[]): boolean =>
  a.length === b.length && a.every((doubt) => b.includes(doubt))
