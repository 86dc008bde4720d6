/**
 * Presence for which a session has no room, because the contact has used its share. Only the contact and its resources are
 * remembered, and for many resources only the contact. When the client has read what waits, it is told the present state. So
 * nobody can fill a session by changing presence often, and what the client shows in the end is true.
 */
import { contactKey } from '../../im/account.ts'
import { jid, type Jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import type { SessionSnapshot } from '../keeping/snapshots.ts'
import type { Probing } from '../contacts/probing.ts'
import { answered, type Home } from '../routing/home.ts'
import type { Router } from '../routing/router.ts'
import type { SentLog } from '../explaining/sent-log.ts'
import { Session, type LocalEndpoint } from '../account/session.ts'
import type { Slot, SlotBook } from '../account/slots.ts'

export interface UntoldParts {
  readonly router: Router
  readonly probing: Probing
  readonly sent: SentLog
  readonly slots: SlotBook<Session>
}

/** Beyond this number of resources of one contact none is remembered, and all that the client was shown is ended. */
const RESOURCES_MAX = 10

/** Of each resource the last presence, without its content; null if there were too many. */
type LastWords = Map<string, Packet> | null

export class Untold {
  readonly #parts: UntoldParts
  /** By bare JID: contacts whose presence had no room and will be sent later; null if none. */
  readonly #slot: Slot<Session, Map<string, LastWords> | null>

  constructor(parts: UntoldParts) {
    this.#parts = parts
    this.#slot = parts.slots.declare<Map<string, LastWords> | null>('untold', 'kept', () => null)
  }
  /** Does presence of that contact wait, or of any? */
  isWaiting(session: Session, contact: Jid | null = null): boolean {
    const untold = session.get(this.#slot)
    return untold !== null && (contact === null || untold.has(contact.bare))
  }
  /** There is no room for this presence, or for earlier presence of the same contact. */
  add(session: Session, { type, from }: Packet): void {
    const contact = from.asBare
    const before = session.get(this.#slot)?.get(contact.bare)
    const words = before === undefined ? this.#wordsOf(session, contact) : before
    if (words !== null) words.set(from.full, Packet.of({ kind: 'presence', type, from, to: session.account.bare }))
    if (before === undefined) this.#begin(session, contact, words)
    else if (words !== null && words.size > RESOURCES_MAX) session.get(this.#slot)!.set(contact.bare, null)
  }
  /** For a restart, and for a crash of the server. */
  get snapshot(): SessionSnapshot<readonly string[]> {
    return {
      name: 'untold',
      version: 1,
      save: (session) => this.#contacts(session),
      stamp: (session) => this.#contacts(session)?.join(' ') ?? '',
      load: (session, kept) => {
        for (const contact of kept ?? []) this.#begin(session, jid(contact), null)
      },
    }
  }

  #contacts(session: Session): readonly string[] | null {
    const untold = session.get(this.#slot)
    return untold === null ? null : [...untold.keys()]
  }
  #wordsOf(session: Session, contact: Jid): LastWords {
    return this.#mayAsk(session, contact) ? new Map() : null
  }
  #begin(session: Session, contact: Jid, words: LastWords): void {
    const untold = session.get(this.#slot) ?? new Map<string, LastWords>()
    session.set(this.#slot, untold.set(contact.bare, words))
    if (!this.#mayAsk(session, contact)) this.#part(session, contact)
    session.room.pour(this.#tell(session, contact))
  }
  #mayAsk({ account }: Session, contact: Jid): boolean {
    return account.roster.isSubscribedTo(contactKey(contact))
  }
  /** An entity that cannot be probed, such as a room, is told that the session became unavailable, so that both sides agree. */
  #part({ jid: me, directed }: Session, contact: Jid): void {
    if (directed === null) return
    for (const [full, to] of directed) {
      if (to.bare !== contact.bare) continue
      directed.delete(full)
      this.#parts.router.routeQuietly(Packet.of({ kind: 'presence', type: 'unavailable', from: me, to }))
    }
  }
  /** Takes its turn when the client has read what waits. Without a connection it does nothing. */
  *#tell(session: Session, contact: Jid): Generator<void, void> {
    if (session.connection === null) return
    const untold = session.get(this.#slot)
    const words = untold?.get(contact.bare)
    untold?.delete(contact.bare)
    if (untold?.size === 0) session.set(this.#slot, null)
    if (words === undefined || !session.takesPart) return
    yield words === null ? this.#anew(session, contact) : this.#lastWords(session, contact, words)
  }
  #lastWords(session: Session, contact: Jid, words: ReadonlyMap<string, Packet>): void {
    const { probing, router } = this.#parts
    const home = router.homeOf(contact)
    let isToBeAsked = false
    for (const word of words.values()) {
      if (home !== null) this.#now(session, word.from, home)
      else if (word.type === 'unavailable') session.take(word)
      else isToBeAsked = true
    }
    if (isToBeAsked) probing.ask(session, [contact])
  }
  /** The session is sent the presence that a resource of a local account shows to the account now. */
  #now(session: Session, resource: Jid, home: Home): void {
    const me = session.account.bare
    void answered(home.presence(resource, me), (presence) => session.take(presence ?? gone(resource, me)))
  }
  /** Ends everything of the contact (RFC 6121 4.3.2), one by one if known to be shown, and then probes it if it may be there. */
  #anew(session: Session, contact: Jid): void {
    const { sent, probing, router } = this.#parts
    const { account } = session
    const shown = [...sent.lastTo(session.jid, contact)].filter(({ type, from }) => type === '' && !from.isBare)
    for (const { from } of shown) session.take(gone(from, account.bare))
    session.take(gone(contact, account.bare))
    if (!this.#mayAsk(session, contact)) return
    const isThere = router.homeOf(contact)?.isAvailable(contact, account.bare) ?? true
    void answered(isThere, (is) => is && probing.ask(session, [contact])) // that nobody is there is said already
  }
}

const gone = (from: Jid, to: Jid): Packet => Packet.of({ kind: 'presence', type: 'unavailable', from, to })

/** Presence of known contacts, each within its share. Beyond that, the client is told the present state later. */
export const withinShare =
  (untold: Untold) =>
  (packet: Packet, endpoint: LocalEndpoint): void => {
    if (!endpoint.isCrowded || !(endpoint instanceof Session)) return endpoint.take(packet)
    if (!untold.isWaiting(endpoint, packet.from) && !endpoint.room.isFullFor(packet)) {
      endpoint.isCrowded = untold.isWaiting(endpoint) || !endpoint.room.isOpen
      endpoint.take(packet)
    } else if (packet.type !== 'error') untold.add(endpoint, packet)
  }
