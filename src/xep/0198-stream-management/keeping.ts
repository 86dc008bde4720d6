/**
 * The state of stream management for a session, over a restart of the server: the id for resumption, both counts, and every
 * stanza that its client has not acknowledged, so that `<resume/>` finds everything unchanged.
 */
import type { Millis } from '../../base/clock.ts'
import { token, type Entropy } from '../../base/entropy.ts'
import type { Session } from '../../server/account/session.ts'
import type { Occasion, Piece, RestoredPiece } from '../../server/keeping/snapshots.ts'
import type { Entry } from '../../server/stream-management/queue.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { packetFromJson, packetToJson, type PacketJson } from '../../xmpp/stored-packet.ts'
import { Managed, type Holders, type ManagedParts } from './managed.ts'

/** A message that others have too: its name, the original if it differs, how many may have it, its number in the store. */
type SharedJson = readonly [name: string, original: PacketJson | null, count: number, seq: number]
/** A stanza, its time of arrival, and who else has it; null for nobody. */
type EntryJson = readonly [PacketJson, Millis, SharedJson | null]

export interface ManagedJson {
  readonly id: string
  /** The number of the client's stanzas that were handled. */
  readonly h: number
  /** The number of stanzas that the client has acknowledged. */
  readonly acknowledged: number
  readonly backAt: Millis | null
  /** How many of its stanzas were written to the client. */
  readonly written: number
  /** All its stanzas are kept: the server stopped in order. Missing in what an earlier version has kept. */
  readonly isWhole?: boolean
}

export class Keeping {
  readonly #entropy: Entropy
  /** While sessions are read: the messages that sessions of an account share, by their names. */
  readonly #holders = new Map<string, Holders>()

  constructor(entropy: Entropy) {
    this.#entropy = entropy
  }
  keep({ id, h, backAt, queue }: Managed, when: Occasion): ManagedJson | null {
    if (id === null) return null
    const isWhole = when === 'for a restart'
    return { id, h, acknowledged: queue.written - queue.inFlight, backAt, written: queue.inFlight, isWhole }
  }
  /** Its stanzas, one by one: an entry never changes. */
  *pieces({ id, queue }: Managed): Generator<Piece, void> {
    if (id === null) return
    for (const entry of queue) yield { n: entry.n, octets: entry.octets, toJson: () => this.#toJson(entry) }
  }
  restore(session: Session, kept: ManagedJson, pieces: readonly RestoredPiece[], parts: ManagedParts): Managed {
    const managed = new Managed(session, kept.id, parts, kept)
    const { queue } = managed
    for (const [i, { n, json }] of pieces.entries()) {
      const [packetJson, at, shared] = json as EntryJson
      const packet = packetFromJson(packetJson)
      if (i === kept.written) queue.disconnect()
      queue.goOnFrom(n)
      queue.push(packet, at, shared === null ? null : this.#holdersOf(session, packet, shared))
    }
    queue.disconnect()
    managed.backAt = kept.backAt
    return managed
  }
  /** All sessions are read: from now on only the queues refer to the messages. */
  done(): void {
    this.#holders.clear()
  }

  #toJson({ packet, at, note }: Entry<Holders>): EntryJson {
    if (note === null) return [packetToJson(packet), at, null]
    if (note.name === '') note.name = token(this.#entropy)
    const original = note.packet === packet ? null : packetToJson(note.packet)
    return [packetToJson(packet), at, [note.name, original, note.count, note.seq]]
  }
  #holdersOf(session: Session, packet: Packet, [name, original, count, seq]: SharedJson): Holders {
    const key = `${session.account.bare.bare} ${name}`
    const known = this.#holders.get(key)
    if (known !== undefined) return known
    const holders = { packet: original === null ? packet : packetFromJson(original), count, seq, name }
    this.#holders.set(key, holders)
    return holders
  }
}
