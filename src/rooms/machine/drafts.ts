/**
 * What a decision has to say for the log of the room: everything that happens and lasts, not only messages. The log gives each
 * entry its id and its positions when it is stored; `../log.ts` has what comes out.
 */
import type { Millis } from '../../base/clock.ts'
import type { Wire } from '../../xml/wire.ts'
import type { Payload } from '../../xmpp/packet.ts'
import type { ConfigChanges } from './config.ts'
import type { Affiliation, Role } from './affiliation.ts'
import type { Standing } from './room.ts'

/** 22 characters of base64url: the stanza id (XEP-0359) and the event id of an entry. */
export type EntryId = string

/** A request that a device may repeat and that is done once. */
export interface Transaction {
  readonly device: string
  readonly key: string
}

interface DraftBase {
  readonly at: Millis
  /** Bare JID; null: the room. */
  readonly by: string | null
  /** The real full address that it came from; null if there was none. */
  readonly byFull: string | null
  /** Of `by` at that time; null: not in the room. */
  readonly nick: string | null
  /** Real addresses were for moderators only at that time. */
  readonly veiled: boolean
  readonly transaction: Transaction | null
}

/** What is said, in the form in which it came. */
export interface Said {
  readonly payload: Payload
  readonly lang: Wire | null
  /** The `id` attribute; null: it had none. */
  readonly fromId: string | null
  /** The id of the entry, where the face has made it already so that the payload can name it; null: the log makes one. */
  readonly givenId: EntryId | null
  /** The form of a face that the payload cannot hold: its own text; null: none. */
  readonly mx: string | null
  /** It is told and not kept, such as that somebody is writing. */
  readonly isPassing: boolean
}

/** What the log keeps of a member's change. */
export interface MemberFacts {
  readonly affiliation: Affiliation
  readonly nick: string | null
  readonly standing: Standing | null
  /** As in `Member`. Absent in entries of before this was kept. */
  readonly role?: Role | null
}

export type DraftBody =
  | ({ readonly kind: 'message' } & Said)
  | ({ readonly kind: 'correct'; readonly target: EntryId } & Said)
  /** `now`: all reactions of this person to the target; `added` and `removed` against the set before. */
  | ({
      readonly kind: 'react'
      readonly target: EntryId
      readonly now: readonly string[]
      readonly added: readonly string[]
      readonly removed: readonly string[]
    } & Said)
  | ({ readonly kind: 'retract'; readonly target: EntryId; readonly moderated: boolean; readonly reason: string } & Said)
  | ({ readonly kind: 'subject' } & Said)
  | { readonly kind: 'config'; readonly changes: ConfigChanges }
  | {
      readonly kind: 'member'
      readonly of: string
      readonly before: MemberFacts
      readonly after: MemberFacts
      readonly reason: string
      /** They were in the room and were put out of it. Absent: they were not. */
      readonly isOut?: true
    }
  | { readonly kind: 'role'; readonly of: string; readonly before: Role | null; readonly after: Role | null }
  | { readonly kind: 'destroy'; readonly alternate: string; readonly reason: string }
  /** Of one face alone. `content` is its own text. Without a payload it has no form in XMPP. */
  | {
      readonly kind: 'face'
      readonly face: string
      readonly type: string
      readonly key: string | null
      readonly content: string
      readonly payload: Payload | null
    }

export type Draft = DraftBase & DraftBody
export type Kind = DraftBody['kind']

/** What stands in the place of an entry from now on: id, time and people stay. */
export interface Replacement {
  readonly id: EntryId
  readonly payload: Payload
  readonly veiled: boolean
}
