/**
 * XEP-0082: dates and times. The server writes `CCYY-MM-DDThh:mm:ss[.sss]Z`, always UTC. It reads any fraction of a
 * second and any numeric offset. The time zone is required (section 3.2).
 */
import type { Millis } from '../base/clock.ts'

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/

/** `2024-06-24T05:04:00Z`, with milliseconds only where they are not zero. */
export function formatDateTime(at: Millis): string {
  const text = new Date(at).toISOString()
  return text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text
}

/** The moment that `text` names, to the millisecond; null if `text` is no DateTime of XEP-0082. */
export function parseDateTime(text: string): Millis | null {
  const match = DATE_TIME.exec(text)
  if (match === null) return null
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = match
  if (+hour! > 23 || +minute! > 59 || +second! > 59 || +offsetHour > 23 || +offsetMinute > 59) return null
  const at = Date.UTC(+year!, +month! - 1, +day!, +hour!, +minute!, +second!, +fraction.padEnd(3, '0').slice(0, 3))
  if (!new Date(at).toISOString().startsWith(`${year}-${month}-${day}T`)) return null // such as February 30th
  const offset = (+offsetHour * 60 + +offsetMinute) * 60_000
  return sign === '-' ? at + offset : at - offset
}
