/** What people are called whose address a room hides (MXR-16): their nickname there, for others in the same room. */
import { isLasting } from '../../rooms/machine/members.ts'
import type { HiddenPeople } from '../data/profile.ts'
import type { MatrixRooms } from './matrix-rooms.ts'
import type { People } from './people.ts'

export const hiddenPeople = (people: People, face: MatrixRooms): HiddenPeople => ({
  async nameOf(viewer, id) {
    const { rooms } = await people.of(viewer.bare)
    for (const uid of rooms.keys()) {
      const awake = face.held(uid)
      const bare = awake === null || !isLasting(awake.room.members.get(viewer.bare)) ? null : awake.names.bareOf(id)
      const name = bare === null ? null : (awake!.room.nicksOf.get(bare)?.[0] ?? awake!.room.members.get(bare)?.nick ?? null)
      if (name !== null) return name
    }
    return null
  },
})
