/** The list of people and rooms: who comes first, what is folded away when there are many, and what a search finds. */
import type { Board } from './board.ts'
import { titleOf, unreadOf, type Room } from './room.ts'
import { nameOf, presenceOf, type Contact, type Presences, type Roster } from './roster.ts'
import type { PresenceView } from './presence.ts'

/** How sure it is that somebody is around. Somebody whose last known presence may be out of date comes behind the others. */
export type Standing = 'around' | 'doubted' | 'not-around'
export function standingOf(view: PresenceView): Standing {
  const [best] = view.resources
  if (best === undefined) return 'not-around'
  return view.heard && best.doubts.length === 0 ? 'around' : 'doubted'
}

export interface ListedGroup {
  /** Null for contacts without a group. */
  readonly name: string | null
  readonly shown: readonly Contact[]
  /** Who is not around, where they are so many that they would hide the others. */
  readonly folded: readonly Contact[]
  /** How many are around without a doubt. */
  readonly around: number
  /** How many may be around. */
  readonly doubted: number
}
export interface Listed {
  readonly roster: Roster
  readonly presences: Presences
  /** Has somebody written, or are they looked at? They are never folded away. */
  readonly stands: (jid: string) => 'new' | 'open' | null
}
export const listedOf = ({ roster, presences, unread, open }: Board): Listed => ({
  roster,
  presences,
  stands: (jid) => (unread.has(jid) ? 'new' : jid === open ? 'open' : null),
})

/** Up to so many contacts or rooms, all are shown. */
const CONTACTS_SHOWN = 20
const ROOMS_SHOWN = 8
const order = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })
const RANKS: Readonly<Record<Standing, number>> = { 'around': 1, 'doubted': 2, 'not-around': 3 }

/** Groups by name, contacts without a group at the end. A contact is in each of its groups (RFC 6121 2.1.2.6). */
export function groupsOf({ roster, presences, stands }: Listed): readonly ListedGroup[] {
  const members = new Map<string | null, Contact[]>()
  for (const contact of roster.values())
    for (const group of contact.groups.length === 0 ? [null] : contact.groups) {
      const list = members.get(group) ?? []
      list.push(contact)
      members.set(group, list)
    }
  const standing = ({ jid }: Contact): Standing => standingOf(presenceOf(presences, jid))
  const isFolded = (contact: Contact): boolean =>
    roster.size > CONTACTS_SHOWN && standing(contact) === 'not-around' && stands(contact.jid) === null
  return [...members]
    .sort(([a], [b]) => (a === null ? 1 : b === null ? -1 : order.compare(a, b)))
    .map(([name, contacts]) => {
      const sorted = sortedPeople(contacts, presences, stands)
      return {
        name,
        shown: sorted.filter((contact) => !isFolded(contact)),
        folded: sorted.filter(isFolded),
        around: contacts.filter((contact) => standing(contact) === 'around').length,
        doubted: contacts.filter((contact) => standing(contact) === 'doubted').length,
      }
    })
}
function sortedPeople(contacts: readonly Contact[], presences: Presences, stands: Listed['stands']): readonly Contact[] {
  const rank = ({ jid }: Contact): number => (stands(jid) === 'new' ? 0 : RANKS[standingOf(presenceOf(presences, jid))])
  return contacts.toSorted((a, b) => rank(a) - rank(b) || order.compare(nameOf(a), nameOf(b)) || order.compare(a.jid, b.jid))
}

/** As people type: without accents and capitals. */
const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
/** Does each word of the search occur? */
function finds(search: string, texts: readonly string[]): boolean {
  const where = plain(texts.join('\n'))
  return plain(search)
    .split(/\s+/)
    .every((word) => where.includes(word))
}
/** Everybody whose name, address or group has each word of the search in it. Who is around comes first. */
export const peopleFound = ({ roster, presences, stands }: Listed, search: string): readonly Contact[] =>
  sortedPeople(
    [...roster.values()].filter((contact) => finds(search, [nameOf(contact), contact.jid, ...contact.groups])),
    presences,
    stands,
  )

export interface ListedRooms {
  readonly shown: readonly Room[]
  /** Where nothing is new, when there are many. */
  readonly folded: readonly Room[]
}
export function roomsListed(rooms: ReadonlyMap<string, Room>, open: string | null): ListedRooms {
  const sorted = sortedRooms([...rooms.values()])
  const isCalm = (room: Room): boolean => (room.stay === 'in' || room.stay === 'joining') && unreadOf(room).count === 0
  const isFolded = (room: Room): boolean => rooms.size > ROOMS_SHOWN && room.jid !== open && isCalm(room)
  return { shown: sorted.filter((room) => !isFolded(room)), folded: sorted.filter(isFolded) }
}
/** What is new for us first, then what is new. */
function sortedRooms(rooms: readonly Room[]): readonly Room[] {
  const rank = (room: Room): number => {
    const { count, forUs } = unreadOf(room)
    return forUs > 0 ? 0 : count > 0 ? 1 : 2
  }
  return rooms.toSorted((a, b) => rank(a) - rank(b) || order.compare(titleOf(a), titleOf(b)) || order.compare(a.jid, b.jid))
}
export const roomsFound = (rooms: ReadonlyMap<string, Room>, search: string): readonly Room[] =>
  sortedRooms([...rooms.values()].filter((room) => finds(search, [titleOf(room), room.jid, room.subject?.text ?? ''])))
