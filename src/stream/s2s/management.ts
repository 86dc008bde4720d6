/**
 * XEP-0198 between servers, if a certificate proves the calling server, by SASL or in addition to dialback. When a stream breaks,
 * unacknowledged stanzas wait for the next stream in their outlet, as if they had never been written. The server that opened
 * the stream asks with `<resume/>` how many were handled, and says how many it has handled itself, so that no stanza arrives
 * twice. If neither can tell, messages and presence are sent again, and requests are refused, because doing them twice could do
 * harm. What is unacknowledged may not have arrived. So only a limited amount may be unacknowledged; more waits in the outlet.
 *
 * A stream is identified by the pair of its header. Stanzas of other pairs that dialback granted on it are counted together,
 * and the answer to `<resume/>` covers all of them; but on the stream that resumes it, these pairs must be granted again
 * (docs/decisions/026-acknowledged-after-dialback.md).
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { token, type Entropy } from '../../base/entropy.ts'
import type { Counter, Metrics } from '../../base/metrics.ts'
import { AskingForAcknowledgement } from '../../server/stream-management/asking.ts'
import {
  enabled,
  failed,
  handledCountTooHigh,
  readCount,
  resumed,
  wantsResumption,
} from '../../server/stream-management/nonzas.ts'
import { uint32, type QueueLimits } from '../../server/stream-management/queue.ts'
import type { Element } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { StreamError } from '../../xmpp/stream-error.ts'
import { pairKey, type DomainPair } from '../../xmpp/domain-pair.ts'
import type { Outlet } from './outlet.ts'
import type { FederationSettings } from './settings.ts'
import { ManagedPeer, type CountedStream } from './managed-peer.ts'

/** The number of stanzas after which we ask at once, and the time after which we ask about fewer. */
const [ASK_AFTER, ASK_AFTER_MS] = [50, 1000] as const
const SECOND = 1000
/** How long nothing is written to a server that may be about to resume a stream, while it is unknown what it received. */
export const RESUMPTION_MS: Millis = 5000
/** The most lost streams of each side that can be resumed. */
const LOST_MAX = 1000
/** The most stanzas that may keep the larger texts alive from which they were cut. */
const LOOSE_MAX = 64

export interface ManagementParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly settings: FederationSettings
}

export class PeerManagement {
  readonly #parts: ManagementParts
  readonly #limits: QueueLimits
  readonly #asking: AskingForAcknowledgement<ManagedPeer>
  /** Streams that the other side has opened, by the id for resumption. */
  readonly #named = new Map<string, ManagedPeer>()
  /** Streams that we have opened and lost, by pair. */
  readonly #lost = new Map<string, ManagedPeer>()
  readonly #resumed: Counter
  readonly #heard: (packet: Packet) => void

  /** @param heard told of each stanza that the other side received */
  constructor(parts: ManagementParts, metrics: Metrics, heard: (packet: Packet) => void) {
    const { clock, settings } = parts
    this.#parts = parts
    this.#heard = heard
    this.#limits = {
      stanzas: settings['queue-stanzas'],
      octets: settings['queue-size'],
      windowOctets: Infinity,
      askAfter: ASK_AFTER,
    }
    // vigil.ts decides what silence means, for streams of all kinds.
    this.#asking = new AskingForAcknowledgement<ManagedPeer>(clock, { askAfter: ASK_AFTER_MS, silence: 0 })
    this.#resumed = metrics.counter('porchlight_s2s_streams_resumed_total', 'Streams between servers that were resumed')
  }

  // For an open stream

  /** Stanzas count from here on, in both directions. */
  begin(stream: CountedStream, id: string | null = null, written = 0, handled = 0): void {
    stream.managed = new ManagedPeer(stream, id, this.#limits, written, handled, this.#heard)
  }
  /** The other side opened the stream and enables counting. By starting again it gives up what was lost before. */
  enable(stream: CountedStream, asked: Element): Element {
    for (const managed of this.#namedOf(stream)) if (managed.lostAt !== null) giveUp(managed)
    const id = wantsResumption(asked) ? token(this.#parts.entropy) : null
    this.begin(stream, id)
    if (id !== null) this.#named.set(id, stream.managed!)
    this.#forget(this.#named)
    return enabled(id, SECOND * Math.ceil(this.#parts.settings['queue-timeout'] / SECOND), '')
  }
  /** A stanza was written. @param origin told of a failure @param since when it was first to be written */
  sent(managed: ManagedPeer, packet: Packet, outlet: Outlet, origin: Jid | null, since: Millis): void {
    const { queue } = managed
    const now = this.#parts.clock.now()
    queue.push(packet, now, { packet, outlet, origin, since, waiting: null })
    if (queue.size > LOOSE_MAX) packet.keep()
    if (!managed.isFull) managed.movedAt = now
    this.#asking.look(managed)
  }
  /** Asks for a sign of life. */
  ask(managed: ManagedPeer): void {
    this.#asking.ask(managed)
  }
  /** `<a/>` @throws StreamError */
  acknowledged(stream: CountedStream, element: Element): void {
    const { managed } = stream
    const h = readCount(element)
    if (managed === null || h === null) throw new StreamError('bad-format', 'The count in <a/> is missing or is no number')
    if (managed.acknowledge(h, this.#parts.clock.now()) === 'too-high') throw tooHigh(h, managed)
    this.#asking.look(managed)
  }

  // For a stream that has ended

  /** Unacknowledged stanzas wait again, and the stream can be resumed. */
  lost({ managed, side }: CountedStream): void {
    const { clock, settings } = this.#parts
    if (managed === null) return
    managed.putBack(clock.now())
    if (managed.id === null) return
    if (side === 'initiating') this.#lost.set(pairKey(managed.pair), managed)
    for (const all of [this.#lost, this.#named]) {
      this.#forget(all)
      clock.after(settings['queue-timeout'], () => this.#forget(all))
    }
  }
  /** The stream was closed properly: nothing is missing. */
  closed({ managed }: CountedStream): void {
    if (managed !== null && managed.id !== null) this.#named.delete(managed.id)
  }
  /** A stream that we opened and lost and that the other side may still know: for the pair, or with stanzas of this outlet. */
  resumable(outlet: Outlet): ManagedPeer | null {
    const own = this.#freshly(this.#lost.get(pairKey(outlet.pair)))
    if (own !== null || !outlet.isUnsure) return own
    for (const managed of this.#lost.values()) if (managed.outlets.has(outlet) && this.#isFresh(managed)) return managed
    return null
  }
  /** The lost stream to be resumed on this stream, which we opened for the same pair. It is reserved meanwhile. */
  claim(stream: CountedStream): ManagedPeer | null {
    const managed = this.#freshly(this.#lost.get(pairKey(stream)))
    if (managed === null || managed.isBeingResumed) return null
    managed.resumer = stream
    return managed
  }
  /** Has the other side opened a stream for the pair that it may want to resume before anything is written to it? */
  mayBeResumed(pair: DomainPair): boolean {
    for (const managed of this.#namedOf(pair)) if (managed.isAwaited && this.#isFresh(managed)) return true
    return false
  }
  /** Is the other side about to resume one of these streams, or another one that holds stanzas of this outlet? */
  awaits(outlet: Outlet): boolean {
    for (const managed of this.#named.values()) {
      if (managed.lostAt === null || !managed.isAwaited || !this.#isFresh(managed)) continue
      if (managed.outlets.has(outlet) || pairKey(managed.pair) === pairKey(outlet.pair)) return true
    }
    return false
  }
  /** The answer to our request to resume. @param h null if the other side no longer knows the stream */
  answered(managed: ManagedPeer, h: number | null): void {
    this.#lost.delete(pairKey(managed.pair))
    if (h === null || managed.settle(h) === 'too-high') managed.learned()
  }
  /** Resumes it on a stream that we have opened. @throws StreamError */
  goOn(stream: CountedStream, managed: ManagedPeer, h: number): void {
    if (this.#lost.delete(pairKey(managed.pair)) && managed.settle(h) === 'too-high') throw tooHigh(h, managed)
    this.begin(stream, managed.id, h, managed.h)
    this.#resumed.value += 1
  }
  /** `<resume/>` from the other side. Returns the reply. @throws StreamError */
  async resume(stream: CountedStream, asked: Element): Promise<Element> {
    const id = asked.attr('previd') ?? ''
    const h = readCount(asked)
    const managed = this.#named.get(id)
    if (h === null) return failed('bad-request')
    if (managed === undefined || pairKey(managed.pair) !== pairKey(stream)) return failed('item-not-found')
    if (!this.#isFresh(managed)) return failed('item-not-found', managed.h)
    managed.stream.fail('conflict', 'Resumed on another stream')
    await managed.stream.whenIdle() // stanzas that arrived on the old stream are handled first, because they count
    if (stream.isOver) return failed('item-not-found', managed.h) // the other side will ask again
    if (managed.settle(h) === 'too-high') throw tooHigh(h, managed)
    this.begin(stream, id, h, managed.h)
    this.#named.set(id, stream.managed!)
    this.#resumed.value += 1
    return resumed(id, managed.h)
  }

  *#namedOf(pair: DomainPair): Generator<ManagedPeer> {
    for (const managed of this.#named.values()) if (pairKey(managed.pair) === pairKey(pair)) yield managed
  }
  #freshly(managed: ManagedPeer | undefined): ManagedPeer | null {
    return managed !== undefined && this.#isFresh(managed) ? managed : null
  }
  #isFresh({ lostAt }: ManagedPeer): boolean {
    return lostAt === null || this.#parts.clock.now() - lostAt < this.#parts.settings['queue-timeout']
  }
  #forget(all: Map<string, ManagedPeer>): void {
    for (const [key, managed] of all) if (!this.#isFresh(managed)) all.delete(key)
    for (const [key, { lostAt }] of all) {
      if (all.size <= LOST_MAX) return
      if (lostAt !== null) all.delete(key)
    }
  }
}

/** The other side does not resume it. */
function giveUp(managed: ManagedPeer): void {
  managed.isAwaited = false
  managed.learned()
}

/** Section 6. */
function tooHigh(h: number, { queue }: ManagedPeer): StreamError {
  const written = uint32(queue.written)
  const text = `You acknowledged ${h} stanzas, but I only sent you ${written} so far.`
  return new StreamError('undefined-condition', text, handledCountTooHigh(h, written))
}
