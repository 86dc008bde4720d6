/**
 * Output of one connection: what is sent within a tick is joined and written once, at its end (a write costs
 * more than everything else that a stanza needs). More than `bytesMax` waiting is the peer's fault.
 */
import type { EndOfTick } from '../base/tick.ts'
import type { Wire } from '../xml/wire.ts'

/** Where the octets go. */
export interface Sink {
  write(octets: string): void
  /** Octets that were written but not yet taken. */
  readonly buffered: number
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

export class Outbox {
  readonly #flusher: Flusher
  readonly #sink: Sink
  readonly #bytesMax: number
  readonly #overflow: () => void
  #text = ''

  /** @param overflow called when more waits than `bytesMax`; what waits is thrown away */
  constructor(flusher: Flusher, sink: Sink, bytesMax: number, overflow: () => void) {
    this.#flusher = flusher
    this.#sink = sink
    this.#bytesMax = bytesMax
    this.#overflow = overflow
  }
  push(text: Wire): void {
    if (this.#text === '') this.#flusher.add(this)
    this.#text += text
    if (this.#text.length > this.#bytesMax) this.#spill()
  }
  flush(): void {
    const text = this.#text
    if (text === '') return
    if (text.length + this.#sink.buffered > this.#bytesMax) return this.#spill()
    this.#text = ''
    this.#sink.write(text)
  }
  #spill(): void {
    this.#text = ''
    this.#overflow()
  }
}
