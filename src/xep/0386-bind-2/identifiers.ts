/**
 * XEP-0386 3.2.1: the resource of a client is its tag, a slash, and an identifier. The same installation gets the same
 * identifier every time, so that contacts see one resource that comes and goes. The identifier does not reveal the id of the
 * installation: it is a keyed hash.
 */
import { createHmac } from 'node:crypto'
import type { Entropy } from '../../base/entropy.ts'
import { prepareResource, unlessFaulty, type Jid } from '../../xmpp/jid.ts'

/** The octets of an identifier: 72 bits as base64url. */
const OCTETS = 9

export class Identifiers {
  readonly #key: Buffer
  readonly #entropy: Entropy

  constructor(key: Buffer, entropy: Entropy) {
    this.#key = key
    this.#entropy = entropy
  }
  /**
   * @param tag as the client gives it; '' for none. A tag that is not allowed in a resource, or too long, is left out.
   * @param device null if the client has not named its installation, and gets another identifier every time
   */
  resource({ bare }: Jid, tag: string, device: string | null): string {
    const octets =
      device === null
        ? this.#entropy.bytes(OCTETS)
        : createHmac('sha256', this.#key).update(`${bare}\0${device}\0${tag}`).digest().subarray(0, OCTETS)
    const identifier = octets.toString('base64url')
    return (tag === '' ? null : unlessFaulty(() => prepareResource(`${tag}/${identifier}`))) ?? identifier
  }
}
