/** What speaks for rooms to one kind of endpoint, such as XEP-0045 to clients of XMPP. */
import type { Entry } from './log.ts'
import type { Room } from './machine/room.ts'
import type { Tell } from './machine/tells.ts'

export interface Face {
  /** What sessions of this face say of themselves (`OccupantSession.face`). Absent: it has no sessions. */
  readonly name?: string
  /**
   * Tells it to the endpoints of this face. Called in the lane of the room, after what it is about is on disk and in force; what
   * comes next for this room waits for the promise. It must not wait for another command to the same room.
   * @param entries those that the decision has put into the log: `tell.entry` is an index into them
   */
  tell(room: Room, tell: Tell, entries: readonly Entry[]): void | Promise<void>
  /** The log of the room has these entries, and the room is as they say. Called before what they are about is told. */
  logged?(room: Room, entries: readonly Entry[]): void
  /** The room has ended, and is on disk no more. Called behind `logged`. */
  ended?(room: Room): void
  /** The account of that bare JID is gone, and nothing of it is in any room. */
  forgotten?(person: string): void | Promise<void>
}
