/** What a user lets others know besides being available, and who may write to the user. */

/** How exactly others learn when the user was last available: see last-seen.ts. */
export const LAST_SEEN = ['exact', 'coarse', 'none'] as const
export type LastSeen = (typeof LAST_SEEN)[number]
/**
 * Who learns that a connection of the user is interrupted (XEP-0310 4.2): all who receive the user's presence, only those
 * with an account on this server, or nobody.
 */
export const SHARE_PAUSED = ['contacts', 'local', 'none'] as const
export type SharePaused = (typeof SHARE_PAUSED)[number]
/**
 * What reaches the user from strangers (strangers.ts): everything, only requests to see the user's presence, or nothing.
 */
export const STRANGERS = ['all', 'requests', 'none'] as const
export type Strangers = (typeof STRANGERS)[number]
export interface PresencePolicy {
  readonly lastSeen: LastSeen
  readonly sharePaused: SharePaused
  readonly strangers: Strangers
}

/** The choices as stored. Null: the user has not chosen, and the server's default applies. */
export interface ChosenPolicy {
  readonly lastSeen: LastSeen | null
  readonly sharePaused: SharePaused | null
  readonly strangers: Strangers | null
}
export const NOTHING_CHOSEN: ChosenPolicy = { lastSeen: null, sharePaused: null, strangers: null }

export const inForce = (chosen: ChosenPolicy, usual: PresencePolicy): PresencePolicy => ({
  lastSeen: chosen.lastSeen ?? usual.lastSeen,
  sharePaused: chosen.sharePaused ?? usual.sharePaused,
  strangers: chosen.strangers ?? usual.strangers,
})
