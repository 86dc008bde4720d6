/** The lines of a conversation with one contact: what is said now, and what the archive of the account has (XEP-0313). */

/**
 * How far a message of ours has come, as far as that is known: it is on its way; the server has it; it is in our archive; a client of the
 * other person has it; they have had it on the screen; or it came back.
 */
export type Mark = 'going' | 'sent' | 'stored' | 'delivered' | 'read' | 'failed'

export interface ChatLine {
  /** As its author gave it. */
  readonly id: string
  /** The id in the archive of the account (XEP-0359); null if it has none, or nobody has told us. */
  readonly archiveId: string | null
  readonly mine: boolean
  /** Null if it was taken back (XEP-0424). */
  readonly text: string | null
  /** The id of the message with this text: another one than the first after a correction (XEP-0308). */
  readonly version: string
  /** Null: it was not corrected. */
  readonly correctedAt: Date | null
  /** Is the text the address of a file (XEP-0066)? */
  readonly isFile: boolean
  readonly at: Date
  /** Null: it is not ours. */
  readonly mark: Mark | null
  /** Does its author want to know that it was read (XEP-0333)? */
  readonly isMarkable: boolean
  readonly reactions: { readonly mine: readonly string[]; readonly theirs: readonly string[] }
  /** When each side said so. */
  readonly reactedAt: { readonly mine?: Date; readonly theirs?: Date }
}
export const NO_REACTIONS = { mine: [], theirs: [] } as const
/** A message to which nothing has happened yet. */
export const plainLine = (line: Pick<ChatLine, 'id' | 'archiveId' | 'mine' | 'text' | 'at'> & Partial<ChatLine>): ChatLine => ({
  ...{ version: line.id, correctedAt: null, isFile: false, isMarkable: false, reactions: NO_REACTIONS, reactedAt: {} },
  mark: line.mine ? (line.archiveId === null ? 'going' : 'stored') : null,
  ...line,
})

const RANKS: readonly Mark[] = ['going', 'failed', 'sent', 'stored', 'delivered', 'read']
/** The line with what is known of it now. What was known already is not forgotten. */
export const marked = (line: ChatLine, mark: Mark): ChatLine =>
  line.mark === null || RANKS.indexOf(mark) <= RANKS.indexOf(line.mark) ? line : { ...line, mark }
/** It came back. What has arrived all the same stays so. */
export const failed = (line: ChatLine): ChatLine =>
  line.mark === 'delivered' || line.mark === 'read' || line.mark === null ? line : { ...line, mark: 'failed' }

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

/** The lines with a page of the archive, each once, in the order of their times. What became of a line meanwhile stays. */
export function withArchived(lines: readonly ChatLine[], page: readonly ChatLine[]): readonly ChatLine[] {
  const others = lines.filter((line) => !page.some((archived) => isSame(archived, line)))
  const both = page.map((archived) => {
    const here = lines.find((line) => isSame(archived, line))
    return here === undefined ? archived : joined(here, archived)
  })
  return [...both, ...others].sort((a, b) => a.at.getTime() - b.at.getTime())
}
function joined(here: ChatLine, archived: ChatLine): ChatLine {
  const { archiveId, at } = archived
  const text = archived.text === null ? null : here.text
  const line = { ...here, archiveId, at, text }
  return archived.mark === null || here.mark === 'failed' ? line : marked(line, archived.mark)
}

/** The last one that the other person said and that has a place in the archive; null if there is none. */
export const lastTheirs = (lines: readonly ChatLine[]): ChatLine | null =>
  lines.findLast(({ mine, archiveId }) => !mine && archiveId !== null) ?? null
/** Our last message, if it can be corrected. */
export function lastOwn(lines: readonly ChatLine[]): ChatLine | null {
  const last = lines.findLast(({ mine, text }) => mine && text !== null)
  return last === undefined || last.isFile || last.mark === 'failed' ? null : last
}

/**
 * Has the other person said something after the line that was displayed last? A line that is not among these is older than all of
 * them. @param displayed null: no client has ever said what it has displayed, so that nothing is news
 */
export function hasNews(lines: readonly ChatLine[], displayed: string | null): boolean {
  if (displayed === null) return false
  const read = lines.findIndex(({ archiveId }) => archiveId === displayed)
  return lines.slice(read + 1).some(({ mine }) => !mine)
}
