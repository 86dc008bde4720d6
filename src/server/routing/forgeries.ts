/**
 * What nobody but this server may say of a stanza, taken out before anybody here sees it: that we have delayed it
 * (XEP-0203 5), and which id we have given it (XEP-0359 6).
 */
import type { Element } from '../../xml/element.ts'
import { DELAY } from '../../xmpp/delay.ts'
import { addressOrNull, type Jid } from '../../xmpp/jid.ts'
import { Payload, type Packet } from '../../xmpp/packet.ts'

const STANZA_ID = 'urn:xmpp:sid:0'
/** Elements' names cannot be written in another way: what does not hold these characters does not hold such an element. */
const SUSPICIOUS = /delay|stanza-id/

/** @param isOurs whether only we could say this in the name of that address */
export function withoutForgeries(packet: Packet, isOurs: (by: Jid) => boolean): Packet {
  if (packet.payload.isEmpty || !SUSPICIOUS.test(packet.payload.text)) return packet
  const { elements } = packet.payload
  const honest = elements.filter((e) => !isForged(e, isOurs))
  return honest.length === elements.length ? packet : packet.with({ payload: Payload.of(...honest) })
}

function isForged(e: Element, isOurs: (by: Jid) => boolean): boolean {
  const by = e.is('delay', DELAY) ? e.attr('from') : e.is('stanza-id', STANZA_ID) ? e.attr('by') : undefined
  const address = by === undefined ? null : addressOrNull(by)
  return address !== null && isOurs(address)
}
