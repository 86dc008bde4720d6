/** XEP-0045 9.1 to 9.4, 9.8, 10.3 to 10.8: what follows when the affiliation of a person or a domain is another one. */
import type { Actor } from './commands.ts'
import { takeOut } from './leaving.ts'
import { endedStanding, memberOf, setMember } from './members.ts'
import { roleFor, type Plan } from './plan.ts'
import { showRole } from './roles.ts'
import type { Affiliation, Role } from './affiliation.ts'
import type { Member, Occupant } from './room.ts'

export function giveAffiliation(plan: Plan, actor: Actor, jid: string, to: Affiliation, reason: string): void {
  const before = memberOf(plan, jid)
  if (before.affiliation === to) return
  const wasIn = plan.nicksOf.has(jid)
  const isExcluded = to === 'outcast' || (to === 'none' && plan.facts.config.membersOnly && before.affiliation !== 'outcast')
  const entry = setMember(
    plan,
    actor,
    before,
    memberWith(plan, before, to, isExcluded, actor.jid, reason),
    reason,
    isExcluded && wasIn,
  )
  const cause = { ...plan.cause(actor, reason), entry }
  const isInvited = to === 'member' && before.affiliation === 'none' && plan.facts.config.membersOnly && !wasIn
  for (const occupant of concerned(plan, jid)) {
    if (isExcluded) {
      const exit = to === 'outcast' ? 'banned' : 'affiliation'
      takeOut(plan, occupant, { exit, presence: null, cause, affiliation: to })
    } else showRole(plan, occupant, { ...occupant, affiliation: to, role: roleAfter(occupant, to) }, cause)
  }
  const change = { of: jid, before: before.affiliation, after: to, isPresent: wasIn, isInvited, cause, entry }
  plan.tells.push({ tell: 'affiliations', changes: [change] })
}

function memberWith(plan: Plan, before: Member, to: Affiliation, isExcluded: boolean, by: string | null, reason: string): Member {
  const kept = { ...before, affiliation: to, reason, byRegistration: false }
  // ROOM-166: a ban takes the reserved nickname away
  if (to === 'outcast')
    return { ...kept, nick: null, registered: false, role: null, standing: endedStanding(before.standing, by), hats: [] }
  if (isExcluded) return { ...kept, role: null, standing: endedStanding(before.standing, by) }
  // ROOM-104: who has asked to be let in may come
  if (before.standing?.is === 'knocked' && to !== 'none')
    return { ...kept, role: null, standing: { is: 'invited', lasting: true, by, until: null } }
  const isImplied = before.role === null || before.role === roleFor(plan.facts, to) || roleFor(plan.facts, to) === 'moderator'
  if (!isImplied) return kept
  return { ...kept, role: null, standing: before.standing?.lasting === true ? before.standing : null }
}

/** ROOM-29 */
function roleAfter({ affiliation, role }: Occupant, to: Affiliation): Role {
  if (to === 'owner' || to === 'admin') return 'moderator'
  if (affiliation === 'owner' || affiliation === 'admin') return 'participant'
  return to === 'member' && role === 'visitor' ? 'participant' : role
}

/** The occupants of that person, or of that domain as far as nothing is said of themselves (9.2). */
function concerned(plan: Plan, jid: string): readonly Occupant[] {
  if (jid.includes('@')) return plan.occupantsOf(jid)
  const isOfDomain = ({ bare }: Occupant): boolean => bare === jid || bare.endsWith(`@${jid}`)
  const found: Occupant[] = []
  for (const [, occupant] of plan.occupants)
    if (isOfDomain(occupant) && (plan.members.get(occupant.bare)?.affiliation ?? 'none') === 'none') found.push(occupant)
  return found
}
