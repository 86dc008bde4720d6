/** Last items that are being read for somebody. What they are told of a node meanwhile is newer, and takes their place (PEP-3). */
import type { Jid } from '../../xmpp/jid.ts'

interface Reading {
  readers: number
  /** Nodes whose events the receiver has got meanwhile. */
  readonly told: Set<string>
}

export class UnderWay {
  readonly #reading = new Map<string, Reading>()

  begin(owner: Jid, to: Jid): void {
    const key = keyOf(owner, to)
    const reading = this.#reading.get(key) ?? { readers: 0, told: new Set() }
    reading.readers += 1
    this.#reading.set(key, reading)
  }
  end(owner: Jid, to: Jid): void {
    const key = keyOf(owner, to)
    const reading = this.#reading.get(key)!
    reading.readers -= 1
    if (reading.readers === 0) this.#reading.delete(key)
  }
  /** @param to addresses that have just been sent an event of the node */
  tell({ bare }: Jid, to: Iterable<string>, node: string): void {
    if (this.#reading.size > 0) for (const full of to) this.#reading.get(`${bare} ${full}`)?.told.add(node)
  }
  isTold(owner: Jid, to: Jid, node: string): boolean {
    return this.#reading.get(keyOf(owner, to))?.told.has(node) === true
  }
}
const keyOf = ({ bare }: Jid, { full }: Jid): string => `${bare} ${full}`
