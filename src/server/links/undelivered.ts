/**
 * Presence that did not reach another domain because the link was lost: what is still true of it is sent when the link is up
 * again (im/belated.ts). Without this, a contact there would show a user who has long been unavailable until the contact logs in
 * again. Kept in memory, within limits: what exceeds them is corrected when one of the two logs in (RFC 6121 4.3).
 */
import type { Clock, Millis } from '../../base/clock.ts'
import type { Counter, Metrics } from '../../base/metrics.ts'
import { matterOf } from '../../im/belated.ts'
import { pairKey } from '../../xmpp/domain-pair.ts'
import { Packet } from '../../xmpp/packet.ts'
import type { LinkFact } from '../account/facts.ts'
import { sayAll, type SayingParts } from '../contacts/saying.ts'

export interface UndeliveredParts extends SayingParts {
  readonly clock: Clock
  readonly metrics: Metrics
}

/** The limits of one link, and of all links. */
const KEPT_MAX = 1000
const KEPT_IN_ALL_MAX = 20_000
/** After this time a login has probably corrected it, or the other server is gone. */
const KEPT_FOR: Millis = 7 * 86_400_000

interface Kept {
  readonly packet: Packet
  readonly at: Millis
}

export class Undelivered {
  readonly #parts: UndeliveredParts
  /** By link, then by matter; the oldest first. */
  readonly #kept = new Map<string, Map<string, Kept>>()
  readonly #sent: Counter
  readonly #dropped: Counter
  #size = 0

  constructor(parts: UndeliveredParts) {
    this.#parts = parts
    parts.metrics.gauge('porchlight_presence_undelivered', 'Presence that waits for a link to be mended', () => this.#size)
    this.#sent = parts.metrics.counter('porchlight_presence_belated_total', 'Presence sent when its link was mended')
    this.#dropped = parts.metrics.counter(
      'porchlight_presence_undelivered_dropped_total',
      'Presence that did not get through and was too much to be kept',
    )
  }
  /** The presence did not reach another domain. */
  keep(packet: Packet): void {
    const matter = matterOf(packet)
    if (matter === null) return
    const key = pairKey({ local: packet.from.domain, remote: packet.to!.domain })
    const now = this.#parts.clock.now()
    let link = this.#kept.get(key)
    if (link === undefined) this.#kept.set(key, (link = new Map()))
    if (link.delete(matter)) this.#size -= 1
    this.#forgetOld(link, now)
    if (link.size >= KEPT_MAX || this.#size >= KEPT_IN_ALL_MAX) {
      if (link.size === 0) this.#kept.delete(key)
      this.#dropped.value += 1
      return
    }
    const { type, from, to, id } = packet
    link.set(matter, { packet: Packet.of({ kind: 'presence', type, from, to, id }), at: now })
    this.#size += 1
  }
  /** Stanzas are delivered again. */
  mended({ local, remote }: LinkFact): void {
    const link = this.#take(pairKey({ local, remote }))
    if (link === undefined) return
    const packets = [...link.values()].map(({ packet }) => packet)
    sayAll(this.#parts, packets, (packet) => {
      this.#sent.value += 1
      this.#parts.router.routeQuietly(packet)
    })
  }

  #take(key: string): Map<string, Kept> | undefined {
    const link = this.#kept.get(key)
    if (link === undefined) return undefined
    this.#forgetOld(link, this.#parts.clock.now())
    this.#kept.delete(key)
    this.#size -= link.size
    return link
  }
  #forgetOld(link: Map<string, Kept>, now: Millis): void {
    for (const [matter, { at }] of link) {
      if (now - at < KEPT_FOR) break
      link.delete(matter)
      this.#size -= 1
    }
  }
}
