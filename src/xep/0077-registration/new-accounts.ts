/** People make accounts for themselves: all, where registration is open; otherwise those who have a ticket (an invitation). */
import type { Statement } from '../../server/database.ts'
import type { Host } from '../../server/feature.ts'
import type { StreamInfo } from '../../server/streams/stream-features.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { Attempts } from './attempts.ts'
import { checkPassword, newAccount, type Lengths } from './names.ts'

/** Allows one account to be made. */
export interface Ticket {
  /** The account must have this name; null if the user chooses it. */
  readonly name: string | null
  /** @throws StanzaError: it cannot be used at present, and stays good */
  check(account: Jid): Promise<void>
  /** Stored in the same step as the account; a `required` statement of it refuses if the ticket is used up. */
  along(account: Jid): readonly Statement[]
}
/** Gives out tickets. */
export interface Admission {
  /** Can anybody have a ticket for an account at that domain at present? */
  isOpen(domain: string): boolean
  /** The ticket of the client of that stream; null if it has none. */
  ticketOf(stream: StreamInfo): Ticket | null
  /** Nobody may have this name without a ticket for it. */
  isReserved(account: Jid): Promise<boolean>
}
/** What somebody asks for. */
export interface NewAccount {
  readonly username: string
  readonly password: string
  readonly domain: string
  /** Where the request comes from. */
  readonly address: string
}
export interface NewAccountsOptions extends Lengths {
  /** Does anybody need a ticket? */
  readonly isOpen: boolean
  /** May users change their password? */
  readonly mayChange: boolean
  /** Attempts of one address in an hour; 0 for no limit. */
  readonly perHour: number
}

export class NewAccounts {
  readonly admissions: Admission[] = []
  /** Names that nobody can have, whatever ticket they have. */
  readonly reserved: ((account: Jid) => boolean)[] = []
  readonly #host: Pick<Host, 'registrar' | 'stores'>
  readonly #options: NewAccountsOptions
  readonly #attempts: Attempts

  constructor(host: Pick<Host, 'registrar' | 'stores' | 'clock'>, options: NewAccountsOptions) {
    this.#host = host
    this.#options = options
    this.#attempts = new Attempts(host.clock, options.perHour)
  }
  /** @throws StanzaError not-acceptable: it cannot be the name of a new account */
  addressOf(username: string, domain: string): Jid {
    return newAccount(username, domain, this.#options)
  }
  /** Does nobody need a ticket? */
  get isOpen(): boolean {
    return this.#options.isOpen
  }
  get mayChange(): boolean {
    return this.#options.mayChange
  }
  /** @throws StanzaError not-acceptable: it cannot be a password */
  checkPassword(password: string): void {
    checkPassword(password, this.#options)
  }
  /**
   * Can anybody have this name? Asking counts as an attempt to make the account.
   * @throws StanzaError not-acceptable, resource-constraint
   */
  async isFree(username: string, domain: string, address: string): Promise<boolean> {
    const bare = this.addressOf(username, domain)
    this.#attempt(address)
    return !(await this.#isTaken(bare, null)) && !(await this.#host.stores.accounts.exists(bare.bare))
  }
  isOffered(stream: StreamInfo): boolean {
    return this.#options.isOpen || this.admissions.some((one) => one.isOpen(stream.domain) || one.ticketOf(stream) !== null)
  }
  ticketOf(stream: StreamInfo): Ticket | null {
    for (const one of this.admissions) {
      const ticket = one.ticketOf(stream)
      if (ticket !== null) return ticket
    }
    return null
  }
  /**
   * Makes the account. Each attempt counts, even if the name is taken; otherwise names could be tried out.
   * @throws StanzaError that says why not
   */
  async create({ username, password, domain, address }: NewAccount, ticket: Ticket | null): Promise<Jid> {
    if (ticket === null && !this.#options.isOpen)
      throw new StanzaError('not-allowed', { text: 'An invitation is needed to create an account here' })
    const bare = this.addressOf(username, domain)
    checkPassword(password, this.#options)
    if (ticket !== null && ticket.name !== null && ticket.name !== bare.local)
      throw new StanzaError('not-acceptable', { text: `The invitation is for the name ${ticket.name}` })
    this.#attempt(address)
    if (this.reserved.some((isReserved) => isReserved(bare)) || (await this.#isTaken(bare, ticket)))
      throw new StanzaError('conflict')
    await ticket?.check(bare)
    const { registrar, stores } = this.#host
    if ((await registrar.create(bare, password, ticket?.along(bare))) === 'created') return bare
    if (ticket === null || (await stores.accounts.exists(bare.bare))) throw new StanzaError('conflict')
    throw new StanzaError('not-allowed', { text: 'The invitation is used up, or was taken back' })
  }

  #attempt(address: string): void {
    if (!this.#attempts.take(address))
      throw new StanzaError('resource-constraint', { text: 'Too many attempts from your address: try again later' })
  }
  async #isTaken(bare: Jid, ticket: Ticket | null): Promise<boolean> {
    if (ticket?.name === bare.local) return false
    for (const one of this.admissions) if (await one.isReserved(bare)) return true
    return false
  }
}
