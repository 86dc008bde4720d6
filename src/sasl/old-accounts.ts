/**
 * Accounts whose password has keys for some hashes only, because another server made them. A client takes the best mechanism
 * that it is offered, and cannot use one without keys. So a domain offers to everybody only what all its accounts can use,
 * and the stronger mechanisms again when the last account has their keys. Keys are made when a client sends the password, or
 * makes them itself (XEP-0480).
 */
import type { Entropy } from '../base/entropy.ts'
import type { Log } from '../base/log.ts'
import { HASHES, lackingIn, type Credentials, type Lacking, type ScramHash } from '../xmpp/credentials.ts'
import type { CredentialStore } from './credential-store.ts'
import { credentialsFor } from './credentials.ts'
import type { SaslPolicy } from './offers.ts'

type Accounts = Pick<CredentialStore, 'lacking' | 'upgradeCredentials'>

interface Known {
  readonly lacking: Lacking
  readonly policy: SaslPolicy
}

export class OldAccounts {
  readonly #accounts: Accounts
  readonly #policy: SaslPolicy
  readonly #iterations: number
  readonly #entropy: Entropy
  readonly #log: Log
  readonly #known = new Map<string, Known>()

  /** @param policy of a domain whose accounts all have all keys */
  constructor(accounts: Accounts, policy: SaslPolicy, iterations: number, entropy: Entropy, log: Log) {
    this.#accounts = accounts
    this.#policy = policy
    this.#iterations = iterations
    this.#entropy = entropy
    this.#log = log
  }
  /** What may be offered at a domain of ours. */
  policy(domain: string): SaslPolicy {
    const lacking = this.#accounts.lacking(domain)
    const known = this.#known.get(domain)
    if (known?.lacking === lacking) return known.policy
    const policy = usable(this.#policy, lacking)
    this.#known.set(domain, { lacking, policy })
    if (lacking.accounts !== (known?.lacking.accounts ?? 0)) this.#tell(domain, lacking.accounts, policy, known?.policy)
    return policy
  }
  /** The hashes for which the domain lacks keys. */
  wanted(domain: string): readonly ScramHash[] {
    const lacking = this.#accounts.lacking(domain)
    return HASHES.filter((hash) => lacking[hash] > 0 && isEnabled(this.#policy, hash))
  }
  /** Makes the keys that `credentials` lacks, from a password that was verified against them. */
  async renew(bare: string, credentials: Credentials, prepared: readonly string[]): Promise<void> {
    const keys = await credentialsFor(lackingIn(credentials), prepared, this.#iterations, this.#entropy)
    await this.add(bare, credentials, keys)
  }
  /**
   * Adds keys to `credentials`, unless the account has other credentials by now. Returns the result: the client logs in with it,
   * whether it could be stored or not.
   */
  async add(bare: string, credentials: Credentials, keys: Credentials): Promise<Credentials> {
    const renewed = { ...credentials, ...keys }
    try {
      if (!(await this.#accounts.upgradeCredentials(bare, credentials, renewed))) return credentials
    } catch (error) {
      this.#log.error({ err: error, account: bare }, 'New password keys of an account could not be stored')
      return credentials
    }
    this.#log.info({ account: bare, hashes: Object.keys(keys) }, 'Missing password keys of an account added')
    this.policy(bare.slice(bare.indexOf('@') + 1)) // logs how many are left
    return renewed
  }

  #tell(domain: string, accounts: number, { enabled, plain }: SaslPolicy, before = this.#policy): void {
    const offered = [...enabled, ...(plain ? ['PLAIN'] : [])]
    if (accounts === 0) this.#log.info({ domain, offered }, 'All accounts have all password keys again')
    else if (enabled.size === before.enabled.size)
      this.#log.info({ domain, accounts }, 'Some accounts still have old password keys')
    else
      this.#log.warn(
        { domain, accounts, offered },
        'Some accounts have old password keys: login mechanisms that they cannot use are not offered',
      )
  }
}

const nameOf = (hash: ScramHash): string => `SCRAM-${hash.toUpperCase()}`
const isEnabled = ({ enabled }: SaslPolicy, hash: ScramHash): boolean =>
  enabled.has(nameOf(hash)) || enabled.has(`${nameOf(hash)}-PLUS`)

/**
 * The part of `policy` that all accounts can use. If they have no hash in common: PLAIN if it is allowed, because all can use it;
 * otherwise what most of them can use.
 */
export function usable(policy: SaslPolicy, lacking: Lacking): SaslPolicy {
  const hashes = HASHES.filter((hash) => isEnabled(policy, hash))
  if (!hashes.some((hash) => lacking[hash] > 0)) return policy
  const fewest = Math.min(...hashes.map((hash) => lacking[hash]))
  const kept = fewest > 0 && policy.plain ? [] : hashes.filter((hash) => lacking[hash] === fewest)
  const isKept = (name: string): boolean => kept.some((hash) => name === nameOf(hash) || name === `${nameOf(hash)}-PLUS`)
  return { ...policy, enabled: new Set([...policy.enabled].filter((name) => !name.startsWith('SCRAM-') || isKept(name))) }
}
