/**
 * The table of links, one for each of our domains and each domain of others that it has to do with. What is known of
 * them stands in their machines (links/machine.ts); here they get time, chance and somebody who connects, and their
 * announcements become facts.
 */
import { every, type Clock, type Millis, type Timer } from '../../base/clock.ts'
import type { Entropy } from '../../base/entropy.ts'
import type { Metrics } from '../../base/metrics.ts'
import { pairKey } from '../../xmpp/domain-pair.ts'
import type { FactBoard } from '../account/facts.ts'
import { LinkMachine, type LinkState, type LinkTimes, type Moment } from './machine.ts'
import type { Sessions } from '../account/sessions.ts'
import { Watching } from './watching.ts'

export { defaultLinkTimes, type LinkState, type LinkTimes } from './machine.ts'

export interface LinksParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly facts: FactBoard
  readonly metrics: Metrics
  readonly sessions: Sessions
  readonly times: LinkTimes
  /** Does anything wait to be said there that is not with who gets streams? */
  readonly isWanted: (local: string, remote: string) => boolean
}

/** Who gets streams for links. */
export interface Connector {
  /** Tries to get one, and tells the link what came of that. Asked again while it is trying, it does nothing more. */
  connect(link: Link): void
  /** Does something wait to be sent? */
  isWanted(link: Link): boolean
  /** When anything was last received over the link; null: not known. */
  heardAt(link: Link): Millis | null
}
/** Nobody can: streams come, or they do not. */
export const passive: Connector = { connect: (link) => link.failed(), isWanted: () => false, heardAt: () => null }

export class Link {
  readonly local: string
  readonly remote: string
  readonly #connector: () => Connector
  readonly #parts: LinksParts
  readonly #watching: Watching
  readonly #machine: LinkMachine
  #timer: Timer | null = null

  constructor(local: string, remote: string, parts: LinksParts, watching: Watching, connector: () => Connector) {
    const { clock, facts, times } = parts
    this.local = local
    this.remote = remote
    this.#connector = connector
    this.#parts = parts
    this.#watching = watching
    const fact = { local, remote }
    this.#machine = new LinkMachine(
      times,
      {
        connect: () => connector().connect(this),
        announceDown: () => facts.tell('link-down', fact),
        announceUp: () => facts.tell('link-up', fact),
        mended: () => facts.tell('link-mended', fact),
      },
      clock.now(),
    )
  }
  get state(): LinkState {
    return this.#machine.state
  }
  /** When it came to be in this state. */
  get since(): number {
    return this.#machine.since
  }
  /** When anything was last received over it; null: not known. */
  get heardAt(): Millis | null {
    return this.#connector().heardAt(this)
  }
  /** The first sign of the loss that holds; null: there is none. */
  get lostSince(): Millis | null {
    return this.#machine.lostSince
  }
  /** When it last broke, or could not be had: what is older may not have been confirmed since. Null: it never has. */
  get lostAt(): Millis | null {
    return this.#machine.lostAt
  }
  /** How often that was so: what was heard before the last time may not have been confirmed since. */
  get losses(): number {
    return this.#machine.losses
  }
  get isForced(): boolean {
    return this.#machine.forced
  }
  /** Its loss was told to observers, and nothing better since. */
  get isAnnouncedDown(): boolean {
    return this.#machine.announcedDown
  }
  /** Somebody at `local` was shown presence from `remote`, or wants to be. */
  get isWatched(): boolean {
    return this.#watching.isWatched(this.local, this.remote)
  }
  get isForgettable(): boolean {
    return this.#machine.isForgettable(this.#parts.clock.now(), this.isWatched)
  }
  /** Authenticated streams, of either direction. */
  get streams(): number {
    return this.#machine.streams
  }
  /** A stream broke a moment ago: what is to be sent may wait, for there is likely to be another one soon. */
  get isRecovering(): boolean {
    return this.#machine.recovering
  }
  /** It was tried in vain only just now, or may not be tried: another attempt would be no better. */
  get isHopeless(): boolean {
    return this.#machine.isHopeless(this.#parts.clock.now())
  }
  /** An authenticated stream, of either direction. */
  opened(): void {
    this.#do((m) => this.#machine.opened(m))
  }
  /** One that was `opened` is over. @param graceful both sides have closed it, and neither named an error */
  closed(graceful: boolean): void {
    this.#do((m) => this.#machine.closed(graceful, m))
  }
  /** An attempt to connect has failed, at every address. */
  failed(): void {
    this.#do((m) => this.#machine.failed(m))
  }
  force(): void {
    this.#do((m) => this.#machine.force(m))
  }
  release(): void {
    this.#do((m) => this.#machine.release(m))
  }
  /** An attempt to connect has begun. */
  tries(): void {
    this.#do((m) => this.#machine.tries(m))
  }
  /** The other side was asked for a sign of life at the moment `since`, and has given none. What comes after that ends it. */
  silent(since: Millis): void {
    this.#do((m) => this.#machine.silent(since, m))
  }
  /** Somebody may have begun to watch, or to wait. */
  look(): void {
    this.#do((m) => this.#machine.look(m))
  }
  stop(): void {
    this.#timer?.cancel()
  }

  #do(what: (m: Moment) => void): void {
    const { clock, entropy } = this.#parts
    const now = clock.now()
    const lot = entropy.bytes(4).readUInt32BE() / 2 ** 32
    const wanted = this.#connector().isWanted(this) || this.#parts.isWanted(this.local, this.remote)
    const moment = { now, lot, watched: this.isWatched, wanted }
    const { silentSince } = this.#machine
    if (silentSince !== null && (this.heardAt ?? 0) > silentSince) this.#machine.heard(moment)
    what(moment)
    this.#timer?.cancel()
    const wakeAt = this.#machine.wakeAt(now)
    this.#timer = wakeAt === null ? null : clock.after(Math.max(0, wakeAt - now), () => this.look())
  }
}

/** Links without a story of their own are forgotten when there are more than this. */
const REMEMBERED_MAX = 10_000
/** So often it is seen whether somebody has begun to watch one. */
const LOOK_MS: Millis = 15_000
const STATES: readonly LinkState[] = ['idle', 'up', 'suspect', 'down']

export class Links {
  readonly times: LinkTimes
  readonly watching: Watching
  readonly #parts: LinksParts
  /** Of links that have none of their own; null: nobody can get streams for them. */
  #connector: Connector | null = null
  readonly #all = new Map<string, Link>()
  #sweep: Timer | null = null

  constructor(parts: LinksParts) {
    this.times = parts.times
    this.watching = new Watching(parts.sessions, parts.clock)
    this.#parts = parts
    for (const state of STATES) {
      parts.metrics.gauge(
        `porchlight_links_${state}`,
        `Links to other domains that are ${state}`,
        () => [...this.#all.values()].filter((link) => link.state === state).length,
      )
    }
  }
  /** `connector` gets streams for all links that have no connector of their own. */
  claimRest(connector: Connector): void {
    if (this.#connector !== null) throw new Error('Two parts of the server want to connect links')
    this.#connector = connector
  }
  /** The link, made now if there is none. @param own connector, if it has one @param times of its own */
  of(local: string, remote: string, own: Connector | null = null, times: LinkTimes = this.times): Link {
    const key = pairKey({ local, remote })
    let link = this.#all.get(key)
    if (link === undefined) {
      if (this.#all.size >= REMEMBERED_MAX) this.#forget()
      link = new Link(local, remote, { ...this.#parts, times }, this.watching, () => own ?? this.#connector ?? passive)
      this.#all.set(key, link)
      this.#sweep ??= every(this.#parts.clock, LOOK_MS, () => this.#look())
    }
    return link
  }
  get(local: string, remote: string): Link | undefined {
    return this.#all.get(pairKey({ local, remote }))
  }
  all(): Iterable<Link> {
    return this.#all.values()
  }
  /** The server ends: what is lost from now on is no loss. */
  stop(): void {
    this.#connector = passive
    this.#sweep?.cancel()
    for (const link of this.#all.values()) link.stop()
  }

  #look(): void {
    for (const link of this.#all.values()) link.look()
  }
  #forget(): void {
    for (const [key, link] of this.#all) if (link.isForgettable) this.#all.delete(key)
  }
}
