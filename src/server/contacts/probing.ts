/**
 * RFC 6121 4.3: presence probes. Contacts on this server are not probed with a stanza: their answer is
 * known here, and goes to the one resource that wants it. Contacts without an account in memory cost one
 * query for all of them.
 */
import { answerProbe } from '../../im/presence.ts'
import { Account, contactKey, NO_GROUPS, Roster } from '../../im/account.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { Packet } from '../../xmpp/packet.ts'
import type { Accounts } from '../account/accounts.ts'
import type { FactBoard } from '../account/facts.ts'
import type { LocalAccount, LocalEndpoint, Session } from '../account/session.ts'
import type { Relation, RosterStore } from '../ports.ts'
import type { Router } from '../routing/router.ts'

export interface ProbingParts {
  readonly accounts: Accounts
  readonly rosters: RosterStore
  readonly router: Router
  readonly facts: FactBoard
  readonly failed: (error: unknown) => void
  /** Does it after a while, when many are just coming; false: now is the time. */
  readonly later: (work: () => void) => boolean
}

/**
 * The presence of a session as it is said once more to an address elsewhere; null: it is not said to that address.
 * @param packet the same as those say that were asked before
 */
export type Repeat = (session: Session, to: Jid, packet: Packet | null) => Packet | null
/** What was broadcast. What was sent directly is not known here. */
const broadcastOnce = ({ presence, account }: Session, to: Jid): Packet | null =>
  presence !== null && account.roster.isSubscriber(contactKey(to)) ? presence.addressedTo(to) : null

/** Which of `owners`, accounts that are not in memory, keep themselves hidden from `prober`. */
export type Hiding = (prober: Jid, owners: readonly string[]) => Promise<ReadonlySet<string>>

/** While its client was reading, the endpoint may have left, or its user may have blocked the contact. */
const isWanted = ({ takesPart, account }: LocalEndpoint, contact: Jid): boolean => takesPart && !account.hidden(contact)

export class Probing {
  readonly #parts: ProbingParts

  readonly #hidings: Hiding[] = []
  readonly #repeats: Repeat[] = []

  constructor(parts: ProbingParts) {
    this.#parts = parts
  }
  /** Accounts that `hiding` names do not answer either (XEP-0191 3.3). */
  hideBy(hiding: Hiding): void {
    this.#hidings.push(hiding)
  }
  /** `repeat` has a say in how presence is said once more: to a prober, or after a link was broken or the server started again. */
  repeatBy(repeat: Repeat): void {
    this.#repeats.push(repeat)
  }
  /** Says the presence of a session once more to an address elsewhere. False: it is not said to that address. */
  repeat(session: Session, to: Jid): boolean {
    const packet = session.account.hidden(to) ? null : this.#repeated(session, to)
    if (packet !== null) this.#parts.router.routeQuietly(packet)
    return packet !== null
  }
  /** Finds out, for `me`, about each of `contacts` (4.3.1). What is known here it is told as fast as its client reads. */
  ask(me: LocalEndpoint, contacts: readonly Jid[]): void {
    const { router } = this.#parts
    const probe = Packet.of({ kind: 'presence', type: 'probe', from: me.jid.asBare })
    const here: Jid[] = []
    for (const contact of contacts) {
      if (router.kindOf(contact.domain) === 'accounts') here.push(contact)
      else router.routeQuietly(probe.addressedTo(contact))
    }
    if (here.length > 0) me.room.pour(this.#askHere(me, probe, here))
  }
  *#askHere(me: LocalEndpoint, probe: Packet, contacts: readonly Jid[]): Generator<void, void> {
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
    // In a rush most of them are about to come, and say so themselves: when they were last seen is asked of the others
    const absent = away
    if (!this.#parts.later(() => this.#askAway(me, probe, absent))) this.#askAway(me, probe, absent)
  }
  /** A probe has come in, from anywhere (4.3.2). */
  answer(account: LocalAccount | null, packet: Packet): void {
    const { router, facts } = this.#parts
    const { from, to } = packet
    const isFromHere = router.placeOf(from) === 'here'
    const say = (answer: Packet): Packet => (account === null || isFromHere ? answer : this.#asRepeated(account, answer))
    answerProbe(account, packet, { route: (answer) => router.routeQuietly(say(answer)) })
    if (from.isBare && to!.isBare && !isFromHere) facts.tell('probe-answered', { account: to!, prober: from })
  }

  #repeated(session: Session, to: Jid): Packet | null {
    let packet = broadcastOnce(session, to)
    for (const repeat of this.#repeats) packet = repeat(session, to, packet)
    return packet
  }
  #asRepeated(account: LocalAccount, answer: Packet): Packet {
    const session = answer.type === '' ? account.session(answer.from.resource) : undefined
    const isFull = session !== undefined && answer.payload === session.presence?.payload
    return isFull ? (this.#repeated(session, answer.to!) ?? answer) : answer
  }
  /** A refusal is for the account: its roster is wrong (4.3.2 rule 1), and is set right as if it had come from elsewhere. */
  #answerTo(me: LocalEndpoint, account: Account | null, probe: Packet): void {
    const { router } = this.#parts
    answerProbe(account, probe, {
      route: (answer) => (answer.type === 'unsubscribed' ? router.routeQuietly(answer) : me.take(answer)),
    })
  }
  #askAway(me: LocalEndpoint, probe: Packet, contacts: readonly Jid[]): void {
    if (me.ended) return
    let stored: string[] | null = null
    for (const contact of contacts) {
      const account = this.#parts.accounts.get(contact.bare)
      if (account === undefined) (stored ??= []).push(contact.bare)
      else if (!account.isAvailable && !account.hidden(probe.from)) this.#answerTo(me, account, probe.addressedTo(contact))
    }
    if (stored !== null) this.#askStore(me, probe, stored).catch(this.#parts.failed)
  }
  async #askStore(me: LocalEndpoint, probe: Packet, contacts: readonly string[]): Promise<void> {
    const prober = probe.from
    const [relations, hidden] = await Promise.all([
      this.#parts.rosters.relations(prober.bare, contacts),
      this.#hidden(prober, contacts),
    ])
    const byOwner = new Map(relations.map((relation) => [relation.owner, relation]))
    const asked = new Set(contacts)
    const answering = me.account.roster.subscriptions.filter(({ bare }) => asked.has(bare) && !hidden.has(bare))
    me.room.pour(this.#answerAll(me, probe, answering, byOwner))
  }
  async #hidden(prober: Jid, contacts: readonly string[]): Promise<ReadonlySet<string>> {
    const all = await Promise.all(this.#hidings.map((hiding) => hiding(prober, contacts)))
    return all.length === 1 ? all[0]! : new Set(all.flatMap((some) => [...some]))
  }
  *#answerAll(
    me: LocalEndpoint,
    probe: Packet,
    contacts: readonly Jid[],
    relations: ReadonlyMap<string, Relation>,
  ): Generator<void, void> {
    for (const contact of contacts) {
      // A contact that has come online meanwhile has told the endpoint: an old answer must not follow that
      const account = this.#parts.accounts.get(contact.bare)
      if (account?.isAvailable === true || !isWanted(me, contact)) continue
      const known = account ?? this.#asAccount(contact, probe.from, relations.get(contact.bare))
      this.#answerTo(me, known, probe.addressedTo(contact))
      yield
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
