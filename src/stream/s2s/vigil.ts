/**
 * Checks whether the other side is still alive (RFC 6120 4.6.4). Anything from it is a sign of life. The other side owes one
 * after something was sent to it, and from time to time while a local user watches presence from there: otherwise silence would
 * look like "no change" (PSA-20). We ask with `<r/>` if stanzas are acknowledged (XEP-0198), which costs almost nothing,
 * otherwise with a ping (XEP-0199).
 *
 * An unanswered question makes the link suspect, and the grace counts from the question. Then the streams are given up, so
 * that a new one is tried: a half-open connection does not recover.
 */
import { every, type Millis, type Timer } from '../../base/clock.ts'
import type { Host } from '../../server/feature.ts'
import type { Link } from '../../server/links/links.ts'
import { el } from '../../xml/element.ts'
import { jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { pairKey } from '../../xmpp/domain-pair.ts'
import type { PeerManagement } from './management.ts'
import type { Outlet } from './outlet.ts'
import type { FederationSettings } from './settings.ts'
import type { PeerStream } from './peer-stream.ts'
import type { PeerStreams } from './streams.ts'

export interface VigilParts {
  readonly host: Host
  readonly settings: FederationSettings
  /** XEP-0198; null if switched off. */
  readonly management: PeerManagement | null
  readonly streams: PeerStreams
  readonly outlets: ReadonlyMap<string, Outlet<PeerStream>>
}

const PING = el('ping', 'urn:xmpp:ping')
/** The number of checks within the shortest span: an action is late by at most one interval. */
const LOOKS = 4
const PAUSE_MIN: Millis = 250
/** Stanzas on their way over a stream without acknowledgements are lost with it, so it gets this many times as long. */
const UNACKNOWLEDGED = 2

export class Vigil {
  readonly #parts: VigilParts
  readonly #pause: Millis
  /** When links were pinged that have not answered. */
  readonly #pinged = new Map<string, Millis>()
  readonly #timer: Timer

  constructor(parts: VigilParts) {
    this.#parts = parts
    const { settings } = parts
    const shortest = Math.min(settings['ask-after'], settings['dead-after'], settings['grace'])
    this.#pause = Math.max(PAUSE_MIN, shortest / LOOKS)
    this.#timer = every(parts.host.clock, this.#pause, () => this.#look())
  }
  stop(): void {
    this.#timer.cancel()
  }

  #look(): void {
    const now = this.#parts.host.clock.now()
    this.#giveUpStuck(now)
    for (const [key, { link, heardAt }] of this.#heard()) {
      const since = this.#unansweredSince(key, heardAt)
      if (since !== null) this.#suspect(link, since, heardAt, now)
      else this.#mayAsk(link, heardAt, now)
      if (link.state !== 'up') link.look() // something may have arrived
    }
  }
  /**
   * What is not acknowledged is not known to be there. A server that acknowledges none of as much as may be on its way has
   * lost it; so has one that reads nothing while more waits for it.
   */
  #giveUpStuck(now: Millis): void {
    const { outlets, settings } = this.#parts
    for (const { stream, waiting } of outlets.values()) {
      const managed = stream?.managed ?? null
      if (stream !== null && managed === null && waiting > 0 && stream.untaken.stuckFor(now) >= settings['dead-after'])
        stream.destroy()
      if (managed !== null && managed.isFull && now - managed.movedAt >= settings['dead-after']) managed.stream.destroy()
    }
  }
  /** When anything last arrived on each link that has a stream. */
  #heard(): Map<string, { readonly link: Link; readonly heardAt: Millis }> {
    const heard = new Map<string, { link: Link; heardAt: Millis }>()
    for (const [{ heardAt }, links] of this.#parts.streams.withLinks())
      for (const [key, link] of links) if (heardAt >= (heard.get(key)?.heardAt ?? 0)) heard.set(key, { link, heardAt })
    return heard
  }
  /** Since when a question on a silent stream is unanswered; null if none is. */
  #unansweredSince(key: string, heardAt: Millis): Millis | null {
    const managed = this.#parts.outlets.get(key)?.stream?.managed ?? null
    // For this stream only: input on another stream does not show that this one works.
    if (managed !== null) return managed.queue.isAsking ? Math.max(managed.askedAt, managed.stream.heardAt) : null
    const pingedAt = this.#pinged.get(key) ?? null
    return pingedAt !== null && pingedAt >= heardAt ? pingedAt : null
  }
  #suspect(link: Link, since: Millis, heardAt: Millis, now: Millis): void {
    const { settings, streams, outlets } = this.#parts
    const silentFor = now - since
    if (heardAt <= since && silentFor >= Math.min(settings['dead-after'], settings['grace']) / 2) link.silent(since)
    const isAcknowledged = (outlets.get(pairKey(link))?.stream?.managed ?? null) !== null
    if (silentFor < settings['dead-after'] * (isAcknowledged ? 1 : UNACKNOWLEDGED)) return
    this.#pinged.delete(pairKey(link))
    for (const stream of streams.between(link)) if (stream.heardAt <= since) stream.destroy()
  }
  #mayAsk(link: Link, heardAt: Millis, now: Millis): void {
    const { settings, outlets, management } = this.#parts
    const outlet = outlets.get(pairKey(link)) ?? null
    const isDue = now - heardAt >= settings['idle-check'] && link.isWatched
    const managed = outlet?.stream?.managed ?? null
    if (managed !== null) return isDue ? management!.ask(managed) : undefined
    const unanswered = outlet?.unanswered(heardAt) ?? null
    if (isDue || (unanswered !== null && now - unanswered >= settings['ask-after'])) this.#ping(link, now)
  }
  #ping(link: Link, now: Millis): void {
    const { host, outlets, settings } = this.#parts
    const { local, remote } = link
    const key = pairKey(link)
    if (this.#pinged.has(key)) return
    this.#pinged.set(key, now)
    const answered = (answer: Packet | null): void => {
      if (this.#pinged.get(key) === now) this.#pinged.delete(key)
      // An error is a sign of life too; an error of our own making means that the stream is gone.
      if (answer !== null) outlets.get(key)?.answered()
    }
    host.ask(jid(local), jid(remote), PING, answered, settings['dead-after'] * UNACKNOWLEDGED + this.#pause)
  }
}
