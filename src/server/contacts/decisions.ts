/**
 * What our users have decided about contacts elsewhere (RFC 6121 section 3: to see, to be seen, or no more; and that a
 * resource is gone for somebody who may see it no more) and that is not known to have been heard there. Each is on disk along
 * with the change of the roster that it is about, until the other side has acknowledged it or, where nothing is acknowledged,
 * until it is written. So a restart or a crash of this server forgets none while a link is down, and nobody there is shown
 * a contact for ever who has ended it. After a start all of them are said.
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

/** Of one account, in octets, about. What is over that is said as well, but forgotten when the server goes. */
export const DECISIONS_OCTETS_MAX = 1024 * 1024
/** What one takes up beside its addresses, about. */
const RECORD_OCTETS = 100
/** Nobody is there any more who could hear it. */
const KEPT_FOR: Millis = 30 * 86_400_000

interface Kept {
  readonly packet: Packet
  readonly at: Millis
  /** It was sent, and may have got there or may still. */
  isUnderWay: boolean
}

export class Decisions {
  readonly #parts: DecisionsParts
  /** By link, then by matter, the oldest first. */
  readonly #links = new Map<string, Map<string, Kept>>()
  /** Of each account that has any. */
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
  /** Reads those of before, which is to be done before anybody decides anything. */
  async load(): Promise<void> {
    const { store, clock } = this.#parts
    await store.purge(clock.now() - KEPT_FOR)
    for (const { packet, at } of await store.all()) this.#put(packet, at, false)
  }
  /** Says those of before: the server can reach others. */
  begin(): void {
    for (const link of this.#links.values()) this.#say(link, true)
  }
  /** They are about to be stored and sent. @returns those that are to be stored, along with what they are about */
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
  /** It did not get there. False: it is none of these. */
  unheard(packet: Packet): boolean {
    const kept = this.#find(packet)
    if (kept === undefined) return false
    kept.isUnderWay = false
    return true
  }
  /** Stanzas flow again. */
  mended({ local, remote }: LinkFact): void {
    const link = this.#links.get(pairKey({ local, remote }))
    if (link !== undefined) this.#say(link, false)
  }
  /** Does any wait for this link? */
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
  /** @param isFirst the server has only just started: it has told nobody of presence yet, as it does when a link is mended */
  async #sayOne(packet: Packet, account: LocalAccount | null, isFirst: boolean): Promise<void> {
    const { router } = this.#parts
    router.routeQuietly(packet.type === 'subscribe' ? await this.#asked(packet) : packet)
    const out = { route: (presence: Packet) => router.routeQuietly(presence) }
    if (isFirst && packet.type === 'subscribed' && account !== null) presentTo(account, packet.to!, out) // 3.1.5
  }
  /** The request as the user made it. */
  async #asked(request: Packet): Promise<Packet> {
    const all = await this.#parts.rosters.keptRequests(request.from.bare)
    return all.find(({ stanza }) => stanza.to!.full === request.to!.full)?.stanza ?? request
  }
  /** A later decision of the same matter is not heard with an earlier one. */
  #heard(packet: Packet): void {
    const kept = this.#size > 0 ? this.#find(packet)?.packet : undefined
    // What is read from the disk has no id
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
  /** False: there is no room for it. */
  #put(packet: Packet, at: Millis, isUnderWay: boolean): boolean {
    const matter = matterOf(packet)
    if (matter === null) return false
    const isBefore = this.#find(packet) !== undefined
    this.#remove(packet)
    const { bare } = packet.from
    const octets = (this.#octets.get(bare) ?? 0) + octetsOf(packet)
    // One that is on disk already must not outlive a later one
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
