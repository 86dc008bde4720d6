/**
 * What is kept back from one client for a moment while many come, pure: presence of those who have just come, and of each
 * resource only the last. What is left keeps the order of its last change (RFC 6120 10.1).
 *
 * Each is a copy of what its sender has broadcast last and shares its content with it, so that all that wait together take
 * up little more than their number.
 */
import type { Packet } from '../../xmpp/packet.ts'

export class HeldPresence {
  readonly #last = new Map<string, Packet>()

  get size(): number {
    return this.#last.size
  }
  /** Takes the place of what that resource said before. */
  put(packet: Packet): void {
    const { full } = packet.from
    this.#last.delete(full)
    this.#last.set(full, packet)
  }
  /** What that resource said before is not so any more. */
  drop(full: string): void {
    this.#last.delete(full)
  }
  /** Takes out what came from that bare JID, in order: something else of it must not overtake it. */
  takeOf(bare: string): readonly Packet[] {
    const taken: Packet[] = []
    for (const [full, packet] of this.#last) {
      if (packet.from.bare !== bare) continue
      this.#last.delete(full)
      taken.push(packet)
    }
    return taken
  }
  /** Takes out everything, in order. */
  takeAll(): readonly Packet[] {
    const taken = [...this.#last.values()]
    this.#last.clear()
    return taken
  }
}
