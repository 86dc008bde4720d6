/**
 * ROOM-83: a client of another server, or of a component, whose presence is hours old may be gone. The room asks it, at most once in
 * that time. Clients of this server are not asked: the server knows whether they are there.
 */
import { every, type Millis } from '../../base/clock.ts'
import type { Rooms } from '../../rooms/rooms.ts'
import type { Host } from '../../server/feature.ts'
import { occupantOfSession } from '../../rooms/machine/room.ts'
import { sessionOf } from '../../rooms/machine/occupants.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import type { Verifying } from './verifying.ts'

export interface SilencesParts {
  readonly host: Host
  readonly rooms: Rooms
  readonly verifying: Verifying
  readonly silenceMs: Millis
}

/** How often the server looks for silent clients. */
const EVERY_MS: Millis = 10 * 60_000

export class Silences {
  readonly #parts: SilencesParts
  /** When a session was asked last, by the domain of the rooms and its full JID. */
  #asked = new Map<string, Millis>()

  constructor(parts: SilencesParts) {
    this.#parts = parts
  }
  begin(): void {
    every(this.#parts.host.clock, EVERY_MS, () => this.#look())
  }

  #look(): void {
    const { host, rooms, verifying } = this.#parts
    const before = this.#asked
    this.#asked = new Map() // without the sessions that have left
    for (const { local, remote } of [...rooms.whereabouts.pairs()]) {
      if (host.domains.includes(remote)) continue
      const there = rooms.whereabouts.sessionsAt(remote).map(storedJid)
      const silent = there.filter((who) => this.#isDue(who, local, before.get(keyOf(who, local))))
      verifying.verify(silent, local, 'once')
    }
  }
  #isDue(who: Jid, local: string, askedAt: Millis | undefined): boolean {
    const { host, silenceMs } = this.#parts
    const heardAt = Math.max(askedAt ?? 0, this.#saidAt(who, local))
    const now = host.clock.now()
    const isDue = heardAt > 0 && heardAt <= now - silenceMs
    if (isDue) this.#asked.set(keyOf(who, local), now)
    else if (askedAt !== undefined) this.#asked.set(keyOf(who, local), askedAt)
    return isDue
  }
  /** When the session last said something new of itself in a room of that domain. 0: it is in none. */
  #saidAt(who: Jid, local: string): Millis {
    let at = 0
    for (const address of this.#parts.rooms.whereabouts.roomsOf(who.full).map(storedJid)) {
      const room = address.domain === local ? this.#parts.rooms.held(address) : null
      const occupant = room === null ? undefined : occupantOfSession(room, who.full)
      if (occupant !== undefined) at = Math.max(at, sessionOf(occupant, who)!.at)
    }
    return at
  }
}

const keyOf = ({ full }: Jid, local: string): string => `${local} ${full}`
