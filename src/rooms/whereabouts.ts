/** In which rooms each session, and each domain, has an occupant: what becomes of a session or a link concerns all of them. */
import type { Jid } from '../xmpp/jid.ts'

export class Whereabouts {
  /** By the real full address of a session: addresses of rooms. */
  readonly #rooms = new Map<string, Set<string>>()
  /** By domain: the sessions that are there, as far as they are in a room. */
  readonly #sessions = new Map<string, Set<string>>()

  entered(session: string, room: Jid): void {
    setOf(this.#rooms, session).add(room.bare)
    setOf(this.#sessions, domainOf(session)).add(session)
  }
  left(session: string, room: Jid): void {
    const rooms = this.#rooms.get(session)
    rooms?.delete(room.bare)
    if (rooms === undefined || rooms.size > 0) return
    this.#rooms.delete(session)
    const domain = domainOf(session)
    const others = this.#sessions.get(domain)
    others?.delete(session)
    if (others?.size === 0) this.#sessions.delete(domain)
  }
  /** The bare addresses of the rooms that a session is in. */
  roomsOf(session: string): readonly string[] {
    return [...(this.#rooms.get(session) ?? [])]
  }
  /** The full addresses of the sessions of a domain that are in rooms. */
  sessionsAt(domain: string): readonly string[] {
    return [...(this.#sessions.get(domain) ?? [])]
  }
}

function setOf(map: Map<string, Set<string>>, key: string): Set<string> {
  let set = map.get(key)
  if (set === undefined) map.set(key, (set = new Set()))
  return set
}
function domainOf(full: string): string {
  const slash = full.indexOf('/')
  const bare = slash < 0 ? full : full.slice(0, slash)
  return bare.slice(bare.indexOf('@') + 1)
}
