/** What all streams have in common (RFC 6120 section 4), of clients, of servers and of components: header, errors, closing. */
import type { Clock, Millis, Timer } from '../base/clock.ts'
import { XmlError } from '../xml/error.ts'
import { namesNoContent, type StreamHeader } from '../xml/scanner.ts'
import { escape, type Wire } from '../xml/wire.ts'
import { STREAM } from '../xmpp/ns.ts'
import { StreamError, type StreamCondition } from '../xmpp/stream-error.ts'
import type { Carrier } from './carrier.ts'

/** 4.7.4: what this server writes for people is in English. */
export const LANGUAGE = 'en'

/** 4.8: what is wrong with the namespaces of a header; null: nothing. @param contents what stanzas may be in */
export function namespaceFault(header: StreamHeader, ...contents: readonly string[]): StreamCondition | null {
  if (header.ns !== STREAM) return 'invalid-namespace'
  if (header.name !== 'stream') return 'bad-format'
  return contents.includes(header.defaultNs) || namesNoContent(header) ? null : 'invalid-namespace'
}
/** 4.7.5: what is wrong with its version; null: nothing. */
export const versionFault = ({ attrs }: StreamHeader): StreamCondition | null =>
  /^[1-9]\d*\.\d+$/.test(attrs['version'] ?? '') ? null : 'unsupported-version'

/** 4.7.4: the language of stanzas that name none; null: not told. */
export function languageOf({ attrs }: StreamHeader): Wire | null {
  const lang = attrs['xml:lang']
  return lang === undefined ? null : escape(lang)
}
/** 4.9: how the other side is told that what it has sent cannot be read. Null: the mistake is not its own. */
export function streamErrorOf(error: unknown): StreamError | null {
  if (error instanceof XmlError) return new StreamError(error.condition, error.message)
  return error instanceof StreamError ? error : null
}
/** 4.4: closes our side, and gives the other side `withinMs` to close its own. @returns what ends the wait */
export function closeInTime(carrier: Carrier, error: StreamError | null, clock: Clock, withinMs: Millis): Timer {
  carrier.close(error)
  return clock.after(withinMs, () => carrier.destroy())
}
