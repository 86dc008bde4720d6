/** What a user lets others know of their presence, beside that they are there. */

/** How exactly others are told when the user was last here: see last-seen.ts. */
export const LAST_SEEN = ['exact', 'coarse', 'none'] as const
export type LastSeen = (typeof LAST_SEEN)[number]
/** Who is told that a connection of the user is interrupted (XEP-0310 4.2): all who have his presence, those here, nobody. */
export const SHARE_PAUSED = ['contacts', 'local', 'none'] as const
export type SharePaused = (typeof SHARE_PAUSED)[number]
export interface PresencePolicy {
  readonly lastSeen: LastSeen
  readonly sharePaused: SharePaused
}

/** As it is kept. Null: as the server has it for those who have not chosen. */
export interface ChosenPolicy {
  readonly lastSeen: LastSeen | null
  readonly sharePaused: SharePaused | null
}
export const NOTHING_CHOSEN: ChosenPolicy = { lastSeen: null, sharePaused: null }

export const inForce = (chosen: ChosenPolicy, usual: PresencePolicy): PresencePolicy => ({
  lastSeen: chosen.lastSeen ?? usual.lastSeen,
  sharePaused: chosen.sharePaused ?? usual.sharePaused,
})
