/**
 * The output of one connection. All output of a tick is joined and written once at its end, because a write costs more than
 * everything else that a stanza needs. A large text goes to the socket in portions, each after the previous one was taken,
 * so that the outbox knows whether the peer reads. The amount of output in one tick proves nothing. Only a peer that takes
 * none of the waiting output, or falls far behind, is given up (`Unread`).
 */
import type { Clock, Millis, Timer } from '../base/clock.ts'
import type { EndOfTick } from '../base/tick.ts'
import { OPEN_TO, ROOM_OCTETS } from '../server/account/room.ts'
import type { Wire } from '../xml/wire.ts'

/** Where the octets go. */
export interface Sink {
  /** @param taken called when the network has taken these octets and all before them; not called if the connection is closed */
  write(octets: string, taken?: () => void): void
  /** Octets that were written but not yet taken. */
  readonly buffered: number
}

/** How much may wait to be read by one peer. */
export interface Unread {
  readonly clock: Clock
  /** If more octets wait than this, the peer must take some within `patienceMs`. */
  readonly octets: number
  readonly patienceMs: Millis
}

/** Is told how well the peer reads. */
export interface Reader {
  /** Much may wait from now on: `Outbox.isBeyond` has to be asked. */
  crowded(): void
  /** The peer does not read. The waiting output was discarded. */
  overflowed(): void
}

/** An object that sometimes has output to write. */
export interface Flushable {
  flush(): void
}

/** The objects that have output to write at the end of this tick. */
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

/** The multiple of the octets that may wait for a peer that reads. */
export const FAR_BEHIND = 4

/** Watches whether a peer reads the output that waits for it. */
export class Patience {
  readonly #unread: Unread
  readonly #waiting: () => number
  readonly #over: () => void
  #timer: Timer | null = null
  #hasTaken = false

  /** @param waiting how many octets wait @param over called if the peer does not read */
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
  /** The octets that must be taken first. */
  octets: number
  readonly resolve: (isTaken: boolean) => void
}

export class Outbox {
  readonly #flusher: Flusher
  readonly #sink: Sink
  readonly #unread: Unread
  readonly #reader: Reader
  /** Up to this number of octets in `#text`, with no portion under way, it is not beyond what strangers may use. */
  readonly #quiet: number
  /** Output that was not written yet. */
  #text = ''
  /** A large text that is written in portions, and how much of it was written. */
  #large = ''
  #written = 0
  /** The octets of the portion that was not taken yet; 0 if there is none. */
  #portion = 0
  /** Octets that were thrown away because the peer does not read. */
  #spilt = 0
  /** No caller waits to be told any more. */
  #isOver = false
  #waiters: Waiter[] | null = null
  #patience: Patience | null = null

  constructor(flusher: Flusher, sink: Sink, unread: Unread, reader: Reader) {
    this.#flusher = flusher
    this.#sink = sink
    this.#unread = unread
    this.#reader = reader
    this.#quiet = Math.floor(unread.octets * OPEN_TO) - ROOM_OCTETS
  }
  push(text: Wire): void {
    if (this.#text === '') this.#flusher.add(this)
    this.#text += text
    if (this.#portion > 0 || this.#text.length > this.#quiet) this.#fill()
  }
  flush(): void {
    const text = this.#text
    if (text === '' || this.#portion > 0) return
    if (text.length + this.#sink.buffered > ROOM_OCTETS || this.#waiters !== null) return this.#next()
    this.#text = ''
    this.#sink.write(text)
  }
  /** Does the peer read fast enough to be sent more at once? */
  get hasRoom(): boolean {
    return this.#waiting <= ROOM_OCTETS
  }
  /** Does more than this part of the allowed output wait? */
  isBeyond(part: number): boolean {
    const octets = this.#unread.octets * part
    // Outside a large text the sink has no more than ROOM_OCTETS, and to ask it costs more than all the rest
    if (this.#portion === 0 && this.#text.length + ROOM_OCTETS <= octets) return false
    return this.#waiting > octets
  }
  /** Octets that the sink was not given, and those that it will not be given because the peer does not read. */
  get unwritten(): number {
    return this.#spilt + this.#text.length + this.#large.length - this.#written
  }
  /** The last of those octets will not be written. */
  takeBack(octets: number): void {
    const kept = octets - this.#spilt
    if (kept <= 0) return
    const ofLarge = kept - this.#text.length
    this.#text = ofLarge >= 0 ? '' : this.#text.slice(0, -kept)
    if (ofLarge > 0) this.#large = this.#large.slice(0, -ofLarge)
  }
  /** Resolves when everything sent so far was taken; with false if that will never be known. */
  whenTaken(): Promise<boolean> {
    if (this.#isOver) return Promise.resolve(false)
    const octets = this.#waiting - this.#sink.buffered + this.#portion
    if (octets === 0) return Promise.resolve(true)
    return new Promise((resolve) => (this.#waiters ??= []).push({ octets, resolve }))
  }
  /** Writes all waiting output: nothing follows. */
  finish(): void {
    const text = this.#large.slice(this.#written) + this.#text
    this.#text = ''
    this.#large = ''
    this.#written = 0
    this.abandon()
    if (text !== '') this.#sink.write(text)
  }
  /** The peer is gone, or will be soon. */
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
  #fill(): void {
    this.#reader.crowded()
    const { octets } = this.#unread
    if (this.#portion === 0 || this.#waiting <= octets) return
    if (this.#text.length > octets && this.#waiting > octets * FAR_BEHIND) this.#spill()
    else this.#watch().begin()
  }
  #watch(): Patience {
    return (this.#patience ??= new Patience(
      this.#unread,
      () => this.#waiting,
      () => this.#spill(),
    ))
  }
  /** Keeps what was partly written, because the peer must be able to read what follows. */
  #spill(): void {
    this.#spilt = this.#text.length
    this.#text = ''
    this.#reader.overflowed()
  }
}
