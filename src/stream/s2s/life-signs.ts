/**
 * Signs of life to another server whose stanzas wait here for their turn. Its questions wait in the same queue, and our
 * silence would be taken for our end: so we say unasked that we are there.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { answer } from '../../server/stream-management/nonzas.ts'
import { wire, type Wire } from '../../xml/wire.ts'

/** How often, at most. */
const EVERY: Millis = 5000
/** RFC 6120 4.6.1. */
const WHITE_SPACE = wire(' ')

/** A stream whose other side is to know that we are there. */
interface Living {
  /** XEP-0198; null: stanzas are not counted. */
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
  /** Says how much was handled; where that is not counted, sends white space. */
  show(): void {
    this.#shownAt = this.#clock.now()
    const { managed } = this.#stream
    this.#stream.send(managed === null ? WHITE_SPACE : answer(managed.h))
  }
  /** A stanza was handled that had to wait. */
  handledLate(): void {
    if (this.#clock.now() - this.#shownAt >= EVERY) this.show()
  }
}
