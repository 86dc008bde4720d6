/**
 * Who is told, and what of it they may see. Receivers are endpoints in classes; what a face says to a class it says once.
 *
 * - Real addresses: seen where `whois` is `anyone`, by moderators elsewhere, and by everybody of their own sessions (ROOM-55).
 * - An occupant whose role the room does not broadcast is seen by moderators and by themselves (ROOM-69).
 * - In a quiet room, so is one who only listens (ROOM-153).
 */
import { isHushed } from './quiet.ts'
import type { Occupant, OccupantSession, Room, RoomFacts } from './room.ts'

/** What a receiver may see of an occupant. */
export type Sight =
  /** Nothing: the room does not show this occupant to them. */
  | 'nothing'
  /** Everything but the real address. */
  | 'veiled'
  | 'address'
  /** It is their own nickname. */
  | 'self'

export function sightOf(facts: RoomFacts, viewer: Occupant, of: Occupant): Sight {
  const { config } = facts
  if (viewer.nick === of.nick) return 'self'
  const seesAddress = viewer.role === 'moderator' || config.whois === 'anyone' || viewer.bare === of.bare
  const isBroadcast = config.presenceBroadcast.includes(of.role) && !isHushed(facts, viewer, of)
  if (viewer.role !== 'moderator' && viewer.bare !== of.bare && !isBroadcast) return 'nothing'
  return seesAddress ? 'address' : 'veiled'
}

/** May this viewer see the real address of that person, where it is not a presence that is shown? */
export const seesAddressOf = ({ config }: RoomFacts, viewer: Occupant, bare: string): boolean =>
  viewer.role === 'moderator' || config.whois === 'anyone' || viewer.bare === bare

/** The sessions in a room, by what they may see of one occupant; `self` has all sessions behind that nickname. */
export interface Receivers {
  readonly address: readonly OccupantSession[]
  readonly veiled: readonly OccupantSession[]
  readonly self: readonly OccupantSession[]
}

/** @param of an occupant as they are, or as they were when they are not in the room any more */
export function receiversOf(room: Pick<Room, 'occupants' | 'facts'>, of: Occupant): Receivers {
  const address: OccupantSession[] = []
  const veiled: OccupantSession[] = []
  const self: OccupantSession[] = []
  const bySight = { address, veiled, self }
  for (const viewer of room.occupants.values()) {
    const sight = sightOf(room.facts, viewer, of)
    if (sight !== 'nothing') bySight[sight].push(...viewer.sessions)
  }
  return bySight
}
