/**
 * What features add to the streams of clients in addition to the negotiation itself: offers in `<stream:features/>`, requests
 * before authentication, ways to a session, and requests along with the authentication (XEP-0388) or with the resource
 * (XEP-0386).
 */
import type { BindingType } from '../../base/channel-binding.ts'
import type { Millis } from '../../base/clock.ts'
import type { Element } from '../../xml/element.ts'
import type { Wire } from '../../xml/wire.ts'
import type { Credentials } from '../../xmpp/credentials.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { INLINE, type InlinePlace } from '../pipeline/order.ts'
import type { Exchange, Mechanism, SaslContext } from '../../sasl/mechanism.ts'
import type { LocalAccount, Session } from '../account/session.ts'
import type { Connection } from '../account/connection.ts'

/** The stream, as far as an offer or a request before authentication can depend on it. */
export interface StreamInfo {
  readonly domain: string
  /** Nobody on the way can read it. */
  readonly confidential: boolean
  /** The peer's address without its port. */
  readonly address: string
  /** The channel bindings of its TLS. */
  readonly bindings: readonly BindingType[]
  /** Null if none is bound yet. */
  readonly session: Session | null
}
export type Offer = (stream: StreamInfo) => Element | null

/** An IQ that is allowed before authentication, such as registration. A StanzaError refuses it. */
export type EarlyHandler = (
  stream: StreamInfo,
  type: 'get' | 'set',
  payload: Element,
  id: Wire,
) => Element | null | Promise<Element | null>

/** A client that has authenticated and has no session yet, as the home of its account knows it. */
export interface Arriving {
  readonly jid: Jid
  /** The language in the header of its stream. */
  readonly lang: Wire | null
  /** The connection for its session. */
  readonly connection: Connection
  /** The id of its installation, as the client names it (XEP-0388 2.3); null if it names none. */
  readonly device: string | null
  /** How the client names its device or itself, for people; null if it does not. */
  readonly deviceName: string | null
  /** The SASL mechanism with which it authenticated. */
  readonly mechanism: string
}
/** The same, as the stream on which it authenticated knows it. */
export interface Authenticated extends Arriving {
  /** The account's credentials against which the client was checked. */
  readonly credentials: Credentials
}
/** The result of an element that asks for a session, or for something else. */
export interface Entrance {
  /** Sent first. */
  readonly reply: Element | null
  /** The session that the stream carries from now on; null if there is none, and the client may still bind. */
  readonly session: Session | null
  /** Runs after the reply was sent and the session has its connection. */
  readonly entered: (() => void) | null
}
/** Does what was asked, after all asynchronous work is done: nothing comes between this and its reply. */
export type Enter = () => Entrance
/** @param client null if it has not authenticated, and must be refused */
export type EntranceHandler = (client: Arriving | null, element: Element) => Enter | Promise<Enter>

/** A mechanism of XEP-0388 only: its exchange begins with the whole `<authenticate/>`, which says more than the mechanism. */
export interface InlineMechanism extends Omit<Mechanism, 'start'> {
  startFor(request: Element): (context: SaslContext) => Exchange
}

/**
 * Something that a client may ask for in its `<authenticate/>` (XEP-0388 2.3), and gets if it authenticates.
 * @typeParam C what is known of the client where the feature works
 */
interface Inline<C> {
  readonly ns: string
  /** Its entry in `<inline/>`. */
  readonly offer: Offer
  /** @param asked the children of `<authenticate/>` in `ns`: at least one */
  ask(client: C, asked: readonly [Element, ...Element[]]): Enter | Promise<Enter>
}
/** `at`: whether it works at the stream, or at the home of the account, which credentials do not reach. */
export type InlineFeature = (Inline<Authenticated> & { readonly at: 'stream' }) | (Inline<Arriving> & { readonly at: 'home' })
/** Something that a client may enable along with its resource (XEP-0386 3.2), by an element in `ns`. */
export interface BindingFeature {
  readonly ns: string
  /** @returns what the client is told in `<bound/>`; null for nothing */
  ask(session: Session, asked: Element): Element | null
}

/** What is done when a client gets its resource by XEP-0386, after all that has to be waited for. */
export interface BindingStep {
  /** What the client is told in `<bound/>`; null for nothing. */
  readonly told: Element | null
  /** Only if the resource is bound. */
  readonly bound: (session: Session) => void
}
/** Something that is found out just before a client gets its resource by XEP-0386: it may still get none, so this changes nothing. */
export type WhileBinding = (account: LocalAccount) => Promise<BindingStep>

export class StreamFeatures {
  /** How long a client may be silent before it is asked for a sign of life; null for ever. */
  idle: Millis | null = null
  readonly beforeAuth: Offer[] = []
  readonly afterAuth: Offer[] = []
  readonly withBinding: BindingFeature[] = []
  readonly whileBinding: WhileBinding[] = []
  readonly #entrances = new Map<string, EntranceHandler>()
  readonly #early = new Map<string, EarlyHandler>()
  readonly #mechanisms = new Map<string, InlineMechanism>()
  readonly #inline = new Map<InlinePlace, InlineFeature>()

  /** @param ns the namespace of first-level elements that come before binding, and should come after authentication */
  entrance(ns: string, handle: EntranceHandler): void {
    this.#entrances.set(ns, handle)
  }
  entranceHandler(ns: string): EntranceHandler | undefined {
    return this.#entrances.get(ns)
  }
  /** @param ns the namespace of the IQ's child */
  early(ns: string, handle: EarlyHandler): void {
    this.#early.set(ns, handle)
  }
  earlyHandler(ns: string): EarlyHandler | undefined {
    return this.#early.get(ns)
  }
  /** A mechanism that is not in the general list: an inline feature says who may use it. */
  mechanism(mechanism: InlineMechanism): void {
    this.#mechanisms.set(mechanism.name, mechanism)
  }
  mechanismNamed(name: string): InlineMechanism | undefined {
    return this.#mechanisms.get(name)
  }
  /** @throws Error at the stream nothing more is done once a client is at the home of its account */
  inline(place: InlinePlace, feature: InlineFeature): void {
    this.#inline.set(place, feature)
    const places = this.inlineFeatures.map(([, { at }]) => at)
    if (places.lastIndexOf('stream') > places.indexOf('home') && places.includes('home'))
      throw new Error(`The inline feature "${place}" has its place on the wrong side of the account's home`)
  }
  /** In the order in which they are done. */
  get inlineFeatures(): readonly (readonly [InlinePlace, InlineFeature])[] {
    return INLINE.flatMap((place) => {
      const feature = this.#inline.get(place)
      return feature === undefined ? [] : [[place, feature] as const]
    })
  }
}
