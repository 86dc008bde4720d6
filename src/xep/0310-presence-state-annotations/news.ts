/**
 * What a presence from another server is to a client that asks for annotations, pure: nothing new, or something to be sent, and
 * how that is written. A stanza has one annotation, or two when both servers doubt; an empty one takes back what the client
 * was told, and stands alone. Presence without an annotation takes back all of it.
 */
import { languageOf } from '../../im/presence-digest.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { doubtsIn, mayBeAnnotated, plain, sayingSomething, sinceIn, type Doubt } from '../../xmpp/state-annotation.ts'

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
  /** What is to be sent before that, to take ours back while the doubt of the other server holds; null: nothing. */
  readonly endsOurs: Packet | null
}

/** Is it the presence that the client has, and does its server doubt it as before? @param doubts of its server at present */
export const isSame = (before: Packet, packet: Packet, doubts: readonly Doubt[]): boolean =>
  isSameContent(before, packet) && isSameDoubts(doubtsIn(before), doubts) && (doubts.length === 0 || isSameSince(before, packet))

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
  if (doubt !== null) return { kept, sent: kept, ours: doubt, endsOurs: null }
  const hadOurs = before !== null && before.told !== null
  if (doubts.length > 0) return { kept, sent: kept, ours: null, endsOurs: hadOurs ? plain(kept) : null }
  const hadTheirs = isRepeat && doubtsIn(before.packet).length > 0
  if (!isRepeat || (hadOurs && hadTheirs)) return { kept, sent: kept, ours: null, endsOurs: null }
  if (hadOurs) return { kept, sent: kept, ours: 'nothing', endsOurs: null }
  return { kept, sent: hadTheirs ? packet : kept, ours: null, endsOurs: null }
}

/** The same for a presence that the client has, of which only our doubt has changed. */
export function lightOf(packet: Packet, doubt: Doubt | null): News {
  const isTheirs = doubtsIn(packet).length > 0
  if (doubt !== null || !isTheirs) return { kept: packet, sent: packet, ours: doubt ?? 'nothing', endsOurs: null }
  return { kept: packet, sent: packet, ours: null, endsOurs: plain(packet) }
}

/** Is it the same presence but for annotations? */
export function isSameContent(a: Packet, b: Packet): boolean {
  if (languageOf(a) !== languageOf(b)) return false
  if (a.payload === b.payload || a.payload.text === b.payload.text) return true
  return (mayBeAnnotated(a.payload) || mayBeAnnotated(b.payload)) && plain(a).payload.text === plain(b).payload.text
}
/** One that says no doubt says nothing of its beginning either. */
const isSameSince = (before: Packet, packet: Packet): boolean =>
  doubtsIn(packet).length === 0 || sinceIn(before) === sinceIn(packet)
const isSameDoubts = (a: readonly Doubt[], b: readonly Doubt[]): boolean =>
  a.length === b.length && a.every((doubt) => b.includes(doubt))

/** Without the text of its copies, and without the input that it was cut out of. */
export function kept(packet: Packet): Packet {
  packet.payload.keep()
  return packet.with({})
}

/** Is this error our own, of a stanza that did not get there (PSA-34)? Of the resource itself it says nothing. */
export function isOurs({ payload }: Packet): boolean {
  const error = payload.child('error')
  return error?.elements.some((e) => e.name === 'remote-server-timeout' || e.name === 'remote-server-not-found') === true
}
