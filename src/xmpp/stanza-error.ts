/** Stanza errors (RFC 6120 section 8.3): the closed list of conditions and the reply that carries one. */
import { el, type Element } from '../xml/element.ts'
import type { Jid } from './jid.ts'
import { STANZA_ERRORS, CLIENT } from './ns.ts'
import { Packet, Payload } from './packet.ts'

export type ErrorType = 'auth' | 'cancel' | 'continue' | 'modify' | 'wait'

/** RFC 6120 8.3.3: each condition with the type that this section gives it. */
const CONDITIONS = {
  'bad-request': 'modify',
  'conflict': 'cancel',
  'feature-not-implemented': 'cancel',
  'forbidden': 'auth',
  'gone': 'cancel',
  'internal-server-error': 'cancel',
  'item-not-found': 'cancel',
  'jid-malformed': 'modify',
  'not-acceptable': 'modify',
  'not-allowed': 'cancel',
  'not-authorized': 'auth',
  'policy-violation': 'modify',
  'recipient-unavailable': 'wait',
  'redirect': 'modify',
  'registration-required': 'auth',
  'remote-server-not-found': 'cancel',
  'remote-server-timeout': 'wait',
  'resource-constraint': 'wait',
  'service-unavailable': 'cancel',
  'subscription-required': 'auth',
  'undefined-condition': 'modify',
  'unexpected-request': 'wait',
} as const satisfies Record<string, ErrorType>
export type StanzaCondition = keyof typeof CONDITIONS

export interface ErrorDetail {
  /** Replaces the usual type of the condition. */
  readonly type?: ErrorType
  /** Text for people, in English. */
  readonly text?: string
  /** An application-specific condition (8.3.4). */
  readonly specific?: Element
  /** Who refuses the stanza, if it is not the sender of the error (8.3.2). */
  readonly by?: string
  /** With `gone` and `redirect`: where to go instead (8.3.3.5, 8.3.3.14). */
  readonly uri?: string
}

/** Thrown by a handler or a stage to refuse a stanza. The sender receives the error. */
export class StanzaError extends Error {
  readonly condition: StanzaCondition
  readonly detail: ErrorDetail

  constructor(condition: StanzaCondition, detail: ErrorDetail = {}) {
    super(condition)
    this.condition = condition
    this.detail = detail
  }
  toElement(): Element {
    const { type = CONDITIONS[this.condition], text, specific, by, uri } = this.detail
    const parts = [el(this.condition, STANZA_ERRORS, {}, ...(uri === undefined ? [] : [uri]))]
    if (text !== undefined) parts.push(el('text', STANZA_ERRORS, { 'xml:lang': 'en' }, text))
    if (specific !== undefined) parts.push(specific)
    return el('error', CLIENT, { by, type }, ...parts)
  }
}

/** The condition and the type of an error that has arrived; '' for what it does not name. */
export function errorIn({ payload }: Packet): { readonly condition: string; readonly type: string } {
  const error = payload.child('error')
  const condition = error?.elements.find((e) => e.ns === STANZA_ERRORS && e.name !== 'text')
  return { condition: condition?.name ?? '', type: error?.attr('type') ?? '' }
}

/** An error that has arrived, without anything that its sender could have written into it: type and condition alone. */
export function errorWithoutText(packet: Packet): StanzaError {
  const { condition, type } = errorIn(packet)
  const known = Object.hasOwn(CONDITIONS, condition) ? (condition as StanzaCondition) : 'undefined-condition'
  return new StanzaError(known, TYPES.has(type) ? { type: type as ErrorType } : {})
}
const TYPES: ReadonlySet<string> = new Set<ErrorType>(['auth', 'cancel', 'continue', 'modify', 'wait'])

/**
 * The error that answers `packet` (8.3.1): addresses swapped, id kept, payload not included. Null for a stanza that must
 * not be answered: an error, or an IQ result.
 * @param from the sender of the error, if it is not the addressee of `packet`
 */
export function errorReply(packet: Packet, error: StanzaError, from: Jid | null = packet.to): Packet | null {
  if (packet.type === 'error' || (packet.kind === 'iq' && packet.type === 'result')) return null
  return Packet.of({
    kind: packet.kind,
    type: 'error',
    from: from ?? packet.from.asBare,
    to: packet.from,
    id: packet.id,
    payload: Payload.of(error.toElement()),
  })
}
