/** Everything that the board shows, as one value that never changes. A change creates the next value. */
import { hasNews, isSame, withArchived, withSaid, type ChatArchive, type ChatLine } from './chat-lines.ts'
import { standingAlone, WAITING_MAX, withDeed, withDeeds, type ChatPage, type Deed } from './deeds.ts'
import type { Faces } from './faces.ts'
import type { Found } from './found.ts'
import { alone, isRead, type Place } from './place.ts'
import type { Presences, Roster } from './roster.ts'
import type { Show } from './presence.ts'
import { allRead, lookedAt, olderRead, unreadOf, type Room } from './room.ts'
import type { Sightings } from './sightings.ts'

export type Phase = 'signed-out' | 'signing-in' | 'online' | 'reconnecting'

export interface OwnPresence {
  readonly show: Show
  readonly status: string
  readonly priority: number
  readonly invisible: boolean
}
/** A contact asks to see our presence (RFC 6121 3.1). */
export interface SubscriptionRequest {
  readonly jid: string
  readonly words: string | null
}
/** Somebody asks us into a room (XEP-0045 7.8, XEP-0249). */
export interface Invitation {
  readonly room: string
  /** Null if nobody says. */
  readonly from: string | null
  readonly reason: string | null
  readonly password: string | null
}
/** The rooms that the server lists for everybody. */
export interface RoomDirectory {
  readonly state: 'unread' | 'reading' | 'read'
  /** The domain of the rooms; null if the server has none. */
  readonly service: string | null
  readonly rooms: readonly { readonly jid: string; readonly name: string | null }[]
}
export interface Board {
  readonly phase: Phase
  /** What went wrong, in words for the person; null if nothing. */
  readonly trouble: string | null
  /** Our full address; null when signed out. */
  readonly me: string | null
  readonly own: OwnPresence
  /** Does the server support invisible sessions (XEP-0186)? */
  readonly canHide: boolean
  readonly roster: Roster
  /** Has the server sent the roster in this session? If not, it is the last known one. */
  readonly isRosterRead: boolean
  readonly presences: Presences
  readonly faces: Faces
  /** Pictures that were read, by their id. */
  readonly pictures: ReadonlyMap<string, ImageBitmap>
  readonly requests: readonly SubscriptionRequest[]
  readonly chats: ReadonlyMap<string, readonly ChatLine[]>
  /** What was said about messages of theirs that are not here. */
  readonly deeds: ReadonlyMap<string, readonly Deed[]>
  /** Who is writing to us, and since when we know it (XEP-0085). */
  readonly writing: ReadonlyMap<string, Date>
  /** What the archive has of them; nothing of those that were never opened. */
  readonly archives: ReadonlyMap<string, ChatArchive>
  readonly unread: ReadonlySet<string>
  /** Requests to contacts that came back with an error, by address. */
  readonly refusals: ReadonlyMap<string, string>
  /** At the very first login: the other one of the first two accounts, which we know nothing about yet. */
  readonly friend: string | null
  /** The rooms that the person wants to be in, by address. */
  readonly rooms: ReadonlyMap<string, Room>
  readonly invitations: readonly Invitation[]
  readonly directory: RoomDirectory
  /** When people were here, as this browser has seen it. */
  readonly sightings: Sightings
  /** Hosts, without ports, whose files this server has. */
  readonly homes: ReadonlySet<string>
  /** Is the page on the screen? What is said meanwhile in an open conversation is new otherwise. */
  readonly isSeen: boolean
  /** The contact or the room whose details are open. */
  readonly open: string | null
  /** The line in it that a search has led to; null: the newest are looked at. */
  readonly place: Place | null
  /** What stands in their place. */
  readonly sheet: Sheet | null
  /** What was open before the sheet, and is again when it closes. */
  readonly behind: string | null
}
/** Forms beside the list: adding a contact, joining a room, inviting somebody, and oneself; who was here when; a search in messages. */
export type Sheet =
  | { readonly kind: 'add' | 'join' | 'invite' | 'own' | 'seen' }
  | { readonly kind: 'search'; readonly words: string }

export const SIGNED_OUT: Board = {
  phase: 'signed-out',
  trouble: null,
  me: null,
  canHide: false,
  own: { show: 'available', status: '', priority: 0, invisible: false },
  roster: new Map(),
  isRosterRead: false,
  presences: new Map(),
  faces: new Map(),
  pictures: new Map(),
  requests: [],
  chats: new Map(),
  deeds: new Map(),
  writing: new Map(),
  archives: new Map(),
  unread: new Set(),
  refusals: new Map(),
  friend: null,
  rooms: new Map(),
  invitations: [],
  directory: { state: 'unread', service: null, rooms: [] },
  sightings: new Map(),
  homes: new Set(),
  isSeen: true,
  open: null,
  place: null,
  sheet: null,
  behind: null,
}

/** The oldest are forgotten: strangers send them. */
const INVITATIONS_MAX = 20

/** Conversations with people who are no contacts. The oldest are forgotten: strangers begin them. */
const STRANGERS_MAX = 50
/** Who has talked with us without being a contact; the one who began last comes first. */
export const strangersIn = ({ chats, roster }: Pick<Board, 'chats' | 'roster'>): readonly string[] =>
  [...chats.keys()].filter((jid) => !roster.has(jid)).toReversed()

export function said(board: Board, jid: string, line: ChatLine): Board {
  const before = board.chats.get(jid) ?? []
  const lines = withSaid(before, line)
  if (lines === before) return board
  const [chats, deeds, unread] = [new Map(board.chats).set(jid, lines), new Map(board.deeds), new Set(board.unread)]
  if (!line.mine && !isLookedAt(board, jid)) unread.add(jid)
  for (const old of strangersIn({ chats, roster: board.roster }).slice(STRANGERS_MAX))
    for (const known of [chats, deeds, unread]) known.delete(old)
  return { ...board, chats, deeds, unread }
}
/** Something is said now about an earlier message of a conversation. */
export function done(board: Board, jid: string, deed: Deed): Board {
  const lines = withDeed(board.chats.get(jid) ?? [], deed)
  if (lines === null) {
    const next = deed.kind === 'correction' ? said(board, jid, standingAlone(deed)) : board
    return next.chats.has(jid) ? waiting(next, jid, [...(next.deeds.get(jid) ?? []), deed]) : next
  }
  const next = { ...board, chats: new Map(board.chats).set(jid, lines) }
  const isNews = deed.kind === 'correction' && !deed.mine && !isLookedAt(board, jid)
  return isNews ? { ...next, unread: new Set(board.unread).add(jid) } : next
}
/** Deeds wait for the messages that they mean. */
const waiting = (board: Board, jid: string, deeds: readonly Deed[]): Board => ({
  ...board,
  deeds: new Map(board.deeds).set(jid, deeds.slice(-WAITING_MAX)),
})
/** A page of the archive of a conversation. */
export function archived(board: Board, jid: string, page: ChatPage): Board {
  const lines = withArchived(board.chats.get(jid) ?? [], page.lines)
  const next = withDeeds(lines, [...(board.deeds.get(jid) ?? []), ...page.deeds])
  return waiting({ ...board, chats: new Map(board.chats).set(jid, next.lines) }, jid, next.deeds)
}
export const archiveRead = (board: Board, jid: string, archive: ChatArchive): Board => ({
  ...board,
  archives: new Map(board.archives).set(jid, archive),
})
/** What contacts said while nobody was looking. @param displayed what was displayed last, by chat */
export function missed(board: Board, pages: ReadonlyMap<string, ChatPage>, displayed: ReadonlyMap<string, string>): Board {
  return [...pages].reduce((so, [jid, page]) => {
    if (!so.roster.has(jid) || !hasNews(page.lines, displayed.get(jid) ?? null)) return so
    const next = archived(so, jid, page)
    return isLookedAt(next, jid) ? next : { ...next, unread: new Set(next.unread).add(jid) }
  }, board)
}
/** Something becomes of a message of ours. @param id that of the message, or of its correction */
export function ownLine(board: Board, jid: string, id: string, change: (line: ChatLine) => ChatLine): Board {
  const before = board.chats.get(jid)
  const lines = before?.map((line) => (line.mine && (line.id === id || line.version === id) ? change(line) : line))
  return lines === undefined ? board : { ...board, chats: new Map(board.chats).set(jid, lines) }
}
/** @param since null: they do not write any more. Strangers count only if a conversation is there already. */
export function writing(board: Board, jid: string, since: Date | null): Board {
  if (since === null) return board.writing.has(jid) ? { ...board, writing: withoutKey(board.writing, jid) } : board
  const isKnown = board.roster.has(jid) || board.chats.has(jid)
  return isKnown ? { ...board, writing: new Map(board.writing).set(jid, since) } : board
}
function withoutKey<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  const next = new Map(map)
  next.delete(key)
  return next
}
export function opened(board: Board, jid: string | null): Board {
  const unread = new Set(board.unread)
  if (jid !== null) unread.delete(jid)
  const next = { ...board, open: jid, place: null, sheet: null, behind: null, unread }
  return jid === null ? next : inRoom(next, jid, lookedAt)
}
export function sheetOpened(board: Board, sheet: Sheet): Board {
  const behind = board.sheet === null ? board.open : board.behind
  return { ...opened(board, null), sheet, behind }
}
/** What was open before is open again, if it is still there. */
export function sheetClosed(board: Board): Board {
  const { behind, rooms, roster, chats } = board
  const isThere = behind !== null && (rooms.has(behind) || roster.has(behind) || chats.has(behind))
  return opened(board, isThere ? behind : null)
}
/** A search has led to a line. @param words what was searched for */
export function placeFound(board: Board, { kind, jid, line }: Found, words: string): Board {
  const archiveId = line.archiveId!
  const place = { jid, archiveId, words, chat: null, room: null }
  const next = opened(board, jid)
  // What is new is not read by somebody who looks far back
  const far = { ...board, open: jid, sheet: null, behind: null }
  if (kind === 'room') {
    const isHere = board.rooms.get(jid)?.lines.some(({ key }) => key === archiveId) === true
    return isHere ? { ...next, place } : { ...far, place: { ...place, room: alone(line, archiveId) } }
  }
  const isHere = board.archives.has(jid) && board.chats.get(jid)?.some((other) => isSame(other, line)) === true
  // What we have said ourselves has no id of the archive here yet
  return isHere
    ? { ...archived(next, jid, { lines: [line], deeds: [] }), place }
    : { ...far, place: { ...place, chat: alone(line, archiveId) } }
}
/** An excerpt that touches the newest lines becomes a part of them. */
export function placeJoined(board: Board): Board {
  const { place } = board
  if (place?.chat != null && isRead(place.chat)) {
    const { jid, chat } = place
    const [here, archive] = [board.chats.get(jid) ?? [], board.archives.get(jid)]
    const touches = chat.lines.some((line) => here.some((other) => isSame(other, line)))
    if (!touches || archive === undefined || archive.older === 'reading') return board
    const next = { ...opened(archived(board, jid, { lines: chat.lines, deeds: [] }), jid), place: { ...place, chat: null } }
    const isFurtherBack = chat.lines[0]!.at < here[0]!.at
    return isFurtherBack ? archiveRead(next, jid, { older: chat.older, oldest: chat.first }) : next
  }
  if (place?.room != null && isRead(place.room)) {
    const { jid, room: excerpt } = place
    const keys = new Set(board.rooms.get(jid)?.lines.map(({ key }) => key))
    if (!excerpt.lines.some(({ key }) => keys.has(key))) return board
    const next = { ...opened(board, jid), place: { ...place, room: null } }
    if (keys.has(excerpt.lines[0]!.key)) return next
    return inRoom(next, jid, (room) => olderRead(room, excerpt.lines, excerpt.first, excerpt.older === 'none'))
  }
  return board
}
/** The place that a search has led to, in this conversation; null: there is none. */
export const placeIn = ({ place }: Board, jid: string): Place | null => (place?.jid === jid ? place : null)
const isFarBack = ({ place }: Board): boolean => place !== null && (place.chat !== null || place.room !== null)
/** Are the newest lines on the screen? */
export const isLookedAt = (board: Board, jid: string): boolean => board.isSeen && board.open === jid && !isFarBack(board)
/** The page comes on the screen, or is hidden. */
export const seen = (board: Board, isSeen: boolean): Board =>
  !isSeen || isFarBack(board)
    ? { ...board, isSeen }
    : { ...opened({ ...board, isSeen }, board.open), sheet: board.sheet, behind: board.behind, place: board.place }
/** How many conversations and rooms have something new. */
export const newsIn = ({ unread, rooms }: Board): number =>
  unread.size + [...rooms.values()].filter((room) => unreadOf(room).count > 0).length

/** Something becomes of a room; nothing if we do not want to be in it. What is said in an open room is read. */
export function inRoom(board: Board, jid: string, change: (room: Room) => Room): Board {
  const room = board.rooms.get(jid)
  if (room === undefined) return board
  const next = change(room)
  return { ...board, rooms: new Map(board.rooms).set(jid, isLookedAt(board, jid) ? allRead(next) : next) }
}
export function withRoom(board: Board, room: Room): Board {
  return { ...withoutInvitation(board, room.jid), rooms: new Map(board.rooms).set(room.jid, room) }
}
export function withoutRoom(board: Board, jid: string): Board {
  const rooms = new Map(board.rooms)
  rooms.delete(jid)
  return { ...board, rooms, open: board.open === jid ? null : board.open }
}
/** A newer invitation to the same room takes the place of an older one. */
export function invited(board: Board, invitation: Invitation): Board {
  const invitations = [...withoutInvitation(board, invitation.room).invitations, invitation].slice(-INVITATIONS_MAX)
  return { ...board, invitations }
}
export function withoutInvitation(board: Board, room: string): Board {
  return { ...board, invitations: board.invitations.filter((one) => one.room !== room) }
}
/** People are no contacts any more: nothing of them is shown. */
export function withoutContacts(board: Board, gone: readonly string[]): Board {
  const [presences, chats, unread] = [new Map(board.presences), new Map(board.chats), new Set(board.unread)]
  const [deeds, writers] = [new Map(board.deeds), new Map(board.writing)]
  for (const jid of gone) for (const known of [presences, chats, deeds, writers, unread]) known.delete(jid)
  return {
    ...board,
    presences,
    chats,
    deeds,
    writing: writers,
    unread,
    open: board.open !== null && gone.includes(board.open) ? null : board.open,
  }
}
/** We send a contact a new request. */
export function asking(board: Board, jid: string): Board {
  const refusals = new Map(board.refusals)
  return refusals.delete(jid) ? { ...board, refusals } : board
}
export function refused(board: Board, jid: string, words: string): Board {
  return { ...board, refusals: new Map(board.refusals).set(jid, words), trouble: words }
}
export function requested(board: Board, request: SubscriptionRequest): Board {
  return { ...board, requests: [...withoutRequest(board, request.jid).requests, request] }
}
export function withoutRequest(board: Board, jid: string): Board {
  return { ...board, requests: board.requests.filter((r) => r.jid !== jid) }
}
