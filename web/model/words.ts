/** The words of the board: what each dot means, and times as people say them. Colour is never the only sign. */
import type { Annotation, Dot, Doubt } from './presence.ts'

export const DOT_WORDS: Readonly<Record<Dot, string>> = {
  'chat': 'Free to chat',
  'available': 'Online',
  'away': 'Away',
  'xa': 'Away for long',
  'dnd': 'Do not disturb',
  'paused': 'Connection paused',
  'link-lost': 'Link lost',
  'offline': 'Offline',
  'unknown': 'Unknown',
  'not-shared': 'Not shared with you',
}
/** What a doubtful dot means for the reader. */
export const DOT_MEANING: Readonly<Partial<Record<Dot, string>>> = {
  'paused': 'Lost the network a moment ago and may be back soon. You see the last known state.',
  'link-lost': 'Their server cannot be reached. You see the last known state, which may be out of date.',
  'unknown': 'The server has not told us yet. This is not the same as offline.',
}

/** A text that others wrote, with a full stop if it has no end. */
export const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`)

const STEPS: readonly (readonly [number, Intl.RelativeTimeFormatUnit])[] = [
  [60, 'second'],
  [60, 'minute'],
  [24, 'hour'],
  [30, 'day'],
  [12, 'month'],
  [Infinity, 'year'],
]
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** For example "3 minutes ago". */
export function ago(then: Date, now: Date): string {
  let amount = Math.max(0, Math.round((now.getTime() - then.getTime()) / 1000))
  if (amount < 5) return 'just now'
  for (const [size, unit] of STEPS) {
    if (amount < size) return relative.format(-amount, unit)
    amount = Math.floor(amount / size)
  }
  return relative.format(-amount, 'year')
}
/** For example "12 minutes". */
export function lasting(since: Date, now: Date): string {
  return ago(since, now)
    .replace(/ ago$/, '')
    .replace('just now', 'a moment')
    .replace('yesterday', '1 day')
    .replace(/^last /, '1 ')
}

const DOUBT_WORDS: Readonly<Record<Doubt, string>> = {
  'connection-paused': 'connection interrupted',
  'server-unavailable': 'server out of reach',
}
/** For example "connection interrupted for 3 minutes". */
export function doubtedFor({ doubt, since }: Annotation, now: Date): string {
  const words = doubt === null ? '' : DOUBT_WORDS[doubt]
  return since === null ? words : `${words} for ${lasting(since, now)}`
}

/** For example "1 session", "2 sessions". */
export const counted = (n: number, what: string): string => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`

/** The time of day; with the date if it was on another day. */
export function clockTime(at: Date, now: Date): string {
  const time = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  if (at.toDateString() === now.toDateString()) return time
  return `${at.toLocaleDateString([], { day: 'numeric', month: 'short' })} ${time}`
}
