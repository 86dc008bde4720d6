/**
 * The arithmetic of SCRAM (RFC 5802 section 3): from a password to the stored keys, and from a proof to the answer whether the
 * client knows the password. A password that clients may prepare in two ways has two pairs of keys with one salt
 * (`preparation.ts`). PBKDF2 runs in the thread pool.
 */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Entropy } from '../base/entropy.ts'
import { HASHES, type Credentials, type KeyPair, type ScramHash, type ScramKeys } from '../xmpp/credentials.ts'
import { preparationsOfNew } from './preparation.ts'

const stretch = promisify(pbkdf2)

const SALT_OCTETS = 16
const DIGESTS: Readonly<Record<ScramHash, { readonly digest: string; readonly octets: number }>> = {
  'sha-1': { digest: 'sha1', octets: 20 },
  'sha-256': { digest: 'sha256', octets: 32 },
  'sha-512': { digest: 'sha512', octets: 64 },
}

const hmac = (hash: ScramHash, key: Buffer, text: string): Buffer => createHmac(DIGESTS[hash].digest, key).update(text).digest()
const digest = (hash: ScramHash, data: Buffer): Buffer => createHash(DIGESTS[hash].digest).update(data).digest()
/** The hash of a text, in base64. */
export const digestOf = (hash: ScramHash, text: string): string => digest(hash, Buffer.from(text)).toString('base64')

function xor(a: Buffer, b: Buffer): Buffer {
  const out = Buffer.allocUnsafe(a.length)
  for (let i = 0; i < a.length; i++) out[i] = a[i]! ^ b[i]!
  return out
}

/** SaltedPassword := Hi(Normalize(password), salt, i), for a prepared password. */
export function saltedPassword(hash: ScramHash, prepared: string, salt: Buffer, iterations: number): Promise<Buffer> {
  return stretch(prepared, salt, iterations, DIGESTS[hash].octets, DIGESTS[hash].digest)
}

/** The octets of a salted password, a stored key, or a server key. */
export const octetsOf = (hash: ScramHash): number => DIGESTS[hash].octets

/** The keys for a `saltedPassword`. */
export const pairOf = (hash: ScramHash, salted: Buffer): KeyPair => ({
  storedKey: digest(hash, hmac(hash, salted, 'Client Key')).toString('base64'),
  serverKey: hmac(hash, salted, 'Server Key').toString('base64'),
})
async function derivePair(hash: ScramHash, prepared: string, salt: Buffer, iterations: number): Promise<KeyPair> {
  return pairOf(hash, await saltedPassword(hash, prepared, salt, iterations))
}
export const newSalt = (entropy: Entropy): Buffer => entropy.bytes(SALT_OCTETS)

/** @param prepared the password in one or two preparations */
async function deriveKeys(hash: ScramHash, prepared: readonly string[], salt: Buffer, iterations: number): Promise<ScramKeys> {
  const [pair, saslprep] = await Promise.all(prepared.map((text) => derivePair(hash, text, salt, iterations)))
  return { iterations, salt: salt.toString('base64'), ...pair!, ...(saslprep === undefined ? {} : { saslprep }) }
}

/**
 * What to store for a password. Each hash has a salt of its own.
 * @throws PrecisError if the password is empty or contains what OpaqueString forbids
 */
export async function deriveCredentials(password: string, iterations: number, entropy: Entropy): Promise<Required<Credentials>> {
  const prepared = await preparationsOfNew(password)
  return (await credentialsFor(HASHES, prepared, iterations, entropy)) as Required<Credentials>
}
/** Keys for these hashes only. @param prepared the password in one or two preparations */
export async function credentialsFor(
  hashes: readonly ScramHash[],
  prepared: readonly string[],
  iterations: number,
  entropy: Entropy,
): Promise<Credentials> {
  const keys = hashes.map(async (hash) => [hash, await deriveKeys(hash, prepared, newSalt(entropy), iterations)] as const)
  return Object.fromEntries(await Promise.all(keys))
}

/**
 * Keys for a user that does not exist, which nobody can prove. They look like real ones, and are the same every time, so that the
 * salt does not reveal that the user does not exist (RFC 5802 section 9, SEC-4).
 */
export function fakeKeys(hash: ScramHash, secret: Buffer, bare: string, iterations: number): ScramKeys {
  const part = (what: string): Buffer => createHmac('sha512', secret).update(`${what}\0${hash}\0${bare}`).digest()
  const { octets } = DIGESTS[hash]
  // Nobody sees these two, and every login of an account has to make them as well
  const key = part('stored key').subarray(0, octets).toString('base64')
  return { iterations, salt: part('salt').subarray(0, SALT_OCTETS).toString('base64'), storedKey: key, serverKey: key }
}

/**
 * Which pair `proof` proves: it is ClientKey XOR HMAC(StoredKey, AuthMessage) for a ClientKey whose hash is the StoredKey.
 * Null if none. Takes the same time with one or two pairs.
 */
export function provenPair(hash: ScramHash, keys: ScramKeys, authMessage: string, proof: Buffer): KeyPair | null {
  const other = keys.saslprep ?? keys
  const [isFirst, isOther] = [proves(hash, keys, authMessage, proof), proves(hash, other, authMessage, proof)]
  return isFirst ? keys : isOther ? other : null
}
function proves(hash: ScramHash, pair: KeyPair, authMessage: string, proof: Buffer): boolean {
  const storedKey = Buffer.from(pair.storedKey, 'base64')
  const signature = hmac(hash, storedKey, authMessage)
  if (proof.length !== signature.length) return false
  return timingSafeEqual(digest(hash, xor(proof, signature)), storedKey)
}

/** ServerSignature := HMAC(ServerKey, AuthMessage). */
export function serverSignature(hash: ScramHash, { serverKey }: KeyPair, authMessage: string): Buffer {
  return hmac(hash, Buffer.from(serverKey, 'base64'), authMessage)
}

/** Whether a password, in its preparations, is the one from which the keys were derived. Costs full derivations. */
export async function verifyPassword(hash: ScramHash, keys: ScramKeys, prepared: readonly string[]): Promise<boolean> {
  const salt = Buffer.from(keys.salt, 'base64')
  const derived = await Promise.all(prepared.map((text) => derivePair(hash, text, salt, keys.iterations)))
  const known = [keys, keys.saslprep ?? keys].map(({ storedKey }) => Buffer.from(storedKey))
  const found = derived.flatMap(({ storedKey }) => known.map((one) => timingSafeEqual(Buffer.from(storedKey), one)))
  return found.includes(true)
}
