/**
 * Removes elements that only this server may add to a stanza, before anything else sees it: that we have delayed it
 * (XEP-0203 5), and the id that we have given it (XEP-0359 6).
 */
import type { Element } from '../../xml/element.ts'
import { DELAY } from '../../xmpp/delay.ts'
import { addressOrNull, type Jid } from '../../xmpp/jid.ts'
import { Payload, type Packet } from '../../xmpp/packet.ts'
import { STANZA_ID } from '../../xmpp/stanza-id.ts'

/** Names of elements are written in one way only: a text without these characters has no such element. */
const SUSPICIOUS = /delay|stanza-id/

/**
 * @param isOurs whether only this server may give ids in the name of that address
 * @param mayDelay the address in whose name its client may say that it has delayed something; null: there is none
 */
export function withoutForgeries(packet: Packet, isOurs: (by: Jid) => boolean, mayDelay: Jid | null = null): Packet {
  if (packet.payload.isEmpty || !SUSPICIOUS.test(packet.payload.text)) return packet
  const { elements } = packet.payload
  const honest = elements.filter((e) => !isForged(e, isOurs, mayDelay))
  return honest.length === elements.length ? packet : packet.with({ payload: Payload.of(...honest) })
}

function isForged(e: Element, isOurs: (by: Jid) => boolean, mayDelay: Jid | null): boolean {
  const isDelay = e.is('delay', DELAY)
  const by = isDelay ? e.attr('from') : e.is('stanza-id', STANZA_ID) ? e.attr('by') : undefined
  const address = by === undefined ? null : addressOrNull(by)
  if (address === null || (isDelay && address.bare === mayDelay?.bare)) return false
  return isOurs(address)
}
