/** Why a command is refused. The words are the machine's; conditions and texts are made by a face. */
import type { Field } from './config.ts'

/** Behind each, the condition and the section that XEP-0045 has for it. */
export type Reason =
  // Whether there is a room
  | 'no-such-room' // item-not-found
  | 'may-not-create' // not-allowed, 10.1
  | 'exists' // conflict: a room is to be made, and there is one
  // Entering (7.2)
  | 'nick-malformed' // not-acceptable, 17.1
  | 'gone' // gone, with `alternate`
  | 'locked' // item-not-found, 10.1
  | 'not-cleared' // forbidden, XEP-0258 5.3: the label of the room is beyond the clearance of the person
  | 'banned' // forbidden, 7.2.7
  | 'members-only' // registration-required, 7.2.6
  | 'password' // not-authorized, 7.2.5
  | 'full' // service-unavailable, 7.2.9
  | 'nick-taken' // conflict, 7.2.8: in use by another person, or reserved for one
  | 'nick-locked' // not-acceptable, 7.10
  | 'too-many-sessions' // resource-constraint: of one person
  // In the room
  | 'not-inside' // not-acceptable, 7.4
  | 'no-voice' // forbidden, 7.4
  | 'subject-closed' // forbidden, 8.1
  | 'subject-too-long' // not-acceptable
  | 'messages-closed' // forbidden, 7.5: the room does not allow private messages from this role
  | 'label' // forbidden, XEP-0258 5.2.2: the label of the message is beyond the clearance of the room
  | 'no-such-occupant' // item-not-found, 7.5, 8.2
  | 'no-such-entry' // item-not-found: a target in the log
  | 'not-the-author' // forbidden: only authors retract what they said
  // Moderators, admins, owners (8, 9, 10)
  | 'rank' // forbidden: the sender's rank is too low for it
  | 'protected' // not-allowed: the rank of the other person protects them
  | 'outcast' // forbidden, 9.1: the other person is banned
  | 'self-ban' // conflict, 9.1
  | 'last-owner' // conflict, 10.4
  | 'items' // bad-request: an item says both things, neither, or somebody twice
  | 'domain-affiliation' // not-acceptable: domains are banned or not, nothing else
  | 'too-many-affiliations' // resource-constraint
  | 'no-such-hat' // item-not-found
  | 'too-many-hats' // resource-constraint
  | 'configuration' // not-acceptable, with `field` and `why`
  | 'log-needed' // not-acceptable: somebody belongs to the room who cannot do without its log
  // Belonging to it
  | 'registration-off' // service-unavailable, 7.10
  | 'not-invited' // item-not-found: nothing to decline
  | 'reserved-elsewhere' // conflict: the nickname is registered for another person
  // What went wrong here
  | 'too-fast' // policy-violation: of one person in one room
  | 'busy-domain' // resource-constraint: too many of one other domain
  | 'busy' // resource-constraint: a limit of the service
  | 'failed' // internal-server-error: the change could not be stored

export interface Refusal {
  readonly refuse: Reason
  /** With `gone`: where to go instead; '' for nowhere. */
  readonly alternate?: string
  /** With `configuration`. */
  readonly field?: Field
  readonly why?: string
}

export const refuse = (reason: Reason): Refusal => ({ refuse: reason })
