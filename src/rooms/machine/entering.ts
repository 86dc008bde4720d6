/** XEP-0045 7.2: a session enters. The checks are in the order of ROOM-51, so that a stranger does not learn who is inside. */
import type { Command } from './commands.ts'
import { NO_DOUBTS, occupantId, occupantOf, replace, samePresence, sessionOf, withSessions } from './occupants.ts'
import { nickIn } from './nicks.ts'
import { hatsOf } from './hats.ts'
import { isTaken, ownHolder } from './nick-holders.ts'
import { takeOut } from './leaving.ts'
import { roleFor, type Plan } from './plan.ts'
import { rankOf } from './ranks.ts'
import { refuse, type Refusal } from './refusals.ts'
import { rename } from './renaming.ts'
import type { Affiliation } from './affiliation.ts'
import { occupantOfSession, type Member, type Occupant, type OccupantSession } from './room.ts'

type Enter = Extract<Command, { do: 'enter' }>

export function enter(plan: Plan, command: Enter): Refusal | null {
  const { labels } = plan.circumstances
  if (labels !== null && !labels.mayEnter(plan.room.address, plan.facts.config, command.as)) return refuse('not-cleared') // LAB-30
  const nick = nickIn(command.nick)
  if (nick === null) return refuse('nick-malformed')
  const bare = command.as.bare
  const affiliation = plan.affiliationOf(bare)
  const refusal = mayEnter(plan, command, affiliation)
  if (refusal !== null) return refusal
  const there = occupantOfSession(plan, command.as.full)
  if (there !== undefined) return enterAgain(plan, command, there, nick)
  const own = ownHolder(plan, bare, nick)
  if (own === undefined && isFull(plan, affiliation) && !putOutDoubted(plan, affiliation)) return refuse('full')
  const name = nickFor(plan, bare, nick)
  if ('refuse' in name) return name
  const isRenamed = name.nick !== command.nick
  const held = own ?? ownHolder(plan, bare, name.nick)
  return held === undefined
    ? comeIn(plan, command, affiliation, name.nick, isRenamed)
    : comeBeside(plan, command, held, held.nick !== command.nick)
}

function mayEnter(
  { facts, members, nickOfSession }: Plan,
  { as, password, byStanding }: Enter,
  affiliation: Affiliation,
): Refusal | null {
  const { ended, lockedFor, config } = facts
  if (ended !== null) return { refuse: 'gone', alternate: ended.alternate }
  if (lockedFor !== null && lockedFor.owner !== as.bare) return refuse('locked')
  if (affiliation === 'outcast') return refuse('banned')
  if (byStanding && isLasting(members.get(as.bare))) return null
  if (nickOfSession.has(as.full)) return null // ROOM-58: it is in
  if (config.membersOnly && affiliation === 'none') return refuse('members-only')
  if (config.passwordProtected && password !== config.password) return refuse('password')
  return null
}
const isLasting = (member: Member | undefined): boolean => member?.standing?.lasting === true && member.standing.is === 'joined'

/** 7.2.9: admins and owners are let in beyond the number, as far as a tenth of it. */
export function isFull({ facts, occupants, circumstances }: Plan, affiliation: Affiliation): boolean {
  const max = Math.min(facts.config.occupantsMax ?? Infinity, circumstances.limits.occupantsMax)
  const isPrivileged = affiliation === 'owner' || affiliation === 'admin'
  return occupants.size >= (isPrivileged ? max + Math.ceil(max / 10) : max)
}
/**
 * ROOM-138: a full room puts out one occupant who may be gone already: of the lowest affiliation, and not above that of the person
 * who enters, the one whose presence is the oldest. @returns false if there is none
 */
function putOutDoubted(plan: Plan, affiliation: Affiliation): boolean {
  let gone: Occupant | null = null
  for (const [, occupant] of plan.occupants)
    if (occupant.doubts.length > 0 && (gone === null || goesBefore(occupant, gone))) gone = occupant
  if (gone === null || rankOf(gone.affiliation) > rankOf(affiliation)) return false
  takeOut(plan, gone, { exit: 'lost', presence: null, cause: null, affiliation: gone.affiliation })
  return true
}
const goesBefore = (a: Occupant, b: Occupant): boolean =>
  a.affiliation === b.affiliation ? a.effective.at < b.effective.at : rankOf(a.affiliation) < rankOf(b.affiliation)

/** 7.10: where nicknames are locked, a person with a reserved one has that one. */
function nickFor(plan: Plan, bare: string, nick: string): { readonly nick: string } | Refusal {
  const reserved = plan.members.get(bare)?.nick ?? null
  const isLocked = plan.facts.config.nicksLocked && reserved !== null && reserved !== nick
  if (!isLocked) return isTaken(plan, bare, nick) ? refuse('nick-taken') : { nick }
  return isTaken(plan, bare, reserved) ? refuse('nick-locked') : { nick: reserved }
}

const sessionFrom = ({ as, face, presence, wantsDoubts }: Enter, now: number): OccupantSession => ({
  jid: as,
  face,
  presence,
  wantsDoubts,
  doubts: NO_DOUBTS,
  at: now,
})

function comeIn(plan: Plan, command: Enter, affiliation: Affiliation, nick: string, isRenamed: boolean): Refusal | null {
  const { room, circumstances } = plan
  const { bare } = command.as
  if ((plan.nicksOf.get(bare)?.length ?? 0) >= circumstances.limits.sessionsMax) return refuse('too-many-sessions')
  const role = plan.members.get(bare)?.role ?? roleFor(plan.facts, affiliation)
  const session = sessionFrom(command, circumstances.now)
  const id = plan.occupantsOf(bare)[0]?.id ?? occupantId(room.secret, bare)
  const hats = hatsOf(plan, plan.facts, bare)
  plan.arrivals += 1
  const occupant = occupantOf({ nick, bare, id, arrival: plan.arrivals, isHeard: false, hats }, affiliation, role, [session])
  plan.setOccupant(occupant)
  stay(plan, bare)
  const isNew = plan.facts.lockedFor !== null
  plan.tells.push({ tell: 'in', occupant })
  plan.tells.push({
    tell: 'entered',
    occupant,
    session,
    history: command.history,
    affiliationsSince: command.affiliationsSince,
    isNew,
    isRenamed,
    isAgain: false,
  })
  return null
}
/** A visitor has come back before the room forgot their role. */
function stay(plan: Plan, bare: string): void {
  const member = plan.members.get(bare)
  if (member?.standing?.lasting !== false || member.standing.until === null) return
  plan.setMember({ ...member, standing: { ...member.standing, until: null } })
}

/** ROOM-56: a further client of the same person. */
function comeBeside(plan: Plan, command: Enter, own: Occupant, isRenamed: boolean): Refusal | null {
  if (own.sessions.length >= plan.circumstances.limits.sessionsMax) return refuse('too-many-sessions')
  const session = sessionFrom(command, plan.circumstances.now)
  const occupant = withSessions(own, [...own.sessions, session])
  replace(plan, own, occupant, session.jid)
  const { history, affiliationsSince } = command
  plan.tells.push({ tell: 'entered', occupant, session, history, affiliationsSince, isNew: false, isRenamed, isAgain: false })
  return null
}

/** ROOM-58: the session is in the room already and asks to enter once more. */
function enterAgain(plan: Plan, command: Enter, there: Occupant, nick: string): Refusal | null {
  if (ownHolder(plan, command.as.bare, nick) !== there || there.nick !== nick) {
    const refusal = rename(plan, { do: 'nick', who: command.as, nick, presence: command.presence })
    if (refusal !== null) return refusal
  }
  const here = occupantOfSession(plan, command.as.full)!
  const known = sessionOf(here, command.as)!
  const isSame = samePresence(known.presence, command.presence)
  const session = { ...sessionFrom(command, isSame ? known.at : plan.circumstances.now) }
  const occupant = withSessions(
    here,
    here.sessions.map((other) => (other === known ? session : other)),
  )
  replace(plan, here, occupant, session.jid)
  const isRenamed = occupant.nick !== command.nick
  plan.tells.push({
    tell: 'entered',
    occupant,
    session,
    history: command.history,
    affiliationsSince: command.affiliationsSince,
    isNew: false,
    isRenamed,
    isAgain: true,
  })
  return null
}
