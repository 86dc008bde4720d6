/**
 * Which sessions are told something, and how much of it they may see. A face makes one text for each class of sessions.
 *
 * - Real addresses: seen where `whois` is `anyone`, by moderators elsewhere, and by everybody of their own sessions (ROOM-55).
 * - An occupant whose role the room does not broadcast is seen by moderators and by themselves (ROOM-69).
 * - In a quiet room, the same holds for an occupant who only listens (ROOM-153).
 */
import type { Payload } from '../../xmpp/packet.ts'
import { isHushed } from './quiet.ts'
import type { RoomLabels } from './room-labels.ts'
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
export const seesAddressOf = (facts: RoomFacts, viewer: Occupant, bare: string): boolean =>
  viewer.bare === bare || seesAddresses(facts, viewer)
/** ...of everybody? */
export const seesAddresses = ({ config }: RoomFacts, { role }: Occupant): boolean =>
  role === 'moderator' || config.whois === 'anyone'

/** LAB-27: may this occupant be sent what has that label? Null: nothing is judged by labels. */
export const mayHear = (labels: RoomLabels | null, { effective }: Occupant, payload: Payload): boolean =>
  labels === null || labels.mayHave(effective.jid, payload)

/** The sessions in a room, by what they may see of one occupant; `self` has all sessions behind that nickname. */
export interface Receivers {
  readonly address: readonly OccupantSession[]
  readonly veiled: readonly OccupantSession[]
  readonly self: readonly OccupantSession[]
}

/**
 * @param of an occupant as they are, or as they were when they are not in the room any more
 * @param among those who are to be told at all
 */
export function receiversOf(
  room: Pick<Room, 'occupants' | 'facts'>,
  of: Occupant,
  among: Iterable<Occupant> = room.occupants.values(),
): Receivers {
  const address: OccupantSession[] = []
  const veiled: OccupantSession[] = []
  const self: OccupantSession[] = []
  const bySight = { address, veiled, self }
  for (const viewer of among) {
    const sight = sightOf(room.facts, viewer, of)
    if (sight !== 'nothing') bySight[sight].push(...viewer.sessions)
  }
  return bySight
}
