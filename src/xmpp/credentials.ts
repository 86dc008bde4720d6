/**
 * What is stored instead of a password (RFC 5802 section 3): keys for each hash, which can check the password but not
 * reveal it. The octet strings are base64, so that the object can be stored as JSON.
 */

/** A hash that SCRAM uses here: RFC 5802 (SHA-1), RFC 7677 (SHA-256), and the same with SHA-512. */
export type ScramHash = 'sha-1' | 'sha-256' | 'sha-512'

/** Strongest first. */
export const HASHES = ['sha-512', 'sha-256', 'sha-1'] as const satisfies readonly ScramHash[]

/** Keys that can check a password. */
export interface KeyPair {
  readonly storedKey: string
  readonly serverKey: string
}

export interface ScramKeys extends KeyPair {
  readonly iterations: number
  readonly salt: string
  /** Keys for the password prepared with SASLprep, as some clients do it. Present only if they differ. */
  readonly saslprep?: KeyPair
}

/** Keys for at least one hash. An account imported from another server may lack some until its password changes. */
export type Credentials = Readonly<Partial<Record<ScramHash, ScramKeys>>>

/** The keys against which a plain password is checked, and to which other credentials are bound. */
export function passwordKeys(credentials: Credentials): { readonly hash: ScramHash; readonly keys: ScramKeys } {
  for (const hash of ['sha-256', 'sha-512', 'sha-1'] as const) {
    const keys = credentials[hash]
    if (keys !== undefined) return { hash, keys }
  }
  throw new Error('credentials without keys')
}

/** The hashes without keys. */
export const lackingIn = (credentials: Credentials): readonly ScramHash[] =>
  HASHES.filter((hash) => credentials[hash] === undefined)

/** How many accounts lack the keys of each hash, and how many lack some. */
export interface Lacking extends Readonly<Record<ScramHash, number>> {
  readonly accounts: number
}
export const NOTHING_LACKING: Lacking = { 'sha-1': 0, 'sha-256': 0, 'sha-512': 0, 'accounts': 0 }
