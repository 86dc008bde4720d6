/** XEP-0045 7.6: an occupant takes another nickname. */
import type { Command } from './commands.ts'
import { isTaken, ownHolder } from './nick-holders.ts'
import { changeSight, occupantOf, withSessions } from './occupants.ts'
import { nickIn } from './nicks.ts'
import type { Plan } from './plan.ts'
import { refuse, type Refusal } from './refusals.ts'
import { occupantOfSession, type Occupant } from './room.ts'

type Rename = Extract<Command, { do: 'nick' }>

/** ROOM-70: all sessions of the occupant move, to another occupant of the same person if that one has the nickname. */
export function rename(plan: Plan, command: Rename): Refusal | null {
  const before = occupantOfSession(plan, command.who.full)
  if (before === undefined) return refuse('not-inside')
  const nick = nickIn(command.nick)
  if (nick === null) return refuse('nick-malformed')
  const reserved = plan.members.get(before.bare)?.nick ?? null
  if (plan.facts.config.nicksLocked && reserved !== null && reserved !== nick) return refuse('nick-locked')
  if (isTaken(plan, before.bare, nick)) return refuse('nick-taken')
  if (nick === before.nick) return null
  const other = ownHolder(plan, before.bare, nick)
  const moved = withPresence(before, command, plan.circumstances.now)
  plan.removeOccupant(before)
  if (other === undefined || other === before) move(plan, before, moved, nick, nick !== command.nick)
  else merge(plan, before, moved, other, other.nick !== command.nick)
  return null
}

function withPresence(occupant: Occupant, { who, presence }: Rename, now: number): Occupant {
  const sessions = occupant.sessions.map((s) => (s.jid.full === who.full ? { ...s, presence, at: now } : s))
  return withSessions(occupant, sessions)
}
function move(plan: Plan, before: Occupant, moved: Occupant, nick: string, isRenamed: boolean): void {
  const after = occupantOf({ ...moved, nick }, moved.affiliation, moved.role, moved.sessions)
  plan.setOccupant(after)
  plan.tells.push({ tell: 'renamed', before, after, joined: null, isRenamed })
}
function merge(plan: Plan, before: Occupant, moved: Occupant, other: Occupant, isRenamed: boolean): void {
  const same = { arrival: Math.min(other.arrival, moved.arrival), isHeard: other.isHeard || moved.isHeard }
  const after = withSessions({ ...other, ...same }, [...other.sessions, ...moved.sessions])
  plan.setOccupant(after)
  plan.tells.push({ tell: 'renamed', before, after, joined: other, isRenamed })
  changeSight(plan, moved, after, moved.sessions)
  changeSight(plan, other, after, other.sessions)
}
