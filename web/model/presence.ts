/**
 * What the board knows of one contact's presence, from the stanzas it was sent (RFC 6121 4, XEP-0310, XEP-0319).
 * Pure: a stanza and the time it came go in, a new view comes out.
 */

export type Show = 'chat' | 'available' | 'away' | 'xa' | 'dnd'
/** Why what was last said may no longer be true: the two conditions of XEP-0310. */
export type Doubt = 'connection-paused' | 'server-unavailable'

/** A `<state-annotation/>` (XEP-0310 4); without a condition it takes back what the same annotator said before. */
export interface Annotation {
  readonly from: string
  readonly doubt: Doubt | null
  readonly words: string | null
  /** Since when that is so; null: the annotator does not say. */
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
  /** When it was true, where that was said (XEP-0203). */
  readonly at: Date | null
  readonly annotations: readonly Annotation[]
}

export interface ResourceView {
  readonly resource: string
  readonly show: Show
  readonly status: string | null
  readonly priority: number
  readonly idleSince: Date | null
  /** When its client last said so; null: that is not known. */
  readonly saidAt: Date | null
  /** Who doubts it, and why; empty: it is live. */
  readonly doubts: readonly Annotation[]
}
export interface PresenceView {
  readonly resources: readonly ResourceView[]
  /** Has anything been heard in this session? If not, the presence is unknown, which is not offline; the rest is the last known. */
  readonly heard: boolean
  readonly lastSeen: Date | null
  /** What was said on leaving. */
  readonly farewell: string | null
}

export const UNHEARD: PresenceView = { resources: [], heard: false, lastSeen: null, farewell: null }

/**
 * An annotated stanza repeats the old presence, with all that is doubted at present (XEP-0310 4.1): it does not make
 * the presence any newer.
 */
function arrived(before: ResourceView | undefined, notice: PresenceNotice, now: Date): ResourceView {
  const { resource, show, status, priority, idleSince, annotations } = notice
  const isRepeated = annotations.length > 0
  const saidAt = notice.at ?? (isRepeated ? (before?.saidAt ?? null) : now)
  const doubts = annotations.filter((annotation) => annotation.doubt !== null)
  return { resource, show, status, priority, idleSince, saidAt, doubts }
}

/** First the certain ones, then by priority; of equals the one that spoke last. */
function byCertainty(a: ResourceView, b: ResourceView): number {
  const doubted = Number(a.doubts.length > 0) - Number(b.doubts.length > 0)
  return doubted || b.priority - a.priority || (b.saidAt?.getTime() ?? 0) - (a.saidAt?.getTime() ?? 0)
}

/** A new session begins: what was heard in the one before may have changed meanwhile. */
export const lastKnown = (view: PresenceView): PresenceView => ({ ...view, heard: false })

/** The view after a presence stanza, the first one of a session or a further one. @param now when it came */
export function after(before: PresenceView, notice: PresenceNotice, now: Date): PresenceView {
  const view = before.heard ? before : UNHEARD
  const others = view.resources.filter((r) => r.resource !== notice.resource)
  if (notice.available) {
    const earlier = view.resources.find((r) => r.resource === notice.resource)
    return { ...view, heard: true, resources: [...others, arrived(earlier, notice, now)].sort(byCertainty) }
  }
  // From the bare address: no resource is left (RFC 6121 4.5.4)
  const left = notice.resource === '' ? [] : others
  return { resources: left, heard: true, lastSeen: notice.at ?? now, farewell: notice.status }
}

/** What the dot says. */
export type Dot = Show | 'paused' | 'link-lost' | 'offline' | 'unknown' | 'not-shared'

/** @param shared does the contact share its presence with us? (subscription 'to' or 'both') */
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
/** The doubt that counts most: a server that is out of reach says nothing of the client. Null: there is none. */
export const gravest = (doubts: readonly Annotation[]): Annotation | null =>
  doubts.find(({ doubt }) => doubt === 'server-unavailable') ?? doubts[0] ?? null
