/**
 * XEP-0045 8, 9, 10.3 to 10.8: a request that changes roles or affiliations. All items of it or none (9.2), and everybody has
 * the rank that they had before the first item.
 */
import { giveAffiliation } from './affiliations.ts'
import type { Actor, ChangeItem, Command } from './commands.ts'
import { isLasting, memberOf, setMember } from './members.ts'
import { isTaken } from './nick-holders.ts'
import { nickIn, nickKeys } from './nicks.ts'
import { roleFor, type Plan } from './plan.ts'
import { mayChangeAffiliation, mayChangeRole, type Standpoint } from './ranks.ts'
import { refuse, type Reason, type Refusal } from './refusals.ts'
import { giveRole, kick } from './roles.ts'
import type { Member, Occupant } from './room.ts'

/** Which refusal is told when items are refused for several reasons (ROOM-160 to 162). */
const PRECEDENCE: readonly Reason[] = [
  'items',
  'rank',
  'domain-affiliation',
  'nick-malformed',
  'no-such-occupant',
  'protected',
  'self-ban',
  'reserved-elsewhere',
]

/** Whom an item is about. */
interface Subject {
  readonly jid: string
  readonly occupants: readonly Occupant[]
}

export function change(plan: Plan, actor: Actor, { items }: Extract<Command, { do: 'change' }>): Refusal | null {
  const subjects = items.map((item) => subjectOf(plan, item))
  const reasons = items.map((item, i) => whyNot(plan, actor, item, subjects[i]!))
  if (items.length === 0 || isTwice(items, subjects)) reasons.push('items')
  const reason = PRECEDENCE.find((known) => reasons.includes(known))
  if (reason !== undefined) return refuse(reason)
  const size = plan.members.size
  const first = plan.tells.length
  for (const [i, item] of items.entries()) apply(plan, actor, item, subjects[i]!)
  if (!items.every((item, i) => reserve(plan, actor, item, subjects[i]!.jid))) return refuse('reserved-elsewhere')
  if (actor.jid !== null && takesOwners(plan, items) && !hasOwner(plan)) return refuse('last-owner')
  if (plan.members.size > Math.max(size, plan.circumstances.limits.affiliationsMax)) return refuse('too-many-affiliations')
  answerBetween(plan, first)
  return null
}

/** Null: there is nobody of that nickname. */
function subjectOf(plan: Plan, { of, role }: ChangeItem): Subject | null {
  if ('jid' in of) {
    const occupants = plan.occupantsOf(of.jid)
    const isHere = occupants.length > 0 || isLasting(plan.members.get(of.jid))
    const isCalledBack = role === 'none' && isWaiting(plan.members.get(of.jid))
    return role !== null && !isHere && !isCalledBack ? null : { jid: of.jid, occupants }
  }
  const occupant = plan.occupants.get(of.nick)
  if (occupant !== undefined) return { jid: occupant.bare, occupants: [occupant] }
  const absent = role === null ? undefined : absentCalled(plan, of.nick)
  return absent === undefined ? null : { jid: absent.jid, occupants: plan.occupantsOf(absent.jid) }
}
/** They are invited, or ask to be let in: that can be ended. */
const isWaiting = (member: Member | undefined): boolean =>
  member?.standing?.is === 'invited' || member?.standing?.is === 'knocked'
/** ROOM-23: a lasting member whose reserved nickname that is. */
function absentCalled(plan: Plan, nick: string): Member | undefined {
  const holder = plan.nicksReserved.get(nickKeys(nick)[0])
  const member = holder === undefined ? undefined : plan.members.get(holder)
  return member?.nick === nick && isLasting(member) ? member : undefined
}

function whyNot(plan: Plan, actor: Actor, item: ChangeItem, subject: Subject | null): Reason | null {
  const { affiliation, role } = item
  if ((affiliation === null) === (role === null)) return 'items'
  const jid = subject?.jid ?? ''
  const isSelf = jid === actor.jid
  const me = standpointOf(plan, actor)
  if (role !== null) {
    const target: Standpoint = { affiliation: subject === null ? 'none' : plan.affiliationOf(jid), role: roleOf(plan, subject) }
    const reason = mayChangeRole(me, target, role, isSelf)
    return reason === 'rank' || subject !== null ? reason : 'no-such-occupant'
  }
  const target = plan.members.get(jid)?.affiliation ?? 'none'
  const reason = mayChangeAffiliation(me.affiliation, target, affiliation!, isSelf)
  if (reason === 'rank') return reason
  if (subject === null) return 'no-such-occupant'
  const isDomain = !jid.includes('@')
  if (hasNick(item) && nickIn(item.nick) === null) return 'nick-malformed'
  return isDomain && affiliation !== 'outcast' && affiliation !== 'none' ? 'domain-affiliation' : reason // ROOM-25
}
export function standpointOf(plan: Plan, actor: Actor): Standpoint {
  if (actor.jid === null) return { affiliation: 'owner', role: 'moderator' }
  return { affiliation: plan.affiliationOf(actor.jid), role: plan.roleOf(actor) }
}
function roleOf(plan: Plan, subject: Subject | null): Standpoint['role'] {
  if (subject === null) return null
  if (subject.occupants.length > 0) return subject.occupants[0]!.role
  const member = plan.members.get(subject.jid)
  return member === undefined ? null : (member.role ?? roleFor(plan.facts, member.affiliation))
}
function isTwice(items: readonly ChangeItem[], subjects: readonly (Subject | null)[]): boolean {
  const named = items.map((item, i) => subjects[i]?.jid ?? JSON.stringify(item.of))
  return new Set(named).size < named.length
}

function apply(plan: Plan, actor: Actor, { affiliation, role, reason }: ChangeItem, subject: Subject | null): void {
  const { jid } = subject!
  // An earlier item may have put them out
  const occupants = subject!.occupants
    .map(({ nick }) => plan.occupants.get(nick))
    .filter((one) => one?.bare === jid) as Occupant[]
  const isHere = occupants.length > 0 || isLasting(plan.members.get(jid)) || role === 'none'
  if (role !== null && !isHere) return
  if (affiliation !== null) giveAffiliation(plan, actor, jid, affiliation, reason)
  else if (role === 'none') kick(plan, actor, jid, occupants, reason)
  else giveRole(plan, actor, jid, occupants, role!, reason)
}

/** 9.5: the nickname that an admin reserves for a person, or takes back. False: somebody else has it. */
function reserve(plan: Plan, actor: Actor, item: ChangeItem, jid: string): boolean {
  const before = memberOf(plan, jid)
  const isKept = item.nick === undefined || item.affiliation === 'outcast' || !jid.includes('@')
  const nick = isKept ? before.nick : item.nick === '' ? null : nickIn(item.nick!)
  if (nick === before.nick) return true
  if (nick !== null && isTaken(plan, jid, nick)) return false
  const entry = setMember(plan, actor, before, { ...before, nick, registered: nick !== null && before.registered }, item.reason)
  plan.tells.push({ tell: 'member', of: jid, entry })
  return true
}
const hasNick = (item: ChangeItem): item is ChangeItem & { nick: string } => item.nick !== undefined && item.nick !== ''

/** ROOM-20 */
const takesOwners = (plan: Plan, items: readonly ChangeItem[]): boolean =>
  items.some(({ affiliation }) => affiliation !== null && affiliation !== 'owner') && hasOwner(plan.room)
export function hasOwner({ members }: Pick<Plan, 'members'> | Pick<Plan['room'], 'members'>): boolean {
  for (const [, { affiliation }] of members) if (affiliation === 'owner') return true
  return false
}

/** ROOM-30: first the people that the change is about, then the answer, then the others. */
export function answerBetween(plan: Plan, first: number): void {
  const tells = plan.tells.splice(first)
  const isToTarget = (tell: (typeof tells)[number]): boolean => 'to' in tell && tell.to === 'self'
  plan.tells.push(...tells.filter(isToTarget), { tell: 'answered' }, ...tells.filter((tell) => !isToTarget(tell)))
}
