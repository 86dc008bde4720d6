/** What a refusal of the room is in XMPP: the condition of each reason (XEP-0045 17.2 and the sections beside them). */
import type { Reason, Refusal } from '../../rooms/machine/refusals.ts'
import { StanzaError, type ErrorDetail, type StanzaCondition } from '../../xmpp/stanza-error.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { nameOfField } from './config-fields.ts'

type Answer = readonly [condition: StanzaCondition, text: string, detail?: ErrorDetail]

const ANSWERS: Readonly<Record<Reason, Answer>> = {
  'nick-malformed': ['not-acceptable', 'This cannot be a nickname'],
  'gone': ['gone', 'The room was destroyed'],
  'no-such-room': ['item-not-found', 'There is no such room'],
  'may-not-create': ['not-allowed', 'There is no such room, and you may not make it'],
  'exists': ['conflict', 'There is such a room already'],
  'locked': ['item-not-found', 'The room is not there, or not open yet'],
  'not-cleared': ['forbidden', 'Your clearance does not let you enter this room'],
  'banned': ['forbidden', 'You are banned from this room'],
  'members-only': ['registration-required', 'Only members may enter this room'],
  'password': ['not-authorized', 'The room needs a password'],
  'full': ['service-unavailable', 'The room is full', { type: 'wait' }],
  'nick-taken': ['conflict', 'The nickname is in use or reserved'],
  'nick-locked': ['not-acceptable', 'Your reserved nickname is in use', { type: 'cancel' }],
  'too-many-sessions': ['resource-constraint', 'You are in this room too many times'],
  'not-inside': ['not-acceptable', 'You are not in the room'],
  'no-voice': ['forbidden', 'You have no voice in this room'],
  'subject-closed': ['forbidden', 'You may not change the subject'],
  'subject-too-long': ['not-acceptable', 'The subject is too long'],
  'messages-closed': ['forbidden', 'The room does not allow you private messages'],
  'label': ['forbidden', 'This room does not take messages with this security label'],
  'no-such-occupant': ['item-not-found', 'Nobody of that name is in the room'],
  'no-such-entry': ['item-not-found', 'The room has no such message'],
  'not-the-author': ['forbidden', 'Only the author may do this'],
  'rank': ['forbidden', 'Your rank in this room is too low'],
  'protected': ['not-allowed', 'The rank of the other person is too high'],
  'outcast': ['forbidden', 'This person is banned from the room'],
  'self-ban': ['conflict', 'You cannot ban yourself'],
  'last-owner': ['conflict', 'The room needs an owner'],
  'items': ['bad-request', 'An item must change either the role or the affiliation of one person'],
  'domain-affiliation': ['not-acceptable', 'A domain can be banned, and have no other affiliation'],
  'too-many-affiliations': ['resource-constraint', 'The room has too many affiliations'],
  'no-such-hat': ['item-not-found', 'There is no such hat, or this person does not wear it'],
  'too-many-hats': ['resource-constraint', 'A limit of hats is reached'],
  'configuration': ['not-acceptable', 'The configuration is not possible'],
  'log-needed': ['not-acceptable', 'The archive is needed by people who belong to the room'],
  'registration-off': ['service-unavailable', 'The room takes no registrations'],
  'not-invited': ['item-not-found', 'There is no invitation to decline'],
  'reserved-elsewhere': ['conflict', 'The nickname is reserved for somebody else'],
  'too-fast': ['policy-violation', 'You do this too often; wait a moment', { type: 'wait' }],
  'busy-domain': ['resource-constraint', 'Too many enter from your server; wait a moment', { type: 'wait' }],
  'busy': ['resource-constraint', 'A limit of the service is reached'],
  'failed': ['internal-server-error', 'The change could not be stored', { type: 'wait' }],
}

/** Does the work; an error in it names the room (XEP-0045 7.2, RFC 6120 8.3.1). */
export function inNameOf<T>(room: Jid, work: () => T | Promise<T>): T | Promise<T> {
  try {
    const done = work()
    return done instanceof Promise ? done.catch((error: unknown) => fail(error, room)) : done
  } catch (error) {
    return fail(error, room)
  }
}
function fail(error: unknown, { bare }: Jid): never {
  const isUnnamed = error instanceof StanzaError && error.detail.by === undefined
  throw isUnnamed ? new StanzaError(error.condition, { ...error.detail, by: bare }) : error
}

/** @param by the bare JID of the room, or of the service where there is no room */
export function refused({ refuse, alternate = '', field, why }: Refusal, by: string): StanzaError {
  const [condition, text, detail] = ANSWERS[refuse]
  const told = field === undefined ? text : `${text}: ${nameOfField(field)} ${why ?? ''}`.trimEnd()
  const elsewhere = alternate === '' ? {} : { uri: `xmpp:${alternate}?join` }
  return new StanzaError(condition, { ...detail, ...elsewhere, text: told, by })
}
