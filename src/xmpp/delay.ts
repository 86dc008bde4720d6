/**
 * XEP-0203: delayed delivery. A stanza that the server kept for a while says since when. `stamp` is in UTC
 * (section 2); `from` is the entity that delayed it.
 */
import type { Millis } from '../base/clock.ts'
import { el, type Element } from '../xml/element.ts'
import { formatDateTime } from './datetime.ts'
import { Payload, type Packet } from './packet.ts'

export const DELAY = 'urn:xmpp:delay'

/**
 * @param by the JID of the entity that delayed the stanza
 * @param at when the stanza was sent, or when it reached that entity
 */
export const delayElement = (by: string, at: Millis): Element => el('delay', DELAY, { from: by, stamp: formatDateTime(at) })

/** The same stanza with a `<delay/>` after its children. */
export const withDelay = (packet: Packet, by: string, at: Millis): Packet =>
  packet.with({ payload: Payload.of(...packet.payload.elements, delayElement(by, at)) })
