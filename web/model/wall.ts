/** The wall: the people of a group or a room, large, for a screen that everybody in a room looks at. */
import { w } from '../words/index.ts'
import type { Board } from './board.ts'
import { contactWords } from './contact-words.ts'
import { faceOf } from './faces.ts'
import { groupsOf, peopleFound, standingOf, type Standing } from './listing.ts'
import { dotOf, type Dot, type PresenceView } from './presence.ts'
import { dotOfOccupant, titleOf, type Room } from './room.ts'
import { isShared, nameOf, presenceOf, type Contact } from './roster.ts'
import { lasting } from './words.ts'

/** What the address asks for: a room, a group, or all contacts. */
export interface WallWish {
  readonly room: string | null
  readonly group: string | null
}
export function wallWish(search: string): WallWish {
  const given = new URLSearchParams(search)
  return { room: given.get('room'), group: given.get('group') }
}

export interface WallPerson {
  readonly key: string
  readonly name: string
  readonly dot: Dot
  readonly words: string
}
export interface WallList {
  readonly title: string
  readonly people: readonly WallPerson[]
  /** How many are around without a doubt. */
  readonly around: number
  /** How many may be around. */
  readonly doubted: number
}

export function wallList(board: Board, { room, group }: WallWish, now: Date): WallList {
  if (room !== null) return roomList(board.rooms.get(room), room, now)
  const listed = { roster: board.roster, presences: board.presences, stands: () => null }
  const found = group === null ? null : groupsOf(listed).find(({ name }) => name === group)
  const contacts = group === null ? peopleFound(listed, '') : [...(found?.shown ?? []), ...(found?.folded ?? [])]
  const people = contacts.map((contact) => personOf(board, contact, now))
  return { title: group ?? w.list.contacts, people, ...counts(contacts.map(({ jid }) => presenceOf(board.presences, jid))) }
}
function counts(views: readonly PresenceView[]): Pick<WallList, 'around' | 'doubted'> {
  const count = (wanted: Standing): number => views.filter((view) => standingOf(view) === wanted).length
  return { around: count('around'), doubted: count('doubted') }
}
function personOf(board: Board, contact: Contact, now: Date): WallPerson {
  const view = presenceOf(board.presences, contact.jid)
  const known = { contact, view, face: faceOf(board.faces, contact.jid), refusal: undefined }
  const words = [ageWords(view, now), ...contactWords(known, now)].filter((part) => part !== '').join(' · ')
  return { key: contact.jid, name: nameOf(contact), dot: dotOf(view, isShared(contact)), words }
}
function roomList(room: Room | undefined, jid: string, now: Date): WallList {
  // The wall itself is nobody
  const others = [...(room?.occupants.values() ?? [])].filter(({ nick }) => nick !== room!.nick)
  const people = others
    .toSorted((a, b) => a.nick.localeCompare(b.nick))
    .map((who) => {
      const status = who.view.resources[0]?.status ?? ''
      const words = [ageWords(who.view, now), status].filter((part) => part !== '').join(' · ')
      return { key: who.nick, name: who.nick, dot: dotOfOccupant(who), words }
    })
  return { title: room === undefined ? jid : titleOf(room), people, ...counts(others.map(({ view }) => view)) }
}
/** How old a presence is that nobody doubts. Of a doubted one the other words say it. */
function ageWords({ heard, resources: [best] }: PresenceView, now: Date): string {
  if (!heard || best === undefined || best.saidAt === null || best.doubts.length > 0) return ''
  return w.times.lastingFor(lasting(best.saidAt, now))
}

/** How many fit on the screen, in the units of the size of a letter; at least one. */
export function wallCapacity(width: number, height: number, letter: number): number {
  const columns = Math.max(1, Math.floor(width / (TILE.width * letter)))
  const rows = Math.max(1, Math.floor((height - TILE.head * letter) / (TILE.height * letter)))
  return columns * rows
}
/** How much larger than usual the letters are, so that the people fill the screen: a few are read from further away. */
export type WallScale = 1 | 1.5 | 2
export function wallScale(people: number, capacityAt: (scale: WallScale) => number): WallScale {
  return ([2, 1.5] as const).find((scale) => capacityAt(scale) >= people) ?? 1
}
/** The usual size of a letter, in pixels; wall.css has the same numbers. */
export const wallLetter = (width: number, height: number): number => Math.min(80, Math.max(16, 0.032 * Math.min(width, height)))
/** In letters; wall.css has the same numbers. */
const TILE = { width: 13, height: 4.5, head: 4 }

/** The people of the page that is on the screen now; pages follow one another. */
export function wallPage(people: readonly WallPerson[], capacity: number, turn: number): readonly WallPerson[] {
  const pages = Math.max(1, Math.ceil(people.length / capacity))
  const first = (turn % pages) * capacity
  return people.slice(first, first + capacity)
}
