/**
 * RFC 6120 10.5 and RFC 6121 section 8: stanzas for one of our own domains: for the server itself or for one of its accounts.
 * Accounts that are not in memory are loaded only if the rules need them.
 */
import { deliverIq, deliverMessage, isKnown } from '../../im/delivery.ts'
import { isSubscriptionType } from '../../im/subscription.ts'
import { Packet } from '../../xmpp/packet.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Accounts } from '../account/accounts.ts'
import type { LocalAccount } from '../account/session.ts'
import type { ToAccount } from '../pipeline/contexts.ts'
import { run } from '../pipeline/pipeline.ts'
import type { Paths } from '../pipeline/stage-book.ts'
import type { Destination, Router } from '../routing/router.ts'
import type { IqService } from '../routing/iq-service.ts'
import type { ProbeAnswers } from '../contacts/probe-answers.ts'
import type { Veil } from '../routing/veil.ts'
import { VeiledAnswers } from '../routing/veiled-answers.ts'

export interface LocalDomainParts {
  readonly accounts: Accounts
  readonly iq: IqService
  readonly probeAnswers: ProbeAnswers
  readonly router: Router
  /** Whether the server sends presence of its own to its users. */
  readonly hasPresence: boolean
  readonly veil: Veil
  readonly paths: Paths<ToAccount>
}

export class LocalDomain implements Destination {
  readonly #parts: LocalDomainParts
  readonly #answers: VeiledAnswers

  constructor(parts: LocalDomainParts) {
    this.#parts = parts
    this.#answers = new VeiledAnswers(parts.veil)
  }

  deliver(packet: Packet, origin: Jid | null): void | Promise<void> {
    const to = packet.to!
    if (to.local === '') return this.#toServer(packet)
    if (isPlainPresence(packet) || isAnswer(packet)) return this.#toThoseHere(packet, origin)
    if (this.#parts.veil.isThere && !this.#isFromFriend(packet)) return this.#fromStranger(packet, origin)
    return this.#toAccount(packet, origin)
  }

  /**
   * Neither an answer nor its time tells a stranger whether an account exists (RFC 6120 13.10.2). A stanza that is answered waits
   * by itself. The time of one without an answer could be measured with the next stanza, so our own clients wait for it. Streams
   * of other servers must not wait, because that would delay everybody.
   */
  #fromStranger(packet: Packet, origin: Jid | null): void | Promise<void> {
    const { accounts, router, veil } = this.#parts
    const isFromOurs = router.kindOf(packet.from.domain) === 'accounts'
    if (packet.kind === 'iq' || packet.type === 'probe') {
      void this.#answers
        .over(isFromOurs ? packet.from.bare : packet.from.domain, packet, () => accounts.load(packet.to!.bare))
        .then((account) => this.#found(account, packet, origin))
        .catch((error: unknown) => router.failed(packet, error, origin))
      return
    }
    return isFromOurs ? veil.over(() => this.#toAccount(packet, origin)) : this.#toAccount(packet, origin)
  }
  #isFromFriend({ to, from }: Packet): boolean {
    if (from.local === '' && this.#parts.router.kindOf(from.domain) === 'accounts') return true
    const account = this.#parts.accounts.get(to!.bare)
    return account !== undefined && isKnown(account, from)
  }
  #toAccount(packet: Packet, origin: Jid | null): void | Promise<void> {
    return this.#parts.accounts.with(packet.to!.bare, (account) => this.#found(account, packet, origin))
  }
  /**
   * RFC 6121 8.5.2.1.2 and 8.5.2.2.2: an account that is not in memory has no available resource. The presence of its contacts
   * may be wanted nevertheless.
   */
  #toThoseHere(packet: Packet, origin: Jid | null): void | Promise<void> {
    const account = this.#parts.accounts.get(packet.to!.bare)
    if (account !== undefined) {
      if (account.resources.length === 0 && this.#isForNobody(account, packet)) return
      return this.#run(account, packet, origin)
    }
    if (packet.kind === 'presence' && this.#isWanted(packet.to!, packet.from)) return this.#toAccount(packet, origin)
    if (packet.kind === 'iq' && packet.to!.isBare) this.#parts.iq.answered(packet)
  }
  /** @param account null if there is none of that name */
  #found(account: LocalAccount | null, packet: Packet, origin: Jid | null): void | Promise<void> {
    if (account !== null) return this.#run(account, packet, origin)
    if (packet.kind !== 'presence') return this.#toNobody(packet)
    // A subscription stanza for an account that does not exist is dropped silently (8.5.1).
    if (packet.type === 'probe') return this.#parts.probeAnswers.answer(null, packet)
  }

  /**
   * RFC 6120 10.1: stanzas of one sender are processed in order. A subscription stanza has to wait for the store, and so has a
   * message that is archived, or of a stranger where strangers may not write. What follows it, such as the presence that it permits,
   * must overtake neither it nor what is already waiting.
   */
  #run(account: LocalAccount, packet: Packet, origin: Jid | null): void | Promise<void> {
    const sender = packet.from.bare
    const before = account.arriving?.get(sender)
    if (before !== undefined)
      return account.arrives(
        sender,
        before.then(() => this.#now(account, packet, origin)),
      )
    const waits = this.#now(account, packet, origin)
    return waits !== undefined && isOrdered(packet) ? account.arrives(sender, waits) : waits
  }
  #now(account: LocalAccount, packet: Packet, origin: Jid | null): void | Promise<void> {
    const verdict = run(this.#parts.paths.of(packet.kind, account.optionalStages), {
      account,
      packet,
      origin,
      delivered: NOBODY,
      copies: null,
      archiving: null,
      isStored: false,
    })
    if (typeof verdict !== 'string') return verdict.then(() => {})
  }
  /** Is presence for an account without resources for nobody? The sender is local (remote presence concerns farewells). */
  #isForNobody({ bare }: LocalAccount, { kind, from }: Packet): boolean {
    if (kind !== 'presence' || this.#parts.router.placeOf(from) !== 'here') return false
    return !this.#isWanted(bare, from)
  }
  #isWanted(to: Jid, from: Jid): boolean {
    const { accounts, router } = this.#parts
    return accounts.isPresenceWanted(to, router.placeOf(from) === 'here')
  }
  #toNobody(packet: Packet): void | Promise<void> {
    if (packet.kind === 'message') return refuseIf(deliverMessage(null, packet, false).kind === 'error')
    if (deliverIq(null, packet, false).kind === 'error') return this.#parts.iq.toNobody(packet)
  }
  #toServer(packet: Packet): void | Promise<void> {
    if (packet.kind === 'iq') return this.#parts.iq.toServer(packet)
    if (packet.kind === 'presence' && packet.type === 'probe') return this.#answerProbe(packet)
    // CORE-32, SUB-31: the server accepts no messages and has no subscriptions.
    refuseIf(packet.kind === 'message' ? packet.type !== 'error' : packet.type === 'subscribe')
  }
  /** SUB-31: only our own users get an answer. */
  #answerProbe({ from, to, id }: Packet): void | Promise<void> {
    const { router, hasPresence } = this.#parts
    if (hasPresence && router.kindOf(from.domain) === 'accounts')
      return router.route(Packet.of({ kind: 'presence', from: to!, to: from, id }))
  }
}

const isSubscription = ({ kind, type }: Packet): boolean => kind === 'presence' && isSubscriptionType(type)
/** Does it hold up what its sender sends next, if it has to wait? */
const isOrdered = (packet: Packet): boolean => packet.kind === 'message' || isSubscription(packet)

/** Presence that is only for available resources, and is never answered. */
const isPlainPresence = ({ kind, type }: Packet): boolean => kind === 'presence' && type !== 'probe' && !isSubscriptionType(type)

const isAnswer = ({ kind, type }: Packet): boolean =>
  kind === 'iq' ? type === 'result' || type === 'error' : kind === 'message' && type === 'error'

const NOBODY: ToAccount['delivered'] = []

function refuseIf(refused: boolean): void {
  if (refused) throw new StanzaError('service-unavailable')
}
