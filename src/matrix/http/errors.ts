/** Errors of the Matrix API: a status of HTTP, a code for programs, and a sentence for people (MXR-150). */
import { HttpRefusal, type HttpHeaders } from '../../base/http.ts'
import type { Millis } from '../../base/clock.ts'
import { OperatingError } from '../../server/ports.ts'
import type { StanzaCondition, StanzaError } from '../../xmpp/stanza-error.ts'

export type ErrorCode =
  | 'M_ALREADY_JOINED'
  | 'M_BAD_JSON'
  | 'M_BAD_STATE'
  | 'M_CANNOT_LEAVE_SERVER_NOTICE_ROOM'
  | 'M_EXCLUSIVE'
  | 'M_FORBIDDEN'
  | 'M_INVALID_PARAM'
  | 'M_INVALID_ROOM_STATE'
  | 'M_INVALID_SIGNATURE'
  | 'M_INVALID_USERNAME'
  | 'M_LIMIT_EXCEEDED'
  | 'M_MISSING_PARAM'
  | 'M_MISSING_TOKEN'
  | 'M_NOT_FOUND'
  | 'M_NOT_JSON'
  | 'M_ROOM_IN_USE'
  | 'M_TOO_LARGE'
  | 'M_UNKNOWN'
  | 'M_UNKNOWN_TOKEN'
  | 'M_UNRECOGNIZED'
  | 'M_UNSUPPORTED_ROOM_VERSION'
  | 'M_USER_IN_USE'
  | 'M_USER_LOCKED'
  | 'M_WEAK_PASSWORD'
  | 'M_WRONG_ROOM_KEYS_VERSION'
  | 'M_DUPLICATE_ANNOTATION'

/** Refuses a request. */
export class MatrixError extends Error {
  readonly status: number
  /** Null: the answer is no error for people, but asks the client for something. */
  readonly code: ErrorCode | null
  /** What stands beside code and sentence in the answer. */
  readonly more: object
  readonly headers: HttpHeaders

  /** @param sentence for people */
  constructor(status: number, code: ErrorCode | null, sentence: string, more: object = {}, headers: HttpHeaders = {}) {
    super(sentence)
    this.status = status
    this.code = code
    this.more = more
    this.headers = headers
  }
}

export const badJson = (sentence: string): MatrixError => new MatrixError(400, 'M_BAD_JSON', sentence)
export const notJson = (): MatrixError => new MatrixError(400, 'M_NOT_JSON', 'The body is not JSON in UTF-8')
export const invalidParam = (sentence: string): MatrixError => new MatrixError(400, 'M_INVALID_PARAM', sentence)
export const missingParam = (sentence: string): MatrixError => new MatrixError(400, 'M_MISSING_PARAM', sentence)
export const forbidden = (sentence: string): MatrixError => new MatrixError(403, 'M_FORBIDDEN', sentence)
export const notFound = (sentence: string): MatrixError => new MatrixError(404, 'M_NOT_FOUND', sentence)
export const tooLarge = (sentence: string): MatrixError => new MatrixError(413, 'M_TOO_LARGE', sentence)
export const missingToken = (): MatrixError => new MatrixError(401, 'M_MISSING_TOKEN', 'An access token is needed')
export const unknownToken = (): MatrixError =>
  new MatrixError(401, 'M_UNKNOWN_TOKEN', 'The access token is void: log in again', { soft_logout: false })
/** @param sentence what the operator says to the user */
export const locked = (sentence: string): MatrixError => new MatrixError(401, 'M_USER_LOCKED', sentence, { soft_logout: true })
export const unrecognized = (): MatrixError => new MatrixError(404, 'M_UNRECOGNIZED', 'This server has no such request')
export const wrongMethod = (allow: string): MatrixError => new MatrixError(405, 'M_UNRECOGNIZED', `Only ${allow}`, {}, { allow })

/** @param wait until the same request may succeed */
export const limitExceeded = (wait: Millis): MatrixError =>
  new MatrixError(
    429,
    'M_LIMIT_EXCEEDED',
    'Too many requests: wait a moment',
    { retry_after_ms: wait },
    { 'retry-after': String(Math.ceil(wait / 1000)) },
  )

/** A user that is refused by a part of the house without being told how long to wait. */
const WAIT: Millis = 10_000

/** Errors of stanzas that are no refusal (403). Those that ask the user to wait are no matter of the condition. */
const BY_CONDITION: Partial<Record<StanzaCondition, readonly [status: number, code: ErrorCode]>> = {
  'bad-request': [400, 'M_BAD_JSON'],
  'jid-malformed': [400, 'M_INVALID_PARAM'],
  'not-acceptable': [400, 'M_INVALID_PARAM'],
  'item-not-found': [404, 'M_NOT_FOUND'],
  'gone': [404, 'M_NOT_FOUND'],
  'internal-server-error': [500, 'M_UNKNOWN'],
}
const WAITING: readonly StanzaCondition[] = ['policy-violation', 'resource-constraint']

/** What a refusal of a stanza is here: MXR-150. */
export function ofStanza({ condition, detail, message }: StanzaError): MatrixError {
  if (WAITING.includes(condition)) return limitExceeded(WAIT)
  const [status, code] = BY_CONDITION[condition] ?? [403, 'M_FORBIDDEN']
  return new MatrixError(status, code, detail.text ?? message)
}

/** A failure of the server itself: its store, or a mistake in its program. */
export const failure = (error: unknown): MatrixError =>
  error instanceof OperatingError
    ? new MatrixError(
        error.isPassing ? 503 : 500,
        'M_UNKNOWN',
        'The server could not store or read what is needed: try again later',
      )
    : new MatrixError(500, 'M_UNKNOWN', 'The request failed; the log of the server has more')

/** The answer of HTTP. @param headers of every answer of this API */
export function refusalOf({ status, code, message, more, headers: own }: MatrixError, headers: HttpHeaders): HttpRefusal {
  const named = code === null ? {} : { errcode: code, error: message }
  return new HttpRefusal(status, JSON.stringify({ ...named, ...more }), { ...headers, ...own })
}
