/**
 * XEP-0045 5, 8 and 9: who may do what to whom. In this order: the rank of the sender (ROOM-160), then the rank of the target
 * (ROOM-161), then what nobody may do to themselves (ROOM-162; whether an owner is left is seen when all items are applied).
 */
import type { Reason } from './refusals.ts'
import type { Affiliation, Role } from './affiliation.ts'

const RANKS: readonly Affiliation[] = ['outcast', 'none', 'member', 'admin', 'owner']
export const rankOf = (affiliation: Affiliation): number => RANKS.indexOf(affiliation)
const isAdministrator = (affiliation: Affiliation): boolean => affiliation === 'admin' || affiliation === 'owner'

export interface Standpoint {
  readonly affiliation: Affiliation
  /** Null: not in the room. */
  readonly role: Role | null
}

/** 8.2 to 8.4, 9.6, 9.7: may the role become another one? */
export function mayChangeRole(actor: Standpoint, target: Standpoint, to: Role | 'none', isSelf: boolean): Reason | null {
  const isAboveModerators = isAdministrator(actor.affiliation)
  if (actor.role !== 'moderator') return 'rank' // ROOM-10
  const touchesModerators = to === 'moderator' || (target.role === 'moderator' && to !== 'none')
  if (touchesModerators && !isAboveModerators) return 'rank' // ROOM-15, 9.7
  if (to === 'none') return mayKick(actor, target, isSelf)
  if (to === 'moderator') return null
  if (isAdministrator(target.affiliation)) return 'protected' // ROOM-14, ROOM-16
  return to === 'visitor' ? mayMute(actor, target) : null
}
/** ROOM-12, ROOM-13 */
function mayKick(actor: Standpoint, target: Standpoint, isSelf: boolean): Reason | null {
  if (isSelf) return null
  if (rankOf(target.affiliation) > rankOf(actor.affiliation)) return 'protected'
  return target.role === 'moderator' && !isAdministrator(actor.affiliation) ? 'protected' : null
}
/** ROOM-14: those without an affiliation may be muted by a moderator who has none either. */
const mayMute = (actor: Standpoint, target: Standpoint): Reason | null =>
  target.affiliation !== 'none' && rankOf(target.affiliation) >= rankOf(actor.affiliation) ? 'protected' : null

/** 9.1 to 9.8, 10.3 to 10.8: may the affiliation become another one? */
export function mayChangeAffiliation(actor: Affiliation, target: Affiliation, to: Affiliation, isSelf: boolean): Reason | null {
  if (!isAdministrator(actor)) return 'rank' // ROOM-11
  if (to === 'outcast') return mayBan(actor, target, isSelf)
  const touchesAdministrators = isAdministrator(to) || isAdministrator(target)
  return touchesAdministrators && actor !== 'owner' ? 'rank' : null // ROOM-19
}
/** ROOM-17, ROOM-18 */
function mayBan(actor: Affiliation, target: Affiliation, isSelf: boolean): Reason | null {
  if (isSelf) return 'self-ban'
  return target === 'owner' || (target === 'admin' && actor !== 'owner') ? 'protected' : null
}

/** ROOM-106: in a members-only room an invitation makes the person a member. */
export function mayInvite(actor: Standpoint, membersOnly: boolean, allowInvites: boolean): boolean {
  if (!membersOnly) return actor.role !== null || actor.affiliation !== 'none'
  if (isAdministrator(actor.affiliation) || actor.role === 'moderator') return true
  return allowInvites && actor.affiliation === 'member'
}
