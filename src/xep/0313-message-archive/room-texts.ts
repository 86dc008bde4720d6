/**
 * MAM-26: a room sends a private message to each session of an occupant. It is one message, and is in the archive once. Sessions
 * receive it one after the other within seconds, each at its own address.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Millis } from '../../base/clock.ts'
import { roomMark } from '../../xmpp/muc-user.ts'
import type { Packet } from '../../xmpp/packet.ts'

/** The most messages that are remembered. */
const REMEMBERED_MAX = 1000
const SAME_MS: Millis = 10_000

export interface StoredText {
  readonly id: string
  readonly at: Millis
  readonly isStored: Promise<boolean>
}

export class RoomTexts {
  readonly #texts = new BoundedMap<string, StoredText & { readonly payload: string; readonly to: Set<string> }>(REMEMBERED_MAX)

  /** The message, if another session has received the same one just now; null if not. */
  stored(owner: string, packet: Packet, now: Millis): StoredText | null {
    if (!isFromOccupant(packet)) return null
    const known = this.#texts.get(keyOf(owner, packet))
    if (known === undefined || known.at < now - SAME_MS || known.payload !== packet.payload.text) return null
    if (known.to.has(packet.to!.full)) return null
    known.to.add(packet.to!.full)
    return known
  }
  note(owner: string, packet: Packet, text: StoredText): void {
    if (!isFromOccupant(packet)) return
    this.#texts.set(keyOf(owner, packet), { ...text, payload: packet.payload.text, to: new Set([packet.to!.full]) })
  }
}
const isFromOccupant = (packet: Packet): boolean =>
  !packet.from.isBare && packet.payload.text.includes('muc#user') && roomMark(packet) !== undefined
const keyOf = (owner: string, { from, id, type }: Packet): string => `${owner} ${type} ${id ?? ''} ${from.full}`
