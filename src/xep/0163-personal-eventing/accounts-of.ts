/** The accounts that own the nodes: they are at home here, as their nodes are. */
import { Turns } from '../../base/turns.ts'
import type { LocalAccount } from '../../server/account/session.ts'
import type { Host } from '../../server/feature.ts'
import type { Jid } from '../../xmpp/jid.ts'

type Work = (account: LocalAccount) => void | Promise<void>

export class AccountsOf {
  readonly #host: Pick<Host, 'accounts' | 'router' | 'log'>
  readonly #turns = new Turns<() => void | Promise<void>>((work) => work())

  constructor(host: Pick<Host, 'accounts' | 'router' | 'log'>) {
    this.#host = host
  }
  isOurs(owner: Jid): boolean {
    return this.#host.router.homeOf(owner) !== null
  }
  /** Does the work with the account, if there is one: in the order of the calls for it, at once if nothing has to wait. */
  use(owner: Jid, work: Work): void | Promise<void> {
    try {
      const waits = this.#turns.take(owner.bare, () => this.#use(owner, work))
      return waits?.catch((error: unknown) => this.#failed(error))
    } catch (error) {
      this.#failed(error)
    }
  }
  /** Does the work with the account, if it is in memory. */
  inMemory(owner: Jid, work: (account: LocalAccount) => void): void {
    const account = this.isOurs(owner) ? this.#host.accounts.get(owner.bare) : undefined
    if (account !== undefined) work(account)
  }
  /** Nobody waits for this work. */
  later(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#failed(error))
  }
  #use(owner: Jid, work: Work): void | Promise<void> {
    return this.#host.accounts.with(owner.bare, (account) => (account === null ? undefined : work(account)))
  }
  #failed(error: unknown): void {
    this.#host.log.error({ err: error }, 'Subscribers of a node could not be told of it')
  }
}
