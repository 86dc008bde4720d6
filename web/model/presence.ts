/**
 * What the board knows about one contact's presence, from the stanzas that it received (RFC 6121 4, XEP-0310, XEP-0319).
 * Pure: it takes a stanza and the time of its arrival, and returns a new view.
 */

export type Show = 'chat' | 'available' | 'away' | 'xa' | 'dnd'
/** Why the last known presence may be out of date: the two conditions of XEP-0310. */
export type Doubt = 'connection-paused' | 'server-unavailable'

/** A `<state-annotation/>` (XEP-0310 4). Without a condition it withdraws what the same annotator said before. */
export interface Annotation {
  readonly from: string
  readonly doubt: Doubt | null
  /** Since when the doubt applies; null if the annotator does not say. */
  readonly since: Date | null
}
/** A presence stanza without type or with type 'unavailable', as far as the board shows it. */
export interface PresenceNotice {
  readonly resource: string
  readonly available: boolean
  readonly show: Show
  readonly status: string | null
  readonly priority: number
  readonly idleSince: Date | null
  /** When the presence was sent, if the stanza says it (XEP-0203). */
  readonly at: Date | null
  readonly annotations: readonly Annotation[]
}

export interface ResourceView {
  readonly resource: string
  readonly show: Show
  readonly status: string | null
  readonly priority: number
  readonly idleSince: Date | null
  /** When the client sent this presence; null if unknown. */
  readonly saidAt: Date | null
  /** The annotators that doubt the presence, and why; empty if it is live. */
  readonly doubts: readonly Annotation[]
}
export interface PresenceView {
  readonly resources: readonly ResourceView[]
  /** Did anything arrive in this session? If not, the presence is unknown, which is not offline; the rest is the last known. */
  readonly heard: boolean
  readonly lastSeen: Date | null
  /** The status with which the contact became unavailable. */
  readonly farewell: string | null
}

export const UNHEARD: PresenceView = { resources: [], heard: false, lastSeen: null, farewell: null }

/**
 * An annotated stanza repeats the old presence together with all present doubts (XEP-0310 4.1). It does not make the
 * presence newer.
 */
function arrived(before: ResourceView | undefined, notice: PresenceNotice, now: Date): ResourceView {
  const { resource, show, status, priority, idleSince, annotations } = notice
  const isRepeated = annotations.length > 0
  const saidAt = notice.at ?? (isRepeated ? (before?.saidAt ?? null) : now)
  const doubts = annotations.filter((annotation) => annotation.doubt !== null)
  return { resource, show, status, priority, idleSince, saidAt, doubts }
}

/** Presence without doubts first, then by priority, then the newest. */
function byCertainty(a: ResourceView, b: ResourceView): number {
  const doubted = Number(a.doubts.length > 0) - Number(b.doubts.length > 0)
  return doubted || b.priority - a.priority || (b.saidAt?.getTime() ?? 0) - (a.saidAt?.getTime() ?? 0)
}

/** A new session begins: what the previous session received may have changed meanwhile. */
export const lastKnown = (view: PresenceView): PresenceView => ({ ...view, heard: false })

/** The view after a presence stanza, the first one of a session or a later one. @param now when it arrived */
export function after(before: PresenceView, notice: PresenceNotice, now: Date): PresenceView {
  const view = before.heard ? before : UNHEARD
  const others = view.resources.filter((r) => r.resource !== notice.resource)
  if (notice.available) {
    const earlier = view.resources.find((r) => r.resource === notice.resource)
    return { ...view, heard: true, resources: [...others, arrived(earlier, notice, now)].sort(byCertainty) }
  }
  // From the bare address: no resource is available (RFC 6121 4.5.4).
  const left = notice.resource === '' ? [] : others
  // Without a date nobody is told when they were here, unless they leave while we look.
  const seen = view.resources.length > left.length ? now : view.lastSeen
  return { resources: left, heard: true, lastSeen: notice.at ?? seen, farewell: notice.status }
}

/** What the dot shows. */
export type Dot = Show | 'paused' | 'link-lost' | 'offline' | 'unknown' | 'not-shared'

/** @param shared does the contact share its presence with us (subscription 'to' or 'both')? */
export function dotOf(view: PresenceView, shared: boolean): Dot {
  const best = view.resources[0]
  if (view.heard && best !== undefined) return dotOfResource(best)
  if (!shared) return 'not-shared'
  return view.heard ? 'offline' : 'unknown'
}
export function dotOfResource({ doubts, show }: ResourceView): Dot {
  const doubt = gravest(doubts)
  if (doubt === null) return show
  return doubt.doubt === 'server-unavailable' ? 'link-lost' : 'paused'
}
/** The most serious doubt: an unreachable server means that nothing is known about the client. Null if there is none. */
export const gravest = (doubts: readonly Annotation[]): Annotation | null =>
  doubts.find(({ doubt }) => doubt === 'server-unavailable') ?? doubts[0] ?? null
