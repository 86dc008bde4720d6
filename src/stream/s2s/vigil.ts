/**
 * Whether the other side is still there (RFC 6120 4.6.4): one that owes us a sign of life is pinged (XEP-0199), and
 * without an answer its streams are given up. It owes one when something was sent to it; and from time to time when
 * somebody here watches presence from there, for then silence would be taken for news (PSA-20).
 */
import type { Millis, Timer } from '../../base/clock.ts'
import type { Host } from '../../server/feature.ts'
import { ANSWER_WITHIN } from '../../server/asking.ts'
import type { Link } from '../../server/links.ts'
import { el } from '../../xml/element.ts'
import { jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { keyOf } from './dialback/elements.ts'
import type { Outlet } from './outlet.ts'
import type { PeerStreams } from './streams.ts'

export interface VigilTimes {
  /** From something that was sent to the ping. */
  readonly deadAfter: Millis
  /** From the last sign of life of a link that is watched to the ping. */
  readonly idleCheck: Millis
}

const PING = el('ping', 'urn:xmpp:ping')
const LOOKS_PER_DEATH = 4

export class Vigil {
  readonly #host: Host
  readonly #times: VigilTimes
  readonly #streams: PeerStreams
  readonly #outlets: ReadonlyMap<string, Outlet>
  readonly #pinged = new Set<string>()
  #timer: Timer

  constructor(host: Host, times: VigilTimes, streams: PeerStreams, outlets: ReadonlyMap<string, Outlet>) {
    this.#host = host
    this.#times = times
    this.#streams = streams
    this.#outlets = outlets
    this.#timer = this.#next()
  }
  stop(): void {
    this.#timer.cancel()
  }

  #next(): Timer {
    return this.#host.clock.after(this.#times.deadAfter / LOOKS_PER_DEATH, () => this.#look())
  }
  #look(): void {
    const now = this.#host.clock.now()
    for (const [key, { link, heardAt }] of this.#heard()) {
      const unanswered = this.#outlets.get(key)?.unanswered(heardAt) ?? null
      const owes = unanswered !== null && now - unanswered >= this.#times.deadAfter
      if (owes || (now - heardAt >= this.#times.idleCheck && link.isWatched)) this.#ping(link)
    }
    this.#timer = this.#next()
  }
  /** When anything was last heard of each link that is up. */
  #heard(): Map<string, { readonly link: Link; readonly heardAt: Millis }> {
    const heard = new Map<string, { link: Link; heardAt: Millis }>()
    for (const [{ heardAt }, links] of this.#streams.withLinks())
      for (const [key, link] of links) if (heardAt >= (heard.get(key)?.heardAt ?? 0)) heard.set(key, { link, heardAt })
    return heard
  }
  #ping(link: Link): void {
    const within = Math.min(ANSWER_WITHIN, this.#times.deadAfter)
    const { local, remote } = link
    const key = keyOf(link)
    if (this.#pinged.has(key)) return
    this.#pinged.add(key)
    const askedAt = this.#host.clock.now()
    const answered = (answer: Packet | null): void => {
      this.#pinged.delete(key)
      // An error is a sign of life too; one of our own making says that the stream is gone
      if (answer !== null) return this.#outlets.get(key)?.answered()
      const streams = this.#streams.between(link)
      if (streams.every(({ heardAt }) => heardAt < askedAt)) for (const stream of streams) stream.destroy()
    }
    this.#host.ask(jid(local), jid(remote), PING, answered, within)
  }
}
