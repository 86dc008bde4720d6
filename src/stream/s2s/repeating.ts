/**
 * Stanzas that were written to a broken stream and of which nobody will ever know whether they were received: which of them
 * are sent again on the next stream, and which are not.
 */
import { matterOf } from '../../im/belated.ts'
import { isNotification, type Packet } from '../../xmpp/packet.ts'

interface Written {
  readonly packet: Packet
  readonly isUnsure: boolean
}

/** False for a request, which may have been carried out, and for a probe, which is sent anew when the link is up. */
export const mayComeTwice = ({ kind, type }: Packet): boolean =>
  kind === 'iq' ? type !== 'get' && type !== 'set' : kind !== 'presence' || type !== 'probe'

/**
 * The stanzas of `queue` that are out of date. Of waiting stanzas: those about who may see whom (RFC 6121 section 3) that a
 * later one has replaced; otherwise each would be answered, and the answer to an old one be taken for the answer to the last.
 * Of stanzas that may have been received: also presence of a resource that has sent something since, and answers to probes that
 * said "nobody available" (from a bare address, 4.3.2 rule 3): repeated, they would show somebody as gone who is available.
 */
export function outOfDate<T extends Written>(queue: readonly T[]): ReadonlySet<T> {
  const said = new Set<string>()
  const old = new Set<T>()
  for (const waiting of queue.toReversed()) {
    const { packet, isUnsure } = waiting
    if (packet.kind !== 'presence') continue
    const isNotice = isNotification(packet)
    const matter = isNotice ? `${packet.from.full} ${packet.to!.full}` : matterOf(packet)
    if (matter === null) continue
    if (said.has(matter) ? isUnsure || !isNotice : isUnsure && isNotice && packet.from.isBare) old.add(waiting)
    said.add(matter)
  }
  return old
}
