/**
 * How a stanza is kept outside the process: its parts as text, in the columns of a table or as JSON. Nothing is lost and
 * nothing is decoded that was not encoded: the stanza that comes out is written exactly as the one that went in.
 */
import { decode, encode, type Wire } from '../xml/wire.ts'
import { Packet, Payload, type Kind } from './packet.ts'
import { storedJid } from './stored-jid.ts'

export interface StoredPacket {
  readonly kind: Kind
  readonly type: string
  /** The full text of an address, as in `Jid.full`. */
  readonly from: string
  readonly to: string | null
  readonly id: string | null
  readonly lang: string | null
  /** Other attributes: `Envelope.extra`. */
  readonly extra: string
  /** The children, as XML. */
  readonly payload: string
}

export function storedPacket({ kind, type, from, to, id, lang, extra, payload }: Packet): StoredPacket {
  return {
    kind,
    type,
    from: from.full,
    to: to === null ? null : to.full,
    id: text(id),
    lang: text(lang),
    extra: decode(extra),
    payload: storedPayload(payload),
  }
}

export function packetOfStored({ kind, type, from, to, id, lang, extra, payload }: StoredPacket): Packet {
  return Packet.of({
    kind,
    type,
    from: storedJid(from),
    to: to === null ? null : storedJid(to),
    id: id === null ? null : encode(id),
    lang: lang === null ? null : encode(lang),
    extra: encode(extra),
    payload: payloadOfStored(payload),
  })
}

/** The children of a stanza, as XML. */
export const storedPayload = (payload: Payload): string => decode(payload.text)
export const payloadOfStored = (xml: string): Payload => Payload.ofText(encode(xml))

/** The fields of a `StoredPacket` in their order. */
export type PacketJson = readonly [Kind, string, string, string | null, string | null, string | null, string, string]

export function packetToJson(packet: Packet): PacketJson {
  const { kind, type, from, to, id, lang, extra, payload } = storedPacket(packet)
  return [kind, type, from, to, id, lang, extra, payload]
}

export const packetFromJson = ([kind, type, from, to, id, lang, extra, payload]: PacketJson): Packet =>
  packetOfStored({ kind, type, from, to, id, lang, extra, payload })

const text = (wire: Wire | null): string | null => (wire === null ? null : decode(wire))
