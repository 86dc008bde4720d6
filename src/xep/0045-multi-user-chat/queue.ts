/**
 * What a room says to a session that is still being shown who is there, pure (ROOM-53, ROOM-152). It waits until the session
 * has been told all. Of several presences of one occupant only the newest is kept; of an occupant that enters and leaves
 * unseen, none. A message keeps its place: a presence before it is not replaced by one after it.
 */
import type { Packet } from '../../xmpp/packet.ts'

interface Entry {
  /** Null: it is not to be sent any more. */
  packet: Packet | null
  /** Has the session seen that occupant, when everything before this entry was sent? */
  readonly wasShown: boolean
}

export class WaitingStanzas {
  /** Nicknames of which the session has been told, or would have been if it could see them. */
  readonly #passed = new Set<string>()
  /** Nicknames that the session sees when everything that waits was sent. */
  readonly #shown = new Set<string>()
  /** The entries of nicknames that may still be replaced: no message came after them. */
  readonly #open = new Map<string, Entry>()
  #entries: Entry[] = []
  #octets = 0

  /** Octets of what waits. */
  get octets(): number {
    return this.#octets
  }
  hasPassed(nick: string): boolean {
    return this.#passed.has(nick)
  }
  /** The list of occupants has come to this one. @param isShown the session may see them, and is told of them now */
  pass(nick: string, isShown: boolean): void {
    this.#passed.add(nick)
    if (isShown) this.#shown.add(nick)
  }

  /** A message, or presence of the session's own nickname. */
  putLast(packet: Packet): void {
    this.#open.clear()
    this.#add(packet, true)
  }
  /** Presence of another occupant. */
  putPresence(packet: Packet): void {
    const { type, from } = packet
    const nick = from.resource
    const open = this.#open.get(nick)
    const isOpen = open !== undefined && open.packet!.type === ''
    if (type === '') this.#putAvailable(nick, packet, isOpen ? open : null)
    else this.#putUnavailable(nick, packet, isOpen ? open : null)
  }
  #putAvailable(nick: string, packet: Packet, open: Entry | null): void {
    if (open !== null) this.#replace(open, packet)
    else this.#open.set(nick, this.#add(packet, this.#shown.has(nick)))
    this.#shown.add(nick)
  }
  #putUnavailable(nick: string, packet: Packet, open: Entry | null): void {
    this.#shown.delete(nick)
    if (open === null) return void this.#open.set(nick, this.#add(packet, true))
    if (open.wasShown) return this.#replace(open, packet)
    if (HAS_CAUSE.test(packet.payload.text)) return void this.#open.set(nick, this.#add(packet, true))
    this.#replace(open, null)
    this.#open.delete(nick)
  }

  /** The next one, which does not wait any more; null: there is none. */
  take(): Packet | null {
    for (;;) {
      const entry = this.#entries.shift()
      if (entry === undefined) return null
      const { packet } = entry
      if (packet === null) continue
      if (this.#open.get(packet.from.resource) === entry) this.#open.delete(packet.from.resource)
      this.#octets -= packet.payload.text.length
      return packet
    }
  }

  #add(packet: Packet, wasShown: boolean): Entry {
    const entry = { packet, wasShown }
    this.#entries.push(entry)
    this.#octets += packet.payload.text.length
    return entry
  }
  #replace(entry: Entry, packet: Packet | null): void {
    this.#octets += (packet?.payload.text.length ?? 0) - entry.packet!.payload.text.length
    entry.packet = packet
  }
}

/** The occupant was kicked or banned: sessions that have not seen the occupant are told as well. */
const HAS_CAUSE = /<status code='3(?:01|07)'\/>/
