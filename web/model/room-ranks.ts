/** Who may do what to whom in a room (XEP-0045 5, 8, 9), so that the board offers only what the room allows. The room decides. */
import { ourselvesIn, type Affiliation, type Occupant, type Room } from './room.ts'

const RANKS: readonly Affiliation[] = ['outcast', 'none', 'member', 'admin', 'owner']
const isAdministrator = ({ affiliation }: Pick<Occupant, 'affiliation'>): boolean =>
  affiliation === 'owner' || affiliation === 'admin'

/** Ourselves, if we are in the room and the other one is somebody else. */
function usAbove(room: Room, other: Occupant): Occupant | null {
  const us = ourselvesIn(room)
  return room.stay !== 'in' || us === undefined || other.nick === us.nick ? null : us
}
/** 8.2: a moderator may, unless the other one is of a higher rank, or a moderator too; administrators may put out those. */
export function mayPutOut(room: Room, other: Occupant): boolean {
  const us = usAbove(room, other)
  if (us?.role !== 'moderator') return false
  if (other.role === 'moderator' && !isAdministrator(us)) return false
  return RANKS.indexOf(us.affiliation) >= RANKS.indexOf(other.affiliation)
}
/** 9.1: administrators may; owners are banned by nobody, administrators by owners. Without the address there is nothing to ban. */
export function mayBan(room: Room, other: Occupant): boolean {
  const us = usAbove(room, other)
  if (us === null || !isAdministrator(us) || other.jid === null || other.affiliation === 'owner') return false
  return other.affiliation !== 'admin' || us.affiliation === 'owner'
}
/** 8.3: who only listens is allowed to speak by a moderator. */
export const mayGiveVoice = (room: Room, other: Occupant): boolean =>
  usAbove(room, other)?.role === 'moderator' && other.role === 'visitor'
/** 8.4: in a room without moderation everybody speaks. Somebody of the same rank or a higher one keeps their voice. */
export function mayTakeVoice(room: Room, other: Occupant): boolean {
  const us = usAbove(room, other)
  if (us?.role !== 'moderator' || !room.isModerated || other.role !== 'participant') return false
  return other.affiliation === 'none' || RANKS.indexOf(us.affiliation) > RANKS.indexOf(other.affiliation)
}
/** 9.3, 10.3, 10.6: admins make members, owners make admins and owners too. */
export function grantable(room: Room): readonly ('member' | 'admin' | 'owner')[] {
  const affiliation = room.stay === 'in' ? ourselvesIn(room)?.affiliation : undefined
  if (affiliation === 'owner') return ['member', 'admin', 'owner']
  return affiliation === 'admin' ? ['member'] : []
}
/** 9.4, 10.4, 10.7 */
export const mayWithdraw = (room: Room, affiliation: 'member' | 'admin' | 'owner'): boolean =>
  grantable(room).includes(affiliation)
/** 10.2 */
export const mayConfigure = (room: Room): boolean => room.stay === 'in' && ourselvesIn(room)?.affiliation === 'owner'
/** 9.2 */
export function maySeeBanned(room: Room): boolean {
  const us = ourselvesIn(room)
  return room.stay === 'in' && us !== undefined && isAdministrator(us)
}
