/**
 * The last copied messages that a session has exchanged. An error need not include the message that it answers (RFC 6120 8.3.1),
 * so it is recognised by its id and its sender (XEP-0280 6.1, 10.3).
 */
import { unpin, type Wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'

const EXCHANGES_MAX = 50
/** Messages with longer ids are not remembered: their errors are not copied. */
const ID_OCTETS_MAX = 128

export class Exchanges {
  readonly #keys = new Set<string>()

  /** @param peer the other end */
  note(peer: Jid, id: Wire | null): void {
    if (id === null || id.length > ID_OCTETS_MAX) return
    if (this.#keys.size >= EXCHANGES_MAX) for (const oldest of this.#keys) if (this.#keys.delete(oldest)) break
    this.#keys.add(keyOf(peer, unpin(id)))
  }
  has(peer: Jid, id: Wire | null): boolean {
    return id !== null && this.#keys.has(keyOf(peer, id))
  }
}

/** A contact that was addressed by its bare JID may answer from a full JID. */
const keyOf = (peer: Jid, id: Wire): string => `${peer.bare} ${id}`
