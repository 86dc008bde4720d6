/** One page of the list of rooms: those with people in it from memory, in the wanted order, or all of them from the database. */
import type { Millis } from '../base/clock.ts'
import type { Room } from '../rooms/machine/room.ts'
import type { ServedRooms } from '../rooms/rooms.ts'
import { storedJid } from '../xmpp/stored-jid.ts'
import { pageOf, placeFrom, textOfPlace } from './places.ts'

export interface RoomRow {
  readonly jid: string
  readonly name: string
  readonly createdAt: Millis
  /** Listed by the service. */
  readonly public: boolean
  /** It stays when the last occupant has left. */
  readonly persistent: boolean
  /** It waits for its first configuration. */
  readonly locked: boolean
  readonly occupants: number
  /** Occupants of whom it is not known whether they are still there. */
  readonly doubted: number
  /** Stanzas that people were sent by the room since it came into memory. */
  readonly sent: number
}
/** One page of `room.list`. */
export interface RoomPage {
  readonly rooms: readonly RoomRow[]
  /** Where the next page begins; null if this is the last page. */
  readonly next: string | null
}

/** All rooms by their address; or those in memory, the ones first that have the most occupants, occupants in doubt, or stanzas sent. */
export const ROOM_ORDERS = ['address', 'occupants', 'doubted', 'sent'] as const
export type RoomOrder = (typeof ROOM_ORDERS)[number]

export interface RoomQuery {
  /** A part of the address or the name, in upper or lower case; '' for all. */
  readonly find: string
  readonly order: RoomOrder
  /** The `next` of the previous page; '' for the first page. */
  readonly after: string
  readonly size: number
}

export function roomPage(served: ServedRooms, query: RoomQuery): Promise<RoomPage> | RoomPage {
  return query.order === 'address' ? allRooms(served, query) : roomsInMemory(served, query)
}

async function allRooms({ rooms, store, sentBy }: ServedRooms, { find, after, size }: RoomQuery): Promise<RoomPage> {
  const found = await store.found(find, after, size + 1)
  const page = found.slice(0, size)
  return {
    rooms: page.map(({ address, name, createdAt, isPublic, isPersistent, isLocked }) => ({
      jid: address,
      name,
      createdAt,
      public: isPublic,
      persistent: isPersistent,
      locked: isLocked,
      ...inMemory(rooms.held(storedJid(address)), sentBy),
    })),
    next: found.length > size ? page.at(-1)!.address : null,
  }
}

function roomsInMemory({ rooms, sentBy }: ServedRooms, { find, order, after, size }: RoomQuery): RoomPage {
  const part = find.toLowerCase()
  const wanted = Array.from(rooms.all(), ({ room }) => room).filter(
    ({ address, facts }) => address.bare.includes(part) || facts.config.name.toLowerCase().includes(part),
  )
  const keyOf = (room: Room): number =>
    -(order === 'sent' ? sentBy(room) : insideOf(room)[order === 'doubted' ? 'doubted' : 'occupants'])
  const place = (room: Room) => ({ key: keyOf(room), name: room.address.bare })
  const { page, next } = pageOf(wanted, place, placeFrom(after, order), size)
  return { rooms: page.map((room) => rowOf(room, sentBy)), next: next === null ? null : textOfPlace(next, order) }
}

type SentBy = ServedRooms['sentBy']
const rowOf = (room: Room, sentBy: SentBy): RoomRow => ({
  jid: room.address.bare,
  name: room.facts.config.name,
  createdAt: room.createdAt,
  public: room.facts.config.public,
  persistent: room.facts.config.persistent,
  locked: room.facts.lockedFor !== null,
  ...inMemory(room, sentBy),
})
const inMemory = (room: Room | null, sentBy: SentBy) => ({ ...insideOf(room), sent: room === null ? 0 : sentBy(room) })

/** @param room null if it is not in memory: nobody is in it */
export function insideOf(room: Room | null): Pick<RoomRow, 'occupants' | 'doubted'> {
  let doubted = 0
  for (const { doubts } of room?.occupants.values() ?? []) if (doubts.length > 0) doubted += 1
  return { occupants: room?.occupants.size ?? 0, doubted }
}
