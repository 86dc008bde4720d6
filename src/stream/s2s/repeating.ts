/**
 * What was written to a stream that broke, of which nobody will ever know whether it got through: what is said once more on
 * the next stream, and what is not.
 */
import type { Packet } from '../../xmpp/packet.ts'

interface Written {
  readonly packet: Packet
  readonly isUnsure: boolean
}

/** Not a request that may have been carried out; and probes are made anew when the link is mended. */
export const mayComeTwice = ({ kind, type }: Packet): boolean =>
  kind === 'iq' ? type !== 'get' && type !== 'set' : kind !== 'presence' || type !== 'probe'

/**
 * Those of `queue` that may have got through and are out of date by now: presence of a resource that has said something else
 * since, and answers to probes that nobody was there for (from a bare address, RFC 6121 4.3.2 rule 3). To say them again
 * would show somebody as gone who is there.
 */
export function outOfDate<T extends Written>(queue: readonly T[]): ReadonlySet<T> {
  const said = new Set<string>()
  const old = new Set<T>()
  for (const waiting of queue.toReversed()) {
    const { kind, type, from, to } = waiting.packet
    if (kind !== 'presence' || (type !== '' && type !== 'unavailable')) continue
    const matter = `${from.full} ${to!.full}`
    if (waiting.isUnsure && (from.isBare || said.has(matter))) old.add(waiting)
    said.add(matter)
  }
  return old
}
