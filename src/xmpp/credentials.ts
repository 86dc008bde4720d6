/**
 * What is stored instead of a password (RFC 5802 section 3): for each hash the keys that prove it, from which
 * it cannot be computed back. The octet strings are base64, so that the whole goes into JSON as it is.
 */

/** A hash that SCRAM uses here: RFC 5802 (SHA-1), RFC 7677 (SHA-256), and the same with SHA-512. */
export type ScramHash = 'sha-1' | 'sha-256' | 'sha-512'

/** Strongest first. */
export const HASHES = ['sha-512', 'sha-256', 'sha-1'] as const satisfies readonly ScramHash[]

/** What proves a password. */
export interface KeyPair {
  readonly storedKey: string
  readonly serverKey: string
}

export interface ScramKeys extends KeyPair {
  readonly iterations: number
  readonly salt: string
  /** Of the same password and salt, as clients have them that prepare it by SASLprep; only where that differs. */
  readonly saslprep?: KeyPair
}

/** At least one of them. An account that came from another server may lack some until its password is changed. */
export type Credentials = Readonly<Partial<Record<ScramHash, ScramKeys>>>

/** Which keys stand for the password itself: what is measured against a password in clear text, and what others hang on. */
export function passwordKeys(credentials: Credentials): { readonly hash: ScramHash; readonly keys: ScramKeys } {
  for (const hash of ['sha-256', 'sha-512', 'sha-1'] as const) {
    const keys = credentials[hash]
    if (keys !== undefined) return { hash, keys }
  }
  throw new Error('credentials without keys')
}

/** The hashes of which there are no keys. */
export const lackingIn = (credentials: Credentials): readonly ScramHash[] =>
  HASHES.filter((hash) => credentials[hash] === undefined)

/** How many accounts lack the keys of each hash, and how many lack some. */
export interface Lacking extends Readonly<Record<ScramHash, number>> {
  readonly accounts: number
}
export const NOTHING_LACKING: Lacking = { 'sha-1': 0, 'sha-256': 0, 'sha-512': 0, 'accounts': 0 }
