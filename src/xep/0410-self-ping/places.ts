/** Rooms of other servers by client, at most one address in each room. They outlive a restart of the server. */
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'

/** One client in one room. Another address in the same room, or the same one again, is another object. */
export interface Place {
  readonly session: Session
  /** The address in the room, with the nickname. */
  readonly address: Jid
}

/** Rooms of one client that are remembered. There can be more, which are not asked about. */
const PLACES_MAX = 500

export class Places {
  /** By the bare address of the room; null: none. */
  readonly #slot: Slot<Session, Map<string, Place> | null>
  readonly #changes: Slot<Session, number>
  /** The sessions that have any. */
  readonly #sessions = new Set<Session>()

  /** @param name under which they are kept */
  constructor(host: Host, name: string) {
    this.#slot = host.sessionSlot<Map<string, Place> | null>(name, 'kept', () => null)
    this.#changes = host.sessionSlot<number>(`${name}-changes`, 'forgotten', () => 0)
    host.on('session-ended', ({ session }) => void this.#sessions.delete(session))
    host.keep.session<readonly string[]>({
      name,
      version: 1,
      stamp: (session) => String(session.get(this.#changes)),
      weigh: (session) => this.#save(session).join().length,
      save: (session) => (session.get(this.#slot) === null ? null : this.#save(session)),
      load: (session, kept) => {
        for (const full of kept ?? []) this.add(session, storedJid(full))
      },
    })
  }
  hasAny(session: Session): boolean {
    return session.get(this.#slot) !== null
  }
  /** The address of the client in that room. */
  in(session: Session, room: Jid): Jid | undefined {
    return session.get(this.#slot)?.get(room.bare)?.address
  }
  /** It is still the same one. */
  has(place: Place): boolean {
    const { session, address } = place
    return !session.ended && session.get(this.#slot)?.get(address.bare) === place
  }
  /** All of them, or those in rooms of one domain. */
  *all(domain: string | null = null): Generator<Place> {
    for (const session of [...this.#sessions])
      for (const place of this.of(session)) if (domain === null || place.address.domain === domain) yield place
  }
  /** Those of one client. */
  of(session: Session): readonly Place[] {
    return [...(session.get(this.#slot)?.values() ?? [])]
  }
  add(session: Session, address: Jid): void {
    const places = session.get(this.#slot) ?? new Map<string, Place>()
    if (places.size >= PLACES_MAX && !places.has(address.bare)) return
    places.set(address.bare, { session, address })
    session.set(this.#slot, places)
    this.#sessions.add(session)
    this.#changed(session)
  }
  remove(session: Session, { bare }: Jid): void {
    const places = session.get(this.#slot)
    if (places?.delete(bare) !== true) return
    if (places.size === 0) {
      session.set(this.#slot, null)
      this.#sessions.delete(session)
    }
    this.#changed(session)
  }

  #changed(session: Session): void {
    session.set(this.#changes, session.get(this.#changes) + 1)
  }
  #save(session: Session): readonly string[] {
    return this.of(session).map(({ address }) => address.full)
  }
}
