/** LAB-24: what leaves for a component or for another server is for a domain with a clearance, whoever sends it. */
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Destination } from '../routing/router.ts'
import type { Labels } from './labels.ts'
import { bearingOf, forbiddenToDomain, withoutContent } from './rules.ts'

export class GuardedDestination implements Destination {
  readonly #inner: Destination
  readonly #labels: Labels

  constructor(inner: Destination, labels: Labels) {
    this.#inner = inner
    this.#labels = labels
  }
  deliver(packet: Packet, origin: Jid | null): void | Promise<void> {
    if (packet.kind !== 'message') return this.#inner.deliver(packet, origin)
    if (!this.#passes(packet)) return
    // What clients of this server send was asked about already
    return this.#inner.deliver(this.#labels.isFromOutside(packet.from) ? withoutContent(packet) : packet, origin)
  }
  /** False: it is dropped. @throws StanzaError forbidden */
  #passes(packet: Packet): boolean {
    const { from, to, payload } = packet
    const bearing = bearingOf(packet, this.#labels.isOfServer(from))
    if (bearing !== 'judged') return bearing === 'free'
    if (this.#labels.grants('domain', to!, this.#labels.labelOf(payload), from)) return true
    throw forbiddenToDomain()
  }
}
