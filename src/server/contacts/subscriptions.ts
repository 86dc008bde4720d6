/**
 * Subscriptions that are made without asking the users: between two local accounts by order of the operator, or because one has
 * invited the other. Rosters change as if the users had done it themselves (RFC 6121 section 3): connected clients get roster
 * pushes and presence.
 */
import { token, type Entropy } from '../../base/entropy.ts'
import type { ImLimits } from '../../im/account.ts'
import { hasRoomFor, outbound } from '../../im/subscribing.ts'
import type { SubscriptionType } from '../../im/subscription.ts'
import { wire } from '../../xml/wire.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import type { Accounts } from '../account/accounts.ts'
import { atRest } from '../account/at-rest.ts'
import type { RosterChanges } from './roster-changes.ts'

export interface SubscriptionsParts {
  readonly entropy: Entropy
  readonly accounts: Accounts
  readonly rosterChanges: RosterChanges
  readonly limits: ImLimits
}

export class Subscriptions {
  readonly #parts: SubscriptionsParts

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts
  }
  /**
   * From now on `watcher` sees the presence of `shower`. Does nothing if that is so already.
   * @returns false if one of the two is not a local account
   * @throws StanzaError if a roster is full, or both accounts are the same
   */
  async grant(watcher: Jid, shower: Jid): Promise<boolean> {
    const [w, s] = await atRest(this.#parts.accounts, watcher, shower)
    if (w === null || s === null) return false
    if (w.roster.isSubscribedTo(shower.full) && s.roster.isSubscriber(watcher.full)) return true
    // 3.4: pre-approval comes before the request, so nobody is asked.
    return this.#send([shower, 'subscribed', watcher], [watcher, 'subscribe', shower])
  }
  /**
   * The next request of `contact`, local or not, is granted (RFC 6121 3.4), and `owner` asks to see `contact`.
   * @throws StanzaError if the roster is full
   */
  async welcome(owner: Jid, contact: Jid): Promise<void> {
    await this.#say(owner, contact, ['subscribed', 'subscribe'])
  }
  /** The request of `contact`, local or not, is refused. */
  decline(owner: Jid, contact: Jid): Promise<void> {
    return this.#say(owner, contact, ['unsubscribed'])
  }
  async #say(owner: Jid, contact: Jid, types: readonly SubscriptionType[]): Promise<void> {
    const { accounts, rosterChanges, limits, entropy } = this.#parts
    const account = await accounts.load(owner.bare)
    if (account === null) return
    for (const type of types) {
      const stanza = Packet.of({ kind: 'presence', type, from: owner, to: contact, id: wire(token(entropy)) })
      await rosterChanges.perform(account, () => outbound(account, stanza, limits), null)
    }
  }
  /** Is the contact in the roster, or is there room for one more? True if the owner is no account here. */
  async hasRoom(owner: Jid, contact: Jid): Promise<boolean> {
    const { accounts, limits } = this.#parts
    const account = await accounts.load(owner.bare)
    return account === null || hasRoomFor(account, contact, limits)
  }
  /** From now on `watcher` no longer sees it. @returns as above */
  withdraw(watcher: Jid, shower: Jid): Promise<boolean> {
    return this.#send([shower, 'unsubscribed', watcher], [watcher, 'unsubscribe', shower])
  }

  async #send(...stanzas: readonly (readonly [from: Jid, type: SubscriptionType, to: Jid])[]): Promise<boolean> {
    const { accounts, rosterChanges, limits, entropy } = this.#parts
    for (const [from, type, to] of stanzas) {
      const [account, other] = await atRest(accounts, from, to)
      if (account === null || other === null) return false
      const stanza = Packet.of({ kind: 'presence', type, from, to, id: wire(token(entropy)) })
      await rosterChanges.perform(account, () => outbound(account, stanza, limits), from)
      await atRest(accounts, from, to)
    }
    return true
  }
}
