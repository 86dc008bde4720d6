/**
 * The archive of an account with one person, as the log of a room (MXR-92). The archive keeps stanzas: which message a correction, a
 * reaction or a retraction is about is found by the ids that clients have given, when it is read.
 */
import type { Entry } from '../../rooms/log.ts'
import type { EntryId, Kind, Said } from '../../rooms/machine/drafts.ts'
import type { RoomFilter } from '../../rooms/room-log.ts'
import type { AccountArchive, KeptMessage, MessageFilter } from '../../server/account-archive.ts'
import type { ArchiveEnd, ArchivePage } from '../../server/archive.ts'
import { decode } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { correctedIn, reactionsIn } from '../../xmpp/relations.ts'
import { retractedIn } from '../../xmpp/retraction.ts'
import { isEntryId } from '../ids/event-id.ts'
import type { LogReads } from '../rooms/backing.ts'

/** What a message may be about. */
type About = 'correct' | 'react' | 'retract'
type React = Extract<Entry, { kind: 'react' }>

export class TalkLog implements LogReads {
  readonly #archive: AccountArchive
  readonly #owner: Jid
  /** Bare JID. */
  readonly #peer: string

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
  async byTransaction(device: string, key: string): Promise<Entry | null> {
    const message = this.#own(await this.#archive.byTransaction(this.#owner, device, key))
    return message === null ? null : this.#entry(message)
  }
  async about(target: EntryId, kind: Kind): Promise<readonly Entry[]> {
    const message = this.#own(await this.#archive.byId(this.#owner, target))
    const all = message === null ? [] : await this.entriesOf(await this.#naming(message))
    return all.filter((entry) => entry.kind === kind && 'target' in entry && entry.target === target)
  }
  async correctionsOf(target: EntryId): Promise<readonly Extract<Entry, { kind: 'correct' }>[]> {
    return (await this.about(target, 'correct')).filter((entry) => entry.kind === 'correct')
  }
  async reactionsOf(author: string, target: EntryId): Promise<readonly string[]> {
    const all = (await this.about(target, 'react')) as readonly React[]
    return all.findLast(({ by }) => by === author)?.now ?? []
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
  /** The entries of messages of this conversation, in their order. */
  async entriesOf(messages: readonly KeptMessage[]): Promise<readonly Entry[]> {
    const entries: Entry[] = []
    for (const message of messages) entries.push(message.about === null ? plain(message) : await this.#entry(message))
    return entries
  }
  async #entry(message: KeptMessage): Promise<Entry> {
    const kind = message.isRetracted ? null : kindOf(message)
    const target = kind === null ? null : await this.#targetOf(message, kind)
    if (kind === null || target === null || target.seq >= message.seq) return plain(message)
    const about = { ...plain(message), target: target.id }
    if (kind === 'correct') return { ...about, kind }
    if (kind === 'retract') return { ...about, kind, moderated: false, reason: '' }
    return { ...about, kind, ...(await this.#changed(message, target)) }
  }
  async #targetOf(message: KeptMessage, kind: About): Promise<KeptMessage | null> {
    const found = await this.named(message.about!, kind === 'react' ? null : message.isSent)
    // A correction of a correction is one of the first message
    const isAgain = kind !== 'retract' && found !== null && !found.isRetracted && kindOf(found) === 'correct'
    return isAgain ? this.named(found.about!, found.isSent) : found
  }
  /** XEP-0444: each set takes the place of the one before. */
  async #changed(message: KeptMessage, target: KeptMessage): Promise<Pick<React, 'now' | 'added' | 'removed'>> {
    const now = reactionsIn(message.packet.payload)!.now
    const isEarlier = ({ seq, isSent }: KeptMessage): boolean => seq < message.seq && isSent === message.isSent
    const earlier = (await this.#naming(target)).findLast((one) => isEarlier(one) && kindOf(one) === 'react')
    const before = earlier === undefined ? [] : reactionsIn(earlier.packet.payload)!.now
    return { now, added: now.filter((one) => !before.includes(one)), removed: before.filter((one) => !now.includes(one)) }
  }
  /** All that name this message, in their order. */
  async #naming({ id, packet }: KeptMessage): Promise<readonly KeptMessage[]> {
    const names = new Set([id, ...(packet.id === null ? [] : [decode(packet.id)])])
    const found = await Promise.all([...names].map((name) => this.#archive.about(this.#owner, name)))
    return found
      .flat()
      .filter((one) => this.#own(one) !== null)
      .toSorted((a, b) => a.seq - b.seq)
  }
  #own(message: KeptMessage | null): KeptMessage | null {
    return message !== null && peerOf(message) === this.#peer ? message : null
  }
}

/** The bare JID of the other person. */
export const peerOf = ({ isSent, packet }: Pick<KeptMessage, 'isSent' | 'packet'>): string =>
  isSent ? packet.to!.bare : packet.from.bare

function kindOf({ packet: { payload } }: KeptMessage): About | null {
  if (reactionsIn(payload) !== null) return 'react'
  if (retractedIn(payload).length > 0) return 'retract'
  return correctedIn(payload) === null ? null : 'correct'
}
function plain({ id, seq, stream, at, isSent, isRetracted, packet }: KeptMessage): Extract<Entry, { kind: 'message' }> {
  const { payload, lang, from, beside } = packet
  const said: Said = {
    payload,
    lang,
    fromId: packet.id === null ? null : decode(packet.id),
    givenId: id,
    mx: isRetracted ? null : (beside?.form ?? null),
    isPassing: false,
  }
  return {
    kind: 'message',
    id,
    seq,
    stream,
    at,
    by: from.bare,
    byFull: null,
    nick: null,
    veiled: false,
    transaction: isSent ? (beside?.transaction ?? null) : null,
    isRetracted,
    isKept: true,
    ...said,
  }
}
