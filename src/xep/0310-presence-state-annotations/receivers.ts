/**
 * XEP-0310 3: the sessions that ask for annotations, and what each was shown. A client asks by a feature in its capabilities.
 * While these are being found out it may be one that asks, and what it is shown is recorded already (PSA-21).
 */
import type { Host } from '../../server/feature.ts'
import type { LocalAccount, Session } from '../../server/account/session.ts'
import type { Slot } from '../../server/account/slots.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { doubtsIn, PSA, PSA_REVISED, type Doubt, type Form } from '../../xmpp/state-annotation.ts'
import type { SessionCaps } from '../0115-entity-capabilities/index.ts'
import type { ClientStates } from '../0352-client-state-indication/index.ts'
import { ledgerGauges } from './ledger-gauges.ts'
import { PresenceLedger, type LedgerLimits, type Shown } from './ledger.ts'
import type { Known } from './known.ts'
import type { LeftInDoubt } from './left-in-doubt.ts'
import { newReceiver, type Receiver } from './receiver.ts'

export interface ReceiversParts {
  readonly host: Host
  readonly caps: SessionCaps
  readonly states: ClientStates
  readonly limits: LedgerLimits
  readonly left: LeftInDoubt
  readonly known: Known
}
const NOTHING: Iterable<Shown> = []

export class Receivers {
  readonly #parts: ReceiversParts
  readonly #slot: Slot<Session, Receiver>
  readonly #asking = new Set<Session>()
  readonly #observers: ((session: Session) => void)[] = []

  constructor(parts: ReceiversParts) {
    const { host } = parts
    this.#parts = parts
    this.#slot = host.sessionSlot<Receiver>('presence-annotations', 'kept', newReceiver)
    ledgerGauges(host.metrics, () => this.#ledgers())
    host.on('presence-changed', ({ session, before, after }) => {
      if (before === null || after === null) this.#beginAnew(session)
    })
    // Clients are sent the presence of unblocked contacts again
    host.on('blocking-changed', ({ account }) => this.asked(account))
    host.on('visibility-changed', ({ session, looksAround }) => {
      this.#beginAnew(session)
      if (looksAround) this.#looksAgain(session)
    })
    host.on('session-ended', ({ session }) => this.#ended(session))
  }
  /** `observer` is called when it has been found out whether a session asks. */
  onDecided(observer: (session: Session) => void): void {
    this.#observers.push(observer)
  }
  of(session: Session): Receiver {
    return session.get(this.#slot)
  }
  /** The sessions that ask. */
  all(): Iterable<Session> {
    return this.#asking
  }
  asks(session: Session): boolean {
    return this.#asking.has(session)
  }
  formOf(session: Session): Form {
    return this.of(session).form
  }
  /** Does the session ask? Null while its client has shown neither capabilities nor presence: it may still ask. */
  decide(session: Session): boolean | null {
    const receiver = this.of(session)
    if (receiver.asks !== null) return receiver.asks
    const can = this.#can(session)
    if (can === null || (!can && session.presence === null)) return null
    this.#set(session, receiver, can)
    return can
  }
  /** The session's capabilities are known. */
  learn(session: Session): void {
    this.#set(session, this.of(session), this.#can(session) === true)
  }
  /**
   * A client that is away or inactive (XEP-0352) is told afterwards, with the state at that time. It need not learn of changes
   * that were undone meanwhile (PSA-28, PSA-30).
   */
  isLooking(session: Session): boolean {
    return session.connection !== null && !this.#parts.states.isInactive(session)
  }
  /** A client of the account has asked for presence that it may know already. */
  asked({ sessions }: LocalAccount): void {
    for (const session of sessions) this.askedBy(session)
  }
  /** The same of one client, for itself alone. */
  askedBy(session: Session): void {
    this.of(session).askedAt = this.#parts.host.clock.now()
  }
  /** Was the session shown presence already in that turn of `HeardContacts`? */
  wasThere(session: Session, turn: number): boolean {
    return this.of(session).since < turn
  }
  /** The session is shown presence from now on, if it was not before. */
  begin(session: Session): void {
    const receiver = this.of(session)
    if (session.takesPart && receiver.since === Infinity) receiver.since = this.#parts.host.heard.turn()
  }

  /** What the session was shown; created if there is nothing yet. */
  ledgerOf(session: Session): PresenceLedger {
    return (this.of(session).ledger ??= new PresenceLedger(this.#parts.limits))
  }
  /** What the session was shown of all contacts. */
  everything(session: Session): Iterable<Shown> {
    return this.of(session).ledger?.all() ?? NOTHING
  }
  /** What the session was shown of the resources of that domain. */
  shown(session: Session, domain: string): Iterable<Shown> {
    return this.of(session).ledger?.of(domain) ?? NOTHING
  }
  has(session: Session, from: Jid): boolean {
    return this.of(session).ledger?.get(from) !== undefined
  }
  /** The domains of which the session was shown anything. */
  domains(session: Session): Iterable<string> {
    return this.of(session).ledger?.domains ?? []
  }
  /** Was its client told anything against that presence? */
  isDoubted(session: Session, from: Jid): boolean {
    const shown = this.of(session).ledger?.get(from)
    return shown !== undefined && (shown.told !== null || doubtsIn(shown.packet).length > 0)
  }
  /** Was everything that it was shown recorded? */
  isComplete(session: Session): boolean {
    return this.of(session).isComplete
  }
  /** The client has that presence from before the restart. */
  remember(session: Session, packet: Packet): void {
    if (!this.has(session, packet.from)) this.ledgerOf(session).show(packet, null, this.#parts.host.clock.now())
  }
  /** The doubts that clients are told: each presence once for each client. */
  *doubted(): Generator<readonly [from: Jid, Doubt]> {
    for (const ledger of this.#ledgers()) {
      if (ledger === null || ledger.doubted === 0) continue
      for (const { jid, told } of ledger.all()) if (told !== null) yield [jid, told]
    }
  }

  #can(session: Session): boolean | null {
    const { caps } = this.#parts
    return caps.can(session, PSA_REVISED) || caps.can(session, PSA)
  }
  /** The ledger of each session that asks; null if it was shown nothing. */
  *#ledgers(): Generator<PresenceLedger | null> {
    for (const session of this.#asking) yield this.of(session).ledger
  }
  #set(session: Session, receiver: Receiver, asks: boolean): void {
    receiver.asks = asks
    receiver.form = this.#parts.caps.can(session, PSA_REVISED) === true ? 'revised' : 'first'
    if (asks) this.#asking.add(session)
    else {
      receiver.ledger = null
      this.#asking.delete(session)
    }
    for (const observer of this.#observers) observer(session)
  }
  /** Called when the client becomes available or unavailable. While unavailable it is told nothing, so the ledger starts empty. */
  #beginAnew(session: Session): void {
    this.asked(session.account)
    this.begin(session)
    if (session.takesPart || session.ended) return
    const receiver = this.of(session)
    if (receiver.ledger !== null) this.#parts.left.leave(session, receiver.ledger)
    receiver.since = Infinity
    receiver.ledger = null
    this.#parts.known.clear(session)
  }
  #ended(session: Session): void {
    this.#asking.delete(session)
    const { ledger } = this.of(session)
    if (ledger !== null) this.#parts.left.leave(session, ledger)
  }
  /** The next presence counts as new, whatever the client has seen. */
  #looksAgain(session: Session): void {
    const { host, known } = this.#parts
    this.of(session).since = host.heard.turn()
    known.forget(session)
  }
}
