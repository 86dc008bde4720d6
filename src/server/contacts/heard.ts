/**
 * What local accounts know of their contacts: which resources are available, their capabilities, and when that was last
 * confirmed. For remote contacts it is recorded when presence arrives (`im/heard-ledger.ts`), and told as facts. For local
 * contacts it is read from their accounts (`heard-here.ts`), and the fact `presence-changed` tells of changes.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import type { Metrics } from '../../base/metrics.ts'
import { HeardLedger, type HeardLimits } from '../../im/heard-ledger.ts'
import type { AvailableResource, HeardJson, HeardMoment, HeardResource } from '../../im/heard-resource.ts'
import { capsIn } from '../../xmpp/caps.ts'
import { jidOf, type Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { Accounts } from '../account/accounts.ts'
import type { FactBoard } from '../account/facts.ts'
import type { LocalAccount, Session } from '../account/session.ts'
import type { Sessions } from '../account/sessions.ts'
import type { Slot } from '../account/slots.ts'
import type { Router } from '../routing/router.ts'
import { heardHere } from './heard-here.ts'

export interface HeardParts {
  readonly clock: Clock
  readonly metrics: Metrics
  readonly facts: FactBoard
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly router: Router
  /** How often the link between the two domains was lost. */
  readonly lossesOf: (local: string, remote: string) => number
  /** Limits for each account. */
  readonly limits: HeardLimits
}
const NOTHING: Iterable<HeardResource> = []
/** Was the session given a remote resource for the first time, or again after it had gone, since that turn? */
export type GivenSince = (session: Session, resource: Jid, turn: number) => boolean

export class HeardContacts {
  readonly #parts: HeardParts
  readonly #slot: Slot<LocalAccount, HeardLedger | null>
  /** Of a session here: the turn in which it became available; 0 if contacts may have known it before. */
  readonly #came: Slot<Session, number>
  readonly #givers: GivenSince[] = []
  #turns = 0

  constructor(parts: HeardParts) {
    const { accounts, sessions, facts, metrics } = parts
    this.#came = sessions.slots.declare('came', 'forgotten', () => 0)
    this.#parts = parts
    this.#slot = accounts.slots.declare<HeardLedger | null>('heard', 'learnt again', () => null)
    for (const fact of ['presence-changed', 'visibility-changed', 'session-ended'] as const)
      facts.on(fact, ({ session: { account } }) => this.#forgetUnattended(account))
    facts.on('endpoint-changed', ({ endpoint: { account } }) => this.#forgetUnattended(account))
    facts.on('session-bound', ({ session: { account } }) => this.#forgetThoseHere(account))
    metrics.gauge('porchlight_resources_elsewhere', 'Available resources on other servers that accounts here know of', () => {
      const present = new Set(Array.from(sessions.all(), (session) => session.account))
      return [...present].reduce((sum, account) => sum + (account.get(this.#slot)?.size ?? 0), 0)
    })
  }
  /** The available resources of one contact, local or remote. */
  available(account: LocalAccount, contact: Jid): Iterable<AvailableResource> {
    const { router, accounts } = this.#parts
    if (router.homeOf(contact) === null) return this.ofAccount(account, contact)
    const other = accounts.get(contact.bare)
    return other === undefined ? NOTHING : heardHere(account, other)
  }

  /** A counter that puts events in order. */
  turn(): number {
    return (this.#turns += 1)
  }
  /** The session is about to say that it is available. @param isInherited contacts have a presence of a relic of it */
  comes(session: Session, isInherited: boolean): void {
    session.set(this.#came, isInherited ? 0 : this.turn())
  }
  /** `given` knows what sessions are given of remote contacts. */
  alsoGiven(given: GivenSince): void {
    this.#givers.push(given)
  }
  /**
   * Has an available resource of a contact come since that turn, so that a client that was told nothing since then certainly does
   * not show it? False if that is not known.
   */
  hasComeSince(session: Session, resource: Jid, turn: number): boolean {
    const { router, accounts } = this.#parts
    if (router.homeOf(resource) === null) return this.#givers.some((given) => given(session, resource, turn))
    const other = accounts.get(resource.bare)?.session(resource.resource)
    return other !== undefined && other.get(this.#came) > turn && !other.hasTold(session.jid)
  }

  /** For a remote resource; null if it is not known to be available. */
  get(account: LocalAccount, resource: Jid): HeardResource | null {
    return account.get(this.#slot)?.get(resource) ?? null
  }
  /** All known resources of remote contacts. */
  all(account: LocalAccount): Iterable<HeardResource> {
    return account.get(this.#slot)?.all() ?? NOTHING
  }
  ofDomain(account: LocalAccount, domain: string): Iterable<HeardResource> {
    return account.get(this.#slot)?.ofDomain(domain) ?? NOTHING
  }
  ofAccount(account: LocalAccount, contact: Jid): Iterable<HeardResource> {
    return account.get(this.#slot)?.ofAccount(contact) ?? NOTHING
  }
  /** When the contact's server last said that no resource is available; null if not in this run, or if one is available. */
  goneAt(account: LocalAccount, contact: Jid): Millis | null {
    return account.get(this.#slot)?.goneAt(contact) ?? null
  }
  /** What has been heard, to be remembered over a restart. */
  memory(account: LocalAccount): readonly HeardJson[] {
    return account.get(this.#slot)?.memory() ?? []
  }
  /** What had arrived before the restart. It has not been confirmed since. */
  remember(account: LocalAccount, memory: readonly HeardJson[]): void {
    this.#change(account, (ledger) => {
      for (const json of memory) ledger.remember(account, json, this.turn())
    })
  }
  /** A client is sent an old presence: until it is confirmed, it counts as unconfirmed. */
  recall(account: LocalAccount, { from, payload }: Packet): void {
    this.#change(account, (ledger) => ledger.remember(account, [from.full, 0, capsIn(payload)], this.turn()))
  }
  /** Presence arrived for the account. Its clients receive it after this. */
  note(account: LocalAccount, packet: Packet): void {
    const isHere = this.#parts.router.placeOf(packet.from) === 'here'
    if ((isHere && account.resources.length > 0) || !this.#isListening(account, isHere)) return
    if (packet.type === 'unavailable') this.#unavailable(account, packet)
    else if (packet.type === '') this.#available(account, packet)
    else if (account.get(this.#slot) !== null) this.#change(account, (ledger) => ledger.forgetGone(packet.from))
    if (account.resources.length === 0) this.#parts.accounts.release(account)
  }

  #available(account: LocalAccount, presence: Packet): void {
    const found = this.#change(account, (ledger) => {
      ledger.forgetGone(presence.from)
      return ledger.available(account, presence, this.#momentOf(account, presence))
    })
    if (found !== null) this.#parts.facts.tell('contact-heard', { account, presence, heard: found.heard, news: found.news })
  }
  #unavailable(account: LocalAccount, presence: Packet): void {
    const { facts } = this.#parts
    const departure = this.#change(account, (ledger) => ledger.unavailable(account, presence, this.#momentOf(account, presence)))
    const { lost, denied } = departure
    for (const jid of lost) facts.tell('contact-lost', { account, jid, presence })
    // Without a session the account may have left memory since the resource was recorded as available
    if (lost.length === 0 && !account.isPresent) facts.tell('contact-lost', { account, jid: presence.from, presence })
    if (denied.length > 0) facts.tell('contact-denied', { account, contact: presence.from, available: denied })
  }
  #momentOf({ bare: { domain } }: LocalAccount, { from }: Packet): HeardMoment {
    const { clock, lossesOf } = this.#parts
    return { at: clock.now(), losses: lossesOf(domain, from.domain), turn: this.turn() }
  }
  /** Is there anybody to be told what contacts send, or whose presence contacts see and may be told about? */
  #isListening(account: LocalAccount, isToHere = false): boolean {
    return account.isPresent || this.#parts.accounts.isPresenceWanted(account.bare, isToHere)
  }
  /** Nobody is left to be told: presence from now on is not recorded, and what was recorded would be out of date. */
  #forgetUnattended(account: LocalAccount): void {
    if (account.get(this.#slot) === null || this.#isListening(account)) return
    this.#forget(account, () => true)
    account.set(this.#slot, null)
  }
  /** Local contacts were recorded while the account had no session. From now on they are read from their accounts. */
  #forgetThoseHere(account: LocalAccount): void {
    if (account.get(this.#slot) !== null && this.#parts.accounts.isPresenceWanted(account.bare, true))
      this.#forget(account, (domain) => this.#parts.router.placeOf(jidOf('', domain)) === 'here')
  }
  #forget(account: LocalAccount, isMeant: (domain: string) => boolean): void {
    this.#change(account, (ledger) => ledger.forget(isMeant))
  }
  /** The size of the ledger counts as the account's (`LocalAccount.octets`). */
  #change<T>(account: LocalAccount, change: (ledger: HeardLedger) => T): T {
    const ledger = account.get(this.#slot) ?? new HeardLedger(this.#parts.limits)
    account.set(this.#slot, ledger)
    const before = ledger.octets
    const result = change(ledger)
    account.besideOctets += ledger.octets - before
    return result
  }
}
