/** Which rooms can be used with Matrix, and what they hide. */
import { DEFAULTS, type RoomConfig } from '../../rooms/machine/config.ts'
import type { Room } from '../../rooms/machine/room.ts'

/**
 * Rooms without an archive have no face in Matrix (MXR-87), and neither have those with labels (XEP-0258), because nobody knows
 * what a Matrix device is cleared for.
 */
export const isOpen = ({ facts: { config } }: Room): boolean =>
  config.archived && config.label === DEFAULTS.label && config.clearance === DEFAULTS.clearance

/** Real addresses are for moderators alone (MXR-20). */
export const isVeiled = ({ whois }: Pick<RoomConfig, 'whois'>): boolean => whois === 'moderators'
