/**
 * The remote addresses that were told of an endpoint's pause (XEP-0310 4.2): its end is sent to the same addresses. A session that
 * replaced one from before a crash sends it for that one.
 */
import type { Host } from '../../server/feature.ts'
import { Session, type LocalAccount, type LocalEndpoint } from '../../server/account/session.ts'
import type { Changed } from '../../server/keeping/kept-states.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'

/** By full text of the address. */
type Told = Map<string, Jid>

const NOBODY: Iterable<Jid> = []

export class ToldElsewhere {
  readonly #told = new WeakMap<LocalEndpoint, Told>()
  /** The same for endpoints that are no sessions, by full JID: from before the server started, too, until they are there again. */
  readonly #ofOthers = new Map<string, Told>()
  readonly #changedOfOther: Changed<string>
  /** For sessions from before a crash, by resource: a client that logged in again has replaced them, unnoticed by others. */
  readonly #inherited: Slot<LocalAccount, Map<string, Told> | null>

  constructor(host: Host) {
    this.#inherited = host.accountSlot<Map<string, Told> | null>('pause-told-of-relics', 'forgotten', () => null)
    this.#changedOfOther = host.keep.service<readonly string[]>({
      name: 'pause-told',
      version: 1,
      things: () => this.#ofOthers.keys(),
      save: (full) => (this.#ofOthers.has(full) ? [...this.#ofOthers.get(full)!.keys()] : null),
      load: (full, kept) => void this.#ofOthers.set(full, new Map(kept.map((to) => [to, storedJid(to)]))),
    })
    host.on('endpoint-paused', ({ endpoint, isKept }) => isKept && this.#isBack(endpoint))
    host.on('endpoint-ended', ({ endpoint }) => this.clear(endpoint))
    host.on('session-ended', ({ session, presence }) => presence === null && this.#leave(session))
    host.on('presence-changed', ({ session, before }) => before === null && this.#inherit(session))
  }
  /** The addresses. The same object until the session starts telling anew. */
  of(endpoint: LocalEndpoint): ReadonlyMap<string, Jid> | null {
    return this.#told.get(endpoint) ?? null
  }
  has(endpoint: LocalEndpoint, to: Jid): boolean {
    return this.#told.get(endpoint)?.has(to.full) === true
  }
  /** Was the account told, or any of its resources? */
  hasAny(endpoint: LocalEndpoint, { bare }: Jid): boolean {
    for (const to of this.#told.get(endpoint)?.values() ?? NOBODY) if (to.bare === bare) return true
    return false
  }
  add(endpoint: LocalEndpoint, to: Jid): void {
    const told = this.#told.get(endpoint) ?? new Map<string, Jid>()
    this.#set(endpoint, told.set(to.full, to))
  }
  /** False if it was not told. */
  remove(endpoint: LocalEndpoint, to: Jid): boolean {
    const told = this.#told.get(endpoint)
    if (told?.delete(to.full) !== true) return false
    this.#set(endpoint, told)
    return true
  }
  /** No address counts as told any more. */
  clear(endpoint: LocalEndpoint): void {
    this.#told.delete(endpoint)
    if (this.#ofOthers.delete(endpoint.jid.full)) this.#changedOfOther(endpoint.jid.full)
  }
  /** What is kept over a restart. */
  save(session: Session): readonly string[] {
    return [...(this.#told.get(session)?.keys() ?? [])]
  }
  load(session: Session, kept: readonly string[]): void {
    for (const full of kept) this.add(session, storedJid(full))
  }
  octetsOf(session: Session): number {
    let octets = 0
    for (const { full } of this.#told.get(session)?.values() ?? NOBODY) octets += full.length
    return octets
  }

  #set(endpoint: LocalEndpoint, told: Told): void {
    this.#told.set(endpoint, told)
    if (endpoint instanceof Session) return
    if (told.size > 0) this.#ofOthers.set(endpoint.jid.full, told)
    else this.#ofOthers.delete(endpoint.jid.full)
    this.#changedOfOther(endpoint.jid.full)
  }
  #isBack(endpoint: LocalEndpoint): void {
    const told = this.#ofOthers.get(endpoint.jid.full)
    if (told !== undefined) this.#told.set(endpoint, told)
  }
  #leave(session: Session): void {
    const told = this.#told.get(session)
    if (told === undefined || told.size === 0) return
    const { account, jid } = session
    const inherited = account.get(this.#inherited) ?? new Map<string, Told>()
    account.set(this.#inherited, inherited.set(jid.resource, told))
  }
  #inherit(session: Session): void {
    const inherited = session.account.get(this.#inherited)
    const told = inherited?.get(session.jid.resource)
    if (told === undefined) return
    inherited!.delete(session.jid.resource)
    this.#told.set(session, told)
  }
}
