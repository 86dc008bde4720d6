/**
 * What rooms could not tell clients on other servers while the link was lost. A client that is there still is told the present
 * state of the room when the link is back; one that was put out meanwhile is told that. It is kept over a restart and a crash.
 */
import type { Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { packetFromJson, packetToJson, type PacketJson } from '../../xmpp/stored-packet.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'

export interface MissedByOne {
  readonly room: Jid
  readonly session: Jid
  /** It has missed nothing before that moment. */
  readonly since: Millis
  /** The last unavailable presence that it missed, by nickname. */
  readonly gone: Map<string, Packet>
}

/** One client, as it is kept. */
export interface KeptMissed {
  readonly room: string
  readonly session: string
  readonly since: Millis
  readonly gone: readonly PacketJson[]
}

/** Unavailable presences for all clients together. */
const GONE_MAX = 50_000

export class Missed {
  readonly #by = new Map<string, MissedByOne>()
  readonly #changed: (key: string) => void
  #size = 0

  /** @param changed what is kept under that key is not as it was */
  constructor(changed: (key: string) => void) {
    this.#changed = changed
  }
  /** A stanza of a room did not reach a client elsewhere. False: no more can be remembered. @param since when the link was lost */
  note(packet: Packet, since: Millis): boolean {
    const { kind, type, from, to } = packet
    const isGroupchat = kind === 'message' && type === 'groupchat'
    if (!isGroupchat && (kind !== 'presence' || type === 'error')) return true
    const missed = this.#open(from.asBare, to!, since)
    if (type !== 'unavailable') return true
    if (this.#size >= GONE_MAX) return false
    if (!missed.gone.has(from.resource)) this.#size += 1
    missed.gone.set(from.resource, packet)
    this.#changed(keyOf(from, to!))
    return true
  }
  /** A client elsewhere that was in that room before a crash: it may have missed anything since that moment, and these presences. */
  unsure(room: Jid, session: Jid, since: Millis, gone: readonly Packet[]): void {
    this.#open(room, session, since)
    for (const packet of gone) this.note(packet.addressedTo(session), since)
  }
  keys(): Iterable<string> {
    return this.#by.keys()
  }
  keep(key: string): KeptMissed | null {
    const missed = this.#by.get(key)
    if (missed === undefined) return null
    const { room, session, since, gone } = missed
    return { room: room.bare, session: session.full, since, gone: Array.from(gone.values(), packetToJson) }
  }
  restore({ room, session, since, gone }: KeptMissed): void {
    const missed = this.#open(storedJid(room), storedJid(session), since)
    for (const packet of gone.map(packetFromJson)) missed.gone.set(packet.from.resource, packet)
    this.#size += gone.length
  }
  #open(room: Jid, session: Jid, since: Millis): MissedByOne {
    const key = keyOf(room, session)
    const known = this.#by.get(key)
    if (known !== undefined) return known
    const missed = { room, session, since, gone: new Map<string, Packet>() }
    this.#by.set(key, missed)
    this.#changed(key)
    return missed
  }
  /** What that client missed of that room; it is forgotten. Null: nothing. */
  take(room: Jid, session: Jid): MissedByOne | null {
    const key = keyOf(room, session)
    const missed = this.#by.get(key)
    if (missed === undefined) return null
    this.#by.delete(key)
    this.#size -= missed.gone.size
    this.#changed(key)
    return missed
  }
  /** What clients of a domain missed of rooms of a domain; null: of any. */
  *between(local: string | null, remote: string | null): Generator<MissedByOne> {
    for (const missed of this.#by.values())
      if ((local ?? missed.room.domain) === missed.room.domain && (remote ?? missed.session.domain) === missed.session.domain)
        yield missed
  }
}

const keyOf = (room: Jid, session: Jid): string => `${room.bare} ${session.full}`
