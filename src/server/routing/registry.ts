/**
 * Which handler answers which request: one for each target, IQ type, namespace and element name. Registries are filled while
 * features are installed and never change after that.
 */
import type { Element } from '../../xml/element.ts'
import type { Jid } from '../../xmpp/jid.ts'
import type { Packet } from '../../xmpp/packet.ts'
import type { LocalAccount, Session } from '../account/session.ts'
import type { DiscoBook } from './disco-book.ts'

export interface IqRequest {
  readonly packet: Packet
  readonly from: Jid
  /** The child of the IQ. */
  readonly payload: Element
  /** The asking session, if it is a local one. */
  readonly session: Session | null
  /** Functions that the handler adds here run right after the result was sent. An error is sent without them. */
  readonly afterwards: (() => void)[]
}
/** An IQ to the server itself (`to` is one of its domains). */
export interface ServerRequest extends IqRequest {
  readonly domain: string
}
/** An IQ to an account: its bare JID, or no `to` from one of its own sessions. */
export interface AccountRequest extends IqRequest {
  readonly account: LocalAccount
  /** Sends the result at a later time. The handler then returns undefined, and nothing waits for it. */
  readonly reply: (answer: Answer) => void
}
/** An IQ to a service, or to the bare JID of something in it. */
export interface ServiceRequest extends IqRequest {
  /** What the service says about itself. */
  readonly disco: DiscoBook
  /** Sends the result at once, for a handler that has more to send behind it. The handler then returns undefined. */
  readonly reply: (answer: Answer) => void
}
/** The content of the result: an element, or nothing. A handler refuses by throwing a StanzaError. */
export type Answer = Element | null
export type Handler<R extends IqRequest, A = Answer> = (request: R) => A | Promise<A>

/**
 * Who may ask an account. Others get `service-unavailable`, as if there were no account (RFC 6121 8.5.1), or, if the extension
 * requires it, `forbidden`; then a missing account gives the same answer.
 */
export type Access = 'owner' | 'subscribers' | 'anyone'

export interface AccountRule {
  readonly type: 'get' | 'set'
  readonly ns: string
  readonly name: string
  readonly access: Access
  /** The error for those who may not ask, also for a missing account. With 'owner' and 'anyone' only at the bare JID. */
  readonly refusal?: 'service-unavailable' | 'forbidden' | 'item-not-found'
  /** The account answers what is asked of its resources, too: it never reaches a client. */
  readonly forResources?: true
  /** The result of a missing account instead of an error, if `handle` gives the same to strangers. */
  readonly whenMissing?: (payload: Element) => Answer
  /** @returns undefined: the handler replies later, or refuses the request by itself */
  readonly handle: Handler<AccountRequest, Answer | void>
}
export interface ServerRule {
  readonly type: 'get' | 'set'
  readonly ns: string
  readonly name: string
  readonly handle: Handler<ServerRequest>
}
export interface ServiceRule {
  readonly type: 'get' | 'set'
  readonly ns: string
  readonly name: string
  /** @returns undefined: the handler has replied, or will before its promise resolves */
  readonly handle: (request: ServiceRequest) => Answer | void | Promise<Answer | void>
}
/** A first-level element on a bound stream that is not a stanza, such as `<active xmlns='urn:xmpp:csi:0'/>`. */
export type NonzaHandler = (session: Session, element: Element) => void | Promise<void>

const key = (type: string, ns: string, name: string): string => `${type} ${ns} ${name}`

/** The IQs that one destination answers. */
export class IqRules<R extends { readonly type: string; readonly ns: string; readonly name: string }> {
  readonly #rules = new Map<string, R>()

  add(rule: R): void {
    own(this.#rules, key(rule.type, rule.ns, rule.name), rule)
  }
  find(type: string, payload: Element): R | undefined {
    return this.#rules.get(key(type, payload.ns, payload.name))
  }
}

export class Registry {
  readonly account = new IqRules<AccountRule>()
  readonly server = new IqRules<ServerRule>()
  /** The answers of services without a rule of their own. */
  readonly services = new IqRules<ServiceRule>()
  readonly #nonzas = new Map<string, NonzaHandler>()

  nonza(ns: string, name: string, handle: NonzaHandler): void {
    own(this.#nonzas, key('', ns, name), handle)
  }
  nonzaHandler(element: Element): NonzaHandler | undefined {
    return this.#nonzas.get(key('', element.ns, element.name))
  }
}

function own<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.has(key)) throw new Error(`Two features want to handle "${key.trim()}"`)
  map.set(key, value)
}
