/** The rooms of a server, put together: what a face needs to speak for them. */
import type { Host } from '../server/feature.ts'
import type { RoomLimits } from './machine/commands.ts'
import { RoomLog } from './room-log.ts'
import { Rooms, type HoldingLimits } from './rooms.ts'
import { KEPT_ROOM_VERSION, type KeptRoom } from './snapshot.ts'
import { RoomStore } from './store.ts'
import { Tending, type TendingTimes } from './tending.ts'

export interface OpenRooms {
  readonly rooms: Rooms
  readonly log: RoomLog
  /** For lists of rooms. */
  readonly store: RoomStore
  readonly tending: Tending
}

/** @throws StorageError */
export async function openRooms(host: Host, limits: RoomLimits & HoldingLimits, times: TendingTimes): Promise<OpenRooms> {
  const { clock, entropy, log, database } = host
  const { archive } = host.stores
  const store = await RoomStore.open(database, archive)
  const occupantsChanged = host.keep.service<KeptRoom>({
    name: 'rooms',
    version: KEPT_ROOM_VERSION,
    things: () => rooms.occupied(),
    save: (address) => rooms.keep(address),
    load: (address, kept) => rooms.restore(address, kept),
  })
  const rooms: Rooms = new Rooms({ store, archive, clock, entropy, log, limits, occupantsChanged })
  const tending = new Tending({ rooms, store, archive, clock, log, times })
  host.on('account-deleted', ({ jid }) => void rooms.forget(jid.bare).catch(failed))
  host.on('sessions-restored', () => {
    tending.settle().catch(failed)
    tending.start()
  })
  function failed(error: unknown): void {
    log.error({ err: error }, 'Rooms could not be brought up to date')
  }
  return { rooms, log: new RoomLog(rooms, archive), store, tending }
}
