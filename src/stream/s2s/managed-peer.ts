/** The state of stream management for one stream between servers, while it exists and after it was lost. */
import type { Millis } from '../../base/clock.ts'
import type { Asked } from '../../server/stream-management/asking.ts'
import { REQUEST } from '../../server/stream-management/nonzas.ts'
import { uint32, UnacknowledgedQueue, type Acknowledgement, type QueueLimits } from '../../server/stream-management/queue.ts'
import type { Wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { StreamCondition } from '../../xmpp/stream-error.ts'
import type { DomainPair } from '../../xmpp/domain-pair.ts'
import type { Outlet, Waiting } from './outlet.ts'
import type { Side } from './pairs.ts'

/** What is remembered of a stanza that was written. */
export interface Sent {
  readonly packet: Packet
  readonly outlet: Outlet
  /** Null if nobody is told of a failure. */
  readonly origin: Jid | null
  /** When it was first to be written. */
  readonly since: Millis
  /** Its place in the outlet, after the stream was lost. */
  waiting: Waiting | null
}

/** A stream, as stream management sees it. The pair is that of its header. */
export interface CountedStream extends DomainPair {
  readonly side: Side
  /** Null if its stanzas are not counted. */
  managed: ManagedPeer | null
  /** How many stanzas of the other side arrived, and how many of them were handled. */
  readonly received: number
  readonly handled: number
  readonly isOver: boolean
  readonly heardAt: Millis
  send(text: Wire): void
  /** Null if everything that arrived has been handled. */
  whenIdle(): Promise<void> | null
  fail(condition: StreamCondition, text?: string | null): void
  destroy(): void
}

export class ManagedPeer implements Asked {
  /** The id by which the stream can be resumed; null if it cannot. */
  readonly id: string | null
  readonly stream: CountedStream
  readonly queue: UnacknowledgedQueue<Sent>
  /** When the stream was lost; null if it was not. */
  lostAt: Millis | null = null
  /** After the loss: the outlets in which its unacknowledged stanzas wait, for all pairs. */
  outlets: ReadonlySet<Outlet> = new Set()
  /** The stream on which the resumption was requested. */
  resumer: CountedStream | null = null
  /** The other side opened the stream and may resume it. */
  isAwaited = true
  askedAt: Millis = 0
  isAskPlanned = false
  isAskDue = false
  isAnswerDue = false
  readonly isSilent = false
  /** When there was last room, or the other side last acknowledged something. */
  movedAt: Millis = 0
  #emptied: (() => void)[] = []
  readonly #behind = new Set<Outlet>()
  readonly #heard: (note: Sent) => void
  readonly #handledBefore: number
  /** The number of handled stanzas that do not count. */
  readonly #uncounted: number

  /** @param written and handled: on the stream that this one resumes @param heard told of each stanza that the other side received */
  constructor(
    stream: CountedStream,
    id: string | null,
    limits: QueueLimits,
    written: number,
    handled: number,
    heard: (packet: Packet) => void,
  ) {
    this.stream = stream
    this.id = id
    this.queue = new UnacknowledgedQueue(limits, written)
    this.#heard = ({ packet }) => heard(packet)
    this.#handledBefore = handled
    this.#uncounted = stream.received
  }
  /** The pair of the stream. */
  get pair(): DomainPair {
    return this.stream
  }
  /** How many stanzas of the other side were handled, in the form of `h`. */
  get h(): number {
    return uint32(this.#handledBefore + Math.max(0, this.stream.handled - this.#uncounted))
  }
  /** It is being found out how much the other side received. */
  get isBeingResumed(): boolean {
    return this.resumer !== null && !this.resumer.isOver
  }
  get heardAt(): Millis | null {
    return this.stream.isOver ? null : this.stream.heardAt
  }
  request(): void {
    this.stream.send(REQUEST)
  }
  /** `<a/>` from the other side. */
  acknowledge(h: number, now: Millis): Acknowledgement {
    const before = this.queue.size
    const outcome = this.queue.acknowledge(h, this.#heard)
    if (this.queue.size < before) this.movedAt = now
    if (this.queue.size === 0) this.#isEmpty()
    if (!this.isFull) this.#goOn()
    return outcome
  }
  /** Enough is unacknowledged: further stanzas wait in their outlet. */
  get isFull(): boolean {
    return this.queue.isOverfull
  }
  /** The outlet continues when acknowledgements have made room. */
  whenAcknowledged(outlet: Outlet): void {
    this.#behind.add(outlet)
  }
  /** Resolves when the other side has acknowledged everything, or the stream is lost. */
  whenEmpty(): Promise<void> {
    if (this.queue.size === 0 || this.lostAt !== null) return Promise.resolve()
    this.request()
    return new Promise((empty) => void this.#emptied.push(empty))
  }
  /** The stream is lost: unacknowledged stanzas wait first in their outlet, and may have been received. */
  putBack(now: Millis): void {
    this.lostAt = now
    this.#isEmpty()
    this.queue.disconnect()
    const byOutlet = new Map<Outlet, Waiting[]>()
    for (const { packet, note } of this.queue) {
      const { outlet, origin, since } = note!
      note!.waiting = outlet.waitingOf(packet, origin, true, since)
      const all = byOutlet.get(outlet)
      if (all === undefined) byOutlet.set(outlet, [note!.waiting])
      else all.push(note!.waiting)
    }
    this.outlets = new Set(byOutlet.keys())
    for (const [outlet, waiting] of byOutlet) outlet.putBack(waiting)
  }
  /** The other side says how much it received before the loss: the rest was not received. */
  settle(h: number): Acknowledgement {
    const before = [...this.queue]
    const outcome = this.queue.acknowledge(h, this.#heard)
    if (outcome !== 'accepted') return outcome
    const rest = new Set(this.queue)
    for (const entry of before) {
      const { outlet, waiting } = entry.note!
      if (waiting === null) continue
      if (rest.has(entry)) waiting.isUnsure = false
      else outlet.forget(waiting)
    }
    this.learned()
    return outcome
  }
  /** No more will be known about what was received: nobody waits for it any longer. */
  learned(): void {
    for (const outlet of this.outlets) outlet.learned()
  }
  #goOn(): void {
    const behind = [...this.#behind]
    this.#behind.clear()
    for (const outlet of behind) outlet.goOn()
  }
  #isEmpty(): void {
    for (const tell of this.#emptied.splice(0)) tell()
  }
}
