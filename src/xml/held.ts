/**
 * Octets that came in and wait for more. A few are kept as a string, which costs their number of octets and
 * nothing else: neither the rest of their chunk nor the pool that Node cuts small buffers from stays alive.
 * Many are kept in a buffer that doubles, so that adding to them costs no more than what is added.
 */
import { cut, wire, type Wire } from './wire.ts'

const FEW = 4096
const NONE = wire('')

export class Held {
  #text: Wire = NONE
  #buffer: Buffer | null = null
  #length = 0

  get length(): number {
    return this.#length
  }
  /** What is held with `chunk` behind it. The buffer may be longer than these octets. */
  with(chunk: Buffer): Buffer {
    const held = this.#length
    if (held === 0) return chunk
    const length = held + chunk.length
    let buffer = this.#buffer
    if (buffer === null) {
      buffer = Buffer.allocUnsafe(length)
      buffer.write(this.#text, 0, 'latin1')
    } else if (buffer.length < length) {
      buffer = Buffer.allocUnsafeSlow(Math.max(length, 2 * buffer.length))
      this.#buffer!.copy(buffer, 0, 0, held)
      this.#buffer = buffer
    }
    chunk.copy(buffer, held)
    return buffer
  }
  /** Holds the octets of `u` from `start` to `end` and nothing else. */
  keep(u: Buffer, start: number, end: number): void {
    const length = (this.#length = end - start)
    if (length <= FEW) {
      this.#text = length === 0 ? NONE : cut(u, start, end)
      this.#buffer = null
    } else if (u !== this.#buffer || start > 0) {
      this.#text = NONE
      this.#buffer = Buffer.allocUnsafeSlow(length)
      u.copy(this.#buffer, 0, start, end)
    }
  }
  clear(): void {
    this.#text = NONE
    this.#buffer = null
    this.#length = 0
  }
}
