/**
 * RFC 6121 4.3: presence probes. Contacts on this server are not probed with a stanza: their answer is
 * known here, and goes to the one resource that wants it. Contacts without an account in memory cost one
 * query for all of them.
 */
import { answerProbe } from '../im/presence.ts'
import { Account, NO_GROUPS, Roster, type Resource } from '../im/account.ts'
import type { Jid } from '../xmpp/jid.ts'
import { Packet } from '../xmpp/packet.ts'
import type { Accounts, LocalAccount } from './accounts.ts'
import type { Relation, RosterStore } from './ports.ts'
import type { Router } from './router.ts'
import type { Session } from './session.ts'

export interface ProbingParts {
  readonly accounts: Accounts
  readonly rosters: RosterStore
  readonly router: Router
  readonly deliver: (session: Session, packet: Packet) => void
  readonly failed: (error: unknown) => void
  /** Does it after a while, when many are just coming; false: now is the time. */
  readonly later: (work: () => void) => boolean
}

/** Which of `owners`, accounts that are not in memory, keep themselves hidden from `prober`. */
export type Hiding = (prober: Jid, owners: readonly string[]) => Promise<ReadonlySet<string>>

export class Probing {
  readonly #parts: ProbingParts

  #hiding: Hiding | null = null
  #answered: ((account: Jid, prober: Jid) => void) | null = null

  constructor(parts: ProbingParts) {
    this.#parts = parts
  }
  /** Accounts that `hiding` names do not answer (XEP-0191 3.3). */
  hideBy(hiding: Hiding): void {
    this.#hiding = hiding
  }
  /** `listener` is told whenever a prober elsewhere has been sent the presence of all resources of an account. */
  onAnswered(listener: (account: Jid, prober: Jid) => void): void {
    this.#answered = listener
  }
  /** Finds out, for `me`, about each of `contacts` (4.3.1). */
  ask(me: Resource, contacts: readonly Jid[]): void {
    const { accounts, router } = this.#parts
    const probe = Packet.of({ kind: 'presence', type: 'probe', from: me.jid.asBare })
    const session = me as Session
    let away: Jid[] | null = null
    for (const contact of contacts) {
      if (!router.isLocal(contact.domain)) router.routeQuietly(probe.addressedTo(contact))
      else {
        const account = accounts.get(contact.bare)
        if (account?.isAvailable !== true) (away ??= []).push(contact)
        else if (!account.hidden(probe.from)) this.#answerTo(session, account, probe.addressedTo(contact))
      }
    }
    if (away === null) return
    // In a rush most of them are about to come, and say so themselves: when they were last seen is asked of the others
    const absent = away
    if (!this.#parts.later(() => this.#askAway(session, probe, absent))) this.#askAway(session, probe, absent)
  }
  /** A probe has come in, from anywhere (4.3.2). */
  answer(account: LocalAccount | null, packet: Packet): void {
    const { router } = this.#parts
    answerProbe(account, packet, { route: (answer) => router.routeQuietly(answer) })
    const { from, to } = packet
    if (from.isBare && to!.isBare && !router.isLocal(from.domain)) this.#answered?.(to!, from)
  }

  /** A refusal is for the account: its roster is wrong (4.3.2 rule 1), and is set right as if it had come from elsewhere. */
  #answerTo(session: Session, account: Account | null, probe: Packet): void {
    const { router, deliver } = this.#parts
    answerProbe(account, probe, {
      route: (answer) => (answer.type === 'unsubscribed' ? router.routeQuietly(answer) : deliver(session, answer)),
    })
  }
  #askAway(session: Session, probe: Packet, contacts: readonly Jid[]): void {
    if (session.ended) return
    let stored: string[] | null = null
    for (const contact of contacts) {
      const account = this.#parts.accounts.get(contact.bare)
      if (account === undefined) (stored ??= []).push(contact.bare)
      else if (!account.isAvailable && !account.hidden(probe.from)) this.#answerTo(session, account, probe.addressedTo(contact))
    }
    if (stored !== null) this.#askStore(session, probe, stored).catch(this.#parts.failed)
  }
  async #askStore(session: Session, probe: Packet, contacts: readonly string[]): Promise<void> {
    const prober = probe.from
    const [relations, hidden] = await Promise.all([
      this.#parts.rosters.relations(prober.bare, contacts),
      this.#hiding?.(prober, contacts),
    ])
    const byOwner = new Map(relations.map((relation) => [relation.owner, relation]))
    for (const contact of session.account.roster.subscriptions) {
      if (!contacts.includes(contact.bare) || hidden?.has(contact.bare) === true) continue
      // Who has come online meanwhile has told the session himself: an old answer must not follow that.
      const account = this.#parts.accounts.get(contact.bare)
      if (session.ended || account?.isAvailable === true) continue
      this.#answerTo(session, account ?? this.#asAccount(contact, prober, byOwner.get(contact.bare)), probe.addressedTo(contact))
    }
  }

  /** As much of an account as the answer to one probe needs. */
  #asAccount(bare: Jid, prober: Jid, relation: Relation | undefined): Account | null {
    if (relation === undefined) return null
    const item = { jid: prober, name: '', groups: NO_GROUPS, subscription: relation.subscription, ask: false, approved: false }
    const account = new Account(bare, new Roster(0, [item], []))
    account.lastUnavailable = relation.last
    account.policy = this.#parts.accounts.policyOf(relation.policy)
    return account
  }
}
