/** What happens in rooms, in words (the status codes of XEP-0045 15.6, and its errors). */
import { w } from '../words/index.ts'
import { sentence } from './words.ts'

export type Role = 'moderator' | 'participant' | 'visitor' | 'none'

/** Why we are not in a room, and what the person can do about it. */
export interface Outside {
  readonly words: string
  readonly remedy: 'other-nick' | 'password' | 'other-room' | 'again'
  /** The room that takes the place of a destroyed one. */
  readonly otherRoom: string | null
}

/** How somebody leaves a room. */
export type Exit = 'destroyed' | 'banned' | 'kicked' | 'unaffiliated' | 'membersOnly' | 'lost' | 'shutdown' | 'left'

export interface ExitSigns {
  readonly codes: ReadonlySet<number>
  readonly isDestroyed: boolean
}
export interface ExitDetails {
  readonly actor: string | null
  readonly reason: string | null
  readonly otherRoom: string | null
}

export function exitOf({ codes, isDestroyed }: ExitSigns): Exit {
  if (isDestroyed) return 'destroyed'
  if (codes.has(301)) return 'banned'
  // Some services say "kicked" beside it (7.2.18)
  if (codes.has(333)) return 'lost'
  if (codes.has(332)) return 'shutdown'
  if (codes.has(307)) return 'kicked'
  if (codes.has(321)) return 'unaffiliated'
  return codes.has(322) ? 'membersOnly' : 'left'
}

const added = (words: string, { actor, reason }: ExitDetails): string => sentence(`${words}${w.outside.byAnd(actor, reason)}`)

export const endWords = (exit: Exit, details: ExitDetails): string => added(w.outside.ours[exit], details)
/** Null if nobody needs to read it. */
export function outWords(nick: string, exit: Exit, details: ExitDetails): string | null {
  const words = (w.outside.theirs as Readonly<Partial<Record<Exit, string>>>)[exit]
  return words === undefined ? null : added(`${nick} ${words}`, details)
}

export const ROLE_WORDS: Readonly<Record<Role, string>> = w.notes
const CHANGES: ReadonlyMap<number, string> = new Map([
  [101, w.notes.placeChanged],
  [104, w.notes.configured],
  [170, w.notes.publicNow],
  [171, w.notes.privateNow],
  [172, w.notes.addressesShown],
  [173, w.notes.addressesHidden],
])
export const changeWords = (codes: ReadonlySet<number>): readonly string[] =>
  [...codes].flatMap((code) => CHANGES.get(code) ?? [])

export interface JoinError {
  readonly condition: string
  readonly text: string | null
  /** The room that takes its place, for `gone`. */
  readonly otherRoom: string | null
}
const REFUSALS: Readonly<Record<string, string>> = w.outside.refusals
/** Why the room does not let us in. */
export function outsideFor({ condition, text, otherRoom }: JoinError): Outside {
  const words = REFUSALS[condition] ?? w.outside.otherRefusal(text ?? condition.replaceAll('-', ' '))
  if (otherRoom !== null) return { words, remedy: 'other-room', otherRoom }
  const remedy =
    condition === 'conflict' || condition === 'not-acceptable'
      ? 'other-nick'
      : condition === 'not-authorized'
        ? 'password'
        : 'again'
  return { words, remedy, otherRoom }
}
/** May the same request succeed a little later? */
export const isPassing = (condition: string, type: string | null): boolean =>
  type === 'wait' || condition === 'remote-server-not-found' || condition === 'remote-server-timeout'
