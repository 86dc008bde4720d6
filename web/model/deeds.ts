/**
 * What a message of a conversation says about an earlier one: it is corrected (XEP-0308), taken back (XEP-0424), reacted to (XEP-0444),
 * delivered (XEP-0184) or read (XEP-0333). Each side can change only what it has said itself, and mark only what it has received.
 */
import { marked, NO_REACTIONS, plainLine, withArchived, type ChatLine } from './chat-lines.ts'

interface About {
  /** Do we say it? */
  readonly mine: boolean
  /** The id of the message that is meant, as its author gave it. */
  readonly target: string
  readonly at: Date
}
export interface Correction extends About {
  readonly kind: 'correction'
  /** The message with the new text. */
  readonly id: string
  readonly archiveId: string | null
  readonly text: string
}
export interface Reactions extends About {
  readonly kind: 'reactions'
  /** All of this person to this message. */
  readonly emojis: readonly string[]
}
export type Deed = Correction | Reactions | (About & { readonly kind: 'retraction' | 'delivered' | 'read' })

/** Deeds that wait until the message that they mean is read from the archive. The oldest are forgotten. */
export const WAITING_MAX = 100

const EMOJIS_MAX = 10
/** In UTF-16 code units. The longest emoji of Unicode is a family of four with its joiners, and shorter. */
const EMOJI_LENGTH_MAX = 32
const graphemes = new Intl.Segmenter()

/** What can be shown of the reactions that somebody sends: each once, each one sign. */
export const emojisIn = (texts: readonly string[]): readonly string[] =>
  [...new Set(texts.map((text) => text.trim()))].filter(isOneSign).slice(0, EMOJIS_MAX)
const isOneSign = (text: string): boolean =>
  text !== '' && text.length <= EMOJI_LENGTH_MAX && [...graphemes.segment(text)].length === 1

/** The lines after the deed; null if the message that it means is not among them. */
export function withDeed(lines: readonly ChatLine[], deed: Deed): readonly ChatLine[] | null {
  const at = lines.findLastIndex((line) => isMeant(line, deed))
  if (at === -1) return null
  switch (deed.kind) {
    case 'correction':
      return withCorrection(lines, at, deed)
    case 'retraction':
      return lines.with(at, { ...lines[at]!, text: null, reactions: NO_REACTIONS })
    case 'reactions':
      return lines.with(at, reactedTo(lines[at]!, deed))
    case 'delivered':
      return lines.with(at, marked(lines[at]!, 'delivered'))
    case 'read':
      // XEP-0333 4: what was said before it was read as well
      return lines.map((line, i) => (i <= at && isReadWith(line, lines[at]!) ? marked(line, 'read') : line))
  }
}
/** Older pages of the archive are read later: what a side said last counts. */
function reactedTo(line: ChatLine, { mine, emojis, at }: Reactions): ChatLine {
  const side = mine ? 'mine' : 'theirs'
  const { reactions, reactedAt } = line
  if (reactedAt[side] !== undefined && reactedAt[side] > at) return line
  return { ...line, reactions: { ...reactions, [side]: emojis }, reactedAt: { ...reactedAt, [side]: at } }
}
function isMeant({ mine, id, version }: ChatLine, { kind, target, mine: isOurDeed }: Deed): boolean {
  // Nothing is known of a newer text by what is said of the one before
  if (kind === 'delivered' || kind === 'read') return target === version && mine && !isOurDeed
  return (target === id || target === version) && (kind === 'reactions' || mine === isOurDeed)
}
const isReadWith = ({ mine, mark, correctedAt }: ChatLine, last: ChatLine): boolean =>
  mine && mark !== 'failed' && (correctedAt === null || correctedAt <= (last.correctedAt ?? last.at))
function withCorrection(lines: readonly ChatLine[], at: number, deed: Correction): readonly ChatLine[] {
  const line = lines[at]!
  // It stood alone as long as the message that it corrects was not here
  return lines.with(at, correctedBy(line, deed)).filter((other, i) => i === at || !isAlone(other, deed))
}
const isAlone = ({ id, mine }: ChatLine, deed: Correction): boolean => id === deed.id && mine === deed.mine
function correctedBy(line: ChatLine, { id, archiveId, text, at }: Correction): ChatLine {
  if (line.text === null || line.version === id || (line.correctedAt !== null && line.correctedAt >= at)) return line
  const mark = line.mine ? (archiveId === null ? 'going' : 'stored') : null
  return { ...line, text, isFile: false, version: id, correctedAt: at, mark }
}
/** A correction of a message that is not here. */
export const standingAlone = ({ id, archiveId, mine, text, at }: Correction): ChatLine =>
  plainLine({ id, archiveId, mine, text, at, correctedAt: at })

/** Messages of a conversation, and what other messages say about these or older ones. */
export interface ChatPage {
  readonly lines: readonly ChatLine[]
  readonly deeds: readonly Deed[]
}
/** The lines after all deeds, and the deeds whose messages are not here. */
export function withDeeds(lines: readonly ChatLine[], deeds: readonly Deed[]): ChatPage {
  return deeds.reduce(
    (so: ChatPage, deed) => {
      const next = withDeed(so.lines, deed)
      if (next !== null) return { ...so, lines: next }
      const alone = deed.kind === 'correction' ? withArchived(so.lines, [standingAlone(deed)]) : so.lines
      return { lines: alone, deeds: [...so.deeds, deed] }
    },
    { lines, deeds: [] },
  )
}
