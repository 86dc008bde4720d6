/**
 * Signs of life to another server whose stanzas wait here for their turn. Its questions wait in the same queue, and it would
 * take our silence for a lost connection. So we report, without being asked, that we are alive.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { answer } from '../../server/stream-management/nonzas.ts'
import { wire, type Wire } from '../../xml/wire.ts'

/** The shortest interval. */
const EVERY: Millis = 5000
/** RFC 6120 4.6.1. */
const WHITE_SPACE = wire(' ')

/** A stream whose other side must know that we are alive. */
interface Living {
  /** XEP-0198; null if stanzas are not counted. */
  readonly managed: { readonly h: number } | null
  send(text: Wire): void
}

export class LifeSigns {
  readonly #clock: Clock
  readonly #stream: Living
  #shownAt: Millis

  constructor(clock: Clock, stream: Living) {
    this.#clock = clock
    this.#stream = stream
    this.#shownAt = clock.now()
  }
  /** Sends how many stanzas were handled; without stream management, white space. */
  show(): void {
    this.#shownAt = this.#clock.now()
    const { managed } = this.#stream
    this.#stream.send(managed === null ? WHITE_SPACE : answer(managed.h))
  }
  /** A stanza that had to wait was handled. */
  handledLate(): void {
    if (this.#clock.now() - this.#shownAt >= EVERY) this.show()
  }
}
