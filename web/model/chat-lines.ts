/** The lines of a conversation with one contact: what is said now, and what the archive of the account has (XEP-0313). */

export interface ChatLine {
  /** As its author gave it. */
  readonly id: string
  /** The id in the archive of the account (XEP-0359); null if it has none, or nobody has told us. */
  readonly archiveId: string | null
  readonly mine: boolean
  readonly text: string
  /** Is the text the address of a file (XEP-0066)? */
  readonly isFile: boolean
  readonly at: Date
  /** The server could not deliver it. */
  readonly failed: boolean
}
/** What the archive has of a conversation that is not here yet. */
export interface ChatArchive {
  readonly older: 'reading' | 'some' | 'none'
  /** Where the next older page ends; null: at the end of the conversation. */
  readonly oldest: string | null
}

/** The most lines of one conversation that are kept in the page. */
export const CHAT_LINES_MAX = 500

/** Are they the same message? */
export const isSame = (a: ChatLine, b: ChatLine): boolean =>
  a.mine === b.mine && (a.archiveId !== null && b.archiveId !== null ? a.archiveId === b.archiveId : a.id === b.id)

/** The lines with one more; without, if it is there already. */
export const withSaid = (lines: readonly ChatLine[], line: ChatLine): readonly ChatLine[] =>
  lines.some((other) => isSame(other, line)) ? lines : [...lines, line].slice(-CHAT_LINES_MAX)

/** The lines with a page of the archive, each once, in the order of their times. */
export function withArchived(lines: readonly ChatLine[], page: readonly ChatLine[]): readonly ChatLine[] {
  const others = lines.filter((line) => !page.some((archived) => isSame(archived, line)))
  return [...page, ...others].sort((a, b) => a.at.getTime() - b.at.getTime())
}

/** The last one that the other person said and that has a place in the archive; null if there is none. */
export const lastTheirs = (lines: readonly ChatLine[]): string | null =>
  lines.findLast(({ mine, archiveId }) => !mine && archiveId !== null)?.archiveId ?? null

/**
 * Has the other person said something after the line that was displayed last? A line that is not among these is older than all of
 * them. @param displayed null: no client has ever said what it has displayed, so that nothing is news
 */
export function hasNews(lines: readonly ChatLine[], displayed: string | null): boolean {
  if (displayed === null) return false
  const read = lines.findIndex(({ archiveId }) => archiveId === displayed)
  return lines.slice(read + 1).some(({ mine }) => !mine)
}
