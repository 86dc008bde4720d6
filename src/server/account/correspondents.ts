/** The addresses to which a client has recently written: they do not count as strangers when they answer. */
import type { Jid } from '../../xmpp/jid.ts'

/** The most recent addresses that are remembered; each has a limit in octets. */
const REMEMBERED = 20

export class Correspondents {
  readonly #bares = new Set<string>()
  #latest = ''

  wroteTo({ bare }: Jid): void {
    if (bare === this.#latest) return
    this.#latest = bare
    this.#bares.delete(bare)
    this.#bares.add(bare)
    if (this.#bares.size > REMEMBERED) this.#bares.delete(this.#bares.values().next().value!)
  }
  /** @param bare the text of a bare JID */
  has(bare: string): boolean {
    return this.#bares.has(bare)
  }
}
