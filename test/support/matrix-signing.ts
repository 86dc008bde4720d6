/** Keys of Ed25519 as Matrix clients make them, and what they sign. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { signedText, type JsonObject } from '../../src/matrix/keys/canonical.ts'

const unpadded = (octets: Buffer): string => octets.toString('base64').replaceAll('=', '')

export class SigningKey {
  /** The public key, in base 64 without padding. */
  readonly name: string
  readonly #key: KeyObject

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    this.#key = privateKey
    this.name = unpadded(Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url'))
  }
  /** The object with one signature more. @param id of the key, if that is not its public key */
  sign<T extends JsonObject>(object: T, user: string, id = this.name): T {
    const signature = unpadded(sign(null, Buffer.from(signedText(object)), this.#key))
    const before = (object['signatures'] ?? {}) as Record<string, JsonObject>
    return { ...object, signatures: { ...before, [user]: { ...before[user], [`ed25519:${id}`]: signature } } }
  }
}
