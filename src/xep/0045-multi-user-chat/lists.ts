/** Lists of a room's people: who may see them, and what is in them (XEP-0045 8.5, 9.2, 9.5, 9.8, 10.5, 10.8). */
import type { Affiliation, Role } from '../../rooms/machine/affiliation.ts'
import { seesAddressOf } from '../../rooms/machine/audience.ts'
import type { Actor } from '../../rooms/machine/commands.ts'
import { occupantOfSession, type Occupant, type Room } from '../../rooms/machine/room.ts'
import type { Element } from '../../xml/element.ts'
import { affiliationItem, roleItem, type ListAsk } from './admin-items.ts'

/** @returns null: this person may not see the list */
export function listFor(room: Room, actor: Actor, { affiliation, role }: ListAsk): readonly Element[] | null {
  const own = room.members.get(actor.jid!)?.affiliation ?? 'none'
  const occupant = actor.session === null ? undefined : occupantOfSession(room, actor.session.full)
  if (role !== null) return listOfRole(room, occupant, own, role)
  return maySeeAffiliations(room, own, occupant, affiliation!) ? listOfAffiliation(room, affiliation!) : null
}

/** ROOM-26 */
function listOfRole(room: Room, viewer: Occupant | undefined, own: Affiliation, role: Role): readonly Element[] | null {
  const isAdministrator = own === 'admin' || own === 'owner'
  if (role === 'moderator' ? !isAdministrator : viewer?.role !== 'moderator') return null
  const withAddress = ({ bare }: Occupant): boolean => viewer === undefined || seesAddressOf(room.facts, viewer, bare)
  return [...room.occupants.values()].filter((one) => one.role === role).map((one) => roleItem(one, withAddress(one)))
}

/** ROOM-27 */
export function maySeeAffiliations(
  { facts }: Room,
  own: Affiliation,
  occupant: Occupant | undefined,
  list: Affiliation,
): boolean {
  if (own === 'admin' || own === 'owner') return true
  if (list === 'outcast' || list === 'none' || facts.config.whois !== 'anyone') return false
  if (occupant !== undefined) return facts.config.memberList.includes(occupant.role)
  return own === 'member' && facts.config.memberList.includes('participant')
}
function listOfAffiliation({ members }: Room, affiliation: Affiliation): readonly Element[] {
  const items: Element[] = []
  for (const member of members.values())
    if (member.affiliation === affiliation) items.push(affiliationItem(member.jid, affiliation, member.nick, member.reason))
  return items
}
