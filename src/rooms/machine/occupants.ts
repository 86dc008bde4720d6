/**
 * Sessions of an occupant (XEP-0045 7.2.8; ROOM-56 to 58): one nickname, one person, one or more clients. Others see the presence of
 * the session with the highest priority; if several have it, the newest one.
 */
import { createHmac } from 'node:crypto'
import type { Jid } from '../../xmpp/jid.ts'
import { ROLES } from './config.ts'
import type { Plan } from './plan.ts'
import type { Affiliation, Role } from './affiliation.ts'
import type { Occupant, OccupantSession, PresenceFacts, Room } from './room.ts'

/** XEP-0421: the same for all nicknames of a person, another one in each room. */
export const occupantId = (secret: Uint8Array, bare: string): string =>
  createHmac('sha256', secret).update(bare).digest('base64url')

/** The same without computing, as far as the person is there. */
export function idOf({ nicksOf, occupants, secret }: Room, bare: string): string {
  const nick = nicksOf.get(bare)?.[0]
  return nick === undefined ? occupantId(secret, bare) : occupants.get(nick)!.id
}

export function occupantOf(
  who: Pick<Occupant, 'nick' | 'bare' | 'id' | 'arrival' | 'isHeard' | 'hats'>,
  affiliation: Affiliation,
  role: Role,
  sessions: readonly OccupantSession[],
): Occupant {
  const { nick, bare, id, arrival, isHeard, hats } = who
  return {
    nick,
    bare,
    id,
    arrival,
    isHeard,
    affiliation,
    role,
    hats,
    sessions,
    effective: effectiveOf(sessions),
    doubts: doubtsOf(sessions),
  }
}
/** The same person under the same nickname, with those sessions. */
export const withSessions = (occupant: Occupant, sessions: readonly OccupantSession[]): Occupant =>
  occupantOf(occupant, occupant.affiliation, occupant.role, sessions)

function effectiveOf(sessions: readonly OccupantSession[]): OccupantSession {
  let best = sessions[0]!
  for (const session of sessions) if (comesBefore(session, best)) best = session
  return best
}
function comesBefore(a: OccupantSession, b: OccupantSession): boolean {
  if (a.presence.priority !== b.presence.priority) return a.presence.priority > b.presence.priority
  return a.at >= b.at
}

/** ROOM-133: an occupant is in doubt if all sessions are, by all that speaks against any of them. */
function doubtsOf(sessions: readonly OccupantSession[]): Occupant['doubts'] {
  if (sessions.some(({ doubts }) => doubts.length === 0)) return NO_DOUBTS
  return [...new Set(sessions.flatMap(({ doubts }) => doubts))]
}
export const NO_DOUBTS: Occupant['doubts'] = []

export const samePresence = (a: PresenceFacts, b: PresenceFacts): boolean =>
  a.priority === b.priority && a.lang === b.lang && (a.payload === b.payload || a.payload.text === b.payload.text)

/** Can a receiver that may see the real address tell the two apart? */
export const looksOther = (before: Occupant, after: Occupant): boolean =>
  before.effective.jid.full !== after.effective.jid.full || looksOtherVeiled(before, after)
/** Can a receiver that may not see the real address tell the two apart? */
export const looksOtherVeiled = (before: Occupant, after: Occupant): boolean =>
  before.role !== after.role ||
  before.affiliation !== after.affiliation ||
  before.hats !== after.hats ||
  !samePresence(before.effective.presence, after.effective.presence)

/** Puts `after` in the place of `before`, and tells everybody if it looks like another one. @param entering is told by `entered` */
export function replace(plan: Plan, before: Occupant, after: Occupant, entering: Jid | null = null): void {
  plan.setOccupant(after)
  if (looksOther(before, after)) plan.tells.push({ tell: 'update', before, after, to: 'all', cause: null, entering })
  if (before.doubts.join() !== after.doubts.join()) plan.tells.push({ tell: 'doubt', before, after })
}

export const sessionOf = ({ sessions }: Occupant, { full }: Jid): OccupantSession | undefined =>
  sessions.find(({ jid }) => jid.full === full)

/** Tells these sessions which occupants they may see from now on, and which not, if the change of role or arrival makes a difference. */
export function changeSight(plan: Plan, before: Occupant, after: Occupant, sessions: readonly OccupantSession[]): void {
  const { config, quietFrom } = plan.facts
  const isSame = (before.role === 'moderator') === (after.role === 'moderator') && before.arrival === after.arrival
  const isEverybodyShown = quietFrom === null && ROLES.every((role) => config.presenceBroadcast.includes(role))
  if (!isSame && !isEverybodyShown) plan.tells.push({ tell: 'sight', before, after, sessions })
}
