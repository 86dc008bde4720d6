/** A stanza as JSON: for what is kept over a restart of the server. */
import { decode, encode } from '../xml/wire.ts'
import { jidOf, type Jid } from './jid.ts'
import { Packet, Payload, type Kind } from './packet.ts'

/** Kind, type, from, to, id, language, other attributes, children. */
export type PacketJson = readonly [Kind, string, string, string | null, string | null, string | null, string, string]

export function packetToJson({ kind, type, from, to, id, lang, extra, payload }: Packet): PacketJson {
  const text = (wire: typeof id): string | null => (wire === null ? null : decode(wire))
  return [kind, type, from.full, to?.full ?? null, text(id), text(lang), decode(extra), decode(payload.text)]
}

export function packetFromJson([kind, type, from, to, id, lang, extra, payload]: PacketJson): Packet {
  return Packet.of({
    kind,
    type,
    from: jidFromJson(from),
    to: to === null ? null : jidFromJson(to),
    id: id === null ? null : encode(id),
    lang: lang === null ? null : encode(lang),
    extra: encode(extra),
    payload: Payload.ofText(encode(payload)),
  })
}

/** The address whose `full` is `text`, taken at its word: it was prepared before it was written down. */
export function jidFromJson(text: string): Jid {
  const slash = text.indexOf('/')
  const bare = slash < 0 ? text : text.slice(0, slash)
  const at = bare.indexOf('@')
  return jidOf(at < 0 ? '' : bare.slice(0, at), bare.slice(at + 1), slash < 0 ? '' : text.slice(slash + 1))
}
