/** The commands for a room, the same for all faces. */
import type { Doubt } from '../../xmpp/state-annotation.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Payload } from '../../xmpp/packet.ts'
import type { RoomConfig } from './config.ts'
import type { EntryId, Kind, Said, Transaction } from './drafts.ts'
import type { Affiliation, Role } from './affiliation.ts'
import type { Hat, PresenceFacts } from './room.ts'
import type { RoomLabels } from './room-labels.ts'
import type { Exit, HistoryAsk } from './tells.ts'

/** The sender of a command. What they may do follows from the bare JID. */
export interface Actor {
  /** Null: the service itself, which may do everything. */
  readonly jid: string | null
  /** The session that it comes from; null: none, or not one that can be in the room. */
  readonly session: Jid | null
  readonly transaction: Transaction | null
}
/** The service itself: operators, and what follows from facts of the server. */
export const SERVICE: Actor = { jid: null, session: null, transaction: null }

export interface ChangeItem {
  /** Whom it is about: an occupant or a reserved nickname, or a bare JID or domain. */
  readonly of: { readonly nick: string } | { readonly jid: string }
  /** One of the two. */
  readonly affiliation: Affiliation | null
  readonly role: Role | 'none' | null
  /** With an affiliation of a person: the nickname that is reserved for them from now on, '' for none. Absent: it stays. */
  readonly nick?: string
  readonly reason: string
}

/** The entry that something is about, as the log has it. */
export interface Target {
  readonly id: EntryId
  readonly kind: Kind
  readonly by: string | null
  readonly veiled: boolean
  readonly isRetracted: boolean
  readonly payload: Payload
}

export type Command =
  /** The room comes to be: this is its first command, and nobody but its creator can be refused by it. */
  | { readonly do: 'create'; readonly locked: boolean; readonly config: Partial<RoomConfig> }
  | {
      readonly do: 'enter'
      readonly as: Jid
      readonly face: string
      readonly nick: string
      /** Null: none was given. */
      readonly password: string | null
      readonly presence: PresenceFacts
      readonly wantsDoubts: boolean
      readonly history: HistoryAsk | null
      /** The version of the affiliations (XEP-0463) that the client has, '' if none; null: it does not ask for them. */
      readonly affiliationsSince: string | null
      /** By right of a lasting join: password, membership and number of occupants are not asked again. */
      readonly byStanding: boolean
    }
  /** `presence`: what they said with it. */
  | { readonly do: 'exit'; readonly who: Jid; readonly presence: PresenceFacts | null }
  | { readonly do: 'lost'; readonly who: Jid }
  | {
      readonly do: 'presence'
      readonly who: Jid
      readonly presence: PresenceFacts
      readonly wantsDoubts: boolean
      /** What the server of the session says against it (XEP-0310). */
      readonly doubts: readonly Doubt[]
    }
  | { readonly do: 'doubt'; readonly who: readonly Jid[]; readonly doubts: readonly Doubt[] }
  | { readonly do: 'nick'; readonly who: Jid; readonly nick: string; readonly presence: PresenceFacts }
  | { readonly do: 'append'; readonly said: Said }
  | { readonly do: 'subject'; readonly said: Said }
  | { readonly do: 'correct'; readonly target: Target; readonly said: Said }
  | {
      readonly do: 'react'
      readonly target: Target
      readonly before: readonly string[]
      readonly now: readonly string[]
      readonly said: Said
    }
  | {
      readonly do: 'retract'
      readonly target: Target
      /** What has corrected it goes with it. */
      readonly corrections: readonly Pick<Target, 'id' | 'payload' | 'veiled'>[]
      /** By a moderator, and not by the author (XEP-0425). */
      readonly moderated: boolean
      readonly reason: string
      readonly said: Said
      /** What the room says beside it if that was its subject: there is none now. */
      readonly noSubject: Said
      /** What the log has in the place of the target from now on. */
      readonly tombstone: Payload
    }
  /** May this be said in private (7.5)? Nothing is logged. */
  | { readonly do: 'whisper'; readonly to: string; readonly payload: Payload }
  /** All or none (9.2). */
  | { readonly do: 'change'; readonly items: readonly ChangeItem[] }
  | {
      readonly do: 'configure'
      readonly changes: Partial<RoomConfig>
      /** Full lists of bare JIDs; null: they stay. */
      readonly owners: readonly string[] | null
      readonly admins: readonly string[] | null
    }
  /** The card of the room (XEP-0486), as its owner has written it, with the hashes of the pictures in it; '' for none. */
  | { readonly do: 'card'; readonly card: string; readonly pictures: readonly string[] }
  /** XEP-0317: a hat of that URI is made or changed. */
  | { readonly do: 'make-hat'; readonly hat: Hat }
  | { readonly do: 'destroy-hat'; readonly uri: string }
  /** `who`: bare JID. */
  | { readonly do: 'wear'; readonly who: string; readonly uri: string; readonly isWorn: boolean }
  /** The creator does not want the room that was made (10.1.3). */
  | { readonly do: 'cancel' }
  | { readonly do: 'destroy'; readonly alternate: string; readonly password: string; readonly reason: string }
  /** Lasting membership. */
  | { readonly do: 'join'; readonly nick: string; readonly password: string | null }
  | { readonly do: 'leave'; readonly reason: string }
  | { readonly do: 'register'; readonly nick: string }
  | { readonly do: 'unregister' }
  | { readonly do: 'knock'; readonly nick: string | null; readonly reason: string }
  /** `thread`: of the conversation that continues in the room (7.9), '' if it has no name; absent: nothing continues. */
  | { readonly do: 'invite'; readonly who: string; readonly reason: string; readonly thread?: string }
  | { readonly do: 'decline'; readonly reason: string }
  | {
      readonly do: 'face'
      readonly face: string
      readonly type: string
      readonly key: string | null
      readonly content: string
      readonly payload: Payload | null
    }
  /** All or none, in that order. A command of a session (`enter` to `nick`) can only be the last one. */
  | { readonly do: 'batch'; readonly commands: readonly Command[] }
  /** Forgets the visits that are over. */
  | { readonly do: 'lapse' }
  /** After a start, when the sessions are restored: a temporary room without occupants ends. */
  | { readonly do: 'settle' }
  /**
   * After a crash: these people (bare JIDs) have another affiliation or role than at the last checkpoint, or are out, why ever.
   * What the members and the configuration say holds for all.
   */
  | { readonly do: 'recover'; readonly changed: ReadonlySet<string>; readonly out: ReadonlyMap<string, Exit> }
  /** Clearances have changed (XEP-0258): occupants without the one for the label of the room are put out. */
  | { readonly do: 'put-out-uncleared' }
  /** The account of that bare JID is gone: nothing of it stays. */
  | { readonly do: 'forget'; readonly who: string }

/** What a decision needs to know beside the room. */
export interface Circumstances {
  readonly now: number
  readonly limits: RoomLimits
  /** Null: nothing is judged by security labels. */
  readonly labels: RoomLabels | null
}
export interface RoomLimits {
  /** Of the service: a room cannot allow more. */
  readonly occupantsMax: number
  /** Sessions of one occupant, and occupants of one person. */
  readonly sessionsMax: number
  readonly affiliationsMax: number
  /** Of a room, and of all its people together. */
  readonly hatsMax: number
  readonly hatsWornMax: number
  readonly subjectOctetsMax: number
  /** More occupants than this make the room quiet; Infinity: no number does. */
  readonly quietAbove: number
  /** How long the role of a visitor is remembered after the last session has left, in milliseconds. */
  readonly visitKeepMs: number
  /** Of how many visitors. */
  readonly visitsMax: number
}
export const LIMITS: RoomLimits = {
  occupantsMax: 5000,
  sessionsMax: 10,
  affiliationsMax: 20_000,
  hatsMax: 50,
  hatsWornMax: 500,
  subjectOctetsMax: 4096,
  quietAbove: 1000,
  visitKeepMs: 3_600_000,
  visitsMax: 1000,
}
