/** What a search has found in several archives: one list, the newest first, as far back as all of them were read. */
import type { ChatLine } from './chat-lines.ts'
import type { Said } from './room-lines.ts'

/** With a contact, or in a room. */
export type Found =
  | { readonly kind: 'chat'; readonly jid: string; readonly line: ChatLine }
  | { readonly kind: 'room'; readonly jid: string; readonly line: Said }

/** The archive of the account, or that of a room, as far as it was read. */
export interface Source {
  /** The room; null: the archive of the account. */
  readonly room: string | null
  /** The newest first. */
  readonly found: readonly Found[]
  /** Where the search goes on further back: '' at the newest; null: it is at the end. */
  readonly before: string | null
}
const timeOf = ({ line }: Found): number => line.at.getTime()
/** Down to here everything of the source is known. */
const knownDownTo = ({ found, before }: Source): number =>
  before === null ? -Infinity : found.length === 0 ? Infinity : timeOf(found.at(-1)!)

/** What no source can put anything in front of. */
export function foundIn(sources: readonly Source[]): readonly Found[] {
  const down = Math.max(...sources.map(knownDownTo))
  return sources
    .flatMap(({ found }) => found)
    .filter((one) => timeOf(one) >= down)
    .sort((a, b) => timeOf(b) - timeOf(a))
}
/** The sources that were read least far back, and so hold up the others; empty: all are at their ends. */
export function behind(sources: readonly Source[]): readonly Source[] {
  const down = Math.max(...sources.map(knownDownTo))
  return down === -Infinity ? [] : sources.filter((source) => knownDownTo(source) === down)
}
/** @param page null: the source is not searched any further */
export const withPage = (source: Source, page: Pick<Source, 'found' | 'before'> | null): Source =>
  page === null ? { ...source, before: null } : { ...source, found: [...source.found, ...page.found], before: page.before }
