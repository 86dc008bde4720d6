/**
 * Lists of a room's people: who may see them, and what is in them (XEP-0045 8.5, 9.2, 9.5, 9.8, 10.5, 10.8). Those who ask for pages
 * (XEP-0059) get pages. Others get the whole list, but a list that the stream between two servers might not bear is begun with
 * its first page.
 */
import type { Affiliation, Role } from '../../rooms/machine/affiliation.ts'
import { seesAddressOf } from '../../rooms/machine/audience.ts'
import type { Actor } from '../../rooms/machine/commands.ts'
import { occupantOfSession, type Occupant, type Room } from '../../rooms/machine/room.ts'
import type { Element } from '../../xml/element.ts'
import { FIRST_PAGE, pageElement, pageOf, type PageAsk } from '../../xmpp/result-set.ts'
import { affiliationItem, roleItem, type ListAsk } from './admin-items.ts'

/** Items of a page. */
const PAGE = 500
/** Octets of a list that is sent as a whole: to users of this server, and to others, whose servers may refuse more. */
const WHOLE_OCTETS_MAX = { here: 2 * 1024 * 1024, elsewhere: 200 * 1024 }
/** What an item has beside its id, about. */
const ITEM_OCTETS = 100

/** The ids of a list in their order, and what is said of each. */
export interface PeopleList {
  readonly ids: readonly string[]
  readonly item: (id: string) => Element
}

/** @returns null: this person may not see the list */
export function listFor(room: Room, actor: Actor, { affiliation, role }: ListAsk): PeopleList | null {
  const own = room.members.get(actor.jid!)?.affiliation ?? 'none'
  const occupant = actor.session === null ? undefined : occupantOfSession(room, actor.session.full)
  if (role !== null) return listOfRole(room, occupant, own, role)
  return maySeeAffiliations(room, own, occupant, affiliation!) ? listOfAffiliation(room, affiliation!) : null
}

/**
 * What of the list is sent: all of it, or a page with what XEP-0059 says of it.
 * @param ask null: pages were not asked for
 */
export function partOf({ ids, item }: PeopleList, ask: PageAsk | null, isFromHere: boolean): readonly Element[] {
  if (ask === null && octetsOf(ids) <= WHOLE_OCTETS_MAX[isFromHere ? 'here' : 'elsewhere']) return ids.map(item)
  const { items, page } = pageOf(ids, ask ?? FIRST_PAGE, (id) => id, PAGE)
  return [...items.map(item), pageElement(page)]
}
const octetsOf = (ids: readonly string[]): number => ids.reduce((sum, id) => sum + id.length + ITEM_OCTETS, 0)

/** ROOM-26 */
function listOfRole(room: Room, viewer: Occupant | undefined, own: Affiliation, role: Role): PeopleList | null {
  const isAdministrator = own === 'admin' || own === 'owner'
  if (role === 'moderator' ? !isAdministrator : viewer?.role !== 'moderator') return null
  const withAddress = ({ bare }: Occupant): boolean => viewer === undefined || seesAddressOf(room.facts, viewer, bare)
  const ids = [...room.occupants.values()].filter((one) => one.role === role).map(({ nick }) => nick)
  return {
    ids,
    item(nick) {
      const one = room.occupants.get(nick)!
      return roleItem(one, withAddress(one))
    },
  }
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
function listOfAffiliation({ members }: Room, affiliation: Affiliation): PeopleList {
  const ids: string[] = []
  for (const member of members.values()) if (member.affiliation === affiliation) ids.push(member.jid)
  return {
    ids,
    item(id) {
      const { jid, nick, reason } = members.get(id)!
      return affiliationItem(jid, affiliation, nick, reason)
    },
  }
}
