/**
 * What the server asks of durable storage: the ports that `storage/` implements. Each store keeps its own
 * statements; nobody here knows of SQL.
 *
 * A promise resolves once the change is on disk: what was acknowledged survives the death of the process.
 * Accounts are named by their bare JID as prepared text (RFC 7622), which is the key everywhere.
 */
import type { ChosenPolicy } from '../im/presence-policy.ts'
import type { Millis } from '../base/clock.ts'
import type { LastPresence, PendingRequest, RosterChange, RosterItem, SentRequest } from '../im/account.ts'
import type { Farewell } from '../im/farewells.ts'
import type { CredentialStore } from '../sasl/credential-store.ts'
import type { Disabled } from '../sasl/disabled.ts'
import type { Credentials } from '../xmpp/credentials.ts'
import type { Jid } from '../xmpp/jid.ts'
import type { Packet } from '../xmpp/packet.ts'

export type { LastPresence, PendingRequest, RosterChange, RosterItem, SentRequest }

export interface AccountRow {
  readonly bare: string
  readonly createdAt: Millis
  /** Null: it may be used. */
  readonly disabled: Disabled | null
  /** What the user has chosen that others may know of his presence. */
  readonly policy: ChosenPolicy
}

/** An operation of the server itself, such as one of its stores, has failed: nobody's mistake, and nothing was changed. */
export class OperatingError extends Error {
  /** It may work again soon: there is no room on the disk, or too much to do. */
  readonly isPassing: boolean

  constructor(sentence: string, isPassing = false) {
    super(sentence)
    this.isPassing = isPassing
  }
}

/** Of it, a login asks only what `CredentialStore` has. */
export interface AccountStore extends CredentialStore {
  /** False: there is such an account already, and nothing was changed. */
  create(bare: string, credentials: Credentials, now: Millis): Promise<boolean>
  exists(bare: string): Promise<boolean>
  /** Null: no such account. */
  find(bare: string): Promise<AccountRow | null>
  /** False: no such account. */
  setCredentials(bare: string, credentials: Credentials): Promise<boolean>
  /** False: no such account. */
  setPolicy(bare: string, policy: ChosenPolicy): Promise<boolean>
  /** Null enables it. False: no such account. */
  setDisabled(bare: string, disabled: Disabled | null): Promise<boolean>
  /**
   * Removes the account and what the core keeps of it: roster, pending requests, tombstones, last presence.
   * An extension's own tables follow the fact that the account was deleted. False: no such account.
   * @param decisions by which contacts elsewhere learn of it: kept in the same step, see `DecisionStore`
   */
  delete(bare: string, decisions?: readonly Decision[]): Promise<boolean>
  /** A page of a domain's accounts in the order of their bare JIDs, beginning behind `after` ('' for the first page). */
  list(domain: string, after: string, limit: number): Promise<readonly AccountRow[]>
  count(domain: string): Promise<number>
}

export interface StoredRoster {
  /**
   * The roster's version (RFC 6121 2.6). It only grows, one step for each pushed change. A new account's
   * starts at the moment of its creation, so that no version of a deleted account of that name comes again.
   */
  readonly version: number
  /** Of the run of the server in which it came to have this version; '' when nothing has changed since it was made. */
  readonly epoch: string
  readonly items: readonly RosterItem[]
  /** Subscription requests that wait for an answer, oldest first (RFC 6121 3.1.3). */
  readonly pending: readonly PendingRequest[]
}

/** One roster push that a client has missed: RFC 6121 2.6.3. */
export interface VersionedItem {
  readonly version: number
  readonly jid: Jid
  /** Null: the item was removed. */
  readonly item: RosterItem | null
}

export interface RosterChanges {
  /** The current version; that of the last entry when there is one. */
  readonly version: number
  /** One entry for each contact, in the order of modification. */
  readonly items: readonly VersionedItem[]
}

export interface Relation {
  /** What the owner has chosen that others may know. */
  readonly policy: ChosenPolicy

  /** The account's bare JID. */
  readonly owner: string
  /** As it stands in the owner's roster: 'from' and 'both' let the contact see the owner's presence. */
  readonly subscription: RosterItem['subscription']
  /** Null: never seen, or available now. */
  readonly last: LastPresence | null
}

/** The stored roster is not the one that the change was made from: whoever decided it loads it and decides again. Nothing was stored. */
export class RosterConflict extends OperatingError {
  readonly owner: string

  constructor(owner: string) {
    super(`The roster of ${owner} was changed elsewhere, or the account is gone`)
    this.owner = owner
  }
}

export interface RosterStore {
  /** Of this run of the server: unlike those of all runs before it, so that a version never means two things. */
  readonly epoch: string
  /** An account without entries, and a name without an account, have an empty roster. */
  load(owner: string): Promise<StoredRoster>
  /**
   * Makes the contact's item and pending request what `change` says, in one step with the version: the
   * version after the change, one more than before if the change was pushed and the same if not. The user's
   * own request is kept no longer than the item has its `ask`.
   * @param decisions by which contacts elsewhere learn of it: kept in the same step, see `DecisionStore`
   * @throws RosterConflict when the stored version is another one
   */
  save(owner: string, change: RosterChange, decisions?: readonly Decision[]): Promise<void>
  /**
   * What was pushed after `version` (RFC 6121 2.6.3). Null when that cannot be told, for want of tombstones
   * or because the roster never had this version: the client needs the full roster.
   */
  changesSince(owner: string, version: number): Promise<RosterChanges | null>
  /** Keeps what the owner has asked the contact in `to`, as sent at `now`, in the place of what was kept before. */
  keepRequest(owner: string, stanza: Packet, now: Millis): Promise<void>
  /** The owner's requests that are kept. */
  keptRequests(owner: string): Promise<readonly SentRequest[]>
  /** Keeps it in the place of what was kept of the same contact before. */
  keepFarewell(owner: string, farewell: Farewell): Promise<void>
  dropFarewell(owner: string, contact: string): Promise<void>
  /** The owner's farewells that are kept. */
  farewells(owner: string): Promise<readonly Farewell[]>
  /** For each of `owners` that is an account: how it stands to `contact`, and when it was last seen. */
  relations(contact: string, owners: readonly string[]): Promise<readonly Relation[]>
  /** Forgets removals and farewells older than 90 days. Returns how many removals. */
  purge(now: Millis): Promise<number>
}

export interface LastPresenceStore {
  /** The account's first resource became available. Returns at once; calls take effect in their order. */
  available(bare: string, now: Millis): void
  /** Its last one went. Returns at once. */
  unavailable(bare: string, last: LastPresence): void
  /** Null: never seen, or available now. */
  load(bare: string): Promise<LastPresence | null>
  /** "We were alive then." Returns at once. */
  heartbeat(now: Millis): void
  /** "We stop properly." Returns at once. */
  rest(now: Millis): void
  /** At the start: whether the server was alive before and has not said `rest` since. The mark of that is taken away. */
  hasCrashed(): Promise<boolean>
  /**
   * At the start: accounts still marked available were so when the server died. They were last seen at its
   * last heartbeat, with no payload. Returns how many.
   */
  closeAfterCrash(): Promise<number>
  /** Resolves when everything called before it is on disk, or has failed and was logged. */
  flush(): Promise<void>
}

/** What a user has decided about a contact elsewhere: a subscription stanza, or unavailable presence. */
export interface Decision {
  readonly packet: Packet
  readonly at: Millis
}
/** Decisions that are not known to have been heard, of each matter (im/belated.ts) the last one. They come in with what they are about. */
export interface DecisionStore {
  /** The oldest first. */
  all(): Promise<readonly Decision[]>
  drop(packet: Packet): Promise<void>
  /** Forgets what was decided before that moment. */
  purge(before: Millis): Promise<void>
}

/** Domains of others to which there is a stream, or was one when the server went: for a server that comes back. */
export interface LinkedPeersStore {
  all(): Promise<readonly { readonly local: string; readonly remote: string }[]>
  put(local: string, remote: string): Promise<void>
  drop(local: string, remote: string): Promise<void>
}

/** A session that waits for its client over a restart of the server. */
export interface KeptSession {
  readonly owner: string
  readonly resource: string
  /** When it ends if nobody comes back for it; 0: its client was connected. */
  readonly until: Millis
  /** What is known of it: JSON, for server/keeping/kept-sessions.ts alone. */
  readonly state: string
}
/** One of the many things that a session has in order, such as a stanza that waits. */
export interface KeptPiece {
  /** Its place among them. What comes later has a larger one. */
  readonly n: number
  /** JSON. */
  readonly state: string
}
/** A session with all its pieces, in order. */
export interface WholeSession extends KeptSession {
  readonly pieces: readonly KeptPiece[]
}
/** What has changed of a session since it was last written. */
export interface SessionUpdate {
  readonly session: KeptSession
  readonly added: readonly KeptPiece[]
  /** Pieces that it has no more. */
  readonly gone: readonly number[]
}

export interface KeptSessionStore {
  /** These, and no others. */
  replaceAll(sessions: readonly WholeSession[]): Promise<void>
  update(updates: readonly SessionUpdate[]): Promise<void>
  all(): Promise<readonly WholeSession[]>
  drop(owner: string, resource: string): Promise<void>
}

/** Whose state it is. */
export interface KeptName {
  /** A service; '' for the accounts. */
  readonly holder: string
  /** Of the thing in the service, or of the account (its bare JID). */
  readonly key: string
}
/** What an account knows, or a service knows of a thing in it. */
export interface KeptState extends KeptName {
  /** JSON, for server/keeping/kept-states.ts alone. */
  readonly state: string
}
export interface KeptStateStore {
  /** These, and no others. */
  replaceAll(states: readonly KeptState[]): Promise<void>
  /** In one step. */
  update(puts: readonly KeptState[], drops: readonly KeptName[]): Promise<void>
  all(): Promise<readonly KeptState[]>
}
