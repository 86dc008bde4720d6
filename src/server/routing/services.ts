/**
 * Domains of ours with something behind them that is no account: rooms, nodes, a search. A service has its own IQs, its own
 * service discovery, and one order for all stanzas for each named thing in it.
 */
import { Turns } from '../../base/turns.ts'
import type { Element } from '../../xml/element.ts'
import type { Packet } from '../../xmpp/packet.ts'
import { DiscoBook, type Identity } from './disco-book.ts'
import type { IqService, ServiceFace } from './iq-service.ts'
import { IqRules, type ServiceRule } from './registry.ts'
import type { Destination } from './router.ts'

export interface ServiceOptions {
  /** Prepared (RFC 7622). */
  readonly domain: string
  readonly identity: Identity
  /**
   * Takes a message, a presence, or an IQ to a full JID. A StanzaError that it throws refuses the stanza. A stanza for a named
   * thing (`to.bare` with a local part) waits until the earlier ones for the same thing are done.
   */
  readonly stanza: (packet: Packet) => void | Promise<void>
  /** Whether its domain lists it at present. Without this: always. */
  readonly isListed?: () => boolean
}

export interface ServiceParts {
  /** The answers of every service without a rule of its own. */
  readonly rules: IqRules<ServiceRule>
  /** Features of every service. */
  readonly features: readonly string[]
  readonly iqService: IqService
}

export class Service implements Destination, ServiceFace {
  readonly domain: string
  /** What the service says about itself. */
  readonly disco: DiscoBook
  readonly #iqs = new IqRules<ServiceRule>()
  readonly #iqsToNames = new IqRules<ServiceRule>()
  readonly #common: IqRules<ServiceRule>
  readonly #iqService: IqService
  readonly #stanza: ServiceOptions['stanza']
  readonly #turns = new Turns<Packet>((packet) => this.#take(packet))

  constructor({ domain, identity, stanza }: ServiceOptions, { rules, features, iqService }: ServiceParts) {
    this.domain = domain
    this.disco = new DiscoBook(features)
    this.disco.identities.push(identity)
    this.#stanza = stanza
    this.#common = rules
    this.#iqService = iqService
  }
  /** Answers IQs to the service itself. */
  iq(rule: ServiceRule): void {
    this.#iqs.add(rule)
  }
  /** Answers IQs to the bare JID of any thing in it. */
  iqToName(rule: ServiceRule): void {
    this.#iqsToNames.add(rule)
  }
  readonly ruleFor = ({ to, type }: Packet, payload: Element): ServiceRule | undefined => {
    if (to!.local !== '') return this.#iqsToNames.find(type, payload)
    return this.#iqs.find(type, payload) ?? this.#common.find(type, payload)
  }

  deliver(packet: Packet): void | Promise<void> {
    const { local, bare } = packet.to!
    // An answer does not wait, because the thing that asked may be waiting for it.
    return local === '' || isAnswerToBare(packet) ? this.#take(packet) : this.#turns.take(bare, packet)
  }
  #take(packet: Packet): void | Promise<void> {
    return packet.kind === 'iq' && packet.to!.isBare ? this.#iqService.toService(this, packet) : this.#stanza(packet)
  }
}

const isAnswerToBare = ({ kind, type, to }: Packet): boolean =>
  kind === 'iq' && to!.isBare && (type === 'result' || type === 'error')
