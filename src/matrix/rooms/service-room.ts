/** A room of the service behind a room of the Matrix face. */
import type { Actor } from '../../rooms/machine/commands.ts'
import type { Transaction } from '../../rooms/machine/drafts.ts'
import type { Room } from '../../rooms/machine/room.ts'
import type { RoomLog } from '../../rooms/room-log.ts'
import type { Rooms } from '../../rooms/rooms.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Backing } from './backing.ts'
import type { MatrixRoomStore } from './store.ts'

export interface ServiceRoomParts {
  readonly rooms: Pick<Rooms, 'perform'>
  readonly log: RoomLog
  /** The one that is in memory: another one when it has been loaded again. */
  readonly room: () => Room
  readonly news: () => void
  readonly store: Pick<MatrixRoomStore, 'putReceipt'>
}

export function serviceRoom({ rooms, log, room, news, store }: ServiceRoomParts): Backing {
  return {
    log: {
      page: (filter, limit, end) => log.page(room(), filter, limit, end),
      statePage: (filter, limit, end) => log.statePage(room(), filter, limit, end),
      at: (stream) => log.at(room(), stream),
      stateAt: (kind, key, seq) => log.stateAt(room(), kind, key, seq),
      byId: (id) => log.byId(room(), id),
      sentAs: async (device, key) => (await log.byTransaction(room(), device, key))?.id ?? null,
      about: (target, kind) => log.about(room(), target, kind),
      correctionsOf: (target) => log.correctionsOf(room(), target),
      reactionsOf: (author, target) => log.reactionsOf(room(), author, target),
    },
    attempt: (user, command, transaction) =>
      rooms.perform({ address: room().address, actor: actorOf(user, transaction), command, create: null, answered: null }),
    news,
    // XEP-0359: the room has given the ids
    nameOf: ({ id }) => id,
    authorOf({ nick }) {
      const { address } = room()
      return nick === null ? address.bare : `${address.bare}/${nick}`
    },
    putReceipt: (receipt, surplus) => store.putReceipt({ uid: room().uid, ...receipt }, surplus),
    archiveOf: () => room().address,
  }
}

export const actorOf = ({ bare }: Jid, transaction: Transaction | null = null): Actor => ({
  jid: bare,
  session: null,
  transaction,
})
