/** Everything that the board shows, as one value that never changes. A change creates the next value. */
import type { Presences, Roster } from './roster.ts'
import type { Show } from './presence.ts'
import { allRead, lookedAt, unreadOf, type Room } from './room.ts'

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
export interface ChatLine {
  readonly id: string
  readonly mine: boolean
  readonly text: string
  readonly at: Date
  /** The server could not deliver it. */
  readonly failed: boolean
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
  readonly requests: readonly SubscriptionRequest[]
  readonly chats: ReadonlyMap<string, readonly ChatLine[]>
  readonly unread: ReadonlySet<string>
  /** Requests to contacts that came back with an error, by address. */
  readonly refusals: ReadonlyMap<string, string>
  /** At the very first login: the other one of the first two accounts, which we know nothing about yet. */
  readonly friend: string | null
  /** The rooms that the person wants to be in, by address. */
  readonly rooms: ReadonlyMap<string, Room>
  readonly invitations: readonly Invitation[]
  readonly directory: RoomDirectory
  /** Is the page on the screen? What is said meanwhile in an open conversation is new otherwise. */
  readonly isSeen: boolean
  /** The contact or the room whose details are open. */
  readonly open: string | null
}

export const SIGNED_OUT: Board = {
  phase: 'signed-out',
  trouble: null,
  me: null,
  canHide: false,
  own: { show: 'available', status: '', priority: 0, invisible: false },
  roster: new Map(),
  isRosterRead: false,
  presences: new Map(),
  requests: [],
  chats: new Map(),
  unread: new Set(),
  refusals: new Map(),
  friend: null,
  rooms: new Map(),
  invitations: [],
  directory: { state: 'unread', service: null, rooms: [] },
  isSeen: true,
  open: null,
}

/** The most lines of one conversation that are kept in the page. */
const LINES_MAX = 500
/** The oldest are forgotten: strangers send them. */
const INVITATIONS_MAX = 20

export function said(board: Board, jid: string, line: ChatLine): Board {
  const chats = new Map(board.chats).set(jid, [...(board.chats.get(jid) ?? []), line].slice(-LINES_MAX))
  const unread = line.mine || isLookedAt(board, jid) ? board.unread : new Set(board.unread).add(jid)
  return { ...board, chats, unread }
}
export function lineFailed(board: Board, jid: string, id: string): Board {
  const lines = board.chats.get(jid)?.map((line) => (line.id === id ? { ...line, failed: true } : line))
  return lines === undefined ? board : { ...board, chats: new Map(board.chats).set(jid, lines) }
}
export function opened(board: Board, jid: string | null): Board {
  const unread = new Set(board.unread)
  if (jid !== null) unread.delete(jid)
  const next = { ...board, open: jid, unread }
  return jid === null ? next : inRoom(next, jid, lookedAt)
}
const isLookedAt = ({ open, isSeen }: Board, jid: string): boolean => isSeen && open === jid
/** The page comes on the screen, or is hidden. */
export const seen = (board: Board, isSeen: boolean): Board =>
  isSeen ? opened({ ...board, isSeen }, board.open) : { ...board, isSeen }
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
