/**
 * RFC 6120 8.2.3 and RFC 6121 8.5: IQs that the server answers, for itself or on behalf of an account.
 * Each get or set is answered exactly once, a result or an error never.
 */
import { isKnown } from '../../im/delivery.ts'
import type { Element } from '../../xml/element.ts'
import { Packet, Payload } from '../../xmpp/packet.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { Accounts } from '../account/accounts.ts'
import type { LocalAccount } from '../account/session.ts'
import type { Asking } from './asking.ts'
import { ROOM_OCTETS } from '../account/room.ts'
import type { DiscoBook } from './disco-book.ts'
import type { AccountRule, Answer, IqRequest, Registry, ServiceRule } from './registry.ts'
import type { Router } from './router.ts'
import type { Session } from '../account/session.ts'
import type { Slot, SlotBook } from '../account/slots.ts'

export interface IqServiceParts {
  readonly registry: Registry
  readonly router: Router
  readonly accounts: Accounts
  readonly asking: Asking
  readonly slots: SlotBook<Session>
}

/** A service, as far as its IQs go. */
export interface ServiceFace {
  readonly disco: DiscoBook
  /** Undefined if nothing answers this. */
  readonly ruleFor: (packet: Packet, payload: Element) => ServiceRule | undefined
}

const nothing = (): void => {}
const SERVICE_UNAVAILABLE = 'service-unavailable'

export class IqService {
  readonly #parts: IqServiceParts
  /** Octets of answers to its client's requests, since those were last waited for. */
  readonly #answered: Slot<Session, number>

  constructor(parts: IqServiceParts) {
    this.#parts = parts
    this.#answered = parts.slots.declare<number>('answered', 'forgotten', () => 0)
  }

  /** An IQ to one of our domains. */
  toServer(packet: Packet): void | Promise<void> {
    const { asking, registry } = this.#parts
    if (packet.type === 'result' || packet.type === 'error') return void asking.answer(packet)
    const payload = packet.payload.elements[0]!
    const rule = packet.to!.resource === '' ? registry.server.find(packet.type, payload) : undefined
    if (rule === undefined) throw new StanzaError(SERVICE_UNAVAILABLE)
    const request = { ...this.#request(packet, payload), domain: packet.to!.domain }
    return this.#reply(request, rule.handle(request))
  }

  /** An IQ to a service, or to the bare JID of something in it. */
  toService({ disco, ruleFor }: ServiceFace, packet: Packet): void | Promise<void> {
    if (packet.type === 'result' || packet.type === 'error') return void this.#parts.asking.answer(packet)
    const payload = packet.payload.elements[0]!
    const rule = ruleFor(packet, payload)
    if (rule === undefined) throw new StanzaError(SERVICE_UNAVAILABLE)
    const asked = this.#request(packet, payload)
    const reply = (answer: Answer): void => void this.#result(asked, answer)
    const answer = rule.handle({ ...asked, disco, reply })
    if (!(answer instanceof Promise)) return answer === undefined ? undefined : this.#reply(asked, answer)
    return answer.then((a) => (a === undefined ? undefined : this.#result(asked, a)))
  }

  /** A result or an error for a client or an account. False: it answers no question of the server. */
  answered(packet: Packet): boolean {
    return this.#parts.asking.answer(packet)
  }
  /** An IQ to the bare JID of an account: never delivered to a client (RFC 6121 8.5.2.1.3). */
  toAccount(account: LocalAccount, packet: Packet): void | Promise<void> {
    const { asking, registry } = this.#parts
    if (packet.type === 'result' || packet.type === 'error') return void asking.answer(packet)
    const payload = packet.payload.elements[0]!
    const rule = registry.account.find(packet.type, payload)
    if (rule === undefined || !mayAsk(rule, account, packet)) throw this.refusal(packet, account)
    const asked = this.#request(packet, payload)
    const reply = (later: Answer): void => void this.#result(asked, later)
    const answer = rule.handle({ ...asked, account, reply })
    if (answer instanceof Promise) return answer.then((a) => (a === undefined ? undefined : this.#result(asked, a)))
    return answer === undefined ? undefined : this.#result(asked, answer)
  }

  /** Does the account answer this although it is for one of its resources? */
  answersForResource({ type, payload }: Packet): boolean {
    if (type !== 'get' && type !== 'set') return false
    return this.#parts.registry.account.find(type, payload.elements[0]!)?.forResources === true
  }

  /** A get or set to an account that does not exist: answered as if there were one that refuses (8.5.1). */
  toNobody(packet: Packet): void | Promise<void> {
    const payload = packet.payload.elements[0]!
    const rule = packet.to!.isBare ? this.#parts.registry.account.find(packet.type, payload) : undefined
    if (rule?.whenMissing === undefined) throw this.refusal(packet)
    return this.#reply(this.#request(packet, payload), rule.whenMissing(payload))
  }

  /**
   * The error where nothing may be learnt: the same for an account that refuses and for one that does not exist. Only senders
   * known to the account get `forbidden`, where the rule says so.
   */
  refusal(packet: Packet, account: LocalAccount | null = null): StanzaError {
    const payload = packet.payload.elements[0]
    const rule = payload === undefined ? undefined : this.#parts.registry.account.find(packet.type, payload)
    if (rule === undefined) return new StanzaError(SERVICE_UNAVAILABLE)
    if (account !== null && mayAsk(rule, account, packet)) return new StanzaError(SERVICE_UNAVAILABLE) // about the resource that is not there
    if (rule.refusal !== undefined && (rule.access === 'subscribers' || packet.to!.isBare)) return new StanzaError(rule.refusal)
    const tellsMore = rule.access === 'owner' && account !== null && packet.to!.isBare && isKnown(account, packet.from)
    return new StanzaError(tellsMore ? 'forbidden' : SERVICE_UNAVAILABLE)
  }

  #request(packet: Packet, payload: Element): IqRequest {
    const { from } = packet
    const { accounts, router } = this.#parts
    const asker = router.homeOf(from) === null ? undefined : accounts.get(from.bare)
    return { packet, from, payload, session: asker?.session(from.resource) ?? null, afterwards: [] }
  }
  #reply(request: IqRequest, answer: Answer | Promise<Answer>): void | Promise<void> {
    if (answer instanceof Promise) return answer.then((a) => this.#result(request, a))
    return this.#result(request, answer)
  }
  /** The result goes straight to a local session: no stage `toAccount` is concerned with it. */
  #result({ packet, session, afterwards }: IqRequest, answer: Answer): void | Promise<void> {
    const payload = answer === null ? Payload.empty : Payload.of(answer)
    const result = Packet.of({ kind: 'iq', type: 'result', from: packet.to!, to: packet.from, id: packet.id, payload })
    const waits = session === null ? this.#parts.router.route(result) : this.#take(session, result)
    for (const work of afterwards) work()
    return waits
  }
  #take(session: Session, result: Packet): Promise<void> | undefined {
    if (session.ended) return undefined
    session.take(result)
    return this.#untilRead(session, result.payload.text.length)
  }
  /** No session is sent many long answers at once: further requests wait until the client has read them. */
  #untilRead(session: Session, octets: number): Promise<void> | undefined {
    const answered = session.get(this.#answered) + octets
    session.set(this.#answered, answered <= ROOM_OCTETS ? answered : 0)
    if (answered <= ROOM_OCTETS) return undefined
    return session.connection?.whenTaken().then(nothing)
  }
}

function mayAsk(rule: AccountRule, account: LocalAccount, packet: Packet): boolean {
  if (rule.access === 'anyone' || packet.from.bare === account.bare.bare) return true
  return rule.access === 'subscribers' && account.roster.isSubscriber(packet.from.bare)
}
