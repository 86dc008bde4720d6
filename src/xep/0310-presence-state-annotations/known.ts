/** What each session has been given of resources elsewhere (given.ts), and when it is to be given that again. */
import { contactKey } from '../../im/account.ts'
import type { Host } from '../../server/feature.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { HeardJson } from '../../im/heard-resource.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { MUC_USER, roomMark } from '../../xmpp/muc-user.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { Given, type GivenJson } from './given.ts'
import type { LedgerLimits } from './ledger.ts'
import { isOurs } from './news.ts'

export class Known {
  readonly #host: Host
  readonly #limits: LedgerLimits
  /** Null: nothing. */
  readonly #slot: Slot<Session, Given | null>

  constructor(host: Host, limits: LedgerLimits) {
    this.#host = host
    this.#limits = limits
    host.heard.alsoGiven((session, resource, turn) => session.get(this.#slot)?.hasComeSince(resource, turn) === true)
    this.#slot = host.sessionSlot<Given | null>('presence-given', 'kept in shown-before', () => null)
    // Clients may show those who were blocked for a while in any way: they are told again
    host.on('blocking-changed', ({ account, isChanged }) => {
      for (const session of account.sessions) session.get(this.#slot)?.forgetAll(isChanged)
    })
    // As they may do with those whom they see no more
    host.on('roster-changed', ({ account, change: { contact } }) => {
      if (account.roster.isSubscribedTo(contact.full)) return
      for (const session of account.sessions) session.get(this.#slot)?.forgetAvailable(contact)
    })
  }
  /**
   * Has the session been given just that, but for annotations? From now on it has. Occupants of rooms are not remembered: a
   * room says them again when a client comes in anew. Nor does the client know of each of those in a room that it has gone.
   */
  take(session: Session, packet: Packet): boolean {
    const { type, from } = packet
    if (type === 'error' ? !isOurs(packet) : isOfRoom(packet)) this.#of(session).forget(from)
    else if (type === '' || type === 'unavailable')
      return (
        this.#of(session).take(packet, this.#host.heard.turn()) && (type === '' || !from.isBare || isSubscribed(session, from))
      )
    return false
  }
  /** Somebody has asked for that contact: the sessions of the account are given again what they have. */
  tellAgain({ sessions }: LocalAccount, contact: Jid): void {
    for (const session of sessions) this.#of(session).forget(contact)
  }
  /** The client is given everything again, and may show what it had. */
  forget(session: Session): void {
    session.get(this.#slot)?.forgetAll(() => true)
  }
  /** The client begins anew, and shows nothing. */
  clear(session: Session): void {
    session.set(this.#slot, null)
  }
  /** To be remembered over a restart. @param isKept of a resource */
  memory(session: Session, isKept: (jid: Jid) => boolean): readonly GivenJson[] {
    return session.get(this.#slot)?.memory(isKept) ?? []
  }
  /** What it was given before the server was started. Of a contact of whom nothing was written nobody was available. */
  remember(session: Session, memory: readonly GivenJson[], there: readonly HeardJson[]): void {
    const given = this.#of(session)
    given.remember(memory)
    const isThere = new Set(there.map(([full]) => storedJid(full).bare))
    for (const contact of session.account.roster.subscriptions)
      if (this.#host.router.placeOf(contact) !== 'here' && !isThere.has(contact.bare)) given.rememberGone(contact)
  }

  #of(session: Session): Given {
    const given = session.get(this.#slot) ?? new Given(this.#limits)
    session.set(this.#slot, given)
    return given
  }
}

const isOfRoom = (packet: Packet): boolean =>
  !packet.payload.isEmpty && packet.payload.text.includes(MUC_USER) && roomMark(packet) !== undefined

const isSubscribed = ({ account: { roster } }: Session, jid: Jid): boolean => roster.isSubscribedTo(contactKey(jid))
