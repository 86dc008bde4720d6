/**
 * The arithmetic of SCRAM (RFC 5802 section 3): from a password to the keys that are stored, and from a proof
 * back to the question whether the password was known. Passwords are prepared with the OpaqueString profile
 * (RFC 8265 section 4), the successor of the SASLprep that RFC 5802 names. PBKDF2 runs in the thread pool.
 */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Entropy } from '../../base/entropy.ts'
import type { Credentials, ScramHash, ScramKeys } from '../../xmpp/credentials.ts'
import { opaqueString } from '../../xmpp/precis.ts'

const stretch = promisify(pbkdf2)

const SALT_OCTETS = 16
const HASHES: Readonly<Record<ScramHash, { readonly digest: string; readonly octets: number }>> = {
  'sha-1': { digest: 'sha1', octets: 20 },
  'sha-256': { digest: 'sha256', octets: 32 },
  'sha-512': { digest: 'sha512', octets: 64 },
}

const hmac = (hash: ScramHash, key: Buffer, text: string): Buffer => createHmac(HASHES[hash].digest, key).update(text).digest()
const digest = (hash: ScramHash, data: Buffer): Buffer => createHash(HASHES[hash].digest).update(data).digest()
/** The hash of a text, in base64. */
export const digestOf = (hash: ScramHash, text: string): string => digest(hash, Buffer.from(text)).toString('base64')

function xor(a: Buffer, b: Buffer): Buffer {
  const out = Buffer.allocUnsafe(a.length)
  for (let i = 0; i < a.length; i++) out[i] = a[i]! ^ b[i]!
  return out
}

/** SaltedPassword := Hi(Normalize(password), salt, i), of a password that is prepared already. */
export function saltedPassword(hash: ScramHash, prepared: string, salt: Buffer, iterations: number): Promise<Buffer> {
  return stretch(prepared, salt, iterations, HASHES[hash].octets, HASHES[hash].digest)
}

async function deriveKeys(hash: ScramHash, prepared: string, salt: Buffer, iterations: number): Promise<ScramKeys> {
  const salted = await saltedPassword(hash, prepared, salt, iterations)
  return {
    iterations,
    salt: salt.toString('base64'),
    storedKey: digest(hash, hmac(hash, salted, 'Client Key')).toString('base64'),
    serverKey: hmac(hash, salted, 'Server Key').toString('base64'),
  }
}

/**
 * What to store for a password. Each hash has a salt of its own.
 * @throws PrecisError when the password is empty or holds what OpaqueString forbids
 */
export async function deriveCredentials(password: string, iterations: number, entropy: Entropy): Promise<Required<Credentials>> {
  const prepared = opaqueString(password)
  const keys = (hash: ScramHash): Promise<ScramKeys> => deriveKeys(hash, prepared, entropy.bytes(SALT_OCTETS), iterations)
  const [sha1, sha256, sha512] = await Promise.all([keys('sha-1'), keys('sha-256'), keys('sha-512')])
  return { 'sha-1': sha1, 'sha-256': sha256, 'sha-512': sha512 }
}

/**
 * Keys for a user that does not exist, which nobody can prove: of the shape of real ones, and the same
 * whenever somebody asks again, so that the salt does not tell the two apart (RFC 5802 section 9, SEC-4).
 */
export function fakeKeys(hash: ScramHash, secret: Buffer, bare: string, iterations: number): ScramKeys {
  const part = (what: string): Buffer => createHmac('sha512', secret).update(`${what}\0${hash}\0${bare}`).digest()
  const { octets } = HASHES[hash]
  return {
    iterations,
    salt: part('salt').subarray(0, SALT_OCTETS).toString('base64'),
    storedKey: part('stored key').subarray(0, octets).toString('base64'),
    serverKey: part('server key').subarray(0, octets).toString('base64'),
  }
}

/** Whether `proof` is ClientKey XOR HMAC(StoredKey, AuthMessage) for a ClientKey whose hash is StoredKey. */
export function verifyProof(hash: ScramHash, keys: ScramKeys, authMessage: string, proof: Buffer): boolean {
  const storedKey = Buffer.from(keys.storedKey, 'base64')
  const signature = hmac(hash, storedKey, authMessage)
  if (proof.length !== signature.length) return false
  return timingSafeEqual(digest(hash, xor(proof, signature)), storedKey)
}

/** ServerSignature := HMAC(ServerKey, AuthMessage). */
export function serverSignature(hash: ScramHash, keys: ScramKeys, authMessage: string): Buffer {
  return hmac(hash, Buffer.from(keys.serverKey, 'base64'), authMessage)
}

/** Whether a prepared password is the one that the keys were derived from. Costs a whole derivation. */
export async function verifyPassword(hash: ScramHash, keys: ScramKeys, prepared: string): Promise<boolean> {
  const derived = await deriveKeys(hash, prepared, Buffer.from(keys.salt, 'base64'), keys.iterations)
  return timingSafeEqual(Buffer.from(derived.storedKey), Buffer.from(keys.storedKey))
}
