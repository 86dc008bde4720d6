/** How the two of a conversation belong to it, by what was said and what their rosters say (MXR-93, MXR-95, MXR-97). Pure. */
import type { RosterItem } from '../../im/account.ts'
import type { Part, TalkRow } from './store.ts'

export type Belonging = Pick<TalkRow, 'mine' | 'theirs' | 'reason'>

/** What becomes of the first message of somebody whom the user does not know: the user is asked, or the conversation begins. */
export type StrangersPolicy = 'invite' | 'join'

const REASON_MAX = 200
export const reasonOf = (text: string): string => [...text].slice(0, REASON_MAX).join('')

export interface SaidHere {
  /** By the user. */
  readonly isSent: boolean
  readonly text: string
  /** The other person is in the roster. */
  readonly isKnown: boolean
}
/** @param before null: there was no conversation */
export function afterMessage(
  before: Belonging | null,
  { isSent, text, isKnown }: SaidHere,
  strangers: StrangersPolicy,
): Belonging {
  if (isSent) return { mine: 'join', theirs: before?.theirs ?? (isKnown ? 'join' : 'invite'), reason: '' }
  const isAsked = !isKnown && strangers === 'invite'
  // What was hidden comes back with the next message
  const isAnew = before === null || before.mine === 'leave'
  const mine = isAnew ? (isAsked ? 'invite' : 'join') : before.mine
  return { mine, theirs: 'join', reason: isAnew ? (isAsked ? reasonOf(text) : '') : before.reason }
}

export interface InRoster {
  /** Null: there is none. */
  readonly item: Pick<RosterItem, 'subscription' | 'ask'> | null
  /** What the other person says who asks to see the user; null: nobody asks. */
  readonly request: string | null
}
/** @param had the user had such a contact before? @returns null: there is no conversation */
export function afterRoster(before: Belonging | null, { item, request }: InRoster, had: boolean): Belonging | null {
  const isContact = item !== null && item.subscription !== 'none'
  if (request !== null && !isContact && before?.mine !== 'join')
    return { mine: 'invite', theirs: 'join', reason: reasonOf(request) }
  if (before === null && !isContact && item?.ask !== true) return null
  const mine: Part = before?.mine === 'leave' ? 'leave' : before?.mine === 'invite' && item === null ? 'leave' : 'join'
  if (isContact) return { mine, theirs: 'join', reason: '' }
  if (item?.ask === true) return { mine, theirs: before?.theirs === 'join' ? 'join' : 'invite', reason: '' }
  const isGone = item === null && had && before !== null
  return { mine, theirs: isGone ? 'leave' : before!.theirs, reason: before!.reason }
}
