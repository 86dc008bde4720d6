/**
 * XEP-0480: a client that has proved its password makes the keys for a hash that its account lacks, task by task, before it is
 * told of its success. It sends only the SaltedPassword for the given salt.
 */
import type { Entropy } from '../base/entropy.ts'
import { el, type Element } from '../xml/element.ts'
import type { Credentials, ScramHash } from '../xmpp/credentials.ts'
import { SASL2 } from '../xmpp/ns.ts'
import { decodeBase64 } from '../sasl/base64.ts'
import { newSalt, octetsOf, pairOf } from '../sasl/credentials.ts'

const UPGRADE = 'urn:xmpp:sasl:upgrade:0'
const SCRAM_UPGRADE = 'urn:xmpp:scram-upgrade:0'

/** Section 2.1: names of tasks have no -PLUS. */
const taskOf = (hash: ScramHash): string => `UPGR-SCRAM-${hash.toUpperCase()}`

/** The content of `<authentication/>`. */
export const upgradeOffers = (hashes: readonly ScramHash[]): readonly Element[] =>
  hashes.map((hash) => el('upgrade', UPGRADE, {}, taskOf(hash)))

/** The hashes that a client asks for in its `<authenticate/>`. */
export function upgradesIn(request: Element, hashes: readonly ScramHash[]): readonly ScramHash[] {
  const names = request.elements.filter((e) => e.is('upgrade', UPGRADE)).map((e) => e.text.trim())
  return hashes.filter((hash) => names.includes(taskOf(hash)))
}

export class Upgrade {
  readonly #left: ScramHash[]
  readonly #iterations: number
  readonly #entropy: Entropy
  /** The salt of the task that the client has begun. */
  #salt: Buffer | null = null

  constructor(hashes: readonly ScramHash[], iterations: number, entropy: Entropy) {
    this.#left = [...hashes]
    this.#iterations = iterations
    this.#entropy = entropy
  }
  /** The next task (2.2), as the content of `<continue/>`; null if all are done. */
  get tasks(): Element | null {
    const [hash] = this.#left
    return hash === undefined ? null : el('tasks', SASL2, {}, el('task', SASL2, {}, taskOf(hash)))
  }
  /** Section 3: the content of `<task-data/>` for the client. Null if the task is not the next one, or has begun. */
  begin(task: string): Element | null {
    const [hash] = this.#left
    if (hash === undefined || task !== taskOf(hash) || this.#salt !== null) return null
    this.#salt = newSalt(this.#entropy)
    return el('salt', SCRAM_UPGRADE, { iterations: String(this.#iterations) }, this.#salt.toString('base64'))
  }
  /** The keys from the client's `<task-data/>`, which ends the task. Null if the data are invalid. */
  keys(data: Element): Credentials | null {
    const [hash] = this.#left
    const text = data.child('hash', SCRAM_UPGRADE)?.text.replaceAll(/[ \t\r\n]/g, '') ?? ''
    const salted = decodeBase64(text)
    if (hash === undefined || this.#salt === null || salted?.length !== octetsOf(hash)) return null
    const keys = { iterations: this.#iterations, salt: this.#salt.toString('base64'), ...pairOf(hash, salted) }
    this.#left.shift()
    this.#salt = null
    return { [hash]: keys }
  }
}
