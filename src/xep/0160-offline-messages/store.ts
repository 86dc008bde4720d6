/**
 * Which messages wait for each account, in the order in which they arrived. The messages themselves are in the archive of the
 * account (MAM-29): those that it keeps anyway, and others for as long as they wait. The statement that inserts a new row
 * also numbers it, with a number that no message had before, and checks the account's limits and the sender's share: there is nothing in memory that could be out of date.
 */
import type { Millis } from '../../base/clock.ts'
import type { AccountArchive, MessageToKeep } from '../../server/account-archive.ts'
import { required, type Database, type Query, type Statement } from '../../server/database.ts'
import type { Along } from '../../server/ports.ts'
import { entryOf } from '../../storage/archive-queries.ts'
import type { ArchiveRow } from '../../storage/archive-tables.ts'
import { messageOfEntry } from '../../storage/kept-messages.ts'
import { StorageError } from '../../storage/storage-error.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { storedJid } from '../../xmpp/stored-jid.ts'
import { withStanzaId } from '../../xmpp/stanza-id.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { IMPORTED, type Pool, type Share } from './shares.ts'
import { queriesOf } from './queries.ts'
import { packetOfOld, type OfflineTables } from './tables.ts'

/** What one account may have stored in one pool. */
export interface PoolLimits {
  readonly messages: number
  readonly octets: number
}
/** What one account may have stored. */
export type OfflineLimits = Readonly<Record<Pool, PoolLimits>>
export interface StoredMessage {
  readonly seq: number
  readonly packet: Packet
  readonly receivedAt: Millis
}
export interface MessageThatWaits extends MessageToKeep {
  /** Whether the archive keeps it, and queries find it there. */
  readonly isArchived: boolean
  /** What is stored along with it, too: all or nothing. */
  readonly along: Along
}

export class OfflineMessages {
  readonly #database: Database
  readonly #archive: AccountArchive
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database, archive: AccountArchive) {
    this.#database = database
    this.#archive = archive
    this.#queries = queriesOf(database.schema<OfflineTables>())
  }
  /**
   * False if there is no room for it: then nothing is stored.
   * @param issued called when a reading that begins afterwards will see it
   */
  append(
    owner: string,
    message: MessageThatWaits,
    limits: OfflineLimits,
    share: Share,
    issued: () => void = () => {},
  ): Promise<boolean> {
    const more = (entry: number): readonly Statement[] => {
      issued()
      return [required(this.#addition(owner, entry, message, limits, share)), ...message.along(entry)]
    }
    return isStored(this.#archive.append(owner, message, { isShown: message.isArchived, more }))
  }
  /**
   * A message waits that is in the archive already. False if there is no room for it.
   * @param issued called when a reading that begins afterwards will see it
   */
  async appendKept(
    owner: string,
    { entry, packet }: { readonly entry: number; readonly packet: Packet },
    limits: OfflineLimits,
    share: Share,
    issued: () => void = () => {},
  ): Promise<boolean> {
    if ((await this.#database.read(this.#queries.waits({ owner, entry }))).length > 0) return true
    const query = this.#addition(owner, entry, { packet, isArchived: true }, limits, share)
    const stored = this.#database.write(query)
    issued()
    return (await stored) === 1
  }
  #addition(
    owner: string,
    entry: number,
    { packet, isArchived }: Pick<MessageThatWaits, 'packet' | 'isArchived'>,
    limits: OfflineLimits,
    { pool, holder }: Share,
  ): Query<unknown> {
    const { messages, octets } = limits[pool]
    const row = { owner, entry, is_held: isArchived ? 0 : 1, octets: packet.wire.length, pool, holder }
    return this.#queries.append({ ...row, messagesMax: messages, octetsMax: octets })
  }
  /** Statements by which messages wait for an account that is being created, in this order. */
  additions(owner: string, messages: readonly { readonly packet: Packet; readonly entry: number }[]): readonly Statement[] {
    return messages.map(({ packet, entry }, i) =>
      this.#queries.add({ owner, seq: i + 1, entry, is_held: 1, octets: packet.wire.length, ...IMPORTED }),
    )
  }

  /** The oldest ones after the one with that number; 0 for the very oldest. */
  async after(owner: string, seq: number, limit: number): Promise<readonly StoredMessage[]> {
    const jid = storedJid(owner)
    return (await this.#database.read(this.#queries.after({ owner, seq, limit }))).map((row) => messageOf(jid, row))
  }
  /** It waits no longer. */
  async drop(owner: string, seq: number): Promise<void> {
    const { remember, dropHeld, drop } = this.#queries
    await this.#database.atomically([remember({ owner }), dropHeld({ owner, seq }), drop({ owner, seq })])
  }
  /** The newest position of a message that waits, and that the archive keeps; 0: there is none. */
  async archivedUpTo(owner: string): Promise<number> {
    return (await this.#database.read(this.#queries.keptUpTo({ owner })))[0]?.entry ?? 0
  }
  /** The bare JIDs of those whose messages wait. */
  async senders(owner: string): Promise<ReadonlySet<string>> {
    const rows = await this.#database.read(this.#queries.senders({ owner }))
    return new Set(rows.flatMap(({ with_bare: sender }) => sender ?? []))
  }
  /**
   * What the archive keeps waits no longer, up to that position of it.
   * @param mayRead what the owner may not read waits on; null: they may read everything
   */
  async leaveToArchive(owner: string, upTo: number, mayRead: ((packet: Packet) => boolean) | null): Promise<void> {
    const { remember, dropKept, drop } = this.#queries
    const dropped =
      mayRead === null
        ? [dropKept({ owner, upTo })]
        : (await this.#readable(owner, upTo, mayRead)).map((seq) => drop({ owner, seq }))
    await this.#database.atomically([remember({ owner }), ...dropped])
  }
  /** The numbers of messages that the archive keeps up to that position, and that the owner may read. */
  async #readable(owner: string, upTo: number, mayRead: (packet: Packet) => boolean): Promise<readonly number[]> {
    const rows = await this.#database.read(this.#queries.kept({ owner }))
    const kept = new Set(rows.filter(({ entry }) => entry <= upTo).map(({ seq }) => seq))
    const readable: number[] = []
    for (let from = 0; ;) {
      const batch = await this.after(owner, from, JUDGED_AT_ONCE)
      for (const { seq, packet } of batch) if (kept.has(seq) && mayRead(packet)) readable.push(seq)
      if (batch.length < JUDGED_AT_ONCE) return readable
      from = batch.at(-1)!.seq
    }
  }
  /** A client has found messages in the archive, at these positions: they wait no longer. */
  async found(owner: string, entries: ReadonlySet<number>): Promise<void> {
    const { kept, remember, drop } = this.#queries
    const found = (await this.#database.read(kept({ owner }))).filter(({ entry }) => entries.has(entry))
    await this.#database.atomically([remember({ owner }), ...found.map(({ seq }) => drop({ owner, seq }))])
  }
  /** Nothing is left of the archive up to this position. */
  async shorten(owner: string, edge: number): Promise<void> {
    const { remember, dropUpTo } = this.#queries
    await this.#database.atomically([remember({ owner }), dropUpTo({ owner, entry: edge })])
  }
  async clear(owner: string): Promise<void> {
    const { clear, forget } = this.#queries
    await this.#database.atomically([clear({ owner }), forget({ owner })])
  }

  /** Takes over what an earlier version has stored elsewhere. A crash in between loses nothing. */
  async takeOver(): Promise<void> {
    const { old, dropOld, add } = this.#queries
    for (;;) {
      const rows = await this.#database.read(old({ limit: TAKEN_AT_ONCE }))
      await Promise.all(
        rows.map((row) => {
          const { owner, seq, octets, pool, holder, received_at: at } = row
          const message = { packet: packetOfOld(row), id: this.#archive.newId(at), at, isSent: false }
          const more = (entry: number): readonly Statement[] => [
            add({ owner, seq, entry, is_held: 1, octets, pool, holder }),
            dropOld({ owner, seq }),
          ]
          return this.#archive.append(owner, message, { isShown: false, more })
        }),
      )
      if (rows.length < TAKEN_AT_ONCE) return
    }
  }
}
const TAKEN_AT_ONCE = 200
const JUDGED_AT_ONCE = 50

async function isStored(storing: Promise<void>): Promise<boolean> {
  try {
    await storing
    return true
  } catch (error) {
    if (error instanceof StorageError && error.trouble === 'nothing-changed') return false
    throw error
  }
}

/** The message as it arrived, with its id if it is in the archive. */
function messageOf(owner: Jid, row: ArchiveRow & { place: number; is_held: number }): StoredMessage {
  const { packet, id, at } = messageOfEntry(owner, entryOf(row))
  return { seq: row.place, receivedAt: at, packet: row.is_held === 0 ? withStanzaId(packet, owner, id) : packet }
}
