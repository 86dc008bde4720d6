/**
 * The table of links, one for each of our domains and each remote domain that it talks to. The state of each is in its machine
 * (links/machine.ts). This file gives the machines time, randomness and a connector, and turns their announcements into facts.
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
  /** Does anything wait to be sent there that the connector does not know of? */
  readonly isWanted: (local: string, remote: string) => boolean
}

/** Opens streams for links. */
export interface Connector {
  /** Tries to open one, and tells the link the result. Further calls during the attempt do nothing. */
  connect(link: Link): void
  /** Does something wait to be sent? */
  isWanted(link: Link): boolean
  /** When anything was last received over the link; null if unknown. */
  heardAt(link: Link): Millis | null
}
/** A connector that cannot open streams. */
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
        reopened: () => facts.tell('link-reopened', fact),
      },
      clock.now(),
    )
  }
  get state(): LinkState {
    return this.#machine.state
  }
  /** When it entered this state. */
  get since(): number {
    return this.#machine.since
  }
  /** When anything was last received over it; null if unknown. */
  get heardAt(): Millis | null {
    return this.#connector().heardAt(this)
  }
  /** The first sign of the present loss; null if there is none. */
  get lostSince(): Millis | null {
    return this.#machine.lostSince
  }
  /** When it last broke or could not be opened: what is older may be unconfirmed since. Null if never. */
  get lostAt(): Millis | null {
    return this.#machine.lostAt
  }
  /** How often it was lost: what was received before the last time may be unconfirmed since. */
  get losses(): number {
    return this.#machine.losses
  }
  get isForced(): boolean {
    return this.#machine.forced
  }
  /** Its loss was announced to observers, and its return was not. */
  get isAnnouncedDown(): boolean {
    return this.#machine.announcedDown
  }
  /** A user at `local` was shown presence from `remote`, or wants to be. */
  get isWatched(): boolean {
    return this.#watching.isWatched(this.local, this.remote)
  }
  get isForgettable(): boolean {
    return this.#machine.isForgettable(this.#parts.clock.now(), this.isWatched)
  }
  /** Authenticated streams, in both directions. */
  get streams(): number {
    return this.#machine.streams
  }
  /** A stream broke just now: stanzas can wait, because another stream is likely to follow. */
  get isRecovering(): boolean {
    return this.#machine.recovering
  }
  /** The last attempt just failed, or attempts are forbidden: do not try again now. */
  get isHopeless(): boolean {
    return this.#machine.isHopeless(this.#parts.clock.now())
  }
  /** A stream, in either direction, was authenticated. */
  opened(): void {
    this.#do((m) => this.#machine.opened(m))
  }
  /** A stream that was `opened` has ended. @param graceful both sides have closed it without an error */
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
  /** The other side was asked for a sign of life at the moment `since`, and has given none. Later input ends this state. */
  silent(since: Millis): void {
    this.#do((m) => this.#machine.silent(since, m))
  }
  /** Checks again: somebody may have begun to watch, or to wait. */
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

/** Beyond this number, links without any history are forgotten. */
const REMEMBERED_MAX = 10_000
/** How often it is checked whether an idle link is watched. */
const LOOK_MS: Millis = 15_000
const STATES: readonly LinkState[] = ['idle', 'up', 'suspect', 'down']

export class Links {
  readonly times: LinkTimes
  readonly watching: Watching
  readonly #parts: LinksParts
  /** The connector of links without one of their own; null if no streams can be opened for them. */
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
  /** `connector` opens streams for all links without a connector of their own. */
  claimRest(connector: Connector): void {
    if (this.#connector !== null) throw new Error('Two parts of the server want to connect links')
    this.#connector = connector
  }
  /** The link, created now if there is none. @param own its own connector, if it has one @param times its own times */
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
  /** Shutdown: from here on a lost connection is not reported as an outage. */
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
