/** The words of the board: what each dot means, and times as people say them. Colour is never the only sign. */
import { locale, w } from '../words/index.ts'
import type { Annotation, Dot } from './presence.ts'

export const DOT_WORDS: Readonly<Record<Dot, string>> = w.dots
export const DOT_MEANING: Readonly<Partial<Record<Dot, string>>> = w.meanings

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
const relative = new Intl.RelativeTimeFormat(w.language, { numeric: 'auto' })
const exact = new Intl.RelativeTimeFormat(w.language, { numeric: 'always' })

/** For example "3 minutes ago". */
export const ago = (then: Date, now: Date): string => agoIn(relative, then, now) ?? w.times.now
/** For example "12 minutes". */
export function lasting(since: Date, now: Date): string {
  const words = agoIn(exact, since, now)
  return words === null ? w.times.moment : w.times.lasting(words)
}
/** Null if it is hardly any time. */
function agoIn(format: Intl.RelativeTimeFormat, then: Date, now: Date): string | null {
  let amount = Math.max(0, Math.round((now.getTime() - then.getTime()) / 1000))
  if (amount < 5) return null
  for (const [size, unit] of STEPS) {
    if (amount < size) return format.format(-amount, unit)
    amount = Math.floor(amount / size)
  }
  return format.format(-amount, 'year')
}

/** For example "connection interrupted for 3 minutes". */
export function doubtedFor({ doubt, since }: Annotation, now: Date): string {
  const words = doubt === null ? '' : w.doubts[doubt]
  return since === null ? words : w.times.doubtedFor(words, lasting(since, now))
}

/** The day, for people who look back from `now`: "Yesterday", or "Monday, 30 November"; with the year if it is another. */
export function dayTitle(day: Date, now: Date): string {
  const midnight = (at: Date): number => Date.UTC(at.getFullYear(), at.getMonth(), at.getDate())
  const days = Math.round((midnight(day) - midnight(now)) / 86_400_000)
  const words =
    days === 0 || days === -1
      ? relative.format(days, 'day')
      : day.toLocaleDateString(locale, {
          ...({ weekday: 'long', day: 'numeric', month: 'long' } as const),
          ...(day.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
        })
  return words.slice(0, 1).toLocaleUpperCase(locale) + words.slice(1)
}
/** The time of day; with the date if it was on another day. */
export function clockTime(at: Date, now: Date): string {
  const time = at.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' })
  if (at.toDateString() === now.toDateString()) return time
  return `${at.toLocaleDateString(locale, { day: 'numeric', month: 'short' })} ${time}`
}
