/**
 * The configuration of a room (XEP-0045 10.2, with the fields that clients use beside it): which fields there are, what they
 * are by default, and which values they may have. How a form names them is the matter of a face.
 */
import type { Role } from './affiliation.ts'

export interface RoomConfig {
  /** '' for none, as in all texts here. */
  readonly name: string
  readonly description: string
  /** A language tag (RFC 5646). */
  readonly language: string
  /** False: the room ends when the last occupant has left. */
  readonly persistent: boolean
  /** Listed by the service. */
  readonly public: boolean
  readonly membersOnly: boolean
  /** A person without an affiliation has no voice until somebody grants it. */
  readonly moderated: boolean
  readonly passwordProtected: boolean
  readonly password: string
  /** Who may see the real addresses of occupants. */
  readonly whois: 'anyone' | 'moderators'
  /** May participants change the subject? */
  readonly changeSubject: boolean
  /** May members of a members-only room invite? */
  readonly allowInvites: boolean
  readonly allowPrivateMessages: 'anyone' | 'participants' | 'moderators' | 'none'
  /** Occupants of these roles are shown to the others. */
  readonly presenceBroadcast: readonly Role[]
  /** Occupants of these roles may see the member list, where real addresses may be seen at all. */
  readonly memberList: readonly Role[]
  /** Null: as many as the service allows. */
  readonly occupantsMax: number | null
  /** The largest number of messages that a client receives on entering. */
  readonly historyMax: number
  /** What is said can be read in public. */
  readonly publicLog: boolean
  /** What is said is kept. */
  readonly archived: boolean
  /** Members see nothing older than their membership. */
  readonly historySinceMembership: boolean
  readonly pubsub: string
  /** Does the list of a public room's items name its occupants? */
  readonly listOccupants: boolean
  /** Does the room become quiet when very many are there (ROOM-153)? */
  readonly quiet: boolean
  /** Null: `auto` in open rooms, `ask` in members-only ones. */
  readonly registration: 'auto' | 'ask' | 'off' | null
  /** Occupants have the nickname that is reserved for them, and no other. */
  readonly nicksLocked: boolean
  /** Ids of the security policy (XEP-0258): of the label that those who enter are cleared for, */
  readonly label: string
  /** of the clearance for what is said, the default of the policy if there is none, */
  readonly clearance: string
  /** and of the label that messages without one get. */
  readonly defaultLabel: string
}
export type Field = keyof RoomConfig

export const ROLES: readonly Role[] = ['moderator', 'participant', 'visitor']

export const DEFAULTS: RoomConfig = {
  name: '',
  description: '',
  language: '',
  persistent: false,
  public: false,
  membersOnly: false,
  moderated: false,
  passwordProtected: false,
  password: '',
  whois: 'moderators',
  changeSubject: false,
  allowInvites: false,
  allowPrivateMessages: 'anyone',
  presenceBroadcast: ROLES,
  memberList: ROLES,
  occupantsMax: 200,
  historyMax: 50,
  publicLog: false,
  archived: true,
  historySinceMembership: false,
  pubsub: '',
  listOccupants: false,
  quiet: true,
  registration: null,
  nicksLocked: false,
  label: '',
  clearance: '',
  defaultLabel: '',
}

/** Characters. */
const TEXT_MAX: Readonly<Partial<Record<Field, number>>> = {
  name: 256,
  description: 1024,
  language: 35,
  password: 256,
  pubsub: 1024,
  label: 256,
  clearance: 256,
  defaultLabel: 256,
}
const HISTORY_MAX = 1000
const CHOICES: Readonly<Partial<Record<Field, readonly (string | null)[]>>> = {
  whois: ['anyone', 'moderators'],
  allowPrivateMessages: ['anyone', 'participants', 'moderators', 'none'],
  registration: ['auto', 'ask', 'off', null],
}
/** RFC 5646, as far as its letters go. */
const LANGUAGE = /^([A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*)?$/
// What XML 1.0 has no way to write, and the ends of lines where there is one line
const UNWRITABLE =
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

/** A field with a value that it cannot have, and why. */
export interface ConfigFault {
  readonly field: Field
  readonly why: string
}

/**
 * The configuration with those changes, or what is wrong with the result.
 * @param occupantsMax of the service
 */
export function configured(
  config: RoomConfig,
  changes: Partial<RoomConfig>,
  occupantsMax: number,
): { readonly config: RoomConfig } | { readonly fault: ConfigFault } {
  for (const [field, value] of Object.entries(changes) as [Field, unknown][]) {
    const why = faultOf(field, value, occupantsMax)
    if (why !== null) return { fault: { field, why } }
  }
  const after: RoomConfig = { ...config, ...changes }
  if (after.passwordProtected && after.password === '')
    return { fault: { field: 'password', why: 'a room that is protected by a password needs one' } }
  return { config: after }
}

function faultOf(field: Field, value: unknown, occupantsMax: number): string | null {
  const usual = DEFAULTS[field]
  const choices = CHOICES[field]
  if (choices !== undefined) return choices.includes(value as string | null) ? null : `must be one of ${choices.join(', ')}`
  if (field === 'occupantsMax')
    return value === null || isBetween(value, 1, occupantsMax) ? null : `must be from 1 to ${occupantsMax}`
  if (field === 'historyMax') return isBetween(value, 0, HISTORY_MAX) ? null : `must be from 0 to ${HISTORY_MAX}`
  if (typeof usual === 'boolean') return typeof value === 'boolean' ? null : 'must be true or false'
  if (Array.isArray(usual)) return isRoles(value) ? null : `must be some of ${ROLES.join(', ')}`
  return typeof usual === 'string' ? faultOfText(field, value) : 'there is no such field'
}
const isBetween = (value: unknown, min: number, max: number): boolean =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= max
const isRoles = (value: unknown): boolean =>
  Array.isArray(value) && value.every((role) => ROLES.includes(role as Role)) && new Set(value).size === value.length
function faultOfText(field: Field, value: unknown): string | null {
  if (typeof value !== 'string') return 'must be a text'
  if ([...value].length > TEXT_MAX[field]!) return `must not be longer than ${TEXT_MAX[field]!} characters`
  if (UNWRITABLE.test(value) || (field !== 'description' && /[\n\r]/.test(value))) return 'has a character that cannot be written'
  return field === 'language' && !LANGUAGE.test(value) ? 'must be a language tag' : null
}

/** The fields that are not equal, with what they were and what they are. */
export type ConfigChanges = Readonly<Partial<Record<Field, readonly [old: unknown, now: unknown]>>>

export function changesBetween(before: RoomConfig, after: RoomConfig): ConfigChanges {
  const changes: Partial<Record<Field, readonly [unknown, unknown]>> = {}
  for (const field of Object.keys(DEFAULTS) as Field[])
    if (!isSame(before[field], after[field])) changes[field] = [before[field], after[field]]
  return changes
}
const isSame = (a: unknown, b: unknown): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((role) => b.includes(role)))
