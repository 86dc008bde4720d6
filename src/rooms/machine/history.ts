/** XEP-0045 7.2.13, 7.2.14: how much history a client receives on entering. The smallest of all wishes and limits counts. */
import type { HistoryAsk } from './tells.ts'

/** Messages that are shown if the client has no wish. */
const USUAL = 20

/** How many messages are to be looked at, at most. @param max the room's limit */
export function historyLimit(ask: HistoryAsk | null, max: number): number {
  if (ask === null) return Math.min(USUAL, max)
  const { maxCharacters, maxStanzas, since } = ask
  if (maxCharacters === 0) return 0
  if (maxStanzas !== null) return Math.min(maxStanzas, max)
  return maxCharacters === null && since === null ? Math.min(USUAL, max) : max
}

/** A message that could be shown. */
export interface Shown {
  readonly at: number
  /** Of the whole stanza as it is sent (7.2.14). */
  readonly characters: number
}
/** The last ones of `messages`, the oldest first, that are to be shown. */
export function historyOf<T extends Shown>(messages: readonly T[], ask: HistoryAsk | null, max: number): readonly T[] {
  let from = Math.max(0, messages.length - historyLimit(ask, max))
  if (ask?.since != null) while (from < messages.length && messages[from]!.at < ask.since) from += 1
  if (ask?.maxCharacters == null) return messages.slice(from)
  let left = ask.maxCharacters
  let begin = messages.length
  while (begin > from && (left -= messages[begin - 1]!.characters) >= 0) begin -= 1
  return messages.slice(begin)
}
