/** What stream management knows of one stream between servers, while it is there and when it is lost. */
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

/** What is to be known of a stanza that was written. */
export interface Sent {
  readonly packet: Packet
  readonly outlet: Outlet
  /** Null: nobody is to be told when it does not get there. */
  readonly origin: Jid | null
  /** When it was to be written for the first time. */
  readonly since: Millis
  /** Its place in the outlet, since the stream was lost. */
  waiting: Waiting | null
}

/** A stream, as what counts its stanzas sees it. The pair is that of its header. */
export interface CountedStream extends DomainPair {
  readonly side: Side
  /** Null: its stanzas are not counted. */
  managed: ManagedPeer | null
  /** How many stanzas of the other side have come, and how many of them are done. */
  readonly received: number
  readonly handled: number
  readonly isOver: boolean
  readonly heardAt: Millis
  send(text: Wire): void
  /** Null: nothing that has come is still to be done. */
  whenIdle(): Promise<void> | null
  fail(condition: StreamCondition, text?: string | null): void
  destroy(): void
}

export class ManagedPeer implements Asked {
  /** Under which the stream can be resumed; null: it cannot. */
  readonly id: string | null
  readonly stream: CountedStream
  readonly queue: UnacknowledgedQueue<Sent>
  /** When the stream was lost; null: it is there. */
  lostAt: Millis | null = null
  /** It was lost: what it has not heard of waits there, of whatever pairs. */
  outlets: ReadonlySet<Outlet> = new Set()
  /** Where it was asked to be resumed. */
  resumer: CountedStream | null = null
  /** The other side, which has opened it, may come back for it. */
  isAwaited = true
  askedAt: Millis = 0
  isAskPlanned = false
  isAskDue = false
  isAnswerDue = false
  readonly isSilent = false
  /** When it was last not full, or the other side has acknowledged something. */
  movedAt: Millis = 0
  #emptied: (() => void)[] = []
  readonly #behind = new Set<Outlet>()
  readonly #heard: (note: Sent) => void
  readonly #handledBefore: number
  /** Of what is done on the stream, what does not count. */
  readonly #uncounted: number

  /** @param written and handled on the stream that is resumed by this one @param heard told of what got to the other side */
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
  /** Of the stream. */
  get pair(): DomainPair {
    return this.stream
  }
  /** How many stanzas of the other side were handled, as `h` says it. */
  get h(): number {
    return uint32(this.#handledBefore + Math.max(0, this.stream.handled - this.#uncounted))
  }
  /** It is being found out just now how much has got through. */
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
  /** As much is written as may be without an acknowledgement: what comes waits in its outlet. */
  get isFull(): boolean {
    return this.queue.isOverfull
  }
  /** The outlet goes on when the other side has acknowledged so much that there is room. */
  whenAcknowledged(outlet: Outlet): void {
    this.#behind.add(outlet)
  }
  /** Resolves when the other side has acknowledged everything, or the stream is lost. */
  whenEmpty(): Promise<void> {
    if (this.queue.size === 0 || this.lostAt !== null) return Promise.resolve()
    this.request()
    return new Promise((empty) => void this.#emptied.push(empty))
  }
  /** The stream is lost: what is not acknowledged waits in its outlet, before all else, and may have got through. */
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
  /** The other side says how much has got through before the stream was lost: the rest has not. */
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
  /** More than is known now will not be known of what has got through: nobody waits for it any more. */
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
