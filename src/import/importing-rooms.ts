/** Creates rooms from what was found: each as a whole, or not at all. A room that exists already is not changed. */
import type { Clock } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import { bringing, originOf, type BroughtRoom } from '../rooms/bringing.ts'
import { archived } from '../rooms/log.ts'
import { LIMITS, type RoomLimits } from '../rooms/machine/commands.ts'
import { configured, DEFAULTS, type RoomConfig } from '../rooms/machine/config.ts'
import type { Subject } from '../rooms/machine/room.ts'
import { pastEntry, type PastSaying } from '../rooms/past.ts'
import type { ServedRooms } from '../rooms/rooms.ts'
import { wordOf } from '../rooms/setting-words.ts'
import type { ArchiveStore } from '../server/archive.ts'
import { el } from '../xml/element.ts'
import { decode } from '../xml/wire.ts'
import { serialise } from '../xml/write.ts'
import { CLIENT } from '../xmpp/ns.ts'
import { Payload } from '../xmpp/packet.ts'
import { picturesIn } from '../xep/0045-multi-user-chat/room-card.ts'
import type { ImportedRoom } from './imported-room.ts'

export interface RoomImportOptions {
  /** Null if this server has no rooms. */
  readonly served: ServedRooms | null
  readonly limits: Pick<RoomLimits, 'occupantsMax' | 'affiliationsMax' | 'subjectOctetsMax'> & { readonly cardOctetsMax: number }
  readonly archive: ArchiveStore
  readonly clock: Clock
  readonly entropy: Entropy
  /** Reads and reports, and changes nothing. */
  readonly dryRun: boolean
}

export type RoomOutcome =
  | { readonly kind: 'taken'; readonly affiliations: number; readonly leftOut: readonly string[] }
  | { readonly kind: 'exists' }
  /** This server has no rooms at that domain. */
  | { readonly kind: 'elsewhere' }

/** A room that this import has created: where its log goes on. */
interface TakenRoom {
  readonly uid: string
  readonly config: RoomConfig
  seq: number
  at: number
}

/** Entries that are written at a time. */
const ENTRIES = 200

export class RoomImporting {
  readonly #options: RoomImportOptions
  /** By address. */
  readonly #taken = new Map<string, TakenRoom>()

  constructor(options: RoomImportOptions) {
    this.#options = options
  }
  /** @throws StorageError */
  async take(room: ImportedRoom): Promise<RoomOutcome> {
    const { served, limits, clock, entropy, dryRun } = this.#options
    if (served === null || !served.domains.includes(room.jid.domain)) return { kind: 'elsewhere' }
    if ((await served.store.load(room.jid)) !== null) return { kind: 'exists' }
    const leftOut = [...room.leftOut]
    const all = Array.from(room.members, ([jid, member]) => ({ jid, ...member })).sort(byRank)
    const members = all.slice(0, limits.affiliationsMax)
    if (members.length < all.length)
      leftOut.push(`${all.length - members.length} affiliations: a room holds ${limits.affiliationsMax}`)
    const config = this.#configOf(room, leftOut)
    const subject = this.#subjectOf(room, leftOut)
    const origin = originOf(room.jid, clock, entropy)
    const card = this.#cardOf(room, leftOut)
    const plan = bringing(origin, { config, subject, card, members }, LIMITS)
    if (!dryRun) await served.store.save(plan, [], true)
    this.#taken.set(room.jid.bare, { uid: origin.uid, config, seq: 0, at: 0 })
    return { kind: 'taken', affiliations: members.length, leftOut }
  }
  /** @returns how many entries were added; null: the room was not created by this import, or has no archive @throws StorageError */
  async say(room: string, said: readonly PastSaying[]): Promise<number | null> {
    const taken = this.#taken.get(room)
    if (taken?.config.archived !== true) return null
    for (let i = 0; i < said.length; i += ENTRIES) await this.#append(taken, said.slice(i, i + ENTRIES))
    return said.length
  }
  async #append(taken: TakenRoom, said: readonly PastSaying[]): Promise<void> {
    const { archive, dryRun } = this.#options
    if (dryRun) return
    const veiled = taken.config.whois === 'moderators'
    const entries = said.map((saying) => {
      taken.seq += 1
      taken.at = Math.max(saying.at, taken.at + 1) // each entry has a time of its own
      const positions = { id: saying.id ?? archive.newId(taken.at), seq: taken.seq, stream: archive.nextStream() }
      return archived(taken.uid, pastEntry(saying, positions, taken.at, veiled))
    })
    await archive.append(entries)
  }
  /** Each setting that this server allows. A room that is imported stays. */
  #configOf({ config: given }: ImportedRoom, leftOut: string[]): RoomConfig {
    const { password = '', passwordProtected = false, ...others } = given
    const changes: Partial<RoomConfig>[] = Object.entries(others).map(([field, value]) => ({ [field]: value }))
    if (password !== '') changes.push({ password, passwordProtected })
    let config: RoomConfig = { ...DEFAULTS, persistent: true }
    for (const change of changes) {
      const result = configured(config, change, this.#options.limits.occupantsMax)
      if ('config' in result) config = result.config
      else leftOut.push(`the setting ${wordOf(result.fault.field)}, which ${result.fault.why}`)
    }
    if (!passwordProtected || password !== '') return config
    leftOut.push('the password, which is not in the file: only members may enter')
    return { ...config, membersOnly: true }
  }
  #cardOf({ card }: ImportedRoom, leftOut: string[]): BroughtRoom['card'] {
    if (card === null || card.elements.length === 0) return null
    const text = decode(serialise(card))
    if (Buffer.byteLength(text) <= this.#options.limits.cardOctetsMax) return { text, pictures: picturesIn(card) }
    leftOut.push('the card, which is too large')
    return null
  }
  #subjectOf({ subject, jid }: ImportedRoom, leftOut: string[]): Subject | null {
    if (subject === null) return null
    const payload = Payload.of(el('subject', CLIENT, {}, subject.text))
    if (payload.text.length > this.#options.limits.subjectOctetsMax) {
      leftOut.push('the subject, which is too long')
      return null
    }
    // Who it was is not known, only the nickname
    return { payload, by: jid.bare, nick: subject.nick, at: subject.at ?? this.#options.clock.now() }
  }
}

const RANKS: readonly string[] = ['owner', 'admin', 'outcast', 'member']
const byRank = (a: { readonly affiliation: string }, b: { readonly affiliation: string }): number =>
  RANKS.indexOf(a.affiliation) - RANKS.indexOf(b.affiliation)
