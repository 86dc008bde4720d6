/**
 * The ports for durable storage, which `storage/` implements. Each store has its own statements; this folder knows no
 * SQL.
 *
 * A promise resolves once the change is on disk: what was acknowledged survives the death of the process.
 * The key of an account is its bare JID as prepared text (RFC 7622).
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
import type { Statement } from './database.ts'

export type { LastPresence, PendingRequest, RosterChange, RosterItem, SentRequest, Statement }

export interface AccountRow {
  readonly bare: string
  readonly createdAt: Millis
  /** Null if the account can be used. */
  readonly disabled: Disabled | null
  /** The user's choices about what others may know of the user's presence. */
  readonly policy: ChosenPolicy
}

/** An operation of the server itself failed, for example in a store. It is nobody's mistake, and nothing was changed. */
export class OperatingError extends Error {
  /** It may work again soon: the disk is full, or there is too much to do. */
  readonly isPassing: boolean

  constructor(sentence: string, isPassing = false) {
    super(sentence)
    this.isPassing = isPassing
  }
}

/** A login needs only the part in `CredentialStore`. */
export interface AccountStore extends CredentialStore {
  /**
   * False if the account exists already; nothing was changed then.
   * @param along what is stored in the same step, if anything; false also if a `required` statement of it changes nothing
   */
  create(bare: string, credentials: Credentials, now: Millis, along?: readonly Statement[]): Promise<boolean>
  exists(bare: string): Promise<boolean>
  /** Null if there is no such account. */
  find(bare: string): Promise<AccountRow | null>
  /** False if there is no such account. */
  setCredentials(bare: string, credentials: Credentials): Promise<boolean>
  /** False if there is no such account. */
  setPolicy(bare: string, policy: ChosenPolicy): Promise<boolean>
  /** Null enables the account. False if there is no such account. */
  setDisabled(bare: string, disabled: Disabled | null): Promise<boolean>
  /**
   * Deletes the account and the core's data of it: roster, pending requests, tombstones, last presence.
   * An extension deletes its own rows when it is told of the fact. False if there is no such account.
   * @param decisions that tell remote contacts: stored in the same step, see `DecisionStore`
   */
  delete(bare: string, decisions?: readonly Decision[]): Promise<boolean>
  /** A page of a domain's accounts in the order of their bare JIDs, after `after` ('' for the first page). */
  list(domain: string, after: string, limit: number): Promise<readonly AccountRow[]>
  count(domain: string): Promise<number>
  /** The first of a domain's accounts that are disabled, in the order of their bare JIDs. */
  disabledOnes(domain: string, limit: number): Promise<readonly string[]>
  countDisabled(domain: string): Promise<number>
}

/** What a token is for. 'fast': XEP-0484. 'matrix': the access token of a Matrix client. */
export type TokenKind = 'fast' | 'matrix'

/** A token by which an installation of a client logs in again without the password. */
export interface DeviceToken {
  /** Bare JID. */
  readonly owner: string
  /** The installation, as it names itself. */
  readonly device: string
  readonly kind: TokenKind
  /** 'new': it was given to its client, which has not used it yet. */
  readonly slot: 'current' | 'new'
  /** The SASL mechanism that it is good for; '' if it is not for SASL. */
  readonly mechanism: string
  /** Another one for each token ever issued. Nobody can log in with it. */
  readonly key: string
  /** Of the device, for people; null: it has not said one. */
  readonly name: string | null
  readonly issuedAt: Millis
  readonly expiresAt: Millis
  /** Of the last use that was written down, or of its issue. */
  readonly usedAt: Millis
  /** The greatest count that it was used with; -1: none. */
  readonly count: number
}
/** An installation of a client that has tokens. */
export interface Device {
  readonly id: string
  /** For people; null: it has not said one. */
  readonly name: string | null
  readonly kinds: readonly TokenKind[]
  /** When it got the first of the tokens that it has had without a break. */
  readonly firstAt: Millis
  /** When it was last seen to log in, to within the time after which a token is renewed. */
  readonly usedAt: Millis
  /** When the last of its tokens expires. */
  readonly expiresAt: Millis
}

/** Where a device has itself notified when it is away (XEP-0357). */
export interface PushService {
  /** Bare JID. */
  readonly owner: string
  /** The installation, as it names itself; '/' and the resource if it names none. */
  readonly device: string
  /** The address of the service. */
  readonly service: string
  /** '' for none. */
  readonly node: string
  /** What the service wants to be sent along: XML; '' for nothing. */
  readonly options: string
  readonly enabledAt: Millis
}

/** The devices of each account, their tokens and push services, which go with the account. */
export interface DeviceStore {
  /** Those of one device, of that kind. */
  tokens(owner: string, device: string, kind: TokenKind): Promise<readonly DeviceToken[]>
  /** Null: there is none. */
  find(kind: TokenKind, key: string): Promise<DeviceToken | null>
  /**
   * Puts it into its slot. Of more than `devicesMax` devices with tokens of that kind, those whose newest token is the oldest
   * lose theirs.
   * @throws StorageError when there is no such account
   */
  issue(token: DeviceToken, devicesMax: number): Promise<void>
  /**
   * It is the current one from now on, and was used with `count`.
   * @returns false: it is gone, or was used with that count or a greater one before
   */
  use(token: DeviceToken, count: number | null, now: Millis): Promise<boolean>
  /** A token that is used without a count was used at `now`. */
  prolong(kind: TokenKind, key: string, now: Millis, expiresAt: Millis): Promise<void>
  /** Another name for a device, for people. False: it has no tokens of that kind. */
  rename(owner: string, device: string, kind: TokenKind, name: string): Promise<boolean>
  /** The devices of an account, in the order of their ids. */
  list(owner: string): Promise<readonly Device[]>
  /** All tokens of the device are void, and it is not notified any more. False: it has no tokens. */
  revoke(owner: string, device: string): Promise<boolean>
  /** All tokens of all devices are void, and none is notified any more. False: there are no tokens. */
  revokeAll(owner: string): Promise<boolean>
  /** Forgets what has expired. */
  purge(now: Millis): Promise<void>
  /** The push services of all devices, the one that was enabled longest ago first. */
  pushes(owner: string): Promise<readonly PushService[]>
  /**
   * Enables a service, or replaces what is known of its node. Of more than `max`, those enabled longest ago are forgotten. A
   * service of a device that has tokens now goes with the last of them.
   */
  enablePush(service: PushService, max: number): Promise<void>
  /** @param node null for all nodes of the service */
  disablePush(owner: string, service: string, node: string | null): Promise<void>
}

export interface StoredRoster {
  /**
   * The roster's version (RFC 6121 2.6). It only grows, by one for each pushed change. A new account starts with the moment of
   * its creation, so that no version of a deleted account of the same name is used again.
   */
  readonly version: number
  /** The run of the server in which the roster got this version; '' if nothing has changed since it was created. */
  readonly epoch: string
  readonly items: readonly RosterItem[]
  /** Subscription requests that wait for an answer, the oldest first (RFC 6121 3.1.3). */
  readonly pending: readonly PendingRequest[]
}

/** One roster push that a client has missed: RFC 6121 2.6.3. */
export interface VersionedItem {
  readonly version: number
  readonly jid: Jid
  /** Null if the item was removed. */
  readonly item: RosterItem | null
}

export interface RosterChanges {
  /** The current version, which is that of the last entry if there is one. */
  readonly version: number
  /** One entry for each contact, in the order of modification. */
  readonly items: readonly VersionedItem[]
}

export interface Relation {
  /** The owner's choices about what others may know. */
  readonly policy: ChosenPolicy

  /** The account's bare JID. */
  readonly owner: string
  /** As in the owner's roster: with 'from' and 'both' the contact sees the owner's presence. */
  readonly subscription: RosterItem['subscription']
  /** Null if never seen, or if available now. */
  readonly last: LastPresence | null
}

/** The stored roster differs from the one on which the change was decided: load it and decide again. Nothing was stored. */
export class RosterConflict extends OperatingError {
  readonly owner: string

  constructor(owner: string) {
    super(`The roster of ${owner} was changed elsewhere, or the account is gone`)
    this.owner = owner
  }
}

export interface RosterStore {
  /** Identifies this run of the server, so that a version never has two meanings. */
  readonly epoch: string
  /** An account without entries, and a name without an account, have an empty roster. */
  load(owner: string): Promise<StoredRoster>
  /**
   * Stores the contact's item and pending request as in `change`, in one step with the version after the change: one more than
   * before if the change was pushed, otherwise the same. The user's own request is kept only while the item has its `ask`.
   * @param decisions that tell remote contacts: stored in the same step, see `DecisionStore`
   * @throws RosterConflict if the stored version is another one
   */
  save(owner: string, change: RosterChange, decisions?: readonly Decision[]): Promise<void>
  /**
   * What was pushed after `version` (RFC 6121 2.6.3). Null if that is unknown, because tombstones are missing or the roster never
   * had this version: the client needs the full roster.
   */
  changesSince(owner: string, version: number): Promise<RosterChanges | null>
  /** Stores the owner's request to the contact in `to`, as sent at `now`; replaces an earlier one. */
  keepRequest(owner: string, stanza: Packet, now: Millis): Promise<void>
  /** The owner's stored requests. */
  keptRequests(owner: string): Promise<readonly SentRequest[]>
  /** Stores the farewell; replaces an earlier one to the same contact. */
  keepFarewell(owner: string, farewell: Farewell): Promise<void>
  dropFarewell(owner: string, contact: string): Promise<void>
  /** The owner's stored farewells. */
  farewells(owner: string): Promise<readonly Farewell[]>
  /** For each of `owners` that is an account: its subscription to `contact`, and when it was last seen. */
  relations(contact: string, owners: readonly string[]): Promise<readonly Relation[]>
  /** Deletes removals and farewells older than 90 days. Returns the number of removals. */
  purge(now: Millis): Promise<number>
}

export interface LastPresenceStore {
  /** The account's first resource became available. Returns at once; calls take effect in order. */
  available(bare: string, now: Millis): void
  /** The account's last resource became unavailable. Returns at once. */
  unavailable(bare: string, last: LastPresence): void
  /** Null if never seen, or if available now. */
  load(bare: string): Promise<LastPresence | null>
  /** Records that the server was alive at this time. Returns at once. */
  heartbeat(now: Millis): void
  /** Records that the server stops properly. Returns at once. */
  rest(now: Millis): void
  /** At the start: whether the server ran before and did not call `rest`. Removes the mark. */
  hasCrashed(): Promise<boolean>
  /**
   * At the start: accounts still marked as available were so when the server crashed. They were last seen at its last heartbeat,
   * with no payload. Returns their number.
   */
  closeAfterCrash(): Promise<number>
  /** Records that the account logged in. Returns at once. */
  loggedIn(bare: string, now: Millis): void
  /** Null if it is not known. */
  lastLogin(bare: string): Promise<Millis | null>
  /** Resolves when everything called before is on disk, or has failed and was logged. */
  flush(): Promise<void>
}

/** A user's decision about a remote contact: a subscription stanza, or unavailable presence. */
export interface Decision {
  readonly packet: Packet
  readonly at: Millis
}
/** Decisions that may not have arrived: the last one of each matter (im/belated.ts). They are stored along with their change. */
export interface DecisionStore {
  /** The oldest first. */
  all(): Promise<readonly Decision[]>
  drop(packet: Packet): Promise<void>
  /** Deletes decisions made before that moment. */
  purge(before: Millis): Promise<void>
}

/** What is stored along with a message of an archive, at the position that it gets: all or nothing. */
export type Along = (seq: number) => readonly Statement[]

/** People outside the roster of an account to whom its user has written. */
export interface CorrespondentStore {
  /** Of more than `max`, the one to whom the user wrote first is forgotten. Resolves with whether somebody was. */
  put(owner: string, contact: string, now: Millis, max: number): Promise<boolean>
  has(owner: string, contact: string): Promise<boolean>
}

/** An account in a group of the operator. */
export interface Membership {
  readonly name: string
  readonly account: string
}
/** A contact that a group has put into the roster of `owner`. */
export interface GroupLink {
  readonly owner: string
  readonly contact: string
  /** The subscription before that; null if the contact was not in the roster. */
  readonly before: RosterItem['subscription'] | null
  /** Of the roster: 'joining' and 'leaving' until it has changed. */
  readonly state: 'joining' | 'linked' | 'leaving'
}
/** The operator's groups. Memberships and links go with the account, of links the owner's. */
export interface GroupStore {
  groups(): Promise<readonly string[]>
  memberships(): Promise<readonly Membership[]>
  /** False if there is one of that name. */
  create(name: string): Promise<boolean>
  delete(name: string): Promise<void>
  /** In one step. A link that is there keeps its `before`. */
  join(joining: readonly Membership[], links: readonly GroupLink[]): Promise<void>
  /** In one step: the links are 'leaving'. */
  leave(leaving: readonly Membership[], links: readonly Pick<GroupLink, 'owner' | 'contact'>[]): Promise<void>
  /** Links whose roster has still to change. */
  unfinished(): Promise<readonly GroupLink[]>
  /** Links whose contact has no account any more. */
  orphans(): Promise<readonly GroupLink[]>
  /** These rosters have changed. */
  finished(links: readonly GroupLink[]): Promise<void>
}

/** A list of other domains that the operator keeps. */
export type DomainList = 'blocked' | 'allowed'
export interface DomainListStore {
  all(): Promise<readonly { readonly list: DomainList; readonly domain: string }[]>
  /** In one step. @param added domains that are not in the list @param removed domains that are */
  change(list: DomainList, added: readonly string[], removed: readonly string[]): Promise<void>
}

/** Remote domains with which there is a stream, or was one when the server stopped: for a server that starts again. */
export interface LinkedPeersStore {
  all(): Promise<readonly { readonly local: string; readonly remote: string }[]>
  put(local: string, remote: string): Promise<void>
  drop(local: string, remote: string): Promise<void>
}

/** A session that waits for its client over a restart of the server. */
export interface KeptSession {
  readonly owner: string
  readonly resource: string
  /** When it ends if its client does not come back; 0 if its client was connected. */
  readonly until: Millis
  /** Its state: JSON, only for server/keeping/kept-sessions.ts. */
  readonly state: string
}
/** One of the many things that a session has in order, such as a waiting stanza. */
export interface KeptPiece {
  /** Its place in the order. Later pieces have larger numbers. */
  readonly n: number
  /** JSON. */
  readonly state: string
}
/** A session with all its pieces, in order. */
export interface WholeSession extends KeptSession {
  readonly pieces: readonly KeptPiece[]
}
/** What has changed in a session since it was last stored. */
export interface SessionUpdate {
  readonly session: KeptSession
  readonly added: readonly KeptPiece[]
  /** Pieces that it no longer has. */
  readonly gone: readonly number[]
}

export interface KeptSessionStore {
  /** Stores exactly these. */
  replaceAll(sessions: readonly WholeSession[]): Promise<void>
  update(updates: readonly SessionUpdate[]): Promise<void>
  all(): Promise<readonly WholeSession[]>
  drop(owner: string, resource: string): Promise<void>
}

/** The owner of a state. */
export interface KeptName {
  /** A service; '' for the accounts. */
  readonly holder: string
  /** The name of the thing in the service, or the bare JID of the account. */
  readonly key: string
}
/** The state of an account, or of a thing in a service. */
export interface KeptState extends KeptName {
  /** JSON, only for server/keeping/kept-states.ts. */
  readonly state: string
}
export interface KeptStateStore {
  /** Stores exactly these. */
  replaceAll(states: readonly KeptState[]): Promise<void>
  /** In one step. */
  update(puts: readonly KeptState[], drops: readonly KeptName[]): Promise<void>
  all(): Promise<readonly KeptState[]>
}
