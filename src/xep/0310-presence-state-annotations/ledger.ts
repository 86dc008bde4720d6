/**
 * XEP-0310: what one client was shown of others, pure: by full JID the last available presence (4.1: no error, no unavailable
 * presence, no subscription), and the doubt that we have added. The ledger decides which clients receive an annotation when
 * something breaks, which doubts are withdrawn, and that nothing is sent twice (PSA-27).
 */
import type { Millis } from '../../base/clock.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Doubt } from '../../xmpp/state-annotation.ts'
import { ByResource, type OfResource } from '../../im/by-resource.ts'

export interface LedgerLimits {
  readonly presencesMax: number
  /** The most octets of their contents. */
  readonly octetsMax: number
}

/** One resource, as the client sees it. */
export interface Shown extends OfResource {
  /** Without our own annotation. */
  readonly packet: Packet
  /** When it arrived. */
  readonly at: Millis
  /** For a remote resource: how often the link to its server was lost when it was last heard (`Link.losses`). */
  readonly heardAfter: number
  /** The doubt that we last told the client; null for no doubt, or if nothing was told. */
  readonly told: Doubt | null
  /** Since when. */
  readonly toldAt: Millis
  /** A repetition that its server sent while the client did not look; null if there was none. */
  readonly later: Later | null
}
export interface Later {
  readonly packet: Packet
  /** See `Shown.heardAfter`. */
  readonly heardAfter: number
}
interface Entry extends Shown {
  later: Later | null
  packet: Packet
  at: Millis
  heardAfter: number
  told: Doubt | null
  toldAt: Millis
  /** False if it is no longer in the ledger. */
  isShown: boolean
}

export class PresenceLedger {
  /** The octets of the presences, and how many of them are in doubt because of us. */
  octets = 0
  doubted = 0
  readonly #limits: LedgerLimits
  readonly #entries = new ByResource<Entry>()

  constructor(limits: LedgerLimits) {
    this.#limits = limits
  }
  get size(): number {
    return this.#entries.size
  }
  get(from: Jid): Shown | undefined {
    return this.#entries.get(from)
  }
  of(domain: string): Iterable<Shown> {
    return this.#entries.ofDomain(domain)
  }
  /** The resources of one account or of one room. */
  ofAccount(jid: Jid): Iterable<Shown> {
    return this.#entries.ofAccount(jid)
  }
  all(): Iterable<Shown> {
    return this.#entries.all()
  }
  get domains(): Iterable<string> {
    return this.#entries.domains
  }

  /**
   * The client is shown an available presence, with that doubt. False if there is no room for it; then nothing is known of that
   * resource any more.
   */
  show(packet: Packet, told: Doubt | null, at: Millis, heardAfter = 0): boolean {
    const jid = packet.from
    const old = this.#entries.get(jid)
    const octets = this.octets - (old === undefined ? 0 : octetsOf(old.packet)) + octetsOf(packet)
    const isFull = octets > this.#limits.octetsMax || (old === undefined && this.size >= this.#limits.presencesMax)
    if (isFull) {
      this.#forget(jid)
      return false
    }
    this.octets = octets
    if (old === undefined) {
      this.#entries.add({ jid, packet, at, heardAfter, told, toldAt: at, later: null, isShown: true })
      this.doubted += told === null ? 0 : 1
    } else {
      this.#tell(old, told, at)
      old.packet = packet
      old.later = null
      old.at = at
      old.heardAfter = heardAfter
    }
    return true
  }
  /** The presence that the client was shown was repeated. */
  confirm(shown: Shown, heardAfter: number): void {
    const entry = shown as Entry
    entry.heardAfter = heardAfter
    entry.later = null
  }
  /** An annotation of the contact's server waits until the client looks. */
  keepForLater(shown: Shown, later: Later): void {
    ;(shown as Entry).later = later
  }
  takeLater(shown: Shown): Later | null {
    const { later } = shown
    ;(shown as Entry).later = null
    return later
  }
  /** The client is shown that it is unavailable; with a bare JID, all of its resources (RFC 6121 4.3.2). */
  close(from: Jid): void {
    if (!from.isBare) return this.#forget(from)
    for (const { jid } of this.#entries.ofAccount(from)) this.#forget(jid)
  }
  /** Does this doubt change what the client was told? If so, it counts as told at that moment. */
  tell(shown: Shown, doubt: Doubt | null, at: Millis): boolean {
    const entry = shown as Entry
    return entry.isShown && this.#tell(entry, doubt, at)
  }

  #tell(entry: Entry, doubt: Doubt | null, at: Millis): boolean {
    if (entry.told === doubt) return false
    this.doubted += (doubt === null ? 0 : 1) - (entry.told === null ? 0 : 1)
    entry.told = doubt
    entry.toldAt = at
    return true
  }
  #forget(jid: Jid): void {
    const entry = this.#entries.remove(jid)
    if (entry === undefined) return
    entry.isShown = false
    if (entry.told !== null) this.doubted -= 1
    this.octets -= octetsOf(entry.packet)
  }
}

const octetsOf = (packet: Packet): number => packet.payload.text.length
