/**
 * A place in what was said, that a search has led to: one line, marked, among those around it. Far back it is an excerpt of the
 * archive; as soon as the excerpt touches the lines that reach up to now, it is a part of them.
 */
import type { ChatLine } from './chat-lines.ts'
import type { Said } from './room-lines.ts'

/** A page of an archive (XEP-0313, XEP-0059). */
export interface ArchivePage<L> {
  readonly lines: readonly L[]
  /** The ids at its ends; null: it is empty. */
  readonly first: string | null
  readonly last: string | null
  /** There is nothing more in the direction that was asked for. */
  readonly isComplete: boolean
}
export type More = 'some' | 'reading' | 'none'

export interface Excerpt<L> {
  readonly lines: readonly L[]
  readonly older: More
  readonly newer: More
  /** The ids where it ends: older and newer pages lie beyond them. */
  readonly first: string
  readonly last: string
}
export interface Place {
  /** The contact or the room. */
  readonly jid: string
  /** The id of the marked line in the archive. */
  readonly archiveId: string
  /** What was searched for, to go back to it. */
  readonly words: string
  /** Lines of a contact; null: they are among those that reach up to now, or it is a room. */
  readonly chat: Excerpt<ChatLine> | null
  readonly room: Excerpt<Said> | null
}

/** The most lines of an excerpt. Beyond it those at the other end are forgotten, and can be read again. */
const EXCERPT_MAX = 300

interface Archived {
  readonly archiveId: string | null
}
/** A line alone: what is around it is being read. */
export const alone = <L extends Archived>(line: L, archiveId: string): Excerpt<L> => ({
  lines: [line],
  older: 'reading',
  newer: 'reading',
  first: archiveId,
  last: archiveId,
})
export function withOlderPage<L extends Archived>(excerpt: Excerpt<L>, { lines, first, isComplete }: ArchivePage<L>): Excerpt<L> {
  const all = [...lines, ...excerpt.lines]
  const kept = all.slice(0, EXCERPT_MAX)
  const next = { ...excerpt, lines: kept, first: first ?? excerpt.first, older: isComplete ? 'none' : 'some' } as const
  return kept.length === all.length ? next : { ...next, newer: 'some', last: endOf(kept.toReversed()) ?? excerpt.last }
}
export function withNewerPage<L extends Archived>(excerpt: Excerpt<L>, { lines, last, isComplete }: ArchivePage<L>): Excerpt<L> {
  const all = [...excerpt.lines, ...lines]
  const kept = all.slice(-EXCERPT_MAX)
  const next = { ...excerpt, lines: kept, last: last ?? excerpt.last, newer: isComplete ? 'none' : 'some' } as const
  return kept.length === all.length ? next : { ...next, older: 'some', first: endOf(kept) ?? excerpt.first }
}
const endOf = (lines: readonly Archived[]): string | null => lines.find(({ archiveId }) => archiveId !== null)?.archiveId ?? null

/** Has the excerpt been read as far as was asked? */
export const isRead = ({ older, newer }: Excerpt<unknown>): boolean => older !== 'reading' && newer !== 'reading'
