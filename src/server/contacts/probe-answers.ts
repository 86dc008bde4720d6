/**
 * RFC 6121 4.3.2: the answers of local accounts to probes. An account that is not in memory is not loaded for it: one query
 * answers for all such accounts together.
 */
import { answerProbe } from '../../im/presence.ts'
import { Account, NO_GROUPS, Roster } from '../../im/account.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import type { Accounts } from '../account/accounts.ts'
import type { FactBoard } from '../account/facts.ts'
import type { LocalAccount, LocalEndpoint } from '../account/session.ts'
import type { Relation, RosterStore } from '../ports.ts'
import type { Router } from '../routing/router.ts'
import type { Probing } from './probing.ts'

export interface ProbeAnswersParts {
  readonly accounts: Accounts
  readonly rosters: RosterStore
  readonly router: Router
  readonly facts: FactBoard
  readonly probing: Probing
  readonly failed: (error: unknown) => void
  /** Does the work a little later if many clients are just connecting; false if it should be done now. */
  readonly later: (work: () => void) => boolean
}

/** Which of `owners`, accounts that are not in memory, are hidden from `prober`. */
export type Hiding = (prober: Jid, owners: readonly string[]) => Promise<ReadonlySet<string>>

/** While its client was reading, the endpoint may have become unavailable, or its user may have blocked the contact. */
const isWanted = ({ takesPart, account }: LocalEndpoint, contact: Jid): boolean => takesPart && !account.hidden(contact)

export class ProbeAnswers {
  readonly #parts: ProbeAnswersParts
  readonly #hidings: Hiding[] = []

  constructor(parts: ProbeAnswersParts) {
    this.#parts = parts
  }
  /** Accounts that `hiding` names do not answer (XEP-0191 3.3). */
  hideBy(hiding: Hiding): void {
    this.#hidings.push(hiding)
  }
  /** Which of `owners`, local accounts by their bare JIDs, are hidden from `prober`, as the store knows. */
  async hidden(prober: Jid, owners: readonly string[]): Promise<ReadonlySet<string>> {
    const all = await Promise.all(this.#hidings.map((hiding) => hiding(prober, owners)))
    return all.length === 1 ? all[0]! : new Set(all.flatMap((some) => [...some]))
  }
  /** Sends `me` the presence of each of `contacts`, local accounts, as fast as its client reads. */
  tell(me: LocalEndpoint, contacts: readonly Jid[]): void {
    const probe = Packet.of({ kind: 'presence', type: 'probe', from: me.jid.asBare })
    me.room.pour(this.#tellAll(me, probe, contacts))
  }
  /** A probe arrived, from any server (4.3.2). */
  answer(account: LocalAccount | null, packet: Packet): void {
    const { router, facts } = this.#parts
    const { from, to } = packet
    const isFromHere = router.placeOf(from) === 'here'
    const say = (answer: Packet): Packet => (account === null || isFromHere ? answer : this.#asRepeated(account, answer))
    answerProbe(account, packet, { route: (answer) => router.routeQuietly(say(answer)) })
    if (from.isBare && to!.isBare && !isFromHere) facts.tell('probe-answered', { account: to!, prober: from })
  }

  *#tellAll(me: LocalEndpoint, probe: Packet, contacts: readonly Jid[]): Generator<void, void> {
    let away: Jid[] | null = null
    for (const contact of contacts) {
      if (!isWanted(me, contact)) continue
      const account = this.#parts.accounts.get(contact.bare)
      if (account?.isAvailable !== true) (away ??= []).push(contact)
      else if (!account.hidden(probe.from)) {
        this.#answerTo(me, account, probe.addressedTo(contact))
        yield
      }
    }
    if (away === null) return
    // In a rush most of them will soon connect and send their presence; the query is made only for the others.
    const absent = away
    if (!this.#parts.later(() => this.#tellAway(me, probe, absent))) this.#tellAway(me, probe, absent)
  }
  #asRepeated(account: LocalAccount, answer: Packet): Packet {
    const endpoint = answer.type === '' ? account.endpoint(answer.from.resource) : undefined
    const isFull = endpoint !== undefined && answer.payload === endpoint.presence?.payload
    return isFull ? (this.#parts.probing.repeated(endpoint, answer.to!) ?? answer) : answer
  }
  /** A refusal means that the account's roster is wrong (4.3.2 rule 1); it is corrected as for a remote refusal. */
  #answerTo(me: LocalEndpoint, account: Account | null, probe: Packet): void {
    const { router } = this.#parts
    answerProbe(account, probe, {
      route: (answer) => (answer.type === 'unsubscribed' ? router.routeQuietly(answer) : me.take(answer)),
    })
  }
  #tellAway(me: LocalEndpoint, probe: Packet, contacts: readonly Jid[]): void {
    if (me.ended) return
    let stored: string[] | null = null
    for (const contact of contacts) {
      const account = this.#parts.accounts.get(contact.bare)
      if (account === undefined) (stored ??= []).push(contact.bare)
      else if (!account.isAvailable && !account.hidden(probe.from)) this.#answerTo(me, account, probe.addressedTo(contact))
    }
    if (stored !== null) this.#tellStored(me, probe, stored).catch(this.#parts.failed)
  }
  async #tellStored(me: LocalEndpoint, probe: Packet, contacts: readonly string[]): Promise<void> {
    const prober = probe.from
    const [relations, hidden] = await Promise.all([
      this.#parts.rosters.relations(prober.bare, contacts),
      this.hidden(prober, contacts),
    ])
    const byOwner = new Map(relations.map((relation) => [relation.owner, relation]))
    const asked = new Set(contacts)
    const answering = me.account.roster.subscriptions.filter(({ bare }) => asked.has(bare) && !hidden.has(bare))
    me.room.pour(this.#answerAll(me, probe, answering, byOwner))
  }
  *#answerAll(
    me: LocalEndpoint,
    probe: Packet,
    contacts: readonly Jid[],
    relations: ReadonlyMap<string, Relation>,
  ): Generator<void, void> {
    for (const contact of contacts) {
      // A contact that has become available meanwhile has told the endpoint; an old answer must not follow.
      const account = this.#parts.accounts.get(contact.bare)
      if (account?.isAvailable === true || !isWanted(me, contact)) continue
      const known = account ?? this.#asAccount(contact, probe.from, relations.get(contact.bare))
      this.#answerTo(me, known, probe.addressedTo(contact))
      yield
    }
  }

  /** The parts of an account that the answer to one probe needs. */
  #asAccount(bare: Jid, prober: Jid, relation: Relation | undefined): Account | null {
    if (relation === undefined) return null
    const item = { jid: prober, name: '', groups: NO_GROUPS, subscription: relation.subscription, ask: false, approved: false }
    const account = new Account(bare, new Roster(0, [item], []))
    account.lastUnavailable = relation.last
    account.policy = this.#parts.accounts.policyOf(relation.policy)
    return account
  }
}
