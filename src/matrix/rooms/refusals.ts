/** What a refusal of a room is in Matrix (MXR-150). */
import type { Reason, Refusal } from '../../rooms/machine/refusals.ts'
import { badJson, forbidden, invalidParam, limitExceeded, MatrixError, notFound } from '../http/errors.ts'

/** Until the same request may succeed, where the room does not say. */
const WAIT_MS = 5000

const TEXTS: Readonly<Record<Reason, string>> = {
  'nick-malformed': 'This name cannot be used in a room',
  'gone': 'The room was closed',
  'no-such-room': 'There is no such room',
  'may-not-create': 'You may not create this room',
  'exists': 'There is such a room already',
  'locked': 'There is no such room, or it is not open yet',
  'banned': 'You are banned from this room',
  'members-only': 'Only people who are invited may join this room',
  'password': 'This room needs a password, or an invitation',
  'full': 'The room is full',
  'nick-taken': 'Somebody else in the room has this name',
  'nick-locked': 'Your name in this room cannot be changed',
  'too-many-sessions': 'You are in this room with too many clients',
  'not-inside': 'You are not in this room',
  'no-voice': 'You have no voice in this room',
  'subject-closed': 'You may not change the topic',
  'subject-too-long': 'The topic is too long',
  'messages-closed': 'The room does not allow you private messages',
  'no-such-occupant': 'This person is not in the room',
  'no-such-entry': 'The room has no such event',
  'not-the-author': 'Only the author may do this',
  'rank': 'Your rank in this room is too low',
  'protected': 'The rank of the other person is too high',
  'outcast': 'This person is banned from the room: unban them first',
  'self-ban': 'You cannot ban yourself',
  'last-owner': 'The room needs an owner',
  'items': 'Somebody is named twice',
  'domain-affiliation': 'A domain has no rank in a room',
  'too-many-affiliations': 'Too many people have a rank in this room',
  'no-such-hat': 'There is no such hat',
  'too-many-hats': 'The room has too many hats',
  'configuration': 'The room cannot be configured so',
  'log-needed': 'People who belong to the room need its history',
  'label': 'The room takes no messages with this label, or without one',
  'not-cleared': 'You are not cleared for this room',
  'registration-off': 'The room cannot be asked for admission',
  'not-invited': 'You are not invited into this room',
  'reserved-elsewhere': 'The name is reserved for somebody else',
  'too-fast': 'Too fast: wait a moment',
  'busy-domain': 'Too fast: wait a moment',
  'busy': 'A limit of the server is reached',
  'failed': 'The change could not be stored',
}
type Kind = (text: string) => MatrixError
/** All others are refused with 403. */
const KINDS: Partial<Record<Reason, Kind>> = {
  'gone': notFound,
  'no-such-room': notFound,
  'locked': notFound,
  'no-such-entry': notFound,
  'nick-malformed': invalidParam,
  'subject-too-long': badJson,
  'configuration': badJson,
  'items': badJson,
  'exists': (text) => new MatrixError(400, 'M_ROOM_IN_USE', text),
  'too-fast': () => limitExceeded(WAIT_MS),
  'busy-domain': () => limitExceeded(WAIT_MS),
  'failed': (text) => new MatrixError(500, 'M_UNKNOWN', text),
}

export function refusedBy({ refuse, why, field }: Refusal): MatrixError {
  const text = TEXTS[refuse]
  return (KINDS[refuse] ?? forbidden)(field === undefined ? text : `${text}: ${field} ${why ?? ''}`.trimEnd())
}
