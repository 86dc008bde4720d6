/**
 * Presence that is held back from one client for a moment during a rush, pure: presence of sessions that have just begun, and
 * for each resource only the last one. The order is that of the last changes (RFC 6120 10.1).
 *
 * Each is a copy of its sender's last broadcast and shares its content, so that all waiting copies together take little
 * memory.
 */
import type { Packet } from '../../xmpp/packet.ts'

export class HeldPresence {
  readonly #last = new Map<string, Packet>()

  get size(): number {
    return this.#last.size
  }
  /** Replaces earlier presence of the same resource. */
  put(packet: Packet): void {
    const { full } = packet.from
    this.#last.delete(full)
    this.#last.set(full, packet)
  }
  /** The earlier presence of that resource is out of date. */
  drop(full: string): void {
    this.#last.delete(full)
  }
  /** Removes and returns the presence from that bare JID, in order, because another stanza of it must not overtake it. */
  takeOf(bare: string): readonly Packet[] {
    const taken: Packet[] = []
    for (const [full, packet] of this.#last) {
      if (packet.from.bare !== bare) continue
      this.#last.delete(full)
      taken.push(packet)
    }
    return taken
  }
  /** Removes and returns everything, in order. */
  takeAll(): readonly Packet[] {
    const taken = [...this.#last.values()]
    this.#last.clear()
    return taken
  }
}
