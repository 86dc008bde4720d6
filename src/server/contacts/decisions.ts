/**
 * Decisions of our users about remote contacts (RFC 6121 section 3: a subscription was requested, granted or ended; or a
 * resource is gone for a contact that may no longer see it) that may not have arrived. Each is stored together with its roster
 * change, until the other side has acknowledged it or, without acknowledgements, until it is written. So no restart or crash
 * of this server loses one while a link is down, and no contact is shown for ever after a subscription has ended. After a start
 * all of them are sent.
 */
import type { Millis } from '../../base/clock.ts'
import type { Metrics } from '../../base/metrics.ts'
import { matterOf } from '../../im/belated.ts'
import { presentTo } from '../../im/presence.ts'
import { pairKey } from '../../xmpp/domain-pair.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { LocalAccount } from '../account/session.ts'
import type { FactBoard, LinkFact } from '../account/facts.ts'
import type { Decision, DecisionStore, RosterStore } from '../ports.ts'
import { sayAll, type SayingParts } from './saying.ts'

export interface DecisionsParts extends SayingParts {
  readonly store: DecisionStore
  readonly rosters: Pick<RosterStore, 'keptRequests'>
  readonly metrics: Metrics
  readonly facts: FactBoard
}

/** The estimated octets of one account. Further decisions are sent too, but forgotten when the server stops. */
export const DECISIONS_OCTETS_MAX = 1024 * 1024
/** The estimated memory of one decision in addition to its addresses. */
const RECORD_OCTETS = 100
/** After this time the other side is assumed to be gone. */
const KEPT_FOR: Millis = 30 * 86_400_000

interface Kept {
  readonly packet: Packet
  readonly at: Millis
  /** It was sent, and may have arrived or may still arrive. */
  isUnderWay: boolean
}

export class Decisions {
  readonly #parts: DecisionsParts
  /** By link, then by matter; the oldest first. */
  readonly #links = new Map<string, Map<string, Kept>>()
  /** The octets of each account that has any. */
  readonly #octets = new Map<string, number>()
  #size = 0

  constructor(parts: DecisionsParts) {
    const { metrics, facts } = parts
    this.#parts = parts
    metrics.gauge(
      'porchlight_decisions_unheard',
      'Decisions about subscriptions that other servers have not acknowledged',
      () => this.#size,
    )
    facts.on('presence-delivered', ({ presence }) => this.#heard(presence))
  }
  /** Loads stored decisions. Call it before any new decision is made. */
  async load(): Promise<void> {
    const { store, clock } = this.#parts
    await store.purge(clock.now() - KEPT_FOR)
    for (const { packet, at } of await store.all()) this.#put(packet, at, false)
  }
  /** Sends stored decisions: other servers can be reached now. */
  begin(): void {
    for (const link of this.#links.values()) this.#say(link, true)
  }
  /** These decisions are about to be stored and sent. @returns those to be stored, together with their change */
  decided(all: readonly Packet[]): readonly Decision[] {
    const { router, clock } = this.#parts
    const at = clock.now()
    return all
      .filter(({ to }) => router.placeOf(to!) !== 'here')
      .filter((packet) => this.#put(packet, at, true))
      .map((packet) => ({ packet, at }))
  }
  /** They could not be stored, and are not sent. */
  undecided(all: readonly Decision[]): void {
    for (const { packet } of all) this.#remove(packet)
  }
  /** It did not arrive. False if it is not one of these. */
  unheard(packet: Packet): boolean {
    const kept = this.#find(packet)
    if (kept === undefined) return false
    kept.isUnderWay = false
    return true
  }
  /** The link is up again after a loss. */
  mended({ local, remote }: LinkFact): void {
    const link = this.#links.get(pairKey({ local, remote }))
    if (link !== undefined) this.#say(link, false)
  }
  /** Does any decision wait for this link? */
  isWanted(local: string, remote: string): boolean {
    const link = this.#links.get(pairKey({ local, remote }))
    if (link === undefined) return false
    const before = this.#parts.clock.now() - KEPT_FOR
    for (const { packet, at, isUnderWay } of link.values()) {
      if (at < before) this.#drop(packet)
      else if (!isUnderWay) return true
    }
    return false
  }

  #say(link: ReadonlyMap<string, Kept>, isFirst: boolean): void {
    const waiting = [...link.values()].filter(({ isUnderWay }) => !isUnderWay)
    for (const kept of waiting) kept.isUnderWay = true
    const all = waiting.map(({ packet }) => packet)
    const say = (packet: Packet, account: LocalAccount | null): Promise<void> => this.#sayOne(packet, account, isFirst)
    sayAll(this.#parts, all, say, (packet) => this.#drop(packet))
  }
  /** @param isFirst the server has just started, and has not sent presence yet, as it does when a link is up again */
  async #sayOne(packet: Packet, account: LocalAccount | null, isFirst: boolean): Promise<void> {
    const { router } = this.#parts
    router.routeQuietly(packet.type === 'subscribe' ? await this.#asked(packet) : packet)
    const out = { route: (presence: Packet) => router.routeQuietly(presence) }
    if (isFirst && packet.type === 'subscribed' && account !== null) presentTo(account, packet.to!, out) // 3.1.5
  }
  /** The request, as the user made it. */
  async #asked(request: Packet): Promise<Packet> {
    const all = await this.#parts.rosters.keptRequests(request.from.bare)
    return all.find(({ stanza }) => stanza.to!.full === request.to!.full)?.stanza ?? request
  }
  /** The decision arrived. An earlier decision about the same matter does not confirm a later one. */
  #heard(packet: Packet): void {
    const kept = this.#size > 0 ? this.#find(packet)?.packet : undefined
    // A decision loaded from the store has no id.
    if (kept?.type === packet.type && (kept.id === null || kept.id === packet.id)) this.#drop(packet)
  }
  #drop(packet: Packet): void {
    this.#remove(packet)
    this.#parts.store.drop(packet).catch(this.#parts.failed)
  }

  #find(packet: Packet): Kept | undefined {
    const link = this.#links.get(linkOf(packet))
    return link === undefined ? undefined : link.get(matterOf(packet) ?? '')
  }
  /** False if there is no room for it. */
  #put(packet: Packet, at: Millis, isUnderWay: boolean): boolean {
    const matter = matterOf(packet)
    if (matter === null) return false
    const isBefore = this.#find(packet) !== undefined
    this.#remove(packet)
    const { bare } = packet.from
    const octets = (this.#octets.get(bare) ?? 0) + octetsOf(packet)
    // A stored decision must not outlive a later one.
    if (octets > DECISIONS_OCTETS_MAX && !isBefore) return false
    this.#octets.set(bare, octets)
    const key = linkOf(packet)
    let link = this.#links.get(key)
    if (link === undefined) this.#links.set(key, (link = new Map()))
    link.set(matter, { packet, at, isUnderWay })
    this.#size += 1
    return true
  }
  #remove(packet: Packet): void {
    const key = linkOf(packet)
    const link = this.#links.get(key)
    if (link?.delete(matterOf(packet) ?? '') !== true) return
    if (link.size === 0) this.#links.delete(key)
    this.#size -= 1
    const { bare } = packet.from
    const octets = this.#octets.get(bare)! - octetsOf(packet)
    if (octets > 0) this.#octets.set(bare, octets)
    else this.#octets.delete(bare)
  }
}

const octetsOf = ({ from, to }: { readonly from: Jid; readonly to: Jid | null }): number =>
  RECORD_OCTETS + from.full.length + to!.full.length
const linkOf = ({ from, to }: Packet): string => pairKey({ local: from.domain, remote: to!.domain })
