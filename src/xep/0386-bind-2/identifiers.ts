/**
 * XEP-0386 3.2.1: the resource that a client gets is its tag, a slash, and an identifier. The same installation gets the
 * same one every time, so that whoever sees its presence sees one resource that comes and goes. The identifier does not
 * tell the installation's own: it is a keyed hash.
 */
import { createHmac } from 'node:crypto'
import type { Entropy } from '../../base/entropy.ts'
import { prepareResource, unlessFaulty, type Jid } from '../../xmpp/jid.ts'

/** Of an identifier: 72 bits as base64url. */
const OCTETS = 9

export class Identifiers {
  readonly #key: Buffer
  readonly #entropy: Entropy

  constructor(key: Buffer, entropy: Entropy) {
    this.#key = key
    this.#entropy = entropy
  }
  /**
   * @param tag as the client gives it; '' for none. One that is not allowed in a resource, or too long, is left out.
   * @param device null: the client has not named its installation, and gets another identifier every time
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
