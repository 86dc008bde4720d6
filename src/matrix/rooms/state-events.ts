/** States of a room as events, as one person sees them. */
import { idOfState } from '../ids/event-id.ts'
import type { AwakeRoom, Source } from './awake-room.ts'
import { authorOf, type MatrixEvent } from './events.ts'
import type { JsonObject } from './json.ts'
import { membershipOf } from './memberships.ts'
import type { Sight } from './names.ts'
import { isVeiled } from './open-rooms.ts'
import type { Picture } from './picture.ts'
import { contentAt, creatorIn, MEMBER, peopleOf, POWER_LEVELS, shownKey } from './states.ts'

export type StateEvent = MatrixEvent & { readonly state_key: string }

/**
 * A state as it is in that picture; null: there is none. Somebody who has nothing to do with the room any more has left.
 * @param key of a member: the bare JID
 * @param place of the picture in the log: what was set behind it is not its source
 */
export function stateEventAt(
  awake: AwakeRoom,
  picture: Picture,
  sight: Sight,
  type: string,
  key: string,
  place = Infinity,
): StateEvent | null {
  const isHidden = type === MEMBER && !isShown(awake, picture, sight, key)
  const found = isHidden ? null : contentAt(picture, sight, awake.visits.present, type, key)
  const content = found ?? (type === MEMBER ? LEFT : null)
  if (content === null || (isHidden && !isVeiled(picture.config))) return null
  const source = isHidden ? null : awake.sourceOf(type, key)
  const isIts =
    source !== null &&
    source.seq <= place &&
    !isVisit(awake, picture, type, key) &&
    (!NAMING.includes(type) || source.veiled === isVeiled(picture.config))
  return isIts ? sourced(source, sight, type, key, content) : synthetic(awake, picture, sight, type, key, content)
}
const LEFT: JsonObject = { membership: 'leave' }
/** They name people: with other ids they are other events. */
const NAMING: readonly string[] = [MEMBER, POWER_LEVELS]

/** Those who have to do with the room, as far as the viewer may know it. Bare JIDs. */
export function* shownPeople(awake: AwakeRoom, picture: Picture, sight: Sight): Generator<string> {
  for (const bare of peopleOf(picture, awake.visits.present)) if (isShown(awake, picture, sight, bare)) yield bare
}
/**
 * MXR-22: where addresses are hidden, people who are not in the room are for owners and admins. Who had to do with it while
 * they were hidden, and is gone, is not told when they no longer are.
 */
export function isShown(awake: AwakeRoom, picture: Picture, sight: Sight, bare: string): boolean {
  const veiled = isVeiled(picture.config)
  if (bare === sight.viewer || sight.seesAbsent) return true
  const membership = membershipOf(picture.members.get(bare), awake.visits.present.has(bare))
  if (membership === 'join' || membership === 'knock' || veiled) return membership === 'join'
  if (!sight.wasVeiled) return true
  return awake.sourceOf(MEMBER, bare)?.veiled === false || awake.visits.streamOf(bare) > (awake.turn?.stream ?? 0)
}

function sourced({ eventId, by, veiled, at, reason }: Source, sight: Sight, type: string, key: string, content: JsonObject) {
  const told = reason === '' || type !== MEMBER ? content : { ...content, reason }
  return {
    type,
    state_key: shownKey(type, key, veiled, sight),
    event_id: eventId,
    sender: sight.idOf(authorOf(by, sight.names), veiled),
    origin_server_ts: at,
    content: told,
  }
}
/** What no entry says has been so since the room was made. */
function synthetic(
  { names: { room } }: AwakeRoom,
  picture: Picture,
  sight: Sight,
  type: string,
  key: string,
  content: JsonObject,
) {
  const shown = shownKey(type, key, isVeiled(picture.config), sight)
  return {
    type,
    state_key: shown,
    event_id: idOfState(room, type, shown, JSON.stringify(content)),
    sender: type === MEMBER ? shown : creatorIn(picture, sight),
    origin_server_ts: room.createdAt,
    content,
  }
}
/** Somebody who is not there any more, under the id that they had. @param nick that they had; null: unknown */
export function goneEvent({ room }: AwakeRoom, id: string, nick: string | null): StateEvent {
  const content = nick === null ? LEFT : { ...LEFT, displayname: nick }
  const about = { type: MEMBER, state_key: id, sender: id, origin_server_ts: room.createdAt, content }
  return { ...about, event_id: idOfState(room, MEMBER, id, JSON.stringify(content)) }
}
function isVisit({ visits }: AwakeRoom, { members }: Picture, type: string, key: string): boolean {
  return type === MEMBER && visits.present.has(key) && members.get(key)?.standing?.is !== 'joined'
}
