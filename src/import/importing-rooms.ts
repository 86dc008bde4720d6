/** Creates rooms from what was found: each as a whole, or not at all. A room that exists already is not changed. */
import type { Clock } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import { bringing, originOf } from '../rooms/bringing.ts'
import { LIMITS, type RoomLimits } from '../rooms/machine/commands.ts'
import { configured, DEFAULTS, type RoomConfig } from '../rooms/machine/config.ts'
import type { Subject } from '../rooms/machine/room.ts'
import type { ServedRooms } from '../rooms/rooms.ts'
import { wordOf } from '../rooms/setting-words.ts'
import { el } from '../xml/element.ts'
import { CLIENT } from '../xmpp/ns.ts'
import { Payload } from '../xmpp/packet.ts'
import type { ImportedRoom } from './imported-room.ts'

export interface RoomImportOptions {
  /** Null if this server has no rooms. */
  readonly served: ServedRooms | null
  readonly limits: Pick<RoomLimits, 'occupantsMax' | 'affiliationsMax' | 'subjectOctetsMax'>
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

export class RoomImporting {
  readonly #options: RoomImportOptions

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
    const plan = bringing(originOf(room.jid, clock, entropy), { config, subject, members }, LIMITS)
    if (!dryRun) await served.store.save(plan, [], true)
    return { kind: 'taken', affiliations: members.length, leftOut }
  }
  /** Each setting that this server allows. A room that is imported stays. */
  #configOf({ config: given }: ImportedRoom, leftOut: string[]): RoomConfig {
    const { password = '', passwordProtected = false, ...others } = given
    const changes = [...Object.entries(others).map(([field, value]) => ({ [field]: value })), { password, passwordProtected }]
    let config: RoomConfig = { ...DEFAULTS, persistent: true }
    for (const change of changes) {
      const result = configured(config, change, this.#options.limits.occupantsMax)
      if ('config' in result) config = result.config
      else leftOut.push(`the setting ${wordOf(result.fault.field)}, which ${result.fault.why}`)
    }
    return config
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
