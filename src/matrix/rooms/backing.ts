/**
 * What is behind a room of the Matrix face. Two makers give rooms to it: the rooms of the service (`service-room.ts`), and the
 * conversations of two people (`../direct/`). What reads, says and marks asks the room for this, and does not know which one it is.
 */
import type { Entry } from '../../rooms/log.ts'
import type { Command } from '../../rooms/machine/commands.ts'
import type { EntryId, Kind, Transaction } from '../../rooms/machine/drafts.ts'
import type { Seq } from '../../rooms/machine/room.ts'
import type { RoomFilter } from '../../rooms/room-log.ts'
import type { Outcome } from '../../rooms/rooms.ts'
import type { ArchiveEnd, ArchivePage } from '../../server/archive.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Receipt } from './receipts.ts'

/** The log of one room. `RoomLog` says what each of these does, if it has it. */
export interface LogReads {
  page(filter: RoomFilter, limit: number, end: ArchiveEnd): Promise<ArchivePage<Entry>>
  statePage(filter: RoomFilter, limit: number, end: ArchiveEnd): Promise<ArchivePage<Entry>>
  at(stream: number): Promise<Seq>
  stateAt(kind: Kind, key: string, seq: Seq): Promise<Entry | null>
  byId(id: EntryId): Promise<Entry | null>
  /** What a device has asked for under that name; null: nothing that is known. */
  sentAs(device: string, key: string): Promise<EntryId | null>
  about(target: EntryId, kind: Kind): Promise<readonly Entry[]>
  correctionsOf(target: EntryId): Promise<readonly Extract<Entry, { kind: 'correct' }>[]>
  reactionsOf(author: string, target: EntryId): Promise<readonly string[]>
}

/** What of an entry names it. */
export interface Named {
  readonly id: EntryId
  readonly fromId?: string | null
}

export interface Backing {
  readonly log: LogReads
  /** @returns why it is refused; null: it is done */
  attempt(user: Jid, command: Command, transaction: Transaction | null): Outcome | Promise<Outcome>
  /** Those who look at the room are told that there is news. */
  news(): void
  /** The id by which clients of XMPP name an entry. */
  nameOf(entry: Named): string
  /** The address of its author, as clients of XMPP know it. */
  authorOf(entry: Entry): string
  /** Keeps how far somebody has read. @param surplus of the same room, which goes */
  putReceipt(receipt: Receipt, surplus: readonly Receipt[]): Promise<void>
  /** Whose ids of entries clients of that user know (XEP-0359): the address of an archive. */
  archiveOf(user: Jid): Jid
}
