/**
 * Creates, changes and deletes local accounts: passwords become keys (RFC 5802), and the sessions of an account follow
 * what happens to it. In-band registration (XEP-0077) and the operator's commands both use it.
 */
import { farewells, lastWords } from '../im/roster.ts'
import type { LocalAccount } from '../server/account/session.ts'
import { ACCOUNT_DELETED, accountDisabled } from '../server/account/endings.ts'
import type { Statement } from '../server/database.ts'
import type { Host } from '../server/feature.ts'
import type { Registrar } from '../server/account/registrar.ts'
import type { Jid } from '../xmpp/jid.ts'
import { deriveCredentials } from '../sasl/credentials.ts'
import type { Disabled } from '../sasl/disabled.ts'

type Parts = Pick<Host, 'accounts' | 'router' | 'stores' | 'decisions' | 'clock' | 'entropy' | 'tell'>

export class LocalRegistrar implements Registrar {
  readonly #host: Parts
  readonly #iterations: number

  /** @param iterations of PBKDF2, for passwords that are set from now on */
  constructor(host: Parts, iterations: number) {
    this.#host = host
    this.#iterations = iterations
  }

  async create(bare: Jid, password: string, along?: readonly Statement[]): Promise<'created' | 'exists'> {
    const { accounts, stores, clock, entropy, tell } = this.#host
    const credentials = await deriveCredentials(password, this.#iterations, entropy)
    if (!(await stores.accounts.create(bare.bare, credentials, clock.now(), along))) return 'exists'
    accounts.created(bare.bare)
    tell('account-created', { jid: bare })
    return 'created'
  }

  /** Sessions stay, because a user who changes the password in one of them wants to continue. */
  async changePassword(bare: Jid, password: string, kept: readonly string[] = []): Promise<boolean> {
    const { stores, entropy } = this.#host
    const credentials = await deriveCredentials(password, this.#iterations, entropy)
    if (!(await stores.accounts.setCredentials(bare.bare, credentials))) return false
    await this.#revoke(bare, kept) // their tokens were good for the old password
    return true
  }

  async #revoke(account: Jid, kept: readonly string[]): Promise<void> {
    const { devices } = this.#host.stores
    if (kept.length === 0) {
      await devices.revokeAll(account.bare)
      return this.#host.tell('access-ended', { account, client: null })
    }
    for (const { id: client } of await devices.list(account.bare)) {
      if (kept.includes(client)) continue
      await devices.revoke(account.bare, client)
      this.#host.tell('access-ended', { account, client })
    }
  }

  async disable(bare: Jid, reason: string): Promise<boolean> {
    const { router, clock, tell } = this.#host
    const disabled = { at: clock.now(), reason }
    if (!(await this.#setDisabled(bare, disabled))) return false
    router.homeOf(bare)?.end(bare, accountDisabled(disabled))
    tell('access-ended', { account: bare, client: null })
    return true
  }
  enable(bare: Jid): Promise<boolean> {
    return this.#setDisabled(bare, null)
  }

  async delete(bare: Jid, removed?: () => void): Promise<boolean> {
    const { accounts, router, tell } = this.#host
    const account = await accounts.load(bare.bare)
    // In turn with roster changes, so that earlier decisions are stored first.
    if (account === null || !(await account.serial.run(() => this.#remove(account)))) return false
    removed?.()
    accounts.forget(bare.bare)
    // Contacts are told first: the endpoints and the roster still know them.
    for (const endpoint of [...account.resources]) endpoint.end(ACCOUNT_DELETED)
    tell('account-deleted', { jid: bare })
    for (const farewell of farewells(account)) await router.route(farewell)
    return true
  }
  async #remove(account: LocalAccount): Promise<boolean> {
    const { stores, decisions } = this.#host
    const kept = decisions.decided([...lastWords(account), ...farewells(account)])
    let isRemoved = false
    try {
      isRemoved = await stores.accounts.delete(account.bare.bare, kept)
    } finally {
      if (!isRemoved) decisions.undecided(kept)
    }
    return isRemoved
  }

  async #setDisabled(bare: Jid, disabled: Disabled | null): Promise<boolean> {
    const { stores, accounts } = this.#host
    const account = await accounts.load(bare.bare)
    if (account === null) return false
    return account.serial.run(async () => {
      if (!(await stores.accounts.setDisabled(bare.bare, disabled))) return false
      account.disabled = disabled
      return true
    })
  }
}
