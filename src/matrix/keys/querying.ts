/**
 * Whose keys somebody asks for (MXR-94, MXR-140). Every user that is asked for is in the answer: clients take one that is missing
 * for one that can decrypt.
 */
import type { Jid } from '../../xmpp/jid.ts'
import { tooLarge } from '../http/errors.ts'
import { signaturesBy } from './shapes.ts'
import type { JsonObject } from './canonical.ts'
import type { KeySignature, SigningStore } from './signing-store.ts'
import type { KeyStore } from './store.ts'

export interface QueryingParts {
  readonly store: KeyStore
  readonly signing: SigningStore
  /** Null: no account of ours. @param id as a client writes it */
  readonly userOf: (id: string) => Jid | null
  readonly idOf: (bare: string) => string
  /** The names that a user has given to their devices. */
  readonly namesOf: (user: Jid) => Promise<ReadonlyMap<string, string>>
}
type ByUser = Record<string, Record<string, JsonObject>>
interface Found {
  readonly device_keys: ByUser
  readonly master_keys: Record<string, JsonObject>
  readonly self_signing_keys: Record<string, JsonObject>
  readonly user_signing_keys: Record<string, JsonObject>
  readonly failures: object
}

/** Users that are looked up at once. */
const AT_ONCE = 50
const ANSWER_OCTETS_MAX = 16 * 1024 * 1024

export class Querying {
  readonly #parts: QueryingParts

  constructor(parts: QueryingParts) {
    this.#parts = parts
  }
  /** @param asked the devices of each user; none: all @throws MatrixError M_TOO_LARGE */
  async query(viewer: Jid, asked: Readonly<Record<string, readonly string[]>>): Promise<Found> {
    const found: Found = { device_keys: {}, master_keys: {}, self_signing_keys: {}, user_signing_keys: {}, failures: {} }
    const entries = Object.entries(asked)
    let octets = 0
    for (let i = 0; i < entries.length; i += AT_ONCE) {
      const some = entries.slice(i, i + AT_ONCE).map(([id, devices]) => this.#add(found, viewer, id, devices))
      octets += (await Promise.all(some)).reduce((sum, one) => sum + one, 0)
      if (octets > ANSWER_OCTETS_MAX) throw tooLarge('The keys of so many users are too much for one answer')
    }
    return found
  }
  /** @returns how many octets are more in the answer */
  async #add(found: Found, viewer: Jid, id: string, devices: readonly string[]): Promise<number> {
    const { store, signing, userOf, idOf, namesOf } = this.#parts
    const own: Record<string, JsonObject> = (found.device_keys[id] = {})
    const user = userOf(id)
    if (user === null) return 0
    const owner = user.bare
    const isOwn = owner === viewer.bare
    const [rows, cross, signatures, names] = await Promise.all([
      store.devicesOf(owner),
      signing.keysOf(owner),
      signing.signaturesOn(owner, viewer.bare),
      isOwn ? namesOf(user) : NO_NAMES,
    ])
    let octets = 0
    const read = (content: string, target: string): JsonObject => {
      octets += content.length
      return withSignatures(
        JSON.parse(content) as JsonObject,
        signatures.filter((one) => one.target === target),
        idOf,
      )
    }
    for (const { device, content } of rows) {
      if (devices.length > 0 && !devices.includes(device)) continue
      const name = names.get(device)
      const unsigned = name === undefined ? {} : { unsigned: { device_display_name: name } }
      own[device] = { ...read(content, device), ...unsigned }
    }
    for (const { usage, key, content } of cross.values()) {
      if (usage === 'master') found.master_keys[id] = read(content, key)
      else if (usage === 'self_signing') found.self_signing_keys[id] = read(content, key)
      else if (isOwn) found.user_signing_keys[id] = read(content, key)
    }
    return octets
  }
}
const NO_NAMES: ReadonlyMap<string, string> = new Map()

/** The object with what was signed after it was uploaded. */
function withSignatures(object: JsonObject, more: readonly KeySignature[], idOf: (bare: string) => string): JsonObject {
  if (more.length === 0) return object
  let signatures = (object['signatures'] ?? {}) as JsonObject
  for (const { signer, key, signature } of more) {
    const id = idOf(signer)
    signatures = { ...signatures, [id]: { ...signaturesBy({ signatures }, id), [key]: signature } }
  }
  return { ...object, signatures }
}
