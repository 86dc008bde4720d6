/** XEP-0297: a stanza inside another, word for word. */
import { wire, type Wire } from '../xml/wire.ts'
import { CLIENT } from './ns.ts'
import type { Packet } from './packet.ts'

export const FORWARD = 'urn:xmpp:forward:0'

/** `<forwarded/>` round the stanza, which names its own namespace (section 3.2 rule 3). */
export const forwarded = (packet: Packet): Wire =>
  wire(`<forwarded xmlns='${FORWARD}'><${packet.kind} xmlns='${CLIENT}'${packet.wire.slice(packet.kind.length + 1)}</forwarded>`)
