/**
 * One room as the board knows it (XEP-0045): whether we are in it, who else is, and what was said. Pure: it takes what arrived,
 * and returns the next value.
 */
import { w } from '../words/index.ts'
import { after, dotOf, lastKnown, UNHEARD, type Dot, type PresenceNotice, type PresenceView } from './presence.ts'
import {
  isSaid,
  lastSaid,
  names,
  ROOM_LINES_MAX,
  unreadIn,
  withHistory,
  withLine,
  withOlder,
  withTakenBack,
} from './room-lines.ts'
import type { Line, Said, Unread } from './room-lines.ts'
import { changeWords, endWords, exitOf, outWords, ROLE_WORDS, type Exit, type Outside, type Role } from './room-words.ts'

export type Affiliation = 'owner' | 'admin' | 'member' | 'none' | 'outcast'

export interface Occupant {
  readonly nick: string
  readonly view: PresenceView
  readonly role: Role
  readonly affiliation: Affiliation
  /** What they are in the room, in its own words (XEP-0317). */
  readonly hats: readonly string[]
  /** The real address; null if the room hides it. */
  readonly jid: string | null
}
/** 'lost': put out without anybody's will, and the board joins again by itself. 'out': the person decides. */
export type Stay = 'joining' | 'in' | 'lost' | 'out'

export interface Subject {
  readonly text: string
  readonly nick: string
}
/** Somebody wants to speak (7.13), or to become a member (9.9). */
export interface Ask {
  readonly about: 'voice' | 'membership'
  readonly nick: string
  /** As the room writes it, of which some look it up; null if the room hides it. */
  readonly jid: string | null
}
export interface Room {
  readonly jid: string
  /** Null if it has none. */
  readonly name: string | null
  /** Ours: the one that we ask for, or have. */
  readonly nick: string
  readonly stay: Stay
  /** Have we been in it? Then the board joins again by itself where it can. */
  readonly wasIn: boolean
  readonly outside: Outside | null
  /** Does the account keep it for all clients of the person (XEP-0402)? */
  readonly isKept: boolean
  readonly occupants: ReadonlyMap<string, Occupant>
  /** Ours in this room (XEP-0421); null if it gives none. */
  readonly occupantId: string | null
  /** Does everybody in it see real addresses? */
  readonly showsAddresses: boolean
  readonly subject: Subject | null
  /** May participants change the subject? Moderators always may. */
  readonly opensSubject: boolean
  /** Does a new person only listen until a moderator gives them a voice? */
  readonly isModerated: boolean
  /** What people ask of us, who may decide it. */
  readonly asks: readonly Ask[]
  readonly lines: readonly Line[]
  /** The history, while the room sends it; null at other times. */
  readonly history: readonly Said[] | null
  /** The key of the line that was read last; null before the first history. */
  readonly read: string | null
  /** The line behind which something was new when the room was last looked at; null if nothing was. */
  readonly newAfter: string | null
  readonly hasArchive: boolean
  /** Does the archive find words (XEP-0431)? */
  readonly isSearchable: boolean
  /** What the archive has that is older (XEP-0313). */
  readonly older: 'unknown' | 'some' | 'reading' | 'none'
  /** Where the next older page of the archive ends; null: at the oldest line that is here. */
  readonly oldest: string | null
  /** How many notes there have been: each has a key of its own. */
  readonly notes: number
}

export const newRoom = (jid: string, nick: string, name: string | null = null): Room => ({
  jid,
  name,
  nick,
  stay: 'joining',
  wasIn: false,
  outside: null,
  isKept: false,
  occupants: new Map(),
  occupantId: null,
  showsAddresses: false,
  subject: null,
  opensSubject: false,
  isModerated: false,
  asks: [],
  lines: [],
  history: null,
  read: null,
  newAfter: null,
  hasArchive: false,
  isSearchable: false,
  older: 'unknown',
  oldest: null,
  notes: 0,
})

export const titleOf = ({ jid, name }: Pick<Room, 'jid' | 'name'>): string => name ?? jid.split('@')[0] ?? jid
export const ourselvesIn = (room: Room): Occupant | undefined => room.occupants.get(room.nick)
/** May we speak? A visitor of a moderated room may not. */
export const mayTalk = (room: Room): boolean => room.stay === 'in' && ourselvesIn(room)?.role !== 'visitor'
/** 8.1 */
export const maySetSubject = (room: Room): boolean =>
  mayTalk(room) && (room.opensSubject || ourselvesIn(room)?.role === 'moderator')
export const dotOfOccupant = ({ view }: Occupant): Dot => dotOf(view, true)
/** Of how many is not known whether they are still there. */
export const doubtedIn = (occupants: Room['occupants']): number =>
  [...occupants.values()].filter((who) => UNSURE.has(dotOfOccupant(who))).length
const UNSURE: ReadonlySet<Dot> = new Set(['paused', 'link-lost', 'unknown'])
export const unreadOf = ({ lines, read }: Room): Unread => (read === null ? NOTHING_UNREAD : unreadIn(lines, read))
const NOTHING_UNREAD: Unread = { count: 0, forUs: 0 }

export function noted(room: Room, text: string, at: Date): Room {
  const note = { kind: 'note', key: `note ${room.notes}`, text, at } as const
  return { ...room, notes: room.notes + 1, lines: withLine(room.lines, note) }
}
/** What a room says of itself (6.4). */
export interface RoomAbout {
  readonly name: string | null
  readonly hasArchive: boolean
  readonly isSearchable: boolean
  readonly opensSubject: boolean
  readonly isModerated: boolean
}
export function described(room: Room, about: RoomAbout): Room {
  const older = room.older === 'unknown' ? (about.hasArchive ? 'some' : 'none') : room.older
  return { ...room, ...about, older }
}
/** All of it was on the screen. */
export const allRead = (room: Room): Room => (room.read === null ? room : { ...room, read: lastSaid(room.lines) })

/** Somebody looks at the room, who did not before. */
export const lookedAt = (room: Room): Room => allRead({ ...room, newAfter: unreadOf(room).count === 0 ? null : room.read })

export const occupantsLastKnown = ({ occupants }: Room): Room['occupants'] =>
  new Map([...occupants].map(([key, who]) => [key, { ...who, view: lastKnown(who.view) }]))
/** The room is asked to let us in. Until it answers, what is known of its occupants is the last known. */
export function joining(room: Room, nick: string = room.nick): Room {
  return { ...room, nick, occupants: occupantsLastKnown(room), stay: 'joining', outside: null, history: null }
}
export const refused = (room: Room, outside: Outside, at: Date): Room =>
  noted({ ...room, stay: 'out', outside, occupants: new Map() }, outside.words, at)

/** A presence from a room, as far as the board shows it. */
export interface RoomPresence {
  readonly nick: string
  readonly notice: PresenceNotice
  readonly isSelf: boolean
  readonly codes: ReadonlySet<number>
  readonly role: Role
  readonly affiliation: Affiliation
  readonly hats: readonly string[]
  readonly jid: string | null
  readonly occupantId: string | null
  /** With code 303. */
  readonly newNick: string | null
  readonly actor: string | null
  readonly reason: string | null
  readonly isDestroyed: boolean
  readonly otherRoom: string | null
}

export function presented(room: Room, presence: RoomPresence, now: Date): Room {
  if (presence.notice.available) return presence.isSelf ? ourselves(room, presence, now) : shown(room, presence, now)
  if (presence.codes.has(303) && presence.newNick !== null) return renamed(room, presence, presence.newNick, now)
  return presence.isSelf ? ended(room, presence, now) : gone(room, presence, now)
}
function shown(room: Room, { nick, notice, role, affiliation, hats, jid }: RoomPresence, now: Date): Room {
  const before = room.occupants.get(nick)
  const view = after(before?.view ?? UNHEARD, { ...notice, resource: '' }, now)
  const occupant = { nick, view, role, affiliation, hats, jid: jid ?? before?.jid ?? null }
  return { ...room, occupants: new Map(room.occupants).set(nick, occupant) }
}
/** Our own presence comes last of all when we join (7.2.2): an occupant that was not shown before it is not there any more. */
function ourselves(room: Room, presence: RoomPresence, now: Date): Room {
  const next = { ...shown(room, presence, now), nick: presence.nick }
  if (room.stay === 'in') return roleChanged(room, next, now)
  const { codes, occupantId } = presence
  const occupants = new Map([...next.occupants].filter(([, { view }]) => view.heard))
  const isIn: Room = { ...next, occupants, occupantId, stay: 'in', wasIn: true, outside: null, history: [] }
  const addresses = { ...isIn, showsAddresses: codes.has(100) }
  const words = [
    ...(codes.has(210) ? [w.notes.callsYou(presence.nick)] : []),
    ...(codes.has(170) ? [w.notes.isPublic] : []),
    ...(isKnown(room) ? [w.notes.inAgain] : []),
  ]
  return words.reduce((so, text) => noted(so, text, now), addresses)
}
/** Has this page been in the room before? */
const isKnown = ({ wasIn, lines, occupants }: Room): boolean => wasIn && (lines.length > 0 || occupants.size > 0)
function roleChanged(before: Room, after: Room, now: Date): Room {
  const [was, is] = [ourselvesIn(before)?.role, ourselvesIn(after)!.role]
  return was === undefined || was === is ? after : noted(after, ROLE_WORDS[is], now)
}
function renamed(room: Room, { nick, isSelf }: RoomPresence, newNick: string, now: Date): Room {
  const occupants = new Map(room.occupants)
  const who = occupants.get(nick)
  occupants.delete(nick)
  if (who !== undefined) occupants.set(newNick, { ...who, nick: newNick })
  const words = isSelf ? w.notes.youRenamed(newNick) : w.notes.renamed(nick, newNick)
  return noted({ ...room, occupants, nick: isSelf ? newNick : room.nick }, words, now)
}
function gone(room: Room, presence: RoomPresence, now: Date): Room {
  const occupants = new Map(room.occupants)
  if (!occupants.delete(presence.nick)) return room
  const words = outWords(presence.nick, exitOf(presence), presence)
  return words === null ? { ...room, occupants } : noted({ ...room, occupants }, words, now)
}

const STAYS: Readonly<Record<Exit, Stay>> = {
  destroyed: 'out',
  banned: 'out',
  kicked: 'out',
  unaffiliated: 'out',
  membersOnly: 'out',
  left: 'out',
  lost: 'lost',
  shutdown: 'lost',
}
function ended(room: Room, presence: RoomPresence, now: Date): Room {
  const exit = exitOf(presence)
  const words = endWords(exit, presence)
  const remedy = presence.otherRoom === null ? 'again' : 'other-room'
  const outside: Outside = { words, remedy, otherRoom: presence.otherRoom }
  return noted({ ...room, stay: STAYS[exit], outside, occupants: new Map(), asks: [], history: null }, words, now)
}

/** The most that are kept: strangers send them. */
const ASKS_MAX = 20
const isSameAsk = (a: Ask, b: Ask): boolean => a.about === b.about && a.nick === b.nick
export const withoutAsk = (room: Room, ask: Ask): Room => ({ ...room, asks: room.asks.filter((other) => !isSameAsk(other, ask)) })
export const asked = (room: Room, ask: Ask): Room => ({ ...room, asks: [...withoutAsk(room, ask).asks, ask].slice(-ASKS_MAX) })
/** What still waits: somebody who has left, or speaks already, wants no voice. */
export const openAsks = ({ asks, occupants }: Pick<Room, 'asks' | 'occupants'>): readonly Ask[] =>
  asks.filter(({ about, nick }) => about === 'membership' || occupants.get(nick)?.role === 'visitor')

/** A message from a room, as far as the board shows it. */
export interface RoomMessage {
  readonly id: string | null
  readonly archiveId: string | null
  /** Empty: the room itself. */
  readonly nick: string
  readonly occupantId: string | null
  readonly text: string | null
  /** Is the text the address of a file? */
  readonly isFile: boolean
  /** It stands in the place of a message that was taken back (XEP-0424, XEP-0425). */
  readonly isTakenBack: boolean
  /** The id of the message that this one takes back. */
  readonly takesBack: string | null
  readonly subject: string | null
  readonly codes: ReadonlySet<number>
  /** When it was said, if it was not now (XEP-0203). */
  readonly at: Date | null
  readonly isPrivate: boolean
}

/** Is there something in it to be shown as said? What takes a message back says so for clients that do not know it. */
export const isLine = ({ text, isTakenBack, takesBack }: RoomMessage): boolean =>
  takesBack === null && (text !== null || isTakenBack)

/** @param key for a message without any id */
export function heard(room: Room, message: RoomMessage, key: string, now: Date): Room {
  if (message.text === null && message.subject !== null) return subjectSet(room, message, message.subject, now)
  const coded = changeWords(message.codes)
  const next = coded.reduce((so, text) => noted(so, text, now), room)
  if (message.takesBack !== null) return { ...next, lines: withTakenBack(next.lines, message.takesBack, message) }
  if (!isLine(message)) return next
  const line = lineOf(next, message, key, now)
  if (next.history !== null && message.at !== null && !message.isPrivate) return { ...next, history: [...next.history, line] }
  return added(message.isPrivate ? next : historyEnded(next), line)
}
/** A room of which the page has forgotten the oldest lines has something older to read. */
function added(room: Room, line: Said): Room {
  const next = { ...room, lines: withLine(room.lines, line) }
  const isForgotten = room.hasArchive && room.lines.length >= ROOM_LINES_MAX
  return isForgotten ? { ...next, oldest: null, older: 'some' } : next
}
export function lineOf(room: Room, message: RoomMessage, key: string, now: Date): Said {
  const { id, archiveId, nick, occupantId, text, isFile, isTakenBack, at, isPrivate } = message
  const isMine = occupantId === null || room.occupantId === null ? nick === room.nick : occupantId === room.occupantId
  return {
    kind: 'said',
    key: archiveId ?? id ?? key,
    id,
    archiveId,
    nick,
    isMine: isMine && !isPrivate,
    text: isTakenBack ? null : text,
    isFile,
    at: at ?? now,
    state: 'said',
    privateWith: isPrivate ? nick : null,
    occupantId,
    namesUs: !isMine && text !== null && names(text, room.nick),
  }
}
/** The subject is the last thing that a room sends to somebody who enters (7.2.15). */
function subjectSet(room: Room, { nick, at }: RoomMessage, text: string, now: Date): Room {
  const next = { ...historyEnded(room), subject: text === '' ? null : { text, nick } }
  const isNews = room.history === null && at === null
  return isNews ? noted(next, text === '' ? w.notes.subjectRemoved(by(nick)) : w.notes.subjectSet(by(nick), text), now) : next
}
const by = (nick: string): string => (nick === '' ? w.room.theRoom : nick)

/** What was not read before stays unread; what is older than our first visit is not news. */
function historyEnded(room: Room): Room {
  if (room.history === null) return room
  const hasArchive = room.history.some(({ archiveId }) => archiveId !== null)
  const lines = withHistory(room.lines, room.history, hasArchive)
  const isGap = room.lines.length > 0 && lines[0] !== room.lines[0]
  const next = { ...room, lines, history: null, read: room.read ?? lastSaid(lines) }
  return isGap ? { ...next, older: 'some', oldest: null } : next
}

/** A page of the archive. @param first where it begins; null: it is empty @param isComplete there is nothing older */
export function olderRead(room: Room, page: readonly Said[], first: string | null, isComplete: boolean): Room {
  const isEnd = isComplete || first === null
  return { ...room, lines: withOlder(room.lines, page), oldest: first, older: isEnd ? 'none' : 'some' }
}

/** Something that we say. */
export type Saying = Pick<Said, 'text' | 'isFile'> & {
  readonly id: string
  /** A nickname; null: everybody. */
  readonly to: string | null
}
/** The room has not repeated it yet. */
export function saying(room: Room, { id, text, isFile, to }: Saying, now: Date): Room {
  const line: Said = {
    kind: 'said',
    key: id,
    id,
    archiveId: null,
    nick: room.nick,
    isMine: true,
    text,
    isFile,
    at: now,
    // A private message is not repeated to its author
    state: to === null ? 'sent' : 'said',
    privateWith: to,
    occupantId: room.occupantId,
    namesUs: false,
  }
  return { ...room, lines: withLine(room.lines, line) }
}
export function notSaid(room: Room, id: string): Room {
  const lines = room.lines.map((line) =>
    isSaid(line) && line.isMine && line.id === id ? { ...line, state: 'failed' as const } : line,
  )
  return { ...room, lines }
}

/**
 * Does it become known that our own way to the room was interrupted and is there again? Then nobody knows whether the room has
 * put us out meanwhile (XEP-0310 5). Doubts that the room has about its occupants are no reason: it tells how they end.
 */
export function isWayBack(before: Room, after: Room): boolean {
  const service = after.jid.slice(after.jid.indexOf('@') + 1)
  const isCut = (room: Room): boolean =>
    [...room.occupants.values()].some(({ view }) =>
      view.resources.some(({ doubts }) => doubts.some(({ doubt, from }) => doubt === 'server-unavailable' && from !== service)),
    )
  return after.stay === 'in' && isCut(before) && !isCut(after)
}
