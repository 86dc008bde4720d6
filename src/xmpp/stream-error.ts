/** Stream errors (RFC 6120 section 4.9): the closed list of conditions. They are unrecoverable. */
import { el, type Element } from '../xml/element.ts'
import { STREAM, STREAM_ERRORS } from './ns.ts'

/** RFC 6120 4.9.3. */
export const STREAM_CONDITIONS = [
  'bad-format',
  'bad-namespace-prefix',
  'conflict',
  'connection-timeout',
  'host-gone',
  'host-unknown',
  'improper-addressing',
  'internal-server-error',
  'invalid-from',
  'invalid-namespace',
  'invalid-xml',
  'not-authorized',
  'not-well-formed',
  'policy-violation',
  'remote-connection-failed',
  'reset',
  'resource-constraint',
  'restricted-xml',
  'see-other-host',
  'system-shutdown',
  'undefined-condition',
  'unsupported-encoding',
  'unsupported-feature',
  'unsupported-stanza-type',
  'unsupported-version',
] as const
export type StreamCondition = (typeof STREAM_CONDITIONS)[number]

/** Thrown when a peer's stream cannot continue. The peer receives the error, and the stream is closed. */
export class StreamError extends Error {
  readonly condition: StreamCondition
  readonly text: string | null
  readonly specific: Element | null

  /** @param text for people, in English  @param specific an application-specific condition (4.9.4) */
  constructor(condition: StreamCondition, text: string | null = null, specific: Element | null = null) {
    super(text ?? condition)
    this.condition = condition
    this.text = text
    this.specific = specific
  }
  toElement(): Element {
    const parts = [el(this.condition, STREAM_ERRORS)]
    if (this.text !== null) parts.push(el('text', STREAM_ERRORS, { 'xml:lang': 'en' }, this.text))
    if (this.specific !== null) parts.push(this.specific)
    return el('error', STREAM, {}, ...parts)
  }
}
