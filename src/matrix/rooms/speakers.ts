/** Members whom a client needs beside events: those who have said something, under the ids that they had then (MXR-127). Pure. */
import type { Entry } from '../../rooms/log.ts'
import type { AwakeRoom } from './awake-room.ts'
import type { Sight } from './names.ts'
import { isVeiled } from './open-rooms.ts'
import type { Picture } from './picture.ts'
import { goneEvent, stateEventAt, type StateEvent } from './state-events.ts'
import { MEMBER } from './states.ts'

/**
 * Somebody who is gone is described with the nickname that they spoke under.
 * @param all those who are there too: the client does not know them otherwise
 */
export function* speakersOf(
  awake: AwakeRoom,
  picture: Picture,
  sight: Sight,
  entries: readonly Entry[],
  all: boolean,
): Generator<StateEvent> {
  const seen = new Set<string>()
  const veiledNow = isVeiled(picture.config)
  for (const { by, nick, veiled } of entries.toReversed()) {
    const id = by === null ? null : sight.idOf(by, veiled)
    if (id === null || seen.has(id)) continue
    seen.add(id)
    const isSame = veiled === veiledNow || by === sight.viewer
    const event = isSame ? stateEventAt(awake, picture, sight, MEMBER, by!) : null
    const isThere = event !== null && event.content['membership'] !== 'leave'
    if (!isThere) yield goneEvent(awake, id, nick)
    else if (all) yield event
  }
}
