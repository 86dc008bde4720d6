/** The end of a room: all occupants are told, and every later command is refused. */
import { occupantOf } from './occupants.ts'
import type { Plan } from './plan.ts'
import type { Ended, Occupant } from './room.ts'

/** Told to each from their own nickname, with neither role nor affiliation (XEP-0045 10.9, 10.1.3). */
export function end(plan: Plan, ended: Ended, password: string): void {
  const occupants = [...plan.occupants].map(([, occupant]) => occupant)
  for (const occupant of occupants) plan.removeOccupant(occupant)
  plan.facts = { ...plan.facts, ended }
  const { alternate, reason } = ended
  if (occupants.length > 0) plan.tells.push({ tell: 'ended', occupants: occupants.map(gone), alternate, password, reason })
}
const gone = (occupant: Occupant): Occupant => occupantOf(occupant, 'none', occupant.role, occupant.sessions)

/** 7.14: a temporary room ends when its last occupant has left, unless a lasting member belongs to it. */
export function endIfDeserted(plan: Plan): void {
  const { config, ended } = plan.facts
  const isDeserted = ended === null && !config.persistent && plan.occupants.size === 0 && !isKept(plan)
  if (isDeserted) plan.facts = { ...plan.facts, ended: { why: 'empty', alternate: '', reason: '' } }
}
/** The creator of a room that was never configured, or the occupants of a temporary one, have not come back. */
export function settle(plan: Plan): null {
  if (plan.occupants.size > 0) return null
  if (plan.facts.lockedFor !== null) end(plan, { why: 'given up', alternate: '', reason: '' }, '')
  else endIfDeserted(plan)
  return null
}
function isKept({ members }: Plan): boolean {
  for (const [, { standing }] of members) if (standing?.lasting === true && standing.is === 'joined') return true
  return false
}
