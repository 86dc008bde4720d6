/** XEP-0045 8.2 to 8.4, 9.6, 9.7: roles. One that does not go with the affiliation lasts as long as the standing. */
import { SERVICE, type Actor } from './commands.ts'
import { takeOut } from './leaving.ts'
import { endedStanding, memberOf, setMember } from './members.ts'
import { changeSight, occupantOf } from './occupants.ts'
import { roleFor, type Plan } from './plan.ts'
import { staysHeard } from './quiet.ts'
import type { Role } from './affiliation.ts'
import type { Member, Occupant } from './room.ts'

/** Removes the occupants from the room. If the person is absent but belongs to the room, their standing ends. */
export function kick(plan: Plan, actor: Actor, bare: string, occupants: readonly Occupant[], reason: string): void {
  const before = memberOf(plan, bare)
  const cause = plan.cause(actor, reason)
  const { affiliation } = before
  const standing = endedStanding(before.standing, actor.jid)
  for (const occupant of occupants) takeOut(plan, occupant, { exit: 'kicked', presence: null, cause, affiliation })
  const after: Member = { ...before, role: null, standing }
  const entry = setMember(plan, actor, before, after, reason, occupants.length > 0)
  if (before.standing?.lasting === true) plan.tells.push({ tell: 'member', of: bare, entry })
}

export function giveRole(
  plan: Plan,
  actor: Actor,
  bare: string,
  occupants: readonly Occupant[],
  role: Role,
  reason: string,
): void {
  const before = memberOf(plan, bare)
  const override = role === roleFor(plan.facts, before.affiliation) ? null : role
  const isSame = override === before.role && occupants.every((occupant) => occupant.role === role)
  if (isSame) return
  if (before.standing === null && override !== null) forgetOldestVisit(plan)
  plan.setMember(withRole(before, override))
  if (override !== before.role) plan.log(actor, { kind: 'role', of: bare, before: before.role, after: override })
  for (const occupant of occupants) showRole(plan, occupant, { ...occupant, role }, plan.cause(actor, reason))
}
/** So many visits are remembered: one more takes the place of the oldest. */
function forgetOldestVisit(plan: Plan): void {
  let visits = 0
  let oldest: Member | null = null
  for (const [, member] of plan.members) {
    if (member.standing?.lasting !== false) continue
    visits += 1
    oldest ??= member
  }
  if (oldest === null || visits < plan.circumstances.limits.visitsMax) return
  plan.setMember({ ...oldest, role: null, standing: null })
  plan.log(SERVICE, { kind: 'role', of: oldest.jid, before: oldest.role, after: null })
}
/** The role of a person without a lasting standing holds for the visit. */
function withRole(member: Member, role: Role | null): Member {
  const isVisit = member.standing === null || !member.standing.lasting
  if (!isVisit) return { ...member, role }
  const visit = role === null ? null : ({ is: 'joined', lasting: false, by: null, until: null } as const)
  return { ...member, role, standing: visit }
}
/** ROOM-29, ROOM-30: one presence for each nickname, first to the person. */
export function showRole(plan: Plan, before: Occupant, next: Occupant, cause: Parameters<typeof takeOut>[2]['cause']): void {
  if (before.role === next.role && before.affiliation === next.affiliation) return
  const isHeard = staysHeard(plan.facts, before)
  const after = occupantOf({ ...next, isHeard }, next.affiliation, next.role, next.sessions)
  plan.setOccupant(after)
  const update = { tell: 'update', before, after, cause, entering: null } as const
  plan.tells.push({ ...update, to: 'self' }, { ...update, to: 'others' })
  changeSight(plan, before, after, after.sessions)
}
