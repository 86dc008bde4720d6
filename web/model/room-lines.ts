/** What stands in the conversation of a room: what people said, in the order of the room, and notes of the board about it. */

export interface Said {
  readonly kind: 'said'
  /** The id of the room's archive (XEP-0359); where it has none, that of the message. */
  readonly key: string
  /** The id that its author gave it. */
  readonly id: string | null
  /** Null if the room has no archive. */
  readonly archiveId: string | null
  /** Empty: the room itself. */
  readonly nick: string
  readonly isMine: boolean
  /** Null if the message was taken back (XEP-0424, XEP-0425). */
  readonly text: string | null
  /** Is the text the address of a file (XEP-0066)? */
  readonly isFile: boolean
  readonly at: Date
  /** 'sent': the room has not repeated it yet, so nobody may have it. */
  readonly state: 'sent' | 'said' | 'failed'
  /** The other person of a private message; null if it was said to all. */
  readonly privateWith: string | null
  readonly occupantId: string | null
  /** Does it name us? */
  readonly namesUs: boolean
}
/** Something that happened, in the words of the board. Nobody else sees it. */
export interface Note {
  readonly kind: 'note'
  readonly key: string
  readonly text: string
  readonly at: Date
}
export type Line = Said | Note

/** The most lines of a room that are kept in the page. */
export const ROOM_LINES_MAX = 1000

export const isSaid = (line: Line): line is Said => line.kind === 'said'
const isWaiting = (line: Line): line is Said => isSaid(line) && line.state !== 'said'

/** The lines after one that the room has just repeated; the one that waited for it is replaced, at the place that the room gave it. */
export function withLine(lines: readonly Line[], line: Line): readonly Line[] {
  const others = isSaid(line) && line.isMine ? lines.filter((other) => !isOriginalOf(other, line)) : lines
  return [...others, line].slice(-ROOM_LINES_MAX)
}
const isOriginalOf = (other: Line, line: Said): boolean => isWaiting(other) && other.id !== null && other.id === line.id

/**
 * The lines after the room has sent its history. What is known already is not repeated. If none of it is known, messages may be
 * missing in between: then only the history counts, and what is older is read from the archive.
 */
export function withHistory(known: readonly Line[], history: readonly Said[], hasArchive: boolean): readonly Line[] {
  if (history.length === 0) return known
  const ids = new Set(history.filter(({ isMine }) => isMine).map(({ id }) => id))
  const kept = known.filter((line) => !(isWaiting(line) && ids.has(line.id)))
  const keys = new Set(kept.map(({ key }) => key))
  const last = history.findLastIndex(({ key }) => keys.has(key))
  const isGap = last === -1 && hasArchive && kept.some((line) => isSaid(line) && line.state === 'said')
  const before = isGap ? kept.filter(isWaiting) : kept
  const fresh = history.slice(last + 1)
  const waiting = before.filter(isWaiting)
  return [...before.filter((line) => !isWaiting(line)), ...fresh, ...waiting].slice(-ROOM_LINES_MAX)
}

/** The lines after a message was taken back: by its author (XEP-0424), or by the room for a moderator (XEP-0425). */
export function withTakenBack(lines: readonly Line[], archiveId: string, by: Pick<Said, 'nick' | 'occupantId'>): readonly Line[] {
  return lines.map((line) =>
    isSaid(line) && line.archiveId === archiveId && (by.nick === '' || isSamePerson(line, by)) ? { ...line, text: null } : line,
  )
}
const isSamePerson = (a: Pick<Said, 'nick' | 'occupantId'>, b: Pick<Said, 'nick' | 'occupantId'>): boolean =>
  a.occupantId === null || b.occupantId === null ? a.nick === b.nick : a.occupantId === b.occupantId

/** The lines after an older page of the archive. */
export function withOlder(known: readonly Line[], page: readonly Said[]): readonly Line[] {
  const keys = new Set(known.map(({ key }) => key))
  return [...page.filter(({ key }) => !keys.has(key)), ...known]
}

/** The oldest line that the archive knows; null if there is none. */
export const oldestArchived = (lines: readonly Line[]): string | null =>
  lines.find((line): line is Said => isSaid(line) && line.archiveId !== null)?.archiveId ?? null

/** The last line that somebody said; empty if there is none. */
export const lastSaid = (lines: readonly Line[]): string =>
  lines.findLast((line) => isSaid(line) && line.state === 'said')?.key ?? ''

export interface Unread {
  readonly count: number
  /** How many of them name us, or are private. */
  readonly forUs: number
}
/** What others said after the line that was read last. @param read its key */
export function unreadIn(lines: readonly Line[], read: string): Unread {
  const from = lines.findLastIndex(({ key }) => key === read) + 1
  const unread = lines.slice(from).filter((line): line is Said => isSaid(line) && !line.isMine && line.text !== null)
  return { count: unread.length, forUs: unread.filter((line) => line.namesUs || line.privateWith !== null).length }
}

/** Does a text name somebody as a word of its own? */
export function names(text: string, nick: string): boolean {
  if (nick === '') return false
  const [where, what] = [text.toLowerCase(), nick.toLowerCase()]
  for (let at = where.indexOf(what); at !== -1; at = where.indexOf(what, at + 1)) {
    const around = [where.slice(0, at).at(-1), where[at + what.length]]
    if (around.every((c) => c === undefined || !/[\p{L}\p{N}]/u.test(c))) return true
  }
  return false
}
