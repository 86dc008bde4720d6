/** What is kept of persons, changed together with what the log says of it. */
import type { Actor } from './commands.ts'
import type { MemberFacts } from './drafts.ts'
import { strangerOf, type Plan } from './plan.ts'
import type { Member, Standing } from './room.ts'

export const memberOf = (plan: Plan, jid: string): Member => plan.members.get(jid) ?? strangerOf(jid)

/** @param isOut they are in the room and are put out of it @returns the index of the entry */
export function setMember(plan: Plan, actor: Actor, before: Member, after: Member, reason: string, isOut = false): number {
  plan.setMember(after)
  const out = isOut ? ({ isOut } as const) : {}
  return plan.log(actor, { kind: 'member', of: after.jid, before: factsOf(before), after: factsOf(after), reason, ...out })
}
const factsOf = ({ affiliation, nick, standing, role }: Member): MemberFacts => ({ affiliation, nick, standing, role })

/** A standing that was said to last has ended; null: there was none of that kind. */
export const endedStanding = (standing: Standing | null, by: string | null): Standing | null =>
  standing?.lasting === true ? { is: 'left', lasting: true, by, until: null } : null

/** They belong to it, whether they are there or not. */
export const isLasting = (member: Member | undefined): boolean => member !== undefined && isJoined(member.standing)
const isJoined = (standing: Standing | null): boolean => standing?.lasting === true && standing.is === 'joined'

/** ...or they have a rank in it. */
export const belongs = (person: MemberFacts | Member): boolean =>
  person.affiliation === 'none' ? isJoined(person.standing) : person.affiliation !== 'outcast'
