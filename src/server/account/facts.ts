/** Things that have happened. Observers may act on them; they cannot undo, change or delay them. */
import type { Millis } from '../../base/clock.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { StanzaError } from '../../xmpp/stanza-error.ts'
import type { RosterChange } from '../../im/account.ts'
import type { HeardNews, HeardResource } from '../../im/heard-resource.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { LocalAccount } from './session.ts'
import type { Ending } from './endings.ts'
import type { Session } from './session.ts'
import type { Connection } from './connection.ts'

export interface Facts {
  'session-bound': { readonly session: Session }
  /** Somebody has tried to log in and could not. */
  'login-failed': LoginFailure
  /** The session is about to end. What is handed to it now still reaches its client, if it has a connection. */
  'session-ending': { readonly session: Session }
  /** The session is over and its account has forgotten it. */
  'session-ended': {
    readonly session: Session
    readonly ending: Ending
    /** What it last broadcast. */
    readonly presence: Packet | null
    /** Still open, for last words; null: it had none. */
    readonly connection: Connection | null
  }
  /** The session has lost its connection, or its client has announced a silence; it may come back. Both may come true. */
  'session-paused': { readonly session: Session; readonly why: 'stream-lost' | 'bosh-pause' }
  /** A paused session goes on: with another connection where it had lost one, or its client has broken the silence. */
  'session-resumed': { readonly session: Session; readonly after: 'stream-lost' | 'bosh-pause' }
  /** At the start of the server: all sessions of before that could be restored are there. */
  'sessions-restored': { readonly sessions: number }
  /** A broadcast presence changed; null: unavailable. */
  'presence-changed': { readonly session: Session; readonly before: Packet | null; readonly after: Packet | null }
  /**
   * The session hides, or does so no more (XEP-0186); whoever saw it was told that it has gone. `looksAround`: its client
   * has asked to be shown its contacts, those that it knows too.
   */
  'visibility-changed': { readonly session: Session; readonly looksAround: boolean }
  /** It is not known any more how that resource of another account is, or known again: watchers that are online and at home here. */
  'resource-doubted': { readonly resource: Jid; readonly watchers: ReadonlySet<LocalAccount> }
  /** The user, or the operator, has changed what others may know of his presence. */
  'policy-changed': { readonly account: LocalAccount }
  /** The account blocks others, or does so no more (XEP-0191): those for whom `isChanged` holds. */
  'blocking-changed': { readonly account: LocalAccount; readonly isChanged: (entity: Jid) => boolean }
  /**
   * Available presence has come from a contact elsewhere, or from somebody who sent it directly (`contacts/heard.ts`).
   * Each client of the account is shown it after this.
   */
  'contact-heard': {
    readonly account: LocalAccount
    readonly heard: HeardResource
    readonly presence: Packet
    /** What it has changed. */
    readonly news: HeardNews
  }
  /** That resource elsewhere was available, and is not any more. */
  'contact-lost': { readonly account: LocalAccount; readonly jid: Jid }
  /**
   * The server of a contact has said for all resources at once that none is available, though it had said that these are, and
   * nothing that it has said since can have been lost. They are lost before this is told.
   */
  'contact-denied': { readonly account: LocalAccount; readonly contact: Jid; readonly available: readonly Jid[] }
  /** A presence of an account here did not get to a domain of others. */
  'presence-undelivered': { readonly presence: Packet; readonly why: StanzaError }
  /** Another server, or a component, has got this presence, as far as this server can know. Told only of presence that has a type. */
  'presence-delivered': { readonly presence: Packet }
  /** Somebody elsewhere has asked for the presence of an account, and was sent that of all its resources. */
  'probe-answered': { readonly account: Jid; readonly prober: Jid }
  /** A session of before the server was started waits for its client again. All that was kept of it is known. */
  'session-restored': { readonly session: Session }
  /** A change of a roster is stored and in force. */
  'roster-changed': { readonly account: LocalAccount; readonly change: RosterChange }
  /** Nothing has got through between the two domains for a while, and what is known of the other side may be stale. */
  'link-down': LinkFact
  /** A link that was down is there again. */
  'link-up': LinkFact
  /** Stanzas flow again after a loss, announced or not: what was sent meanwhile, either way, may not have got through. */
  'link-mended': LinkFact
  /** After that, contacts there were asked about from the moment `since` on, and the other side has handled and answered all of it. */
  'link-settled': LinkFact & { readonly since: Millis }
  /** A session was sent a message that stays in store until its client has got it. `packet`: null when that was in another run. */
  'stored-message-sent': { readonly session: Session; readonly packet: Packet | null; readonly seq: number }
  /** The client of a session has acknowledged a message that is in store. */
  'stored-message-received': { readonly session: Session; readonly seq: number }
  'account-created': { readonly jid: Jid }
  'account-deleted': { readonly jid: Jid }
}
export interface LoginFailure {
  /** The account that it was about; null: the client had not said so. */
  readonly account: string | null
  /** Of the client, without its port. */
  readonly address: string
  /** As the client named it; null: it named none. */
  readonly mechanism: string | null
  /** What the client was told. */
  readonly condition: string
  /** That address has failed so rarely that each failure may have a line in the log. */
  readonly isRare: boolean
}
/** One of our domains, and one of somebody else's. */
export interface LinkFact {
  readonly local: string
  readonly remote: string
}
export type FactKind = keyof Facts
export type Observer<K extends FactKind> = (fact: Facts[K]) => void

/** Tells observers. One that throws is reported and does not keep the others from hearing. */
export class FactBoard {
  readonly #observers: { [K in FactKind]?: Observer<K>[] } = {}
  readonly #failed: (error: unknown, kind: FactKind) => void

  constructor(failed: (error: unknown, kind: FactKind) => void) {
    this.#failed = failed
  }
  on<K extends FactKind>(kind: K, observer: Observer<K>): void {
    const list: Observer<K>[] = (this.#observers[kind] as Observer<K>[] | undefined) ?? []
    list.push(observer)
    ;(this.#observers as Record<FactKind, unknown>)[kind] = list
  }
  tell<K extends FactKind>(kind: K, fact: Facts[K]): void {
    const list = this.#observers[kind] as Observer<K>[] | undefined
    if (list === undefined) return
    for (const observer of list) {
      try {
        observer(fact)
      } catch (error) {
        this.#failed(error, kind)
      }
    }
  }
}
