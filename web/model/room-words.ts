/** What happens in rooms, in words (the status codes of XEP-0045 15.6, and its errors). */

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

const OURS: Readonly<Record<Exit, string>> = {
  destroyed: 'The room was destroyed',
  banned: 'You were banned from the room',
  kicked: 'You were put out of the room',
  unaffiliated: 'You are no longer a member of the room, and had to leave it',
  membersOnly: 'The room is for members only now, and you had to leave it',
  lost: 'The room lost the connection to you',
  shutdown: 'The service of the room is shutting down',
  left: 'You have left the room',
}
const THEIRS: Readonly<Partial<Record<Exit, string>>> = {
  banned: 'was banned',
  kicked: 'was put out',
  unaffiliated: 'is no longer a member, and had to leave',
  membersOnly: 'had to leave: the room is for members only now',
}
const added = (words: string, { actor, reason }: ExitDetails): string =>
  `${words}${actor === null ? '' : ` by ${actor}`}${reason === null ? '' : `: ${reason}`}`.replace(/(?<![.!?…])$/u, '.')

export const endWords = (exit: Exit, details: ExitDetails): string => added(OURS[exit], details)
/** Null if nobody needs to read it. */
export function outWords(nick: string, exit: Exit, details: ExitDetails): string | null {
  const words = THEIRS[exit]
  return words === undefined ? null : added(`${nick} ${words}`, details)
}

export const ROLE_WORDS: Readonly<Record<Role, string>> = {
  moderator: 'You are a moderator of the room now.',
  participant: 'You may speak in the room now.',
  visitor: 'You may only listen in the room now.',
  none: 'You have no role in the room now.',
}
const CHANGES: ReadonlyMap<number, string> = new Map([
  [101, 'Your place in the room has changed while you were not in it.'],
  [104, 'The room was configured anew.'],
  [170, 'What is said here can be read in public from now on.'],
  [171, 'What is said here can no longer be read in public.'],
  [172, 'Everybody in the room sees your address from now on.'],
  [173, 'Only moderators see your address from now on.'],
])
export const changeWords = (codes: ReadonlySet<number>): readonly string[] =>
  [...codes].flatMap((code) => CHANGES.get(code) ?? [])

export interface JoinError {
  readonly condition: string
  readonly text: string | null
  /** The room that takes its place, for `gone`. */
  readonly otherRoom: string | null
}
const REFUSALS: Readonly<Record<string, string>> = {
  'conflict': 'Somebody else has this nickname in the room. Choose another one.',
  'not-authorized': 'The room has a password, and this is not it.',
  'forbidden': 'You are banned from this room.',
  'registration-required': 'The room is for members only, and you are not one.',
  'item-not-found': 'The room is being set up by the person who made it. Try again in a moment.',
  'not-allowed': 'There is no such room, and you may not make one here.',
  'gone': 'The room was destroyed.',
  'jid-malformed': 'This cannot be the name of a room, or not your nickname.',
  'remote-server-not-found': 'The server of the room cannot be found.',
  'remote-server-timeout': 'The server of the room does not answer.',
}
/** Why the room does not let us in. */
export function outsideFor({ condition, text, otherRoom }: JoinError): Outside {
  const words = REFUSALS[condition] ?? `The room does not let you in: ${text ?? condition.replaceAll('-', ' ')}.`
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
