/** XEP-0478: what a peer may send on a stream is told it, so that it need not find out by being thrown out. */
import type { Millis } from '../base/clock.ts'
import { el, type Element } from '../xml/element.ts'

export const STREAM_LIMITS = 'urn:xmpp:stream-limits:0'

/**
 * @param stanzaBytes of a first-level element
 * @param idle after that long without a word the peer is asked whether it is there; null: it is not told
 */
export function limitsElement(stanzaBytes: number, idle: Millis | null = null): Element {
  const limit = (name: string, value: number): Element => el(name, STREAM_LIMITS, {}, String(value))
  const times = idle === null ? [] : [limit('idle-seconds', Math.ceil(idle / 1000))]
  return el('limits', STREAM_LIMITS, {}, limit('max-bytes', stanzaBytes), ...times)
}
