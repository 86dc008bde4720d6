/**
 * Subscriptions that our users have ended and of which the other server may not know (im/farewells.ts): kept with the account
 * and in the store, and sent again when presence shows that the 'unsubscribe' did not arrive. It cannot get lost for contacts
 * on this server.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import { token, type Entropy } from '../../base/entropy.ts'
import type { Counter, Metrics } from '../../base/metrics.ts'
import { Farewells, type FarewellChange } from '../../im/farewells.ts'
import { wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Accounts } from '../account/accounts.ts'
import type { LocalAccount } from '../account/session.ts'
import type { RosterStore } from '../ports.ts'
import type { Router } from '../routing/router.ts'
import type { Slot } from '../account/slots.ts'

export interface FarewellsParts {
  readonly accounts: Accounts
  readonly rosters: RosterStore
  readonly router: Router
  readonly clock: Clock
  readonly entropy: Entropy
  readonly metrics: Metrics
  /** The state of the link, and since when; undefined if nothing is known of it. */
  readonly linkTo: (local: string, remote: string) => { readonly state: string; readonly since: Millis } | undefined
  readonly failed: (error: unknown) => void
}

/** A server that answers farewells does so within this time after receiving one. */
const ANSWERED_WITHIN: Millis = 60_000

export class KeptFarewells {
  readonly #parts: FarewellsParts
  /** Null if there are none. */
  readonly #slot: Slot<LocalAccount, Farewells | null>
  readonly #repeated: Counter

  constructor(parts: FarewellsParts) {
    const { accounts, rosters, metrics } = parts
    this.#parts = parts
    this.#slot = accounts.slots.declare<Farewells | null>('farewells', 'learnt again', () => null)
    accounts.alsoLoad(async (bare) => {
      const all = await rosters.farewells(bare)
      return (account) => all.length > 0 && account.set(this.#slot, new Farewells(all))
    })
    this.#repeated = metrics.counter(
      'porchlight_unsubscribes_repeated_total',
      'Subscriptions ended once more, because presence came all the same',
    )
  }
  /** The account sends a subscription stanza. */
  said(account: LocalAccount, packet: Packet): void {
    if (this.#parts.router.placeOf(packet.to!) === 'here') return
    let farewells = account.get(this.#slot)
    if (farewells === null) {
      if (packet.type !== 'unsubscribe') return
      account.set(this.#slot, (farewells = new Farewells([])))
    }
    const now = this.#parts.clock.now()
    const mayBeAnswered = (saidAt: Millis): boolean => this.#mayBeAnswered(packet.from, packet.to!, saidAt, now)
    this.#store(account, farewells.said(packet, now, mayBeAnswered))
  }
  /** Presence arrived for the account. @returns whether it answers a farewell, so that it refuses nothing */
  arrived(account: LocalAccount, packet: Packet): boolean {
    if (this.#parts.router.placeOf(packet.from) === 'here') return false
    const farewells = account.get(this.#slot)
    if (farewells === null) return false
    const now = this.#parts.clock.now()
    const mayBeAnswered = (saidAt: Millis): boolean => this.#mayBeAnswered(packet.to!, packet.from, saidAt, now)
    const isAnswer = farewells.isConfirmedBy(packet, mayBeAnswered)
    this.#store(account, farewells.heard(packet))
    this.#sayAgain(account, farewells, packet)
    return isAnswer
  }

  /** An answer is possible while the link is down, and for a while after that. */
  #mayBeAnswered(ours: Jid, theirs: Jid, saidAt: Millis, now: Millis): boolean {
    const link = this.#parts.linkTo(ours.domain, theirs.domain)
    if (link === undefined || link.state === 'suspect' || link.state === 'down') return true
    return now - Math.max(saidAt, link.since) < ANSWERED_WITHIN
  }
  #sayAgain(account: LocalAccount, farewells: Farewells, packet: Packet): void {
    if (packet.type !== '' || !packet.to!.isBare || account.hidden(packet.from)) return
    const { clock, entropy, router } = this.#parts
    const answer = farewells.stray(account, packet, clock.now(), () => wire(token(entropy)))
    if (answer === null) return
    this.#repeated.value += 1
    this.#store(account, { keep: answer.keep, drop: [] })
    router.routeQuietly(answer.again)
  }
  #store({ bare }: LocalAccount, { keep, drop }: FarewellChange): void {
    const { rosters, failed } = this.#parts
    for (const contact of drop) rosters.dropFarewell(bare.bare, contact).catch(failed)
    if (keep !== null) rosters.keepFarewell(bare.bare, keep).catch(failed)
  }
}
