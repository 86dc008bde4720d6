/**
 * The application's users as this server's accounts: the application says who there is and what proves their passwords;
 * the database keeps the rest (roster, what waits for them, when they were last seen) under a row that is made when
 * somebody is needed for the first time.
 */
import type { ChosenPolicy } from '../im/presence-policy.ts'
import type { Clock } from '../base/clock.ts'
import { systemEntropy } from '../base/entropy.ts'
import type { AccountRow, AccountStore, Decision } from '../server/ports.ts'
import type { Disabled } from '../sasl/disabled.ts'
import { deriveCredentials, fakeKeys } from '../sasl/credentials.ts'
import { NOTHING_LACKING, type Credentials, type Lacking } from '../xmpp/credentials.ts'

/** Where an application keeps its users. What it throws refuses the login or the stanza, and is logged. */
export interface Users {
  /**
   * What proves the user's password, as `credentialsOf` has made it; null: there is no such user.
   * @param address bare and prepared (RFC 7622): 'romeo@chat.example.org', in small letters
   */
  credentials(address: string): Promise<Credentials | null> | Credentials | null
}

/**
 * What an application keeps instead of a password, as JSON with its user: nobody can log in with it, or compute the
 * password from it. Takes some milliseconds of a processor, on purpose.
 * @param iterations of PBKDF2
 * @throws Error when the password is empty or holds what RFC 8265 section 4 forbids, such as control characters
 */
export const credentialsOf = (password: string, iterations = 10_000): Promise<Credentials> =>
  deriveCredentials(password, iterations, systemEntropy)

const KEPT_BY_APPLICATION = 'Accounts and passwords of this server are kept by the application that it is a part of'

export class ApplicationAccounts implements AccountStore {
  readonly #own: AccountStore
  readonly #users: Users
  readonly #clock: Clock

  constructor(own: AccountStore, users: Users, clock: Clock) {
    this.#own = own
    this.#users = users
    this.#clock = clock
  }
  async credentials(bare: string): Promise<Credentials | null> {
    return this.#users.credentials(bare)
  }
  /** Whom the application has, only it knows. */
  async credentialsNear(): Promise<null> {
    return null
  }
  async disabled(bare: string): Promise<Disabled | null> {
    return this.#own.disabled(bare)
  }
  async exists(bare: string): Promise<boolean> {
    if ((await this.credentials(bare)) === null) return false
    if (!(await this.#own.exists(bare))) await this.#own.create(bare, nobodys(bare), this.#clock.now())
    return true
  }
  async find(bare: string): Promise<AccountRow | null> {
    return (await this.exists(bare)) ? this.#own.find(bare) : null
  }
  async setDisabled(bare: string, disabled: Disabled | null): Promise<boolean> {
    return (await this.exists(bare)) && this.#own.setDisabled(bare, disabled)
  }
  async setPolicy(bare: string, policy: ChosenPolicy): Promise<boolean> {
    return (await this.exists(bare)) && this.#own.setPolicy(bare, policy)
  }
  async create(): Promise<boolean> {
    throw new Error(KEPT_BY_APPLICATION)
  }
  async setCredentials(): Promise<boolean> {
    throw new Error(KEPT_BY_APPLICATION)
  }
  async upgradeCredentials(): Promise<boolean> {
    return false
  }
  /** What the application's users have, only it knows. */
  lacking(): Lacking {
    return NOTHING_LACKING
  }
  delete(bare: string, decisions?: readonly Decision[]): Promise<boolean> {
    return this.#own.delete(bare, decisions)
  }
  list(domain: string, after: string, limit: number): Promise<readonly AccountRow[]> {
    return this.#own.list(domain, after, limit)
  }
  count(domain: string): Promise<number> {
    return this.#own.count(domain)
  }
}

/** Keys in the row, which are never looked at: with them nobody can log in, should the application be gone one day. */
function nobodys(bare: string): Credentials {
  const secret = systemEntropy.bytes(32)
  const keys = (hash: keyof Credentials) => fakeKeys(hash, secret, bare, 1)
  return { 'sha-1': keys('sha-1'), 'sha-256': keys('sha-256'), 'sha-512': keys('sha-512') }
}
