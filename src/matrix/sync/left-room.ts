/** A room that the user has left, or was put out of: what was said until then (MXR-57, MXR-128). */
import type { AwakeRoom } from '../rooms/awake-room.ts'
import type { JsonObject } from '../rooms/json.ts'
import { eventsIn, type RoomReading } from '../rooms/reading.ts'
import { shownEvents } from '../rooms/shown-events.ts'
import { MEMBER } from '../rooms/states.ts'
import { passes } from './filtering.ts'
import type { Asking } from './joined-room.ts'
import { pageToken } from './token.ts'

const USUAL = 10
const LIMIT_MAX = 100

/** Null: the user was never in it. */
export async function leftRoom(reading: RoomReading, awake: AwakeRoom, ask: Asking): Promise<JsonObject | null> {
  const { viewer, filter, since } = ask
  const left = awake.sourceOf(MEMBER, viewer)
  if (left === null) return null
  const part = awake.parts.get(viewer)
  // An invitation that was declined, or taken back, or a ban of somebody who was not there: that alone
  const isLater = part !== undefined && part.seq < left.seq
  const begin = part === undefined || isLater ? left.seq - 1 : since === null ? 0 : await reading.placeAt(awake, since)
  const after = Math.min(Math.max(awake.floorFor(viewer), begin), left.seq - 1)
  const limit = Math.min(LIMIT_MAX, filter?.timeline?.limit ?? USUAL)
  const found = await reading.find(awake, { after, upTo: left.seq, limit, from: 'newest', weigh: eventsIn })
  const related = await reading.related(awake, found.entries, left.seq)
  const sight = awake.sightOf(viewer)
  const shown = { sight, deviceKey: ask.deviceKey, now: ask.now, related, reactions: awake.reactions, hides: ask.hides }
  const events = await reading.look(
    awake,
    found.entries,
    left.seq,
    sight,
    () => null,
    (_, rendered) => rendered.flatMap((one) => shownEvents(one, shown)),
  )
  return {
    timeline: {
      events: events.filter((event) => passes(filter?.timeline, event)),
      limited: isLater || found.after > after,
      prev_batch: pageToken(found.after),
    },
    [ask.stateAfter ?? 'state']: { events: [] },
  } as unknown as JsonObject
}
