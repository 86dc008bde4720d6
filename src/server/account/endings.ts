/** Every way in which a session ends: its name for logs and metrics, and what its client is told. */
import { disabledWords, type Disabled } from '../../sasl/disabled.ts'
import type { Element } from '../../xml/element.ts'
import { StreamError, type StreamCondition } from '../../xmpp/stream-error.ts'

export interface Ending {
  readonly name: string
  /** The stream error for the client, before the footer; null for only a footer, or if there is no connection. */
  readonly condition: StreamCondition | null
  /** Text for people, in English. */
  readonly text: string | null
  /** What an extension adds to the condition (RFC 6120 4.9.4). */
  readonly specific: Element | null
  /** Only the connection failed: a session that can be resumed continues without it. */
  readonly resumable: boolean
}
const ending = (
  name: string,
  condition: StreamCondition | null,
  text: string | null = null,
  specific: Element | null = null,
): Ending => ({
  name,
  condition,
  text,
  specific,
  resumable: false,
})
const broken = (name: string, condition: StreamCondition | null, text: string | null = null): Ending => ({
  name,
  condition,
  text,
  specific: null,
  resumable: true,
})

/** The stream error for the peer; null for only a footer. */
export const errorOf = ({ condition, text, specific }: Ending): StreamError | null =>
  condition === null ? null : new StreamError(condition, text, specific)

/** The client closed its stream (RFC 6120 4.4). */
export const LOGOUT = ending('logout', null)
/** The connection broke without a closing tag. */
export const CONNECTION_LOST = broken('connection-lost', null)
/** A silent connection did not answer a question (RFC 6120 4.6.2). */
export const UNRESPONSIVE = broken('unresponsive', 'connection-timeout', 'Nothing was received for too long')
/** More output was waiting for the client than is allowed. */
export const SLOW_READER = broken('slow-reader', 'policy-violation', 'Too much output is waiting to be read')
/** Another login took over the resource (RFC 6120 7.7.2.2). */
export const REPLACED = ending('replaced', 'conflict', 'Replaced by a new connection')
/** The client resumed the session before the server knew that the old connection was broken (XEP-0198 5). */
export const TAKEN_OVER = broken('taken-over', 'conflict', 'The session was resumed on another connection')
/** More stanzas were unacknowledged than the queue can hold (XEP-0198). */
export const UNACKNOWLEDGED = ending('unacknowledged', 'policy-violation', 'Too much is waiting to be acknowledged')
/** The client did not resume the session in time. */
export const NOT_RESUMED = ending('not-resumed', null)
/** An operator ended the session. @param reason for the user; '' for none */
export const kicked = (reason: string): Ending =>
  ending('kicked', 'policy-violation', withReason('Closed by an operator', reason))
/** The account was deleted. */
export const ACCOUNT_DELETED = ending('account-deleted', 'not-authorized', 'The account was deleted')
/** An operator has disabled the account. */
export const accountDisabled = (disabled: Disabled): Ending =>
  ending('account-disabled', 'not-authorized', disabledWords(disabled))
/** An operator has taken away what its device could log in with. */
export const SIGNED_OUT = ending('signed-out', 'reset', 'Signed out by an operator')
/** The user has taken access away from this client in another one (XEP-0494). */
export const ACCESS_REVOKED = ending('access-revoked', 'not-authorized', 'The user has revoked the access of this client')
/** The password was changed in another session or by the operator. */
export const CREDENTIALS_CHANGED = ending('credentials-changed', 'reset', 'The password was changed')
/** The server stops. */
export const SHUTDOWN = ending('shutdown', 'system-shutdown')
/** The client broke the rules of the stream; the condition says which. */
export const violation = (condition: StreamCondition, text: string | null = null, specific: Element | null = null): Ending =>
  ending(condition, condition, text, specific)

const withReason = (words: string, reason: string): string => (reason === '' ? words : `${words}: ${reason}`)
