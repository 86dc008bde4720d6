/** What all streams have in common (RFC 6120 section 4), of clients, of servers and of components: header, errors, closing. */
import type { Clock, Millis, Timer } from '../base/clock.ts'
import { XmlError } from '../xml/error.ts'
import { namesNoContent, type StreamHeader } from '../xml/scanner.ts'
import { escape, type Wire } from '../xml/wire.ts'
import { STREAM } from '../xmpp/ns.ts'
import { StreamError, type StreamCondition } from '../xmpp/stream-error.ts'
import type { Carrier } from './carrier.ts'

/** 4.7.4: texts of this server for people are in English. */
export const LANGUAGE = 'en'

/** 4.8: what is wrong with the namespaces of a header; null if nothing. @param contents the namespaces that stanzas may have */
export function namespaceFault(header: StreamHeader, ...contents: readonly string[]): StreamCondition | null {
  if (header.ns !== STREAM) return 'invalid-namespace'
  if (header.name !== 'stream') return 'bad-format'
  return contents.includes(header.defaultNs) || namesNoContent(header) ? null : 'invalid-namespace'
}
/** 4.7.5: what is wrong with the version; null if nothing. */
export const versionFault = ({ attrs }: StreamHeader): StreamCondition | null =>
  /^[1-9]\d*\.\d+$/.test(attrs['version'] ?? '') ? null : 'unsupported-version'

/** 4.7.4: the language of stanzas that name none; null if not given. */
export function languageOf({ attrs }: StreamHeader): Wire | null {
  const lang = attrs['xml:lang']
  return lang === undefined ? null : escape(lang)
}
/** 4.9: the error that tells the other side that its input cannot be read. Null if the fault is ours. */
export function streamErrorOf(error: unknown): StreamError | null {
  if (error instanceof XmlError) return new StreamError(error.condition, error.message)
  return error instanceof StreamError ? error : null
}
/** 4.4: closes our side, and gives the other side `withinMs` to close its own. @returns the timer, to be cancelled when it has */
export function closeInTime(carrier: Carrier, error: StreamError | null, clock: Clock, withinMs: Millis): Timer {
  carrier.close(error)
  return clock.after(withinMs, () => carrier.destroy())
}
