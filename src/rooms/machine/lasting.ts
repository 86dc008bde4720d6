/**
 * Belonging to a room without being in it: lasting joins, registration (XEP-0045 7.10), invitations (7.8), asking to be let
 * in. What is said here is in the log and holds until it is taken back.
 */
import { giveAffiliation } from './affiliations.ts'
import { answerBetween, standpointOf } from './changing.ts'
import type { Actor, Command } from './commands.ts'
import { isFull } from './entering.ts'
import { takeOut } from './leaving.ts'
import { isLasting, memberOf, setMember } from './members.ts'
import { nickIn } from './nicks.ts'
import { isTaken } from './nick-holders.ts'
import type { Plan } from './plan.ts'
import { mayInvite } from './ranks.ts'
import { refuse, type Refusal } from './refusals.ts'
import type { Member, Standing } from './room.ts'
import type { Tell } from './tells.ts'

const ANSWERED = { tell: 'answered' } as const
const standingOf = (is: Standing['is'], by: string | null): Standing => ({ is, lasting: true, by, until: null })

/** A person belongs to the room from now on, or takes another nickname there. */
export function join(plan: Plan, actor: Actor, command: Extract<Command, { do: 'join' }>): Refusal | null {
  const bare = actor.jid!
  const member = memberOf(plan, bare)
  const refusal = mayJoin(plan, member, command.password)
  if (refusal !== null) return refusal
  const nick = nickIn(command.nick)
  if (nick === null) return refuse('nick-malformed')
  if (isTaken(plan, bare, nick)) return refuse('nick-taken')
  if (isLasting(member) && member.nick === nick) return told(plan)
  const entry = setMember(plan, actor, member, { ...member, nick, standing: standingOf('joined', null) }, '')
  plan.tells.push({ tell: 'member', of: bare, entry }, ANSWERED)
  return null
}
function mayJoin(plan: Plan, member: Member, password: string | null): Refusal | null {
  const { ended, config } = plan.facts
  if (ended !== null) return { refuse: 'gone', alternate: ended.alternate }
  const affiliation = plan.affiliationOf(member.jid)
  if (affiliation === 'outcast') return refuse('banned')
  if (isLasting(member)) return null
  const isInvited = member.standing?.is === 'invited'
  if (config.membersOnly && affiliation === 'none' && !isInvited) return refuse('members-only')
  const hasRight = isInvited || affiliation !== 'none' || password === config.password
  if (config.passwordProtected && !hasRight) return refuse('password')
  return isFull(plan, affiliation) && !plan.nicksOf.has(member.jid) ? refuse('full') : null
}
function told(plan: Plan): null {
  plan.tells.push(ANSWERED)
  return null
}

/** A person stops belonging to the room, and their sessions leave. The affiliation stays. */
export function leave(plan: Plan, actor: Actor, { reason }: Extract<Command, { do: 'leave' }>): Refusal | null {
  const bare = actor.jid!
  const member = memberOf(plan, bare)
  if (member.standing === null && !plan.nicksOf.has(bare)) return refuse('not-inside')
  const first = plan.tells.length
  for (const occupant of plan.occupantsOf(bare))
    takeOut(plan, occupant, { exit: 'left', presence: null, cause: null, affiliation: member.affiliation })
  const left: Member = { ...member, nick: null, registered: false, role: null, standing: standingOf('left', null) }
  const entry = setMember(plan, actor, member, left, reason)
  plan.tells.push({ tell: 'member', of: bare, entry })
  answerBetween(plan, first)
  return null
}

/** Is registration open, to be asked for, or off? ROOM-104 */
export function registrationMode({ facts: { config } }: Pick<Plan, 'facts'>): 'auto' | 'ask' | 'off' {
  return config.registration ?? (config.membersOnly ? 'ask' : 'auto')
}

/** 7.10: the nickname is reserved. In a room that lasts the person belongs to it. */
export function register(plan: Plan, actor: Actor, command: Extract<Command, { do: 'register' }>): Refusal | null {
  const bare = actor.jid!
  const { ended, config } = plan.facts
  if (ended !== null) return { refuse: 'gone', alternate: ended.alternate }
  const affiliation = plan.affiliationOf(bare)
  if (affiliation === 'outcast') return refuse('banned')
  const mode = registrationMode(plan)
  if (mode === 'off') return refuse('registration-off')
  const nick = nickIn(command.nick)
  if (nick === null) return refuse('nick-malformed')
  if (isTaken(plan, bare, nick)) return refuse('reserved-elsewhere')
  if (mode === 'ask' && affiliation === 'none') return ask(plan, actor, nick, '')
  const first = plan.tells.length
  if (affiliation === 'none') giveAffiliation(plan, actor, bare, 'member', '')
  const before = memberOf(plan, bare)
  const standing = config.persistent ? standingOf('joined', null) : before.standing
  const byRegistration = affiliation === 'none' || before.byRegistration
  const entry = setMember(plan, actor, before, { ...before, nick, registered: true, byRegistration, standing }, '')
  plan.tells.push({ tell: 'member', of: bare, entry })
  answerBetween(plan, first)
  return null
}
export function unregister(plan: Plan, actor: Actor): Refusal | null {
  const bare = actor.jid!
  const before = memberOf(plan, bare)
  if (!before.registered) return told(plan)
  const first = plan.tells.length
  const isInside = plan.nicksOf.has(bare)
  const visit: Standing | null = isInside && before.role !== null ? { is: 'joined', lasting: false, by: null, until: null } : null
  const after: Member = { ...before, nick: null, registered: false, standing: visit, role: visit === null ? null : before.role }
  const entry = setMember(plan, actor, before, after, '')
  plan.tells.push({ tell: 'member', of: bare, entry })
  if (before.byRegistration && before.affiliation === 'member') giveAffiliation(plan, actor, bare, 'none', '')
  answerBetween(plan, first)
  return null
}

/** Asks the people who may let a person in. */
export function knock(plan: Plan, actor: Actor, { nick, reason }: Extract<Command, { do: 'knock' }>): Refusal | null {
  const { ended } = plan.facts
  if (ended !== null) return { refuse: 'gone', alternate: ended.alternate }
  if (plan.affiliationOf(actor.jid!) === 'outcast') return refuse('banned')
  return registrationMode(plan) === 'ask' ? ask(plan, actor, nick, reason) : refuse('registration-off')
}
function ask(plan: Plan, actor: Actor, nick: string | null, reason: string): null {
  const before = memberOf(plan, actor.jid!)
  // Whoever belongs to the room, or is invited, does not lose that by asking
  const isWelcome = isLasting(before) || before.standing?.is === 'invited'
  const standing = isWelcome ? before.standing : standingOf('knocked', null)
  const entry = setMember(plan, actor, before, { ...before, standing }, reason)
  plan.tells.push({ tell: 'asked', who: before.jid, nick, entry }, ANSWERED)
  return null
}

/** 7.8.2; in a members-only room the person becomes a member first (ROOM-106). */
export function invite(plan: Plan, actor: Actor, { who, reason, thread }: Extract<Command, { do: 'invite' }>): Refusal | null {
  const { ended, config } = plan.facts
  if (ended !== null) return { refuse: 'gone', alternate: ended.alternate }
  if (!mayInvite(standpointOf(plan, actor), config.membersOnly, config.allowInvites)) return refuse('rank')
  if (plan.affiliationOf(who) === 'outcast') return refuse('outcast')
  const first = plan.tells.length
  if (config.membersOnly && plan.affiliationOf(who) === 'none') {
    giveAffiliation(plan, actor, who, 'member', reason)
    plan.tells.push(...plan.tells.splice(first).map(notInviting))
  }
  const before = memberOf(plan, who)
  const isThere = isLasting(before) || plan.nicksOf.has(who)
  const standing = isThere ? before.standing : standingOf('invited', actor.jid)
  const entry = setMember(plan, actor, before, { ...before, standing }, reason)
  plan.tells.push({ tell: 'invited', who, cause: plan.cause(actor, reason), entry, thread: thread ?? null })
  answerBetween(plan, first)
  return null
}
/** A new member is invited by the room (ROOM-33), but not if somebody does it. */
const notInviting = (tell: Tell): Tell =>
  tell.tell === 'affiliations' ? { ...tell, changes: tell.changes.map((change) => ({ ...change, isInvited: false })) } : tell

export function decline(plan: Plan, actor: Actor, { reason }: Extract<Command, { do: 'decline' }>): Refusal | null {
  const before = memberOf(plan, actor.jid!)
  const { standing } = before
  if (standing === null || (standing.is !== 'invited' && standing.is !== 'knocked')) return refuse('not-invited')
  const entry = setMember(plan, actor, before, { ...before, standing: null }, reason)
  if (standing.by !== null) plan.tells.push({ tell: 'declined', who: before.jid, to: standing.by, reason, entry })
  plan.tells.push(ANSWERED)
  return null
}
