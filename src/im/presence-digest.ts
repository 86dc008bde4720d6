/** By what a presence is known again without being kept: a repetition of it has the same digest. */
import { DELAY } from '../xmpp/delay.ts'
import type { Element } from '../xml/element.ts'
import { Payload, type Packet } from '../xmpp/packet.ts'

/** The language of what people read in the presence; null: nothing. What a stream says of its language says nothing else. */
export const languageOf = ({ lang, payload }: Packet): Packet['lang'] => (payload.text.includes('<status') ? lang : null)

/** FNV-1a, 32 bits, of the payload and its language. */
export function digestOf(packet: Packet): number {
  const { text } = packet.payload
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  for (const c of languageOf(packet) ?? '') hash = Math.imul(hash ^ c.charCodeAt(0), 0x01000193)
  return hash
}

/** The presence without the time since when it holds (XEP-0203): to a client that was told then, that time is no news. */
export function undelayed(packet: Packet): Packet {
  const { elements } = packet.payload
  const isDelay = (e: Element): boolean => e.is('delay', DELAY)
  return elements.some(isDelay) ? packet.with({ payload: Payload.of(...elements.filter((e) => !isDelay(e))) }) : packet
}
