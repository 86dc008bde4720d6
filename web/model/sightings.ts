/**
 * When somebody was here, as this browser has seen it: spans of time in which their presence was known, and how well. Between two
 * spans nothing is known. Pure: it takes what is known now, and returns the next value.
 */
import { gravest, type PresenceNotice, type PresenceView, type Show } from './presence.ts'

export type Sight = 'here' | 'away' | 'doubt' | 'gone'
export const SIGHTS: readonly Sight[] = ['here', 'away', 'doubt', 'gone']
/** In milliseconds since 1970. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly sight: Sight
}
export interface Sighting {
  /** The oldest first; no two overlap. */
  readonly spans: readonly Span[]
  /** Do they let others know to the second when they were last here? Null: nobody has told us yet. */
  readonly shares: boolean | null
}
export type Sightings = ReadonlyMap<string, Sighting>

const MINUTE = 60_000
const DAY = 86_400_000
/** How long spans are kept: a week and today. */
export const KEPT_MS = 8 * DAY
/** The most spans of one person, and the most people. The oldest go. */
const SPANS_MAX = 400
const PEOPLE_MAX = 500

const NOTHING: Sighting = { spans: [], shares: null }
export const sightingOf = (sightings: Sightings, jid: string): Sighting => sightings.get(jid) ?? NOTHING

/** What is known now, and since when it is known to be so. */
export interface Known {
  readonly sight: Sight
  readonly since: number
}
/** Null if nothing is known now. @param shares is the time true at which the server says that they were last here? */
export function knownNow(view: PresenceView, shares: boolean | null, now: number): Known | null {
  if (!view.heard) return null
  const [best] = view.resources
  if (best === undefined) return { sight: 'gone', since: shares === true ? (view.lastSeen?.getTime() ?? now) : now }
  const doubt = gravest(best.doubts)
  if (doubt !== null) return { sight: 'doubt', since: doubt.since?.getTime() ?? now }
  return { sight: sightOf(best.show), since: best.saidAt?.getTime() ?? now }
}
export const sightOf = (show: Show): Sight => (show === 'away' || show === 'xa' ? 'away' : 'here')

/** The spans with what is known now. What is too old is forgotten. */
export function observed(spans: readonly Span[], { sight, since }: Known, now: number): readonly Span[] {
  const kept = spans.filter(({ to }) => to > now - KEPT_MS)
  const last = kept.at(-1)
  if (last?.sight === sight && since <= last.to) return [...kept.slice(0, -1), { ...last, to: Math.max(last.to, now) }]
  const from = Math.max(Math.min(since, now), last?.to ?? 0, now - KEPT_MS)
  return [...kept, { from, to: now, sight }].slice(-SPANS_MAX)
}
/** What is known now of several people. */
export function withSpans(sightings: Sightings, news: readonly (readonly [string, Known])[], now: number): Sightings {
  const next = new Map(sightings)
  for (const [jid, known] of news) {
    const before = sightingOf(next, jid)
    if (before.shares === false || (!next.has(jid) && next.size >= PEOPLE_MAX)) continue
    next.set(jid, { ...before, spans: observed(before.spans, known, now) })
  }
  return next
}
/** Somebody who does not share it leaves nothing behind. */
export const withShares = (sightings: Sightings, jid: string, shares: boolean): Sightings =>
  new Map(sightings).set(jid, { spans: shares ? sightingOf(sightings, jid).spans : [], shares })

/**
 * What the answer about a contact that is not here says about their choice: the server tells the time, only the day, or nothing.
 * Null if it is no such answer: that somebody leaves now is seen by everybody.
 */
export function sharesBy({ resource, available, at }: PresenceNotice): boolean | null {
  if (available || resource !== '') return null
  return at !== null && at.getTime() % DAY !== 0
}
/** The same from an answer about the last activity (XEP-0012). @param seconds null: the server does not say */
export function sharesByAge(seconds: number | null, now: number): boolean {
  if (seconds === null) return false
  const intoDay = (now - seconds * 1000) % DAY
  return Math.min(intoDay, DAY - intoDay) > MINUTE / 2
}

/** What two pages of this browser have seen. */
export function merged(a: readonly Span[], b: readonly Span[]): readonly Span[] {
  const joined: Span[] = []
  for (const span of [...a, ...b].sort((x, y) => x.from - y.from || y.to - x.to)) {
    const last = joined.at(-1)
    if (last === undefined || span.from > last.to) joined.push(span)
    else if (span.to <= last.to) continue
    else if (span.sight === last.sight) joined[joined.length - 1] = { ...last, to: span.to }
    else joined.push({ ...span, from: last.to })
  }
  return joined.slice(-SPANS_MAX)
}
export function mergedSightings(a: Sightings, b: Sightings): Sightings {
  const next = new Map(a)
  for (const [jid, { spans, shares }] of b) {
    const here = sightingOf(a, jid)
    const both = here.shares ?? shares
    next.set(jid, { spans: both === false ? [] : merged(here.spans, spans), shares: both })
  }
  return next
}

/** What falls into a range of time, cut at its ends. */
export const within = (spans: readonly Span[], from: number, to: number): readonly Span[] =>
  spans
    .filter((span) => span.to > from && span.from < to)
    .map((span) => ({ ...span, from: Math.max(from, span.from), to: Math.min(to, span.to) }))
/** The beginnings of the last days, as the clock of the person has them; today is the last. */
export function daysUpTo(now: Date, count: number): readonly Date[] {
  return Array.from({ length: count }, (_, i) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - (count - 1 - i)))
}
export const dayAfter = (day: Date): Date => new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1)

type Written = readonly [jid: string, shares: boolean | null, spans: readonly (readonly [number, number, number])[]]
/** As text for the browser to keep: times in seconds. The oldest days go first if it is too long. */
export function written(sightings: Sightings, now: number, lengthMax: number): string {
  const rows = (from: number): readonly Written[] =>
    [...sightings].map(([jid, { spans, shares }]) => [
      jid,
      shares,
      within(spans, from, Infinity).map((span) => [seconds(span.from), seconds(span.to), SIGHTS.indexOf(span.sight)]),
    ])
  for (const days of [8, 4, 2, 1]) {
    const text = JSON.stringify(rows(now - days * DAY))
    if (text.length <= lengthMax) return text
  }
  return '[]'
}
const seconds = (ms: number): number => Math.round(ms / 1000)
/** Nothing, if it is no such text: something else may have written there. */
export function read(text: string): Sightings {
  try {
    return new Map((JSON.parse(text) as readonly Written[]).map(readOne))
  } catch {
    return new Map()
  }
}
function readOne([jid, shares, spans]: Written): readonly [string, Sighting] {
  const whole = spans.map(([from, to, sight]) => ({ from: from * 1000, to: to * 1000, sight: SIGHTS[sight]! }))
  return [String(jid), { shares: shares === null ? null : shares === true, spans: whole.filter(isSound) }]
}
const isSound = ({ from, to, sight }: Span): boolean => from <= to && SIGHTS.includes(sight)
