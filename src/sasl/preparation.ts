/**
 * How a password is prepared before keys are made from it. RFC 5802 2.2 tells clients to use SASLprep (RFC 4013, with NFKC),
 * its successor RFC 8265 to use OpaqueString (with NFC): SASLprep turns "pass²" into "pass2", OpaqueString does not change
 * it. A client does not say which one it uses, so both count.
 */
import { opaqueString, PrecisError } from '../xmpp/precis.ts'

const PRINTABLE_ASCII = /^[ -~]+$/

/** The password as each profile prepares it, OpaqueString first, each text once. A profile that forbids it is left out. */
export async function preparations(password: string): Promise<readonly string[]> {
  if (PRINTABLE_ASCII.test(password)) return [password] // neither changes it
  const [opaque, prepared] = [byOpaqueString(password), await bySaslPrep(password)]
  return [...new Set([opaque, prepared])].filter((text) => text !== null)
}

/**
 * The same for a password that is to be set.
 * @throws PrecisError if it is empty or contains what OpaqueString forbids
 */
export async function preparationsOfNew(password: string): Promise<readonly string[]> {
  opaqueString(password)
  return preparations(password)
}

function byOpaqueString(password: string): string | null {
  try {
    return opaqueString(password)
  } catch (error) {
    if (error instanceof PrecisError) return null
    throw error
  }
}

/** Null if it is forbidden. Characters that are newer than Unicode 3.2 are allowed, as in most clients. */
async function bySaslPrep(password: string): Promise<string | null> {
  const { saslprep } = await import('@mongodb-js/saslprep')
  try {
    return saslprep(password, { allowUnassigned: true }) || null
  } catch {
    return null
  }
}
