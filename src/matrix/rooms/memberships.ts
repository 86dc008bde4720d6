/** How somebody belongs to a room, in the words of Matrix (MXR 2.3). Pure. */
import type { Affiliation } from '../../rooms/machine/affiliation.ts'
import type { MemberFacts } from '../../rooms/machine/drafts.ts'
import type { Standing } from '../../rooms/machine/room.ts'

export type Membership = 'join' | 'invite' | 'knock' | 'leave' | 'ban'

/** What the log keeps of a person. */
export interface Belonging {
  readonly affiliation: Affiliation
  readonly standing: Standing | null
}
const OF_STANDING = { joined: 'join', invited: 'invite', knocked: 'knock', left: 'leave' } as const

/** By what was said to last; null: nothing was said. */
export function lastingMembership({ affiliation, standing }: Belonging): Membership | null {
  if (affiliation === 'outcast') return 'ban'
  return standing?.lasting === true ? OF_STANDING[standing.is] : null
}
/** @param isVisiting they are in the room, or were a short time ago */
export function membershipOf(member: Belonging | undefined, isVisiting: boolean): Membership | null {
  const lasting = member === undefined ? null : lastingMembership(member)
  return isVisiting && lasting !== 'ban' ? 'join' : lasting
}
/** Is a change one of somebody who asks to be let in, and is not? That is for those who may decide it (ROOM-104). */
export const isOfKnock = ({ before, after }: Pick<Change, 'before' | 'after'>): boolean => {
  const [was, is] = [lastingMembership(before), lastingMembership(after)]
  return is === 'knock' || (was === 'knock' && is !== 'invite' && is !== 'join')
}
interface Change {
  readonly before: MemberFacts
  readonly after: MemberFacts
  readonly isOut?: true
}
/** Is a change one of somebody who was in the room, or is from then on? */
export const isOfInside = (change: Change): boolean =>
  change.isOut === true || lastingMembership(change.before) === 'join' || lastingMembership(change.after) === 'join'
