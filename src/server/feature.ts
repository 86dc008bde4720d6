/**
 * The whole extension interface: a feature declares what it is and installs itself on the host, once. After the last
 * feature is installed everything is fixed (registries and orders are frozen), and the server starts.
 */
import type * as v from 'valibot'
import type { Clock, Millis } from '../base/clock.ts'
import type { Entropy } from '../base/entropy.ts'
import type { HttpRoutes } from '../base/http.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Authenticator } from '../sasl/authenticator.ts'
import type { Element } from '../xml/element.ts'
import type { Wire } from '../xml/wire.ts'
import type { Jid } from '../xmpp/jid.ts'
import type { Packet } from '../xmpp/packet.ts'
import type { AccountArchive } from './account-archive.ts'
import type { ArchiveStore } from './archive.ts'
import type { AccountLoader, Accounts } from './account/accounts.ts'
import type { LocalAccount } from './account/session.ts'
import type { WrittenTo } from './account/written-to.ts'
import type { Database } from './database.ts'
import type { DiscoBooks } from './routing/disco-book.ts'
import type { FileStore } from './files.ts'
import type { FactKind, Facts, Observer } from './account/facts.ts'
import type { FromClientStage, ToAccountStage, ToSessionStage } from './pipeline/order.ts'
import type { Stage } from './pipeline/pipeline.ts'
import type { Scope } from './pipeline/stage-book.ts'
import type { FromAccount, FromClient, ToAccount, ToSession } from './pipeline/contexts.ts'
import type { Keep } from './keeping/keep.ts'
import type { Relics } from './keeping/relics.ts'
import type {
  AccountStore,
  CorrespondentStore,
  DecisionStore,
  DeviceStore,
  DomainListStore,
  GroupStore,
  KeptSessionStore,
  KeptStateStore,
  LastPresenceStore,
  LinkedPeersStore,
  RosterStore,
} from './ports.ts'
import type { ClearanceStore } from './labelling/clearance-store.ts'
import type { Labels } from './labelling/labels.ts'
import type { Links } from './links/links.ts'
import type { Decisions } from './contacts/decisions.ts'
import type { Subscriptions } from './contacts/subscriptions.ts'
import type { HeardContacts } from './contacts/heard.ts'
import type { Parties } from './routing/parties.ts'
import type { PresenceJournal } from './explaining/presence-journal.ts'
import type { Witnesses } from './explaining/witnesses.ts'
import type { ProbeAnswers } from './contacts/probe-answers.ts'
import type { Probing } from './contacts/probing.ts'
import type { AccountRule, NonzaHandler, ServerRule, ServiceRule } from './routing/registry.ts'
import type { Registrar } from './account/registrar.ts'
import type { Router } from './routing/router.ts'
import type { Service, ServiceOptions } from './routing/services.ts'
import type { Session } from './account/session.ts'
import type { Sessions } from './account/sessions.ts'
import type { Fate, Slot } from './account/slots.ts'
import type { StreamFeatures } from './streams/stream-features.ts'

/** A specification that a feature implements. `docs/xeps.md` is made from these. */
export interface Spec {
  readonly id: string
  readonly title: string
  readonly version: string
  readonly status: 'complete' | 'partial'
  readonly note: string
}
export const xep = (number: number, title: string, version: string, status: Spec['status'] = 'complete', note = ''): Spec => ({
  id: `XEP-${String(number).padStart(4, '0')}`,
  title,
  version,
  status,
  note,
})

/** What the server says about its own program. */
export interface Software {
  readonly name: string
  readonly version: string
  /** The operating system. It is told to nobody unless the operator wants it. */
  readonly system: string
  /** Identifies the program: its home page. */
  readonly uri: string
}

/** The stores of the core. */
export interface Stores {
  readonly accounts: AccountStore
  readonly rosters: RosterStore
  readonly lastPresence: LastPresenceStore
  readonly keptSessions: KeptSessionStore
  readonly keptStates: KeptStateStore
  readonly linkedPeers: LinkedPeersStore
  readonly archive: ArchiveStore
  readonly accountArchive: AccountArchive
  readonly decisions: DecisionStore
  readonly devices: DeviceStore
  readonly correspondents: CorrespondentStore
  readonly groups: GroupStore
  readonly domainLists: DomainListStore
  readonly clearances: ClearanceStore
}

export interface Host {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly metrics: Metrics
  readonly software: Software
  /** The domains whose accounts are here. The first one names the server. */
  readonly domains: readonly string[]
  /** Domains that components may claim. No service of the server takes one of these. */
  readonly componentDomains: readonly string[]
  readonly accounts: Accounts
  readonly sessions: Sessions
  /** To which people outside their rosters users have written. */
  readonly writtenTo: WrittenTo
  /** Sessions from before the server died, whose clients have to log in anew. */
  readonly relics: Relics
  readonly router: Router
  /** The parties behind remote domains. */
  readonly parties: Parties
  readonly probing: Probing
  readonly probeAnswers: ProbeAnswers
  /** The links to remote domains. */
  readonly links: Links
  /** The decisions of users about remote contacts, until they arrive there. */
  readonly decisions: Decisions
  /** Subscriptions that are made without asking the users. */
  readonly subscriptions: Subscriptions
  /** Which resources of contacts are available to an account. */
  readonly heard: HeardContacts
  /** Recent events of presence. */
  readonly journal: PresenceJournal
  /** The parts that know what clients were shown. */
  readonly witnesses: Witnesses
  /** Security labels (XEP-0258); null: this server has no policy. */
  readonly labels: Labels | null
  readonly disco: DiscoBooks
  readonly streamFeatures: StreamFeatures
  /** The paths on the web port. */
  readonly http: HttpRoutes
  readonly stores: Stores
  readonly registrar: Registrar
  /** Where users log in, whatever protocol they speak. */
  readonly authenticator: Authenticator
  /** The database, for features with tables of their own. */
  readonly database: Database
  /** The octets of files; `src/files/` knows the rest of them. */
  readonly files: FileStore
  /** A secret key of this server for this purpose, the same over restarts: 32 octets. */
  secret(purpose: string): Buffer

  iqToAccount(rule: AccountRule): void
  iqToServer(rule: ServerRule): void
  /** The answer of every service that has no rule of its own for it. */
  iqToServices(rule: ServiceRule): void
  /** A domain with something behind it that is no account: it receives the stanzas for it, and the server lists it. */
  service(options: ServiceOptions): Service
  nonza(ns: string, name: string, handle: NonzaHandler): void
  /** Of stanzas of other kinds than these it is not called. */
  fromClient(name: FromClientStage, stage: Stage<FromClient>, scope?: Pick<Scope<Session>, 'kinds'>): void
  /** The same for messages that are sent for an account, by a client or by something else. */
  fromAccount(name: FromClientStage, stage: Stage<FromAccount>, scope: { readonly kinds: readonly ['message'] }): void
  /** @returns to be called with an account for which the answer of `scope.isFor` may have changed */
  toAccount(name: ToAccountStage, stage: Stage<ToAccount>, scope?: Scope<LocalAccount>): (account: LocalAccount) => void
  /** @returns the same for a session */
  toSession(name: ToSessionStage, stage: Stage<ToSession>, scope?: Scope<Session>): (session: Session) => void
  on<K extends FactKind>(kind: K, observer: Observer<K>): void
  tell<K extends FactKind>(kind: K, fact: Facts[K]): void
  /** @param fate what happens to the slot in another run of the server */
  sessionSlot<T>(name: string, fate: Fate, initial: (session: Session) => T): Slot<Session, T>
  accountSlot<T>(name: string, fate: Fate, initial: (account: LocalAccount) => T): Slot<LocalAccount, T>
  /** For a restart of the server, and for a crash. */
  readonly keep: Keep
  alsoLoad(load: AccountLoader): void
  /** A unique id for a request to a client. */
  requestId(): Wire
  /** For the stage of that name, which has held back packets: passes them through the stages after it. */
  deliverAfter(name: ToSessionStage): (session: Session, packet: Packet) => void
  /** For the stage of that name: passes a stanza of the session through the stages after it. */
  resumeAfter(name: FromClientStage): (session: Session, packet: Packet) => void | Promise<void>
  /**
   * Sends a message for the user, which is not from a client: the archive has it, and clients of the user get copies.
   * @throws StanzaError it is refused
   */
  send(account: LocalAccount, message: Packet): Promise<void>
  /** Asks `to`, with a `get` unless `type` says otherwise, and gives the answer (a result or an error) to `answered`; null if none came in time (30 seconds). */
  ask(
    from: Jid,
    to: Jid,
    payload: Element,
    answered: (answer: Packet | null) => void,
    within?: Millis,
    type?: 'get' | 'set',
  ): void
}

/** What the parts that are made last are made from. */
export type Groundwork = Omit<Host, 'registrar' | 'authenticator'>

export interface Feature<S extends v.GenericSchema = v.GenericSchema> {
  /** The name, also of its section in the configuration. */
  readonly name: string
  readonly specs: readonly Spec[]
  /** The names of the features that it uses. */
  readonly needs?: readonly string[]
  readonly settings: S
  /** What stands in front of each domain of the server in the names of its services, such as `conference`. */
  services?(settings: v.InferOutput<S>): readonly string[]
  /** @returns the work that must be done before the server starts, such as migrations */
  install(host: Host, settings: v.InferOutput<S>): void | Promise<void>
}
export const defineFeature = <S extends v.GenericSchema>(feature: Feature<S>): Feature<S> => feature
