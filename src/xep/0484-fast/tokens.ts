/**
 * XEP-0484 3 to 5: which tokens an installation of a client has, and what happens to them when one is used.
 *
 * A token is a keyed hash of everything that it is good for: account, installation, mechanism, a key of its own, and a key
 * of the account's password; it stays good when the account gets keys of more hashes beside it. Nothing stored here is
 * enough to make one (docs/decisions/013-fast-tokens-at-rest.md), and with another password, or another account of that
 * name, the same key makes another token: all that were issued are void.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock, Millis } from '../../base/clock.ts'
import { token, type Entropy } from '../../base/entropy.ts'
import { HASHES, passwordKeys, type Credentials } from '../../xmpp/credentials.ts'
import type { DeviceStore, DeviceToken } from '../../server/ports.ts'

const KIND = 'fast'

export interface TokenOptions {
  readonly lifetime: Millis
  /** A client that logs in with a token of this age gets a new one. */
  readonly renewAfter: Millis
  /** The most installations of one account that have tokens. */
  readonly devicesMax: number
}
/** Who gets a token, and what it is to be good for. */
export interface Wanted {
  readonly owner: string
  readonly device: string
  /** Of the device, for people; null: it has not said one. */
  readonly name: string | null
  readonly mechanism: string
  /** Those that the client has proved to know: if they are not the account's any more, the token is void. */
  readonly credentials: Credentials
}
/** What a client receives. */
export interface Issued {
  readonly text: string
  readonly expiresAt: Millis
}
/** What a client proves about its token. */
export interface Shown {
  readonly owner: string
  readonly device: string
  readonly mechanism: string
  /** Null if there is no such account. */
  readonly credentials: Credentials | null
  /** The proof of a client that has the token with that text. */
  proofOf(text: string): Buffer
  readonly proof: Buffer
}
export type Found =
  | { readonly kind: 'valid'; readonly row: DeviceToken; readonly text: string }
  | { readonly kind: 'expired' }
  | { readonly kind: 'unknown' }

export class Tokens {
  readonly #store: DeviceStore
  readonly #secret: Buffer
  readonly #clock: Clock
  readonly #entropy: Entropy
  readonly #options: TokenOptions

  constructor(store: DeviceStore, secret: Buffer, clock: Clock, entropy: Entropy, options: TokenOptions) {
    this.#store = store
    this.#secret = secret
    this.#clock = clock
    this.#entropy = entropy
    this.#options = options
  }
  /**
   * 4.1: a token of that mechanism for the installation, beside the one that it uses. It is on disk.
   * @throws StorageError when there is no such account
   */
  async issue({ credentials, ...about }: Wanted): Promise<Issued> {
    const now = this.#clock.now()
    const key = token(this.#entropy)
    const expiresAt = now + this.#options.lifetime
    const row = { ...about, kind: KIND, slot: 'new', key, issuedAt: now, expiresAt, usedAt: now, count: -1 } as const
    await this.#store.issue(row, this.#options.devicesMax)
    return { text: this.#textOf(row, passwordKeys(credentials).keys.storedKey), expiresAt }
  }
  /** Finds the token that was proved: 5.1. Takes as much work for a missing token and for a missing account. */
  async find({ owner, device, mechanism, credentials, proofOf, proof }: Shown): Promise<Found> {
    const rows = await this.#store.tokens(owner, device, KIND)
    let found: Found = { kind: 'unknown' }
    for (const slot of ['new', 'current'] as const) {
      const row = rows.find((r) => r.slot === slot)
      const text = this.#provedBy(row ?? nothingFor(owner, device), credentials, (one) => equal(proofOf(one), proof))
      if (text === null || row === undefined || row.mechanism !== mechanism) continue
      found = row.expiresAt <= this.#clock.now() ? { kind: 'expired' } : { kind: 'valid', row, text }
    }
    return found
  }
  /**
   * The token was used: all tokens that its installation had before become invalid (3.5).
   * @param count null if it was used without one
   * @returns false if it is gone meanwhile, or was used with this or a higher count before (3.4)
   */
  async use(row: DeviceToken, count: number | null): Promise<boolean> {
    return row.slot === 'current' && count === null ? true : this.#store.use(row, count, this.#clock.now())
  }
  /** 3.5: whether the token in use is so old that the installation gets another. */
  async isDue(owner: string, device: string): Promise<boolean> {
    const current = (await this.#store.tokens(owner, device, KIND)).find(({ slot }) => slot === 'current')
    return current !== undefined && this.#clock.now() - current.issuedAt >= this.#options.renewAfter
  }
  /** 3.6: all tokens of the installation become invalid. */
  async revoke(owner: string, device: string): Promise<void> {
    await this.#store.revoke(owner, device)
  }

  /** The token that is proved, with any key of the password. Null if none. Takes as much work for an account that lacks keys. */
  #provedBy(row: DeviceToken, credentials: Credentials | null, isProved: (text: string) => boolean): string | null {
    let proved: string | null = null
    for (const hash of HASHES) {
      const key = credentials?.[hash]?.storedKey
      const text = this.#textOf(row, key ?? '')
      if (isProved(text) && key !== undefined) proved = text
    }
    return proved
  }
  #textOf({ owner, device, mechanism, key }: DeviceToken, storedKey: string): string {
    return createHmac('sha256', this.#secret).update([owner, device, mechanism, key, storedKey].join('\0')).digest('base64url')
  }
}

const nothingFor = (owner: string, device: string): DeviceToken => ({
  owner,
  device,
  kind: KIND,
  slot: 'new',
  mechanism: '',
  key: '',
  name: null,
  issuedAt: 0,
  expiresAt: 0,
  usedAt: 0,
  count: 0,
})

const equal = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)
