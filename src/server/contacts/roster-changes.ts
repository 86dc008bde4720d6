/**
 * Carries out a step of RFC 6121 sections 2 and 3: decided on the present roster, stored, applied, and only then told to
 * anybody, all before the next step begins. So the pushes stay in order, and so do the stanzas of two steps: a receiver must
 * process them in that order.
 */
import type { Clock } from '../../base/clock.ts'
import type { RosterChange, RosterItem } from '../../im/account.ts'
import { pushPayload } from '../../im/roster.ts'
import { differences } from '../../im/roster-differences.ts'
import type { Step, SubscriptionOut } from '../../im/subscribing.ts'
import type { Wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import type { LocalAccount } from '../account/session.ts'
import { hasRoomFor } from '../account/crowding.ts'
import type { FactBoard } from '../account/facts.ts'
import type { KeptFarewells } from './farewells.ts'
import type { Decisions } from './decisions.ts'
import type { UnshownRequests } from './unshown-requests.ts'
import { RosterConflict, type RosterStore } from '../ports.ts'
import type { Router } from '../routing/router.ts'
import type { Session } from '../account/session.ts'

export interface RosterChangesParts {
  readonly clock: Clock
  readonly rosters: RosterStore
  readonly router: Router
  readonly facts: FactBoard
  readonly farewells: KeptFarewells
  readonly decisions: Decisions
  readonly unshown: UnshownRequests
  readonly requestId: () => Wire
}

/** How often a step is decided again because the roster was changed elsewhere. */
const DECISIONS_MAX = 3

export class RosterChanges {
  readonly #parts: RosterChangesParts
  constructor(parts: RosterChangesParts) {
    this.#parts = parts
  }
  /**
   * Runs one step of `account`. A step for a client's stanza ends when the addressees have their stanzas; a step for a stanza
   * from elsewhere ends when the account has changed. To wait for its answers too would be to wait for itself.
   * @param decide may throw a StanzaError; then nothing has happened. Runs again if the stored roster differed
   * @param origin told if a stanza of the step cannot be routed; null for nobody
   */
  async perform(account: LocalAccount, decide: () => Step, origin: Jid | null): Promise<void> {
    const { routing } = await account.serial.run(() => this.#inTurn(account, decide, origin))
    if (origin !== null) await Promise.all(routing)
  }

  async #inTurn(account: LocalAccount, decide: () => Step, origin: Jid | null): Promise<Effects> {
    const step = await this.#stored(account, decide)
    const { change } = step
    const before = change === null ? null : (account.roster.item(change.contact.full) ?? null)
    if (change !== null) account.roster.apply(change, this.#parts.rosters.epoch)
    const effects = new Effects(account, this.#parts, origin)
    step.run(effects)
    if (change !== null) this.#parts.facts.tell('roster-changed', { account, change, before })
    return effects
  }
  /** Stores the step; it is decided again if the stored roster differed from the one in memory. */
  async #stored(account: LocalAccount, decide: () => Step): Promise<Step> {
    for (let decisions = 1; ; decisions++) {
      const step = decide()
      try {
        await this.#store(account, step)
        return step
      } catch (error) {
        const isAgain = error instanceof RosterConflict && decisions < DECISIONS_MAX && (await this.#reread(account))
        if (!isAgain) throw error
      }
    }
  }
  async #store(account: LocalAccount, { change, request, decisions }: Step): Promise<void> {
    const { rosters, clock } = this.#parts
    // First, because a step whose second half cannot be stored must not have happened: a request without its item is no request.
    if (request !== null) await rosters.keepRequest(account.bare.bare, request, clock.now())
    if (change !== null) await this.#save(account, change, decisions)
  }
  /** Loads the stored roster, and tells the clients what is new to them. False if the account was deleted. */
  async #reread(account: LocalAccount): Promise<boolean> {
    const stored = await this.#parts.rosters.load(account.bare.bare)
    if (stored.version === 0) return false
    const effects = new Effects(account, this.#parts, null)
    for (const change of differences(account.roster, stored)) {
      const before = account.roster.item(change.contact.full) ?? null
      account.roster.apply(change, stored.epoch)
      if (change.pushed) effects.push(change.item ?? { jid: change.contact, removed: true }, change.version)
      this.#parts.facts.tell('roster-changed', { account, change, before })
    }
    account.roster.standAt(stored.version, stored.epoch)
    return true
  }
  async #save({ bare }: LocalAccount, change: RosterChange, all: readonly Packet[]): Promise<void> {
    const { rosters, decisions } = this.#parts
    const kept = decisions.decided(all)
    try {
      await rosters.save(bare.bare, change, kept)
    } catch (error) {
      decisions.undecided(kept)
      throw error
    }
  }
}

class Effects implements SubscriptionOut {
  /** Stanzas on their way to their addressees. */
  readonly routing: Promise<void>[] = []
  readonly #account: LocalAccount
  readonly #parts: RosterChangesParts
  readonly #origin: Jid | null

  constructor(account: LocalAccount, parts: RosterChangesParts, origin: Jid | null) {
    this.#account = account
    this.#parts = parts
    this.#origin = origin
  }
  route(packet: Packet): void {
    const { router, farewells } = this.#parts
    farewells.said(this.#account, packet)
    if (this.#origin === null) return router.routeQuietly(packet)
    const waits = router.route(packet, this.#origin)
    if (waits !== undefined) this.routing.push(waits)
  }
  toAvailable(packet: Packet): void {
    for (const session of this.#account.sessions) if (session.takesPart) this.#deliver(session, packet)
  }
  toInterested(packet: Packet): void {
    for (const session of this.#account.sessions) if (session.interested) this.#deliver(session, packet)
  }
  push(item: RosterItem | { readonly jid: Jid; readonly removed: true }, version: number): void {
    const { bare, roster } = this.#account
    const payload = Payload.of(pushPayload(item, version, roster.epoch))
    for (const session of this.#account.sessions) {
      if (!session.interested) continue
      const id = this.#parts.requestId()
      session.take(Packet.of({ kind: 'iq', type: 'set', from: bare, to: session.jid, id, payload }))
    }
  }
  #deliver(session: Session, packet: Packet): void {
    if (hasRoomFor(this.#account, session, packet)) session.take(packet)
    else if (packet.type === 'subscribe') this.#parts.unshown.add(session, packet.from)
  }
}
