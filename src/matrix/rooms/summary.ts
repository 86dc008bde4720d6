/** How many people a room has, and by whom a room without a name is called (MXR-124). */
import type { AwakeRoom } from './awake-room.ts'
import { membershipOf } from './memberships.ts'
import type { Sight } from './names.ts'
import { isShown } from './state-events.ts'

const HEROES = 5

export interface Summary {
  /** Bare JIDs of members other than the viewer, those who have belonged to the room for the longest time first. */
  readonly heroes: readonly string[]
  readonly joined: number
  /** Null: the viewer may not know (MXR-22). */
  readonly invited: number | null
}

export function summaryOf(awake: AwakeRoom, sight: Sight): Summary {
  const { room, visits } = awake
  const picture = awake.picture()
  const { viewer, isVeiled, seesAbsent } = sight
  const isHidden = isVeiled && !seesAbsent
  const heroes: string[] = []
  let joined = 0
  let invited = 0
  const count = (bare: string): void => {
    const membership = membershipOf(room.members.get(bare), visits.present.has(bare))
    if (membership === 'join') joined += 1
    const isInvited = membership === 'invite' && isShown(awake, picture, sight, bare)
    if (isInvited) invited += 1
    const isThere = membership === 'join' || isInvited
    if (isThere && bare !== viewer && heroes.length < HEROES) heroes.push(bare)
  }
  for (const bare of room.members.keys()) count(bare)
  for (const bare of visits.present.keys()) if (!room.members.has(bare)) count(bare)
  return { heroes, joined, invited: isHidden ? null : invited }
}
