/** The form of a message in the archive of an account. */
import { everythingOf, type ArchiveEntry, type ArchiveFilter, type FlagTest } from '../server/archive.ts'
import type { KeptMessage, MessageFilter, MessageToKeep } from '../server/account-archive.ts'
import { decode, encode, type Wire } from '../xml/wire.ts'
import type { Jid } from '../xmpp/jid.ts'
import { MUC_USER, roomMark } from '../xmpp/muc-user.ts'
import { occupantIdIn } from '../xmpp/occupant-id.ts'
import { Packet, type Payload } from '../xmpp/packet.ts'
import { correctedIn, reactionsIn } from '../xmpp/relations.ts'
import { retractedIn, tombstone } from '../xmpp/retraction.ts'
import { storedJid } from '../xmpp/stored-jid.ts'
import { payloadOfStored, storedPayload } from '../xmpp/stored-packet.ts'

/** The kind of entries that queries find, and of those that only wait for their receiver. */
export const MESSAGE = 'message'
export const HELD = 'held'

// Flags
const SENT = 1
const CHAT = 2
const NORMAL = 4
const RETRACTED = 8
/** By whom a message is. */
export const BY_OWNER: FlagTest = { mask: SENT, set: SENT }
export const BY_PEER: FlagTest = { mask: SENT, set: 0 }
const TYPES: Readonly<Record<string, number>> = { '': 0, 'chat': CHAT, 'normal': NORMAL }

export interface Place {
  readonly owner: string
  readonly seq: number
  readonly stream: number
  readonly kind: typeof MESSAGE | typeof HELD
}

/** What the columns do not hold. */
interface Rest {
  readonly extra?: string
  readonly type?: string
  readonly form?: string
}

export function entryOfMessage({ owner, seq, stream, kind }: Place, { packet, id, at, isSent }: MessageToKeep): ArchiveEntry {
  const { type, from, to, lang, beside } = packet
  const transaction = isSent ? (beside?.transaction ?? null) : null
  const [own, other] = isSent ? [from, to!] : [to!, from]
  return {
    owner,
    seq,
    stream,
    id,
    time: at,
    withBare: other.bare,
    withFull: other.full,
    nick: own.resource === '' ? null : own.resource,
    kind,
    key: null,
    target: aboutIn(packet.payload),
    fromId: text(packet.id),
    device: transaction?.device ?? null,
    transaction: transaction?.key ?? null,
    lang: text(lang),
    payload: storedPayload(packet.payload),
    mx: restOf(packet),
    flags: (isSent ? SENT : 0) | (TYPES[type] ?? 0),
  }
}
/** MXR-166: the message that this one corrects, reacts to or takes back, by the id that the client has named; null: none. */
function aboutIn(payload: Payload): string | null {
  const reactions = reactionsIn(payload)
  if (reactions !== null) return reactions.id
  const [retracted] = retractedIn(payload)
  return retracted || correctedIn(payload)
}
function restOf({ type, extra, beside }: Packet): string | null {
  const form = beside?.form ?? null
  if (extra === '' && type in TYPES && form === null) return null
  const rest: Rest = {
    ...(extra === '' ? {} : { extra: decode(extra) }),
    ...(type in TYPES ? {} : { type }),
    ...(form === null ? {} : { form }),
  }
  return JSON.stringify(rest)
}

/** XEP-0424: the entry without what was said. */
export const retracted = ({ owner, id, flags, payload }: ArchiveEntry, by: MessageToKeep) => ({
  owner,
  id,
  payload: storedPayload(tombstone(by.packet, by.at, payloadOfStored(payload ?? ''))),
  flags: flags | RETRACTED,
})
/**
 * By whom a message must be that this one may take back. With a contact that is the person, with an occupant of a room this occupant
 * alone: the bare address is that of the room, which others have too (XEP-0045 7.5).
 */
export function authorOf({ packet, isSent }: MessageToKeep): { readonly author: string; readonly flags: FlagTest } {
  const peer = isSent ? packet.to! : packet.from
  const author = roomMark(packet) === undefined ? peer.bare : peer.full
  return { author, flags: { mask: SENT | RETRACTED, set: isSent ? SENT : 0 } }
}
/** @param entry by `authorOf` that message. Is it really by the same author? */
export function isByAuthorOf({ packet, isSent }: MessageToKeep, { kind, withFull, payload }: ArchiveEntry): boolean {
  if (kind !== MESSAGE) return false
  const said = payloadOfStored(payload ?? '')
  if (said.child('x', MUC_USER) === undefined && roomMark(packet) === undefined) return true
  // Somebody else may have taken the nickname (XEP-0421)
  return withFull === (isSent ? packet.to! : packet.from).full && occupantIdIn(said) === occupantIdIn(packet.payload)
}

export function messageOfEntry(owner: Jid, entry: ArchiveEntry): KeptMessage {
  const { id, seq, stream, time, withFull, nick, target, fromId, device, transaction: key, lang, payload, mx, flags } = entry
  const own = nick === null ? owner : owner.withResource(nick)
  const other = storedJid(withFull!)
  const isSent = (flags & SENT) !== 0
  const transaction = device === null || key === null ? null : { device, key }
  const { extra = '', type = typeOf(flags), form = null } = mx === null ? {} : (JSON.parse(mx) as Rest)
  const packet = Packet.of({
    kind: 'message',
    type,
    from: isSent ? own : other,
    to: isSent ? other : own,
    id: fromId === null ? null : encode(fromId),
    lang: lang === null ? null : encode(lang),
    extra: encode(extra),
    payload: payloadOfStored(payload!),
    beside: form === null && transaction === null ? null : { form, transaction },
  })
  const isRetracted = (flags & RETRACTED) !== 0
  return { id, seq, stream, at: time, isSent, isRetracted, about: target, packet }
}

const typeOf = (flags: number): string => ((flags & CHAT) !== 0 ? 'chat' : (flags & NORMAL) !== 0 ? 'normal' : '')

/** @param edge nothing up to this position is shown */
export function filterOf(owner: Jid, filter: MessageFilter, edge: number): ArchiveFilter {
  const after = Math.max(filter.after ?? 0, edge)
  return { ...everythingOf(owner.bare), ...filter, after, kinds: [MESSAGE], isStanza: true }
}

const text = (wire: Wire | null): string | null => (wire === null ? null : decode(wire))
