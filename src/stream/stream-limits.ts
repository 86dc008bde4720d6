/** XEP-0478: tells a peer the limits of a stream, so that it need not learn them from a stream error. */
import type { Millis } from '../base/clock.ts'
import { el, type Element } from '../xml/element.ts'

export const STREAM_LIMITS = 'urn:xmpp:stream-limits:0'

/**
 * @param stanzaBytes the limit of a first-level element
 * @param idle how long the peer may be silent before it is asked for a sign of life; null if it is not told
 */
export function limitsElement(stanzaBytes: number, idle: Millis | null = null): Element {
  const limit = (name: string, value: number): Element => el(name, STREAM_LIMITS, {}, String(value))
  const times = idle === null ? [] : [limit('idle-seconds', Math.ceil(idle / 1000))]
  return el('limits', STREAM_LIMITS, {}, limit('max-bytes', stanzaBytes), ...times)
}
