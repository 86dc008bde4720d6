/**
 * How a password is prepared before keys are made of it. RFC 5802 2.2 has clients use SASLprep (RFC 4013, with NFKC), its
 * successor RFC 8265 has them use OpaqueString (with NFC): of "pass²" the one makes "pass2" and the other leaves it. Nobody
 * says which one a client uses, so both count.
 */
import { opaqueString, PrecisError } from '../xmpp/precis.ts'

const PRINTABLE_ASCII = /^[ -~]+$/

/** The password as each profile prepares it, OpaqueString first, each text once; those that forbid it say nothing. */
export async function preparations(password: string): Promise<readonly string[]> {
  if (PRINTABLE_ASCII.test(password)) return [password] // neither changes it
  const [opaque, prepared] = [byOpaqueString(password), await bySaslPrep(password)]
  return [...new Set([opaque, prepared])].filter((text) => text !== null)
}

/**
 * The same for a password that is to be set.
 * @throws PrecisError when it is empty or holds what OpaqueString forbids
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

/** Null: it is forbidden. What Unicode 3.2 did not know yet is let pass, as most clients do. */
async function bySaslPrep(password: string): Promise<string | null> {
  const { saslprep } = await import('@mongodb-js/saslprep')
  try {
    return saslprep(password, { allowUnassigned: true }) || null
  } catch {
    return null
  }
}
