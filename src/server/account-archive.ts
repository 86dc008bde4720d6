/**
 * The archives of accounts: the messages that their users have sent and received, in the order in which they were stored, and
 * what the users want to have stored. Rooms use the same table (`archive.ts`).
 */
import type { Millis } from '../base/clock.ts'
import type { Jid } from '../xmpp/jid.ts'
import type { Packet } from '../xmpp/packet.ts'
import type { ArchiveEnd, ArchiveFilter, ArchivePage } from './archive.ts'
import type { Statement } from './database.ts'
import type { Along } from './ports.ts'

/** XEP-0441: of whom messages are stored. 'roster': of contacts. */
export type ArchiveChoice = 'always' | 'never' | 'roster'

/** XEP-0441: what a user wants to have stored. Addresses are full texts, with or without a resource. */
export interface ArchivePrefs {
  /** For everybody who is in neither list; null: what is usual on this server. */
  readonly byDefault: ArchiveChoice | null
  readonly always: readonly string[]
  readonly never: readonly string[]
}
export const NO_PREFS: ArchivePrefs = { byDefault: null, always: [], never: [] }

export interface MessageToKeep {
  readonly packet: Packet
  /** From `newId`. */
  readonly id: string
  readonly at: Millis
  /** The owner has sent it. */
  readonly isSent: boolean
}
export interface KeptMessage extends MessageToKeep {
  readonly seq: number
  readonly stream: number
  /** It was taken back: the payload is what stands in its place. */
  readonly isRetracted: boolean
  /** The id by which it names the message that it corrects, reacts to or takes back; null: none. */
  readonly about: string | null
}

/** Is told what is stored for one owner. */
export interface ArchiveFollower {
  /** Something gets this number in `stream` and is being stored. Nothing else has happened since the number was given. */
  storing(stream: number): void
  /** It is stored. @param message null: queries do not find it */
  stored(stream: number, message: KeptMessage | null): void
  failed(stream: number): void
}
export interface MessageToBring extends MessageToKeep {
  /** Do queries find it? Otherwise it is there only until somebody has received it. */
  readonly isShown: boolean
}

/** How much of an archive is kept. */
export interface ArchiveLimits {
  /** Messages from before are removed. */
  readonly before: Millis
  readonly messagesMax: number
  /** About: within 256 KiB. */
  readonly octetsMax: number
}

/** More that is done when a message is stored. */
export interface Storing {
  /** Do queries find it? Otherwise it is there only until somebody has received it. */
  readonly isShown: boolean
  readonly more: Along
}

/** Which messages of an archive. What is null does not matter. */
export type MessageFilter = Pick<ArchiveFilter, 'after' | 'before' | 'withBare' | 'withFull' | 'start' | 'end'>

export interface Additions {
  readonly statements: readonly Statement[]
  /** The position of the first message; the others follow. */
  readonly first: number
}

/** `owner`: a bare JID, as text where nothing else of it is needed. */
export interface AccountArchive {
  newId(at: Millis): string
  /** At once, if the archive was used lately. */
  prefs(owner: string): ArchivePrefs | Promise<ArchivePrefs>
  savePrefs(owner: string, prefs: ArchivePrefs): Promise<void>
  /** Messages of one owner are stored in the order of the calls. */
  append(owner: string, message: MessageToKeep, storing?: Storing): Promise<void>
  /** The statements that store messages of an account that is being created, in the order of their times. */
  additions(owner: string, messages: readonly MessageToBring[]): Promise<Additions>
  /** As `ArchiveReads.page`. */
  page(owner: Jid, filter: MessageFilter, limit: number, end: ArchiveEnd): Promise<ArchivePage<KeptMessage>>
  /** How many there are, counted as far as `max`. */
  count(owner: Jid, filter: MessageFilter, max: number): Promise<number>
  /** From now on the follower is told what is stored for the owner; null: nobody is. */
  follow(owner: string, follower: ArchiveFollower | null): void
  /** The newest of one person (`isSent`: of the owner to that person) whose stanza had that id. */
  byFromId(owner: Jid, peer: string, isSent: boolean, fromId: string): Promise<KeptMessage | null>
  /** What a device of the owner has asked for under that name. */
  byTransaction(owner: Jid, device: string, key: string): Promise<KeptMessage | null>
  /** Messages that name another one by that id (`KeptMessage.about`), in their order. */
  about(owner: Jid, id: string): Promise<readonly KeptMessage[]>
  /** The newest few of those that one of the two has sent, before that position. */
  lastAbout(owner: Jid, id: string, by: { isSent: boolean; before: number }): Promise<readonly KeptMessage[]>
  /** The newest position whose number in `stream` is not beyond that one; 0: none. Sees everything that was issued before. */
  at(owner: string, stream: number): Promise<number>
  /** Null: there is none, or it is not shown any more. */
  byId(owner: Jid, id: string): Promise<KeptMessage | null>
  /** The newest message with that person (a bare or full address) whose stanza had that id, among the last 1000 of the archive. */
  named(owner: Jid, peer: Jid, id: string): Promise<Packet | null>
  /** The position of a message that queries find; null if there is none. Sees everything that was issued before. */
  positionOf(owner: string, id: string): Promise<number | null>
  /**
   * Removes messages that are too old or too many, from the oldest on.
   * @returns the position up to which nothing is left
   */
  shorten(owner: string, limits: ArchiveLimits): Promise<number>
  /** Prepares queries for the messages with one person, a part at a time, if many messages are new. */
  prepare(owner: string): Promise<void>
  /** Owners of archives after this one, in their order. '' for the first ones. */
  owners(after: string, limit: number): Promise<readonly string[]>
  /** Owners, of archives of rooms too, in which something is from that time or later. Found without a look into each of them. */
  ownersSince(time: Millis): Promise<ReadonlySet<string>>
  /** Removes everything of an account. From the call on nothing of it is shown to an account that takes its name. */
  clear(owner: string): Promise<void>
}
