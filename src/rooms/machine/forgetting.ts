/** What a room forgets: visits that are over, and people whose account is gone. */
import { giveAffiliation } from './affiliations.ts'
import { hasOwner } from './changing.ts'
import { SERVICE, type Actor, type Command } from './commands.ts'
import { takeOut } from './leaving.ts'
import { memberOf, setMember } from './members.ts'
import { strangerOf, type Plan } from './plan.ts'

/** The roles of visitors are forgotten some time after the last session has left (ROOM-5). */
export function lapse(plan: Plan): null {
  for (const [, member] of [...plan.members]) {
    const { standing, role } = member
    if (standing?.lasting !== false || standing.until === null || standing.until > plan.circumstances.now) continue
    plan.setMember({ ...member, role: null, standing: null })
    plan.log(SERVICE, { kind: 'role', of: member.jid, before: role, after: null })
  }
  return null
}

/** ROOM-7: nothing of the person stays. If no owner is left, the admin who has been an admin for the longest time becomes an owner. */
export function forget(plan: Plan, actor: Actor, { who }: Extract<Command, { do: 'forget' }>): null {
  const had = hasOwner(plan)
  for (const occupant of plan.occupantsOf(who))
    takeOut(plan, occupant, { exit: 'affiliation', presence: null, cause: null, affiliation: 'none' })
  if (plan.members.has(who)) {
    giveAffiliation(plan, actor, who, 'none', '')
    setMember(plan, actor, memberOf(plan, who), strangerOf(who), '')
  }
  if (!had || hasOwner(plan)) return null
  for (const [jid, { affiliation }] of plan.members) if (affiliation === 'admin') return promote(plan, actor, jid)
  return null
}
function promote(plan: Plan, actor: Actor, jid: string): null {
  giveAffiliation(plan, actor, jid, 'owner', '')
  return null
}
