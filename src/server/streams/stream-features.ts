/**
 * What features bring to the streams of clients beside what negotiation itself does: offers in `<stream:features/>`,
 * requests before authentication, ways into a session, and what may be asked for along with the authentication
 * (XEP-0388) or with the resource (XEP-0386).
 */
import type { BindingType } from '../../base/channel-binding.ts'
import type { Millis } from '../../base/clock.ts'
import type { Element } from '../../xml/element.ts'
import type { Wire } from '../../xml/wire.ts'
import type { Credentials } from '../../xmpp/credentials.ts'
import type { Jid } from '../../xmpp/jid.ts'
import { INLINE, type InlinePlace } from '../pipeline/order.ts'
import type { Exchange, Mechanism, SaslContext } from '../../sasl/mechanism.ts'
import type { Session } from '../account/session.ts'
import type { Connection } from '../account/connection.ts'

/** The stream as far as an offer or a request before authentication may depend on it. */
export interface StreamInfo {
  readonly domain: string
  /** Nobody on the way can read it. */
  readonly confidential: boolean
  /** The peer's address without its port. */
  readonly address: string
  /** What its TLS can be bound by. */
  readonly bindings: readonly BindingType[]
  /** Null: none is bound yet. */
  readonly session: Session | null
}
export type Offer = (stream: StreamInfo) => Element | null

/** An IQ that is allowed before authentication, such as registration. A StanzaError refuses. */
export type EarlyHandler = (
  stream: StreamInfo,
  type: 'get' | 'set',
  payload: Element,
  id: Wire,
) => Element | null | Promise<Element | null>

/** A client that has authenticated and has no session yet. */
export interface Authenticated {
  readonly jid: Jid
  /** What its stream's header named as its language. */
  readonly lang: Wire | null
  /** What would carry its session. */
  readonly connection: Connection
  /** Its installation, as it names itself (XEP-0388 2.3); null: it does not. */
  readonly device: string | null
  /** Of SASL, by which it has authenticated. */
  readonly mechanism: string
  /** The account's, as they were when it was measured against them. */
  readonly credentials: Credentials
}
/** What an element that asks for a session, or for something beside one, comes to. */
export interface Entrance {
  /** Sent first. */
  readonly reply: Element | null
  /** The session that the stream carries from now on; null: none, and the client may still bind. */
  readonly session: Session | null
  /** Runs when the reply is out and the session has its connection. */
  readonly entered: (() => void) | null
}
/** Does what was asked, now that all is there that had to be waited for: nothing comes between this and its reply. */
export type Enter = () => Entrance
/** @param client null: it has not authenticated, and must be refused */
export type EntranceHandler = (client: Authenticated | null, element: Element) => Enter | Promise<Enter>

/** A mechanism of XEP-0388 alone: its exchange begins with the whole `<authenticate/>`, which says more than the mechanism. */
export interface InlineMechanism extends Omit<Mechanism, 'start'> {
  startFor(request: Element): (context: SaslContext) => Exchange
}

/** Something that a client may ask for in its `<authenticate/>` (XEP-0388 2.3), and gets if it is who it says. */
export interface InlineFeature {
  readonly ns: string
  /** What stands for it in `<inline/>`. */
  readonly offer: Offer
  /** @param asked the children of `<authenticate/>` in `ns`: at least one */
  ask(client: Authenticated, asked: readonly [Element, ...Element[]]): Enter | Promise<Enter>
}
/** Something that a client may switch on along with its resource (XEP-0386 3.2), by an element in `ns`. */
export interface BindingFeature {
  readonly ns: string
  /** @returns what the client is told in `<bound/>`; null: nothing */
  ask(session: Session, asked: Element): Element | null
}

export class StreamFeatures {
  /** After so long without a word from it a client is asked whether it is there; null: it is not. */
  idle: Millis | null = null
  readonly beforeAuth: Offer[] = []
  readonly afterAuth: Offer[] = []
  readonly withBinding: BindingFeature[] = []
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
  /** A mechanism that is not in the list for everybody: an inline feature says who may use it. */
  mechanism(mechanism: InlineMechanism): void {
    this.#mechanisms.set(mechanism.name, mechanism)
  }
  mechanismNamed(name: string): InlineMechanism | undefined {
    return this.#mechanisms.get(name)
  }
  inline(place: InlinePlace, feature: InlineFeature): void {
    this.#inline.set(place, feature)
  }
  /** In the order in which they are done. */
  get inlineFeatures(): readonly (readonly [InlinePlace, InlineFeature])[] {
    return INLINE.flatMap((place) => {
      const feature = this.#inline.get(place)
      return feature === undefined ? [] : [[place, feature] as const]
    })
  }
}
