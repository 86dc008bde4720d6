/**
 * The archive of an account with one person, as the log of a room (MXR-92). The archive keeps stanzas: which message a correction, a
 * reaction or a retraction is about is found by the ids that clients have given, when it is read.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Entry } from '../../rooms/log.ts'
import type { EntryId, Kind, Transaction } from '../../rooms/machine/drafts.ts'
import type { RoomFilter } from '../../rooms/room-log.ts'
import type { AccountArchive, KeptMessage, MessageFilter } from '../../server/account-archive.ts'
import { ABOUT_MAX, type ArchiveEnd, type ArchivePage } from '../../server/archive.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { reactionsIn } from '../../xmpp/relations.ts'
import { isEntryId } from '../ids/event-id.ts'
import type { LogReads } from '../rooms/backing.ts'
import { AboutOthers, kindOf, namesOfMessage, type Lookups } from './about-others.ts'

/** What devices have sent lately: a request that is repeated comes soon. */
const SENT_MAX = 20

export class TalkLog implements LogReads, Lookups {
  readonly #archive: AccountArchive
  readonly #owner: Jid
  /** Bare JID. */
  readonly #peer: string

  /** By device and transaction. */
  readonly #sent = new BoundedMap<string, EntryId>(SENT_MAX)

  constructor(archive: AccountArchive, owner: Jid, peer: string) {
    this.#archive = archive
    this.#owner = owner
    this.#peer = peer
  }
  async page(
    { after, before, kinds, start, end: until }: RoomFilter,
    limit: number,
    end: ArchiveEnd,
  ): Promise<ArchivePage<Entry>> {
    const filter: MessageFilter = { after, before, withBare: this.#peer, withFull: null, start, end: until }
    const { entries, isAll } = await this.#archive.page(this.#owner, filter, limit, end)
    const all = await this.entriesOf(entries)
    return { entries: kinds === null ? all : all.filter(({ kind }) => kinds.includes(kind)), isAll }
  }
  /** Nothing in the archive is a state. */
  statePage(): Promise<ArchivePage<Entry>> {
    return Promise.resolve({ entries: [], isAll: true })
  }
  stateAt(): Promise<null> {
    return Promise.resolve(null)
  }
  at(stream: number): Promise<number> {
    return this.#archive.at(this.#owner.bare, stream)
  }
  async byId(id: EntryId): Promise<Entry | null> {
    const message = this.#own(await this.#archive.byId(this.#owner, id))
    return message === null ? null : this.#entry(message)
  }
  async sentAs(device: string, key: string): Promise<EntryId | null> {
    const sent = this.#sent.get(`${device} ${key}`)
    return sent ?? this.#own(await this.#archive.byTransaction(this.#owner, device, key))?.id ?? null
  }
  /** A device has sent something, which the archive need not have (XEP-0441). */
  sent({ device, key }: Transaction, id: EntryId): void {
    this.#sent.set(`${device} ${key}`, id)
  }
  async about(target: EntryId, kind: Kind): Promise<readonly Entry[]> {
    const message = this.#own(await this.#archive.byId(this.#owner, target))
    const naming = message === null ? [] : await this.#naming(message)
    const all = await this.entriesOf(naming.filter((one) => kindOf(one) === kind))
    return all.filter((entry) => entry.kind === kind && 'target' in entry && entry.target === target)
  }
  async correctionsOf(target: EntryId): Promise<readonly Extract<Entry, { kind: 'correct' }>[]> {
    return (await this.about(target, 'correct')).filter((entry) => entry.kind === 'correct')
  }
  async reactionsOf(author: string, target: EntryId): Promise<readonly string[]> {
    const message = this.#own(await this.#archive.byId(this.#owner, target))
    return message === null ? [] : this.reactionsBefore(message, author === this.#owner.bare, Number.MAX_SAFE_INTEGER)
  }

  /** The message that clients of XMPP name so; null: there is none. @param isSent by the owner; null: by either */
  async named(id: string, isSent: boolean | null = null): Promise<KeptMessage | null> {
    const isBy = (one: KeptMessage | null): boolean => one !== null && (isSent === null || one.isSent === isSent)
    for (const own of isSent === null ? [true, false] : [isSent]) {
      const found = await this.#archive.byFromId(this.#owner, this.#peer, own, id)
      if (found !== null) return found
    }
    const found = isEntryId(id) ? this.#own(await this.#archive.byId(this.#owner, id)) : null
    return isBy(found) ? found : null
  }
  /**
   * The entries of messages of this conversation, in their order and without gaps in what is about the same message.
   * @param preceding entries that come right before them
   */
  async entriesOf(messages: readonly KeptMessage[], preceding: readonly Entry[] = []): Promise<readonly Entry[]> {
    const others = new AboutOthers(this, preceding)
    const entries: Entry[] = []
    for (const message of messages) entries.push(await others.entryOf(message))
    return entries
  }
  async #entry(message: KeptMessage): Promise<Entry> {
    return (await this.entriesOf([message]))[0]!
  }
  async reactionsBefore(target: KeptMessage, isSent: boolean, before: number): Promise<readonly string[]> {
    const by = { isSent, before }
    const found = await Promise.all(namesOfMessage(target).map((name) => this.#archive.lastAbout(this.#owner, name, by)))
    const own = found.flat().filter((one) => this.#own(one) !== null && kindOf(one) === 'react')
    const last = own.toSorted((a, b) => a.seq - b.seq).at(-1)
    return last === undefined ? [] : reactionsIn(last.packet.payload)!.now
  }
  /** The newest that name this message, in their order. */
  async #naming(message: KeptMessage): Promise<readonly KeptMessage[]> {
    const found = await Promise.all(namesOfMessage(message).map((name) => this.#archive.about(this.#owner, name)))
    return found
      .flat()
      .filter((one) => this.#own(one) !== null)
      .toSorted((a, b) => a.seq - b.seq)
      .slice(-ABOUT_MAX)
  }
  #own(message: KeptMessage | null): KeptMessage | null {
    return message !== null && peerOf(message) === this.#peer ? message : null
  }
}

/** The bare JID of the other person. */
export const peerOf = ({ isSent, packet }: Pick<KeptMessage, 'isSent' | 'packet'>): string =>
  isSent ? packet.to!.bare : packet.from.bare
