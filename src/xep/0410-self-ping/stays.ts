/** The rooms of other servers that each client is in, as the rooms have told it by its own presence (XEP-0045 7.2.2). */
import type { Host } from '../../server/feature.ts'
import type { Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { endsStay, isSelfPresence } from '../../xmpp/muc-user.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'

/** One client in one room. */
export interface Stay {
  readonly session: Session
  /** Its address in the room, with the nickname. */
  readonly address: Jid
}
/** Rooms of one client that are remembered. It can be in more, which are not asked. */
const STAYS_MAX = 500

export class Stays {
  /** By the bare address of the room; null: none. */
  readonly #slot: Slot<Session, Map<string, Jid> | null>
  readonly #changes: Slot<Session, number>
  /** The sessions that are in a room. */
  readonly #sessions = new Set<Session>()

  constructor(host: Host) {
    this.#slot = host.sessionSlot<Map<string, Jid> | null>('stays', 'kept', () => null)
    this.#changes = host.sessionSlot<number>('stays-changes', 'forgotten', () => 0)
    host.on('session-ended', ({ session }) => void this.#sessions.delete(session))
    host.keep.session<readonly string[]>({
      name: 'stays',
      version: 1,
      stamp: (session) => String(session.get(this.#changes)),
      weigh: (session) => this.#save(session).join().length,
      save: (session) => (session.get(this.#slot) === null ? null : this.#save(session)),
      load: (session, kept) => {
        for (const full of kept ?? []) this.#enter(session, storedJid(full))
      },
    })
  }
  /** The client is shown that presence. */
  shown(session: Session, packet: Packet): void {
    const { type, from } = packet
    const known = session.get(this.#slot)?.get(from.bare)
    if (type === '' && isSelfPresence(packet) && known?.full !== from.full && session.sharesWith(from)) this.#enter(session, from)
    else if (type === 'unavailable' && known?.full === from.full && endsStay(packet, packet)) this.#leave(session, from)
  }
  /** All of them, or those in rooms of one domain. */
  *all(domain: string | null = null): Generator<Stay> {
    for (const session of [...this.#sessions])
      for (const address of [...(session.get(this.#slot)?.values() ?? [])])
        if (domain === null || address.domain === domain) yield { session, address }
  }
  isIn({ session, address }: Stay): boolean {
    return !session.ended && session.get(this.#slot)?.get(address.bare)?.full === address.full
  }

  #enter(session: Session, address: Jid): void {
    const stays = session.get(this.#slot) ?? new Map<string, Jid>()
    if (stays.size >= STAYS_MAX && !stays.has(address.bare)) return
    stays.set(address.bare, address)
    session.set(this.#slot, stays)
    this.#sessions.add(session)
    this.#changed(session)
  }
  #leave(session: Session, address: Jid): void {
    const stays = session.get(this.#slot)
    if (stays?.delete(address.bare) !== true) return
    if (stays.size === 0) {
      session.set(this.#slot, null)
      this.#sessions.delete(session)
    }
    this.#changed(session)
  }
  #changed(session: Session): void {
    session.set(this.#changes, session.get(this.#changes) + 1)
  }
  #save(session: Session): readonly string[] {
    return Array.from(session.get(this.#slot)?.values() ?? [], ({ full }) => full)
  }
}
