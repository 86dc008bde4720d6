/** What speaks for rooms to one kind of endpoint, such as XEP-0045 to clients of XMPP. */
import type { Entry } from './log.ts'
import type { Room } from './machine/room.ts'
import type { Tell } from './machine/tells.ts'

export interface Face {
  /**
   * Tells it to the endpoints of this face. Called in the lane of the room, after what it is about is on disk and in force; what
   * comes next for this room waits for the promise. It must not wait for another command to the same room.
   * @param entries those that the decision has put into the log: `tell.entry` is an index into them
   */
  tell(room: Room, tell: Tell, entries: readonly Entry[]): void | Promise<void>
}
