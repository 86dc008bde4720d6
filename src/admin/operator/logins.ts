/**
 * Logins of the operator's view. `porchlight admin` gets a ticket over the control socket. The browser exchanges it for a
 * login, once and within a short time. So no password is needed: whoever may use the control socket may log in.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Clock, Millis } from '../../base/clock.ts'
import { token, type Entropy } from '../../base/entropy.ts'

/** A viewer sees everything and changes nothing. */
export const ROLES = ['viewer', 'operator'] as const
export type Role = (typeof ROLES)[number]

export interface Login {
  readonly role: Role
  /** Every order must repeat this secret in a header. Other pages in the browser cannot know it. */
  readonly csrf: string
  /** Each use postpones it. */
  endsAt: Millis
}

/** How long a ticket can be exchanged for a login. */
const TICKET_MS: Millis = 120_000
/** How long a login lasts without a request. */
const IDLE_MS: Millis = 30 * 60_000
/** The most tickets, and the most logins, at a time. Beyond it the oldest is removed. */
const MAX = 32

export class Logins {
  readonly #clock: Clock
  readonly #entropy: Entropy
  readonly #tickets = new BoundedMap<string, { readonly role: Role; readonly endsAt: Millis }>(MAX)
  readonly #logins = new BoundedMap<string, Login>(MAX)

  constructor(clock: Clock, entropy: Entropy) {
    this.#clock = clock
    this.#entropy = entropy
  }
  ticket(role: Role): string {
    const ticket = token(this.#entropy)
    this.#tickets.set(ticket, { role, endsAt: this.#clock.now() + TICKET_MS })
    return ticket
  }
  /** @returns the name of the login, which only its browser knows; null if the ticket was used, is too old, or does not exist */
  trade(ticket: string): string | null {
    const found = this.#tickets.get(ticket)
    this.#tickets.delete(ticket)
    if (found === undefined || found.endsAt <= this.#clock.now()) return null
    const name = token(this.#entropy)
    this.#logins.set(name, { role: found.role, csrf: token(this.#entropy), endsAt: this.#clock.now() + IDLE_MS })
    return name
  }
  find(name: string): Login | null {
    const login = this.#logins.get(name)
    if (login === undefined) return null
    const now = this.#clock.now()
    if (login.endsAt <= now) {
      this.#logins.delete(name)
      return null
    }
    login.endsAt = now + IDLE_MS
    return login
  }
  end(name: string): void {
    this.#logins.delete(name)
  }
}
