/**
 * Quiet rooms (ROOM-153): above a number of occupants, those who only listen are shown to moderators and to themselves alone. A
 * visitor, or a participant without an affiliation, listens until they say something. Those who were there before the room became
 * quiet still see each other: an occupant who is there is never shown as gone.
 */
import type { Plan } from './plan.ts'
import type { Occupant, RoomFacts } from './room.ts'

/** Below this part of the number a room is not quiet any more. */
const ENDS_AT = 0.8

/** Does the quiet of the room hide that occupant from the viewer? */
export function isHushed({ quietFrom }: RoomFacts, viewer: Occupant, of: Occupant): boolean {
  if (quietFrom === null || of.isHeard || !listens(of)) return false
  return viewer.arrival >= quietFrom || of.arrival >= quietFrom
}
const listens = ({ affiliation, role }: Occupant): boolean =>
  role === 'visitor' || (role === 'participant' && affiliation === 'none')

/** After a decision: the room becomes quiet, or is no longer quiet. */
export function watchNumber(plan: Plan): void {
  const { facts, occupants, arrivals } = plan
  const { quietAbove } = plan.circumstances.limits
  const { quietFrom, config } = facts
  const isLoud = quietFrom === null
  if (isLoud && config.quiet && occupants.size > quietAbove) turn(plan, arrivals + 1)
  else if (!isLoud && (!config.quiet || occupants.size <= quietAbove * ENDS_AT)) turn(plan, null)
}
function turn(plan: Plan, quietFrom: number | null): void {
  const before = plan.facts
  plan.facts = { ...before, quietFrom }
  plan.tells.push({ tell: 'quiet', before })
}

/** The occupant says something: sessions that have not seen them are shown them first. */
export function makeHeard(plan: Plan, occupant: Occupant): void {
  if (plan.facts.quietFrom === null || occupant.isHeard || !listens(occupant)) return
  const after = { ...occupant, isHeard: true }
  plan.setOccupant(after)
  plan.tells.push({ tell: 'heard', before: occupant, after })
}
/** An occupant that everybody could see stays visible, even if they only listen from now on. */
export const staysHeard = ({ quietFrom }: RoomFacts, before: Occupant): boolean =>
  before.isHeard || (quietFrom !== null && !listens(before))
