/**
 * What a remote presence means for a client that asks for annotations, pure: nothing new, or something to be sent, and how that
 * is written. A stanza has one annotation, or two if both servers doubt. An empty annotation withdraws what the client was
 * told, and stands alone. Presence without annotations withdraws all doubts.
 */
import { languageOf } from '../../im/presence-digest.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { annotated, annotation, doubtsIn, mayBeAnnotated, plain, sayingSomething, sinceIn } from '../../xmpp/state-annotation.ts'
import type { Doubt } from '../../xmpp/state-annotation.ts'

/** What the client was last shown of the resource. */
export interface Before {
  readonly packet: Packet
  /** The doubt that we have told it. */
  readonly told: Doubt | null
}
export interface News {
  /** The form that is remembered: without annotations that have no further effect. */
  readonly kept: Packet
  /** Sent before `sent`, to withdraw what one of the two servers said while the other one doubts; null for nothing. */
  readonly first: Said | null
  /** The form that is sent. */
  readonly sent: Said
}
export interface Said {
  readonly packet: Packet
  /** The content of our own annotation in it; null if it has none; 'nothing' if it withdraws ours. */
  readonly ours: Doubt | 'nothing' | null
}

/** Is it the presence that the client has, with the same doubts of its server? @param doubts of its server at present */
export const isSame = (before: Packet, packet: Packet, doubts: readonly Doubt[]): boolean =>
  isSameContent(before, packet) && isSameDoubts(doubtsIn(before), doubts) && (doubts.length === 0 || isSameSince(before, packet))

/**
 * The presence in the form that is sent to the client.
 * @param before null if the client was shown nothing of that resource
 * @param doubts of the presence's own server, at present
 * @param doubt our own
 */
export function newsOf(before: Before | null, packet: Packet, doubts: readonly Doubt[], doubt: Doubt | null): News {
  const isRepeat = before !== null && isSameContent(before.packet, packet)
  // Repeated without its annotation, which is still valid
  const isBare = isRepeat && doubts.length > 0 && doubtsIn(packet).length === 0
  const kept = isBare ? packet.with({ payload: before.packet.payload }) : sayingSomething(packet)
  const hadOurs = before !== null && before.told !== null
  const hadTheirs = before !== null && doubtsIn(before.packet).length > 0
  if (doubt !== null) {
    const isTheirsOver = hadTheirs && doubts.length === 0
    return { kept, first: isTheirsOver ? { packet: takenBack(kept), ours: null } : null, sent: { packet: kept, ours: doubt } }
  }
  if (doubts.length > 0) return { kept, first: hadOurs ? endOfOurs(kept) : null, sent: { packet: kept, ours: null } }
  if (!isRepeat || (hadOurs && hadTheirs)) return { kept, first: null, sent: { packet: kept, ours: null } }
  if (hadOurs) return { kept, first: null, sent: { packet: kept, ours: 'nothing' } }
  return { kept, first: null, sent: { packet: hadTheirs ? packet : kept, ours: null } }
}

/** The same for a presence that the client has, if only our doubt has changed. */
export function lightOf(packet: Packet, doubt: Doubt | null): News {
  const isTheirs = doubtsIn(packet).length > 0
  if (doubt !== null || !isTheirs) return { kept: packet, first: null, sent: { packet, ours: doubt ?? 'nothing' } }
  return { kept: packet, first: endOfOurs(packet), sent: { packet, ours: null } }
}

const endOfOurs = (packet: Packet): Said => ({ packet: plain(packet), ours: 'nothing' })

/** With one annotation, of the contact's server, that withdraws what that server said. */
const takenBack = (packet: Packet): Packet => annotated(plain(packet), packet.to!, annotation(packet.from.domain, [], null))

/** Is it the same presence apart from annotations? */
export function isSameContent(a: Packet, b: Packet): boolean {
  if (languageOf(a) !== languageOf(b)) return false
  if (a.payload === b.payload || a.payload.text === b.payload.text) return true
  return (mayBeAnnotated(a.payload) || mayBeAnnotated(b.payload)) && plain(a).payload.text === plain(b).payload.text
}
/** An annotation without a doubt says nothing about its beginning either. */
const isSameSince = (before: Packet, packet: Packet): boolean =>
  doubtsIn(packet).length === 0 || sinceIn(before) === sinceIn(packet)
const isSameDoubts = (a: readonly Doubt[], b: readonly Doubt[]): boolean =>
  a.length === b.length && a.every((doubt) => b.includes(doubt))

/** Without the text of its copies, and with memory of its own. */
export function kept(packet: Packet): Packet {
  packet.payload.keep()
  return packet.with({})
}

/** Is this our own error for a stanza that did not arrive (PSA-34)? It says nothing about the resource. */
export function isOurs({ payload }: Packet): boolean {
  const error = payload.child('error')
  return error?.elements.some((e) => e.name === 'remote-server-timeout' || e.name === 'remote-server-not-found') === true
}
