/**
 * What rooms could not tell clients on other servers while the link was lost. A client that is there still is told the present
 * state of the room when the link is back; one that was put out meanwhile is told that.
 */
import type { Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'

export interface MissedByOne {
  readonly room: Jid
  readonly session: Jid
  /** It has missed nothing before that moment. */
  readonly since: Millis
  /** The last unavailable presence that it missed, by nickname. */
  readonly gone: Map<string, Packet>
}

/** Unavailable presences for all clients together. */
const GONE_MAX = 50_000

export class Missed {
  readonly #by = new Map<string, MissedByOne>()
  #size = 0

  /** A stanza of a room did not reach a client elsewhere. False: no more can be remembered. @param since when the link was lost */
  note(packet: Packet, since: Millis): boolean {
    const { kind, type, from, to } = packet
    const isGroupchat = kind === 'message' && type === 'groupchat'
    if (!isGroupchat && (kind !== 'presence' || type === 'error')) return true
    const key = keyOf(from, to!)
    const missed = this.#by.get(key) ?? { room: from.asBare, session: to!, since, gone: new Map<string, Packet>() }
    this.#by.set(key, missed)
    if (type !== 'unavailable') return true
    if (this.#size >= GONE_MAX) return false
    if (!missed.gone.has(from.resource)) this.#size += 1
    missed.gone.set(from.resource, packet)
    return true
  }
  /** What that client missed of that room; it is forgotten. Null: nothing. */
  take(room: Jid, session: Jid): MissedByOne | null {
    const key = keyOf(room, session)
    const missed = this.#by.get(key)
    if (missed === undefined) return null
    this.#by.delete(key)
    this.#size -= missed.gone.size
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
