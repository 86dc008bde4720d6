/**
 * What one account has heard of contacts on other servers, pure: which of their resources are available, and which contacts have
 * none.
 */
import type { Millis } from '../base/clock.ts'
import type { Jid } from '../xmpp/jid.ts'
import { roomMark } from '../xmpp/muc-user.ts'
import type { Packet } from '../xmpp/packet.ts'
import { contactKey, type Account } from './account.ts'
import { ByResource } from './by-resource.ts'
import { heardAgain, heardBefore, heardFirst } from './heard-resource.ts'
import type { HeardEntry, HeardJson, HeardMoment, HeardNews, HeardResource } from './heard-resource.ts'

export interface Departure {
  /** Resources that were known to be available, and are not any more. */
  readonly lost: readonly Jid[]
  /**
   * Those among them of which that was said for all resources at once, though nothing that their server said can have been
   * lost since it said that they are available.
   */
  readonly denied: readonly Jid[]
}
/** How much one account remembers. */
export interface HeardLimits {
  /** Available resources; and contacts of whom none is available. */
  readonly resourcesMax: number
  /** Of all of that, about. */
  readonly octetsMax: number
}
/** What an entry takes up beside its texts, about. */
const ENTRY_OCTETS = 300

export class HeardLedger {
  /** What it takes up, about. */
  octets = 0
  readonly #limits: HeardLimits
  readonly #resources = new ByResource<HeardEntry>()
  /** By bare JID: when the server of the contact last said that no resource is available. */
  readonly #gone = new Map<string, Millis>()

  constructor(limits: HeardLimits) {
    this.#limits = limits
  }
  /** Of the available resources. */
  get size(): number {
    return this.#resources.size
  }
  get(jid: Jid): HeardResource | undefined {
    return this.#resources.get(jid)
  }
  all(): Iterable<HeardResource> {
    return this.#resources.all()
  }
  ofDomain(domain: string): Iterable<HeardResource> {
    return this.#resources.ofDomain(domain)
  }
  ofAccount(contact: Jid): Iterable<HeardResource> {
    return this.#resources.ofAccount(contact)
  }
  /** When the server of the contact last said that none of its resources is available; null: not in this run, or one is. */
  goneAt({ bare }: Jid): Millis | null {
    return this.#gone.get(bare) ?? null
  }
  /**
   * Available presence has come. Null: it is of somebody who has nothing to do with the account, or of an occupant of a room,
   * or there is no room for it.
   */
  available(account: Account, packet: Packet, moment: HeardMoment): { heard: HeardResource; news: HeardNews } | null {
    const { from } = packet
    if (from.isBare || !concerns(account, from) || roomMark(packet) !== undefined) return null
    const old = this.#resources.get(from)
    if (old !== undefined) return { heard: old, news: this.#again(account, old, packet, moment) }
    const entry = heardFirst(account, packet, moment)
    return this.#add(entry) ? { heard: entry, news: 'available' } : null
  }
  /** Unavailable presence has come. */
  unavailable(account: Account, packet: Packet, moment: HeardMoment): Departure {
    const { from } = packet
    const gone = from.isBare
      ? [...this.#resources.ofAccount(from)]
      : [this.#resources.get(from)].filter((one) => one !== undefined)
    for (const entry of gone) this.#remove(entry)
    this.#noteGone(account, packet, moment)
    const denied = from.isBare ? gone.filter(({ losses }) => losses === moment.losses) : []
    return { lost: gone.map(({ jid }) => jid), denied: denied.map(({ jid }) => jid) }
  }
  /** Nothing is remembered of contacts at a domain for which `isMeant` is true. */
  forget(isMeant: (domain: string) => boolean): void {
    for (const entry of [...this.#resources.all()]) if (isMeant(entry.jid.domain)) this.#remove(entry)
    for (const bare of [...this.#gone.keys()]) if (isMeant(bare.slice(bare.indexOf('@') + 1))) this.#forgetGone(bare)
  }
  /** Something has come of the contact that goes against its having no available resource. */
  forgetGone({ bare }: Jid): void {
    this.#forgetGone(bare)
  }

  /** To be remembered over a restart. */
  memory(): readonly HeardJson[] {
    return Array.from(this.#resources.all(), ({ jid, digest, caps }) => [jid.full, digest, caps])
  }
  /** What was heard before: it is not confirmed. */
  remember(account: Account, json: HeardJson, turn: number): void {
    const entry = heardBefore(account, json, turn)
    if (this.#resources.get(entry.jid) === undefined) this.#add(entry)
  }

  #forgetGone(bare: string): void {
    if (this.#gone.delete(bare)) this.octets -= octetsOfGone(bare)
  }
  #again(account: Account, entry: HeardEntry, packet: Packet, moment: HeardMoment): HeardNews {
    const before = octetsOf(entry)
    const news = heardAgain(account, entry, packet, moment)
    this.octets += octetsOf(entry) - before
    return this.octets > this.#limits.octetsMax ? this.#forgetCaps(entry) : news
  }
  /** There is no room for its new capabilities. */
  #forgetCaps(entry: HeardEntry): HeardNews {
    this.octets -= octetsOfCaps(entry)
    entry.caps = null
    return 'presence'
  }
  /** False: there is no room for it. */
  #add(entry: HeardEntry): boolean {
    const octets = octetsOf(entry)
    if (this.#resources.size >= this.#limits.resourcesMax || this.octets + octets > this.#limits.octetsMax) return false
    this.#resources.add(entry)
    this.octets += octets
    return true
  }
  #remove(entry: HeardEntry): void {
    this.#resources.remove(entry.jid)
    this.octets -= octetsOf(entry)
  }
  /** It is said for all resources, or of the last one that was known. */
  #noteGone({ roster }: Account, { from }: Packet, { at }: HeardMoment): void {
    const { bare } = from
    if (!roster.isSubscribedTo(contactKey(from)) || this.#resources.hasAccount(from)) return
    if (!this.#gone.has(bare)) {
      const octets = octetsOfGone(bare)
      if (this.#gone.size >= this.#limits.resourcesMax || this.octets + octets > this.#limits.octetsMax) return
      this.octets += octets
    }
    this.#gone.set(bare, at)
  }
}

const octetsOfCaps = ({ caps }: HeardEntry): number => (caps === null ? 0 : caps.hash.length + caps.node.length + caps.ver.length)
const octetsOf = (entry: HeardEntry): number => ENTRY_OCTETS + entry.jid.full.length + octetsOfCaps(entry)
const octetsOfGone = (bare: string): number => ENTRY_OCTETS + bare.length

/** Do the two have anything to do with each other? Presence of others is shown, and need not be remembered. */
function concerns(account: Account, from: Jid): boolean {
  const item = account.roster.item(contactKey(from))
  return (item !== undefined && item.subscription !== 'none') || account.resources.some((r) => r.hasTold(from))
}
