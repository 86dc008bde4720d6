/** XEP-0297: a stanza inside another stanza, unchanged. */
import { decode, wire, type Wire } from '../xml/wire.ts'
import { CLIENT } from './ns.ts'
import { Payload, type Packet } from './packet.ts'

export const FORWARD = 'urn:xmpp:forward:0'

/** A `<forwarded/>` element with the stanza, which declares its own namespace (section 3.2 rule 3). */
export const forwarded = (packet: Packet): Wire =>
  wire(`<forwarded xmlns='${FORWARD}'><${packet.kind} xmlns='${CLIENT}'${packet.wire.slice(packet.kind.length + 1)}</forwarded>`)

/** The children of the message in a copy (XEP-0280) or in the result of an archive (XEP-0313); null: there is none in it. */
export function forwardedIn({ text, elements }: Payload): Payload | null {
  if (!text.includes(FORWARD)) return null
  const message = elements[0]?.child('forwarded', FORWARD)?.child('message', CLIENT)
  return message === undefined ? null : Payload.of(...message.elements)
}

/** A copy (XEP-0280) as this server makes it. */
const COPY = new RegExp(
  `^<(?:received|sent) xmlns='[^']*'><forwarded xmlns='${FORWARD}'><message xmlns='${CLIENT}' from='([^/']*)`,
)

/** The bare JID of the message's author. For a copy that a server made for its user's other clients: the original sender. */
export function authorOf({ kind, from, to, payload }: Packet): string {
  if (kind !== 'message' || !from.isBare || to === null || to.bare !== from.bare) return from.bare
  const [, sender] = COPY.exec(payload.text) ?? []
  return sender === undefined ? from.bare : decode(wire(sender))
}
