/**
 * Octets that arrived and wait for more. A small number is kept as a string. A string takes only its own octets: it keeps
 * neither the rest of its chunk alive nor the pool from which Node cuts small buffers. A large number is kept in a buffer
 * that doubles its size, so that adding octets costs only what is added.
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
  /** The held octets followed by `chunk`. The buffer can be longer than these octets. */
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
  /** Holds the octets of `u` from `start` to `end`, and nothing else. */
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
