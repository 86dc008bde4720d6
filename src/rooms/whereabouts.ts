/** In which rooms each session, and each domain, has an occupant: what becomes of a session or a link concerns all of them. */
import type { Jid } from '../xmpp/jid.ts'

export class Whereabouts {
  /** By the real full address of a session: addresses of rooms. Most sessions are in few. */
  readonly #rooms = new Map<string, string[]>()
  /** By domain: the sessions that are there, as far as they are in a room. */
  readonly #sessions = new Map<string, Set<string>>()

  /** For each domain of rooms and each domain of sessions: how many sessions of the one are in rooms of the other. */
  readonly #pairs = new Map<string, { readonly local: string; readonly remote: string; count: number }>()

  /** For each room and each domain: how many sessions of the domain are in the room. */
  readonly #inRoom = new Map<string, number>()

  entered(session: string, room: Jid): void {
    const rooms = this.#rooms.get(session)
    if (rooms?.includes(room.bare) === true) return
    this.#countBoth(session, room, 1)
    if (rooms !== undefined) return void rooms.push(room.bare)
    this.#rooms.set(session, [room.bare])
    setOf(this.#sessions, domainOf(session)).add(session)
  }
  left(session: string, room: Jid): void {
    const rooms = this.#rooms.get(session)
    const place = rooms?.indexOf(room.bare) ?? -1
    if (place < 0) return
    rooms!.splice(place, 1)
    this.#countBoth(session, room, -1)
    if (rooms!.length > 0) return
    this.#rooms.delete(session)
    const domain = domainOf(session)
    const others = this.#sessions.get(domain)
    others?.delete(session)
    if (others?.size === 0) this.#sessions.delete(domain)
  }
  /** The domains of rooms, each with the domains of those who are in them. */
  pairs(): Iterable<{ readonly local: string; readonly remote: string }> {
    return this.#pairs.values()
  }
  /** How many sessions of a domain are in a room. */
  countIn(room: Jid, domain: string): number {
    return this.#inRoom.get(`${room.bare} ${domain}`) ?? 0
  }
  #countBoth(session: string, room: Jid, change: 1 | -1): void {
    const domain = domainOf(session)
    this.#count(room.domain, domain, change)
    const key = `${room.bare} ${domain}`
    const count = (this.#inRoom.get(key) ?? 0) + change
    if (count === 0) this.#inRoom.delete(key)
    else this.#inRoom.set(key, count)
  }
  #count(local: string, remote: string, change: 1 | -1): void {
    const key = `${local} ${remote}`
    const pair = this.#pairs.get(key) ?? { local, remote, count: 0 }
    pair.count += change
    if (pair.count === 0) this.#pairs.delete(key)
    else this.#pairs.set(key, pair)
  }
  isIn(session: string): boolean {
    return this.#rooms.has(session)
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
