/**
 * What stream management knows of a session, over a restart of the server: the name under which it can be resumed, both
 * counts, and every stanza that its client has not acknowledged, so that `<resume/>` finds everything as it was.
 */
import type { Millis } from '../../base/clock.ts'
import { token, type Entropy } from '../../base/entropy.ts'
import type { Session } from '../../server/session.ts'
import type { QueueLimits } from '../../server/stream-management/queue.ts'
import { packetFromJson, packetToJson, type PacketJson } from '../../xmpp/packet-json.ts'
import { Managed, type Holders } from './managed.ts'

/** A stanza, when it came, and the name of the message that others have as well; '': nobody does. */
type EntryJson = readonly [PacketJson, Millis, string]
/** Such a message: its name, the original, how many may still have it, its number among the stored ones. */
type SharedJson = readonly [string, PacketJson, number, number]

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
  readonly shared: readonly SharedJson[]
}

export class Keeping {
  readonly #entropy: Entropy
  /** While sessions are read: the messages that those of an account share, by their names. */
  readonly #holders = new Map<string, Holders>()

  constructor(entropy: Entropy) {
    this.#entropy = entropy
  }
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
      entries: all.map(({ packet, at, note }) => [packetToJson(packet), at, note === null ? '' : this.#nameOf(note)]),
      shared: Array.from(notes, (note) => [this.#nameOf(note), packetToJson(note.packet), note.count, note.seq]),
    }
  }
  restore(session: Session, kept: ManagedJson, limits: QueueLimits): Managed {
    const key = (name: string): string => `${session.account.bare.bare} ${name}`
    for (const [name, original, count, seq = 0] of kept.shared)
      if (!this.#holders.has(key(name))) this.#holders.set(key(name), { packet: packetFromJson(original), count, seq, name })
    const managed = new Managed(session, kept.id, limits, kept)
    const push = ([packet, at, name]: EntryJson): void =>
      void managed.queue.push(packetFromJson(packet), at, this.#holders.get(key(name)) ?? null)
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

  #nameOf(note: Holders): string {
    if (note.name === '') note.name = token(this.#entropy)
    return note.name
  }
}
