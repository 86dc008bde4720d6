/** Events that have happened. Observers may act on them; they cannot undo, change or delay them. */
import type { Millis } from '../../base/clock.ts'
import type { Packet, Payload } from '../../xmpp/packet.ts'
import type { StanzaError } from '../../xmpp/stanza-error.ts'
import type { RosterChange, RosterItem } from '../../im/account.ts'
import type { HeardNews, HeardResource } from '../../im/heard-resource.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { LocalAccount, LocalEndpoint } from './session.ts'
import type { Ending } from './endings.ts'
import type { Session, Wanted } from './session.ts'
import type { Connection } from './connection.ts'

export interface Facts {
  /** A client is about to get a session: what stands in its way may end. */
  'session-binding': { readonly account: LocalAccount; readonly wanted: Wanted }
  'session-bound': { readonly session: Session }
  /** A login failed. */
  'login-failed': LoginFailure
  /** The session is about to end. Stanzas sent to it now still reach its client, if it has a connection. */
  'session-ending': { readonly session: Session }
  /** The session is over and its account has forgotten it. */
  'session-ended': {
    readonly session: Session
    readonly ending: Ending
    /** The last presence that it broadcast. */
    readonly presence: Packet | null
    /** The connection, still open for last stanzas; null if the session had none. */
    readonly connection: Connection | null
  }
  /** The connection is lost, or the client announced a pause; the session may come back. Both can apply at once. */
  'session-paused': { readonly session: Session; readonly why: 'stream-lost' | 'bosh-pause' }
  /** A paused session continues: with a new connection after a loss, or because its client ended the pause. */
  'session-resumed': { readonly session: Session; readonly after: 'stream-lost' | 'bosh-pause' }
  /** At the start of the server: all sessions from before that could be restored exist. */
  'sessions-restored': { readonly sessions: number }
  /** For the case of a crash, the sessions that can be resumed were stored as they were at that time. */
  'sessions-stored': { readonly at: Millis }
  /** The server stops for good: its sessions end next. What is sent now still goes out. */
  'server-stopping': { readonly sessions: number }
  /** A broadcast presence changed; null for unavailable. */
  'presence-changed': { readonly session: Session; readonly before: Packet | null; readonly after: Packet | null }
  /** As `presence-changed`, for an endpoint that is no session. */
  'endpoint-changed': { readonly endpoint: LocalEndpoint; readonly before: Packet | null; readonly after: Packet | null }
  /**
   * Nothing tells any more that the client of an endpoint, which is no session, is there. `isKept`: this is so since before the
   * server started, so that those who see the endpoint may have been told.
   */
  'endpoint-paused': { readonly endpoint: LocalEndpoint; readonly isKept: boolean }
  'endpoint-resumed': { readonly endpoint: LocalEndpoint }
  /** An endpoint that is no session is over. */
  'endpoint-ended': { readonly endpoint: LocalEndpoint }
  /**
   * The session became invisible or visible (XEP-0186); everyone who saw it was told that it became unavailable. `looksAround`:
   * its client asked for the presence of its contacts, including those that it knows.
   */
  'visibility-changed': { readonly session: Session; readonly looksAround: boolean }
  /** A resource of another account became doubtful, or certain again. `watchers` are online and have their home here. */
  'resource-doubted': { readonly resource: Jid; readonly watchers: ReadonlySet<LocalAccount> }
  /** The user or the operator has changed what others may know of the user's presence. */
  'policy-changed': { readonly account: LocalAccount }
  /** The account has blocked or unblocked others (XEP-0191): those for whom `isChanged` is true. */
  'blocking-changed': { readonly account: LocalAccount; readonly isChanged: (entity: Jid) => boolean }
  /**
   * Available presence arrived from a remote contact, or from a sender of directed presence (`contacts/heard.ts`). The clients
   * of the account receive it after this. While the account has no session this is told only if somebody wants it
   * (`Accounts.wantPresence`), and then of local contacts too; otherwise `presence-changed` tells of local contacts.
   */
  'contact-heard': {
    readonly account: LocalAccount
    readonly heard: HeardResource
    readonly presence: Packet
    /** What the presence changed. */
    readonly news: HeardNews
  }
  /**
   * A resource that was available no longer is. While the account has no session: also of a resource that was not known to be
   * available, and with a bare JID if the contact has no available resource.
   */
  'contact-lost': { readonly account: LocalAccount; readonly jid: Jid; readonly presence: Packet }
  /**
   * The server of a contact said for all resources at once that none is available, although it had said that these are, and
   * nothing that it sent since can have been lost. The facts `contact-lost` for them come before this.
   */
  'contact-denied': { readonly account: LocalAccount; readonly contact: Jid; readonly available: readonly Jid[] }
  /** A presence of a local account did not reach a remote domain. */
  'presence-undelivered': { readonly presence: Packet; readonly why: StanzaError }
  /** A stanza of a service of ours did not reach another domain. */
  'service-undelivered': { readonly packet: Packet }
  /** Another server, or a component, has received this presence, as far as is known. Only for presence with a type. */
  'presence-delivered': { readonly presence: Packet }
  /** A remote user probed an account and was sent the presence of all its resources. */
  'probe-answered': { readonly account: Jid; readonly prober: Jid }
  /** A session from before the start of the server waits for its client again. All that was kept of it is loaded. */
  'session-restored': { readonly session: Session }
  /** A roster change is stored and applied. `before`: the item that the contact had; null if none. */
  'roster-changed': { readonly account: LocalAccount; readonly change: RosterChange; readonly before: RosterItem | null }
  /** Items of a node of an account (XEP-0163) were published or removed, and that is stored. */
  'items-changed': {
    readonly owner: Jid
    readonly node: string
    readonly published: readonly PublishedItem[]
    /** Ids. */
    readonly removed: readonly string[]
    /** The node was emptied, or deleted. */
    readonly isEmptied: boolean
  }
  /** The configuration of a node of an account has changed, and that is stored. */
  'node-configured': { readonly owner: Jid; readonly node: string }
  /** Nothing was delivered between the two domains for a while, and what is known of the other side may be out of date. */
  'link-down': LinkFact
  /** A link that was down is up again. */
  'link-up': LinkFact
  /** Stanzas are delivered again after a loss, announced or not. Stanzas sent meanwhile in either direction may be lost. */
  'link-mended': LinkFact
  /** There is a stream again after a time without any, in which nothing was lost. The other server may be another process by now. */
  'link-reopened': LinkFact
  /** Contacts there were asked about from the moment `since` on, and the other side has processed and answered everything. */
  'link-settled': LinkFact & { readonly since: Millis }
  /** A room of another server says that the session is in it still, and so are those whom it has shown to it. */
  'stay-confirmed': { readonly session: Session; readonly room: Jid }
  /** A stored message was sent to a session, and stays stored until it is acknowledged. `packet` is null after a restart. */
  'stored-message-sent': { readonly session: Session; readonly packet: Packet | null; readonly seq: number }
  /** The client of a session has acknowledged a stored message. */
  'stored-message-received': { readonly session: Session; readonly seq: number }
  /** A stored message that was sent to a session must not be written to its client any more: it stays stored. */
  'stored-message-withheld': { readonly session: Session; readonly seq: number }
  /** A message that the archive of the account keeps was sent to a session, which has not received it: now its label withholds it. */
  'kept-message-withheld': { readonly account: LocalAccount; readonly packet: Packet }
  /** A client has asked for messages of its user's archive, or where it ends (XEP-0313). */
  'archive-asked': { readonly session: Session }
  /** A session was sent messages of its user's archive, at these positions (XEP-0313). */
  'archive-read': { readonly session: Session; readonly positions: ReadonlySet<number> }
  /** Nothing is left of the archive of an account up to this position. `owner`: a bare JID. */
  /** Somebody who follows the archive of an account for its user has seen what is at these positions. */
  'archive-followed': { readonly owner: string; readonly positions: ReadonlySet<number> }
  'archive-shortened': { readonly owner: string; readonly edge: number }
  /**
   * With what the account could be used without its password, it can no longer be used: what one client had, or with null all
   * that there is. Sessions end by themselves. A deleted account has a fact of its own.
   */
  'access-ended': { readonly account: Jid; readonly client: string | null }
  'account-created': { readonly jid: Jid }
  'account-deleted': { readonly jid: Jid }
  /** The operator has deleted a group, and that is stored. */
  'group-deleted': { readonly name: string }
  /** These accounts (bare JIDs) have joined a group or left it, and that is stored. */
  'group-changed': { readonly name: string; readonly accounts: readonly string[] }
  /**
   * That account, group or domain has another clearance (XEP-0258), and that is stored. An account has another one also because it has
   * joined a group or left one. `Clearances.isAbout` says who is concerned.
   */
  'clearances-changed': { readonly kind: 'account' | 'group' | 'domain'; readonly subject: string }
}
export interface PublishedItem {
  readonly id: string
  /** One element, or nothing. */
  readonly payload: Payload
}
export interface LoginFailure {
  /** The account; null if the client had not named one. */
  readonly account: string | null
  /** The client's address, without its port. */
  readonly address: string
  /** The mechanism, as the client named it; null if it named none. */
  readonly mechanism: string | null
  /** The condition that the client received. */
  readonly condition: string
  /** This address has failed so rarely that each failure may have a line in the log. */
  readonly isRare: boolean
}
/** One of our domains, and a remote domain. */
export interface LinkFact {
  readonly local: string
  readonly remote: string
}
export type FactKind = keyof Facts
export type Observer<K extends FactKind> = (fact: Facts[K]) => void

/** Calls the observers. An error of one observer is logged, and the others are still called. */
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
