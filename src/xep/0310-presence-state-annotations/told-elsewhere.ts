/**
 * The remote addresses that were told of a session's pause (XEP-0310 4.2): its end is sent to the same addresses. A session that
 * replaced one from before a crash sends it for that one.
 */
import type { Host } from '../../server/feature.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'

/** By full text of the address. */
type Told = Map<string, Jid>

const NOBODY: Iterable<Jid> = []

export class ToldElsewhere {
  /** Null if none. */
  readonly #told: Slot<Session, Told | null>
  /** For sessions from before a crash, by resource: a client that logged in again has replaced them, unnoticed by others. */
  readonly #inherited: Slot<LocalAccount, Map<string, Told> | null>

  constructor(host: Host) {
    this.#told = host.sessionSlot<Told | null>('pause-told', 'kept in presence-elsewhere', () => null)
    this.#inherited = host.accountSlot<Map<string, Told> | null>('pause-told-of-relics', 'forgotten', () => null)
    host.on('session-ended', ({ session, presence }) => presence === null && this.#leave(session))
    host.on('presence-changed', ({ session, before }) => before === null && this.#inherit(session))
  }
  /** The addresses. The same object until the session starts telling anew. */
  of(session: Session): ReadonlyMap<string, Jid> | null {
    return session.get(this.#told)
  }
  has(session: Session, to: Jid): boolean {
    return session.get(this.#told)?.has(to.full) === true
  }
  /** Was the account told, or any of its resources? */
  hasAny(session: Session, { bare }: Jid): boolean {
    for (const to of session.get(this.#told)?.values() ?? NOBODY) if (to.bare === bare) return true
    return false
  }
  add(session: Session, to: Jid): void {
    const told = session.get(this.#told)
    if (told === null) session.set(this.#told, new Map([[to.full, to]]))
    else told.set(to.full, to)
  }
  /** False if it was not told. */
  remove(session: Session, to: Jid): boolean {
    return session.get(this.#told)?.delete(to.full) === true
  }
  /** No address counts as told any more. */
  clear(session: Session): void {
    session.set(this.#told, null)
  }
  /** What is kept over a restart. */
  save(session: Session): readonly string[] {
    return [...(session.get(this.#told)?.keys() ?? [])]
  }
  load(session: Session, kept: readonly string[]): void {
    for (const full of kept) this.add(session, storedJid(full))
  }
  octetsOf(session: Session): number {
    let octets = 0
    for (const { full } of session.get(this.#told)?.values() ?? NOBODY) octets += full.length
    return octets
  }

  #leave(session: Session): void {
    const told = session.get(this.#told)
    if (told === null || told.size === 0) return
    const { account, jid } = session
    const inherited = account.get(this.#inherited) ?? new Map<string, Told>()
    account.set(this.#inherited, inherited.set(jid.resource, told))
  }
  #inherit(session: Session): void {
    const inherited = session.account.get(this.#inherited)
    const told = inherited?.get(session.jid.resource)
    if (told === undefined) return
    inherited!.delete(session.jid.resource)
    session.set(this.#told, told)
  }
}
