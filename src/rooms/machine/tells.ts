/**
 * What is to be told after a decision was stored and is in force, in that order. A tell says what has happened and to whom it
 * is told; a face makes the text, once for each class of receivers (`audience.ts`). Occupants are told of as the records that
 * they were and are, since the room has the newest only.
 */
import type { Jid } from '../../xmpp/jid.ts'
import type { ConfigChanges } from './config.ts'
import type { Affiliation } from './affiliation.ts'
import type { Occupant, OccupantSession, PresenceFacts, RoomFacts } from './room.ts'

/** The person who has made the change, and the reason. */
export interface Cause {
  /** Bare JID; null: the room. */
  readonly by: string | null
  /** Their nickname; null: not in the room. */
  readonly nick: string | null
  /** '' for none. */
  readonly reason: string
  /** The entry that says so, where an affiliation changes. */
  readonly entry?: number
}

/** Why somebody is no longer in the room. */
export type Exit =
  | 'left'
  /** They are not reachable any more (status 333). */
  | 'lost'
  | 'kicked'
  | 'banned'
  /** The affiliation that they need was taken away (321). */
  | 'affiliation'
  /** The room has become members-only (322). */
  | 'members-only'

/** How much of the past somebody wants to be shown (7.2.14). Null: no wish. */
export interface HistoryAsk {
  readonly maxCharacters: number | null
  readonly maxStanzas: number | null
  /** Not before this moment. */
  readonly since: number | null
}

/** The affiliation of a person or domain is another one. Somebody absent is told themselves too (101). */
export interface AffiliationChange {
  readonly of: string
  readonly before: Affiliation
  readonly after: Affiliation
  readonly isPresent: boolean
  /** They may enter now and could not before. */
  readonly isInvited: boolean
  readonly cause: Cause
  readonly entry: number
}

export type Tell =
  /** That entry of the decision, to every session in the room, and to every face that reads the log. */
  | { readonly tell: 'log'; readonly entry: number }
  /** To that session alone: the presence of the others, its own, history, subject (7.2.2 to 7.2.15). */
  | {
      readonly tell: 'entered'
      readonly occupant: Occupant
      readonly session: OccupantSession
      readonly history: HistoryAsk | null
      /** The affiliations as that version of them has changed are wanted; '' for all, null for none. */
      readonly affiliationsSince: string | null
      /** The room came to be by this (201). */
      readonly isNew: boolean
      /** The nickname is not the one that was asked for (210). */
      readonly isRenamed: boolean
      /** The session was in the room before, and is told everything again (7.2.1). */
      readonly isAgain: boolean
    }
  /** To the others: there is a new occupant. */
  | { readonly tell: 'in'; readonly occupant: Occupant }
  /** Presence, role or affiliation is another one. `self`: to the sessions of this occupant. */
  | {
      readonly tell: 'update'
      readonly before: Occupant
      readonly after: Occupant
      readonly to: 'self' | 'others' | 'all'
      readonly cause: Cause | null
      /** That session of `after` is told everything by `entered`; null: there is none. */
      readonly entering: Jid | null
    }
  /** 7.6. `joined`: the occupant of the same person that had this nickname already; null if there was none. */
  | {
      readonly tell: 'renamed'
      readonly before: Occupant
      readonly after: Occupant
      readonly joined: Occupant | null
      readonly isRenamed: boolean
    }
  /** `self`: to these `sessions`, which have left the room. `others`: the nickname is free. */
  | {
      readonly tell: 'out'
      readonly occupant: Occupant
      readonly sessions: readonly OccupantSession[]
      readonly affiliation: Affiliation
      readonly exit: Exit
      readonly to: 'self' | 'others'
      readonly cause: Cause | null
      /** What they said with it; null: nothing. */
      readonly presence: PresenceFacts | null
    }
  /** An occupant speaks in a quiet room: to the sessions that may see them now and could not before. */
  | { readonly tell: 'heard'; readonly before: Occupant; readonly after: Occupant }
  /** The room becomes quiet, or is no longer quiet: then the hidden occupants are shown. `before`: its facts before that. */
  | { readonly tell: 'quiet'; readonly before: RoomFacts }
  /** After a change of the configuration an occupant is hidden from everybody but moderators, or shown again. */
  | { readonly tell: 'hidden' | 'shown'; readonly occupant: Occupant }
  /**
   * To those sessions of `after`: they may see others of whom the room tells moderators alone, or may not any more. What they see
   * is what `after` may see (`audience.ts`), what they saw is what `before` could.
   */
  | {
      readonly tell: 'sight'
      readonly before: Occupant
      readonly after: Occupant
      readonly sessions: readonly OccupantSession[]
    }
  /** The request was done and stored: now is the time of its answer. */
  | { readonly tell: 'answered' }
  /** The card of the room is another one. */
  | { readonly tell: 'card' }
  /** The list of hats is another one. */
  | { readonly tell: 'hats' }
  | { readonly tell: 'configured'; readonly changes: ConfigChanges; readonly entry: number }
  /** Real addresses are for all from now on. */
  | { readonly tell: 'unveiled' }
  /** Affiliations are other ones: those that a decision has changed one behind the other, with nothing told between them. */
  | { readonly tell: 'affiliations'; readonly changes: readonly AffiliationChange[] }
  /** The standing or the reserved nickname of a person, who may be absent. */
  | { readonly tell: 'member'; readonly of: string; readonly entry: number | null }
  /** To a person who may be absent: they are invited. `declined`: to the person who had invited. */
  | {
      readonly tell: 'invited'
      readonly who: string
      readonly cause: Cause
      readonly entry: number
      /** 7.9: the conversation that continues in the room; '' if it has no name, null if nothing continues. */
      readonly thread: string | null
    }
  | { readonly tell: 'declined'; readonly who: string; readonly to: string; readonly reason: string; readonly entry: number }
  /** To admins and owners: somebody asks to be let in or registered. */
  | { readonly tell: 'asked'; readonly who: string; readonly nick: string | null; readonly entry: number }
  /** To each of those sessions from its own nickname (10.9). */
  | {
      readonly tell: 'ended'
      readonly occupants: readonly Occupant[]
      readonly alternate: string
      /** Of the room to go to; '' for none. */
      readonly password: string
      readonly reason: string
    }
  /** The reasons for doubting whether an occupant is still there have changed, or the doubt is over (XEP-0310). */
  | { readonly tell: 'doubt'; readonly before: Occupant; readonly after: Occupant }

/** Affiliations that are told one behind the other are told together. */
export function gatherAffiliations(tells: Tell[]): void {
  const apart = tells.splice(0)
  let together: AffiliationChange[] | null = null
  for (const tell of apart) {
    if (tell.tell === 'affiliations' && together !== null) together.push(...tell.changes)
    else if (tell.tell === 'affiliations') tells.push({ ...tell, changes: (together = [...tell.changes]) })
    else {
      together = null
      tells.push(tell)
    }
  }
}
