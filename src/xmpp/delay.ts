/**
 * XEP-0203: delayed delivery. A stanza that the server kept for a while says since when. `stamp` is in UTC
 * (section 2); `from` is the entity that delayed it.
 */
import type { Millis } from '../base/clock.ts'
import { el, type Element } from '../xml/element.ts'
import { escape, wire, type Wire } from '../xml/wire.ts'
import { formatDateTime } from './datetime.ts'
import { Payload, type Packet } from './packet.ts'

export const DELAY = 'urn:xmpp:delay'

/**
 * @param by the JID of the entity that delayed the stanza
 * @param at when the stanza was sent, or when it reached that entity
 */
export const delayElement = (by: string, at: Millis): Element => el('delay', DELAY, { from: by, stamp: formatDateTime(at) })

/** The same as text. A client that logs in is sent one of each contact that is away. */
export const delayText = (by: string, at: Millis): Wire =>
  wire(`<delay xmlns='${DELAY}' from='${escape(by)}' stamp='${formatDateTime(at)}'/>`)

/** The same children with a `<delay/>` after them. */
export const delayed = (payload: Payload, by: string, at: Millis): Payload =>
  Payload.ofText(wire(payload.text + delayText(by, at)))

/** The same stanza with a `<delay/>` after its children. */
export const withDelay = (packet: Packet, by: string, at: Millis): Packet =>
  packet.with({ payload: delayed(packet.payload, by, at) })
