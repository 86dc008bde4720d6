/** What is kept of persons, changed together with what the log says of it. */
import type { Actor } from './commands.ts'
import type { MemberFacts } from './drafts.ts'
import { strangerOf, type Plan } from './plan.ts'
import type { Member, Standing } from './room.ts'

export const memberOf = (plan: Plan, jid: string): Member => plan.members.get(jid) ?? strangerOf(jid)

/** @returns the index of the entry */
export function setMember(plan: Plan, actor: Actor, before: Member, after: Member, reason: string): number {
  plan.setMember(after)
  return plan.log(actor, { kind: 'member', of: after.jid, before: factsOf(before), after: factsOf(after), reason })
}
const factsOf = ({ affiliation, nick, standing }: Member): MemberFacts => ({ affiliation, nick, standing })

/** A standing that was said to last has ended; null: there was none of that kind. */
export const endedStanding = (standing: Standing | null, by: string | null): Standing | null =>
  standing?.lasting === true ? { is: 'left', lasting: true, by, until: null } : null

/** They belong to it, whether they are there or not. */
export const isLasting = (member: Member | undefined): boolean =>
  member?.standing?.lasting === true && member.standing.is === 'joined'
