/**
 * Output of one connection: what is sent within a tick is joined and written once, at its end (a write costs
 * more than everything else that a stanza needs). A large text goes to the socket in portions, each when the one before is
 * taken, so that the outbox knows whether the peer reads. How much is sent in one tick says nothing about that: only a peer
 * that takes none of what waits, or falls far behind, is given up (`Unread`).
 */
import type { Clock, Millis, Timer } from '../base/clock.ts'
import type { EndOfTick } from '../base/tick.ts'
import { ROOM_OCTETS } from '../server/account/room.ts'
import type { Wire } from '../xml/wire.ts'

/** Where the octets go. */
export interface Sink {
  /** @param taken called when the network has taken these octets and all before them; not called when the connection is over */
  write(octets: string, taken?: () => void): void
  /** Octets that were written but not yet taken. */
  readonly buffered: number
}

/** What may wait to be read by one peer. */
export interface Unread {
  readonly clock: Clock
  /** Of more octets than this, the peer must take some within `patienceMs`. */
  readonly octets: number
  readonly patienceMs: Millis
}

/** Has something to write, sometimes. */
export interface Flushable {
  flush(): void
}

/** Those who have something to write at the end of this tick. */
export class Flusher {
  readonly #endOfTick: EndOfTick
  #dirty: Flushable[] = []
  #armed = false

  constructor(endOfTick: EndOfTick) {
    this.#endOfTick = endOfTick
  }
  add(one: Flushable): void {
    this.#dirty.push(one)
    if (this.#armed) return
    this.#armed = true
    this.#endOfTick(this.#flush)
  }
  readonly #flush = (): void => {
    const dirty = this.#dirty
    this.#dirty = []
    this.#armed = false
    for (const one of dirty) one.flush()
  }
}

/** A peer that reads may have so many times the octets waiting. */
export const FAR_BEHIND = 4

/** Watches whether a peer takes what waits for it. */
export class Patience {
  readonly #unread: Unread
  readonly #waiting: () => number
  readonly #over: () => void
  #timer: Timer | null = null
  #hasTaken = false

  /** @param waiting how many octets wait @param over the peer does not read */
  constructor(unread: Unread, waiting: () => number, over: () => void) {
    this.#unread = unread
    this.#waiting = waiting
    this.#over = over
  }
  /** More waits than may wait for long. */
  begin(): void {
    if (this.#timer !== null) return
    this.#hasTaken = false
    this.#timer = this.#unread.clock.after(this.#unread.patienceMs, () => this.#look())
  }
  /** The peer has taken some of it. */
  taken(): void {
    this.#hasTaken = true
  }
  end(): void {
    this.#timer?.cancel()
    this.#timer = null
  }
  #look(): void {
    this.#timer = null
    if (this.#waiting() <= this.#unread.octets) return
    if (this.#hasTaken) this.begin()
    else this.#over()
  }
}

interface Waiter {
  /** Octets that are to be taken before. */
  octets: number
  readonly resolve: (isTaken: boolean) => void
}

export class Outbox {
  readonly #flusher: Flusher
  readonly #sink: Sink
  readonly #unread: Unread
  readonly #overflow: () => void
  /** What is sent. */
  #text = ''
  /** What is on its way to the sink, in portions; what of it is written. */
  #large = ''
  #written = 0
  /** Octets of the portion that is not taken yet; 0: none is under way. */
  #portion = 0
  /** Nobody needs to be told any more what is taken. */
  #isOver = false
  #waiters: Waiter[] | null = null
  #patience: Patience | null = null

  /** @param overflow called when the peer does not read; what waits is thrown away */
  constructor(flusher: Flusher, sink: Sink, unread: Unread, overflow: () => void) {
    this.#flusher = flusher
    this.#sink = sink
    this.#unread = unread
    this.#overflow = overflow
  }
  push(text: Wire): void {
    if (this.#text === '') this.#flusher.add(this)
    this.#text += text
    if (this.#text.length > this.#unread.octets && this.#portion > 0) this.#fallBehind()
  }
  flush(): void {
    const text = this.#text
    if (text === '' || this.#portion > 0) return
    if (text.length + this.#sink.buffered > ROOM_OCTETS || this.#waiters !== null) return this.#next()
    this.#text = ''
    this.#sink.write(text)
  }
  /** Has the peer kept up so far that it may be sent more at once? */
  get hasRoom(): boolean {
    return this.#waiting <= ROOM_OCTETS
  }
  /** Does more wait than this part of what may wait for long? */
  isBeyond(part: number): boolean {
    return this.#waiting > this.#unread.octets * part
  }
  /** When everything that was sent before is taken; false: nobody will ever know. */
  whenTaken(): Promise<boolean> {
    if (this.#isOver) return Promise.resolve(false)
    const octets = this.#waiting - this.#sink.buffered + this.#portion
    if (octets === 0) return Promise.resolve(true)
    return new Promise((resolve) => (this.#waiters ??= []).push({ octets, resolve }))
  }
  /** Writes everything that waits: nothing comes behind it. */
  finish(): void {
    const text = this.#large.slice(this.#written) + this.#text
    this.#text = ''
    this.#large = ''
    this.#written = 0
    this.abandon()
    if (text !== '') this.#sink.write(text)
  }
  /** The peer has gone, or is about to. */
  abandon(): void {
    this.#isOver = true
    this.#patience?.end()
    const waiters = this.#waiters
    this.#waiters = null
    if (waiters !== null) for (const { resolve } of waiters) resolve(false)
  }

  get #waiting(): number {
    return this.#text.length + this.#large.length - this.#written + this.#sink.buffered
  }
  #next(): void {
    if (this.#written === this.#large.length) {
      this.#large = this.#text
      this.#text = ''
      this.#written = 0
    }
    const portion = this.#large.slice(this.#written, this.#written + ROOM_OCTETS)
    this.#portion = portion.length
    this.#written += portion.length
    if (this.#waiting > this.#unread.octets) this.#watch().begin()
    this.#sink.write(portion, this.#taken)
  }
  readonly #taken = (): void => {
    const octets = this.#portion
    this.#portion = 0
    this.#patience?.taken()
    if (this.#written === this.#large.length && this.#text === '') {
      this.#large = ''
      this.#written = 0
    } else this.#next()
    this.#tell(octets)
  }
  #tell(octets: number): void {
    const waiters = this.#waiters
    if (waiters === null) return
    const isServed = (one: Waiter): boolean => (one.octets -= octets) <= 0
    const served = waiters.filter(isServed)
    this.#waiters = served.length === waiters.length ? null : waiters.filter(({ octets: left }) => left > 0)
    for (const { resolve } of served) resolve(true)
  }
  #fallBehind(): void {
    if (this.#waiting > this.#unread.octets * FAR_BEHIND) this.#spill()
    else this.#watch().begin()
  }
  #watch(): Patience {
    return (this.#patience ??= new Patience(
      this.#unread,
      () => this.#waiting,
      () => this.#spill(),
    ))
  }
  /** What is written in part is left: the peer must be able to read what comes behind it. */
  #spill(): void {
    this.#text = ''
    this.#overflow()
  }
}
