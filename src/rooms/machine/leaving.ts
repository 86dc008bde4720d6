/** XEP-0045 7.14, and how an occupant is taken out: of the room by others, or by what became of the session. */
import type { Command } from './commands.ts'
import { end } from './ending.ts'
import { replace, samePresence, sessionOf, withSessions } from './occupants.ts'
import type { Plan } from './plan.ts'
import { refuse, type Refusal } from './refusals.ts'
import type { Affiliation } from './affiliation.ts'
import { occupantOfSession, type Occupant, type PresenceFacts } from './room.ts'
import type { Cause, Exit } from './tells.ts'

/** One session leaves. ROOM-57: the nickname stays as long as another session has it. */
export function leaveBy(plan: Plan, who: Extract<Command, { do: 'exit' | 'lost' }>): Refusal | null {
  const occupant = occupantOfSession(plan, who.who.full)
  if (occupant === undefined) return refuse('not-inside')
  const exit = who.do === 'exit' ? 'left' : 'lost'
  const presence = who.do === 'exit' ? who.presence : null
  const rest = occupant.sessions.filter(({ jid }) => jid.full !== who.who.full)
  if (rest.length === 0 && isLastOfCreator(plan, occupant)) end(plan, GIVEN_UP, '')
  else if (rest.length === 0) takeOut(plan, occupant, { exit, presence, cause: null, affiliation: occupant.affiliation })
  else {
    const sessions = [sessionOf(occupant, who.who)!]
    const { affiliation } = occupant
    plan.tells.push({ tell: 'out', occupant, sessions, affiliation, exit, to: 'self', cause: null, presence })
    replace(plan, occupant, withSessions(occupant, rest))
  }
  return null
}

/** ROOM-164: a room that nobody has configured ends with its creator's stay (10.1.3). */
const isLastOfCreator = ({ facts, nicksOf }: Plan, { bare }: Occupant): boolean =>
  facts.lockedFor?.owner === bare && nicksOf.get(bare)?.length === 1
const GIVEN_UP = { why: 'given up', alternate: '', reason: '' } as const

interface Leave {
  readonly exit: Exit
  readonly presence: PresenceFacts | null
  readonly cause: Cause | null
  /** From now on. */
  readonly affiliation: Affiliation
}
/** All sessions of an occupant go. What others hear of it is told after `answered` if somebody has asked for it (ROOM-30). */
export function takeOut(plan: Plan, occupant: Occupant, { exit, presence, cause, affiliation }: Leave): void {
  const { sessions, bare } = occupant
  plan.removeOccupant(occupant)
  if (!plan.nicksOf.has(bare)) depart(plan, bare)
  const tell = { tell: 'out', occupant, sessions, affiliation, exit, cause, presence } as const
  plan.tells.push({ ...tell, to: 'self' }, { ...tell, to: 'others' })
}
/** The role of a visitor is remembered for a while. */
function depart(plan: Plan, bare: string): void {
  const member = plan.members.get(bare)
  if (member?.standing?.lasting !== false) return
  const until = plan.circumstances.now + plan.circumstances.limits.visitKeepMs
  plan.setMember({ ...member, standing: { ...member.standing, until } })
}

/** 7.7: another presence. ROOM-69: one like the last is told to nobody. */
export function changePresence(plan: Plan, command: Extract<Command, { do: 'presence' }>): Refusal | null {
  const before = occupantOfSession(plan, command.who.full)
  if (before === undefined) return refuse('not-inside')
  const { presence, wantsDoubts, doubts } = command
  const known = sessionOf(before, command.who)!
  const isSame = samePresence(known.presence, presence)
  if (isSame && known.wantsDoubts === wantsDoubts && known.doubts.join() === doubts.join()) return null
  const at = isSame ? known.at : plan.circumstances.now
  const session = { ...known, presence, wantsDoubts, doubts, at }
  const sessions = before.sessions.map((s) => (s === known ? session : s))
  replace(plan, before, withSessions(before, sessions))
  return null
}

/** XEP-0310: what speaks against these sessions from now on. Those that are not here are passed over. */
export function doubt(plan: Plan, command: Extract<Command, { do: 'doubt' }>): null {
  for (const who of command.who) {
    const before = occupantOfSession(plan, who.full)
    if (before === undefined) continue
    const { doubts } = command
    const sessions = before.sessions.map((s) => (s.jid.full === who.full ? { ...s, doubts } : s))
    replace(plan, before, withSessions(before, sessions))
  }
  return null
}
