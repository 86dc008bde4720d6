/**
 * The state of the connection between one of our domains and a remote one: idle, up, suspect, down. It decides how far presence
 * of the other side can be trusted (XEP-0310 4.1 leaves open when a link counts as lost; this is our answer).
 *
 *   idle      no stream, and none is needed: closing an unused stream is no outage (RFC 6120 4.6.3)
 *   up        at least one authenticated stream, in either direction
 *   suspect   the last one broke, an attempt failed, or the other side did not answer: nobody is told during a grace period
 *   down      the grace is over, and neither an attempt to connect nor a sign of life has shown that the other side is there
 *
 * While the link is needed, the machine asks for attempts to connect, at growing intervals. A loss is announced, and withdrawn
 * when there is a stream again. A link that flaps is announced as lost only once in a while, and the last announcement is always
 * the truth. After every loss, announced or not, the machine tells once that stanzas are delivered again: earlier ones may have
 * been lost.
 */
import type { Millis } from '../../base/clock.ts'

export type LinkState = 'idle' | 'up' | 'suspect' | 'down'

export interface LinkTimes {
  /** From the loss to its announcement. */
  readonly graceMs: Millis
  /** Between attempts to connect: the first pause, and the longest. */
  readonly retryMinMs: Millis
  readonly retryMaxMs: Millis
  /** The least time from one announcement of a loss to the next. */
  readonly dampMs: Millis
  /** How often an idle link that is watched is tried. */
  readonly idleCheckMs: Millis
  /** The longest time from the return of a link to the news of it: random, so that not all come at once. */
  readonly mendMs: Millis
}
export const defaultLinkTimes: LinkTimes = {
  graceMs: 30_000,
  retryMinMs: 5000,
  retryMaxMs: 60_000,
  dampMs: 60_000,
  idleCheckMs: 60_000,
  mendMs: 1000,
}

/** The facts that the machine is given at one moment. */
export interface Moment {
  readonly now: Millis
  /** A random number from 0 up to but not including 1. */
  readonly lot: number
  /** A local user was shown presence from there, or wants to be. */
  readonly watched: boolean
  /** Something waits to be sent. */
  readonly wanted: boolean
}

export interface LinkOut {
  /** Try to connect; `opened` or `failed` tells the result. */
  connect(): void
  announceDown(): void
  announceUp(): void
  /** Stanzas are delivered again, and some may have been lost. */
  mended(): void
  /** There was no stream, since none was needed, and now there is one. Nothing was lost. */
  reopened(): void
}

/** Even when the grace is over, an attempt gets this time before it counts as hanging. */
const LAST_CHANCE: Millis = 1000

export class LinkMachine {
  state: LinkState = 'idle'
  since: Millis
  /** Authenticated streams, in both directions. */
  streams = 0
  /** The operator has taken the link down. */
  forced = false
  /** The first sign of the present loss; null if there is none. */
  lostSince: Millis | null = null
  /** When stanzas may last have been lost; null if never. */
  lostAt: Millis | null = null
  /** How often that happened. */
  losses = 0
  /** A loss was announced and not withdrawn. */
  announcedDown = false
  /** Since when the other side owes a sign of life although there is a stream; null if it owes none. */
  silentSince: Millis | null = null
  readonly #times: LinkTimes
  readonly #out: LinkOut
  /** Since when an attempt to connect is in progress; null if none is. */
  #connectingSince: Millis | null = null
  #failures = 0
  /** Attempts before this moment are not worth making. */
  #notBefore: Millis = 0
  #failedSinceLoss = false
  /** The grace period is that of a stream that broke, not of a failed attempt. */
  #broken = false
  /** Null outside of a grace period. */
  #graceEnds: Millis | null = null
  #retryAt: Millis | null = null
  /** Something that was sent may have been lost. */
  #lossy = false
  #mendAt: Millis | null = null
  #quietUntil: Millis = 0

  constructor(times: LinkTimes, out: LinkOut, now: Millis) {
    this.#times = times
    this.#out = out
    this.since = now
  }
  /** When to call `look`; null if nothing is due. */
  wakeAt(now: Millis): Millis | null {
    const held = this.state === 'down' && !this.announcedDown && this.#quietUntil > now ? this.#quietUntil : null
    const due = [this.#graceEnds, this.#hangsAt, this.#retryAt, this.#mendAt, held].filter((at) => at !== null)
    return due.length === 0 ? null : Math.min(...due)
  }
  /** A stream broke just now: stanzas can wait, because another stream is likely to follow. */
  get recovering(): boolean {
    return this.state === 'suspect' && this.#broken
  }
  /** The last attempt just failed, or attempts are forbidden: do not try again now. */
  isHopeless(now: Millis): boolean {
    return this.forced || (now < this.#notBefore && !this.recovering)
  }

  /** A stream was authenticated. */
  opened(m: Moment): void {
    const wasIdle = this.streams === 0 && this.state === 'idle'
    this.streams += 1
    this.#connectingSince = null
    if (this.forced) return
    this.#failures = 0
    this.#notBefore = 0
    this.#revive(m)
    if (wasIdle && !this.#lossy) this.#out.reopened()
  }
  /** An attempt to connect has begun, perhaps for a stanza that is to be sent. */
  tries({ now }: Moment): void {
    if (this.streams > 0) return
    this.#connectingSince ??= now
    this.#retryAt = null
  }
  /** The other side was asked for a sign of life at the moment `since`, and has given none. */
  silent(since: Millis, m: Moment): void {
    if (this.forced || this.state !== 'up') return
    this.silentSince = since
    this.#suspect(since, m)
    this.look(m)
  }
  /** The other side has given one after all: what was sent arrives. */
  heard(m: Moment): void {
    if (this.silentSince !== null && !this.forced) this.#revive(m)
  }
  /** An authenticated stream has ended. @param graceful both sides have closed it without an error */
  closed(graceful: boolean, m: Moment): void {
    if (this.streams === 0) return // a negative count would make it check again and again
    if (graceful) this.heard(m)
    this.streams -= 1
    if (!graceful) this.#lose(m)
    if (this.forced) return
    if (this.streams > 0) return graceful ? undefined : this.#mendSoon(m)
    if (graceful) this.#enter('idle', m)
    else {
      if (this.state !== 'down') this.#suspect(this.silentSince ?? m.now, m)
      this.#broken = true
      // RFC 6120 3.3 waits a random part of 60 seconds, so that not all reconnect at once; the grace period leaves us less.
      this.#retryAt = m.now + Math.min(this.#times.retryMinMs, this.#times.graceMs / 2) * m.lot
    }
    this.silentSince = null
    this.look(m)
  }
  /** An attempt to connect has failed, at every address. */
  failed(m: Moment): void {
    const since = this.#connectingSince ?? m.now
    this.#connectingSince = null
    if (this.forced) return
    this.#failures += 1
    this.#notBefore = m.now + this.#pause(m.lot)
    if (this.streams > 0) return // incoming stanzas prove that the other side is alive
    this.#lose(m)
    if (this.state === 'idle') this.#suspect(since, m)
    this.#failedSinceLoss = true
    this.#retryAt = this.#notBefore
    this.look(m)
  }
  /** Something may be due, or a user may have begun to watch. */
  look(m: Moment): void {
    if (this.forced) return
    if (this.state === 'suspect' && (this.#graceEnds === null || this.#graceEnds <= m.now)) this.#graceOver(m)
    if (this.#hangsAt !== null && this.#hangsAt <= m.now) this.#hangs(m)
    if (this.streams === 0 && this.#connectingSince === null) this.#mayRetry(m)
    this.#announce(m)
    if (this.#mendAt !== null && this.#mendAt <= m.now) this.#mend()
  }
  /** By order of the operator: it is down until `release`, whatever happens. The caller closes the streams. */
  force(m: Moment): void {
    this.forced = true
    this.silentSince = null
    this.#settle()
    this.#enter('down', m)
    if (this.announcedDown) return
    this.announcedDown = true
    this.#out.announceDown()
  }
  /** By order of the operator: it may be up again, and is tried at once. */
  release(m: Moment): void {
    if (!this.forced) return
    this.forced = false
    this.#notBefore = 0
    this.#failures = 0
    this.#lose(m)
    if (this.streams === 0) this.#connect(m)
    else {
      this.#enter('up', m)
      this.#mendSoon(m)
    }
    this.#announce(m)
  }
  /** The link can be forgotten without losing anything. */
  isForgettable(now: Millis, watched: boolean): boolean {
    const quiet =
      !this.forced && !this.announcedDown && this.streams === 0 && this.#connectingSince === null && !(this.#lossy && watched)
    return quiet && this.state !== 'suspect' && this.#notBefore <= now && this.#retryAt === null
  }

  #lose({ now }: Moment): void {
    this.#lossy = true
    this.lostAt = now
    this.losses += 1
  }
  /** @param since the first sign of the loss */
  #suspect(since: Millis, m: Moment): void {
    if (this.state === 'suspect') return
    this.#enter('suspect', m)
    this.lostSince = since
    this.#broken = false
    this.#failedSinceLoss = false
    this.#graceEnds = Math.max(m.now, since + this.#times.graceMs)
  }
  /** The link is down if an attempt or a question failed or has no answer so far. An unwatched link is not needed. */
  #graceOver(m: Moment): void {
    this.#graceEnds = null
    const isHanging = this.#hangsAt !== null && this.#hangsAt <= m.now
    if (this.#failedSinceLoss || this.silentSince !== null || isHanging) this.#enter('down', m)
    else if (!m.watched && !m.wanted && this.#connectingSince === null) this.#enter('idle', m)
  }
  /** When the present attempt counts as hanging; null if there is none, or something else comes first. */
  get #hangsAt(): Millis | null {
    if (this.#connectingSince === null) return null
    if (this.state === 'idle') return this.#connectingSince + this.#times.graceMs
    return this.state === 'suspect' && this.#graceEnds === null ? this.#connectingSince + LAST_CHANCE : null
  }
  /** A hanging attempt is a sign of loss, and no reason to wait. */
  #hangs(m: Moment): void {
    this.lostSince ??= this.#connectingSince
    this.#lose(m)
    this.#failedSinceLoss = true
    this.#enter('down', m)
  }
  /** The other side is alive. */
  #revive(m: Moment): void {
    this.silentSince = null
    this.#settle()
    this.#enter('up', m)
    this.#announce(m)
    if (this.#lossy) this.#mendSoon(m)
  }
  /** An idle link is tried from time to time if it is watched; a lost one as soon as it is worth trying, if it is needed. */
  #mayRetry(m: Moment): void {
    const needed = m.watched || (m.wanted && this.state !== 'idle')
    if (!needed) this.#retryAt = null
    else if (this.state === 'idle') this.#retryAt ??= m.now + this.#times.idleCheckMs
    else this.#retryAt ??= Math.max(m.now, this.#notBefore)
    if (this.#retryAt !== null && this.#retryAt <= m.now) this.#connect(m)
  }
  #connect(m: Moment): void {
    this.#retryAt = null
    this.#connectingSince = m.now
    this.#out.connect()
  }
  #mendSoon(m: Moment): void {
    this.#mendAt ??= m.now + Math.round(this.#times.mendMs * m.lot)
  }
  #mend(): void {
    this.#mendAt = null
    if (this.streams === 0) return // broken again: this comes with the next stream
    this.#lossy = false
    this.#out.mended()
  }
  #announce(m: Moment): void {
    if (this.state === 'up' && this.announcedDown) {
      this.announcedDown = false
      this.#out.announceUp()
    } else if (this.state === 'down' && !this.announcedDown && m.watched && m.now >= this.#quietUntil) {
      this.announcedDown = true
      this.#quietUntil = m.now + this.#times.dampMs
      this.#out.announceDown()
    }
  }
  /** From half of the pause to one and a half of it, so that links that failed together are not tried together. */
  #pause(lot: number): Millis {
    const { retryMinMs, retryMaxMs } = this.#times
    return Math.round(Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(this.#failures - 1, 20)) * (0.5 + lot))
  }
  #settle(): void {
    this.#graceEnds = null
    this.#retryAt = null
    this.#mendAt = null
    this.#failedSinceLoss = false
  }
  #enter(state: LinkState, { now }: Moment): void {
    if (this.state === state) return
    this.state = state
    this.since = now
    if (state === 'down') this.lostSince ??= now
    else this.lostSince = null
  }
}
