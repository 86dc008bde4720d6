/**
 * What lives longer than its stanza (a last presence, a waiting request, a name in a roster) is kept in strings with memory
 * of their own. A string that is cut out of the input would keep the whole chunk of input in memory.
 */
import { decode, encode, unpin, type Wire } from '../xml/wire.ts'
import { Payload, type Packet } from '../xmpp/packet.ts'

/** The same stanza with strings that have memory of their own. */
export function keptPacket(packet: Packet): Packet {
  const { id, lang, extra, payload } = packet
  return packet.with({ id: keptWire(id), lang: keptWire(lang), extra: unpin(extra), payload: keptPayload(payload) })
}

export const keptPayload = (payload: Payload): Payload => (payload.isEmpty ? payload : Payload.ofText(unpin(payload.text)))

export const keptText = (text: string): string => decode(unpin(encode(text)))

const keptWire = (text: Wire | null): Wire | null => (text === null ? null : unpin(text))
