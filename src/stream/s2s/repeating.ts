/**
 * What was written to a stream that broke, of which nobody will ever know whether it got through: what is said once more on
 * the next stream, and what is not.
 */
import { matterOf } from '../../im/belated.ts'
import { isNotification, type Packet } from '../../xmpp/packet.ts'

interface Written {
  readonly packet: Packet
  readonly isUnsure: boolean
}

/** Not a request that may have been carried out; and probes are made anew when the link is mended. */
export const mayComeTwice = ({ kind, type }: Packet): boolean =>
  kind === 'iq' ? type !== 'get' && type !== 'set' : kind !== 'presence' || type !== 'probe'

/**
 * Those of `queue` that are out of date by now. Of what has waited, whatever a later word has settled: who may see whom
 * (RFC 6121 section 3), or each word would be answered, and the answer to an old one be taken for that to the last. Of what
 * may have got through also presence of a resource that has said something else since, and answers to probes that nobody was
 * there for (from a bare address, 4.3.2 rule 3): to say them again would show somebody as gone who is there.
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
