/**
 * Ids of events (MXR-1, MXR-19): `$` and the id of the entry in the log, which is its stanza id in XMPP. An entry that is several
 * events has `.1`, `.2` behind the id of all but the first. What has no entry, such as the creation, has an id made of what it says.
 */
import { createHmac } from 'node:crypto'
import type { EntryId } from '../../rooms/machine/drafts.ts'

/** @param part 0 for the first event of the entry */
export const eventIdOf = (entry: EntryId, part = 0): string => (part === 0 ? `$${entry}` : `$${entry}.${part}`)

/** The entry, and which of its events it is; null: it is not the id of an entry. */
export function entryOfEvent(id: string): { readonly entry: EntryId; readonly part: number } | null {
  const [, entry, part = '0'] = /^\$([\w-]{22})(?:\.([1-9]\d?))?$/.exec(id) ?? []
  return entry === undefined ? null : { entry, part: Number(part) }
}

/** Can it be the id of an entry? */
export const isEntryId = (text: string): boolean => /^[\w-]{22}$/.test(text)

const CHARACTERS = 22
/** Of a state that no entry says. @param says what makes it another event: its content */
export const idOfState = (room: { readonly secret: Uint8Array }, type: string, key: string, says: string): string =>
  `$s.${createHmac('sha256', room.secret).update(`state\0${type}\0${key}\0${says}`).digest('base64url').slice(0, CHARACTERS)}`
