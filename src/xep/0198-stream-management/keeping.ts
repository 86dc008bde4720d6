/**
 * What stream management knows of a session, over a restart of the server: the name under which it can be resumed, both
 * counts, and every stanza that its client has not acknowledged, so that `<resume/>` finds everything as it was.
 */
import type { Millis } from '../../base/clock.ts'
import type { Session } from '../../server/session.ts'
import type { QueueLimits } from '../../server/stream-management/queue.ts'
import { packetFromJson, packetToJson, type PacketJson } from '../../xmpp/packet-json.ts'
import { Managed, type Holders } from './managed.ts'

/** A stanza, when it came, and the number of the message that others got as well; 0: nobody did. */
type EntryJson = readonly [PacketJson, Millis, number]

export interface ManagedJson {
  readonly id: string
  /** Stanzas of the client that were handled. */
  readonly h: number
  /** Stanzas that the client has acknowledged. */
  readonly acknowledged: number
  readonly backAt: Millis | null
  /** How many of `entries` were written. */
  readonly written: number
  readonly entries: readonly EntryJson[]
  /** Those messages: their numbers, the originals, how many clients may still get them. */
  readonly shared: readonly (readonly [number, PacketJson, number])[]
}

export class Keeping {
  /** When they are written down. */
  readonly #numbers = new Map<Holders, number>()
  /** When they are read. */
  readonly #holders = new Map<number, Holders>()

  keep({ id, h, backAt, queue }: Managed): ManagedJson | undefined {
    if (id === null) return undefined
    const all = [...queue]
    const acknowledged = queue.written - queue.inFlight
    const notes = new Set(all.flatMap(({ note }) => (note === null ? [] : [note])))
    return {
      id,
      h,
      acknowledged,
      backAt,
      written: queue.inFlight,
      entries: all.map(({ packet, at, note }) => [packetToJson(packet), at, note === null ? 0 : this.#numberOf(note)]),
      shared: Array.from(notes, (note) => [this.#numberOf(note), packetToJson(note.packet), note.count]),
    }
  }
  restore(session: Session, kept: ManagedJson, limits: QueueLimits): Managed {
    for (const [number, original, count] of kept.shared)
      if (!this.#holders.has(number)) this.#holders.set(number, { packet: packetFromJson(original), count })
    const managed = new Managed(session, kept.id, limits, kept)
    const push = ([packet, at, number]: EntryJson): void =>
      void managed.queue.push(packetFromJson(packet), at, this.#holders.get(number) ?? null)
    kept.entries.slice(0, kept.written).forEach(push)
    managed.queue.disconnect()
    kept.entries.slice(kept.written).forEach(push)
    managed.backAt = kept.backAt
    return managed
  }
  /** Everything is read: the messages belong to their queues alone. */
  done(): void {
    this.#holders.clear()
  }

  #numberOf(note: Holders): number {
    const number = this.#numbers.get(note) ?? this.#numbers.size + 1
    this.#numbers.set(note, number)
    return number
  }
}
